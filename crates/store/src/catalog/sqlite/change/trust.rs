//! Changes to what vouches for captures.

use super::{
    BlobId, Command, CommandOutcome, Decision, JournalEntry, Key, RecordedEvidence, StoreError,
    TransactionBatch, params, read,
};
use crate::{
    journal::JournalEvent,
    trust::{CASE, StoredTile, VersionProof, Withdrawal},
};
use bytes::Bytes;

/// A proof that was found later than what it proves, and the captures it vouches for now.
pub(crate) struct AddProof(pub(crate) VersionProof, pub(crate) Vec<Key>);

/// Takes a capture out of the catalog; gives the blob it had, if it was there.
pub(crate) struct WithdrawCapture(pub(crate) Withdrawal);

/// Writes a case of wrong bytes down; gives its number.
pub(crate) struct OpenCase(pub(crate) JournalEvent);

/// Keeps tiles that are wider than what is kept.
pub(crate) struct KeepTiles(pub(crate) Vec<StoredTile>);

/// Changes a state if it is what it is taken to be; gives whether it was.
pub(crate) struct SwapState {
    pub(crate) name: String,
    pub(crate) old: Option<Bytes>,
    pub(crate) new: Bytes,
}

// === impl AddProof ===

impl Command for AddProof {
    type Outcome = ();

    fn apply(self, batch: &mut TransactionBatch<'_>) -> Result<CommandOutcome<()>, StoreError> {
        batch.prove(&self.0, &self.1).map(CommandOutcome::Done)
    }
}

impl Command for WithdrawCapture {
    type Outcome = Option<BlobId>;

    fn apply(
        self,
        batch: &mut TransactionBatch<'_>,
    ) -> Result<CommandOutcome<Self::Outcome>, StoreError> {
        batch.withdraw(self.0).map(CommandOutcome::Done)
    }
}

impl Command for OpenCase {
    type Outcome = u64;

    fn apply(self, batch: &mut TransactionBatch<'_>) -> Result<CommandOutcome<u64>, StoreError> {
        batch.open_case(self.0).map(CommandOutcome::Done)
    }
}

impl Command for KeepTiles {
    type Outcome = ();

    fn must_last(&self) -> bool {
        false
    }

    /// A tile fills two pages, and a third is shared.
    fn pages(&self) -> u64 {
        3 * self.0.len() as u64
    }

    fn apply(self, batch: &mut TransactionBatch<'_>) -> Result<CommandOutcome<()>, StoreError> {
        batch.keep_tiles(&self.0).map(CommandOutcome::Done)
    }
}

impl Command for SwapState {
    type Outcome = bool;

    fn apply(self, batch: &mut TransactionBatch<'_>) -> Result<CommandOutcome<bool>, StoreError> {
        let Self { name, old, new } = self;
        let swapped = batch.swap_state(&name, old.as_deref(), &new)?;
        Ok(CommandOutcome::Done(swapped))
    }
}

// === impl TransactionBatch ===

