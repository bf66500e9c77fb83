//! Memory cache: what is asked often, within reach without a hop to another thread.
//!
//! Captured artifacts hardly ever change, so an entry needs no age but one: after a day it is read
//! from the store again, where an unconfirmed `.info` is asked about. Small ones lie in
//! memory with their bytes; of zips the open file is kept, whose bytes are the page cache's. Keyed
//! by the path in the URL space, in its one canonical spelling, which is what `go` sends: a hit
//! needs no parsing.
//!
//! Refused: growth. Small artifacts are weighed by bytes, so that a few large go.mod files cannot
//! crowd out thousands of small ones unnoticed; open files are counted, and let go when they are
//! not asked for.

use crate::kept_file::KeptFile;
use moka::sync::Cache;
use protocol::Resource;
use std::{sync::Arc, time::Duration};
use store::BlobReader;

/// A small artifact: at most this many bytes are kept in memory. Of the go.mod files of a large
/// build fewer than one in a hundred is larger.
pub const SMALL: u64 = 64 * 1024;

/// What an entry costs beside its bytes: key, row, and the cache's own bookkeeping.
const OVERHEAD: u32 = 768;

/// Zips that are held open: the dependencies of one large build, and a quarter of the 1,024 open
/// files that the most frugal system allows.
const OPEN_FILES: u64 = 256;

/// How long a small artifact is answered from memory before it is read from the store again, where an
/// unconfirmed `.info` is asked about.
const REREAD: Duration = Duration::from_hours(24);

/// How long a zip that nobody asks for is held open.
const HELD_OPEN: Duration = Duration::from_secs(30);

/// Artifacts by path.
#[derive(Debug)]
pub struct MemoryCache {
    small: Cache<Arc<str>, CachedFile>,
    open: Cache<Arc<str>, CachedFile>,
}

/// Something captured, ready to be answered.
#[derive(Debug, Clone)]
pub struct CachedFile {
    /// What the catalog knows.
    pub kept: KeptFile,
    /// What its path names.
    pub resource: Arc<Resource>,
    /// The open file, of a zip.
    blob: Option<BlobReader>,
}

// === impl MemoryCache ===

impl MemoryCache {
    /// A cache whose small artifacts weigh at most about `bytes`.
    pub fn new(bytes: u64) -> Self {
        let small = Cache::builder()
            .max_capacity(bytes)
            .weigher(|path: &Arc<str>, entry: &CachedFile| {
                let bytes = entry.kept.bytes.as_ref().map_or(0, bytes::Bytes::len);
                u32::try_from(2 * path.len() + bytes)
                    .unwrap_or(u32::MAX)
                    .saturating_add(OVERHEAD)
            })
            .time_to_live(REREAD)
            .build();
        let open = Cache::builder()
            .max_capacity(OPEN_FILES)
            .time_to_idle(HELD_OPEN)
            .build();
        Self { small, open }
    }

    /// The small artifact at a path.
    pub fn small(&self, path: &str) -> Option<CachedFile> {
        self.small.get(path)
    }

    /// The zip at a path that is held open.
    pub fn open(&self, path: &str) -> Option<CachedFile> {
        self.open.get(path)
    }

    /// Remembers an artifact, if its bytes are at hand and small.
    pub fn put(&self, path: &str, kept: &KeptFile) {
        if kept.bytes.is_some() && kept.record.size <= SMALL {
            self.small.insert(path.into(), CachedFile::new(kept, None));
        }
    }

    /// Holds a zip open, unless it is. What the cache replaces it lets go only later, and of many who
    /// come at once each has opened the file.
    pub fn hold(&self, path: &str, kept: &KeptFile, blob: &BlobReader) {
        let entry = CachedFile::new(kept, Some(blob.clone()));
        drop(self.open.entry(path.into()).or_insert(entry));
    }

    /// Forgets what is at a path.
    pub fn forget(&self, path: &str) {
        self.small.invalidate(path);
        self.open.invalidate(path);
    }

    /// About how many bytes the small artifacts weigh.
    pub fn weight(&self) -> u64 {
        self.small.weighted_size()
    }
}

// === impl CachedFile ===

impl CachedFile {
    fn new(kept: &KeptFile, blob: Option<BlobReader>) -> Self {
        Self {
            resource: Arc::new(Resource::from(&kept.record.key)),
            kept: kept.clone(),
            blob,
        }
    }

    /// The open file, of a zip.
    pub fn blob(&self) -> Option<&BlobReader> {
        self.blob.as_ref()
    }
}
