//! A catalog in memory, for tests: the port's promises in the plainest form, to compare others with.
//!
//! It keeps everything in ordered maps under one lock, computes every tree from its leaves, and forgets
//! all of it with the process. It bounds nothing: how many answers are remembered is for a real catalog
//! to limit.

use super::{
    BlobRepair, BlobReplacement, CaptureRow, Catalog, CatalogCheck, EvidenceUpdate, LogName,
    NewCapture, Priority, VersionOrder,
};
use crate::{
    blob::BlobId,
    cached_answer::{
        CachedAnswer, CachedAnswerClass, CachedAnswerKey, CachedAnswerStatus, StaleMark,
    },
    error::StoreError,
    journal::{Decision, Facts, JournalEntry, JournalEvent, leaf},
    key::Key,
    own::record::{DatabaseRecord, NewRecord, go_sum_lines},
    record::{ArtifactKinds, CommitOutcome, IndexEntry, StoredVersion},
    trust::{Backlog, CaseFile, StoredTile, VersionProof, Withdrawal, version_path},
    withdrawn::{REINSTATED, WITHDRAWN, WithdrawnVersion},
};
use async_trait::async_trait;
use bytes::Bytes;
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use jiff::Timestamp;
use parking_lot::Mutex;
use protocol::{Evidence, RecordedEvidence};
use std::collections::{BTreeMap, HashMap};
use tlog::{
    Hash,
    checkpoint::TreeHead,
    entries::{self, EntryBundle},
    frontier::Frontier,
    tile::{HEIGHT, Tile},
    tree::{CompleteSubtree, Subtree},
};

/// A catalog in memory.
#[derive(Default)]
pub(super) struct MemoryCatalog(Mutex<MemoryTables>);

#[derive(Default)]
struct MemoryTables {
    captures: BTreeMap<String, (CaptureRow, Facts)>,
    /// First captures of versions, by path.
    versions: BTreeMap<String, Timestamp>,
    journal: Vec<JournalEntry>,
    records: BTreeMap<String, Vec<(String, DatabaseRecord)>>,
    proofs: Vec<ProofRow>,
    tiles: HashMap<(String, u8, u64), Bytes>,
    states: BTreeMap<String, Bytes>,
    cases: Vec<CaseFile>,
    withdrawn: BTreeMap<String, WithdrawnVersion>,
    answers: HashMap<CachedAnswerKey, CachedAnswer>,
}

struct ProofRow {
    version: String,
    database: String,
    record: u64,
    file: String,
}

// === impl MemoryCatalog ===

impl MemoryCatalog {
    /// Has a capture say something else of why it is trusted, as nobody may.
    pub(super) fn plant_evidence(&self, path: &str, text: &str) {
        if let Some((kept, _)) = self.0.lock().captures.get_mut(path) {
            kept.evidence = RecordedEvidence::new(text);
        }
    }
}

/// `M/@v/V` of the path of an artifact.
fn version_of(path: &str) -> Option<String> {
    match Key::parse(path)? {
        Key::Artifact(Artifact {
            module, version, ..
        }) => Some(version_path(&module, &version)),
        Key::Sumdb { .. } => None,
    }
}

// === impl MemoryTables ===

impl MemoryTables {
    fn write(&mut self, decision: Decision) -> JournalEntry {
        let last = self.journal.last().map_or(Timestamp::MIN, |entry| entry.at);
        let microsecond = last.as_microsecond().saturating_add(1);
        let next = Timestamp::from_microsecond(microsecond).unwrap_or(last);
        let now = Timestamp::from_microsecond(Timestamp::now().as_microsecond());
        let entry = JournalEntry {
            sequence: self.journal.len() as u64 + 1,
            at: now.unwrap_or(next).max(next),
            decision,
        };
        self.journal.push(entry.clone());
        entry
    }

    fn kept(&self, path: &str, blob: BlobId) -> Option<&CaptureRow> {
        let (kept, _) = self.captures.get(path)?;
        (kept.blob == blob).then_some(kept)
    }

    fn insert(&mut self, capture: CaptureRow, facts: Facts) {
        if let Some(version) = version_of(&capture.path) {
            let first = self.versions.entry(version);
            first.or_insert(capture.first_seen);
        }
        let path = capture.path.clone();
        self.captures.insert(path, (capture, facts));
    }

    fn raise(&mut self, path: &str, evidence: &Evidence) {
        if let Some((kept, _)) = self.captures.get_mut(path) {
            kept.evidence = RecordedEvidence::from(evidence);
        }
    }

    fn add_proof(&mut self, proof: &VersionProof, captures: &[Key]) {
        let version = proof.path();
        let is_kept = self
            .proofs
            .iter()
            .any(|kept| kept.version == version && kept.database == proof.database);
        if is_kept && captures.is_empty() {
            return;
        }
        if !is_kept {
            self.proofs.push(ProofRow {
                version: version.clone(),
                database: proof.database.clone(),
                record: proof.record,
                file: proof.file.clone(),
            });
        }
        let captures: Vec<String> = captures.iter().map(Key::path).collect();
        for path in &captures {
            self.raise(path, &proof.evidence);
        }
        let evidence = if captures.is_empty() {
            RecordedEvidence::default()
        } else {
            RecordedEvidence::from(&proof.evidence)
        };
        self.write(Decision::Proven {
            version,
            database: proof.database.clone(),
            record: proof.record,
            proof: proof.file.clone(),
            captures,
            evidence,
        });
    }

