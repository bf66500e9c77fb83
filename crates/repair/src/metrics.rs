//! Metrics of what is hashed again and repaired.

use metric::metrics;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use std::sync::atomic::AtomicU64;

metrics! {
    /// What was hashed again and what became of damage; cheap to clone.
    #[derive(Debug, Clone, Default)]
    pub struct RepairMetrics {
        /// Blobs that scrubbing has hashed again.
        pub(crate) blobs: Counter = "modkeep_scrub_blobs",
        /// Bytes of blobs that scrubbing has hashed again.
        pub(crate) bytes: Counter = "modkeep_scrub" in Bytes,
        /// Kept blobs found damaged or missing, by scrubbing or by a request.
        pub(crate) damaged: Counter = "modkeep_scrub_damaged",
        /// Damaged or missing blobs that were healed from a source.
        pub(crate) healed: Counter = "modkeep_scrub_healed",
        /// Damaged blobs that were put into quarantine.
        pub(crate) quarantined: Counter = "modkeep_scrub_quarantined",
        /// When the last full scrubbing pass ended, in seconds of the epoch; 0 before the first.
        pub(crate) last_pass: Gauge<f64, AtomicU64> = "modkeep_scrub_last_pass_timestamp" in Seconds,
        /// How much of the present scrubbing pass is done, from 0 to 1; 1 between two passes.
        pub(crate) progress: Gauge<f64, AtomicU64> = "modkeep_scrub_pass_progress_ratio",
    }
}
