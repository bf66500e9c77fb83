//! Metrics of what arrives.

use metric::metrics;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
};

/// What can be captured.
const CAPTURED: [&str; 4] = ["info", "mod", "zip", "sumdb"];

metrics! {
    /// What was captured, thrown away and found out; cheap to clone.
    #[derive(Debug, Clone)]
    pub struct IngestMetrics {
        /// Artifacts captured, by kind.
        pub(crate) captures: Family<CaptureKind, Counter> = "modkeep_captures",
        /// Bodies from sources that were thrown away because their content was wrong, by kind.
        pub(crate) rejected: Family<CaptureKind, Counter> = "modkeep_rejected_bodies",
        /// Times that a source said of something that it does not exist, and another source has it.
        pub(crate) disagreements: Family<DisagreeingSource, Counter> = "modkeep_upstream_disagreements",
        /// Wrong bytes that opened no case, since their source had opened many in that hour.
        pub(crate) cases_not_opened: Counter = "modkeep_cases_not_opened",
        /// Time to make an artifact durable and visible, after its last byte.
        pub(crate) commit_time: Histogram = "modkeep_commit" in Seconds,
    }
}

/// What arrived.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct CaptureKind {
    /// `info`, `mod`, `zip`, `sumdb`.
    pub(crate) kind: &'static str,
}

/// Who said that something does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct DisagreeingSource {
    /// The source's name, without credentials.
    pub(crate) upstream: String,
}

// === impl IngestMetrics ===

impl Default for IngestMetrics {
    fn default() -> Self {
        let metrics = Self {
            captures: Family::default(),
            rejected: Family::default(),
            disagreements: Family::default(),
            cases_not_opened: Counter::default(),
            // 1 ms to 32 s by factors of two.
            commit_time: Histogram::new((0..16).map(|power| 0.001 * f64::from(1 << power))),
        };
        for kind in CAPTURED {
            drop(metrics.captures.get_or_create(&CaptureKind { kind }));
            drop(metrics.rejected.get_or_create(&CaptureKind { kind }));
        }
        metrics
    }
}

impl IngestMetrics {
    /// The same for a source.
    pub fn know_upstream(&self, upstream: &str) {
        let upstream = upstream.to_owned();
        drop(
            self.disagreements
                .get_or_create(&DisagreeingSource { upstream }),
        );
    }
}
