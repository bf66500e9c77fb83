//! Verification: is everything still what it was when it was captured?
//!
//! Every blob that a capture needs is read and hashed. Beyond that the catalog is compared with
//! itself, with the blobs that are really there and with the journal's mirror. Nothing is changed:
//! healing needs another source, which the store does not know.
//!
//! A blob without a row is no damage: a crash between publishing and committing leaves one, and so
//! does a capture that is just being made.

use super::{ProblemList, list};
use crate::{
    blob::BlobId, core::StoreCore, disk, error::StoreError, journal::mirror, options::BlobPlace,
    reader::BlobReader, store::Store,
};
use std::{fs::File, sync::Arc};

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyProgress {
    /// Blobs hashed so far.
    pub blobs: u64,
    /// Bytes hashed so far.
    pub bytes: u64,
    /// Bytes there are to hash.
    pub total_bytes: u64,
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Blobs hashed.
    pub blobs: u64,
    /// Bytes hashed.
    pub bytes: u64,
    /// Blobs that a capture needs and that are missing or wrong.
    pub damaged: ProblemList<DamagedBlob>,
    /// Blobs that no capture needs, with their sizes in bytes. No damage.
    pub orphans: ProblemList<(BlobId, u64)>,
    /// Files among the blobs that are none. No damage.
    pub strays: ProblemList<String>,
    /// What is wrong with the catalog, in words.
    pub catalog: ProblemList<String>,
    /// What is wrong with the journal's mirror, in words. The catalog has the journal as well.
    pub mirror: ProblemList<String>,
}

/// A blob that is not what its name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedBlob {
    /// Its name.
    pub blob: BlobId,
    /// What is wrong with it.
    pub problem: String,
    /// Paths of captures that need it, at most a hundred.
    pub paths: Vec<String>,
}

/// Paths named per damaged blob.
const PATHS: usize = 100;

// === impl VerifyReport ===

impl VerifyReport {
    /// Whether everything captured is as it was, and the catalog agrees with itself.
    pub fn is_healthy(&self) -> bool {
        self.damaged.is_empty() && self.catalog.is_empty() && self.mirror.is_empty()
    }
}

/// Verifies everything in `store` and tells `progress` after every blob.
pub async fn verify(
    store: &Store,
    mut progress: impl FnMut(VerifyProgress) + Send,
) -> Result<VerifyReport, StoreError> {
    let mut report = VerifyReport::default();
    let total_bytes = store.health().bytes;
    for shelf in 0..=u8::MAX {
        // Rows before blobs: a capture made in between is an orphan at worst, never a loss.
        let rows = store.catalog().blobs_of_shelf(shelf).await?;
        let mut found = list::shelf(store.core(), shelf).await?;
        for (blob, size) in rows {
            let present = found.blobs.remove(&blob);
            check_blob(store, &mut report, blob, size, present).await?;
            progress(VerifyProgress {
                blobs: report.blobs,
                bytes: report.bytes,
                total_bytes,
            });
        }
        found
            .blobs
            .into_iter()
            .for_each(|orphan| report.orphans.push(orphan));
        found
            .strays
            .into_iter()
            .for_each(|stray| report.strays.push(stray));
    }
    let checked = store.catalog().check().await?;
    report.catalog = checked.problems;
    let core = Arc::clone(store.core());
    let work = move || check_mirror(&core, checked.sequence, &mut report).map(|()| report);
    let checked = tokio::task::spawn_blocking(work).await;
    checked.unwrap_or(Err(StoreError::Closed))
}

async fn check_blob(
    store: &Store,
    report: &mut VerifyReport,
    blob: BlobId,
    size: u64,
    present: Option<u64>,
) -> Result<(), StoreError> {
    let problem = match present {
        None => Some("it is missing".to_owned()),
        Some(found) if found != size => Some(format!("it has {found} bytes instead of {size}")),
        Some(_) => hash_problem(store.core(), blob, size).await?,
    };
    report.blobs += 1;
    report.bytes += present.unwrap_or(0);
    if let Some(problem) = problem {
        if present != Some(size) && store.is_beside() && !is_needed(store, blob).await? {
            // The process that writes has put it aside since its row was read.
            return Ok(());
        }
        let captures = store.catalog().captures_of(blob, PATHS).await?;
        let paths = captures.into_iter().map(|capture| capture.path).collect();
        report.damaged.push(DamagedBlob {
            blob,
            problem,
            paths,
        });
    }
    Ok(())
}

async fn is_needed(store: &Store, blob: BlobId) -> Result<bool, StoreError> {
    let captures = store.catalog().captures_of(blob, 1).await?;
    Ok(!captures.is_empty())
}

async fn hash_problem(
    core: &Arc<StoreCore>,
    blob: BlobId,
    size: u64,
) -> Result<Option<String>, StoreError> {
    let checked = match &core.options.blobs {
        BlobPlace::Local => {
            let path = core.layout.blob(blob);
            let hashed = core
                .writes
                .run(move |()| File::open(&path).and_then(|file| disk::hash_file(&file)));
            return Ok(match hashed.await? {
                Ok((found, _)) if found == blob => None,
                Ok((found, _)) => Some(format!("its hash is {found}")),
                Err(error) => Some(error.to_string()),
            });
        }
        BlobPlace::Remote { .. } => BlobReader::open(core, blob, size).await?.verify().await,
    };
    match checked {
        Err(StoreError::CorruptBlob { problem, .. }) => Ok(Some(problem)),
        checked => checked.map(|()| None),
    }
}

fn check_mirror(core: &StoreCore, end: u64, report: &mut VerifyReport) -> Result<(), StoreError> {
    let mut last = 0;
    for line in mirror::lines(&core.layout.journal())? {
        let line = line?;
        match line.entry {
            None => report.mirror.push(format!(
                "{}:{} is damaged",
                line.file.display(),
                line.number
            )),
            Some(entry) if entry.sequence != last + 1 => {
                report.mirror.push(if entry.sequence > last {
                    format!("entries {} to {} are missing", last + 1, entry.sequence - 1)
                } else {
                    format!("entry {} stands behind entry {last}", entry.sequence)
                });
                last = entry.sequence;
            }
            Some(entry) => last = entry.sequence,
        }
        // Entries written since the catalog was looked at are not its business.
        if last >= end {
            return Ok(());
        }
    }
    if last < end {
        report
            .mirror
            .push(format!("it ends at entry {last}, the catalog at {end}"));
    }
    Ok(())
}
