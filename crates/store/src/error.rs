//! What can go wrong in the store, and which stable code says so.
//!
//! `StoreError` is the only error of this crate's public interface. It can be cloned, because one
//! failed disk write may fail many waiting commits, and each wants to say why. Classification
//! looks at the operating system's error number and SQLite's result code once, here, so that
//! "disk full" reads the same whether a blob, the catalog or the journal met it.

use crate::blob::BlobId;
use codes::Code;
use protocol::{Refusal, UnknownEvidence};
use std::{io, path::Path, sync::Arc};

/// Why the store could not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No room is left (`ENOSPC`, `EDQUOT`, `EFBIG`, `SQLITE_FULL`). What is kept stays readable.
    #[error("no space left while {action}")]
    DiskFull {
        /// What was being done, as a participle: `writing a spool file`.
        action: String,
    },
    /// The data directory cannot be written (`EROFS`, `EACCES`, `EPERM`, `SQLITE_READONLY`).
    #[error("writing is not permitted while {action}")]
    ReadOnlyDisk {
        /// What was being done.
        action: String,
    },
    /// A kept blob is missing, has another size, or another hash than its name.
    #[error("blob {blob} is damaged: {problem}")]
    CorruptBlob {
        /// The blob's name, which is the hash its bytes had.
        blob: BlobId,
        /// What is wrong with it.
        problem: String,
    },
    /// The catalog database is missing although there is a journal, or cannot be read.
    #[error("the catalog is damaged: {problem}")]
    CorruptCatalog {
        /// What is wrong with it.
        problem: String,
    },
    /// A capture is kept, and this release does not know why it was trusted. It is not served.
    #[error("{path} cannot be trusted")]
    UnknownEvidence {
        /// Path of the key in the protocol's URL space.
        path: String,
        /// What stands there as evidence.
        source: UnknownEvidence,
    },
    /// Another process holds the data directory.
    #[error("{directory} is in use by another process")]
    StoreInUse {
        /// The data directory.
        directory: String,
    },
    /// A restore into the data directory was begun and is not done.
    #[error("{directory} was not restored to the end")]
    HalfRestored {
        /// The data directory.
        directory: String,
    },
    /// The data directory was written by a newer release.
    #[error("layout {found} is newer than {known}, the newest known here")]
    StoreTooNew {
        /// Version of the data layout that was found.
        found: i64,
        /// Newest layout version this release knows.
        known: i64,
    },
    /// The key is kept with other bytes. The first capture stays.
    #[error("{path} is kept as {kept}, and {offered} was offered")]
    Conflict {
        /// Path of the key in the protocol's URL space.
        path: String,
        /// The blob that is kept, and stays.
        kept: BlobId,
        /// The blob that was offered; the journal says whether it went into quarantine.
        offered: BlobId,
    },
    /// A limit of the interface was exceeded by the caller.
    #[error("{what} is {size} bytes, more than {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A key whose path is not a plain relative path.
    #[error("{path:?} cannot be the path of a key")]
    InvalidKey {
        /// The refused path.
        path: String,
    },
    /// Any other failure of the file system.
    #[error("input or output failed while {action}")]
    Io {
        /// What was being done.
        action: String,
        /// The operating system's word.
        source: Arc<io::Error>,
    },
    /// Any other failure of the catalog database.
    #[error("the catalog failed while {action}")]
    Catalog {
        /// What was being done.
        action: String,
        /// SQLite's word.
        source: Arc<rusqlite::Error>,
    },
    /// A failure of a remote object store.
    #[error("the object store failed while {action}")]
    Remote {
        /// What was being done.
        action: String,
        /// The object store's word.
        source: Arc<object_store::Error>,
    },
    /// A remote object store that refuses us, or has no such bucket.
    #[error("the object store refuses this server while {action}")]
    BlobAccess {
        /// What was being done.
        action: String,
        /// The object store's word.
        source: Arc<object_store::Error>,
    },
    /// The blobs of this store lie elsewhere than where they are looked for.
    #[error("the blobs of this store lie in {found}, and {named} was named")]
    BlobsElsewhere {
        /// Where they lie.
        found: String,
        /// Where they would be looked for.
        named: String,
    },
    /// The store is shutting down, or one of its threads is gone.
    #[error("the store is closed")]
    Closed,
}

// === impl StoreError ===

