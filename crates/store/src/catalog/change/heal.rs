//! Changes to what captures have after a disk lost it.

use super::{
    Applied, Batch, BlobId, CaptureRow, Command, Decision, InsertedCapture, JournalEntry, Key,
    StoreError, microseconds, params, read,
};

/// Bytes that take the place of lost ones; their blob is durable already.
pub(crate) struct Heal {
    pub(crate) path: String,
    pub(crate) lost: BlobId,
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) h1: Option<String>,
    pub(crate) source: String,
}

// === impl Command ===

impl Command for Heal {
    type Outcome = Option<CaptureRow>;

    fn apply(self, batch: &mut Batch<'_>) -> Result<Applied<Self::Outcome>, StoreError> {
        batch.heal(self)
    }
}

// === impl Batch ===

impl Batch<'_> {
    /// Gives a capture the blob that takes the place of a lost one, with an entry in the journal.
    fn heal(&mut self, heal: Heal) -> Result<Applied<Option<CaptureRow>>, StoreError> {
        let Some(kept) = read::find(self.connection, &heal.path)? else {
            return Ok(Applied::Done(None));
        };
        if kept.blob != heal.lost {
            return Ok(Applied::Done(None));
        }
        if heal.blob != heal.lost && (kept.h1.is_none() || kept.h1 != heal.h1) {
            return Ok(Applied::Refused(StoreError::Conflict {
                path: heal.path,
                kept: heal.lost,
                offered: heal.blob,
            }));
        }
        self.exchange(&kept, heal.blob, heal.size)?;
        let path = heal.path.clone();
        self.journal(Decision::Healed {
            path: heal.path,
            lost: heal.lost,
            blob: heal.blob,
            size: heal.size,
            h1: kept.h1,
            source: heal.source,
            evidence: kept.evidence,
        })?;
        read::find(self.connection, &path).map(Applied::Done)
    }

    /// Does again what an entry of the journal tells of, for a rebuild: `captured` is the entry of a
    /// capture that could not be replayed, since its blob is lost.
    pub(crate) fn replay_heal(
        &mut self,
        entry: &JournalEntry,
        captured: Option<&JournalEntry>,
    ) -> Result<(), StoreError> {
        self.skip(entry);
        let Decision::Healed {
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
        self.insert(&InsertedCapture {
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
