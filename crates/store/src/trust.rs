//! What vouches for captures, and what only moves forward.
//!
//! A proof that a version is in a checksum database is kept once a version, in the journal and in
//! the catalog, in the transaction of the capture it was first needed for: evidence that is not
//! there when the bytes are is no evidence. Tiles are kept in the widest form that was proven, and
//! are durable no later than whatever is written behind them. A state, such as the newest tree head
//! of a database, is changed by compare-and-swap, so that it cannot go back, whoever else writes.
//!
//! A withdrawal is one of two ways in which captured bytes stop being served (law L2): by the order
//! or finding that they are not what they were taken for; [`crate::replace`] is the other. The bytes
//! are put aside, not deleted.

use crate::{
    blob::BlobId,
    catalog::{
        change::{AddProof, AppendEntry, KeepTiles, OpenCase, SwapState, WithdrawCapture},
        read,
    },
    error::StoreError,
    journal::{self, Decision, JournalEvent},
    key::Key,
    place::{self, Quarantined},
    spool::SealedSpool,
    store::Store,
};
use bytes::Bytes;
use gomod::{ModulePath, Version};
use jiff::Timestamp;
use protocol::Evidence;
use std::sync::Arc;

/// The state that names the last rebuild of the catalog. Whoever relies on what is in no journal
/// compares it with the one it saw before.
pub const REBUILT: &str = "rebuilt";

/// A proof that a version is in a checksum database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionProof {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// Name of the database.
    pub database: String,
    /// Number of its record there.
    pub record: u64,
    /// The proof, as a tlog-proof file (C2SP) that holds the record.
    pub file: String,
    /// What captures say of themselves that it vouches for.
    pub evidence: Evidence,
}

/// A hash tile of a checksum database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTile {
    /// Name of the database.
    pub database: String,
    /// The tile's level.
    pub level: u8,
    /// The tile's number on its level.
    pub number: u64,
    /// Its hashes, 32 bytes each, as many as are known.
    pub hashes: Bytes,
}

/// The word that opens a case in the journal.
pub(crate) const CASE: &str = "case";

/// A case of wrong bytes, as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// Its number: the journal entry that opened it.
    pub number: u64,
    /// When that was.
    pub at: Timestamp,
    /// Path of the artifact.
    pub path: String,
    /// What is known, as JSON.
    pub body: String,
}

/// How much waits for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Captures that wait for their proof.
    pub unproven: u64,
    /// When the oldest of them was captured.
    pub oldest_unproven: Option<Timestamp>,
    /// Cases of wrong bytes.
    pub cases: u64,
}

/// An order to stop serving something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// What.
    pub key: Key,
    /// The blob that is meant: if the key has another one by now, nothing happens.
    pub blob: BlobId,
    /// By whose order or finding.
    pub by: String,
    /// Why.
    pub reason: String,
}

// === impl VersionProof ===

impl VersionProof {
    /// Refuses what would not fit into an entry of the journal.
    pub(crate) fn check_words(&self) -> Result<(), StoreError> {
        let size = self.database.len() + self.file.len() + 2 * self.evidence.to_string().len();
        journal::bounded("a proof", size)
    }

    pub(crate) fn path(&self) -> String {
        version_path(&self.module, &self.version)
    }
}

/// `MODULE/@v/VERSION`, escaped.
pub(crate) fn version_path(module: &ModulePath, version: &Version) -> String {
    format!("{}/@v/{}", module.escaped(), version.escaped())
}

// === impl Store ===

impl Store {
    /// The proof of a version in a database.
    pub async fn proof(
        &self,
        module: &ModulePath,
        version: &Version,
        database: &str,
    ) -> Result<Option<VersionProof>, StoreError> {
        let (module, version) = (module.clone(), version.clone());
        let database = database.to_owned();
        self.catalog()
            .ask(move |connection| read::trust::proof(connection, &module, &version, &database))
            .await
    }

    /// The newest proofs of a database, at most `limit`: the heads it was seen with.
    pub async fn newest_proofs(
        &self,
        database: &str,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let database = database.to_owned();
        self.catalog()
            .ask_cold(move |connection| read::trust::newest_proofs(connection, &database, limit))
            .await
    }

    /// The proofs of a database that were kept behind `after`, in the order in which they were: a
    /// number for the next call, and the file.
    pub async fn proofs(
        &self,
        database: &str,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let database = database.to_owned();
        self.catalog()
            .ask_cold(move |connection| read::trust::proofs(connection, &database, after, limit))
            .await
    }

    /// Keeps a proof that was found later than the captures it vouches for; those say so from now
    /// on. Durable when this returns.
    pub async fn prove(&self, proof: VersionProof, captures: Vec<Key>) -> Result<(), StoreError> {
        proof.check_words()?;
        self.catalog().change(AddProof(proof, captures)).await
    }

