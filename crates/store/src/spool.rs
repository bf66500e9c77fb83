//! Spools: downloads in progress, readable while they grow.
//!
//! Bytes enter memory first and the file in steps of [`FLUSH_STEP`], each step one hop to a
//! writing thread, which also hashes. A follower is served from memory what is not in the file
//! yet, so it never waits for a flush. At most one step is under way while the next one fills:
//! a spool holds at most two steps and one chunk, however large the download is.
//!
//! A spool that is dropped before it was committed takes its file with it.

use crate::{blob::BlobId, core::StoreCore, crash, disk, error::StoreError, health::StoreMetrics};
use bytes::Bytes;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};
use tokio::sync::oneshot;

/// Bytes per step to the file: 256 KiB is the size from which throughput of a local disk no longer
/// grows, and two of them per download are memory nobody misses.
const FLUSH_STEP: usize = 256 << 10;

/// What is left free when room is reserved: the catalog and the journal have to write down what
/// came. Both take a few kilobytes for an artifact, and steps of the file system for many.
const SPARE: u64 = 1 << 20;

/// Bytes per read of a spool at most, whatever is asked for: answers are allowed to be short.
const READ_LIMIT: usize = 1 << 20;

/// A download in progress. Only its writer has it; followers have a [`SpoolReader`].
pub struct Spool {
    content: Arc<Content>,
    name: SpoolFile,
    /// Bytes in memory that no step has taken over yet.
    pending: usize,
    step: Option<oneshot::Receiver<Result<(), StoreError>>>,
    failed: Option<StoreError>,
    /// Bytes for which room was reserved.
    reserved: u64,
}

/// Reads a spool at any position up to what was written, during the download and after it.
#[derive(Clone)]
pub struct SpoolReader {
    content: Arc<Content>,
}

/// A finished download: complete, hashed and durable, but not yet captured.
pub struct SealedSpool {
    content: Arc<Content>,
    pub(crate) name: SpoolFile,
    blob: BlobId,
    size: u64,
}

struct Content {
    core: Arc<StoreCore>,
    file: File,
    hasher: Mutex<Sha256>,
    tail: Mutex<Tail>,
}

/// What is not in the file yet.
#[derive(Default)]
struct Tail {
    /// Bytes in the file; the chunks follow.
    flushed: u64,
    /// Each with its offset, so that a reader finds its place however small the chunks are.
    chunks: VecDeque<(u64, Bytes)>,
    length: u64,
}

/// The name of a spool file, which is removed when this is dropped.
pub(crate) struct SpoolFile {
    core: Arc<StoreCore>,
    path: PathBuf,
    keep: bool,
}

// === impl Spool ===

impl Spool {
    pub(crate) async fn create(core: &Arc<StoreCore>) -> Result<Self, StoreError> {
        let shared = Arc::clone(core);
        let created = core.writes.run(move |()| create_file(shared)).await?;
        core.metrics.tried(&created);
        let (file, name) = created?;
        core.crash.reached(crash::SPOOL_CREATED);
        let content = Content {
            core: Arc::clone(core),
            file,
            hasher: Mutex::new(Sha256::new()),
            tail: Mutex::new(Tail::default()),
        };
        Ok(Self {
            content: Arc::new(content),
            name,
            pending: 0,
            step: None,
            failed: None,
            reserved: 0,
        })
    }

    /// Reserves room for this many bytes in all, so that it is known before anybody is promised them
    /// whether they fit. More may be appended, with less certainty.
    pub async fn reserve(&mut self, bytes: u64) -> Result<(), StoreError> {
        self.check()?;
        let content = Arc::clone(&self.content);
        let core = &self.content.core;
        let reserved = core
            .writes
            .run(move |()| disk::reserve(&content.file, bytes, SPARE))
            .await?;
        let reserved =
            reserved.map_err(|error| StoreError::io("reserving room for a spool file", error));
        core.metrics.tried(&reserved);
        if reserved.is_ok() {
            self.reserved = bytes;
        }
        reserved
    }

    /// Appends bytes. They can be read by followers when this returns; it may wait for an earlier
    /// step to reach the file. After a failure every further call returns the same failure.
    pub async fn append(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        self.check()?;
        self.pending += bytes.len();
        self.content.tail.lock().push(bytes);
        if self.pending < FLUSH_STEP {
            return Ok(());
        }
        self.finish_step().await?;
        self.begin_step().await
    }

