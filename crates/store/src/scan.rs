//! Scans: whether a kept blob is still what its name says, in steps that somebody else paces.
//!
//! A scan hashes one blob from its beginning to its end. Each step is one job on a thread that does
//! nothing else, so neither warm reads nor captures wait for it (law L4), and the bytes pass by the
//! page cache ([`crate::uncached`]). A step tells how long it took, waiting for the disk included: who
//! keeps to a share of that keeps to a share of the processor, and rests longer on a busy machine.
//!
//! A scan changes nothing and does not know what to do about damage; that needs another source.

use crate::{
    blob::BlobId, core::StoreCore, error::StoreError, options::BlobPlace, placement,
    uncached::UncachedFile,
};
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};
use std::{fmt, fs::File, io, sync::Arc, time::Duration};
use tokio::time::Instant;

/// The largest step: what one hop to the scanning thread reads at most, and the size of its buffer.
pub const SCAN_STEP: usize = 1 << 20;

/// A blob on its way through the hash.
pub struct BlobScan {
    core: Arc<StoreCore>,
    blob: BlobId,
    size: u64,
    file: Option<UncachedFile>,
    hasher: Sha256,
    offset: u64,
}

/// What is wrong with a kept blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobDamage {
    /// It is not there.
    Missing,
    /// It has another size.
    Resized {
        /// Bytes it has.
        found: u64,
        /// Bytes it had.
        size: u64,
    },
    /// Its bytes have another hash than its name.
    Changed(BlobId),
    /// The disk does not give it.
    Unreadable(String),
}

/// What one step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanStep {
    /// Bytes hashed.
    pub bytes: u64,
    /// How long it took on the thread.
    pub spent: Duration,
    /// The verdict, once there is one; `Ok` means sound.
    pub verdict: Option<Result<(), BlobDamage>>,
}

// === impl BlobDamage ===

impl fmt::Display for BlobDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it is missing"),
            Self::Resized { found, size } => write!(f, "it has {found} bytes instead of {size}"),
            Self::Changed(found) => write!(f, "its hash is {found}"),
            Self::Unreadable(problem) => write!(f, "it cannot be read: {problem}"),
        }
    }
}

// === impl BlobScan ===

impl BlobScan {
    /// At the beginning of a blob.
    pub(crate) fn new(core: Arc<StoreCore>, blob: BlobId, size: u64) -> Self {
        Self {
            core,
            blob,
            size,
            file: None,
            hasher: Sha256::new(),
            offset: 0,
        }
    }

    /// Hashes at most `limit` bytes more, never more than [`SCAN_STEP`]. An error is the store's or
    /// the machine's, and says nothing about the blob.
    pub async fn step(mut self, limit: usize) -> Result<(Self, ScanStep), StoreError> {
        let limit = limit.clamp(1, SCAN_STEP);
        let core = Arc::clone(&self.core);
        let fetched = match &core.options.blobs {
            BlobPlace::Local => None,
            BlobPlace::Remote { store, prefix } => {
                let path = placement::object_path(prefix, self.blob);
                Some(self.fetch(store.as_ref(), &path, limit).await?)
            }
        };
        let job = move |buffer: &mut Vec<u8>| {
            let began = Instant::now();
            let before = self.offset;
            let verdict = match fetched {
                Some(fetched) => {
                    Ok(fetched.map_or_else(|damage| Some(Err(damage)), |bytes| self.pass(&bytes)))
                }
                None => self.read(buffer, limit),
            };
            let step = verdict.map(|verdict| ScanStep {
                bytes: self.offset - before,
                spent: began.elapsed(),
                verdict,
            });
            step.map(|step| (self, step))
        };
        core.scans.run(job).await?
    }

    fn read(
        &mut self,
        buffer: &mut Vec<u8>,
        limit: usize,
    ) -> Result<Option<Result<(), BlobDamage>>, StoreError> {
        if let Err(damage) = self.open()? {
            return Ok(Some(Err(damage)));
        }
        buffer.resize(SCAN_STEP, 0);
        let buffer = buffer.get_mut(..limit).unwrap_or_default();
        let read = match &self.file {
            Some(file) => file.read_at(buffer, self.offset),
            None => Ok(0),
        };
        match read {
            Ok(count) => Ok(self.pass(buffer.get(..count).unwrap_or_default())),
            // A medium error is damage of this blob, whatever number the system gives it.
            Err(error) => Ok(Some(Err(BlobDamage::Unreadable(error.to_string())))),
        }
    }

    /// Opens the file, unless it is open. That there are too many open files is no damage.
    fn open(&mut self) -> Result<Result<(), BlobDamage>, StoreError> {
        if self.file.is_some() {
            return Ok(Ok(()));
        }
        let failed = |error| StoreError::reading("a blob", error);
        let file = match File::open(self.core.layout.blob(self.blob)) {
            Ok(file) => UncachedFile::new(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Err(BlobDamage::Missing));
            }
            Err(error) if is_out_of_files(&error) => return Err(failed(error)),
            Err(error) => return Ok(Err(BlobDamage::Unreadable(error.to_string()))),
        };
        let (found, size) = (file.size().map_err(failed)?, self.size);
        if found != size {
            return Ok(Err(BlobDamage::Resized { found, size }));
        }
        self.file = Some(file);
        Ok(Ok(()))
    }

    /// Takes bytes into the hash; none are the end.
    fn pass(&mut self, bytes: &[u8]) -> Option<Result<(), BlobDamage>> {
        self.hasher.update(bytes);
        self.offset += bytes.len() as u64;
        if self.offset < self.size && !bytes.is_empty() {
            return None;
        }
        let found = BlobId::of_hasher(self.hasher.clone());
        Some(if found == self.blob {
            Ok(())
        } else {
            Err(BlobDamage::Changed(found))
        })
    }

    async fn fetch(
        &self,
        store: &dyn ObjectStore,
        path: &object_store::path::Path,
        limit: usize,
    ) -> Result<Result<Bytes, BlobDamage>, StoreError> {
        let end = self.size.min(self.offset + limit as u64);
        if self.offset == 0 {
            match store.head(path).await {
                Err(object_store::Error::NotFound { .. }) => return Ok(Err(BlobDamage::Missing)),
                Err(error) => return Err(StoreError::remote("looking at a blob", error)),
                Ok(found) if found.size != self.size => {
                    let (found, size) = (found.size, self.size);
                    return Ok(Err(BlobDamage::Resized { found, size }));
                }
                Ok(_) => {}
            }
        }
        if self.offset == end {
            return Ok(Ok(Bytes::new()));
        }
        match store.get_range(path, self.offset..end).await {
            Err(object_store::Error::NotFound { .. }) => Ok(Err(BlobDamage::Missing)),
            fetched => {
                Ok(Ok(fetched.map_err(|error| {
                    StoreError::remote("reading a blob", error)
                })?))
            }
        }
    }
}

/// Whether the process or the machine has too many files open (`EMFILE` 24 and `ENFILE` 23, the same
/// numbers on every Unix; elsewhere nobody counts).
fn is_out_of_files(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

impl fmt::Debug for BlobScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "BlobScan({} at {} of {})",
            self.blob, self.offset, self.size
        )
    }
}
