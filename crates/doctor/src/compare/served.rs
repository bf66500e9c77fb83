//! Served: which proxy may have sent bytes that cannot be fetched again.
//!
//! A message of `go` names no sender. What is known is whom it asked: the sources of its GOPROXY list,
//! or the module's own host. And `go` does not tell a download from a file that the module cache
//! still had.

use super::decide::BlameDecision;
use super::table::DownloadSender;
use super::{ComparisonVerdict, StatementTable};

/// Who may have sent the wrong download, as a sentence.
pub(super) fn served(table: &StatementTable, decision: &BlameDecision) -> Option<String> {
    let is_meant = matches!(
        decision.verdict,
        ComparisonVerdict::Download | ComparisonVerdict::DownloadAndGoSum
    );
    is_meant.then(|| {
        let sender = match &table.sender {
            Some(DownloadSender::Named(names)) => {
                format!("As the text shows it came from {}", names.join(" or "))
            }
            Some(DownloadSender::List(names)) => format!(
                "The message does not name who sent it. With the GOPROXY that is set here it is {}",
                names.join(", else ")
            ),
            Some(DownloadSender::Host(host)) => format!(
                "The message does not name who sent it. With the settings here go asks no proxy for this module, so it is {host}"
            ),
            None => "The message does not name who sent it, and GOPROXY here names nobody: it is the first source of the list that go env GOPROXY prints where it failed".to_owned(),
        };
        format!("{sender}; or a module cache that was kept there from an earlier download.")
    })
}
