//! Alarm: something that a person must know of, told once.
//!
//! It goes into the journal, where it stays; onto the log at error level; and into a metric that
//! alert rules watch. A source that misbehaves with every request must not fill the journal: the
//! same alarm about the same subject is told once in [`QUIET`], and counted always.

pub(crate) use crate::alarm_kind::{AlarmKind, Severity};
use crate::metrics::{AlarmLabels, Metrics};
use moka::sync::Cache;
use std::{sync::Arc, time::Duration};
use store::{JournalEvent, Store};

/// How long the same alarm is not told again: short enough to be seen as ongoing, long enough that
/// a night of it stays readable.
const QUIET: Duration = Duration::from_mins(10);

/// Alarms that are remembered as told.
const REMEMBERED: u64 = 10_000;

/// Something that a person must know of.
#[derive(Debug, Clone)]
pub(crate) struct Alarm {
    pub(crate) severity: Severity,
    pub(crate) kind: AlarmKind,
    /// About what: a path, a database. Private paths are fine in the journal, and are not logged.
    pub(crate) subject: String,
    /// The facts, in a line.
    pub(crate) detail: String,
}

/// Where alarms are raised: counted, logged, and written into the journal. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AlarmLog {
    store: Store,
    metrics: Arc<Metrics>,
    /// Alarms that were written lately, by kind and subject.
    recent: Cache<(AlarmKind, String), ()>,
}

// === impl AlarmLog ===

impl AlarmLog {
    pub(crate) fn new(store: &Store, metrics: &Arc<Metrics>) -> Self {
        let recent = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(QUIET);
        Self {
            store: store.clone(),
            metrics: Arc::clone(metrics),
            recent: recent.build(),
        }
    }

    /// Counts an alarm, and writes it down unless the same one was written a moment ago.
    pub(crate) async fn raise(&self, alarm: Alarm) {
        debug_assert!(
            alarm.kind.severities().contains(&alarm.severity),
            "{alarm:?}"
        );
        let labels = AlarmLabels::of(alarm.severity, alarm.kind);
        let (severity, kind) = (labels.severity, labels.kind);
        self.metrics.alarms.get_or_create(&labels).inc();
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
}
