//! Metrics of the HTTP surfaces. Each is declared once: the doc comment is its HELP text.
//!
//! Label values come from closed sets, so that no client can create series.

use crate::{
    connection::DRAINED,
    http2::RESETS,
    listen::CROWDED,
    watchdog::{DAWDLES, EVICTED, OUSTED},
};
use codes::Code;
use metric::metrics;
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
};
use std::{
    fmt::{self, Write as _},
    time::Duration,
};

metrics! {
    /// What the HTTP surfaces count.
    #[derive(Debug, Clone)]
    pub struct HttpMetrics {
        /// Requests ended, by kind, status class (or cut) and source of the answer.
        pub requests: Family<RequestLabels, Counter> = "modkeep_http_requests",
        /// Time from the request head to the answer's first byte, by kind and temperature (warm: kept; cold: fetched).
        pub latency: Family<LatencyLabels, Histogram, fn() -> Histogram> = "modkeep_http_first_byte" in Seconds,
        /// Requests being answered now.
        pub in_flight: Gauge = "modkeep_http_requests_in_flight",
        /// Connections open now.
        pub connections: Gauge = "modkeep_http_connections",
        /// Connections ended by this server before their time, by reason.
        pub cut: Family<CutLabels, Counter> = "modkeep_http_connections_cut",
        /// Connections that could not be accepted; file descriptors had run out, mostly.
        pub accept_errors: Counter = "modkeep_http_accept_errors",
        /// Answers that were refusals, by `MK` code.
        pub refusals: Family<RefusalLabels, Counter> = "modkeep_http_refusals",
        /// Refusals that were sent later than they were ready, since their caller had met too many.
        pub delayed: Counter = "modkeep_http_refusals_delayed",
        /// Body bytes handed to connections.
        pub sent: Counter = "modkeep_http_sent" in Bytes,
    }
}

/// Labels of ended requests.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// Kind of the resource.
    pub kind: &'static str,
    /// `2xx`, `3xx`, `4xx`, `5xx`, or `cut`.
    pub outcome: &'static str,
    /// Where the bytes came from, or `none`.
    pub source: &'static str,
}

/// Labels of refusals.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RefusalLabels {
    /// Which.
    pub code: CodeLabel,
}

/// A code as a label value: `MK2003`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodeLabel(pub Code);

/// Labels of latencies.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LatencyLabels {
    /// Kind of the resource.
    pub kind: &'static str,
    /// `warm`, `cold`, or `none` where nothing was served.
    pub temperature: &'static str,
}

/// Labels of cut connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CutLabels {
    /// Which rule it broke.
    pub reason: &'static str,
}

/// Kinds of requests whose answers come from somewhere.
const SOURCED_KINDS: [&str; 11] = [
    "info", "mod", "zip", "list", "latest", "query", "sumdb", "proof", "cases", "journal", "vuln",
];

/// Kinds of requests that are answered on the spot.
const OTHER_KINDS: [&str; 6] = ["index", "admin", "health", "metrics", "page", "invalid"];

/// Where an answer can come from.
const SOURCES: [&str; 6] = ["memory", "store", "stale", "computed", "kept", "upstream"];

/// Why connections are cut: the rules of [`watchdog`](crate::watchdog), and the end of a drain.
const CUT_REASONS: [&str; 9] = [
    DAWDLES,
    EVICTED,
    OUSTED,
    CROWDED,
    RESETS,
    "no request came",
    "the request head does not end",
    "closing takes too long",
    DRAINED,
];

// === impl HttpMetrics ===

impl Default for HttpMetrics {
    fn default() -> Self {
        let metrics = Self {
            requests: Family::default(),
            latency: Family::new_with_constructor(latency_histogram),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            cut: Family::default(),
            accept_errors: Counter::default(),
            refusals: Family::default(),
            delayed: Counter::default(),
            sent: Counter::default(),
        };
        metrics.create_known_series();
        metrics
    }
}

impl HttpMetrics {
    /// A series that exists only after its first event hides that event from `increase()` and `rate()`,
    /// so all that can be are there from the start.
    fn create_known_series(&self) {
        for kind in SOURCED_KINDS {
            for source in SOURCES {
                self.know(kind, &["2xx", "3xx", "cut"], source);
            }
            self.know_latency(kind, &["warm", "cold", "none"]);
        }
        for kind in OTHER_KINDS {
            self.know_latency(kind, &["none"]);
        }
        for kind in SOURCED_KINDS.into_iter().chain(OTHER_KINDS) {
            self.know(kind, &["2xx", "4xx", "5xx", "cut"], "none");
        }
        for reason in CUT_REASONS {
            drop(self.cut.get_or_create(&CutLabels { reason }));
        }
        let answered = |code: &&Code| code.entry().status.is_some();
        for code in Code::ALL.iter().filter(answered) {
            let code = CodeLabel(*code);
            drop(self.refusals.get_or_create(&RefusalLabels { code }));
        }
    }

    fn know_latency(&self, kind: &'static str, temperatures: &[&'static str]) {
        for temperature in temperatures {
            let labels = LatencyLabels { kind, temperature };
            drop(self.latency.get_or_create(&labels));
        }
    }

    fn know(&self, kind: &'static str, outcomes: &[&'static str], source: &'static str) {
        for outcome in outcomes {
            drop(self.requests.get_or_create(&RequestLabels {
                kind,
                outcome,
                source,
            }));
        }
    }

    /// The answer's first byte is ready.
    pub(crate) fn first_byte(
        &self,
        kind: &'static str,
        temperature: &'static str,
        elapsed: Duration,
    ) {
        self.latency
            .get_or_create(&LatencyLabels { kind, temperature })
            .observe(elapsed.as_secs_f64());
    }
}

// === impl CodeLabel ===

impl EncodeLabelValue for CodeLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        write!(encoder, "{}", self.0)
    }
}

/// From 0.25 ms (a warm hit) doubling to 65 s (beyond the longest deadline towards a source).
fn latency_histogram() -> Histogram {
    Histogram::new(prometheus_client::metrics::histogram::exponential_buckets(
        0.000_25, 2.0, 19,
    ))
}
