//! Reading kept blobs.
//!
//! A reader is made once per answer and then read at positions; what the page cache holds is
//! returned at once on the caller's own thread, the rest by the warm pool. Opening compares the
//! size with the record, so a truncated or missing file is found before the first byte is
//! answered; the hash of a large blob is compared by verification and by whoever asks for
//! [`BlobReader::verify`], not on every answer.

use crate::{
    blob::BlobId,
    core::StoreCore,
    disk,
    error::StoreError,
    health::StoreMetrics,
    open_files::{OpenBlob, ReaderFile},
    options::BlobPlace,
};
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, path::Path as ObjectPath};
use std::{fmt, fs::File, io, sync::Arc, time::SystemTime};

/// Reads one kept blob at any position. Cloning is cheap.
#[derive(Clone)]
pub struct BlobReader {
    core: Arc<StoreCore>,
    place: Place,
    blob: BlobId,
    size: u64,
}

#[derive(Clone)]
enum Place {
    File(Arc<ReaderFile>),
    Object(Arc<dyn ObjectStore>, ObjectPath),
}

/// Bytes per step when a whole blob is hashed or copied.
const STEP: usize = 1 << 20;

/// What is hashed in less time than it takes to ask another thread for it.
const HASHED_ON_THE_SPOT: usize = 64 * 1024;

// === impl BlobReader ===

impl BlobReader {
    pub(crate) async fn open(
        core: &Arc<StoreCore>,
        blob: BlobId,
        size: u64,
    ) -> Result<Self, StoreError> {
        let place = match &core.options.blobs {
            BlobPlace::Local => {
                let file = Arc::new(ReaderFile::default());
                let (shared, kept) = (Arc::clone(core), Arc::clone(&file));
                let opened = core
                    .reads
                    .run(move |()| opened(&shared, &kept, blob, size).map(drop));
                opened.await??;
                Place::File(file)
            }
            BlobPlace::Remote { store, prefix } => Place::Object(
                Arc::clone(store),
                crate::placement::object_path(prefix, blob),
            ),
        };
        Ok(Self {
            core: Arc::clone(core),
            place,
            blob,
            size,
        })
    }

    /// The blob's name.
    pub fn blob(&self) -> BlobId {
        self.blob
    }