    /// Bytes appended so far.
    pub fn written(&self) -> u64 {
        self.content.written()
    }

    /// A reader that follows this spool.
    pub fn reader(&self) -> SpoolReader {
        SpoolReader {
            content: Arc::clone(&self.content),
        }
    }

    /// Ends the download: everything is in the file and durable when this returns.
    pub async fn seal(mut self) -> Result<SealedSpool, StoreError> {
        self.check()?;
        self.finish_step().await?;
        let content = Arc::clone(&self.content);
        let too_much = self.reserved > self.written();
        let sealed = self
            .content
            .core
            .writes
            .run(move |()| {
                if too_much {
                    content.give_back()?;
                }
                content.seal()
            })
            .await?;
        self.content.core.metrics.tried(&sealed);
        let (blob, size) = sealed?;
        self.content.core.crash.reached(crash::SPOOL_SEALED);
        Ok(SealedSpool {
            content: self.content,
            name: self.name,
            blob,
            size,
        })
    }

    fn check(&self) -> Result<(), StoreError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    async fn begin_step(&mut self) -> Result<(), StoreError> {
        let content = Arc::clone(&self.content);
        self.step = Some(
            self.content
                .core
                .writes
                .begin(move |()| content.flush())
                .await?,
        );
        self.pending = 0;
        Ok(())
    }

    async fn finish_step(&mut self) -> Result<(), StoreError> {
        let Some(step) = self.step.as_mut() else {
            return Ok(());
        };
        let result = step.await.unwrap_or(Err(StoreError::Closed));
        self.step = None;
        self.content.core.metrics.tried(&result);
        self.content.core.crash.reached(crash::SPOOL_PARTIAL);
        if let Err(error) = &result {
            self.failed = Some(error.clone());
        }
        result
    }
}

// === impl SpoolReader ===

impl SpoolReader {
    /// Bytes that can be read now.
    pub fn written(&self) -> u64 {
        self.content.written()
    }

    /// Reads at `offset`: at least one and at most `length` bytes, or none if nothing was written
    /// there yet. A short answer does not mean the end; ask again behind it.
    pub async fn read_at(&self, offset: u64, length: usize) -> Result<Bytes, StoreError> {
        if let Some(bytes) = self.content.tail.lock().read(offset, length) {
            return Ok(bytes);
        }
        let available = self.content.tail.lock().flushed.saturating_sub(offset);
        let length = length
            .min(READ_LIMIT)
            .min(usize::try_from(available).unwrap_or(READ_LIMIT));
        let (file, buffers) = (&self.content.file, &self.content.core.buffers);
        if let Some(bytes) = disk::read_cached(file, offset, length, buffers) {
            return Ok(bytes);
        }
        let content = Arc::clone(&self.content);
        let writes = &self.content.core.writes;
        let bytes = writes
            .run(move |()| disk::read_at(&content.file, offset, length))
            .await?;
        bytes.map_err(|error| StoreError::reading("a spool file", error))
    }
}

// === impl SealedSpool ===

impl SealedSpool {
    /// A sealed spool of bytes that are in memory already.
    pub(crate) fn write(core: &Arc<StoreCore>, bytes: &Bytes) -> Result<Self, StoreError> {
        let (file, name) = create_file(Arc::clone(core))?;
        core.crash.reached(crash::SPOOL_CREATED);
        let tail = Tail {
            flushed: 0,
            chunks: [(0, bytes.clone())].into(),
            length: bytes.len() as u64,
        };
        let content = Content {
            core: Arc::clone(core),
            file,
            hasher: Mutex::new(Sha256::new()),
            tail: Mutex::new(tail),
        };
        let (blob, size) = content.seal()?;
        core.crash.reached(crash::SPOOL_SEALED);
        Ok(Self {
            content: Arc::new(content),
            name,
            blob,
            size,
        })
    }

