//! A catalog in memory, for tests: the port's promises in the plainest form, to compare others with.
//!
//! It keeps everything in ordered maps under one lock, computes every tree from its leaves, and forgets
//! all of it with the process. It bounds nothing: how many answers are remembered is for a real catalog
//! to limit.

mod change;
mod tables;

use self::tables::MemoryTables;
use super::{
    BlobRepair, BlobReplacement, CaptureRow, Catalog, CatalogCheck, EvidenceUpdate, LogName,
    NewCapture, NewPublication, Priority, VersionOrder,
};
use crate::{
    blob::BlobId,
    cached_answer::{
        CachedAnswer, CachedAnswerClass, CachedAnswerKey, CachedAnswerStatus, StaleMark,
    },
    error::StoreError,
    journal::{Decision, Facts, JournalEntry, JournalEvent},
    key::Key,
    own::record::{DatabaseRecord, NewRecord},
    publication::{PUBLICATION_SOURCE, PublicationOutcome},
    record::{ArtifactKinds, CommitOutcome, IndexEntry, StoredVersion},
    trust::{Backlog, CaseFile, StoredTile, VersionProof, Withdrawal, version_path},
    version_mark::{MarkedVersion, VersionMark},
};
use async_trait::async_trait;
use bytes::Bytes;
use gomod::{ModulePath, Version};
use jiff::Timestamp;
use parking_lot::Mutex;
use protocol::{Evidence, RecordedEvidence};
use std::collections::BTreeMap;
use tlog::{
    Hash,
    checkpoint::TreeHead,
    entries::{self, EntryBundle},
    tile::{HEIGHT, Tile},
    tree::{CompleteSubtree, Subtree},
};

/// A catalog in memory.
#[derive(Default)]
pub(super) struct MemoryCatalog(Mutex<MemoryTables>);

// === impl MemoryCatalog ===

impl MemoryCatalog {
    /// Has a capture say something else of why it is trusted, as nobody may.
    pub(super) fn plant_evidence(&self, path: &str, text: &str) {
        if let Some((kept, _)) = self.0.lock().captures.get_mut(path) {
            kept.evidence = RecordedEvidence::new(text);
        }
    }
}

#[async_trait]
impl Catalog for MemoryCatalog {
    async fn find(&self, path: String, _: Priority) -> Result<Option<CaptureRow>, StoreError> {
        let tables = self.0.lock();
        Ok(tables.captures.get(&path).map(|(kept, _)| kept.clone()))
    }

    async fn facts(&self, path: String) -> Result<Option<Facts>, StoreError> {
        let tables = self.0.lock();
        Ok(tables.captures.get(&path).map(|(_, facts)| facts.clone()))
    }

    async fn commit(&self, new: NewCapture) -> Result<CommitOutcome, StoreError> {
        self.0.lock().commit(new)
    }

    async fn publish(&self, publication: NewPublication) -> Result<PublicationOutcome, StoreError> {
        self.0.lock().publish(publication)
    }

    async fn repair(&self, repair: BlobRepair) -> Result<Option<CaptureRow>, StoreError> {
        self.0.lock().repair(repair)
    }

    async fn replace(&self, new: BlobReplacement) -> Result<Option<CaptureRow>, StoreError> {
        Ok(self.0.lock().replace(new))
    }

    async fn confirm(&self, update: EvidenceUpdate) -> Result<bool, StoreError> {
        Ok(self.0.lock().confirm(update))
    }

    async fn withdraw(&self, withdrawal: Withdrawal) -> Result<Option<BlobId>, StoreError> {
        Ok(self.0.lock().withdraw(withdrawal))
    }

    async fn captures(&self, after: String, limit: usize) -> Result<Vec<CaptureRow>, StoreError> {
        let tables = self.0.lock();
        let kept = tables.captures.values().map(|(kept, _)| kept);
        let behind = kept.filter(|kept| kept.path > after).take(limit);
        Ok(behind.cloned().collect())
    }

    async fn captures_of(&self, blob: BlobId, limit: usize) -> Result<Vec<CaptureRow>, StoreError> {
        let tables = self.0.lock();
        let kept = tables.captures.values().map(|(kept, _)| kept);
        let same = kept.filter(|kept| kept.blob == blob).take(limit);
        Ok(same.cloned().collect())
    }

    async fn unproven(&self, after: String, limit: usize) -> Result<Vec<String>, StoreError> {
        let tables = self.0.lock();
        let waits = RecordedEvidence::from(&Evidence::Unproven);
        let kept = tables.captures.values().map(|(kept, _)| kept);
        let waiting = kept.filter(|kept| kept.path > after && kept.evidence == waits);
        let paths = waiting.map(|kept| kept.path.clone());
        Ok(paths.take(limit).collect())
    }

