//! What is told about every call, so that others can count it.
//!
//! The crate does not know metrics: it reports facts, and whoever builds [`crate::Upstreams`] turns
//! them into counters, histograms and gauges. The methods are called on the request path, so an
//! implementation must be quick and must not block. Every `started` is followed by exactly one
//! `finished`, also when the caller goes away in the middle: the difference is what is in flight.

use std::time::Duration;

use crate::{FailureClass, RequestKind, SourceName};

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
        kind: RequestKind,
        class: ReplyClass,
        elapsed: Duration,
    ) {
        let _ = (source, kind, class, elapsed);
    }

    /// The call is over: `bytes` of body were received, and this is how the body ended.
    fn finished(&self, source: &SourceName, kind: RequestKind, end: BodyEnd, bytes: u64) {
        let _ = (source, kind, end, bytes);
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
