//! The catalog as a port: what this site knows, asked and changed in the words of the store.
//!
//! What a store promises about its catalog stands in one trait, whoever keeps the tables:
//!
//! * One method that changes something is one transaction, with its journal entry where it has one,
//!   and is durable when it returns, unless its text says otherwise. A change that was begun is made
//!   even if the asker goes away.
//! * What was captured is never overwritten (law L2): the catalog itself refuses other bytes.
//! * Journal entries have numbers without gaps and times that only grow; a log's tree is complete in
//!   the transaction that writes its leaf.
//! * A question is answered as of the last commit and waits for no change. Questions that a client's
//!   request waits for share nothing with those that may take long (law L4), see [`Priority`].
//!
//! [`sqlite`] keeps it in a file. The tests in `conformance` are written against the trait alone; a
//! further catalog has to pass them too, as the one in memory does that they are compared with.
//!
//! Two things are no matter of the port, because they are about a file: a copy of it for a backup, and
//! building it anew from the journal's files.

mod publication;
pub(crate) mod sqlite;
mod types;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod memory;

pub(crate) use publication::NewPublication;
pub(crate) use types::{
    BlobRepair, BlobReplacement, CaptureRow, CatalogCheck, EvidenceUpdate, LogName, NewCapture,
    Priority, VersionOrder,
};

use crate::{
    blob::BlobId,
    cached_answer::{CachedAnswer, CachedAnswerKey, StaleMark},
    error::StoreError,
    journal::{Decision, Facts, JournalEntry, JournalEvent},
    key::Key,
    own::record::{DatabaseRecord, NewRecord},
    publication::PublicationOutcome,
    record::{CommitOutcome, IndexEntry, StoredVersion},
    trust::{Backlog, CaseFile, StoredTile, VersionProof, Withdrawal},
    version_mark::{MarkedVersion, VersionMark},
};
use async_trait::async_trait;
use bytes::Bytes;
use gomod::{ModulePath, Version};
use jiff::Timestamp;
use tlog::{Hash, checkpoint::TreeHead, entries::EntryBundle, tile::Tile, tree::Subtree};

/// What this site knows.
#[async_trait]
pub(crate) trait Catalog: Send + Sync {
    // === Captures ===

    /// What is kept at a path.
    async fn find(
        &self,
        path: String,
        priority: Priority,
    ) -> Result<Option<CaptureRow>, StoreError>;

    /// The facts about what is kept at a path.
    async fn facts(&self, path: String) -> Result<Option<Facts>, StoreError>;

    /// Captures bytes whose blob is durable. The same bytes again give the capture that is kept;
    /// other bytes are [`StoreError::Conflict`], with an entry in the journal. A proof that comes with
    /// the capture, and the record in a database of our own that it completes, are in its transaction.
    async fn commit(&self, capture: NewCapture) -> Result<CommitOutcome, StoreError>;

    /// Captures the three artifacts of a version that is published here, whose blobs are durable: all of
    /// them or none. What is kept of the version already stays; if it is something else, only an entry in
    /// the journal is written.
    async fn publish(&self, publication: NewPublication) -> Result<PublicationOutcome, StoreError>;

    /// Gives a capture a blob in the place of a lost one; gives it as it is then, or `None` if it has
    /// another blob than the lost one. Other bytes without the capture's own `h1` are
    /// [`StoreError::Conflict`].
    async fn repair(&self, repair: BlobRepair) -> Result<Option<CaptureRow>, StoreError>;

    /// Gives a capture other bytes; gives it as it is then, or `None` if it has not the old ones. The
    /// version keeps its place in the index.
    async fn replace(&self, replacement: BlobReplacement)
    -> Result<Option<CaptureRow>, StoreError>;

    /// Says why a capture is trusted from now on. False if it is not there or has another blob.
    async fn confirm(&self, update: EvidenceUpdate) -> Result<bool, StoreError>;

