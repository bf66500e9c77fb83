//! Ended: a log that goes on under another name, and what it says of the one before.
//!
//! A journal ends where its site lost entries that were signed, as when it was restored from a backup. The
//! log that goes on has the same secret under another name, and an entry that says which log has ended and
//! why. All entries before that one are those of the old log, so an auditor can tell how much is gone from
//! the head it saw last. That is no fork: nothing is signed twice under one name.

use super::{
    authentic,
    log::{AuditError, RemoteLog},
};
use crate::output;
use finding::printable;
use serde::Deserialize;
use tlog::{checkpoint::TreeHead, entries::EntryBundle, note::VerifierKey};

/// What a log says of the end of the one before.
pub(super) struct LogEnd {
    /// Entries that the log which ended has in common with this one.
    pub(super) entries: u64,
    /// Why it ended, in the site's words.
    pub(super) why: String,
}

#[derive(Deserialize)]
struct EndEntry {
    event: Option<String>,
    detail: Option<String>,
}

/// Finds the entry that says why the known log ended; the last of the kind counts.
pub(super) async fn end_of_known_log(
    log: &RemoteLog,
    old: &VerifierKey,
    head: TreeHead,
) -> Result<LogEnd, AuditError> {
    let bundles: Vec<EntryBundle> = EntryBundle::covering(0, head.size).collect();
    for bundle in bundles.into_iter().rev() {
        let entries = authentic(log, head, bundle).await?;
        for (number, entry) in (bundle.first()..)
            .zip(entries)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            if let Some(why) = end_reason(&entry, old) {
                output::line(&format!(
                    "{} goes on with the same secret: {why}; give --key {}",
                    log.key().name(),
                    log.key()
                ));
                return Ok(LogEnd {
                    entries: number,
                    why,
                });
            }
        }
    }
    Err(AuditError::Wrong(format!(
        "{} has another name by now, and does not say why {} ended",
        log.key().name(),
        old.name()
    )))
}

/// Which of several logs came next does not matter: what is in front of the entry is the known one's.
fn end_reason(entry: &[u8], old: &VerifierKey) -> Option<String> {
    let entry: EndEntry = serde_json::from_slice(entry).ok()?;
    let why = entry
        .detail
        .filter(|_| entry.event.as_deref() == Some("log-begun"))?;
    let is_of_it = why.starts_with(&format!("{} has ended", old.name()));
    is_of_it.then(|| printable(&why).clone())
}
