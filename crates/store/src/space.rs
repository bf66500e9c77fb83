//! Space: how full the file system of the data directory is.
//!
//! What is free is what this process may still write: file systems keep some of it for the
//! administrator. A file system that counts no blocks, as some over a network, says nothing, and
//! nothing is not zero (law L12).

use crate::{error::StoreError, store::Store};
use std::{io, path::Path};

/// Room on a file system, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    /// What this process may still write.
    pub free: u64,
    /// All of it.
    pub size: u64,
}

// === impl Store ===

impl Store {
    /// The room on the file system of the data directory; `None` if it does not say.
    pub async fn disk_space(&self) -> Result<Option<DiskSpace>, StoreError> {
        let root = self.core().layout.root().to_owned();
        // Among the catalog's cold reads: they may wait for a slow disk, and nothing else waits for them.
        let looked = self.catalog().ask_cold(move |_| {
            space(&root).map_err(|error| StoreError::file("looking for room", &root, error))
        });
        looked.await
    }
}

#[cfg(unix)]
fn space(path: &Path) -> io::Result<Option<DiskSpace>> {
    let disk = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Ok((disk.f_blocks > 0).then(|| DiskSpace {
        free: bytes(disk.f_bavail),
        size: bytes(disk.f_blocks),
    }))
}

#[cfg(not(unix))]
fn space(_path: &Path) -> io::Result<Option<DiskSpace>> {
    Ok(None)
}
