//! Metrics of checksum databases.

use metric::metrics;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
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

metrics! {
    /// What was verified, heard and mirrored; cheap to clone.
    #[derive(Debug, Clone, Default)]
    pub struct ChecksumdbMetrics {
        /// Artifacts held against the checksum database, by outcome.
        verifications: Family<VerificationOutcome, Counter> = "modkeep_verifications",
        /// When the verified checksum database last gave a head or a record that was believed, in seconds of the epoch; 0 before the first since the start.
        pub(crate) heard: Gauge<f64, AtomicU64> = "modkeep_sumdb_head_timestamp" in Seconds,
        /// Tiles of the verified checksum database that were fetched for the full mirror of its log.
        pub(crate) mirror_tiles: Counter = "modkeep_sumdb_mirror_tiles",
        /// How much of the verified checksum database's log is mirrored: 1 is all that the newest head signs.
        pub(crate) mirror_progress: Gauge<f64, AtomicU64> = "modkeep_sumdb_mirror_progress_ratio",
        /// Records of the log under the head that is being mirrored, or was last.
        pub(crate) mirror_records: Gauge = "modkeep_sumdb_mirror_records",
    }
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
}
