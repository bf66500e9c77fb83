//! Recent requests: whether the same client asked for the same thing a moment ago.
//!
//! A client that asks for what is kept, over and over, must cost next to nothing: its requests say
//! nothing new. A table of fingerprints without locks answers that in a few dozen nanoseconds. Two
//! requests that share a place only displace each other; two that share a fingerprint, which
//! happens once in 2^64, cost one client a little foresight.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use tokio::time::Instant;

/// Places in the table: more than the artifacts of a large build, in 32 KiB.
const PLACES: usize = 4096;

/// For how long a request says nothing new: a client that begins anew is noticed after this.
const FRESH: Duration = Duration::from_secs(10);

/// The table.
#[derive(Debug)]
pub(crate) struct RecentRequests {
    places: Box<[AtomicU64]>,
    hasher: RandomState,
    start: Instant,
}

// === impl RecentRequests ===

impl RecentRequests {
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
            start,
        }
    }

    /// Notes a request; whether it says something new.
    pub(crate) fn is_new(&self, request: impl Hash, now: Instant) -> bool {
        let age = now.saturating_duration_since(self.start).as_secs() / FRESH.as_secs();
        let print = self.hasher.hash_one((request, age));
        let place = usize::try_from(print).unwrap_or_default() % PLACES;
        self.places
            .get(place)
            .is_none_or(|place| place.swap(print, Relaxed) != print)
    }
}

#[cfg(test)]
mod tests {
    use super::{FRESH, RecentRequests};
    use tokio::time::Instant;

    #[test]
    fn a_request_is_new_once_in_a_while() {
        let now = Instant::now();
        let seen = RecentRequests::new(now);
        assert!(seen.is_new(("client", "artifact"), now));
        assert!(!seen.is_new(("client", "artifact"), now));
        assert!(seen.is_new(("other", "artifact"), now));
        assert!(seen.is_new(("client", "artifact"), now + FRESH));
    }
}
