//! Metrics of checksum databases.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};
use std::sync::atomic::AtomicU64;

/// How holding an artifact against a database can end.
const OUTCOMES: [&str; 6] = [
    "proven",
    "mismatch",
    "absent",
    "unreachable",
    "untrusted",
    "forked",
];

/// What was verified, heard and mirrored; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ChecksumdbMetrics {
    verifications: Family<VerificationOutcome, Counter>,
    pub(crate) heard: Gauge<f64, AtomicU64>,
    pub(crate) mirror_tiles: Counter,
    pub(crate) mirror_progress: Gauge<f64, AtomicU64>,
    pub(crate) mirror_records: Gauge,
}

/// How the verification of an artifact ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerificationOutcome {
    outcome: &'static str,
}

// === impl ChecksumdbMetrics ===

impl ChecksumdbMetrics {
    /// All at zero: a counter that appears with its first event hides that event.
    pub fn new() -> Self {
        let metrics = Self::default();
        for outcome in OUTCOMES {
            let labels = VerificationOutcome { outcome };
            drop(metrics.verifications.get_or_create(&labels));
        }
        metrics
    }

    pub(crate) fn verified(&self, outcome: &'static str) {
        let labels = VerificationOutcome { outcome };
        self.verifications.get_or_create(&labels).inc();
    }

    /// Puts them into a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "modkeep_verifications",
            "Artifacts held against the checksum database, by outcome",
            self.verifications.clone(),
        );
        registry.register_with_unit(
            "modkeep_sumdb_head_timestamp",
            "When the verified checksum database last gave a head or a record that was believed, in seconds of the epoch; 0 before the first since the start",
            Unit::Seconds,
            self.heard.clone(),
        );
        registry.register(
            "modkeep_sumdb_mirror_tiles",
            "Tiles of the verified checksum database that were fetched for the full mirror of its log",
            self.mirror_tiles.clone(),
        );
        registry.register(
            "modkeep_sumdb_mirror_progress_ratio",
            "How much of the verified checksum database's log is mirrored: 1 is all that the newest head signs",
            self.mirror_progress.clone(),
        );
        registry.register(
            "modkeep_sumdb_mirror_records",
            "Records of the log under the head that is being mirrored, or was last",
            self.mirror_records.clone(),
        );
    }
}
