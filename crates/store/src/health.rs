//! What the store knows about itself: figures for metrics, and whether it can write.
//!
//! Everything here is an atomic that the store's own threads keep; reading costs nothing and
//! waits for nothing, so a health check works while the disk does not.

use crate::error::StoreError;
use codes::Code;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreHealth {
    /// Whether the last attempt to write succeeded.
    pub writable: bool,
    /// The code of the last failure to write or to read the catalog, if it was not followed by a
    /// success.
    pub last_error: Option<Code>,
    /// Artifacts and checksum-database answers kept.
    pub captures: u64,
    /// Different blobs kept.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Sequence number of the last journal entry.
    pub sequence: u64,
}

/// Figures since the process started, and the present totals.
#[derive(Debug, Default)]
pub struct StoreMetrics {
    /// Keys asked for and found.
    pub hits: AtomicU64,
    /// Keys asked for and not kept.
    pub misses: AtomicU64,
    /// Captures committed for the first time.
    pub commits: AtomicU64,
    /// Captures that were kept already, with the same bytes.
    pub repeated_commits: AtomicU64,
    /// Captures refused because other bytes are kept.
    pub conflicts: AtomicU64,
    /// Catalog transactions; commits per transaction show how well they are grouped.
    pub transactions: AtomicU64,
    /// Transactions that failed.
    pub failed_transactions: AtomicU64,
    /// Blobs found damaged when read.
    pub corrupt_blobs: AtomicU64,
    /// Captures that were asked for and not given, because nobody knows why they were trusted.
    pub unknown_evidence: AtomicU64,
    /// Reads of kept blobs answered from memory without a thread.
    pub cached_reads: AtomicU64,
    /// Reads of kept blobs that went to a reading thread.
    pub disk_reads: AtomicU64,
    /// Spool files that are open now.
    pub open_spools: AtomicU64,
    /// Artifacts and checksum-database answers kept.
    pub captures: AtomicU64,
    /// Different blobs kept.
    pub blobs: AtomicU64,
    /// Bytes of the blobs kept.
    pub bytes: AtomicU64,
    /// Sequence number of the last journal entry.
    pub sequence: AtomicU64,
    trouble: Mutex<Option<(Code, bool)>>,
}

// === impl StoreMetrics ===

impl StoreMetrics {
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes how a write ended that proves, if it succeeded, that writing is possible.
    pub(crate) fn wrote<T>(&self, result: &Result<T, StoreError>) {
        match result {
            Ok(_) => *self.trouble.lock() = None,
            Err(_) => self.tried(result),
        }
    }

    /// Notes how a step of a write ended. Its success proves little: a full disk still takes an
    /// empty file. Conflicts and refused arguments say nothing about the disk at all.
    pub(crate) fn tried<T>(&self, result: &Result<T, StoreError>) {
        match result {
            Ok(_)
            | Err(
                StoreError::Conflict { .. }
                | StoreError::UnknownEvidence { .. }
                | StoreError::TooLarge { .. }
                | StoreError::InvalidKey { .. },
            ) => {}
            Err(error) => self.fail(error),
        }
    }

    /// Notes a failure that makes the store read-only for now.
    pub(crate) fn fail(&self, error: &StoreError) {
        *self.trouble.lock() = Some((error.code(), false));
    }

    /// Notes a failure to read, which does not stop writes.
    pub(crate) fn misread(&self, error: &StoreError) {
        match error {
            StoreError::CorruptBlob { .. } => Self::count(&self.corrupt_blobs),
            StoreError::UnknownEvidence { .. } => Self::count(&self.unknown_evidence),
            StoreError::CorruptCatalog { .. } => *self.trouble.lock() = Some((error.code(), true)),
            _ => {}
        }
    }

    pub(crate) fn health(&self) -> StoreHealth {
        let trouble = *self.trouble.lock();
        StoreHealth {
            writable: trouble.is_none_or(|(_, writable)| writable),
            last_error: trouble.map(|(code, _)| code),
            captures: self.captures.load(Ordering::Relaxed),
            blobs: self.blobs.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            sequence: self.sequence.load(Ordering::Relaxed),
        }
    }
}