    /// SHA-256 of the bytes.
    pub fn blob(&self) -> BlobId {
        self.blob
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The file, for checks that need to read it blocking and positioned. Writing to it is a
    /// mistake that the next verification finds.
    pub fn file(&self) -> &File {
        &self.content.file
    }

    /// A reader of the bytes.
    pub fn reader(&self) -> SpoolReader {
        SpoolReader {
            content: Arc::clone(&self.content),
        }
    }
}

// === impl Content ===

impl Content {
    fn written(&self) -> u64 {
        let tail = self.tail.lock();
        tail.flushed + tail.length
    }

    /// Moves what is in memory to the file. Runs on a writing thread, never twice at once.
    fn flush(&self) -> Result<(), StoreError> {
        let (mut offset, chunks) = {
            let tail = self.tail.lock();
            (
                tail.flushed,
                tail.chunks
                    .iter()
                    .map(|(_, chunk)| chunk.clone())
                    .collect::<Vec<_>>(),
            )
        };
        let mut hasher = self.hasher.lock();
        for chunk in &chunks {
            let written = disk::write_all_at(&self.file, chunk, offset);
            written.map_err(|error| StoreError::io("writing a spool file", error))?;
            hasher.update(chunk);
            offset += chunk.len() as u64;
        }
        self.tail.lock().forget(chunks.len());
        Ok(())
    }

    /// Gives back what was reserved behind the end.
    fn give_back(&self) -> Result<(), StoreError> {
        self.flush()?;
        let cut = self.file.set_len(self.written());
        cut.map_err(|error| StoreError::io("cutting a spool file", error))
    }

    fn seal(&self) -> Result<(BlobId, u64), StoreError> {
        self.flush()?;
        self.file
            .sync_all()
            .map_err(|error| StoreError::io("syncing a spool file", error))?;
        Ok((
            BlobId::of_hasher(self.hasher.lock().clone()),
            self.written(),
        ))
    }
}

// === impl Tail ===

impl Tail {
    fn push(&mut self, bytes: Bytes) {
        let offset = self.flushed + self.length;
        self.length += bytes.len() as u64;
        self.chunks.push_back((offset, bytes));
    }

    /// Forgets the first `count` chunks, which are in the file now.
    fn forget(&mut self, count: usize) {
        let bytes: u64 = self
            .chunks
            .drain(..count)
            .map(|(_, chunk)| chunk.len() as u64)
            .sum();
        self.flushed += bytes;
        self.length -= bytes;
    }

    /// What is in memory at `offset`; `None` if the file has to be asked.
    fn read(&self, offset: u64, length: usize) -> Option<Bytes> {
        if offset < self.flushed {
            return None;
        }
        let behind = self.chunks.partition_point(|(begin, _)| *begin <= offset);
        let Some((begin, chunk)) = behind.checked_sub(1).and_then(|at| self.chunks.get(at)) else {
            return Some(Bytes::new());
        };
        let start = usize::try_from(offset - begin)
            .unwrap_or(usize::MAX)
            .min(chunk.len());
        Some(chunk.slice(start..chunk.len().min(start.saturating_add(length))))
    }
}

// === impl SpoolFile ===

impl SpoolFile {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file got another name; there is nothing to remove.
    pub(crate) fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        self.core
            .metrics
            .open_spools
            .fetch_sub(1, Ordering::Relaxed);
        if !self.keep {
            let path = std::mem::take(&mut self.path);
            // What cannot be removed now is removed at the next start.
            self.core
                .writes
                .detach(move |()| drop(disk::remove_file(&path)));
        }
    }
}

fn create_file(core: Arc<StoreCore>) -> Result<(File, SpoolFile), StoreError> {
    let path = core.next_spool_path();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    // Nobody may change a blob by accident, nor others read one; the open handle is not affected.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o400);
    let opened = match options.open(&path) {
        // Somebody tidied the directory up under us. What lay in it is lost to nobody but flights.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            disk::create_directory(&core.layout.spool())?;
            options.open(&path)
        }
        // Of a process that is gone, and not swept: the disk could not be written at the start.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            disk::remove_file(&path)?;
            options.open(&path)
        }
        opened => opened,
    };
    let file = opened.map_err(|error| StoreError::file("creating", &path, error))?;
    StoreMetrics::count(&core.metrics.open_spools);
    Ok((
        file,
        SpoolFile {
            core,
            path,
            keep: false,
        },
    ))
}
