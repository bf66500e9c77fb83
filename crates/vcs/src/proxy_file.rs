//! Files of a module proxy that a page names (`go-import` with `mod`): what such a tag says instead of a repository.
//!
//! The proxy was chosen by whoever owns the path, so it is asked over the guarded network, by https, and shown
//! nothing. What it answers is checked as from every source.

use crate::{discovery::NetworkGate, error::VcsError};
use bytes::Bytes;
use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
    path::Path,
};

/// The largest list, `.info` or go.mod (Go Modules Reference, "Module zip files": 16 MiB for go.mod).
const TEXT_LIMIT: u64 = 16 << 20;

/// The largest zip (Go Modules Reference, "Module zip files").
const ZIP_LIMIT: u64 = 500 << 20;

/// A list, an `.info` or a go.mod.
///
/// # Errors
/// [`VcsError::Absent`] where the proxy says so.
pub(crate) async fn text(
    network: &dyn NetworkGate,
    url: &str,
    scratch: &Path,
) -> Result<Bytes, VcsError> {
    let (mut file, _) = fetched(network, url, scratch, TEXT_LIMIT).await?;
    let mut text = Vec::new();
    let read = file.rewind().and_then(|()| file.read_to_end(&mut text));
    read.map_err(|error| failed(&error))?;
    Ok(text.into())
}

/// A zip in an unnamed file, and its length.
///
/// # Errors
/// As [`text`].
pub(crate) async fn zip(
    network: &dyn NetworkGate,
    url: &str,
    scratch: &Path,
) -> Result<(File, u64), VcsError> {
    fetched(network, url, scratch, ZIP_LIMIT).await
}

async fn fetched(
    network: &dyn NetworkGate,
    url: &str,
    scratch: &Path,
    limit: u64,
) -> Result<(File, u64), VcsError> {
    let file = tempfile::tempfile_in(scratch).map_err(|error| failed(&error))?;
    let to = file.try_clone().map_err(|error| failed(&error))?;
    let (status, size) = network.download(url, to, limit).await?;
    let said = format!("{url} (status {status})");
    match status {
        200 => Ok((file, size)),
        404 | 410 => Err(VcsError::Absent(said)),
        401 => Err(VcsError::Unauthenticated(said)),
        403 => Err(VcsError::Refused(said)),
        _ => Err(VcsError::Unreachable(said)),
    }
}

fn failed(error: &io::Error) -> VcsError {
    VcsError::local("fetching from a proxy", error)
}
