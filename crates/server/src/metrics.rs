//! Metrics of the HTTP surfaces. Each is declared once: the doc comment is its HELP text.
//!
//! Label values come from closed sets, so that no client can create series.

use crate::{
    connection::DRAINED,
    http2::RESETS,
    listen::CROWDED,
    pulse::{DAWDLES, EVICTED, OUSTED},
};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::time::Duration;

/// Declares a struct of metrics and how to register it.
macro_rules! metrics {
    ($(#[$meta:meta])* pub struct $name:ident {
        $(#[doc = $help:literal] $field:ident: $type:ty = $metric:literal $(in $unit:ident)?,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name { $(#[doc = $help] pub $field: $type,)+ }

        impl $name {
            /// Adds all of them to `registry`.
            pub fn register(&self, registry: &mut Registry) {
                $(metrics!(@one registry, $metric, $help, self.$field.clone() $(, $unit)?);)+
            }
        }
    };
    (@one $registry:ident, $metric:literal, $help:literal, $value:expr) => {
        $registry.register($metric, $help.trim().trim_end_matches('.'), $value);
    };
    (@one $registry:ident, $metric:literal, $help:literal, $value:expr, $unit:ident) => {
        $registry.register_with_unit($metric, $help.trim().trim_end_matches('.'), Unit::$unit, $value);
    };
}

metrics! {
    /// What the HTTP surfaces count.
    pub struct HttpMetrics {
        /// Requests ended, by kind, status class (or cut) and source of the answer.
        requests: Family<RequestLabels, Counter> = "modkeep_http_requests",
        /// Time from the request head to the answer's first byte, by kind and temperature (warm: kept; cold: fetched).
        latency: Family<LatencyLabels, Histogram, fn() -> Histogram> = "modkeep_http_first_byte" in Seconds,
        /// Requests being answered now.
        in_flight: Gauge = "modkeep_http_requests_in_flight",
        /// Connections open now.
        connections: Gauge = "modkeep_http_connections",
        /// Connections ended by this server before their time, by reason.
        cut: Family<CutLabels, Counter> = "modkeep_http_connections_cut",
        /// Errors of accepting connections; out of file descriptors, mostly.
        accept_errors: Counter = "modkeep_http_accept_errors",
        /// Refusals that waited, since their caller meets too many.
        delayed: Counter = "modkeep_http_refusals_delayed",
        /// Body bytes handed to connections.
        sent: Counter = "modkeep_http_sent" in Bytes,
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

/// Kinds of requests to the module protocol.
const PROTOCOL_KINDS: [&str; 7] = ["info", "mod", "zip", "list", "latest", "query", "sumdb"];

/// Why connections are cut: the rules of [`pulse`](crate::pulse), and the end of a drain.
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
            delayed: Counter::default(),
            sent: Counter::default(),
        };
        metrics.create_known_series();
        metrics
    }
}

impl HttpMetrics {
    /// A series that exists only after its first event hides that event from `rate()`.
    fn create_known_series(&self) {
        for kind in PROTOCOL_KINDS {
            for (temperature, source) in
                [("warm", "memory"), ("warm", "store"), ("cold", "upstream")]
            {
                drop(self.requests.get_or_create(&RequestLabels {
                    kind,
                    outcome: "2xx",
                    source,
                }));
                drop(
                    self.latency
                        .get_or_create(&LatencyLabels { kind, temperature }),
                );
            }
            for outcome in ["4xx", "5xx"] {
                drop(self.requests.get_or_create(&RequestLabels {
                    kind,
                    outcome,
                    source: "none",
                }));
            }
        }
        for reason in CUT_REASONS {
            drop(self.cut.get_or_create(&CutLabels { reason }));
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

/// From 0.25 ms (a warm hit) doubling to 65 s (beyond the longest deadline towards a source).
fn latency_histogram() -> Histogram {
    Histogram::new(prometheus_client::metrics::histogram::exponential_buckets(
        0.000_25, 2.0, 19,
    ))
}
