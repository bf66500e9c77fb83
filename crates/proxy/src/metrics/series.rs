//! Series: everything that can be counted is there from the start, at zero.
//!
//! A counter that appears with its first event hides that event: `increase()` and `rate()` need a value
//! before it. So all labels whose values are known beforehand are made here, those of sources when the
//! source becomes known.

use super::{Lookup, Metrics, Source, answer, call, class_of, transition};
use upstream::{BodyEnd, BreakerState, ReplyClass, RequestClass};

/// Where an answer can be found.
const FOUND: [&str; 8] = [
    "memory", "store", "stale", "computed", "kept", "upstream", "absent", "refused",
];
/// What can be asked.
const KINDS: [&str; 9] = [
    "list", "latest", "query", "info", "mod", "zip", "sumdb", "proof", "cases",
];
/// What becomes of hedges.
const HEDGES: [&str; 2] = ["sent", "won"];
/// What becomes of small questions.
const PROBES: [&str; 4] = ["well", "unwell", "lives", "silent"];

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let metrics = Self::empty();
        for kind in KINDS {
            for found in FOUND {
                drop(metrics.lookups.get_or_create(&Lookup { kind, found }));
            }
        }
        metrics
    }

    /// The same for a source.
    pub fn know_upstream(&self, upstream: &str) {
        let source = Source {
            upstream: upstream.to_owned(),
        };
        drop(self.upstream_wait.get_or_create(&source));
        drop(self.upstream_retries.get_or_create(&source));
        drop(self.upstream_rests.get_or_create(&source));
        self.ingest.know_upstream(upstream);
        drop(self.upstream_budget.get_or_create(&source));
        for class in RequestClass::ALL {
            self.know_class(upstream, class);
        }
        for outcome in HEDGES {
            drop(self.upstream_hedges.get_or_create(&call(upstream, outcome)));
        }
        for outcome in PROBES {
            drop(self.upstream_probes.get_or_create(&call(upstream, outcome)));
        }
    }

    fn know_class(&self, upstream: &str, class: RequestClass) {
        let labels = class_of(upstream, class);
        drop(self.upstream_received.get_or_create(&labels));
        drop(self.upstream_download.get_or_create(&labels));
        drop(self.upstream_breaker.get_or_create(&labels));
        drop(self.upstream_spared.get_or_create(&labels));
        for state in BreakerState::ALL {
            let transition = transition(upstream, class, state);
            drop(self.upstream_transitions.get_or_create(&transition));
        }
        let outcomes = ReplyClass::all().map(ReplyClass::label);
        for outcome in outcomes.chain([BodyEnd::Broken.label()]) {
            let labels = answer(upstream, class, outcome);
            drop(self.upstream_calls.get_or_create(&labels));
        }
    }
}
