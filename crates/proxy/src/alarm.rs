//! Alarm: something that a person must know of, told once.
//!
//! It goes into the journal, where it stays; onto the log at error level; and into a metric that
//! alert rules watch. A source that misbehaves with every request must not fill the journal: the
//! same alarm about the same subject is told once in [`QUIET`], and counted always.

use crate::metrics::{AlarmLabels, Metrics};
use moka::sync::Cache;
use std::{fmt, sync::Arc, time::Duration};
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

/// What an alarm is about. Each is a word of a metric, of the journal and of alert rules: a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum AlarmKind {
    /// A kept blob is not what it was.
    BlobDamaged,
    /// A source sent other bytes than the checksum database has; P2 where another copy was right.
    ChecksumMismatch,
    /// A checksum database told two histories.
    DatabaseForked,
    /// A checksum database signed what is not true.
    DatabaseLies,
    /// What a checksum database answered is not believed.
    DatabaseUntrusted,
    /// A database of our own has two histories.
    OwnDatabaseForked,
    /// A database of our own lacks what it has signed.
    OwnDatabaseLost,
    /// A witness has seen another head of a database of our own.
    OwnHeadDisputed,
    /// One source has what another says does not exist.
    SourcesDisagree,
    /// A private version is not what it was.
    TagMoved,
    /// Something that was served unproven turned out wrong.
    Withdrawn,
}

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

// === impl Severity ===

impl Severity {
    pub(crate) const fn label(self) -> &'static str {
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

// === impl AlarmKind ===

impl AlarmKind {
    /// Every kind.
    pub(crate) const ALL: [Self; 11] = [
        Self::BlobDamaged,
        Self::ChecksumMismatch,
        Self::DatabaseForked,
        Self::DatabaseLies,
        Self::DatabaseUntrusted,
        Self::OwnDatabaseForked,
        Self::OwnDatabaseLost,
        Self::OwnHeadDisputed,
        Self::SourcesDisagree,
        Self::TagMoved,
        Self::Withdrawn,
    ];

    /// How urgent it can be.
    pub(crate) const fn severities(self) -> &'static [Severity] {
        match self {
            Self::DatabaseForked | Self::OwnDatabaseForked | Self::OwnDatabaseLost => {
                &[Severity::P0]
            }
            Self::ChecksumMismatch => &[Severity::P1, Severity::P2],
            Self::BlobDamaged
            | Self::DatabaseLies
            | Self::OwnHeadDisputed
            | Self::TagMoved
            | Self::Withdrawn => &[Severity::P1],
            Self::DatabaseUntrusted | Self::SourcesDisagree => &[Severity::P2],
        }
    }

    /// The kind in words joined by dashes.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::BlobDamaged => "blob-damaged",
            Self::ChecksumMismatch => "checksum-mismatch",
            Self::DatabaseForked => "database-forked",
            Self::DatabaseLies => "database-lies",
            Self::DatabaseUntrusted => "database-untrusted",
            Self::OwnDatabaseForked => "own-database-forked",
            Self::OwnDatabaseLost => "own-database-lost",
            Self::OwnHeadDisputed => "own-head-disputed",
            Self::SourcesDisagree => "sources-disagree",
            Self::TagMoved => "tag-moved",
            Self::Withdrawn => "withdrawn",
        }
    }
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
