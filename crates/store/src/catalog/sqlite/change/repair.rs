//! Changes to what captures have after a disk lost it.

use super::{
    BlobId, CaptureRow, Command, CommandOutcome, Decision, JournalEntry, Key, NewCaptureRow,
    StoreError, TransactionBatch, microseconds, params, read,
};
use crate::catalog::BlobRepair;

// === impl Command ===

impl Command for BlobRepair {
    type Outcome = Option<CaptureRow>;

    fn apply(
        self,
        batch: &mut TransactionBatch<'_>,
    ) -> Result<CommandOutcome<Self::Outcome>, StoreError> {
        batch.repair(self)
    }
}

// === impl TransactionBatch ===

impl TransactionBatch<'_> {
    /// Gives a capture the blob that takes the place of a lost one, with an entry in the journal.
    fn repair(
        &mut self,
        repair: BlobRepair,
    ) -> Result<CommandOutcome<Option<CaptureRow>>, StoreError> {
        let Some(kept) = read::find(self.connection, &repair.path)? else {
            return Ok(CommandOutcome::Done(None));
        };
        if kept.blob != repair.lost {
            return Ok(CommandOutcome::Done(None));
        }
        if repair.blob != repair.lost && (kept.h1.is_none() || kept.h1 != repair.h1) {
            return Ok(CommandOutcome::Refused(StoreError::Conflict {
                path: repair.path,
                kept: repair.lost,
                offered: repair.blob,
            }));
        }
        self.exchange(&kept, repair.blob, repair.size)?;
        let path = repair.path.clone();
        self.journal(Decision::Repaired {
            path: repair.path,
            lost: repair.lost,
            blob: repair.blob,
            size: repair.size,
            h1: kept.h1,
            source: repair.source,
            evidence: kept.evidence,
        })?;
        read::find(self.connection, &path).map(CommandOutcome::Done)
    }

    /// Does again what an entry of the journal tells of, for a rebuild: `captured` is the entry of a
    /// capture that could not be replayed, since its blob is lost.
    pub(crate) fn replay_repair(
        &mut self,
        entry: &JournalEntry,
        captured: Option<&JournalEntry>,
    ) -> Result<(), StoreError> {
        self.skip(entry);
        let Decision::Repaired {
            path,
            lost,
            blob,
            size,
            evidence,
            ..
        } = &entry.decision
        else {
            return Ok(());
        };
        if let Some(kept) = read::find(self.connection, path)? {
            return if kept.blob == *lost {
                self.exchange(&kept, *blob, *size)
            } else {
                Ok(())
            };
        }
        let Some(captured) = captured else {
            return Ok(());
        };
        let Decision::Captured {
            h1, source, facts, ..
        } = &captured.decision
        else {
            return Ok(());
        };
        if Key::parse(path).is_none() {
            return Ok(());
        }
        self.insert(&NewCaptureRow {
            path,
            blob: *blob,
            size: *size,
            h1: h1.as_deref(),
            source,
            evidence,
            facts,
            sequence: captured.sequence,
            at: microseconds(captured.at),
        })
    }

    /// The row keeps everything but the name and the size of its bytes.
    pub(super) fn exchange(
        &mut self,
        kept: &CaptureRow,
        blob: BlobId,
        size: u64,
    ) -> Result<(), StoreError> {
        if blob == kept.blob {
            return Ok(());
        }
        let action = "healing a capture";
        let sql = "INSERT INTO blob (id, size) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        let added = self.execute(action, sql, params![blob.as_bytes(), size])?;
        let sql = "UPDATE capture SET blob = ?2, size = ?3 WHERE path = ?1";
        self.execute(action, sql, params![kept.path, blob.as_bytes(), size])?;
        self.totals.blobs += added;
        self.totals.bytes += added * size;
        self.forget_unused(kept.blob, kept.size)
    }
}
