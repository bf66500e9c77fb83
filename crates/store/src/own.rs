//! Checksum databases of our own: one record a version, for ever, and one history of signed heads.
//!
//! Records are rows of the catalog. A captured version's record is written in the transaction of the
//! capture that completes it ([`crate::Provenance::log`]); any other is appended by
//! [`DatabaseLog::append`]. What is signed is another matter, for a client that has once seen a head
//! never forgets it: to lose one is to lose every client. So:
//!
//! * signed is what a reading connection sees, which is what commits have made durable;
//! * a head is durable in a file of its own before anybody gets it, outside the catalog, so that a
//!   catalog from a backup cannot take it along;
//! * the catalog must contain the newest head that is known to be signed, whether from that file or
//!   from somebody who echoes it: else nothing is signed under this name any more, until the history
//!   that is missing is there again or the operator begins another name;
//! * two heads that contradict each other are kept as evidence, and end the name for good.
//!
//! Unlike the journal's log, which begins another by itself, a database that cannot go on stays
//! where it is: its clients have its key in their configuration, and only people can change that.

mod files;
mod head;
mod opened;
pub(crate) mod record;

pub(crate) use files::stop_all;
pub use files::{DatabaseName, NameError, check_name, init, list, reopen, resolve, retire};
pub use head::{DatabaseHalt, DatabaseHead, DatabaseHeadError, ForeignNote, HeadComparison};
pub use record::{DatabaseRecord, go_sum_lines};

use crate::{
    catalog::{Catalog, LogName},
    error::StoreError,
    journal,
    key::Key,
    store::Store,
    trust::version_path,
};
use bytes::Bytes;
use files::Files;
use gomod::{Artifact, ModulePath, Version};
use opened::DatabaseHeads;
use record::NewRecord;
use std::{fmt, sync::Arc};
use tlog::{
    Hash,
    entries::EntryBundle,
    note::{SignerKey, VerifierKey},
    proof,
    proof_file::LogProof,
    tile::Tile,
};

/// A checksum database of our own; cheap to clone.
#[derive(Clone)]
pub struct DatabaseLog {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    key: SignerKey,
    files: Files,
    retired: bool,
    state: DatabaseHeads,
}

// === impl Store ===

impl Store {
    /// The checksum databases of our own: all whose keys are here. Blocks.
    pub fn own_databases(&self) -> Result<Vec<DatabaseLog>, StoreError> {
        let directory = self.core().layout.databases();
        let names = files::list(self.core().layout.root())?;
        let open = |name: DatabaseName| {
            let files = Files::new(&directory, name.key.name());
            let key = files.read_key()?;
            let inner = Inner {
                store: self.clone(),
                key,
                files,
                retired: name.retired,
                state: DatabaseHeads::default(),
            };
            Ok(DatabaseLog {
                inner: Arc::new(inner),
            })
        };
        names.into_iter().map(open).collect()
    }
}

// === impl DatabaseLog ===

impl DatabaseLog {
    /// Its name.
    pub fn name(&self) -> &str {
        self.key().name()
    }

    /// The key that its heads are checked with.
    pub fn key(&self) -> &VerifierKey {
        self.inner.key.verifier()
    }

    /// Whether it takes no further records.
    pub fn is_retired(&self) -> bool {
        self.inner.retired
    }

    /// The record of a version.
    pub async fn find(
        &self,
        module: &ModulePath,
        version: &Version,
    ) -> Result<Option<DatabaseRecord>, StoreError> {
        let (name, version) = (self.name().to_owned(), version_path(module, version));
        self.catalog().record(name, version).await
    }

    /// Records from number `first` on that no proof is kept of, at most `limit`.
    pub async fn unproven(
        &self,
        first: u64,
        limit: usize,
    ) -> Result<Vec<(ModulePath, Version, DatabaseRecord)>, StoreError> {
        let name = self.name().to_owned();
        let found = self.catalog().records_without_proof(name, first, limit);
        let found = found.await?;
        let named = |(record, version): (DatabaseRecord, String)| match Key::parse(&format!(
            "{version}.mod"
        ))? {
            Key::Artifact(Artifact {
                module, version, ..
            }) => Some((module, version, record)),
            Key::Sumdb { .. } => None,
        };
        Ok(found.into_iter().filter_map(named).collect())
    }

    /// The record of a version: the one that is there, else one with this text. It is durable when
    /// this returns.
    pub async fn append(
        &self,
        module: &ModulePath,
        version: &Version,
        text: &str,
        source: &str,
    ) -> Result<DatabaseRecord, StoreError> {
        journal::bounded("a record", text.len() + source.len())?;
        let new = NewRecord {
            database: self.name().to_owned(),
            module: module.clone(),
            version: version.clone(),
            text: text.to_owned(),
            source: source.to_owned(),
        };
        self.catalog().append_record(new).await
    }

    /// How many records it has, signed or not.
    pub async fn size(&self) -> Result<u64, StoreError> {
        self.catalog().log_size(self.log()).await
    }

    /// The bytes of a tile: hashes, or records each with an empty line behind it; `None` if it is
    /// not filled as wide.
    pub async fn tile(&self, tile: Tile) -> Result<Option<Bytes>, StoreError> {
        if tile.level().is_some() {
            return self.catalog().log_tile(self.log(), tile).await;
        }
        let (first, width) = (tile.index() << tile.height(), u64::from(tile.width()));
        let name = self.name().to_owned();
        let texts = self.catalog().record_texts(name, first, width).await?;
        let record = |text: Vec<u8>| text.into_iter().chain([b'\n']);
        Ok(texts.map(|texts| texts.into_iter().flat_map(record).collect()))
    }

    /// The bytes of a bundle of entries; `None` if there are not as many.
    pub async fn entries(&self, bundle: EntryBundle) -> Result<Option<Bytes>, StoreError> {
        self.catalog().log_entries(self.log(), bundle).await
    }

    /// The proof file of a record under a head that contains it.
    pub async fn proof(
        &self,
        record: &DatabaseRecord,
        head: &DatabaseHead,
    ) -> Result<LogProof, StoreError> {
        let (size, number) = (head.head.size, record.number);
        let steps = proof::inclusion(size, number).map_err(impossible)?;
        let hashes = self.catalog().log_subtrees(self.log(), size, steps);
        Ok(LogProof {
            extra: Some(record.text.clone().into_bytes()),
            index: number,
            hashes: hashes.await?,
            checkpoint: String::from_utf8_lossy(&head.note).into_owned(),
        })
    }

    /// The proof that the tree of `older` records is the beginning of that of `newer`.
    pub async fn consistency(&self, older: u64, newer: u64) -> Result<Vec<Hash>, StoreError> {
        if older == 0 {
            return Ok(Vec::new());
        }
        let steps = proof::consistency(newer, older).map_err(impossible)?;
        let log = self.log();
        self.catalog().log_subtrees(log, newer, steps).await
    }

    fn catalog(&self) -> &dyn Catalog {
        self.inner.store.catalog()
    }

    fn log(&self) -> LogName {
        LogName::Database(self.name().to_owned())
    }
}

impl fmt::Debug for DatabaseLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DatabaseLog").field(self.key()).finish()
    }
}

fn impossible(error: proof::ProofError) -> StoreError {
    StoreError::io("proving", std::io::Error::other(error))
}
