//! Metrics of the service, declared in one place; the doc comment of a field is its HELP text.
//!
//! Labels come from closed sets only (kinds, outcomes, the operator's own upstreams), never from a
//! request, so that no client can grow the number of series.

use crate::{prefetch::ReadAhead, verify::alarm::Told};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::sync::atomic::AtomicU64;
use upstream::{BreakerState, BreakerView, RequestClass};

/// What was asked and where the answer was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Lookup {
    /// `list`, `latest`, `query`, `info`, `mod`, `zip`, `sumdb`.
    pub(crate) kind: &'static str,
    /// `memory`, `store`, `stale`, `computed`, `upstream`, `absent`, `refused`.
    pub(crate) found: &'static str,
}

/// A call to a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Call {
    /// The source's name, without credentials.
    pub(crate) upstream: String,
    /// How it went.
    pub(crate) outcome: &'static str,
}

/// A breaker.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Breaker {
    /// The source's name, without credentials.
    pub(crate) upstream: String,
    /// `metadata`, `versions`, `zip`, `sumdb`.
    pub(crate) class: &'static str,
}

/// A breaker's new state.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Transition {
    /// The source's name, without credentials.
    pub(crate) upstream: String,
    /// `metadata`, `versions`, `zip`, `sumdb`.
    pub(crate) class: &'static str,
    /// `closed`, `half_open`, `open`, `forced_open`, `forced_closed`.
    pub(crate) state: &'static str,
}

/// Bytes from a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Source {
    /// The source's name, without credentials.
    pub(crate) upstream: String,
}

/// Why something that arrived was thrown away, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Kind {
    /// `info`, `mod`, `zip`, `sumdb`.
    pub(crate) kind: &'static str,
}

/// How the verification of an artifact ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Verification {
    /// `proven`, `mismatch`, `absent`, `unreachable`, `untrusted`, `forked`.
    pub(crate) outcome: &'static str,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct AlarmLabels {
    /// `p0`, `p1`, `p2`.
    pub(crate) severity: &'static str,
    /// What it is about, in words joined by dashes.
    pub(crate) kind: &'static str,
}

/// Why nothing was fetched ahead.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Reason {
    /// `absent`, `failed`, `store`, `upstream`.
    pub(crate) reason: &'static str,
}

