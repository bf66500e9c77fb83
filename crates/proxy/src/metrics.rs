//! Metrics of the service, declared in one place; the doc comment of a field is its HELP text.
//!
//! Labels come from closed sets only (kinds, outcomes, the operator's own upstreams), never from a
//! request, so that no client can grow the number of series.

mod labels;
mod series;

pub(crate) use labels::{Call, Lookup, Source, SourceAnswer, SourceClass, Transition};

use alarm::AlarmMetrics;
use checksumdb::ChecksumdbMetrics;
use ingest::IngestMetrics;
use prefetch::PrefetchMetrics;
use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use protocol::Refusal;
use publish::PublishMetrics;
use repair::RepairMetrics;
use std::sync::{Arc, atomic::AtomicU64};
use store::StoreError;
use upstream::{BreakerState, BreakerView, RequestClass};

macro_rules! metrics {
    ($($(#[doc = $help:literal])+ $field:ident: $metric:ty = $name:literal $(in $unit:expr)?, $make:expr;)+) => {
        /// Every metric of the service.
        #[derive(Debug)]
        pub struct Metrics {
            $($(#[doc = $help])+ pub(crate) $field: $metric,)+
            /// Alarms, and failures of the store.
            pub(crate) alarms: AlarmMetrics,
            /// What was verified and mirrored.
            pub(crate) checksumdb: ChecksumdbMetrics,
            /// What was captured and thrown away.
            pub(crate) ingest: IngestMetrics,
            /// What was hashed again and repaired.
            pub(crate) repair: RepairMetrics,
            /// What was published.
            pub(crate) publish: PublishMetrics,
            /// What was fetched ahead of demand.
            pub(crate) prefetch: Arc<PrefetchMetrics>,
        }

        impl Metrics {
            fn empty() -> Self {
                Self {
                    $($field: $make,)+
                    alarms: AlarmMetrics::new(),
                    checksumdb: ChecksumdbMetrics::new(),
                    ingest: IngestMetrics::default(),
                    repair: RepairMetrics::default(),
                    publish: PublishMetrics::default(),
                    prefetch: Arc::new(PrefetchMetrics::new()),
                }
            }

            /// Puts them into a registry.
            pub fn register(&self, registry: &mut Registry) {
                $(
                    let help = concat!($($help),+).trim().trim_end_matches('.');
                    metrics!(@register registry, $name, help, self.$field, $($unit)?);
                )+
                self.alarms.register(registry);
                self.checksumdb.register(registry);
                self.ingest.register(registry);
                self.repair.register(registry);
                self.publish.register(registry);
                self.prefetch.register(registry);
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
    /// Requests to the service, by what was asked for and by where the answer was found.
    lookups: Family<Lookup, Counter> = "modkeep_lookups", Family::default();
    /// Answers of sources, by class of requests and by outcome; an answer whose body breaks counts as `broken` once more.
    upstream_calls: Family<SourceAnswer, Counter> = "modkeep_upstream_calls", Family::default();
    /// Bytes of bodies received from sources, by class of requests.
    upstream_received: Family<SourceClass, Counter> = "modkeep_upstream_received" in Unit::Bytes, Family::default();
    /// Time from asking a source to its response header.
    upstream_wait: Family<Source, Histogram> = "modkeep_upstream_wait" in Unit::Seconds,
        Family::new_with_constructor(wait_histogram);
    /// Time from asking a source to the last byte of a body that came whole, by class of requests.
    upstream_download: Family<SourceClass, Histogram> = "modkeep_upstream_download" in Unit::Seconds,
        Family::new_with_constructor(download_histogram);
    /// State of a source's breaker by class of requests: 0 closed, 1 half-open, 2 open, 3 forced open, 4 forced closed.
    upstream_breaker: Family<SourceClass, Gauge> = "modkeep_upstream_breaker", Family::default();
    /// Changes of a breaker's state, by the new state.
    upstream_transitions: Family<Transition, Counter> = "modkeep_upstream_breaker_transitions", Family::default();
    /// Requests to sources that were refused at once, since a breaker was not closed.
    upstream_spared: Family<SourceClass, Counter> = "modkeep_upstream_short_circuits", Family::default();
    /// Requests to sources that waited for the end of a rest, since the source limited their rate (429).
    upstream_rests: Family<Source, Counter> = "modkeep_upstream_rests", Family::default();
    /// Late requests that were sent a second time (sent), and how many of those gave the answer (won).
    upstream_hedges: Family<Call, Counter> = "modkeep_upstream_hedges", Family::default();
    /// Requests to sources that were made once more after a failure or a broken body.
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
    single_flights: Gauge = "modkeep_single_flights", Gauge::default();
    /// 1 while a checksum database is not believed since it told two histories, or a database of our own must not sign; else 0.
    verification_halted: Gauge = "modkeep_verification_halted", Gauge::default();
    /// Captures that wait for their proof; NaN if the catalog cannot be read.
    unproven: Gauge<f64, AtomicU64> = "modkeep_unproven_captures", Gauge::default();
    /// When the oldest capture that waits for its proof was captured, in seconds of the epoch; 0 if none waits, NaN if the catalog cannot be read.
    unproven_oldest: Gauge<f64, AtomicU64> = "modkeep_unproven_oldest_timestamp" in Unit::Seconds, Gauge::default();
    /// Cases of wrong bytes listed at `/-/cases`: all that were opened, since none is closed by itself; NaN if the catalog cannot be read.
    cases_open: Gauge<f64, AtomicU64> = "modkeep_cases_open", Gauge::default();
    /// When the kept vulnerability database was last renewed, in seconds of the epoch; 0 if none is kept, NaN if it cannot be read.
    advisories_renewed: Gauge<f64, AtomicU64> = "modkeep_advisories_timestamp" in Unit::Seconds, Gauge::default();
    /// Memory held by the cache of small artifacts, about.
    memory: Gauge = "modkeep_memory_cache" in Unit::Bytes, Gauge::default();
    /// Artifacts and checksum-database records kept.
    kept: Gauge = "modkeep_store_kept", Gauge::default();
    /// Bytes of blobs kept.
    kept_size: Gauge = "modkeep_store_kept" in Unit::Bytes, Gauge::default();
    /// 1 while the store can be written, else 0.
    writable: Gauge = "modkeep_store_writable", Gauge::default();
    /// Bytes free for this process on the file system of the data directory; NaN if it does not say.
    disk_free: Gauge<f64, AtomicU64> = "modkeep_data_free" in Unit::Bytes, Gauge::default();
    /// Bytes of the file system of the data directory; NaN if it does not say.
    disk_size: Gauge<f64, AtomicU64> = "modkeep_data_size" in Unit::Bytes, Gauge::default();
}

// === impl Metrics ===

impl Metrics {
    /// Counts and logs a failure of the store; gives the refusal it becomes.
    pub(crate) fn store_failure(&self, error: StoreError) -> Refusal {
        self.alarms.store_failure(error)
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
            let breaker = class_of(source.as_str(), *class);
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

pub(crate) fn call(upstream: &str, outcome: &'static str) -> Call {
    Call {
        upstream: upstream.to_owned(),
        outcome,
    }
}

pub(crate) fn answer(upstream: &str, class: RequestClass, outcome: &'static str) -> SourceAnswer {
    SourceAnswer {
        upstream: upstream.to_owned(),
        class: class.label(),
        outcome,
    }
}

pub(crate) fn class_of(upstream: &str, class: RequestClass) -> SourceClass {
    SourceClass {
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

/// 4 ms to 524 s by factors of two: from a go.mod next door to the largest zip over a bad line.
fn download_histogram() -> Histogram {
    Histogram::new((0..18).map(|power| 0.004 * f64::from(1 << power)))
}
