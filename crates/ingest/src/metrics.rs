//! Metrics of what arrives.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

/// What can be captured.
const CAPTURED: [&str; 4] = ["info", "mod", "zip", "sumdb"];

/// What was captured, thrown away and found out; cheap to clone.
#[derive(Debug, Clone)]
pub struct IngestMetrics {
    pub(crate) captures: Family<CaptureKind, Counter>,
    pub(crate) rejected: Family<CaptureKind, Counter>,
    pub(crate) disagreements: Family<DisagreeingSource, Counter>,
    pub(crate) cases_not_opened: Counter,
    pub(crate) commit_time: Histogram,
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

impl IngestMetrics {
    /// All at zero: a counter that appears with its first event hides that event.
    pub fn new() -> Self {
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

    /// The same for a source.
    pub fn know_upstream(&self, upstream: &str) {
        let upstream = upstream.to_owned();
        drop(
            self.disagreements
                .get_or_create(&DisagreeingSource { upstream }),
        );
    }

    /// Puts them into a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "modkeep_captures",
            "Artifacts captured, by kind",
            self.captures.clone(),
        );
        registry.register(
            "modkeep_rejected_bodies",
            "Bodies from sources that were thrown away because their content was wrong, by kind",
            self.rejected.clone(),
        );
        registry.register(
            "modkeep_upstream_disagreements",
            "Times that a source said of something that it does not exist, and another source has it",
            self.disagreements.clone(),
        );
        registry.register(
            "modkeep_cases_not_opened",
            "Wrong bytes that opened no case, since their source had opened many in that hour",
            self.cases_not_opened.clone(),
        );
        registry.register_with_unit(
            "modkeep_commit",
            "Time to make an artifact durable and visible, after its last byte",
            Unit::Seconds,
            self.commit_time.clone(),
        );
    }
}
