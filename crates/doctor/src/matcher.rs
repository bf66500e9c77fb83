//! Matcher: where in a plain text which pattern stands.
//!
//! A log of a mebibyte and some three hundred patterns must not be three hundred passes, and text
//! from outside must not make it slow on purpose. So the anchors of all patterns are found in one
//! pass; around each, the pattern is tried within its message and a window; and how often that is
//! done has a bound. Beyond it further places are not looked at: they would only repeat what is
//! known.

use crate::cause::{CAUSES, FailureCause, MessagePattern};
use crate::parts::MessageParts;
use crate::pattern::CompiledPattern;
use aho_corasick::AhoCorasick;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// A pattern that was found.
#[derive(Debug)]
pub(crate) struct PatternHit {
    pub(crate) cause: &'static FailureCause,
    pub(crate) pattern: &'static MessagePattern,
    pub(crate) stretch: Range<usize>,
    /// The words in it that say most.
    pub(crate) point: Range<usize>,
    pub(crate) parts: MessageParts,
}

/// How much of the text around an anchor belongs to the window, on each side.
const WINDOW: usize = 2048;

/// How often one pattern is tried.
const TRIES: usize = 128;

/// How often patterns are tried together.
const ALL_TRIES: usize = 4096;

/// A pattern of the table, compiled when it is first tried.
#[derive(Debug)]
struct PatternSlot {
    cause: &'static FailureCause,
    pattern: &'static MessagePattern,
    compiled: OnceLock<Option<CompiledPattern>>,
}

/// How far one pattern has come in a text.
#[derive(Debug, Clone, Default)]
struct PatternProgress {
    tries: usize,
    /// The end of its last hit.
    end: usize,
}

#[derive(Debug)]
struct MessageMatcher {
    slots: Vec<PatternSlot>,
    anchors: Option<AhoCorasick>,
}

static MATCHER: LazyLock<MessageMatcher> = LazyLock::new(MessageMatcher::new);

/// Everything that the table finds in a plain text, in the order of the text.
pub(crate) fn hits(text: &str) -> Vec<PatternHit> {
    MATCHER.hits(text)
}

// === impl MessageMatcher ===

impl MessageMatcher {
    fn new() -> Self {
        let slots: Vec<PatternSlot> = CAUSES.iter().flat_map(|cause| slots(cause)).collect();
        let anchors = AhoCorasick::new(slots.iter().map(|slot| slot.pattern.anchor())).ok();
        Self { slots, anchors }
    }

    fn hits(&self, text: &str) -> Vec<PatternHit> {
        let mut progress = vec![PatternProgress::default(); self.slots.len()];
        let mut hits = Vec::new();
        let mut tries = 0;
        let anchors = self.anchors.iter();
        for anchor in anchors.flat_map(|anchors| anchors.find_overlapping_iter(text)) {
            let index = anchor.pattern().as_usize();
            let (Some(slot), Some(done)) = (self.slots.get(index), progress.get_mut(index)) else {
                continue;
            };
            if anchor.start() < done.end || done.tries == TRIES {
                continue;
            }
            if tries == ALL_TRIES {
                break;
            }
            tries += 1;
            done.tries += 1;
            if let Some(hit) = slot.find(text, anchor.start()) {
                done.end = hit.stretch.end;
                hits.push(hit);
            }
        }
        hits
    }
}

fn slots(cause: &'static FailureCause) -> impl Iterator<Item = PatternSlot> {
    cause.patterns.iter().map(move |pattern| PatternSlot {
        cause,
        pattern,
        compiled: OnceLock::new(),
    })
}

// === impl PatternSlot ===

impl PatternSlot {
    /// Tries the pattern around an anchor.
    fn find(&self, text: &str, anchor: usize) -> Option<PatternHit> {
        let compiled = self.compiled.get_or_init(|| self.pattern.compile());
        let around = window(text, anchor);
        let inside = text.get(around.clone())?;
        let found = compiled.as_ref()?.find(inside, anchor - around.start)?;
        let holds = self.pattern.guard.is_none_or(|guard| guard(&found.parts));
        holds.then(|| PatternHit {
            cause: self.cause,
            pattern: self.pattern,
            stretch: found.stretch.start + around.start..found.stretch.end + around.start,
            point: found.point.start + around.start..found.point.end + around.start,
            parts: found.parts,
        })
    }
}

/// The surroundings of a place: its message, as far as it is in the window.
fn window(text: &str, place: usize) -> Range<usize> {
    let low = text.floor_char_boundary(place.saturating_sub(WINDOW));
    let high = text.ceil_char_boundary(place.saturating_add(WINDOW));
    let before = text.get(low..place).and_then(|before| before.rfind('\n'));
    let behind = text.get(place..high).and_then(|behind| behind.find('\n'));
    before.map_or(low, |at| low + at + 1)..behind.map_or(high, |at| place + at)
}