    async fn kept_versions(&self, module: ModulePath) -> Result<Vec<StoredVersion>, StoreError> {
        let tables = self.0.lock();
        let mut versions: BTreeMap<String, StoredVersion> = BTreeMap::new();
        for (path, (kept, _)) in &tables.captures {
            if let Some(Key::Artifact(artifact)) = Key::parse(path)
                && artifact.module == module
            {
                let entry = versions.entry(artifact.version.escaped());
                let stored = entry.or_insert(StoredVersion {
                    version: artifact.version,
                    kinds: ArtifactKinds::default(),
                    published: false,
                });
                stored.kinds.insert(artifact.kind);
                stored.published |= kept.source == PUBLICATION_SOURCE;
            }
        }
        Ok(versions.into_values().collect())
    }

    async fn modules(
        &self,
        after: Option<ModulePath>,
        limit: usize,
    ) -> Result<Vec<ModulePath>, StoreError> {
        let tables = self.0.lock();
        let mut modules: BTreeMap<String, ModulePath> = BTreeMap::new();
        for key in tables.captures.keys().filter_map(|path| Key::parse(path)) {
            if let Key::Artifact(artifact) = key {
                // In the order of their captures' paths.
                let path = format!("{}/@v/", artifact.module.escaped());
                modules.insert(path, artifact.module);
            }
        }
        let after = after.map(|module| format!("{}/@v/", module.escaped()));
        let behind = modules
            .into_iter()
            .filter(|(path, _)| after.as_ref().is_none_or(|after| path > after));
        Ok(behind.map(|(_, module)| module).take(limit).collect())
    }

    async fn index(&self, since: Timestamp, limit: usize) -> Result<Vec<IndexEntry>, StoreError> {
        let tables = self.0.lock();
        let mut versions: Vec<_> = tables.versions.iter().collect();
        versions.sort_by_key(|(_, first)| **first);
        let entries = versions.into_iter().filter(|(_, first)| **first >= since);
        let entries = entries.filter_map(|(path, first)| {
            let (module, version) = MarkedVersion::name(path)?;
            Some(IndexEntry {
                module,
                version,
                timestamp: *first,
            })
        });
        Ok(entries.take(limit).collect())
    }

