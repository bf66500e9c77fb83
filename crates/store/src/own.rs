//! Checksum databases of our own: one record a version, for ever, and one history of signed heads.
//!
//! Records are rows of the catalog. A captured version's record is written in the transaction of the
//! capture that completes it ([`crate::Provenance::log`]); any other is appended by
//! [`OwnDatabase::append`]. What is signed is another matter, for a client that has once seen a head
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

pub(crate) use files::stop_all;
pub use files::{NameError, OwnName, check_name, init, list, reopen, resolve, retire};
pub use head::{Echo, Halt, NotOurs, OwnError, OwnHead};

use crate::{
    catalog::{change::AppendRecord, read, tree},
    error::StoreError,
    journal,
    key::Key,
    store::Store,
    trust::version_path,
};
use bytes::Bytes;
use files::Files;
use gomod::{Artifact, ModulePath, Version};
use jiff::Timestamp;
use opened::State;
use rusqlite::Connection;
use std::{fmt, sync::Arc};
use tlog::{
    Hash,
    entries::EntryBundle,
    note::{SignerKey, VerifierKey},
    proof,
    proof_file::LogProof,
    record::LogRecord,
    tile::Tile,
};
use tree::Log;

/// A checksum database of our own; cheap to clone.
#[derive(Clone)]
pub struct OwnDatabase {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    key: SignerKey,
    files: Files,
    retired: bool,
    state: State,
}

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRecord {
    /// Its number, from 0.
    pub number: u64,
    /// Its text: lines of go.sum.
    pub text: String,
    /// Where its hashes come from.
    pub source: String,
    /// When it was appended.
    pub at: Timestamp,
}

/// A record to append.
#[derive(Debug, Clone)]
pub(crate) struct NewRecord {
    pub(crate) database: String,
    pub(crate) module: ModulePath,
    pub(crate) version: Version,
    pub(crate) text: String,
    pub(crate) source: String,
}

/// The text of a version's record.
pub fn go_sum_lines(module: &ModulePath, version: &Version, zip: &str, go_mod: &str) -> String {
    format!("{module} {version} {zip}\n{module} {version}/go.mod {go_mod}\n")
}

// === impl OwnRecord ===

impl OwnRecord {
    /// As a log has it.
    pub fn record(&self) -> LogRecord {
        LogRecord {
            id: self.number,
            text: self.text.clone(),
        }
    }
}

// === impl Store ===

impl Store {
    /// The checksum databases of our own: all whose keys are here. Blocks.
    pub fn own_databases(&self) -> Result<Vec<OwnDatabase>, StoreError> {
        let directory = self.core().layout.databases();
        let names = files::list(self.core().layout.root())?;
        let open = |name: OwnName| {
            let files = Files::new(&directory, name.key.name());
            let key = files.read_key()?;
            let inner = Inner {
                store: self.clone(),
                key,
                files,
                retired: name.retired,
                state: State::default(),
            };
            Ok(OwnDatabase {
                inner: Arc::new(inner),
            })
        };
        names.into_iter().map(open).collect()
    }
}

// === impl OwnDatabase ===

impl OwnDatabase {
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
    ) -> Result<Option<OwnRecord>, StoreError> {
        let (name, version) = (self.name().to_owned(), version_path(module, version));
        self.ask(move |connection| read::own::by_version(connection, &name, &version))
            .await
    }

    /// Records from number `first` on that no proof is kept of, at most `limit`.
    pub async fn unproven(
        &self,
        first: u64,
        limit: usize,
    ) -> Result<Vec<(ModulePath, Version, OwnRecord)>, StoreError> {
        let name = self.name().to_owned();
        let question =
            move |connection: &Connection| read::own::unproven(connection, &name, first, limit);
        let found = self.inner.store.catalog().ask_cold(question).await?;
        let named =
            |(record, version): (OwnRecord, String)| match Key::parse(&format!("{version}.mod"))? {
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
    ) -> Result<OwnRecord, StoreError> {
        journal::bounded("a record", text.len() + source.len())?;
        let new = NewRecord {
            database: self.name().to_owned(),
            module: module.clone(),
            version: version.clone(),
            text: text.to_owned(),
            source: source.to_owned(),
        };
        self.inner.store.catalog().change(AppendRecord(new)).await
    }

    /// How many records it has, signed or not.
    pub async fn size(&self) -> Result<u64, StoreError> {
        let name = self.name().to_owned();
        self.ask(move |connection| tree::size(connection, Log::Database(&name)))
            .await
    }

    /// The bytes of a tile: hashes, or records each with an empty line behind it; `None` if it is
    /// not filled as wide.
    pub async fn tile(&self, tile: Tile) -> Result<Option<Bytes>, StoreError> {
        let name = self.name().to_owned();
        self.ask(move |connection| {
            let log = Log::Database(&name);
            let (first, width) = (tile.index() << tile.height(), u64::from(tile.width()));
            match tile.level() {
                Some(_) if tree::head::is_filled(connection, log, tile)? => {
                    tree::tile(connection, log, tile).map(|bytes| Some(bytes.into()))
                }
                None if first.saturating_add(width) <= tree::size(connection, log)? => {
                    let texts = read::own::texts(connection, &name, first, width)?;
                    let record = |text: Vec<u8>| text.into_iter().chain([b'\n']);
                    Ok(Some(texts.into_iter().flat_map(record).collect()))
                }
                _ => Ok(None),
            }
        })
        .await
    }

    /// The bytes of a bundle of entries; `None` if there are not as many.
    pub async fn entries(&self, bundle: EntryBundle) -> Result<Option<Bytes>, StoreError> {
        let name = self.name().to_owned();
        self.ask(move |connection| {
            let log = Log::Database(&name);
            match bundle.tile() {
                Some(tile) if tree::head::is_filled(connection, log, tile)? => {
                    tree::bundle(connection, log, bundle).map(|bytes| Some(bytes.into()))
                }
                _ => Ok(None),
            }
        })
        .await
    }

    /// The proof file of a record under a head that contains it.
    pub async fn proof(&self, record: &OwnRecord, head: &OwnHead) -> Result<LogProof, StoreError> {
        let (name, size, number) = (self.name().to_owned(), head.head.size, record.number);
        let steps = proof::inclusion(size, number).map_err(impossible)?;
        let hashes = self
            .ask(move |connection| tree::subtrees(connection, Log::Database(&name), size, &steps));
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
        let name = self.name().to_owned();
        let steps = proof::consistency(newer, older).map_err(impossible)?;
        self.ask(move |connection| tree::subtrees(connection, Log::Database(&name), newer, &steps))
            .await
    }

    async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        self.inner.store.catalog().ask(question).await
    }
}

impl fmt::Debug for OwnDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnDatabase").field(self.key()).finish()
    }
}

fn impossible(error: proof::ProofError) -> StoreError {
    StoreError::io("proving", std::io::Error::other(error))
}
