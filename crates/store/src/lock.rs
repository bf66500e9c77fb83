//! One process per data directory.
//!
//! What is locked is the directory itself, by a lock on its open descriptor: nobody can take that
//! away by removing a file. Beside it a file `lock` is locked, which is seen in the directory, which
//! earlier versions look at, and which does where a directory cannot be locked: on file systems that
//! refuse it (NFS) and on other systems than Unix. Both are advisory and belong to the open file, so
//! they end with the process however the process ends: there is no stale lock to remove.

use crate::{disk, error::StoreError, layout::DataLayout};
use std::fs::{File, TryLockError};

/// Held while a process uses the data directory.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _directory: Option<File>,
    _file: Option<File>,
}

// === impl DirectoryLock ===

impl DirectoryLock {
    /// Takes both locks. On a disk that cannot be written there may be no file to lock.
    pub(crate) fn take(layout: &DataLayout) -> Result<Self, StoreError> {
        let directory = Self::directory(layout)?;
        let path = layout.lock();
        let opened = disk::private()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = match opened.or_else(|_| File::open(&path)) {
            Ok(file) => Some(file),
            Err(_) if layout.catalog().exists() => None,
            Err(error) => return Err(StoreError::file("opening", &path, error)),
        };
        match file.as_ref().map_or(Ok(()), File::try_lock) {
            Ok(()) => Ok(Self {
                _directory: directory,
                _file: file,
            }),
            Err(TryLockError::WouldBlock) => Err(layout.in_use()),
            Err(TryLockError::Error(error)) => Err(StoreError::file("locking", &path, error)),
        }
    }

    /// The locked directory; nothing where directories cannot be locked.
    fn directory(layout: &DataLayout) -> Result<Option<File>, StoreError> {
        if !cfg!(unix) {
            return Ok(None);
        }
        let root = layout.root();
        let directory =
            File::open(root).map_err(|error| StoreError::file("opening", root, error))?;
        match directory.try_lock() {
            Ok(()) => Ok(Some(directory)),
            Err(TryLockError::WouldBlock) => Err(layout.in_use()),
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "the data directory cannot be locked; its file lock is");
                Ok(None)
            }
        }
    }
}