impl TransactionBatch<'_> {
    /// Keeps a proof, with its entry in the journal, and raises the captures it vouches for.
    pub(super) fn prove(
        &mut self,
        proof: &VersionProof,
        captures: &[Key],
    ) -> Result<(), StoreError> {
        let version = proof.path();
        if self.insert_proof(&version, &proof.database, proof.record, &proof.file)? == 0
            && captures.is_empty()
        {
            return Ok(());
        }
        let captures: Vec<String> = captures.iter().map(Key::path).collect();
        let evidence = RecordedEvidence::from(&proof.evidence);
        self.raise(&captures, &evidence)?;
        let evidence = if captures.is_empty() {
            RecordedEvidence::default()
        } else {
            evidence
        };
        self.journal(Decision::Proven {
            version,
            database: proof.database.clone(),
            record: proof.record,
            proof: proof.file.clone(),
            captures,
            evidence,
        })
        .map(drop)
    }

    /// Takes a capture out of the catalog, with an entry in the journal; gives the blob it had.
    fn withdraw(&mut self, withdrawal: Withdrawal) -> Result<Option<BlobId>, StoreError> {
        let Withdrawal {
            key,
            blob,
            by,
            reason,
        } = withdrawal;
        let path = key.path();
        if !self.remove(&path, blob)? {
            return Ok(None);
        }
        self.journal(Decision::Withdrawn {
            path,
            blob,
            by,
            reason,
        })?;
        Ok(Some(blob))
    }

    /// Writes a case of wrong bytes into the journal and the catalog.
    fn open_case(&mut self, event: JournalEvent) -> Result<u64, StoreError> {
        let JournalEvent {
            kind: event,
            subject,
            detail,
        } = event;
        let (path, body) = (subject.clone(), detail.clone());
        let (sequence, at) = self.journal(Decision::Event {
            event,
            subject,
            detail,
        })?;
        self.insert_case(sequence, read::microseconds(at), &path, &body)?;
        Ok(sequence)
    }

    fn insert_case(
        &self,
        sequence: u64,
        at: i64,
        path: &str,
        body: &str,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO mismatch (sequence, at, path, body) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO NOTHING";
        self.execute("writing a case", sql, params![sequence, at, path, body])
            .map(drop)
    }

    /// Keeps tiles that are wider than what is kept. They are proven, so what is kept and disagrees
    /// is damaged, and makes room.
    fn keep_tiles(&self, tiles: &[StoredTile]) -> Result<(), StoreError> {
        let sql = "INSERT INTO tile (database, level, number, hashes) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO UPDATE SET hashes = excluded.hashes
                   WHERE length(excluded.hashes) > length(tile.hashes)
                      OR substr(tile.hashes, 1, length(excluded.hashes)) <> excluded.hashes";
        let keep = |tile: &StoredTile| {
            let StoredTile {
                database,
                level,
                number,
                hashes,
            } = tile;
            self.execute(
                "keeping a tile",
                sql,
                params![database, level, number, &hashes[..]],
            )
            .map(drop)
        };
        tiles.iter().try_for_each(keep)
    }

    /// Changes a state if it is `old`.
    fn swap_state(&self, name: &str, old: Option<&[u8]>, new: &[u8]) -> Result<bool, StoreError> {
        if read::trust::state(self.connection, name)?.as_deref() != old {
            return Ok(false);
        }
        let sql = "INSERT INTO state (name, value) VALUES (?1, ?2)
                   ON CONFLICT DO UPDATE SET value = excluded.value";
        self.execute("changing a state", sql, params![name, new])?;
        Ok(true)
    }

    /// Does again what an entry of the journal tells of. For a rebuild.
    pub(super) fn replay_trust(&mut self, entry: &JournalEntry) -> Result<(), StoreError> {
        match &entry.decision {
            Decision::Proven {
                version,
                database,
                record,
                proof,
                captures,
                evidence,
            } => {
                self.insert_proof(version, database, *record, proof)?;
                self.raise(captures, evidence)
            }
            Decision::Logged { .. } => self.replay_log(entry),
            Decision::Withdrawn { path, blob, .. } => self.remove(path, *blob).map(drop),
            Decision::Confirmed {
                path,
                blob,
                evidence,
            } => self.raise_blob(path, *blob, evidence).map(drop),
            Decision::Event {
                event,
                subject,
                detail,
            } if event == CASE => self.insert_case(
                entry.sequence,
                read::microseconds(entry.at),
                subject,
                detail,
            ),
            Decision::Event { .. } => self.replay_order(entry),
            _ => Ok(()),
        }
    }

    fn insert_proof(
        &self,
        version: &str,
        database: &str,
        record: u64,
        file: &str,
    ) -> Result<u64, StoreError> {
        let sql = "INSERT INTO proof (version, database, record, file) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO NOTHING";
        self.execute(
            "keeping a proof",
            sql,
            params![version, database, record, file],
        )
    }

    /// The bytes of a capture never change; what vouches for them may become better.
    fn raise(&self, captures: &[String], evidence: &RecordedEvidence) -> Result<(), StoreError> {
        let sql = "UPDATE capture SET evidence = ?2 WHERE path = ?1";
        captures.iter().try_for_each(|path| {
            self.execute("raising evidence", sql, params![path, evidence.as_str()])
                .map(drop)
        })
    }

    pub(super) fn remove(&mut self, path: &str, blob: BlobId) -> Result<bool, StoreError> {
        let Some(row) = read::find(self.connection, path)?.filter(|row| row.blob == blob) else {
            return Ok(false);
        };
        let action = "withdrawing a capture";
        self.totals.captures -=
            self.execute(action, "DELETE FROM capture WHERE path = ?1", [path])?;
        if let Some(version) = super::version_path(path)
            && !self.has_version(version)?
        {
            // Else it would stand in the index twice once it is captured anew. Withdrawals are rare.
            let sql = "DELETE FROM version WHERE path = ?1";
            self.execute(action, sql, [version])?;
        }
        self.forget_unused(blob, row.size)?;
        Ok(true)
    }

    /// Takes a blob of `size` bytes out of the catalog if no capture has it any more.
    pub(super) fn forget_unused(&mut self, blob: BlobId, size: u64) -> Result<(), StoreError> {
        if read::captures_of(self.connection, blob, 1)?.is_empty() {
            let sql = "DELETE FROM blob WHERE id = ?1";
            let removed = self.execute("forgetting a blob", sql, [blob.as_bytes()])?;
            self.totals.blobs -= removed;
            self.totals.bytes = self.totals.bytes.saturating_sub(removed * size);
        }
        Ok(())
    }
}
