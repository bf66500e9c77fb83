//! Dispute: a witness says that the newest head cannot be, and signs nothing to that effect.
//!
//! Its word alone withholds further heads; what was shown before stays. It is asked again whenever a
//! head is needed, about the head that is signed already, before another one is. A head with the
//! database's own signature in its answer is evidence, and compared with what is here.

use crate::hosted::{HostedDatabase, HostedDatabases, witnesses::Dispute};
use alarm::{Alarm, AlarmKind, Severity};
use bytes::Bytes;
use codes::Code;
use protocol::Refusal;
use std::{collections::BTreeMap, sync::atomic::Ordering};
use store::own::{DatabaseHeadError, DatabaseLog};

/// The state in which disputes outlive a restart, as JSON: witness to words.
fn name(database: &DatabaseLog) -> String {
    format!("own/{}/disputes", database.name())
}

// === impl HostedDatabases ===

impl HostedDatabases {
    /// Asks those who disputed the head that is signed about it again.
    pub(crate) async fn settle_disputes(&self, served: &HostedDatabase) -> Result<(), Refusal> {
        let (database, panel) = (&served.database, &self.panel);
        if !self.is_active(served) || panel.disputes(database.name()).is_empty() {
            return Ok(());
        }
        let head = match database.signed().await {
            Ok(Some(head)) => head,
            Ok(None) => return Ok(()),
            Err(error) => return Err(self.unsigned(served, error).await),
        };
        let asked = panel.ask(database, &head).await;
        self.note_disputes(database).await;
        match asked.dispute {
            Some(dispute) => Err(self.disputed(served, dispute).await),
            None => Ok(()),
        }
    }

    /// Tells of a dispute, or ends the database if the answer proves it; gives what clients are told.
    pub(crate) async fn disputed(&self, served: &HostedDatabase, dispute: Dispute) -> Refusal {
        let Dispute { why, answer } = dispute;
        if !answer.is_empty()
            && let Err(DatabaseHeadError::Halted(halt)) = self.held_against(served, &answer).await
        {
            return self.halted(served, &halt).await;
        }
        if !served.withheld.load(Ordering::Acquire) {
            match served.database.withhold().await {
                Ok(()) => served.withheld.store(true, Ordering::Release),
                Err(error) => tracing::error!(%error, "what was shown could not be written down"),
            }
        }
        let name = served.database.name();
        let detail = format!("{why}; no further head is shown until it signs one");
        let alarm = Alarm {
            severity: Severity::P1,
            kind: AlarmKind::OwnHeadDisputed,
            subject: name.to_owned(),
            detail,
        };
        self.alarms.raise(alarm).await;
        Refusal::new(Code::WitnessesMissing, format!("{name}: {why}"))
    }

    /// Compares a note that a witness sent; an error if the database ends with it.
    async fn held_against(
        &self,
        served: &HostedDatabase,
        note: &[u8],
    ) -> Result<(), DatabaseHeadError> {
        // What is no note of ours proves nothing.
        let _compared = served.database.compare(note).await?;
        match served.database.settle().await? {
            Some(halt) => Err(DatabaseHeadError::Halted(halt)),
            None => Ok(()),
        }
    }

    pub(crate) async fn recall_disputes(&self, database: &DatabaseLog) {
        let kept = self.store.state(&name(database)).await.ok().flatten();
        let disputes = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
        self.panel
            .take_up(database.name(), disputes.unwrap_or_default());
    }

    pub(crate) async fn note_disputes(&self, database: &DatabaseLog) {
        let noted = self.try_note_disputes(database).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "what witnesses dispute could not be written down");
        }
    }

    async fn try_note_disputes(&self, database: &DatabaseLog) -> Result<(), store::StoreError> {
        let disputes: BTreeMap<_, _> = self.panel.disputes(database.name());
        let kept = self.store.state(&name(database)).await?;
        if kept.is_none() && disputes.is_empty() {
            return Ok(());
        }
        let new = Bytes::from(serde_json::to_vec(&disputes).unwrap_or_default());
        if kept.as_ref() != Some(&new) {
            self.store.swap_state(&name(database), kept, new).await?;
        }
        Ok(())
    }
}
