//! One process per data directory.
//!
//! The lock is advisory and belongs to the open file, so it ends with the process however the
//! process ends: there is no stale lock to remove.

use crate::{error::StoreError, layout::Layout};
use std::fs::{File, OpenOptions, TryLockError};

/// Held while a process uses the data directory.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

// === impl DirectoryLock ===

impl DirectoryLock {
    /// Takes the lock. `None` where no lock can be taken because nothing can be written and there
    /// is no lock file: then nobody else writes either.
    pub(crate) fn take(layout: &Layout) -> Result<Option<Self>, StoreError> {
        let path = layout.lock();
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = match opened.or_else(|_| File::open(&path)) {
            Ok(file) => file,
            Err(_) if layout.catalog().exists() => return Ok(None),
            Err(error) => return Err(StoreError::file("opening", &path, error)),
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Err(StoreError::StoreInUse {
                directory: layout.root().display().to_string(),
            }),
            Err(TryLockError::Error(error)) => Err(StoreError::file("locking", &path, error)),
        }
    }
}
