//! What is told about every call, so that others can count it.
//!
//! The crate does not know metrics: it reports facts, and whoever builds [`crate::Upstreams`] turns
//! them into counters, histograms and gauges. The methods are called on the request path, so an
//! implementation must be quick and must not block. Every `started` is followed by exactly one
//! `finished`, also when the caller goes away in the middle: the difference is what is in flight.

use std::time::Duration;

use crate::{BreakerState, FailureClass, RequestClass, RequestKind, SourceName};

/// Receives facts about calls to sources.
pub trait Observer: Send + Sync + 'static {
    /// A request is about to be sent (or to wait for a free slot at this source).
    fn started(&self, source: &SourceName, kind: RequestKind) {
        let _ = (source, kind);
    }

    /// The source's answer was classified, `elapsed` after `started`. Not called if the caller left.
    fn answered(
        &self,
        source: &SourceName,
        class: RequestClass,
        reply: ReplyClass,
        elapsed: Duration,
    ) {
        let _ = (source, class, reply, elapsed);
    }

    /// The call is over, `elapsed` after `started`: `bytes` of body were received, and this is how the
    /// body ended.
    fn finished(
        &self,
        source: &SourceName,
        class: RequestClass,
        end: BodyEnd,
        bytes: u64,
        elapsed: Duration,
    ) {
        let _ = (source, class, end, bytes, elapsed);
    }

    /// A breaker was noticed to have another state.
    fn breaker_changed(&self, source: &SourceName, class: RequestClass, state: BreakerState) {
        let _ = (source, class, state);
    }

    /// A request was refused at once, for its breaker is not closed.
    fn spared(&self, source: &SourceName, class: RequestClass) {
        let _ = (source, class);
    }

    /// A request that the source limited waits for the end of the rest.
    fn rested(&self, source: &SourceName, kind: RequestKind) {
        let _ = (source, kind);
    }

    /// A late request was sent a second time, or (`won`) that second one gave the answer.
    fn hedged(&self, source: &SourceName, kind: RequestKind, won: bool) {
        let _ = (source, kind, won);
    }

    /// A request that failed, or whose body broke, is made again.
    fn retried(&self, source: &SourceName, kind: RequestKind) {
        let _ = (source, kind);
    }

    /// A request was not made again or hedged, for the budget was spent.
    fn budget_spent(&self, source: &SourceName, kind: RequestKind) {
        let _ = (source, kind);
    }

    /// A source with an open breaker was asked something cheap; `well` if it gave a good answer.
    fn probed(&self, source: &SourceName, class: RequestClass, well: bool) {
        let _ = (source, class, well);
    }

    /// A source that was silent for a while was asked something cheap; `lives` if it answered.
    fn questioned(&self, source: &SourceName, class: RequestClass, lives: bool) {
        let _ = (source, class, lives);
    }
}

/// How a source answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReplyClass {
    /// 200 with plausible content.
    Found,
    /// 404 or 410.
    Absent,
    /// Anything else.
    Failed(FailureClass),
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BodyEnd {
    /// There was none to read: the answer was absence or a failure, or the caller left before it.
    None,
    /// Received in full.
    Whole,
    /// It stalled, was cut, or did not have its announced length.
    Broken,
    /// The reader stopped early.
    Abandoned,
}

/// Observes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

// === impl ReplyClass ===

impl ReplyClass {
    /// Every class.
    pub fn all() -> impl Iterator<Item = Self> {
        let failures = FailureClass::ALL.into_iter().map(Self::Failed);
        [Self::Found, Self::Absent].into_iter().chain(failures)
    }

    /// The class as a metric label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Absent => "absent",
            Self::Failed(class) => class.label(),
        }
    }
}

// === impl BodyEnd ===

impl BodyEnd {
    /// The end as a metric label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Whole => "whole",
            Self::Broken => "broken",
            Self::Abandoned => "abandoned",
        }
    }
}

// === impl NoObserver ===

impl Observer for NoObserver {}
