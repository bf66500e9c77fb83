//! Metrics of what is fetched ahead; the doc comment of a field is its HELP text.

use crate::ReadAhead;
use metric::metrics;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
};

/// What can be fetched ahead.
const KINDS: [&str; 3] = ["info", "mod", "zip"];

/// Why nothing is fetched ahead.
const SKIPPED: [&str; 4] = ["absent", "failed", "store", "upstream"];

/// What kind of artifact was fetched ahead.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct AheadKind {
    /// `info`, `mod`, `zip`.
    pub(crate) kind: &'static str,
}

/// Why nothing was fetched ahead.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct SkipReason {
    /// `absent`, `failed`, `store`, `upstream`.
    pub(crate) reason: &'static str,
}

metrics! {
    /// Every metric of it.
    #[derive(Debug, Default)]
    pub struct PrefetchMetrics {
        /// Artifacts fetched before a client asked for them, by kind.
        pub(crate) fetched: Family<AheadKind, Counter> = "modkeep_prefetched",
        /// Bytes of artifacts fetched before a client asked for them, by kind.
        pub(crate) fetched_bytes: Family<AheadKind, Counter> = "modkeep_prefetched" in Bytes,
        /// Artifacts fetched ahead that a client asked for afterwards, by kind.
        pub(crate) hits: Family<AheadKind, Counter> = "modkeep_prefetch_hits",
        /// Bytes of artifacts fetched ahead that a client asked for afterwards, by kind.
        pub(crate) hit_bytes: Family<AheadKind, Counter> = "modkeep_prefetch_hits" in Bytes,
        /// Artifacts fetched ahead that nobody asked for within ten minutes, by kind.
        pub(crate) wasted: Family<AheadKind, Counter> = "modkeep_prefetch_wasted",
        /// Bytes of artifacts fetched ahead that nobody asked for within ten minutes, by kind.
        pub(crate) wasted_bytes: Family<AheadKind, Counter> = "modkeep_prefetch_wasted" in Bytes,
        /// Fetches ahead of demand that were not made or came to nothing, by reason.
        pub(crate) skipped: Family<SkipReason, Counter> = "modkeep_prefetch_skipped",
        /// Fetches ahead of demand under way for clients.
        pub(crate) running: Gauge = "modkeep_prefetch_running",
    }
}

// === impl PrefetchMetrics ===

impl PrefetchMetrics {
    /// All at zero: a counter that appears with its first event hides that event.
    pub fn new() -> Self {
        let metrics = Self::default();
        for kind in KINDS {
            for family in metrics.by_kind() {
                drop(family.get_or_create(&AheadKind { kind }));
            }
        }
        for reason in SKIPPED {
            drop(metrics.skipped.get_or_create(&SkipReason { reason }));
        }
        metrics
    }

    fn by_kind(&self) -> [&Family<AheadKind, Counter>; 6] {
        [
            &self.fetched,
            &self.fetched_bytes,
            &self.hits,
            &self.hit_bytes,
            &self.wasted,
            &self.wasted_bytes,
        ]
    }

    /// What was fetched ahead, over all kinds.
    pub fn read_ahead(&self) -> ReadAhead {
        let sum = |family: &Family<AheadKind, Counter>| {
            let counts = KINDS
                .iter()
                .map(|kind| family.get_or_create(&AheadKind { kind }).get());
            counts.sum()
        };
        ReadAhead {
            fetched: sum(&self.fetched),
            fetched_bytes: sum(&self.fetched_bytes),
            asked: sum(&self.hits),
            asked_bytes: sum(&self.hit_bytes),
        }
    }
}
