//! The catalog's port over the tables: which thread each question and each change goes to.
//!
//! Questions that a client's request waits for go to threads of their own; everything else shares a
//! few others (law L4). The log of a checksum database of our own is read by clients, the journal's by
//! auditors.

use super::{
    SqliteCatalog,
    change::{
        AddProof, AgeCachedAnswers, AppendEntry, AppendRecord, Barrier, KeepTiles, OpenCase,
        PutCachedAnswer, SwapState, SweepAbsences, WithdrawCapture,
    },
    check, read,
    tree::{self, Log},
};
use crate::{
    blob::BlobId,
    cached_answer::{CachedAnswer, CachedAnswerKey, StaleMark},
    catalog::{
        BlobRepair, BlobReplacement, CaptureRow, Catalog, CatalogCheck, EvidenceUpdate, LogName,
        NewCapture, NewPublication, Priority, VersionOrder,
    },
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
use rusqlite::Connection;
use tlog::{Hash, checkpoint::TreeHead, entries::EntryBundle, tile::Tile, tree::Subtree};

// === impl SqliteCatalog ===

impl SqliteCatalog {
    /// Asks something about a log.
    async fn ask_log<R, F>(&self, log: LogName, question: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&Connection, Log<'_>) -> Result<R, StoreError> + Send + 'static,
    {
        match log {
            LogName::Journal => {
                let question = |connection: &Connection| question(connection, Log::Journal);
                self.ask_cold(question).await
            }
            LogName::Database(_) => {
                let question = move |connection: &Connection| question(connection, (&log).into());
                self.ask(question).await
            }
        }
    }
}

#[async_trait]
impl Catalog for SqliteCatalog {
    async fn find(
        &self,
        path: String,
        priority: Priority,
    ) -> Result<Option<CaptureRow>, StoreError> {
        let question = move |connection: &Connection| read::find(connection, &path);
        match priority {
            Priority::Request => self.ask(question).await,
            Priority::Background => self.ask_cold(question).await,
        }
    }

    async fn facts(&self, path: String) -> Result<Option<Facts>, StoreError> {
        self.ask(move |connection| read::facts(connection, &path))
            .await
    }

    async fn commit(&self, capture: NewCapture) -> Result<CommitOutcome, StoreError> {
        self.change(capture).await
    }

    async fn publish(&self, publication: NewPublication) -> Result<PublicationOutcome, StoreError> {
        self.change(publication).await
    }

    async fn repair(&self, repair: BlobRepair) -> Result<Option<CaptureRow>, StoreError> {
        self.change(repair).await
    }

    async fn replace(
        &self,
        replacement: BlobReplacement,
    ) -> Result<Option<CaptureRow>, StoreError> {
        self.change(replacement).await
    }

    async fn confirm(&self, update: EvidenceUpdate) -> Result<bool, StoreError> {
        self.change(update).await
    }

    async fn withdraw(&self, withdrawal: Withdrawal) -> Result<Option<BlobId>, StoreError> {
        self.change(WithdrawCapture(withdrawal)).await
    }

    async fn captures(&self, after: String, limit: usize) -> Result<Vec<CaptureRow>, StoreError> {
        self.ask_cold(move |connection| read::captures(connection, &after, limit))
            .await
    }

    async fn captures_of(&self, blob: BlobId, limit: usize) -> Result<Vec<CaptureRow>, StoreError> {
        self.ask_cold(move |connection| read::captures_of(connection, blob, limit))
            .await
    }

    async fn unproven(&self, after: String, limit: usize) -> Result<Vec<String>, StoreError> {
        self.ask_cold(move |connection| read::trust::unproven(connection, &after, limit))
            .await
    }

    async fn kept_versions(&self, module: ModulePath) -> Result<Vec<StoredVersion>, StoreError> {
        self.ask(move |connection| read::kept_versions(connection, &module))
            .await
    }

    async fn modules(
        &self,
        after: Option<ModulePath>,
        limit: usize,
    ) -> Result<Vec<ModulePath>, StoreError> {
        self.ask_cold(move |connection| read::modules(connection, after.as_ref(), limit))
            .await
    }

    async fn index(&self, since: Timestamp, limit: usize) -> Result<Vec<IndexEntry>, StoreError> {
        self.ask_cold(move |connection| read::index(connection, since, limit))
            .await
    }

    async fn blobs(
        &self,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<(BlobId, u64)>, StoreError> {
        self.ask_cold(move |connection| read::blobs_behind(connection, after, limit))
            .await
    }

    async fn blobs_of_shelf(&self, first_byte: u8) -> Result<Vec<(BlobId, u64)>, StoreError> {
        self.ask_cold(move |connection| read::blobs(connection, first_byte))
            .await
    }

    async fn order_version(&self, order: VersionOrder) -> Result<bool, StoreError> {
        self.change(order).await
    }

    async fn marked_versions(&self, mark: VersionMark) -> Result<Vec<MarkedVersion>, StoreError> {
        self.ask_cold(move |connection| read::version_marks::all(connection, mark))
            .await
    }

    async fn append(&self, decision: Decision) -> Result<u64, StoreError> {
        self.change(AppendEntry(decision)).await
    }

    async fn journal(&self, after: u64, limit: usize) -> Result<Vec<JournalEntry>, StoreError> {
        self.ask_cold(move |connection| read::journal(connection, after, limit))
            .await
    }

    async fn flush(&self) -> Result<(), StoreError> {
        self.change(Barrier).await
    }

    async fn log_size(&self, log: LogName) -> Result<u64, StoreError> {
        self.ask_log(log, tree::size).await
    }

    async fn log_tile(&self, log: LogName, tile: Tile) -> Result<Option<Bytes>, StoreError> {
        self.ask_log(log, move |connection, log| {
            if !tree::head::is_filled(connection, log, tile)? {
                return Ok(None);
            }
            tree::tile(connection, log, tile).map(|bytes| Some(bytes.into()))
        })
        .await
    }

    async fn log_entries(
        &self,
        log: LogName,
        bundle: EntryBundle,
    ) -> Result<Option<Bytes>, StoreError> {
        self.ask_log(log, move |connection, log| match bundle.tile() {
            Some(tile) if tree::head::is_filled(connection, log, tile)? => {
                tree::bundle(connection, log, bundle).map(|bytes| Some(bytes.into()))
            }
            _ => Ok(None),
        })
        .await
    }

    async fn log_subtrees(
        &self,
        log: LogName,
        size: u64,
        subtrees: Vec<Subtree>,
    ) -> Result<Vec<Hash>, StoreError> {
        self.ask_log(log, move |connection, log| {
            tree::subtrees(connection, log, size, &subtrees)
        })
        .await
    }

    async fn next_head(
        &self,
        log: LogName,
        known: Option<TreeHead>,
    ) -> Result<TreeHead, StoreError> {
        self.ask_log(log, move |connection, log| {
            tree::head::next(connection, log, known)
        })
        .await
    }

    async fn head_difference(
        &self,
        log: LogName,
        head: TreeHead,
    ) -> Result<Option<String>, StoreError> {
        self.ask_log(log, move |connection, log| {
            tree::head::difference(connection, log, head)
        })
        .await
    }

    async fn append_record(&self, record: NewRecord) -> Result<DatabaseRecord, StoreError> {
        self.change(AppendRecord(record)).await
    }

    async fn record(
        &self,
        database: String,
        version: String,
    ) -> Result<Option<DatabaseRecord>, StoreError> {
        self.ask(move |connection| read::own::by_version(connection, &database, &version))
            .await
    }

    async fn records_without_proof(
        &self,
        database: String,
        first: u64,
        limit: usize,
    ) -> Result<Vec<(DatabaseRecord, String)>, StoreError> {
        self.ask_cold(move |connection| read::own::unproven(connection, &database, first, limit))
            .await
    }

    async fn record_texts(
        &self,
        database: String,
        first: u64,
        count: u64,
    ) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
        self.ask(move |connection| {
            if first.saturating_add(count) > tree::size(connection, Log::Database(&database))? {
                return Ok(None);
            }
            read::own::texts(connection, &database, first, count).map(Some)
        })
        .await
    }

    async fn proof(
        &self,
        module: ModulePath,
        version: Version,
        database: String,
    ) -> Result<Option<VersionProof>, StoreError> {
        self.ask(move |connection| read::trust::proof(connection, &module, &version, &database))
            .await
    }

    async fn newest_proofs(
        &self,
        database: String,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.ask_cold(move |connection| read::trust::newest_proofs(connection, &database, limit))
            .await
    }

    async fn proofs(
        &self,
        database: String,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        self.ask_cold(move |connection| read::trust::proofs(connection, &database, after, limit))
            .await
    }

    async fn add_proof(&self, proof: VersionProof, captures: Vec<Key>) -> Result<(), StoreError> {
        self.change(AddProof(proof, captures)).await
    }

    async fn tiles(
        &self,
        database: String,
        tiles: Vec<(u8, u64)>,
    ) -> Result<Vec<Option<Bytes>>, StoreError> {
        self.ask(move |connection| {
            let read = |(level, number)| read::trust::tile(connection, &database, level, number);
            tiles.into_iter().map(read).collect()
        })
        .await
    }

    async fn keep_tiles(&self, tiles: Vec<StoredTile>) -> Result<(), StoreError> {
        self.change(KeepTiles(tiles)).await
    }

    async fn state(&self, name: String) -> Result<Option<Bytes>, StoreError> {
        self.ask_cold(move |connection| read::trust::state(connection, &name))
            .await
    }

    async fn swap_state(
        &self,
        name: String,
        old: Option<Bytes>,
        new: Bytes,
    ) -> Result<bool, StoreError> {
        self.change(SwapState { name, old, new }).await
    }

    async fn open_case(&self, event: JournalEvent) -> Result<u64, StoreError> {
        self.change(OpenCase(event)).await
    }

    async fn cases(&self, before: u64, limit: usize) -> Result<Vec<CaseFile>, StoreError> {
        self.ask_cold(move |connection| read::trust::cases(connection, before, limit))
            .await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.ask_cold(read::trust::backlog).await
    }

    async fn answer(&self, key: CachedAnswerKey) -> Result<Option<CachedAnswer>, StoreError> {
        self.ask(move |connection| read::memo(connection, &key))
            .await
    }

    async fn put_answer(
        &self,
        key: CachedAnswerKey,
        answer: CachedAnswer,
    ) -> Result<(), StoreError> {
        self.change(PutCachedAnswer(key, answer)).await
    }

    async fn age_answers(
        &self,
        module: ModulePath,
        mark: StaleMark,
    ) -> Result<Vec<String>, StoreError> {
        self.change(AgeCachedAnswers(module, mark)).await
    }

    async fn sweep_absences(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.change(SweepAbsences(before)).await
    }

    async fn check(&self) -> Result<CatalogCheck, StoreError> {
        let layout = self.core.layout.clone();
        let checked = tokio::task::spawn_blocking(move || check::check(&layout)).await;
        checked.unwrap_or(Err(StoreError::Closed))
    }

    #[cfg(test)]
    async fn occupy_background(&self, work: Box<dyn FnOnce() + Send>) -> Result<(), StoreError> {
        self.ask_cold(move |_| {
            work();
            Ok(())
        })
        .await
    }
}
