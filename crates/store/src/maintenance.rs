//! Work on a whole store: verify, rebuild, export, import.
//!
//! None of it is on the request path, and none of it may disturb it: bytes are read and hashed on
//! the cold pool, catalogs are scanned over connections of their own, and memory is bounded by a
//! page of rows, a shelf of blobs or a directory, not by the size of the store.
//!
//! Reports are values, not log lines: whoever asked decides how to tell a person. Their lists are
//! cut at [`PROBLEM_LIMIT`]; the counts beside them are not.

mod backup;
mod export;
mod import;
pub(crate) mod list;
mod verify;

pub use crate::catalog::sqlite::{RebuildReport, rebuild};
pub use backup::{BackupError, BackupManifest, BackupReport, backup, restore};
pub use export::{ExportOptions, ExportReport, export};
pub use import::{ImportCheck, ImportChecker, ImportOptions, ImportReport, import};
pub use verify::{DamagedBlob, VerifyProgress, VerifyReport, verify};

/// Entries that a list in a report holds at most: more than a person reads, and a few megabytes.
pub const PROBLEM_LIMIT: usize = 10_000;

/// A list that keeps its first [`PROBLEM_LIMIT`] entries and counts them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemList<T> {
    /// The first entries.
    pub first: Vec<T>,
    /// How many there were.
    pub count: u64,
}

// === impl ProblemList ===

impl<T> ProblemList<T> {
    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn push(&mut self, problem: T) {
        self.count += 1;
        if self.first.len() < PROBLEM_LIMIT {
            self.first.push(problem);
        }
    }
}

impl<T> Default for ProblemList<T> {
    fn default() -> Self {
        Self {
            first: Vec::new(),
            count: 0,
        }
    }
}