    /// Takes a capture out, so that it may be captured anew; gives its blob, or `None` if it is not
    /// there or has another one.
    async fn withdraw(&self, withdrawal: Withdrawal) -> Result<Option<BlobId>, StoreError>;

    /// Captures behind a path, in the order of their paths.
    async fn captures(&self, after: String, limit: usize) -> Result<Vec<CaptureRow>, StoreError>;

    /// Captures that have these bytes, in the order of their paths. May read everything.
    async fn captures_of(&self, blob: BlobId, limit: usize) -> Result<Vec<CaptureRow>, StoreError>;

    /// Paths of captures that wait for their proof, behind a path.
    async fn unproven(&self, after: String, limit: usize) -> Result<Vec<String>, StoreError>;

    /// Versions of a module of which something is kept, in the order of their escaped text.
    async fn kept_versions(&self, module: ModulePath) -> Result<Vec<StoredVersion>, StoreError>;

    /// Modules of which something is kept, in the order of their escaped paths, behind `after`.
    async fn modules(
        &self,
        after: Option<ModulePath>,
        limit: usize,
    ) -> Result<Vec<ModulePath>, StoreError>;

    /// First captures of versions at or after `since`, the oldest first. No two have one time.
    async fn index(&self, since: Timestamp, limit: usize) -> Result<Vec<IndexEntry>, StoreError>;

