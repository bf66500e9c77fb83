//! The tables of a catalog in memory, and the questions that several of its methods ask them.

use crate::{
    blob::BlobId,
    cached_answer::{CachedAnswer, CachedAnswerKey},
    catalog::{CaptureRow, LogName},
    journal::{Decision, Facts, JournalEntry, leaf},
    key::Key,
    own::record::{DatabaseRecord, NewRecord, go_sum_lines},
    trust::{CaseFile, VersionProof, version_path},
    version_mark::{MarkedVersion, VersionMark},
};
use bytes::Bytes;
use gomod::{Artifact, ArtifactKind};
use jiff::Timestamp;
use protocol::{Evidence, RecordedEvidence};
use std::collections::{BTreeMap, HashMap};
use tlog::{
    Hash,
    checkpoint::TreeHead,
    frontier::Frontier,
    tile::{HEIGHT, Tile},
    tree::CompleteSubtree,
};

#[derive(Default)]
pub(super) struct MemoryTables {
    pub(super) captures: BTreeMap<String, (CaptureRow, Facts)>,
    /// First captures of versions, by path.
    pub(super) versions: BTreeMap<String, Timestamp>,
    pub(super) journal: Vec<JournalEntry>,
    pub(super) records: BTreeMap<String, Vec<(String, DatabaseRecord)>>,
    pub(super) proofs: Vec<ProofRow>,
    pub(super) tiles: HashMap<(String, u8, u64), Bytes>,
    pub(super) states: BTreeMap<String, Bytes>,
    pub(super) cases: Vec<CaseFile>,
    pub(super) marks: BTreeMap<(VersionMark, String), MarkedVersion>,
    pub(super) answers: HashMap<CachedAnswerKey, CachedAnswer>,
}

pub(super) struct ProofRow {
    pub(super) version: String,
    pub(super) database: String,
    pub(super) record: u64,
    pub(super) file: String,
}

// === impl MemoryTables ===

impl MemoryTables {
    pub(super) fn write(&mut self, decision: Decision) -> JournalEntry {
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

    pub(super) fn kept(&self, path: &str, blob: BlobId) -> Option<&CaptureRow> {
        let (kept, _) = self.captures.get(path)?;
        (kept.blob == blob).then_some(kept)
    }

    pub(super) fn insert(&mut self, capture: CaptureRow, facts: Facts) {
        if let Some(version) = version_of(&capture.path) {
            let first = self.versions.entry(version);
            first.or_insert(capture.first_seen);
        }
        let path = capture.path.clone();
        self.captures.insert(path, (capture, facts));
    }

    pub(super) fn raise(&mut self, path: &str, evidence: &Evidence) {
        if let Some((kept, _)) = self.captures.get_mut(path) {
            kept.evidence = RecordedEvidence::from(evidence);
        }
    }

    pub(super) fn add_proof(&mut self, proof: &VersionProof, captures: &[Key]) {
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

    pub(super) fn append_record(&mut self, new: NewRecord) -> DatabaseRecord {
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
    pub(super) fn complete_version(&mut self, database: &str, artifact: &Artifact) {
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

    pub(super) fn leaves(&self, log: &LogName) -> Vec<Vec<u8>> {
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
    pub(super) fn tree(
        &self,
        log: &LogName,
        size: u64,
    ) -> (BTreeMap<CompleteSubtree, Hash>, TreeHead) {
        let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::new());
        let first = usize::try_from(size).unwrap_or(usize::MAX);
        for leaf in self.leaves(log).into_iter().take(first) {
            nodes.extend(frontier.append(Hash::of_leaf(&leaf)).unwrap_or_default());
        }
        (nodes, frontier.head())
    }

    pub(super) fn size(&self, log: &LogName) -> u64 {
        self.leaves(log).len() as u64
    }

    pub(super) fn fills(&self, log: &LogName, tile: Tile) -> bool {
        let filled = tile
            .level()
            .and_then(|level| Tile::in_tree(HEIGHT, level, tile.index(), self.size(log)));
        filled.is_some_and(|filled| tile.width() <= filled.width())
    }
}

/// `M/@v/V` of the path of an artifact.
pub(super) fn version_of(path: &str) -> Option<String> {
    match Key::parse(path)? {
        Key::Artifact(Artifact {
            module, version, ..
        }) => Some(version_path(&module, &version)),
        Key::Sumdb { .. } => None,
    }
}
