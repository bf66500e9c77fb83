//! Changes to captures that nothing has confirmed yet (law L11).
//!
//! Other bytes take the place of the first ones, or something confirms them. The version keeps its
//! place in the index; the capture is as new as its bytes.

use super::{
    BlobId, CaptureRow, Command, CommandOutcome, Decision, Facts, JournalEntry, Key, NewCaptureRow,
    Provenance, RecordedEvidence, StoreError, TransactionBatch, microseconds, params, read,
};
use crate::catalog::{BlobReplacement, EvidenceUpdate};

/// What a row has after a replacement.
struct ReplacementRow<'a> {
    blob: BlobId,
    size: u64,
    h1: Option<&'a str>,
    source: &'a str,
    evidence: &'a RecordedEvidence,
    sequence: u64,
    at: i64,
}

// === impl Command ===

impl Command for BlobReplacement {
    type Outcome = Option<CaptureRow>;

    fn apply(
        self,
        batch: &mut TransactionBatch<'_>,
    ) -> Result<CommandOutcome<Self::Outcome>, StoreError> {
        batch.replace(self).map(CommandOutcome::Done)
    }
}

impl Command for EvidenceUpdate {
    type Outcome = bool;

    fn apply(self, batch: &mut TransactionBatch<'_>) -> Result<CommandOutcome<bool>, StoreError> {
        batch.confirm(self).map(CommandOutcome::Done)
    }
}

// === impl TransactionBatch ===

impl TransactionBatch<'_> {
    /// Gives a capture other bytes, with an entry in the journal; nothing if it has not the old ones.
    fn replace(&mut self, new: BlobReplacement) -> Result<Option<CaptureRow>, StoreError> {
        let kept = read::find(self.connection, &new.path)?;
        let Some(kept) = kept.filter(|kept| kept.blob == new.old && new.blob != new.old) else {
            return Ok(None);
        };
        let Provenance {
            h1,
            source,
            evidence,
            ..
        } = new.provenance;
        let evidence = RecordedEvidence::from(&evidence);
        let (sequence, at) = self.journal(Decision::Replaced {
            path: new.path.clone(),
            old: new.old,
            blob: new.blob,
            size: new.size,
            h1: h1.clone(),
            source: source.clone(),
            evidence: evidence.clone(),
            by: new.by,
            reason: new.reason,
        })?;
        let bytes = ReplacementRow {
            blob: new.blob,
            size: new.size,
            h1: h1.as_deref(),
            source: &source,
            evidence: &evidence,
            sequence,
            at: microseconds(at),
        };
        self.put_bytes(&kept, &bytes)?;
        read::find(self.connection, &new.path)
    }

    /// Takes a capture out whatever its blob is, since the one it got is lost. For a rebuild.
    pub(crate) fn forget(&mut self, path: &str) -> Result<(), StoreError> {
        match read::find(self.connection, path)? {
            Some(kept) => self.remove(path, kept.blob).map(drop),
            None => Ok(()),
        }
    }

    /// Says of a capture with this blob why it is trusted, with an entry in the journal.
    fn confirm(&mut self, update: EvidenceUpdate) -> Result<bool, StoreError> {
        let EvidenceUpdate {
            path,
            blob,
            evidence,
        } = update;
        let evidence = RecordedEvidence::from(&evidence);
        let is_kept = self.raise_blob(&path, blob, &evidence)? > 0;
        if is_kept {
            self.journal(Decision::Confirmed {
                path,
                blob,
                evidence,
            })?;
        }
        Ok(is_kept)
    }

    pub(super) fn raise_blob(
        &self,
        path: &str,
        blob: BlobId,
        evidence: &RecordedEvidence,
    ) -> Result<u64, StoreError> {
        let sql = "UPDATE capture SET evidence = ?3 WHERE path = ?1 AND blob = ?2";
        let row = params![path, blob.as_bytes(), evidence.as_str()];
        self.execute("confirming a capture", sql, row)
    }

    /// Does again what an entry of the journal tells of, for a rebuild: `captured` is the entry of the
    /// capture, if its blob is not there any more.
    pub(crate) fn replay_replacement(
        &mut self,
        entry: &JournalEntry,
        captured: Option<&JournalEntry>,
    ) -> Result<(), StoreError> {
        self.skip(entry);
        let Decision::Replaced {
            path,
            old,
            blob,
            size,
            h1,
            source,
            evidence,
            ..
        } = &entry.decision
        else {
            return Ok(());
        };
        if let Some(captured) = captured {
            if Key::parse(path).is_none() {
                return Ok(());
            }
            // Everything else is set below, from the entry of the replacement.
            self.insert(&NewCaptureRow {
                path,
                blob: *blob,
                size: *size,
                h1: None,
                source: "",
                evidence: &RecordedEvidence::default(),
                facts: &Facts::new(),
                sequence: captured.sequence,
                at: microseconds(captured.at),
            })?;
        }
        let kept = read::find(self.connection, path)?;
        let was_old = |kept: &CaptureRow| kept.blob == *old || captured.is_some();
        let Some(kept) = kept.filter(was_old) else {
            return Ok(());
        };
        let bytes = ReplacementRow {
            blob: *blob,
            size: *size,
            h1: h1.as_deref(),
            source,
            evidence,
            sequence: entry.sequence,
            at: microseconds(entry.at),
        };
        self.put_bytes(&kept, &bytes)
    }

    fn put_bytes(&mut self, kept: &CaptureRow, new: &ReplacementRow<'_>) -> Result<(), StoreError> {
        self.exchange(kept, new.blob, new.size)?;
        let sql = "UPDATE capture SET h1 = ?2, source = ?3, evidence = ?4, facts = NULL,
                   sequence = ?5, first_seen = ?6 WHERE path = ?1";
        let row = params![
            kept.path,
            new.h1,
            new.source,
            new.evidence.as_str(),
            new.sequence,
            new.at
        ];
        self.execute("replacing a capture", sql, row).map(drop)
    }
}
