//! `/-/status`: how the service is, as JSON. For scripts, so indented for the people who write them.

use proxy::Status;

/// The page.
pub(crate) fn render(status: &Status) -> String {
    // Nothing in a status can fail to be written: strings, numbers, lists.
    let mut page = serde_json::to_string_pretty(status).unwrap_or_default();
    page.push('\n');
    page
}
