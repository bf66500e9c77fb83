//! Metrics of what goes wrong.

use crate::kind::{AlarmKind, Severity};
use metric::metrics;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};
use protocol::Refusal;
use store::StoreError;

metrics! {
    /// Alarms and failures of the store, counted; cheap to clone.
    #[derive(Debug, Clone, Default)]
    pub struct AlarmMetrics {
        /// Alarms, by severity and kind: events that a person must know of.
        alarms: Family<AlarmLabels, Counter> = "modkeep_alarms",
        /// Failures of the store, of any kind.
        pub store_failures: Counter = "modkeep_store_failures",
    }
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AlarmLabels {
    /// `p0`, `p1`, `p2`.
    severity: &'static str,
    /// What it is about, in words joined by dashes.
    kind: &'static str,
}

// === impl AlarmMetrics ===

impl AlarmMetrics {
    /// All at zero: a counter that appears with its first event hides that event.
    pub fn new() -> Self {
        let metrics = Self::default();
        for kind in AlarmKind::ALL {
            for severity in kind.severities() {
                drop(
                    metrics
                        .alarms
                        .get_or_create(&AlarmLabels::of(*severity, kind)),
                );
            }
        }
        metrics
    }

    pub(crate) fn raised(&self, severity: Severity, kind: AlarmKind) {
        self.alarms
            .get_or_create(&AlarmLabels::of(severity, kind))
            .inc();
    }

    /// Counts and logs a failure of the store; gives the refusal it becomes.
    pub fn store_failure(&self, error: StoreError) -> Refusal {
        self.store_failures.inc();
        tracing::error!(%error, "the store failed");
        Refusal::from(error)
    }
}

// === impl AlarmLabels ===

impl AlarmLabels {
    const fn of(severity: Severity, kind: AlarmKind) -> Self {
        Self {
            severity: severity.label(),
            kind: kind.label(),
        }
    }
}
