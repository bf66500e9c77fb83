//! Proofs, tiles, states and cases; withdrawals, and bytes that never became captures.

use super::Store;
use crate::{
    blob::BlobId,
    error::StoreError,
    journal::{self, Decision, JournalEvent},
    key::Key,
    placement::{self, QuarantineOutcome},
    spool::SealedSpool,
    trust::{Backlog, CASE, CaseFile, StoredTile, VersionProof, Withdrawal},
};
use bytes::Bytes;
use gomod::{ModulePath, Version};
use std::sync::Arc;

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
        self.catalog().proof(module, version, database).await
    }

    /// The newest proofs of a database, at most `limit`: the heads it was seen with.
    pub async fn newest_proofs(
        &self,
        database: &str,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let database = database.to_owned();
        self.catalog().newest_proofs(database, limit).await
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
        self.catalog().proofs(database, after, limit).await
    }

    /// Keeps a proof that was found later than the captures it vouches for; those say so from now
    /// on. Durable when this returns.
    pub async fn prove(&self, proof: VersionProof, captures: Vec<Key>) -> Result<(), StoreError> {
        proof.check_words()?;
        self.catalog().add_proof(proof, captures).await
    }

    /// Stops serving a capture; its bytes are put into quarantine unless another capture has the
    /// same. False if it was not there, or has other bytes by now.
    pub async fn withdraw(&self, withdrawal: Withdrawal) -> Result<bool, StoreError> {
        journal::bounded(
            "a withdrawal",
            withdrawal.by.len() + withdrawal.reason.len(),
        )?;
        let Some(blob) = self.catalog().withdraw(withdrawal).await? else {
            return Ok(false);
        };
        self.quarantine_unused(blob).await?;
        Ok(true)
    }

    /// Puts a blob into quarantine that no capture has any more.
    pub(crate) async fn quarantine_unused(&self, blob: BlobId) -> Result<(), StoreError> {
        let uses = self.catalog().captures_of(blob, 1).await?;
        if uses.is_empty() {
            let core = Arc::clone(self.core());
            let aside = core
                .clone()
                .writes
                .run(move |()| placement::quarantine_blob(&core, blob))
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
        self.catalog().open_case(event).await
    }

    /// Cases with numbers below `before`, the newest first, at most `limit`.
    pub async fn cases(&self, before: u64, limit: usize) -> Result<Vec<CaseFile>, StoreError> {
        self.catalog().cases(before, limit).await
    }

    /// How much waits for somebody.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.catalog().backlog().await
    }

    /// Tiles of a database, as wide as they are known, in the order asked for.
    pub async fn tiles(
        &self,
        database: &str,
        tiles: Vec<(u8, u64)>,
    ) -> Result<Vec<Option<Bytes>>, StoreError> {
        let database = database.to_owned();
        self.catalog().tiles(database, tiles).await
    }

    /// Keeps tiles where they are wider than what is kept, or other. When this returns, they will be there
    /// whenever anything is that is written later: a head or a proof that needs them.
    ///
    /// It waits for the transaction, though not for the disk: a transaction that failed while a
    /// later one with the head succeeds would leave a head without its tiles.
    pub async fn keep_tiles(&self, tiles: Vec<StoredTile>) -> Result<(), StoreError> {
        self.catalog().keep_tiles(tiles).await
    }

    /// Captures that say of themselves that they wait for their proof, in the order of their paths.
    pub async fn unproven(&self, after: &str, limit: usize) -> Result<Vec<Key>, StoreError> {
        let after = after.to_owned();
        let paths = self.catalog().unproven(after, limit);
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
            QuarantineOutcome::AlreadyThere => return Ok(()),
            QuarantineOutcome::Moved => true,
            QuarantineOutcome::NoRoom => false,
        };
        let decision = Decision::Quarantined {
            path: key.path(),
            blob,
            size,
            source: source.to_owned(),
            reason: reason.to_owned(),
            held,
        };
        self.catalog().append(decision).await.map(drop)
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

    async fn hold(&self, mut sealed: SealedSpool) -> Result<QuarantineOutcome, StoreError> {
        let core = Arc::clone(self.core());
        core.clone()
            .writes
            .run(move |()| placement::quarantine(&core, &mut sealed))
            .await?
    }

    /// A state, by its name.
    pub async fn state(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        let name = name.to_owned();
        self.catalog().state(name).await
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
        self.catalog().swap_state(name, old, new).await
    }
}
