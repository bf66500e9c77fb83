//! `/-/status`: how the service is. For scripts, so indented for the people who write them.

use super::{PageResult, request::OperatorRequest};
use crate::surface::Surface;
use axum::extract::State;
use proxy::Status;
use std::sync::Arc;

/// How the service is.
///
/// Operators only. The fields are described in [status.md](status.md).
#[utoipa::path(get, path = "/-/status", responses(
    (status = 200, description = "Store, verification, scrubbing, breakers.", content_type = "application/json", body = String),
))]
pub(super) async fn get(
    OperatorRequest(request): OperatorRequest,
    State(surface): State<Arc<Surface>>,
) -> PageResult {
    let status = surface.proxy.status().await;
    let status = status.map_err(|refusal| request.refusal(&refusal))?;
    Ok(request.json_text(render(&status)))
}

fn render(status: &Status) -> String {
    // Nothing in a status can fail to be written: strings, numbers, lists.
    let mut page = serde_json::to_string_pretty(status).unwrap_or_default();
    page.push('\n');
    page
}

#[cfg(test)]
mod tests;
