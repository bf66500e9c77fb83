//! Metrics of publishing.

use metric::metrics;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};

/// What became of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct PublicationLabels {
    /// `published`, `unchanged`, `conflict`, `refused`, or `failed` where it is nobody's fault here.
    pub(crate) outcome: &'static str,
}

metrics! {
    /// What was published; cheap to clone.
    #[derive(Debug, Clone, Default)]
    pub struct PublishMetrics {
        /// Uploads of versions, by outcome: published, unchanged, conflict, refused or failed.
        pub(crate) uploads: Family<PublicationLabels, Counter> = "modkeep_publications",
        /// Bytes of zips that were uploaded.
        pub(crate) received: Counter = "modkeep_publications_received" in Bytes,
    }
}

// === impl PublishMetrics ===

impl PublishMetrics {
    pub(crate) fn count(&self, outcome: &'static str) {
        let labels = PublicationLabels { outcome };
        self.uploads.get_or_create(&labels).inc();
    }
}