    /// Stops serving a capture; its bytes are put into quarantine unless another capture has the
    /// same. False if it was not there, or has other bytes by now.
    pub async fn withdraw(&self, withdrawal: Withdrawal) -> Result<bool, StoreError> {
        journal::bounded(
            "a withdrawal",
            withdrawal.by.len() + withdrawal.reason.len(),
        )?;
        let withdraw = WithdrawCapture(withdrawal);
        let Some(blob) = self.catalog().change(withdraw).await? else {
            return Ok(false);
        };
        self.set_aside_unused(blob).await?;
        Ok(true)
    }

    /// Puts a blob into quarantine that no capture has any more.
    pub(crate) async fn set_aside_unused(&self, blob: BlobId) -> Result<(), StoreError> {
        let uses = self
            .catalog()
            .ask_cold(move |connection| read::captures_of(connection, blob, 1))
            .await?;
        if uses.is_empty() {
            let core = Arc::clone(self.core());
            let aside = core
                .clone()
                .writes
                .run(move |()| place::set_aside(&core, blob))
                .await?;
            if let Err(error) = aside {
                tracing::warn!(%error, %blob, "withdrawn bytes could not be put into quarantine");
            }
        }
        Ok(())
    }

    /// Writes a case of wrong bytes down; gives its number.
    pub async fn open_case(&self, path: &str, body: &str) -> Result<u64, StoreError> {
        let event = JournalEvent::new(CASE, path, body);
        event.clone().checked()?;
        self.catalog().change(OpenCase(event)).await
    }

    /// Cases with numbers below `before`, the newest first, at most `limit`.
    pub async fn cases(&self, before: u64, limit: usize) -> Result<Vec<CaseFile>, StoreError> {
        self.catalog()
            .ask_cold(move |connection| read::trust::cases(connection, before, limit))
            .await
    }

    /// How much waits for somebody.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.catalog().ask_cold(read::trust::backlog).await
    }

    /// Tiles of a database, as wide as they are known, in the order asked for.
    pub async fn tiles(
        &self,
        database: &str,
        tiles: Vec<(u8, u64)>,
    ) -> Result<Vec<Option<Bytes>>, StoreError> {
        let database = database.to_owned();
        self.catalog()
            .ask(move |connection| {
                let read =
                    |(level, number)| read::trust::tile(connection, &database, level, number);
                tiles.into_iter().map(read).collect()
            })
            .await
    }

    /// Keeps tiles where they are wider than what is kept, or other. When this returns, they will be there
    /// whenever anything is that is written later: a head or a proof that needs them.
    ///
    /// It waits for the transaction, though not for the disk: a transaction that failed while a
    /// later one with the head succeeds would leave a head without its tiles.
    pub async fn keep_tiles(&self, tiles: Vec<KeptTile>) -> Result<(), StoreError> {
        self.catalog().change(KeepTiles(tiles)).await
    }

    /// Captures that say of themselves that they wait for their proof, in the order of their paths.
    pub async fn unproven(&self, after: &str, limit: usize) -> Result<Vec<Key>, StoreError> {
        let after = after.to_owned();
        let paths = self
            .catalog()
            .ask_cold(move |connection| read::trust::unproven(connection, &after, limit));
        Ok(paths
            .await?
            .iter()
            .filter_map(|path| Key::parse(path))
            .collect())
    }

    /// Puts bytes aside that are not what they should be, with an entry in the journal. They are
    /// never served; an investigation finds them.
    pub async fn quarantine(
        &self,
        key: &Key,
        sealed: SealedSpool,
        source: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        journal::bounded("a quarantine", source.len() + reason.len())?;
        let (blob, size) = (sealed.blob(), sealed.size());
        let held = match self.hold(sealed).await? {
            Quarantined::Already => return Ok(()),
            Quarantined::Now => true,
            Quarantined::No => false,
        };
        let decision = Decision::Quarantined {
            path: key.path(),
            blob,
            size,
            source: source.to_owned(),
            reason: reason.to_owned(),
            held,
        };
        self.catalog().change(AppendEntry(decision)).await.map(drop)
    }

    /// [`Store::quarantine`] for bytes that are in memory.
    pub async fn quarantine_small(
        &self,
        key: &Key,
        bytes: Bytes,
        source: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let core = Arc::clone(self.core());
        let sealed = core
            .clone()
            .writes
            .run(move |()| SealedSpool::write(&core, &bytes))
            .await??;
        self.quarantine(key, sealed, source, reason).await
    }

    async fn hold(&self, mut sealed: SealedSpool) -> Result<Quarantined, StoreError> {
        let core = Arc::clone(self.core());
        core.clone()
            .writes
            .run(move |()| place::quarantine(&core, &mut sealed))
            .await?
    }

    /// A state, by its name.
    pub async fn state(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        let name = name.to_owned();
        self.catalog()
            .ask_cold(move |connection| read::trust::state(connection, &name))
            .await
    }

    /// Changes a state if it is what the caller takes it to be; durable when this returns. False,
    /// and nothing is changed, if it is something else.
    pub async fn swap_state(
        &self,
        name: &str,
        old: Option<Bytes>,
        new: Bytes,
    ) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.catalog().change(SwapState { name, old, new }).await
    }
}
