//! Random: numbers that the audited log cannot foresee.

use std::hash::{BuildHasher as _, RandomState};

/// A source of numbers, keyed by the standard library's random keys.
pub(super) struct Random {
    keys: RandomState,
    count: u64,
}

// === impl Random ===

impl Random {
    pub(super) fn new() -> Self {
        Self {
            keys: RandomState::new(),
            count: 0,
        }
    }

    /// A number below `end`, which must not be 0. The bias of a remainder is far below one in a
    /// million for logs of this world.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.count += 1;
        self.keys.hash_one(self.count) % end.max(1)
    }
}