    async fn blobs(
        &self,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<(BlobId, u64)>, StoreError> {
        let tables = self.0.lock();
        let kept = tables.captures.values();
        let blobs: BTreeMap<[u8; 32], u64> = kept
            .map(|(kept, _)| (*kept.blob.as_bytes(), kept.size))
            .collect();
        let behind = blobs
            .into_iter()
            .filter(|(id, _)| after.is_none_or(|after| id > after.as_bytes()));
        Ok(behind
            .map(|(id, size)| (BlobId::from_digest(id), size))
            .take(limit)
            .collect())
    }

    async fn blobs_of_shelf(&self, first_byte: u8) -> Result<Vec<(BlobId, u64)>, StoreError> {
        let all = self.blobs(None, usize::MAX).await?;
        let on_shelf = all
            .into_iter()
            .filter(|(blob, _)| blob.as_bytes()[0] == first_byte);
        Ok(on_shelf.collect())
    }

    async fn order_version(&self, order: VersionOrder) -> Result<bool, StoreError> {
        Ok(self.0.lock().order_version(order))
    }

    async fn marked_versions(&self, mark: VersionMark) -> Result<Vec<MarkedVersion>, StoreError> {
        let tables = self.0.lock();
        let marked = tables.marks.iter().filter(|((of, _), _)| *of == mark);
        Ok(marked.map(|(_, version)| version.clone()).collect())
    }

    async fn append(&self, decision: Decision) -> Result<u64, StoreError> {
        Ok(self.0.lock().write(decision).sequence)
    }

    async fn journal(&self, after: u64, limit: usize) -> Result<Vec<JournalEntry>, StoreError> {
        let tables = self.0.lock();
        let entries = tables.journal.iter();
        let behind = entries.filter(|entry| entry.sequence > after).take(limit);
        Ok(behind.cloned().collect())
    }

    async fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn log_size(&self, log: LogName) -> Result<u64, StoreError> {
        Ok(self.0.lock().size(&log))
    }

    async fn log_tile(&self, log: LogName, tile: Tile) -> Result<Option<Bytes>, StoreError> {
        let tables = self.0.lock();
        let Some(level) = tile.level().filter(|_| tables.fills(&log, tile)) else {
            return Ok(None);
        };
        let (nodes, _) = tables.tree(&log, u64::MAX);
        let first = tile.index() << HEIGHT;
        let hash = |index| {
            let level = level * HEIGHT;
            nodes.get(&CompleteSubtree { level, index }).copied()
        };
        let hashes = (first..first + u64::from(tile.width())).filter_map(hash);
        Ok(Some(hashes.flat_map(|hash| *hash.as_bytes()).collect()))
    }

    async fn log_entries(
        &self,
        log: LogName,
        bundle: EntryBundle,
    ) -> Result<Option<Bytes>, StoreError> {
        let tables = self.0.lock();
        let is_filled = bundle.tile().is_some_and(|tile| tables.fills(&log, tile));
        if !is_filled {
            return Ok(None);
        }
        let (first, width) = (bundle.first(), bundle.width());
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        let leaves = tables.leaves(&log).into_iter().skip(first);
        for leaf in leaves.take(width as usize) {
            let appended = entries::append(&mut bytes, &leaf);
            appended.map_err(|error| StoreError::CorruptCatalog {
                problem: error.to_string(),
            })?;
        }
        Ok(Some(bytes.into()))
    }

    async fn log_subtrees(
        &self,
        log: LogName,
        size: u64,
        subtrees: Vec<Subtree>,
    ) -> Result<Vec<Hash>, StoreError> {
        let (nodes, _) = self.0.lock().tree(&log, size);
        let hash = |subtree: Subtree| subtree.hash(|node| nodes.get(&node).copied());
        let hashes: Option<Vec<Hash>> = subtrees.into_iter().map(hash).collect();
        hashes.ok_or_else(|| StoreError::CorruptCatalog {
            problem: format!("{log} has not all of {size} entries"),
        })
    }

    async fn next_head(
        &self,
        log: LogName,
        known: Option<TreeHead>,
    ) -> Result<TreeHead, StoreError> {
        if let Some(known) = known
            && let Some(problem) = self.head_difference(log.clone(), known).await?
        {
            return Err(StoreError::CorruptCatalog { problem });
        }
        let (_, head) = self.0.lock().tree(&log, u64::MAX);
        Ok(head)
    }

    async fn head_difference(
        &self,
        log: LogName,
        head: TreeHead,
    ) -> Result<Option<String>, StoreError> {
        let (_, found) = self.0.lock().tree(&log, head.size);
        Ok((found != head).then(|| format!("{log} has another tree than that of {head:?}")))
    }

    async fn append_record(&self, record: NewRecord) -> Result<DatabaseRecord, StoreError> {
        Ok(self.0.lock().append_record(record))
    }

    async fn record(
        &self,
        database: String,
        version: String,
    ) -> Result<Option<DatabaseRecord>, StoreError> {
        let tables = self.0.lock();
        let records = tables.records.get(&database).into_iter().flatten();
        let mut of_version = records.filter(|(known, _)| *known == version);
        Ok(of_version.next().map(|(_, record)| record.clone()))
    }

    async fn records_without_proof(
        &self,
        database: String,
        first: u64,
        limit: usize,
    ) -> Result<Vec<(DatabaseRecord, String)>, StoreError> {
        let tables = self.0.lock();
        let records = tables.records.get(&database).into_iter().flatten();
        let open = records.filter(|(version, record)| {
            let mut proofs = tables.proofs.iter();
            record.number >= first
                && !proofs.any(|kept| kept.version == *version && kept.database == database)
        });
        let named = open.map(|(version, record)| (record.clone(), version.clone()));
        Ok(named.take(limit).collect())
    }

    async fn record_texts(
        &self,
        database: String,
        first: u64,
        count: u64,
    ) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
        let tables = self.0.lock();
        let leaves = tables.leaves(&LogName::Database(database));
        let range = usize::try_from(first).ok().zip(usize::try_from(count).ok());
        let texts = range.and_then(|(first, count)| leaves.get(first..first.checked_add(count)?));
        Ok(texts.map(<[Vec<u8>]>::to_vec))
    }

    async fn proof(
        &self,
        module: ModulePath,
        version: Version,
        database: String,
    ) -> Result<Option<VersionProof>, StoreError> {
        let tables = self.0.lock();
        let path = version_path(&module, &version);
        let mut proofs = tables.proofs.iter();
        let kept = proofs.find(|kept| kept.version == path && kept.database == database);
        Ok(kept.map(|kept| VersionProof {
            module,
            version,
            database,
            record: kept.record,
            file: kept.file.clone(),
            evidence: Evidence::Unclaimed,
        }))
    }

    async fn newest_proofs(
        &self,
        database: String,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let tables = self.0.lock();
        let proofs = tables.proofs.iter().rev();
        let files = proofs.filter(|kept| kept.database == database);
        Ok(files.map(|kept| kept.file.clone()).take(limit).collect())
    }

    async fn proofs(
        &self,
        database: String,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let tables = self.0.lock();
        let numbered = (1..).zip(&tables.proofs);
        let behind = numbered.filter(|(number, kept)| *number > after && kept.database == database);
        let files = behind.map(|(number, kept)| (number, kept.file.clone()));
        Ok(files.take(limit).collect())
    }

