//! Metrics of what is hashed again and repaired.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::{Registry, Unit},
};
use std::sync::atomic::AtomicU64;

/// What was hashed again and what became of damage; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct RepairMetrics {
    pub(crate) blobs: Counter,
    pub(crate) bytes: Counter,
    pub(crate) damaged: Counter,
    pub(crate) healed: Counter,
    pub(crate) quarantined: Counter,
    pub(crate) last_pass: Gauge<f64, AtomicU64>,
    pub(crate) progress: Gauge<f64, AtomicU64>,
}

// === impl RepairMetrics ===

impl RepairMetrics {
    /// Puts them into a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "modkeep_scrub_blobs",
            "Blobs that scrubbing has hashed again",
            self.blobs.clone(),
        );
        registry.register_with_unit(
            "modkeep_scrub",
            "Bytes of blobs that scrubbing has hashed again",
            Unit::Bytes,
            self.bytes.clone(),
        );
        registry.register(
            "modkeep_scrub_damaged",
            "Kept blobs found damaged or missing, by scrubbing or by a request",
            self.damaged.clone(),
        );
        registry.register(
            "modkeep_scrub_healed",
            "Damaged or missing blobs that were healed from a source",
            self.healed.clone(),
        );
        registry.register(
            "modkeep_scrub_quarantined",
            "Damaged blobs that were put into quarantine",
            self.quarantined.clone(),
        );
        registry.register_with_unit(
            "modkeep_scrub_last_pass_timestamp",
            "When the last full scrubbing pass ended, in seconds of the epoch; 0 before the first",
            Unit::Seconds,
            self.last_pass.clone(),
        );
        registry.register(
            "modkeep_scrub_pass_progress_ratio",
            "How much of the present scrubbing pass is done, from 0 to 1; 1 between two passes",
            self.progress.clone(),
        );
    }
}