    fn append_record(&mut self, new: NewRecord) -> DatabaseRecord {
        let version = version_path(&new.module, &new.version);
        let records = self.records.entry(new.database.clone()).or_default();
        if let Some((_, known)) = records.iter().find(|(known, _)| *known == version) {
            return known.clone();
        }
        let number = records.len() as u64;
        let entry = self.write(Decision::Logged {
            database: new.database.clone(),
            record: number,
            version: version.clone(),
            text: new.text.clone(),
            source: new.source.clone(),
        });
        let record = DatabaseRecord {
            number,
            text: new.text,
            source: new.source,
            at: entry.at,
        };
        let records = self.records.entry(new.database).or_default();
        records.push((version, record.clone()));
        record
    }

    /// Appends the record of a version of which go.mod and zip are both kept now.
    fn complete_version(&mut self, database: &str, artifact: &Artifact) {
        let kept = |kind| {
            let key = Key::Artifact(Artifact {
                kind,
                ..artifact.clone()
            });
            self.captures.get(&key.path()).map(|(kept, _)| kept)
        };
        let (Some(go_mod), Some(zip)) = (kept(ArtifactKind::Mod), kept(ArtifactKind::Zip)) else {
            return;
        };
        let (Some(go_mod_h1), Some(zip_h1)) = (&go_mod.h1, &zip.h1) else {
            return;
        };
        let new = NewRecord {
            database: database.to_owned(),
            module: artifact.module.clone(),
            version: artifact.version.clone(),
            text: go_sum_lines(&artifact.module, &artifact.version, zip_h1, go_mod_h1),
            source: zip.source.clone(),
        };
        self.append_record(new);
    }

    fn leaves(&self, log: &LogName) -> Vec<Vec<u8>> {
        match log {
            LogName::Journal => {
                let line = |entry: &JournalEntry| {
                    leaf::of_line(entry.sequence, entry.to_line().unwrap_or_default())
                };
                self.journal.iter().map(line).collect()
            }
            LogName::Database(name) => {
                let records = self.records.get(name).map_or(&[][..], Vec::as_slice);
                let text =
                    |(_, record): &(String, DatabaseRecord)| record.text.clone().into_bytes();
                records.iter().map(text).collect()
            }
        }
    }

