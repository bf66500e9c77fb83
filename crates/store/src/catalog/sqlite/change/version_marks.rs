//! Orders about versions: a mark is set, or taken back.

use super::{
    Command, CommandOutcome, Decision, JournalEntry, StoreError, TransactionBatch, params, read,
};
use crate::{catalog::VersionOrder, version_mark::VersionMark};

// === impl Command ===

impl Command for VersionOrder {
    type Outcome = bool;

    fn apply(self, batch: &mut TransactionBatch<'_>) -> Result<CommandOutcome<bool>, StoreError> {
        let changed = batch.order_version(&self)?;
        Ok(CommandOutcome::Done(changed > 0))
    }
}

// === impl TransactionBatch ===

impl TransactionBatch<'_> {
    /// Carries an order out, with its entry in the journal; gives how many rows it changed.
    fn order_version(&mut self, order: &VersionOrder) -> Result<u64, StoreError> {
        let VersionOrder {
            mark,
            is_set,
            version,
            reason,
        } = order;
        if self.is_marked(*mark, version)? == *is_set {
            return Ok(0);
        }
        let (sequence, at) = self.journal(Decision::Event {
            event: mark.event(*is_set).to_owned(),
            subject: version.clone(),
            detail: reason.clone(),
        })?;
        if *is_set {
            self.insert_mark(*mark, version, sequence, read::microseconds(at), reason)
        } else {
            self.delete_mark(*mark, version)
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
        match VersionMark::of_event(event) {
            Some((mark, true)) => self.insert_mark(mark, subject, entry.sequence, at, detail),
            Some((mark, false)) => self.delete_mark(mark, subject),
            None => Ok(0),
        }
        .map(drop)
    }

    fn is_marked(&self, mark: VersionMark, version: &str) -> Result<bool, StoreError> {
        let failed = |error| StoreError::sql("looking up a marked version", error);
        let sql = format!("SELECT 1 FROM {} WHERE version = ?1", mark.table());
        let mut statement = self.connection.prepare_cached(&sql).map_err(failed)?;
        statement.exists([version]).map_err(failed)
    }

    fn insert_mark(
        &self,
        mark: VersionMark,
        version: &str,
        sequence: u64,
        at: i64,
        reason: &str,
    ) -> Result<u64, StoreError> {
        let sql = format!(
            "INSERT INTO {} (version, at, sequence, reason) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            mark.table()
        );
        self.execute(
            "marking a version",
            &sql,
            params![version, at, sequence, reason],
        )
    }

    fn delete_mark(&self, mark: VersionMark, version: &str) -> Result<u64, StoreError> {
        let sql = format!("DELETE FROM {} WHERE version = ?1", mark.table());
        self.execute("taking a mark back", &sql, [version])
    }
}
