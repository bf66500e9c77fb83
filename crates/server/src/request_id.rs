//! Request ids: 16 characters that a person can read over the phone, and that sort by time.
//!
//! 44 bits of milliseconds, 16 bits of process, 20 bits of counter, in base 32 without `i l o u`.
//! Ids of one process never repeat below a million requests a millisecond; ids of two processes
//! differ with high probability. They are no secret and prove nothing.

use jiff::Timestamp;
use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU32, Ordering},
};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Makes the ids of one process.
#[derive(Debug)]
pub(crate) struct RequestIds {
    process: u64,
    next: AtomicU32,
}

/// One request's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId([u8; 16]);

// === impl RequestIds ===

impl RequestIds {
    pub(crate) fn new() -> Self {
        // The standard library seeds its hashers from the operating system: randomness enough here.
        Self {
            process: RandomState::new().hash_one(0) & 0xffff,
            next: AtomicU32::new(0),
        }
    }

    pub(crate) fn next(&self, now: Timestamp) -> RequestId {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default() & 0xfff_ffff_ffff;
        let counter = self.next.fetch_add(1, Ordering::Relaxed) & 0xf_ffff;
        let bits = u128::from(millis) << 36 | u128::from(self.process) << 20 | u128::from(counter);
        RequestId(std::array::from_fn(|at| digit(bits >> (5 * (15 - at)))))
    }
}

fn digit(bits: u128) -> u8 {
    ALPHABET.get((bits & 31) as usize).copied().unwrap_or(b'0')
}

// === impl RequestId ===

impl RequestId {
    /// The id of a request that has none.
    pub(crate) const fn unknown() -> Self {
        Self([b'0'; 16])
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::RequestIds;
    use jiff::Timestamp;

    #[test]
    fn ids_differ_and_sort_by_time() {
        let ids = RequestIds::new();
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        let made = [
            ids.next(at(1_800_000_000_000)),
            ids.next(at(1_800_000_000_000)),
            ids.next(at(1_800_000_000_001)),
        ];
        let texts: Vec<&str> = made.iter().map(super::RequestId::as_str).collect();
        assert!(texts.is_sorted() && texts[0] != texts[1], "{texts:?}");
        assert!(
            texts
                .iter()
                .all(|text| text.len() == 16 && text.bytes().all(|b| b.is_ascii_alphanumeric())),
            "{texts:?}"
        );
    }
}
