//! Hot: what is small and asked often, in memory.
//!
//! Captured artifacts never change, so an entry is never stale and needs no age. Keyed by the path
//! in the URL space, which the router has at hand. Weighed by bytes, so that a few large go.mod
//! files cannot crowd out thousands of small ones unnoticed.

use crate::kept::Kept;
use moka::sync::Cache;
use std::sync::Arc;

/// A small artifact: at most this many bytes are kept in memory. Of the go.mod files of a large
/// build fewer than one in a hundred is larger.
pub(crate) const SMALL: u64 = 64 * 1024;

/// What an entry costs beside its bytes: key, row, and the cache's own bookkeeping.
const OVERHEAD: u32 = 512;

/// Small artifacts by path.
#[derive(Debug)]
pub(crate) struct Hot {
    entries: Cache<Arc<str>, Kept>,
}

// === impl Hot ===

impl Hot {
    /// A cache that weighs at most about `bytes`.
    pub(crate) fn new(bytes: u64) -> Self {
        let entries = Cache::builder()
            .max_capacity(bytes)
            .weigher(|key: &Arc<str>, kept: &Kept| {
                let bytes = kept.bytes.as_ref().map_or(0, bytes::Bytes::len);
                u32::try_from(key.len() + bytes)
                    .unwrap_or(u32::MAX)
                    .saturating_add(OVERHEAD)
            })
            .build();
        Self { entries }
    }

    /// The entry for a path.
    pub(crate) fn get(&self, path: &str) -> Option<Kept> {
        self.entries.get(path)
    }

    /// Remembers an artifact, if its bytes are at hand and small.
    pub(crate) fn put(&self, path: &str, kept: &Kept) {
        if kept.bytes.is_some() && kept.record.size <= SMALL {
            self.entries.insert(path.into(), kept.clone());
        }
    }

    /// About how many bytes it weighs.
    pub(crate) fn weight(&self) -> u64 {
        self.entries.weighted_size()
    }
}
