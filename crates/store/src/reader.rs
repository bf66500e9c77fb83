//! Reading kept blobs.
//!
//! A reader is opened once per answer and then read at positions; what the page cache holds is
//! returned at once on the caller's own thread, the rest by the warm lane. Opening compares the
//! size with the record, so a truncated or missing file is found before the first byte is
//! answered; the hash of a large blob is compared by verification and by whoever asks for
//! [`BlobReader::verify`], not on every answer.

use crate::{
    blob::BlobId, core::Core, disk, error::StoreError, health::StoreMetrics, options::BlobPlace,
};
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, path::Path as ObjectPath};
use std::{fmt, fs::File, io, sync::Arc};

/// Reads one kept blob at any position. Cloning is cheap.
#[derive(Clone)]
pub struct BlobReader {
    core: Arc<Core>,
    place: Place,
    blob: BlobId,
    size: u64,
}

#[derive(Clone)]
enum Place {
    File(Arc<File>),
    Object(Arc<dyn ObjectStore>, ObjectPath),
}

/// Bytes per step when a whole blob is hashed or copied.
const STEP: usize = 1 << 20;

// === impl BlobReader ===

impl BlobReader {
    pub(crate) async fn open(
        core: &Arc<Core>,
        blob: BlobId,
        size: u64,
    ) -> Result<Self, StoreError> {
        let place = match &core.options.blobs {
            BlobPlace::Local => {
                let shared = Arc::clone(core);
                let opened = core
                    .reads
                    .run(move |()| open_file(&shared, blob, size))
                    .await?;
                Place::File(Arc::new(opened?))
            }
            BlobPlace::Remote { store, prefix } => {
                Place::Object(Arc::clone(store), crate::place::object_path(prefix, blob))
            }
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
            Place::File(file) => self.cached(file, offset, length),
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
        let found = BlobId::of(&bytes);
        if found == self.blob {
            Ok(bytes)
        } else {
            Err(self.corrupt(format!("its hash is {found}")))
        }
    }

    /// The blob's own file, where there is one.
    pub fn local_file(&self) -> Option<&File> {
        match &self.place {
            Place::File(file) => Some(file),
            Place::Object(..) => None,
        }
    }

    /// A file with the bytes, for checks that read blocking and positioned. For a local store it
    /// is the blob itself; from an object store it is copied to an unnamed temporary file.
    pub async fn file(&self) -> Result<Arc<File>, StoreError> {
        if let Place::File(file) = &self.place {
            return Ok(Arc::clone(file));
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
        file.map(Arc::new)
            .map_err(|error| StoreError::reading("a copied blob", error))
    }

    async fn read_file(
        &self,
        file: &Arc<File>,
        offset: u64,
        length: usize,
    ) -> Result<Bytes, StoreError> {
        if let Some(bytes) = self.cached(file, offset, length) {
            return Ok(bytes);
        }
        StoreMetrics::count(&self.core.metrics.disk_reads);
        let file = Arc::clone(file);
        let read = self
            .core
            .reads
            .run(move |()| disk::read_at(&file, offset, length))
            .await?;
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

fn open_file(core: &Core, blob: BlobId, size: u64) -> Result<File, StoreError> {
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
