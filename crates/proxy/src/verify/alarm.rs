//! Alarm: something that a person must know of, told once.
//!
//! It goes into the journal, where it stays; onto the log at error level; and into a metric that
//! alert rules watch. A source that misbehaves with every request must not fill the journal: the
//! same alarm about the same subject is told once in [`QUIET`], and counted always.

use crate::metrics::{AlarmLabels, Metrics};
use moka::sync::Cache;
use std::{fmt, time::Duration};
use store::{JournalEvent, Store};

/// How long the same alarm is not told again: short enough to be seen as ongoing, long enough that
/// a night of it stays readable.
const QUIET: Duration = Duration::from_mins(10);

/// Alarms that are remembered as told.
const REMEMBERED: u64 = 10_000;

/// How urgent it is, in the terms of emergency plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// Wake somebody: what everything rests on is broken.
    P0,
    /// Today: wrong bytes were nearly served, or were.
    P1,
    /// This week: a source or database misbehaves, nobody is harmed.
    P2,
}

/// Something that a person must know of.
#[derive(Debug, Clone)]
pub(crate) struct Alarm {
    pub(crate) severity: Severity,
    /// What, in words joined by dashes.
    pub(crate) kind: &'static str,
    /// About what: a path, a database. Private paths are fine in the journal, and are not logged.
    pub(crate) subject: String,
    /// The facts, in a line.
    pub(crate) detail: String,
}

/// Which alarms were told lately.
#[derive(Debug)]
pub(crate) struct Told(Cache<(&'static str, String), ()>);

// === impl Severity ===

impl Severity {
    const fn label(self) -> &'static str {
        match self {
            Self::P0 => "p0",
            Self::P1 => "p1",
            Self::P2 => "p2",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

// === impl Told ===

impl Default for Told {
    fn default() -> Self {
        Self(
            Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(QUIET)
                .build(),
        )
    }
}

impl Told {
    fn is_new(&self, alarm: &Alarm) -> bool {
        let entry = self.0.entry((alarm.kind, alarm.subject.clone()));
        entry.or_insert(()).is_fresh()
    }
}

// === impl Alarm ===

impl Alarm {
    /// Tells it.
    pub(crate) async fn raise(self, store: &Store, metrics: &Metrics) {
        let (severity, kind) = (self.severity.label(), self.kind);
        metrics
            .alarms
            .get_or_create(&AlarmLabels { severity, kind })
            .inc();
        if !metrics.told.is_new(&self) {
            return;
        }
        tracing::error!(severity, kind, "alarm: {kind}; the journal has the subject");
        let detail = format!("{severity}: {}", self.detail);
        let event = JournalEvent::new(format!("alarm-{kind}"), self.subject, detail);
        if let Err(error) = store.event(event).await {
            tracing::error!(%error, "an alarm could not be journalled");
        }
    }
}
