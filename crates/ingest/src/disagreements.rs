//! Disagreements: a source says that something does not exist, and another one has it.
//!
//! `go` goes on to the next source past an absence and says nothing, so a mirror that lost a module, or
//! is a week behind, is noticed by nobody until it is the only one left. Here it opens a case: who said
//! what about which path, what that can mean, and what to do. Where a source is meant to have few
//! modules only (a company's own), it disagrees about all others; so a pair of sources opens one case
//! in [`QUIET`], and is counted always.

use std::{sync::Arc, time::Duration};

use gomod::ModulePath;
use mismatch::Disagreement;
use moka::sync::Cache;
use store::Store;

use crate::answer_memory::RememberedAnswer;
use crate::metrics::{DisagreeingSource, IngestMetrics};
use alarm::{Alarm, AlarmKind, AlarmLog, Severity};
use protocol::PrivacyRules;

/// How long a pair of sources opens no further case: a day, in which somebody looks at the first.
const QUIET: Duration = Duration::from_hours(24);

/// Pairs that are remembered.
const PAIRS: u64 = 1024;

/// Notes when sources disagree about what exists.
pub struct Disagreements {
    /// Pairs that disagreed lately.
    recent: Cache<(String, String), ()>,
    store: Store,
    privacy: Arc<PrivacyRules>,
    metrics: IngestMetrics,
    alarms: AlarmLog,
}

// === impl Disagreements ===

impl Disagreements {
    pub(crate) fn new(
        store: &Store,
        privacy: &Arc<PrivacyRules>,
        metrics: &IngestMetrics,
        alarms: &AlarmLog,
    ) -> Self {
        let recent = Cache::builder().max_capacity(PAIRS).time_to_live(QUIET);
        Self {
            recent: recent.build(),
            store: store.clone(),
            privacy: Arc::clone(privacy),
            metrics: metrics.clone(),
            alarms: alarms.clone(),
        }
    }

    /// A source stated this absence of a path, and `had` has it.
    pub async fn note(
        &self,
        module: &ModulePath,
        path: &str,
        absence: &RememberedAnswer,
        had: &str,
    ) {
        let upstream = absence.source.clone();
        self.metrics
            .disagreements
            .get_or_create(&DisagreeingSource { upstream })
            .inc();
        let had = had.split(" (").next().unwrap_or(had);
        let pair = (absence.source.clone(), had.to_owned());
        if !self.recent.entry(pair).or_insert(()).is_fresh() {
            return;
        }
        let refusal = absence.absence();
        let case = Disagreement::new(path, (&absence.source, refusal.status), had);
        let number = self.store.open_case(path, &case.to_json()).await;
        if let Err(error) = number {
            tracing::error!(%error, "a case could not be kept");
        }
        let shown = self.privacy.shown(module, path);
        tracing::warn!(
            path = shown,
            absent = absence.source,
            had,
            "sources disagree"
        );
        let alarm = Alarm {
            severity: Severity::P2,
            kind: AlarmKind::SourcesDisagree,
            subject: path.to_owned(),
            detail: case.in_a_line(),
        };
        self.alarms.raise(alarm).await;
    }
}