    /// The blob's size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads `length` bytes at `offset`; fewer only at the end of the blob.
    pub async fn read_at(&self, offset: u64, length: usize) -> Result<Bytes, StoreError> {
        let rest = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = length.min(rest);
        if length == 0 {
            return Ok(Bytes::new());
        }
        let bytes = match &self.place {
            Place::File(file) => self.read_file(file, offset, length).await?,
            Place::Object(store, path) => store
                .get_range(path, offset..offset + length as u64)
                .await
                .map_err(|error| self.remote_failure(error))?,
        };
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(self.corrupt(format!("it ends at byte {}", offset + bytes.len() as u64)))
        }
    }

    /// Reads exactly `length` bytes at `offset` if all of them are in memory, without waiting.
    pub fn read_now(&self, offset: u64, length: usize) -> Option<Bytes> {
        match &self.place {
            Place::File(kept) => {
                let file = kept.get()?;
                let bytes = self.cached(&file, offset, length);
                kept.keep(&file, &self.core.open_files);
                bytes
            }
            Place::Object(..) => None,
        }
    }

    fn cached(&self, file: &File, offset: u64, length: usize) -> Option<Bytes> {
        let bytes = disk::read_cached(file, offset, length, &self.core.buffers)?;
        StoreMetrics::count(&self.core.metrics.cached_reads);
        Some(bytes)
    }

    /// Reads everything and compares the hash. At most one step is in memory.
    pub async fn verify(&self) -> Result<(), StoreError> {
        use sha2::{Digest, Sha256};
        let mut hasher = Sha256::new();
        let mut offset = 0;
        while offset < self.size {
            let bytes = self.read_at(offset, STEP).await?;
            offset += bytes.len() as u64;
            hasher.update(&bytes);
        }
        let found = BlobId::of_hasher(hasher);
        if found == self.blob {
            Ok(())
        } else {
            Err(self.corrupt(format!("its hash is {found}")))
        }
    }

    /// Reads everything into memory and compares the hash.
    pub(crate) async fn read_whole(&self) -> Result<Bytes, StoreError> {
        let length = usize::try_from(self.size).unwrap_or(usize::MAX);
        let bytes = self.read_at(0, length).await?;
        let found = self.hash(&bytes).await?;
        if found == self.blob {
            Ok(bytes)
        } else {
            Err(self.corrupt(format!("its hash is {found}")))
        }
    }

    /// The hash of a whole blob; of a large one off the caller's thread, which has others to answer.
    async fn hash(&self, bytes: &Bytes) -> Result<BlobId, StoreError> {
        if bytes.len() <= HASHED_ON_THE_SPOT {
            return Ok(BlobId::of(bytes));
        }
        let bytes = bytes.clone();
        self.core.reads.run(move |()| BlobId::of(&bytes)).await
    }

    /// When the blob's file was last written, if it is open at the moment. Waits for nothing: what
    /// the system knows of an open file is in memory.
    pub fn changed(&self) -> Option<SystemTime> {
        match &self.place {
            Place::File(kept) => kept.get()?.metadata().and_then(|of| of.modified()).ok(),
            Place::Object(..) => None,
        }
    }

    /// A file with the bytes, for checks that read blocking and positioned. For a local store it
    /// is the blob itself; from an object store it is copied to an unnamed temporary file.
    pub async fn file(&self) -> Result<Arc<OpenBlob>, StoreError> {
        if let Place::File(kept) = &self.place {
            let kept = Arc::clone(kept);
            let (core, blob, size) = (Arc::clone(&self.core), self.blob, self.size);
            return self
                .core
                .reads
                .run(move |()| opened(&core, &kept, blob, size))
                .await?;
        }
        let mut spool = crate::spool::Spool::create(&self.core).await?;
        let mut offset = 0;
        while offset < self.size {
            let bytes = self.read_at(offset, STEP).await?;
            offset += bytes.len() as u64;
            spool.append(bytes).await?;
        }
        let sealed = spool.seal().await?;
        let file = sealed.file().try_clone();
        file.map(|file| self.core.open_files.count(file))
            .map_err(|error| StoreError::reading("a copied blob", error))
    }

    async fn read_file(
        &self,
        kept: &Arc<ReaderFile>,
        offset: u64,
        length: usize,
    ) -> Result<Bytes, StoreError> {
        if let Some(file) = kept.get()
            && let Some(bytes) = self.cached(&file, offset, length)
        {
            kept.keep(&file, &self.core.open_files);
            return Ok(bytes);
        }
        StoreMetrics::count(&self.core.metrics.disk_reads);
        let (core, kept) = (Arc::clone(&self.core), Arc::clone(kept));
        let (blob, size) = (self.blob, self.size);
        let read = self.core.reads.run(move |()| {
            let file = opened(&core, &kept, blob, size)?;
            Ok::<_, StoreError>(disk::read_at(&file, offset, length))
        });
        let read = read.await??;
        // A medium error is damage of this blob, whatever number the system gives it.
        read.map_err(|error| self.corrupt(error.to_string()))
    }

    fn remote_failure(&self, error: object_store::Error) -> StoreError {
        match error {
            object_store::Error::NotFound { .. } => self.corrupt("it is missing".to_owned()),
            error => StoreError::remote(format!("reading blob {}", self.blob), error),
        }
    }

    fn corrupt(&self, problem: String) -> StoreError {
        let error = StoreError::CorruptBlob {
            blob: self.blob,
            problem,
        };
        self.core.metrics.misread(&error);
        error
    }
}

impl fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobReader({}, {} bytes)", self.blob, self.size)
    }
}

/// The reader's file, opened where it is not open, and kept open where there is room.
fn opened(
    core: &StoreCore,
    kept: &ReaderFile,
    blob: BlobId,
    size: u64,
) -> Result<Arc<OpenBlob>, StoreError> {
    let file = match kept.get() {
        Some(file) => file,
        None => core.open_files.count(open_file(core, blob, size)?),
    };
    kept.keep(&file, &core.open_files);
    Ok(file)
}

fn open_file(core: &StoreCore, blob: BlobId, size: u64) -> Result<File, StoreError> {
    let corrupt = |problem: String| {
        let error = StoreError::CorruptBlob { blob, problem };
        core.metrics.misread(&error);
        error
    };
    let file = match File::open(core.layout.blob(blob)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(corrupt("it is missing".to_owned()));
        }
        file => file.map_err(|error| StoreError::reading("a blob", error))?,
    };
    let found = file
        .metadata()
        .map_err(|error| StoreError::reading("a blob", error))?
        .len();
    if found == size {
        Ok(file)
    } else {
        Err(corrupt(format!("it has {found} bytes instead of {size}")))
    }
}
