//! Orders about versions: withdrawn, and taken back.

use super::{
    Command, CommandOutcome, Decision, JournalEntry, StoreError, TransactionBatch, params, read,
};
use crate::catalog::VersionOrder;
use crate::withdrawn::{REINSTATED, WITHDRAWN};

// === impl Command ===

impl Command for VersionOrder {
    type Outcome = bool;

    fn apply(self, batch: &mut TransactionBatch<'_>) -> Result<CommandOutcome<bool>, StoreError> {
        let changed = batch.order_version(&self.version, &self.reason, self.withdrawn)?;
        Ok(CommandOutcome::Done(changed > 0))
    }
}

// === impl TransactionBatch ===

impl TransactionBatch<'_> {
    /// Carries an order out, with its entry in the journal; gives how many rows it changed.
    fn order_version(
        &mut self,
        version: &str,
        reason: &str,
        withdrawn: bool,
    ) -> Result<u64, StoreError> {
        if self.is_withdrawn(version)? == withdrawn {
            return Ok(0);
        }
        let event = if withdrawn { WITHDRAWN } else { REINSTATED };
        let (sequence, at) = self.journal(Decision::Event {
            event: event.to_owned(),
            subject: version.to_owned(),
            detail: reason.to_owned(),
        })?;
        if withdrawn {
            self.insert_withdrawn(version, sequence, read::microseconds(at), reason)
        } else {
            self.delete_withdrawn(version)
        }
    }

    /// Does again what an entry of the journal tells of. For a rebuild.
    pub(super) fn replay_order(&mut self, entry: &JournalEntry) -> Result<(), StoreError> {
        let Decision::Event {
            event,
            subject,
            detail,
        } = &entry.decision
        else {
            return Ok(());
        };
        let at = read::microseconds(entry.at);
        match event.as_str() {
            WITHDRAWN => self.insert_withdrawn(subject, entry.sequence, at, detail),
            REINSTATED => self.delete_withdrawn(subject),
            _ => Ok(0),
        }
        .map(drop)
    }

    fn is_withdrawn(&self, version: &str) -> Result<bool, StoreError> {
        let failed = |error| StoreError::sql("looking up a withdrawn version", error);
        let sql = "SELECT 1 FROM withdrawn WHERE version = ?1";
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        statement.exists([version]).map_err(failed)
    }

    fn insert_withdrawn(
        &self,
        version: &str,
        sequence: u64,
        at: i64,
        reason: &str,
    ) -> Result<u64, StoreError> {
        let sql = "INSERT INTO withdrawn (version, at, sequence, reason) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO NOTHING";
        self.execute(
            "withdrawing a version",
            sql,
            params![version, at, sequence, reason],
        )
    }

    fn delete_withdrawn(&self, version: &str) -> Result<u64, StoreError> {
        let sql = "DELETE FROM withdrawn WHERE version = ?1";
        self.execute("reinstating a version", sql, [version])
    }
}
