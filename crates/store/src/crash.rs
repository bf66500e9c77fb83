//! Named points at which a test may end the process, as a power cut would.
//!
//! "A crash at any instant leaves nothing torn" can only be shown by crashing at the instants
//! that matter: between the steps that make bytes durable. The points are compiled into every
//! build, so that what is tested is what is shipped; an unset point costs one comparison with
//! `None`. The setting comes with [`crate::StoreOptions`]; this crate never reads the environment.

use std::sync::atomic::{AtomicU64, Ordering};

/// Every named point, in the order in which one commit passes them.
pub const CRASH_POINTS: &[&str] = &[
    SPOOL_CREATED,
    SPOOL_PARTIAL,
    SPOOL_SEALED,
    BLOB_RENAMED,
    BLOB_DIRECTORY_SYNCED,
    BEFORE_TRANSACTION,
    AFTER_TRANSACTION,
    BEFORE_JOURNAL_MIRROR,
];

/// Named points while a head of the journal's log is signed, in the order in which they are passed.
/// The first two are passed only when a log begins.
pub const JOURNAL_CRASH_POINTS: &[&str] =
    &[KEY_KEPT, LOG_BEGUN, CHECKPOINT_SIGNED, CHECKPOINT_KEPT];

/// Named points while a head of a checksum database of our own is signed, in the order in which they
/// are passed.
pub const OWN_CRASH_POINTS: &[&str] = &[HEAD_SIGNED, HEAD_KEPT];

/// Named points while a store is backed up, in the order in which they are passed.
pub const BACKUP_CRASH_POINTS: &[&str] = &[BACKUP_KEYS, BACKUP_CATALOG, BACKUP_BLOB];

pub(crate) const BACKUP_KEYS: &str = "backup-keys-copied";
pub(crate) const BACKUP_CATALOG: &str = "backup-catalog-copied";
pub(crate) const BACKUP_BLOB: &str = "backup-blob-copied";

pub(crate) const HEAD_SIGNED: &str = "own-head-signed";
pub(crate) const HEAD_KEPT: &str = "own-head-kept";

pub(crate) const KEY_KEPT: &str = "journal-key-kept";
pub(crate) const LOG_BEGUN: &str = "journal-log-begun";
pub(crate) const CHECKPOINT_SIGNED: &str = "checkpoint-signed";
pub(crate) const CHECKPOINT_KEPT: &str = "checkpoint-kept";

pub(crate) const SPOOL_CREATED: &str = "spool-created";
pub(crate) const SPOOL_PARTIAL: &str = "spool-partial";
pub(crate) const SPOOL_SEALED: &str = "spool-sealed";
pub(crate) const BLOB_RENAMED: &str = "blob-renamed";
pub(crate) const BLOB_DIRECTORY_SYNCED: &str = "blob-dir-synced";
pub(crate) const BEFORE_TRANSACTION: &str = "before-transaction";
pub(crate) const AFTER_TRANSACTION: &str = "after-transaction";
pub(crate) const BEFORE_JOURNAL_MIRROR: &str = "before-journal-mirror";

/// Which point ends the process, if any, and at which passage.
#[derive(Debug, Default)]
pub(crate) struct CrashSwitch(Option<(Box<str>, AtomicU64)>);

// === impl CrashSwitch ===

impl CrashSwitch {
    /// `NAME` ends the process when the point is first passed, `NAME@N` at its N-th passage.
    pub(crate) fn new(setting: Option<&str>) -> Self {
        Self(setting.map(|setting| {
            let (point, passage) = setting.split_once('@').unwrap_or((setting, "1"));
            (point.into(), AtomicU64::new(passage.parse().unwrap_or(1)))
        }))
    }

    /// Ends the process at once, without unwinding, if it is this point's turn.
    pub(crate) fn reached(&self, point: &str) {
        let Some((chosen, passages)) = &self.0 else {
            return;
        };
        if **chosen == *point && passages.fetch_sub(1, Ordering::Relaxed) == 1 {
            std::process::abort();
        }
    }
}