    /// Every node of the tree of the first `size` entries of a log, and its head.
    fn tree(&self, log: &LogName, size: u64) -> (BTreeMap<CompleteSubtree, Hash>, TreeHead) {
        let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::new());
        let first = usize::try_from(size).unwrap_or(usize::MAX);
        for leaf in self.leaves(log).into_iter().take(first) {
            nodes.extend(frontier.append(Hash::of_leaf(&leaf)).unwrap_or_default());
        }
        (nodes, frontier.head())
    }

    fn size(&self, log: &LogName) -> u64 {
        self.leaves(log).len() as u64
    }

    fn fills(&self, log: &LogName, tile: Tile) -> bool {
        let filled = tile
            .level()
            .and_then(|level| Tile::in_tree(HEIGHT, level, tile.index(), self.size(log)));
        filled.is_some_and(|filled| tile.width() <= filled.width())
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
        let mut tables = self.0.lock();
        if let Some((kept, _)) = tables.captures.get(&new.path).cloned() {
            if kept.blob == new.blob {
                return Ok(CommitOutcome {
                    record: kept.into_record(new.key)?,
                    fresh: false,
                });
            }
            let (path, kept, offered) = (new.path, kept.blob, new.blob);
            tables.write(Decision::Conflict {
                path: path.clone(),
                kept,
                offered,
                source: new.provenance.source,
                quarantined: false,
            });
            return Err(StoreError::Conflict {
                path,
                kept,
                offered,
            });
        }
        let provenance = new.provenance;
        if let Some(proof) = &provenance.proof {
            tables.add_proof(proof, &[]);
        }
        let recorded = RecordedEvidence::from(&provenance.evidence);
        let entry = tables.write(Decision::Captured {
            path: new.path.clone(),
            blob: new.blob,
            size: new.size,
            h1: provenance.h1.clone(),
            source: provenance.source.clone(),
            evidence: recorded.clone(),
            facts: provenance.facts.clone(),
        });
        let capture = CaptureRow {
            path: new.path,
            blob: new.blob,
            size: new.size,
            h1: provenance.h1,
            source: provenance.source,
            evidence: recorded,
            first_seen: entry.at,
            sequence: entry.sequence,
        };
        tables.insert(capture.clone(), provenance.facts);
        if let (Some(database), Key::Artifact(artifact)) = (&provenance.log, &new.key) {
            tables.complete_version(database, artifact);
        }
        Ok(CommitOutcome {
            record: capture.into_record(new.key)?,
            fresh: true,
        })
    }

    async fn repair(&self, repair: BlobRepair) -> Result<Option<CaptureRow>, StoreError> {
        let mut tables = self.0.lock();
        let Some(kept) = tables.kept(&repair.path, repair.lost).cloned() else {
            return Ok(None);
        };
        if repair.blob != repair.lost && (kept.h1.is_none() || kept.h1 != repair.h1) {
            return Err(StoreError::Conflict {
                path: repair.path,
                kept: repair.lost,
                offered: repair.blob,
            });
        }
        let repaired = CaptureRow {
            blob: repair.blob,
            size: repair.size,
            ..kept.clone()
        };
        if let Some((row, _)) = tables.captures.get_mut(&repair.path) {
            *row = repaired.clone();
        }
        tables.write(Decision::Repaired {
            path: repair.path,
            lost: repair.lost,
            blob: repair.blob,
            size: repair.size,
            h1: kept.h1,
            source: repair.source,
            evidence: kept.evidence,
        });
        Ok(Some(repaired))
    }

    async fn replace(&self, new: BlobReplacement) -> Result<Option<CaptureRow>, StoreError> {
        let mut tables = self.0.lock();
        if tables.kept(&new.path, new.old).is_none() || new.blob == new.old {
            return Ok(None);
        }
        let provenance = new.provenance;
        let evidence = RecordedEvidence::from(&provenance.evidence);
        let entry = tables.write(Decision::Replaced {
            path: new.path.clone(),
            old: new.old,
            blob: new.blob,
            size: new.size,
            h1: provenance.h1.clone(),
            source: provenance.source.clone(),
            evidence: evidence.clone(),
            by: new.by,
            reason: new.reason,
        });
        let replaced = CaptureRow {
            path: new.path,
            blob: new.blob,
            size: new.size,
            h1: provenance.h1,
            source: provenance.source,
            evidence,
            first_seen: entry.at,
            sequence: entry.sequence,
        };
        tables.insert(replaced.clone(), Facts::new());
        Ok(Some(replaced))
    }

    async fn confirm(&self, update: EvidenceUpdate) -> Result<bool, StoreError> {
        let mut tables = self.0.lock();
        if tables.kept(&update.path, update.blob).is_none() {
            return Ok(false);
        }
        tables.raise(&update.path, &update.evidence);
        tables.write(Decision::Confirmed {
            path: update.path,
            blob: update.blob,
            evidence: RecordedEvidence::from(&update.evidence),
        });
        Ok(true)
    }

    async fn withdraw(&self, withdrawal: Withdrawal) -> Result<Option<BlobId>, StoreError> {
        let mut tables = self.0.lock();
        let Withdrawal {
            key,
            blob,
            by,
            reason,
        } = withdrawal;
        let path = key.path();
        if tables.kept(&path, blob).is_none() {
            return Ok(None);
        }
        tables.captures.remove(&path);
        if let Some(version) = version_of(&path) {
            let mut paths = tables.captures.keys();
            let is_left = paths.any(|other| version_of(other).as_ref() == Some(&version));
            if !is_left {
                tables.versions.remove(&version);
            }
        }
        tables.write(Decision::Withdrawn {
            path,
            blob,
            by,
            reason,
        });
        Ok(Some(blob))
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
        let mut versions: BTreeMap<String, (Version, ArtifactKinds)> = BTreeMap::new();
        for artifact in tables.captures.keys().filter_map(|path| Key::parse(path)) {
            if let Key::Artifact(artifact) = artifact
                && artifact.module == module
            {
                let text = artifact.version.escaped();
                let entry = versions.entry(text.clone());
                let (_, kinds) = entry.or_insert((artifact.version, ArtifactKinds::default()));
                kinds.insert(artifact.kind);
            }
        }
        let kept = versions.into_values();
        Ok(kept
            .map(|(version, kinds)| StoredVersion { version, kinds })
            .collect())
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
            let (module, version) = WithdrawnVersion::name(path)?;
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
        let mut tables = self.0.lock();
        let VersionOrder {
            version,
            reason,
            withdrawn,
        } = order;
        if tables.withdrawn.contains_key(&version) == withdrawn {
            return Ok(false);
        }
        let event = if withdrawn { WITHDRAWN } else { REINSTATED };
        let entry = tables.write(Decision::Event {
            event: event.to_owned(),
            subject: version.clone(),
            detail: reason.clone(),
        });
        if !withdrawn {
            tables.withdrawn.remove(&version);
        } else if let Some((module, name)) = WithdrawnVersion::name(&version) {
            let order = WithdrawnVersion {
                module,
                version: name,
                at: entry.at,
                sequence: entry.sequence,
                reason,
            };
            tables.withdrawn.insert(version, order);
        }
        Ok(true)
    }

    async fn withdrawn_versions(&self) -> Result<Vec<WithdrawnVersion>, StoreError> {
        Ok(self.0.lock().withdrawn.values().cloned().collect())
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