macro_rules! metrics {
    ($($(#[doc = $help:literal])+ $field:ident: $metric:ty = $name:literal $(in $unit:expr)?, $make:expr;)+) => {
        /// Every metric of the service.
        #[derive(Debug)]
        pub struct Metrics {
            $($(#[doc = $help])+ pub(crate) $field: $metric,)+
            /// Which alarms were told lately.
            pub(crate) told: Told,
        }

        impl Metrics {
            fn empty() -> Self {
                Self { $($field: $make,)+ told: Told::default() }
            }

            /// Puts them into a registry.
            pub fn register(&self, registry: &mut Registry) {
                $(
                    let help = concat!($($help),+).trim().trim_end_matches('.');
                    metrics!(@register registry, $name, help, self.$field, $($unit)?);
                )+
            }
        }
    };
    (@register $registry:ident, $name:literal, $help:ident, $value:expr, ) => {
        $registry.register($name, $help, $value.clone());
    };
    (@register $registry:ident, $name:literal, $help:ident, $value:expr, $unit:expr) => {
        $registry.register_with_unit($name, $help, $unit, $value.clone());
    };
}

metrics! {
    /// Requests to the service by kind and by where the answer was found.
    lookups: Family<Lookup, Counter> = "modkeep_lookups", Family::default();
    /// Calls to sources by outcome.
    upstream_calls: Family<Call, Counter> = "modkeep_upstream_calls", Family::default();
    /// Bytes of bodies received from sources.
    upstream_received: Family<Source, Counter> = "modkeep_upstream_received" in Unit::Bytes, Family::default();
    /// Time from asking a source to its response header.
    upstream_wait: Family<Source, Histogram> = "modkeep_upstream_wait" in Unit::Seconds,
        Family::new_with_constructor(wait_histogram);
    /// State of a source's breaker by class of requests: 0 closed, 1 half-open, 2 open, 3 forced open, 4 forced closed.
    upstream_breaker: Family<Breaker, Gauge> = "modkeep_upstream_breaker", Family::default();
    /// Changes of a breaker's state, by the new state.
    upstream_transitions: Family<Transition, Counter> = "modkeep_upstream_breaker_transitions", Family::default();
    /// Requests that were refused at once, since a breaker was not closed.
    upstream_spared: Family<Breaker, Counter> = "modkeep_upstream_short_circuits", Family::default();
    /// Times that a source said "does not exist" of what another one has.
    upstream_disagreements: Family<Source, Counter> = "modkeep_upstream_disagreements", Family::default();
    /// Requests that waited for the end of a rest, since the source limited their rate (429).
    upstream_rests: Family<Source, Counter> = "modkeep_upstream_rests", Family::default();
    /// Late requests that were sent a second time (sent), and how many of those gave the answer (won).
    upstream_hedges: Family<Call, Counter> = "modkeep_upstream_hedges", Family::default();
    /// Requests made once more after a failure or a broken body.
    upstream_retries: Family<Source, Counter> = "modkeep_upstream_retries", Family::default();
    /// Retries and hedges that were left out, since the budget of extra requests was spent.
    upstream_budget: Family<Source, Counter> = "modkeep_upstream_budget_exhausted", Family::default();
    /// Small questions to sources that are left alone (well, unwell) or silent (lives, silent), by answer.
    upstream_probes: Family<Call, Counter> = "modkeep_upstream_probes", Family::default();
    /// Streamed downloads under way.
    flights: Gauge = "modkeep_flights", Gauge::default();
    /// Work on behalf of clients that asks sources or waits for its turn there, of any kind.
    flights_waiting: Gauge = "modkeep_flights_waiting", Gauge::default();
    /// Fetches of small artifacts and renewals of lists under way.
    errands: Gauge = "modkeep_errands", Gauge::default();
    /// Artifacts captured, by kind.
    captures: Family<Kind, Counter> = "modkeep_captures", Family::default();
    /// Bodies from sources that were thrown away because their content was wrong, by kind.
    rejected: Family<Kind, Counter> = "modkeep_rejected_bodies", Family::default();
    /// Artifacts held against the checksum database, by outcome.
    verifications: Family<Verification, Counter> = "modkeep_verifications", Family::default();
    /// Alarms: something that a person must know of.
    alarms: Family<AlarmLabels, Counter> = "modkeep_alarms", Family::default();
    /// Wrong bytes that opened no case, since their source had opened many in that hour.
    cases_not_opened: Counter = "modkeep_cases_not_opened", Counter::default();
    /// Tiles of the verified checksum database that were fetched for the full mirror of its log.
    mirror_tiles: Counter = "modkeep_sumdb_mirror_tiles", Counter::default();
    /// How much of that log is mirrored: 1 is all that the newest head signs.
    mirror_progress: Gauge<f64, AtomicU64> = "modkeep_sumdb_mirror_progress_ratio", Gauge::default();
    /// Records of the log under the head that is being mirrored, or was last.
    mirror_records: Gauge = "modkeep_sumdb_mirror_records", Gauge::default();
    /// Time to make an artifact durable and visible, after its last byte.
    commit_time: Histogram = "modkeep_commit" in Unit::Seconds, wait_histogram();
    /// Failures of the store, of any kind.
    store_failures: Counter = "modkeep_store_failures", Counter::default();
    /// Artifacts fetched before a client asked for them, by kind.
    prefetched: Family<Kind, Counter> = "modkeep_prefetched", Family::default();
    /// Bytes of them.
    prefetched_bytes: Family<Kind, Counter> = "modkeep_prefetched" in Unit::Bytes, Family::default();
    /// Those that a client asked for afterwards, by kind.
    prefetch_hits: Family<Kind, Counter> = "modkeep_prefetch_hits", Family::default();
    /// Bytes of them.
    prefetch_hit_bytes: Family<Kind, Counter> = "modkeep_prefetch_hits" in Unit::Bytes, Family::default();
    /// Those that nobody asked for within ten minutes, by kind.
    prefetch_wasted: Family<Kind, Counter> = "modkeep_prefetch_wasted", Family::default();
    /// Bytes of them.
    prefetch_wasted_bytes: Family<Kind, Counter> = "modkeep_prefetch_wasted" in Unit::Bytes, Family::default();
    /// Fetches ahead of demand that were not made or came to nothing, by reason.
    prefetch_skipped: Family<Reason, Counter> = "modkeep_prefetch_skipped", Family::default();
    /// Fetches ahead of demand under way for clients.
    prefetch_running: Gauge = "modkeep_prefetch_running", Gauge::default();
    /// Memory held by the cache of small artifacts, about.
    memory: Gauge = "modkeep_memory_cache" in Unit::Bytes, Gauge::default();
    /// Artifacts and checksum-database records kept.
    kept: Gauge = "modkeep_store_kept", Gauge::default();
    /// Bytes of blobs kept.
    kept_size: Gauge = "modkeep_store_kept" in Unit::Bytes, Gauge::default();
    /// Blobs that scrubbing has hashed again.
    scrub_blobs: Counter = "modkeep_scrub_blobs", Counter::default();
    /// Bytes of them.
    scrub_bytes: Counter = "modkeep_scrub" in Unit::Bytes, Counter::default();
    /// Kept blobs found damaged or missing, by scrubbing or by a request.
    scrub_damaged: Counter = "modkeep_scrub_damaged", Counter::default();
    /// Of these, those that were healed from a source.
    scrub_healed: Counter = "modkeep_scrub_healed", Counter::default();
    /// Damaged blobs that were put into quarantine.
    scrub_quarantined: Counter = "modkeep_scrub_quarantined", Counter::default();
    /// When the last full scrubbing pass ended, in seconds of the epoch; 0 before the first.
    scrub_last_pass: Gauge<f64, AtomicU64> = "modkeep_scrub_last_pass_timestamp" in Unit::Seconds, Gauge::default();
    /// How much of the present scrubbing pass is done, from 0 to 1; 1 between two passes.
    scrub_progress: Gauge<f64, AtomicU64> = "modkeep_scrub_pass_progress_ratio", Gauge::default();
    /// 1 while the store can be written, else 0.
    writable: Gauge = "modkeep_store_writable", Gauge::default();
}

// === impl Metrics ===

/// Where an answer can be found, as label values.
const FOUND: [&str; 7] = [
    "memory", "store", "stale", "computed", "upstream", "absent", "refused",
];
/// What can be asked, as label values.
const KINDS: [&str; 7] = ["list", "latest", "query", "info", "mod", "zip", "sumdb"];
/// What can be fetched ahead, as label values.
const AHEAD: [&str; 3] = ["info", "mod", "zip"];
/// What can be captured, as label values.
const CAPTURED: [&str; 4] = ["info", "mod", "zip", "sumdb"];

impl Metrics {
    /// All at zero. Every series whose labels are known beforehand exists from the start, so that
    /// a rate can be computed over its first event.
    pub fn new() -> Self {
        let metrics = Self::empty();
        for kind in KINDS {
            for found in FOUND {
                drop(metrics.lookups.get_or_create(&Lookup { kind, found }));
            }
        }
        for kind in CAPTURED {
            drop(metrics.captures.get_or_create(&Kind { kind }));
            drop(metrics.rejected.get_or_create(&Kind { kind }));
        }
        for kind in AHEAD {
            drop(metrics.prefetched.get_or_create(&Kind { kind }));
            drop(metrics.prefetched_bytes.get_or_create(&Kind { kind }));
            drop(metrics.prefetch_hits.get_or_create(&Kind { kind }));
            drop(metrics.prefetch_hit_bytes.get_or_create(&Kind { kind }));
            drop(metrics.prefetch_wasted.get_or_create(&Kind { kind }));
            drop(metrics.prefetch_wasted_bytes.get_or_create(&Kind { kind }));
        }
        for reason in ["absent", "failed", "store", "upstream"] {
            drop(metrics.prefetch_skipped.get_or_create(&Reason { reason }));
        }
        metrics
    }

    /// What was fetched ahead, over all kinds.
    pub(crate) fn read_ahead(&self) -> ReadAhead {
        let sum = |family: &Family<Kind, Counter>| {
            let kinds = AHEAD.iter();
            kinds
                .map(|kind| family.get_or_create(&Kind { kind }).get())
                .sum()
        };
        ReadAhead {
            fetched: sum(&self.prefetched),
            fetched_bytes: sum(&self.prefetched_bytes),
            asked: sum(&self.prefetch_hits),
            asked_bytes: sum(&self.prefetch_hit_bytes),
        }
    }

    /// The same for the sources of a list.
    pub fn know_upstream(&self, upstream: &str) {
        let source = Source {
            upstream: upstream.to_owned(),
        };
        drop(self.upstream_received.get_or_create(&source));
        drop(self.upstream_wait.get_or_create(&source));
        drop(self.upstream_retries.get_or_create(&source));
        drop(self.upstream_rests.get_or_create(&source));
        drop(self.upstream_disagreements.get_or_create(&source));
        drop(self.upstream_budget.get_or_create(&source));
        for class in RequestClass::ALL {
            let breaker = breaker(upstream, class);
            drop(self.upstream_breaker.get_or_create(&breaker));
            drop(self.upstream_spared.get_or_create(&breaker));
            for state in BreakerState::ALL {
                let transition = transition(upstream, class, state);
                drop(self.upstream_transitions.get_or_create(&transition));
            }
        }
        for outcome in HEDGES {
            drop(self.upstream_hedges.get_or_create(&call(upstream, outcome)));
        }
        for outcome in PROBES {
            drop(self.upstream_probes.get_or_create(&call(upstream, outcome)));
        }
    }

    /// Brings the gauges of breakers up to date: time alone may have changed them.
    pub(crate) fn observe_breakers(&self, breakers: &[BreakerView]) {
        for BreakerView {
            source,
            class,
            state,
            ..
        } in breakers
        {
            let breaker = breaker(source.as_str(), *class);
            self.upstream_breaker
                .get_or_create(&breaker)
                .set(state.number());
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// What becomes of hedges, as label values.
const HEDGES: [&str; 2] = ["sent", "won"];
/// What becomes of small questions, as label values.
const PROBES: [&str; 4] = ["well", "unwell", "lives", "silent"];

pub(crate) fn call(upstream: &str, outcome: &'static str) -> Call {
    Call {
        upstream: upstream.to_owned(),
        outcome,
    }
}

pub(crate) fn breaker(upstream: &str, class: RequestClass) -> Breaker {
    Breaker {
        upstream: upstream.to_owned(),
        class: class.label(),
    }
}

pub(crate) fn transition(upstream: &str, class: RequestClass, state: BreakerState) -> Transition {
    Transition {
        upstream: upstream.to_owned(),
        class: class.label(),
        state: state.label(),
    }
}

/// 1 ms to 32 s by factors of two: from a warm proxy next door to the header deadline.
fn wait_histogram() -> Histogram {
    Histogram::new((0..16).map(|power| 0.001 * f64::from(1 << power)))
}
