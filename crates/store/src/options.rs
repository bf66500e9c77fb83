//! How a store is opened.

use crate::bucket::BucketOptions;
use jiff::Timestamp;
use object_store::{ObjectStore, path::Path as ObjectPath};
use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

/// Where a store lies and what it is opened with.
#[derive(Clone)]
pub struct StoreOptions {
    /// The data directory; made if missing.
    pub data: PathBuf,
    /// Threads that read the catalog. Two: a lookup takes microseconds, and one slow page must not
    /// stop the others. At least one is started.
    pub catalog_readers: usize,
    /// Threads that read kept blobs which are not in the page cache. Eight keep a solid-state disk
    /// busy; more only add switching. At least one is started.
    pub blob_readers: usize,
    /// Blobs that stay open between two reads. A fourth of the 1,024 open files that the most frugal
    /// system allows; more where it allows more.
    pub open_blobs: usize,
    /// Threads that write spools and publish blobs. Eight: each spends its time in `fsync`, and
    /// file systems group the `fsync`s that come together. At least one is started.
    pub writers: usize,
    /// How old the signed head of the journal's log may be before the next reader gets a newer one.
    /// A second: followers ask every few seconds, and each new head costs two syncs, which no
    /// reader shall be able to demand as often as it likes.
    pub checkpoint_age: Duration,
    /// Name of the point at which the process shall end, see [`crate::CRASH_POINTS`] and
    /// [`crate::JOURNAL_CRASH_POINTS`]; with `@N`
    /// behind it, at the N-th passage. For tests.
    pub crash_point: Option<String>,
    /// The bucket that blobs lie in; what the data directory notes where there is none. A store that has
    /// another one is not opened.
    pub bucket: Option<BucketOptions>,
    /// What a store that was just put back from a backup is a copy of, in words.
    pub(crate) restored: Option<String>,
    pub(crate) blobs: BlobPlace,
    pub(crate) clock: Clock,
}

/// Where blobs are kept.
#[derive(Clone)]
pub(crate) enum BlobPlace {
    /// As files below the data directory.
    Local,
    /// In an object store, below a prefix.
    Remote {
        store: Arc<dyn ObjectStore>,
        prefix: ObjectPath,
    },
}

/// Where the store takes the time from.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

// === impl StoreOptions ===

impl StoreOptions {
    /// A store whose blobs are files below `data`.
    pub fn local(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            catalog_readers: 2,
            blob_readers: 8,
            open_blobs: 256,
            writers: 8,
            checkpoint_age: Duration::from_secs(1),
            crash_point: None,
            bucket: None,
            restored: None,
            blobs: BlobPlace::Local,
            clock: Clock(Arc::new(Timestamp::now)),
        }
    }

    /// A store whose blobs lie in an object store below `prefix`; spool, catalog and journal stay
    /// below `data`. Blobs are named by their content, so the object store needs no conditional
    /// writes: writing one twice writes the same bytes.
    pub fn remote(data: impl Into<PathBuf>, store: Arc<dyn ObjectStore>, prefix: &str) -> Self {
        Self {
            blobs: BlobPlace::Remote {
                store,
                prefix: ObjectPath::from(prefix),
            },
            ..Self::local(data)
        }
    }

    /// Takes the time from `clock` instead of the system.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Clock(Arc::new(clock));
        self
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

// === impl Clock ===

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        (self.0)()
    }
}