impl StoreError {
    /// The stable code of this failure.
    pub fn code(&self) -> Code {
        match self {
            Self::DiskFull { .. } => Code::DiskFull,
            Self::ReadOnlyDisk { .. } => Code::ReadOnlyDisk,
            Self::CorruptBlob { .. } => Code::CorruptBlob,
            Self::CorruptCatalog { .. } => Code::CorruptCatalog,
            Self::UnknownEvidence { .. } => Code::UnknownEvidence,
            Self::StoreInUse { .. } => Code::StoreInUse,
            Self::StoreTooNew { .. } => Code::StoreTooNew,
            Self::HalfRestored { .. } => Code::HalfRestored,
            Self::BlobAccess { .. } => Code::BlobAccess,
            Self::BlobsElsewhere { .. } => Code::BlobsElsewhere,
            Self::Conflict { .. } => Code::CaptureConflict,
            Self::InvalidKey { .. } => Code::RequestTooLarge,
            Self::TooLarge { .. }
            | Self::Io { .. }
            | Self::Catalog { .. }
            | Self::Remote { .. }
            | Self::Closed => Code::StoreUnavailable,
        }
    }

    /// Whether the failure says that nothing can be written at present, as opposed to that this
    /// one thing is wrong.
    pub fn is_unwritable(&self) -> bool {
        matches!(
            self,
            Self::DiskFull { .. } | Self::ReadOnlyDisk { .. } | Self::BlobAccess { .. }
        )
    }

    /// Classifies a failure of the file system.
    pub(crate) fn io(action: impl Into<String>, error: io::Error) -> Self {
        let action = action.into();
        match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull { action },
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                Self::ReadOnlyDisk { action }
            }
            _ => Self::Io {
                action,
                source: Arc::new(error),
            },
        }
    }

    /// As [`StoreError::io`], for an action on one named file.
    pub(crate) fn file(verb: &str, path: &Path, error: io::Error) -> Self {
        Self::io(format!("{verb} {}", path.display()), error)
    }

    /// A failure to read, which says nothing about whether writing is possible.
    pub(crate) fn reading(what: &str, error: io::Error) -> Self {
        Self::Io {
            action: format!("reading {what}"),
            source: Arc::new(error),
        }
    }

    /// Classifies a failure of SQLite.
    pub(crate) fn sql(action: impl Into<String>, error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as E;
        let action = action.into();
        match error.sqlite_error_code() {
            Some(E::DiskFull) => Self::DiskFull { action },
            Some(E::ReadOnly | E::PermissionDenied) => Self::ReadOnlyDisk { action },
            Some(E::DatabaseCorrupt | E::NotADatabase) => Self::CorruptCatalog {
                problem: format!("{error} while {action}"),
            },
            _ => Self::Catalog {
                action,
                source: Arc::new(error),
            },
        }
    }

    /// Classifies a failure of a remote object store.
    pub(crate) fn remote(action: impl Into<String>, error: object_store::Error) -> Self {
        use object_store::Error as E;
        let (action, source) = (action.into(), Arc::new(error));
        match *source {
            // Whoever looks for one object tells its absence apart before; what is left is the bucket's.
            E::PermissionDenied { .. } | E::Unauthenticated { .. } | E::NotFound { .. } => {
                Self::BlobAccess { action, source }
            }
            _ => Self::Remote { action, source },
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::StoreError;
    use codes::Code;
    use std::io;

    #[test]
    fn the_operating_systems_numbers_become_codes() {
        // errno(3) on Linux: ENOSPC 28, EDQUOT 122, EFBIG 27, EROFS 30, EACCES 13, EIO 5.
        for (number, code) in [
            (28, Code::DiskFull),
            (122, Code::DiskFull),
            (27, Code::DiskFull),
            (30, Code::ReadOnlyDisk),
            (13, Code::ReadOnlyDisk),
            (5, Code::StoreUnavailable),
        ] {
            let error = StoreError::io("testing", io::Error::from_raw_os_error(number));
            assert_eq!(error.code(), code, "errno {number}");
        }
    }

    #[test]
    fn sqlites_result_codes_become_codes() {
        // https://www.sqlite.org/rescode.html: FULL 13, READONLY 8, CORRUPT 11, NOTADB 26, BUSY 5.
        for (number, code) in [
            (13, Code::DiskFull),
            (8, Code::ReadOnlyDisk),
            (11, Code::CorruptCatalog),
            (26, Code::CorruptCatalog),
            (5, Code::StoreUnavailable),
        ] {
            let failure = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(number), None);
            assert_eq!(
                StoreError::sql("testing", failure).code(),
                code,
                "result {number}"
            );
        }
    }
}
