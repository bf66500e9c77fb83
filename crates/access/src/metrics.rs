//! Metrics of callers and their credentials.

use crate::{failure::FailureReason, identity::IdentityKind};
use metric::metrics;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};

/// Why a credential was refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct FailureLabels {
    reason: &'static str,
}

/// How a caller was known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct IdentityLabels {
    kind: &'static str,
}

metrics! {
    /// Who was known and who was not; cheap to clone. All series are there from the start.
    #[derive(Debug, Clone)]
    pub struct AccessMetrics {
        /// Credentials that were refused, by reason.
        pub(crate) failures: Family<FailureLabels, Counter> = "modkeep_auth_failures",
        /// Requests whose caller was known, by how.
        pub(crate) known: Family<IdentityLabels, Counter> = "modkeep_auth_callers",
    }
}

// === impl AccessMetrics ===

impl AccessMetrics {
    pub(crate) fn failed(&self, reason: FailureReason) {
        let reason = reason.name();
        self.failures.get_or_create(&FailureLabels { reason }).inc();
    }

    pub(crate) fn known(&self, kind: IdentityKind) {
        let kind = kind.name();
        self.known.get_or_create(&IdentityLabels { kind }).inc();
    }
}

impl Default for AccessMetrics {
    fn default() -> Self {
        let metrics = Self {
            failures: Family::default(),
            known: Family::default(),
        };
        for reason in FailureReason::ALL {
            let reason = reason.name();
            drop(metrics.failures.get_or_create(&FailureLabels { reason }));
        }
        for kind in IdentityKind::ALL {
            let kind = kind.name();
            drop(metrics.known.get_or_create(&IdentityLabels { kind }));
        }
        metrics
    }
}