    async fn add_proof(&self, proof: VersionProof, captures: Vec<Key>) -> Result<(), StoreError> {
        self.0.lock().add_proof(&proof, &captures);
        Ok(())
    }

    async fn tiles(
        &self,
        database: String,
        tiles: Vec<(u8, u64)>,
    ) -> Result<Vec<Option<Bytes>>, StoreError> {
        let tables = self.0.lock();
        let tile = |(level, number)| {
            let name = (database.clone(), level, number);
            tables.tiles.get(&name).cloned()
        };
        Ok(tiles.into_iter().map(tile).collect())
    }

    async fn keep_tiles(&self, tiles: Vec<StoredTile>) -> Result<(), StoreError> {
        let mut tables = self.0.lock();
        for tile in tiles {
            let name = (tile.database, tile.level, tile.number);
            let is_known = tables
                .tiles
                .get(&name)
                .is_some_and(|kept| kept.starts_with(&tile.hashes));
            if !is_known {
                tables.tiles.insert(name, tile.hashes);
            }
        }
        Ok(())
    }

    async fn state(&self, name: String) -> Result<Option<Bytes>, StoreError> {
        Ok(self.0.lock().states.get(&name).cloned())
    }

    async fn swap_state(
        &self,
        name: String,
        old: Option<Bytes>,
        new: Bytes,
    ) -> Result<bool, StoreError> {
        let mut tables = self.0.lock();
        if tables.states.get(&name) != old.as_ref() {
            return Ok(false);
        }
        tables.states.insert(name, new);
        Ok(true)
    }

    async fn open_case(&self, event: JournalEvent) -> Result<u64, StoreError> {
        let mut tables = self.0.lock();
        let (path, body) = (event.subject.clone(), event.detail.clone());
        let entry = tables.write(event.checked()?);
        tables.cases.push(CaseFile {
            number: entry.sequence,
            at: entry.at,
            path,
            body,
        });
        Ok(entry.sequence)
    }

    async fn cases(&self, before: u64, limit: usize) -> Result<Vec<CaseFile>, StoreError> {
        let tables = self.0.lock();
        let newest = tables.cases.iter().rev();
        let older = newest.filter(|case| case.number < before);
        Ok(older.take(limit).cloned().collect())
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let tables = self.0.lock();
        let waits = RecordedEvidence::from(&Evidence::Unproven);
        let kept = tables.captures.values().map(|(kept, _)| kept);
        let waiting: Vec<_> = kept.filter(|kept| kept.evidence == waits).collect();
        Ok(Backlog {
            unproven: waiting.len() as u64,
            oldest_unproven: waiting.iter().map(|kept| kept.first_seen).min(),
            cases: tables.cases.len() as u64,
        })
    }

    async fn answer(&self, key: CachedAnswerKey) -> Result<Option<CachedAnswer>, StoreError> {
        Ok(self.0.lock().answers.get(&key).cloned())
    }

    async fn put_answer(
        &self,
        key: CachedAnswerKey,
        answer: CachedAnswer,
    ) -> Result<(), StoreError> {
        self.0.lock().answers.insert(key, answer);
        Ok(())
    }

    async fn age_answers(
        &self,
        module: ModulePath,
        mark: StaleMark,
    ) -> Result<Vec<String>, StoreError> {
        let mut tables = self.0.lock();
        let prefix = format!("{}/@", module.escaped());
        let mut paths = Vec::new();
        for (key, answer) in &mut tables.answers {
            if key.path.starts_with(&prefix)
                && CachedAnswerClass::all().any(|class| class == key.class)
            {
                let oldest = match answer.status {
                    CachedAnswerStatus::Known => mark.known,
                    CachedAnswerStatus::Absent => mark.absent,
                };
                answer.fetched_at = answer.fetched_at.min(oldest);
                paths.push(key.path.clone());
            }
        }
        Ok(paths)
    }

    async fn sweep_absences(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut tables = self.0.lock();
        let count = tables.answers.len();
        tables.answers.retain(|_, answer| {
            answer.status != CachedAnswerStatus::Absent || answer.fetched_at >= before
        });
        Ok((count - tables.answers.len()) as u64)
    }

    async fn check(&self) -> Result<CatalogCheck, StoreError> {
        let tables = self.0.lock();
        let mut check = CatalogCheck {
            sequence: tables.journal.len() as u64,
            ..CatalogCheck::default()
        };
        for (kept, _) in tables.captures.values() {
            if let Err(unknown) = kept.evidence.read() {
                let problem = format!("{} is not served: {unknown}", kept.path);
                check.problems.push(problem);
            }
        }
        Ok(check)
    }

    async fn occupy_background(&self, work: Box<dyn FnOnce() + Send>) -> Result<(), StoreError> {
        work();
        Ok(())
    }
}
