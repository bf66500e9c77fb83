//! Alarm: something that a person must know of, told once.
//!
//! It goes into the journal, where it stays; onto the log at error level; and into a metric that
//! alert rules watch. A source that misbehaves with every request must not fill the journal: the
//! same alarm about the same subject is told once in [`QUIET`], and counted always.

mod kind;
mod metrics;

pub use kind::{AlarmKind, Severity};
pub use metrics::AlarmMetrics;

use moka::sync::Cache;
use protocol::Refusal;
use std::time::Duration;
use store::{JournalEvent, Store, StoreError};

/// How long the same alarm is not told again: short enough to be seen as ongoing, long enough that
/// a night of it stays readable.
const QUIET: Duration = Duration::from_mins(10);

/// Alarms that are remembered as told.
const REMEMBERED: u64 = 10_000;

/// Something that a person must know of.
#[derive(Debug, Clone)]
pub struct Alarm {
    /// How urgent it is.
    pub severity: Severity,
    /// What it is about.
    pub kind: AlarmKind,
    /// About what: a path, a database. Private paths are fine in the journal, and are not logged.
    pub subject: String,
    /// The facts, in a line.
    pub detail: String,
}

/// Where alarms are raised: counted, logged, and written into the journal. Cheap to clone.
#[derive(Clone)]
pub struct AlarmLog {
    store: Store,
    metrics: AlarmMetrics,
    /// Alarms that were written lately, by kind and subject.
    recent: Cache<(AlarmKind, String), ()>,
}

// === impl AlarmLog ===

impl AlarmLog {
    /// Writes into the journal of this store, and counts here.
    pub fn new(store: &Store, metrics: &AlarmMetrics) -> Self {
        let recent = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(QUIET);
        Self {
            store: store.clone(),
            metrics: metrics.clone(),
            recent: recent.build(),
        }
    }

    /// Counts an alarm, and writes it down unless the same one was written a moment ago.
    pub async fn raise(&self, alarm: Alarm) {
        debug_assert!(
            alarm.kind.severities().contains(&alarm.severity),
            "{alarm:?}"
        );
        self.metrics.raised(alarm.severity, alarm.kind);
        let (severity, kind) = (alarm.severity.label(), alarm.kind.label());
        let entry = self.recent.entry((alarm.kind, alarm.subject.clone()));
        if !entry.or_insert(()).is_fresh() {
            return;
        }
        tracing::error!(severity, kind, "alarm: {kind}; the journal has the subject");
        let detail = format!("{severity}: {}", alarm.detail);
        let event = JournalEvent::new(format!("alarm-{kind}"), alarm.subject, detail);
        if let Err(error) = self.store.event(event).await {
            tracing::error!(%error, "an alarm could not be journalled");
        }
    }

    /// Counts and logs a failure of the store; gives the refusal it becomes.
    pub fn store_failure(&self, error: StoreError) -> Refusal {
        self.metrics.store_failure(error)
    }
}
