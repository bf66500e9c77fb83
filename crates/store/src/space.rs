//! Space: how full the file system of the data directory is.
//!
//! What is free is what this process may still write: file systems keep some of it for the
//! administrator. A file system that counts no blocks, as some over a network, says nothing, and
//! nothing is not zero (law L12).

use std::{io, path::Path};

/// Room on a file system, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    /// What this process may still write.
    pub free: u64,
    /// All of it.
    pub size: u64,
}

#[cfg(unix)]
pub(crate) fn space(path: &Path) -> io::Result<Option<DiskSpace>> {
    let disk = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Ok((disk.f_blocks > 0).then(|| DiskSpace {
        free: bytes(disk.f_bavail),
        size: bytes(disk.f_blocks),
    }))
}

#[cfg(not(unix))]
pub(crate) fn space(_path: &Path) -> io::Result<Option<DiskSpace>> {
    Ok(None)
}
