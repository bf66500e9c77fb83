//! Message: the values of the stream that `govulncheck -json` prints.
//!
//! Only what is looked at is read; the entries of the database that it repeats are skipped.

use super::{CallFrame, ScanLevel};
use crate::entry::{OsvTime, line};
use serde::Deserialize;

/// A value of the stream.
#[derive(Debug, Deserialize)]
pub(super) struct ScanMessage {
    #[serde(default)]
    pub(super) config: Option<ScanConfig>,
    #[serde(default)]
    pub(super) finding: Option<ReportedFinding>,
}

/// How it was looked.
#[derive(Debug, Deserialize)]
pub(super) struct ScanConfig {
    #[serde(deserialize_with = "line")]
    pub(super) protocol_version: String,
    #[serde(default)]
    pub(super) scan_level: Option<ScanLevel>,
    #[serde(default)]
    pub(super) db_last_modified: Option<OsvTime>,
}

/// A vulnerability that a module has.
#[derive(Debug, Deserialize)]
pub(super) struct ReportedFinding {
    #[serde(deserialize_with = "line")]
    pub(super) osv: String,
    #[serde(default)]
    pub(super) trace: Vec<ReportedFrame>,
}

/// A function, a package, or a module.
#[derive(Debug, Deserialize)]
pub(super) struct ReportedFrame {
    #[serde(deserialize_with = "line")]
    pub(super) module: String,
    #[serde(default, deserialize_with = "line")]
    pub(super) version: String,
    #[serde(default, deserialize_with = "line")]
    pub(super) package: String,
    #[serde(default, deserialize_with = "line")]
    pub(super) function: String,
    #[serde(default, deserialize_with = "line")]
    receiver: String,
    #[serde(default)]
    position: Option<SourcePosition>,
}

#[derive(Debug, Deserialize)]
struct SourcePosition {
    #[serde(default, deserialize_with = "line")]
    filename: String,
    #[serde(default)]
    line: u32,
}

// === impl Frame ===

impl From<ReportedFrame> for CallFrame {
    fn from(reported: ReportedFrame) -> Self {
        let ReportedFrame {
            receiver, function, ..
        } = reported;
        let position = reported.position.filter(|position| position.line > 0);
        Self {
            module: reported.module,
            package: reported.package,
            function: match receiver.trim_start_matches('*') {
                "" => function,
                receiver => format!("{receiver}.{function}"),
            },
            line: position.as_ref().map_or(0, |position| position.line),
            file: position.map(|position| position.filename),
        }
    }
}
