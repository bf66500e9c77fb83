//! Response cache: answers that may change, in memory while their age limit runs.
//!
//! A list is made of two things: what a source said and what is kept here. Making it anew for each
//! request means two looks into the catalog, a merge and a hash; in a CI run the same few lists are
//! asked for hundreds of times a minute. So a finished answer is held until its source has to be
//! asked again, or until one of the two things changes.
//!
//! Where asking has just failed, what was given instead is held as well, for a moment: a dead source
//! is asked once a second about each path, not by everyone who comes.
//!
//! What is refused: an answer made of something older than what is known by now. Whoever makes one
//! takes a [`ResponseMark`] before looking; whoever changes something leaves a trace after it is durable.
//! An answer whose mark is no longer the last one is not held; so an answer that was just fetched is
//! not, since remembering it is a change, but the next one is.

use bytes::Bytes;
use jiff::Timestamp;
use moka::sync::Cache;
use protocol::{Freshness, Media, Origin, Resource};
use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use store::BlobId;

/// Memory for held answers, in bytes: the lists of a thousand modules with a thousand versions each.
const MEMORY: u64 = 16 * 1024 * 1024;

/// What an entry costs beside its bytes and its path.
const OVERHEAD: u32 = 512;

/// Paths share this many marks. A change of one path may keep another from being held, once.
const MARKS: usize = 1024;

/// Answers by path.
#[derive(Debug)]
pub struct ResponseCache {
    answers: Cache<Arc<str>, HeldResponse>,
    changes: Box<[AtomicU64]>,
    hasher: RandomState,
}

/// What was the last change when somebody began to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseMark(u64);

/// A finished answer whose bytes are at hand.
#[derive(Debug, Clone)]
pub struct HeldResponse {
    /// What it answers.
    pub resource: Arc<Resource>,
    /// What its bytes are.
    pub media: Media,
    /// How long others may keep it.
    pub freshness: Freshness,
    /// SHA-256 of its bytes.
    pub hash: Option<BlobId>,
    /// Where it came from.
    pub origin: Origin,
    /// The bytes.
    pub bytes: Bytes,
    /// How long it is held at most.
    pub until: Timestamp,
}

// === impl HeldResponse ===

impl HeldResponse {
    /// Whether it would be held for longer than anything is: the clock was ahead when it was made.
    fn is_of_the_future(&self, now: Timestamp) -> bool {
        let Freshness::For(longest) = self.freshness else {
            return false;
        };
        let left = Duration::try_from(self.until.duration_since(now)).unwrap_or_default();
        left > longest.saturating_add(Duration::from_mins(1))
    }
}

// === impl ResponseCache ===

impl Default for ResponseCache {
    fn default() -> Self {
        let answers = Cache::builder()
            .max_capacity(MEMORY)
            .weigher(|path: &Arc<str>, held: &HeldResponse| {
                u32::try_from(2 * path.len() + held.bytes.len())
                    .unwrap_or(u32::MAX)
                    .saturating_add(OVERHEAD)
            })
            .build();
        Self {
            answers,
            changes: (0..MARKS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl ResponseCache {
    /// To be taken before looking at anything the answer is made of.
    pub fn mark(&self, path: &str) -> ResponseMark {
        let changes = self.changes_of(path);
        ResponseMark(changes.map_or(0, |changes| changes.load(Ordering::SeqCst)))
    }

    /// The answer at a path, if it is not too old, nor of a time that was taken back.
    pub fn get(&self, path: &str, now: Timestamp) -> Option<HeldResponse> {
        let held = self.answers.get(path)?;
        (now <= held.until && !held.is_of_the_future(now)).then_some(held)
    }

    /// Holds an answer whose bytes are at hand, unless something changed since `mark`.
    pub fn hold(&self, path: &str, mark: ResponseMark, mut held: HeldResponse) {
        // That no source could be asked remains true of it.
        held.origin = match held.origin {
            need @ (Origin::Stale | Origin::Computed | Origin::Kept { .. }) => need,
            _ => Origin::Memory,
        };
        self.answers.insert(path.into(), held);
        // A change before this line is seen here; one after it finds the answer and removes it.
        if self.mark(path) != mark {
            self.answers.invalidate(path);
        }
    }

    /// Something changed that the answer at `path` is made of.
    pub fn forget(&self, path: &str) {
        if let Some(changes) = self.changes_of(path) {
            changes.fetch_add(1, Ordering::SeqCst);
        }
        self.answers.invalidate(path);
    }

    /// Anything may have changed.
    pub fn forget_all(&self) {
        for changes in &self.changes {
            changes.fetch_add(1, Ordering::SeqCst);
        }
        self.answers.invalidate_all();
    }

    fn changes_of(&self, path: &str) -> Option<&AtomicU64> {
        let hash = self.hasher.hash_one(path) % MARKS as u64;
        self.changes.get(usize::try_from(hash).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::{HeldResponse, ResponseCache};
    use gomod::ModulePath;
    use jiff::Timestamp;
    use protocol::{Freshness, Media, Origin, Resource};
    use std::{sync::Arc, time::Duration};

    const PATH: &str = "example.com/m/@v/list";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn hold(fresh: &ResponseCache, mark: super::ResponseMark) {
        let module = ModulePath::parse("example.com/m").unwrap();
        let answer = HeldResponse {
            resource: Arc::new(Resource::List(module)),
            media: Media::Text,
            freshness: Freshness::For(Duration::from_mins(1)),
            hash: None,
            origin: Origin::Store,
            bytes: "v1.0.0\n".into(),
            until: at(60),
        };
        fresh.hold(PATH, mark, answer);
    }

    #[test]
    fn an_answer_is_held_until_its_time() {
        let fresh = ResponseCache::default();
        hold(&fresh, fresh.mark(PATH));
        assert!(fresh.get(PATH, at(60)).is_some());
        assert!(fresh.get(PATH, at(61)).is_none());
        assert!(fresh.get("example.com/other/@v/list", at(0)).is_none());
    }

    #[test]
    fn a_change_removes_it_whenever_it_happens() {
        let fresh = ResponseCache::default();
        hold(&fresh, fresh.mark(PATH));
        fresh.forget(PATH);
        assert!(fresh.get(PATH, at(0)).is_none(), "changed while held");
        let mark = fresh.mark(PATH);
        fresh.forget(PATH);
        hold(&fresh, mark);
        assert!(
            fresh.get(PATH, at(0)).is_none(),
            "changed while it was made"
        );
        let mark = fresh.mark(PATH);
        fresh.forget_all();
        hold(&fresh, mark);
        assert!(
            fresh.get(PATH, at(0)).is_none(),
            "all changed while it was made"
        );
    }
}
