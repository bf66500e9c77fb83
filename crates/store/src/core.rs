//! What every part of an open store shares: where things lie, the thread pools, the figures.

use crate::{
    buffers::ReadBuffers, crash::CrashSwitch, error::StoreError, health::StoreMetrics,
    layout::DataLayout, open_files::OpenFiles, options::StoreOptions, thread_pool::ThreadPool,
};
use parking_lot::Mutex;
use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

/// Shared by the store, its spools and its readers.
pub(crate) struct StoreCore {
    pub(crate) layout: DataLayout,
    pub(crate) options: StoreOptions,
    pub(crate) metrics: StoreMetrics,
    pub(crate) crash: CrashSwitch,
    /// Warm: positioned reads of kept blobs. Nothing else ever runs here (law L4).
    pub(crate) reads: ThreadPool<()>,
    /// Cold: spools, publishing, hashing what arrived.
    pub(crate) writes: ThreadPool<()>,
    /// Scans of kept blobs, one step at a time; the state is the step's buffer.
    pub(crate) scans: ThreadPool<Vec<u8>>,
    /// Memory for warm reads.
    pub(crate) buffers: ReadBuffers,
    /// Blobs that readers have open.
    pub(crate) open_files: OpenFiles,
    spools: AtomicU64,
    /// Held while blobs enter the quarantine, so that its bound is counted right.
    pub(crate) quarantine: Mutex<()>,
    /// Held while the name of a blob gets or loses its file, so that a damaged file can be told from
    /// the one that has just taken its place.
    pub(crate) names: Mutex<()>,
}

// === impl StoreCore ===

impl StoreCore {
    pub(crate) fn start(options: StoreOptions) -> Result<Self, StoreError> {
        Ok(Self {
            layout: DataLayout::new(&options.data),
            metrics: StoreMetrics::default(),
            crash: CrashSwitch::new(options.crash_point.as_deref()),
            reads: ThreadPool::start("read", vec![(); options.blob_readers.max(1)])?,
            writes: ThreadPool::start("write", vec![(); options.writers.max(1)])?,
            scans: ThreadPool::start("scan", [Vec::new()])?,
            buffers: ReadBuffers::default(),
            open_files: OpenFiles::new(options.open_blobs),
            spools: AtomicU64::new(0),
            quarantine: Mutex::new(()),
            names: Mutex::new(()),
            options,
        })
    }

    /// A name for a new spool file. The spool is swept when a process starts to use it, so a
    /// counter suffices; what could not be swept is replaced.
    pub(crate) fn next_spool_path(&self) -> PathBuf {
        let number = self.spools.fetch_add(1, Ordering::Relaxed);
        self.layout.spool().join(format!("{number:016x}"))
    }
}
