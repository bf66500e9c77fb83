//! Capture writer: what was received and proven becomes something kept.
//!
//! The store makes the blob durable first and then its row (law L5). Here what is kept already is found,
//! an `.info` that `go` cannot read gives way to the one that arrives, and what was remembered of both is
//! forgotten.

use crate::metrics::{CaptureKind, IngestMetrics};
use crate::{
    answer_memory::RememberedAnswer,
    blocklist::Blocklist,
    info_evidence::{self, unconfirmed},
};
use alarm::AlarmLog;
use bytes::Bytes;
use checksumdb::{CaptureEvidence, Verification};
use gomod::{Artifact, ArtifactKind, ModulePath};
use inspection::check;
use memory::{KeptFile, MemoryCache, ResponseCache};
use protocol::{Evidence, Refusal};
use std::sync::Arc;
use store::{
    Capture, CommitOutcome, DiskRoom, Facts, Key, Provenance, Record, SealedSpool, Store,
    StoreError,
};
use tokio::time::Instant;

/// Who replaces what was not confirmed, in the journal.
const REPLACED_BY: &str = "modkeep";

/// Keeps captures.
pub struct CaptureWriter {
    pub(crate) store: Store,
    pub(crate) memory: Arc<MemoryCache>,
    pub(crate) responses: Arc<ResponseCache>,
    pub(crate) verification: Arc<Verification>,
    pub(crate) blocklist: Arc<Blocklist>,
    pub(crate) disk: Arc<DiskRoom>,
    pub(crate) metrics: IngestMetrics,
    pub(crate) alarms: AlarmLog,
}

/// What the catalog has under the key of something that arrives.
#[derive(Debug)]
pub enum KeptBefore {
    /// Nothing.
    Nothing,
    /// An `.info` that `go` cannot read and nothing confirmed: what arrives takes its place.
    Unreadable(Box<Record>),
    /// Something that is of use.
    Readable(Record),
}

// === impl KeptBefore ===

impl KeptBefore {
    /// What is of use of it.
    pub(crate) fn readable(self) -> Option<Record> {
        match self {
            Self::Readable(record) => Some(record),
            Self::Nothing | Self::Unreadable(_) => None,
        }
    }
}

// === impl CaptureWriter ===

impl CaptureWriter {
    /// What is kept under a key.
    pub(crate) async fn kept_before(&self, key: &Key) -> Result<KeptBefore, StoreError> {
        let Some(record) = self.store.find(key).await? else {
            return Ok(KeptBefore::Nothing);
        };
        if !is_info(key) {
            return Ok(KeptBefore::Readable(record));
        }
        // Damage is another matter, which whoever reads it meets.
        let bytes = self.store.read_small(&record).await;
        let is_readable = bytes.map_or(true, |bytes| is_readable(key, &bytes));
        Ok(if is_readable {
            KeptBefore::Readable(record)
        } else {
            KeptBefore::Unreadable(Box::new(record))
        })
    }

    /// Keeps small bytes for ever and in memory; `before` is what the catalog had when they were asked
    /// for.
    pub async fn keep_small(
        &self,
        key: Key,
        bytes: Bytes,
        provenance: Provenance,
        before: &KeptBefore,
    ) -> Result<KeptFile, Refusal> {
        let path = key.path();
        let started = Instant::now();
        if let KeptBefore::Unreadable(record) = before
            && unconfirmed(record).is_some()
        {
            let reason = "go cannot read it";
            self.replace_info(record, bytes.clone(), provenance.clone(), reason)
                .await;
        }
        let committed = self.store.commit_small(key, bytes.clone(), provenance);
        let kept = self.committed(committed.await, started)?;
        let kept = match kept.bytes {
            Some(_) => kept,
            None => KeptFile {
                bytes: Some(bytes),
                ..kept
            },
        };
        self.memory.put(&path, &kept);
        Ok(kept)
    }

    /// Makes a sealed spool a kept blob.
    pub(crate) async fn keep_sealed(
        &self,
        key: Key,
        sealed: SealedSpool,
        provenance: Provenance,
    ) -> Result<KeptFile, Refusal> {
        let started = Instant::now();
        let capture = Capture {
            key,
            sealed,
            provenance,
        };
        let committed = self.store.commit(capture).await;
        self.committed(committed, started)
    }

