//! `.info` with `Origin`: where a version comes from, as `go` writes it in direct mode.
//!
//! Nothing vouches for it; it is for people and tools that look (`go mod download -json`).

use crate::repository::Commit;
use gomod::{Version, pseudo::PseudoTimestamp};
use serde::Serialize;

/// An `.info`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VersionDocument<'a> {
    version: &'a str,
    time: String,
    origin: OriginDocument<'a>,
}

#[derive(Debug, Serialize)]
struct OriginDocument<'a> {
    #[serde(rename = "VCS")]
    vcs: &'a str,
    #[serde(rename = "URL")]
    url: &'a str,
    #[serde(rename = "Subdir", skip_serializing_if = "str::is_empty")]
    subdirectory: &'a str,
    #[serde(rename = "Hash")]
    hash: &'a str,
    #[serde(rename = "Ref", skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

// === impl VersionDocument ===

impl<'a> VersionDocument<'a> {
    /// What is said of a version.
    pub(crate) fn new(
        version: &'a Version,
        commit: &'a Commit,
        system: &'a str,
        url: &'a str,
        subdirectory: &'a str,
    ) -> Self {
        let time = PseudoTimestamp::from_unix_seconds(commit.time);
        Self {
            version: version.as_str(),
            time: time.map_or_else(String::new, |time| written(&time, commit.nanoseconds)),
            origin: OriginDocument {
                vcs: system,
                url,
                subdirectory,
                hash: &commit.hash,
                reference: commit.reference.as_deref(),
            },
        }
    }

    /// The document.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A time as `go` writes it: with the part of a second that is not zero.
fn written(time: &PseudoTimestamp, nanoseconds: u32) -> String {
    let whole = time.to_rfc3339();
    if nanoseconds == 0 {
        return whole;
    }
    let fraction = format!("{nanoseconds:09}");
    let whole = whole.trim_end_matches('Z');
    format!("{whole}.{}Z", fraction.trim_end_matches('0'))
}