    /// Blobs that captures need, with their sizes, behind `after`, in the order of their names.
    async fn blobs(
        &self,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<(BlobId, u64)>, StoreError>;

    /// Those whose names begin with this byte.
    async fn blobs_of_shelf(&self, shelf: u8) -> Result<Vec<(BlobId, u64)>, StoreError>;

    // === Orders about versions ===

    /// Marks a version or takes that back. False, and nothing is written, if it is so already.
    async fn order_version(&self, order: VersionOrder) -> Result<bool, StoreError>;

    /// All versions with a mark, in the order of their paths.
    async fn marked_versions(&self, mark: VersionMark) -> Result<Vec<MarkedVersion>, StoreError>;

    // === The journal ===

    /// Appends a decision; gives the number of its entry.
    async fn append(&self, decision: Decision) -> Result<u64, StoreError>;

    /// Entries behind a number, in order.
    async fn journal(&self, after: u64, limit: usize) -> Result<Vec<JournalEntry>, StoreError>;

    /// Waits until everything that was asked before is durable.
    async fn flush(&self) -> Result<(), StoreError>;

    // === Logs: the journal's, and those of checksum databases of our own ===

    /// How many entries a log has.
    async fn log_size(&self, log: LogName) -> Result<u64, StoreError>;

    /// The bytes of a tile of hashes; `None` if the log does not fill it as wide.
    async fn log_tile(&self, log: LogName, tile: Tile) -> Result<Option<Bytes>, StoreError>;

    /// The bytes of a bundle of entries; `None` if the log has not as many.
    async fn log_entries(
        &self,
        log: LogName,
        bundle: EntryBundle,
    ) -> Result<Option<Bytes>, StoreError>;

    /// The hashes of runs of entries within the tree of the first `size`.
    async fn log_subtrees(
        &self,
        log: LogName,
        size: u64,
        subtrees: Vec<Subtree>,
    ) -> Result<Vec<Hash>, StoreError>;

    /// The head of a log as it is. [`StoreError::CorruptCatalog`] if it does not begin with the tree
    /// that is known.
    async fn next_head(
        &self,
        log: LogName,
        known: Option<TreeHead>,
    ) -> Result<TreeHead, StoreError>;

    /// Why a head cannot have been signed over this log; `None` if it can.
    async fn head_difference(
        &self,
        log: LogName,
        head: TreeHead,
    ) -> Result<Option<String>, StoreError>;

    // === Records of checksum databases of our own ===

    /// Appends the record of a version, or gives the one that it has.
    async fn append_record(&self, record: NewRecord) -> Result<DatabaseRecord, StoreError>;

    /// The record of `MODULE/@v/VERSION` (escaped).
    async fn record(
        &self,
        database: String,
        version: String,
    ) -> Result<Option<DatabaseRecord>, StoreError>;

    /// Records from number `first` on that no proof is kept of, with `MODULE/@v/VERSION` of each.
    async fn records_without_proof(
        &self,
        database: String,
        first: u64,
        limit: usize,
    ) -> Result<Vec<(DatabaseRecord, String)>, StoreError>;

    /// The texts of `count` records from number `first` on; `None` if there are not as many.
    async fn record_texts(
        &self,
        database: String,
        first: u64,
        count: u64,
    ) -> Result<Option<Vec<Vec<u8>>>, StoreError>;

    // === Proofs, tiles, states, cases ===

    /// The proof of a version in a database.
    async fn proof(
        &self,
        module: ModulePath,
        version: Version,
        database: String,
    ) -> Result<Option<VersionProof>, StoreError>;

    /// The proof files of a database that were kept last, the newest first.
    async fn newest_proofs(
        &self,
        database: String,
        limit: usize,
    ) -> Result<Vec<String>, StoreError>;

    /// Proof files of a database in the order in which they were kept, each with a number to go on
    /// behind.
    async fn proofs(
        &self,
        database: String,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, StoreError>;

    /// Keeps a proof, unless the version has one, and has captures say that it vouches for them.
    async fn add_proof(&self, proof: VersionProof, captures: Vec<Key>) -> Result<(), StoreError>;

    /// Tiles of a database, as wide as they are known, in the order asked for.
    async fn tiles(
        &self,
        database: String,
        tiles: Vec<(u8, u64)>,
    ) -> Result<Vec<Option<Bytes>>, StoreError>;

    /// Keeps tiles where they are wider than what is kept, or other. Durable no later than whatever is
    /// written behind them.
    async fn keep_tiles(&self, tiles: Vec<StoredTile>) -> Result<(), StoreError>;

    /// A state, by its name.
    async fn state(&self, name: String) -> Result<Option<Bytes>, StoreError>;

    /// Changes a state if it is `old`; false, and nothing is changed, if it is something else.
    async fn swap_state(
        &self,
        name: String,
        old: Option<Bytes>,
        new: Bytes,
    ) -> Result<bool, StoreError>;

    /// Writes a case of wrong bytes down; gives its number.
    async fn open_case(&self, event: JournalEvent) -> Result<u64, StoreError>;

    /// Cases with numbers below `before`, the newest first.
    async fn cases(&self, before: u64, limit: usize) -> Result<Vec<CaseFile>, StoreError>;

    /// How much waits for somebody.
    async fn backlog(&self) -> Result<Backlog, StoreError>;

    // === Remembered answers: they may change, and a power cut may forget them ===

    /// A remembered answer.
    async fn answer(&self, key: CachedAnswerKey) -> Result<Option<CachedAnswer>, StoreError>;

    /// Remembers an answer, instead of whatever was remembered under its key.
    async fn put_answer(
        &self,
        key: CachedAnswerKey,
        answer: CachedAnswer,
    ) -> Result<(), StoreError>;

    /// Makes what is remembered about a module as old as the mark, or leaves it older; gives the paths
    /// of the answers.
    async fn age_answers(
        &self,
        module: ModulePath,
        mark: StaleMark,
    ) -> Result<Vec<String>, StoreError>;

    /// Forgets absences older than `before`; gives how many there were.
    async fn sweep_absences(&self, before: Timestamp) -> Result<u64, StoreError>;

    // === All of it ===

    /// Compares the catalog with itself: what is wrong with it, in words.
    async fn check(&self) -> Result<CatalogCheck, StoreError>;

    /// Has one of the threads that answer questions of [`Priority::Background`] do this: it is gone
    /// for as long as that takes.
    #[cfg(test)]
    async fn occupy_background(&self, work: Box<dyn FnOnce() + Send>) -> Result<(), StoreError>;
}