    /// Keeps the answer to a query as the `.info` of the version it resolved to, as `go` itself
    /// caches it under both names: the version is what the client will ask for from now on.
    pub async fn keep_resolved(&self, module: &ModulePath, answer: &RememberedAnswer) {
        let Ok(version) = check::resolved(&answer.body) else {
            return;
        };
        if gomod::version::check_agreement(module, &version).is_err()
            || self
                .blocklist
                .refusal_of_version(module, &version)
                .is_some()
            || self.disk.room_for(0).await.is_err()
        {
            return;
        }
        let artifact = Artifact {
            module: module.clone(),
            version,
            kind: ArtifactKind::Info,
        };
        let provenance = self.first_seen(&artifact, &answer.body, &answer.source);
        let key = Key::Artifact(artifact);
        if matches!(self.store.find(&key).await, Ok(None)) {
            // A store that cannot be written was logged; the query is answered all the same.
            let (body, before) = (answer.body.clone(), KeptBefore::Nothing);
            let _ = self.keep_small(key, body, provenance, &before).await;
        }
    }

    /// What is said of a `.info`, which no log covers.
    pub fn first_seen(&self, info: &Artifact, bytes: &[u8], source: &str) -> Provenance {
        let promise = self.verification.verifier.promise(info);
        Provenance {
            source: source.to_owned(),
            evidence: info_evidence::evidence(promise, bytes),
            ..Provenance::default()
        }
    }

    /// Puts an `.info` in the place of a kept one; says whether that was done.
    pub async fn replace_info(
        &self,
        record: &Record,
        bytes: Bytes,
        provenance: Provenance,
        reason: &str,
    ) -> bool {
        let replaced = self
            .store
            .replace_small(record, bytes, provenance, (REPLACED_BY, reason));
        let replaced = replaced.await;
        if let Err(error) = &replaced {
            tracing::warn!(%error, "an .info could not be replaced");
        }
        self.memory.forget(&record.key.path());
        replaced.is_ok_and(|row| row.is_some())
    }

    fn committed(
        &self,
        committed: Result<CommitOutcome, StoreError>,
        started: Instant,
    ) -> Result<KeptFile, Refusal> {
        let took = started.elapsed().as_secs_f64();
        self.metrics.commit_time.observe(took);
        let committed = committed.map_err(|error| self.alarms.store_failure(error))?;
        if committed.fresh {
            let kind = kind_of(&committed.record.key);
            self.metrics
                .captures
                .get_or_create(&CaptureKind { kind })
                .inc();
            if let Key::Artifact(artifact) = &committed.record.key {
                // Its version may be one more in the list.
                self.responses.forget(&artifact.module.list_path());
            }
        }
        Ok(KeptFile::on_disk(committed.record))
    }
}

/// What is written down about a capture.
pub(crate) fn provenance(h1: Option<String>, source: &str, grounds: CaptureEvidence) -> Provenance {
    let CaptureEvidence {
        evidence,
        proof,
        log,
    } = grounds;
    Provenance {
        h1,
        source: source.to_owned(),
        evidence,
        facts: Facts::new(),
        proof,
        log,
    }
}

/// What is said of a record of a database that is passed on unproven.
pub fn mirrored(source: &str) -> Provenance {
    Provenance {
        source: source.to_owned(),
        evidence: Evidence::Unverified,
        ..Provenance::default()
    }
}

fn is_info(key: &Key) -> bool {
    matches!(key, Key::Artifact(artifact) if artifact.kind == ArtifactKind::Info)
}

/// Whether `go` can use what is kept under a key.
pub fn is_readable(key: &Key, bytes: &[u8]) -> bool {
    match key {
        Key::Artifact(artifact) if is_info(key) => check::small(artifact, bytes).is_ok(),
        _ => true,
    }
}

fn kind_of(key: &Key) -> &'static str {
    match key {
        Key::Artifact(artifact) => artifact.kind.extension(),
        Key::Sumdb { .. } => "sumdb",
    }
}
