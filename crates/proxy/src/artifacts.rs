//! Artifacts: `.info`, `.mod` and `.zip` of a canonical version.
//!
//! Memory, then catalog, then a source; each artifact by itself, never one for the sake of another
//! (law L10). The first two steps touch nothing that fetching uses (L4).

use crate::{
    answer::{Answer, Body},
    confirmations::Confirmations,
    metrics::Metrics,
};
use bytes::Bytes;
use checksumdb::{Verification, VersionCaptures};
use codes::Code;
use futures_util::future::BoxFuture;
use gomod::{Artifact, ArtifactKind};
use ingest::{
    KnownRefusals, SmallCaptures, SourceWalks, ZipCaptures, capture_writer,
    flight::{board::FlightStart, reader::Reader},
};
use memory::{CachedFile, KeptFile, MemoryCache, ResponseCache, SMALL, VerifiedBlobs, media_of};
use protocol::{Clock, Fetching, Freshness, Origin, Refusal, Resource};
use repair::{BlobRepairs, RepairOutcome};
use single_flight::{FlightBudget, SingleFlights};
use std::{sync::Arc, time::Duration};
use store::{BlobReader, Key, Record, Store};

/// Answers with artifacts: from memory, from the store, or from a source.
pub(crate) struct ArtifactAnswers {
    pub(crate) memory: Arc<MemoryCache>,
    pub(crate) responses: Arc<ResponseCache>,
    pub(crate) verified: Arc<VerifiedBlobs>,
    pub(crate) store: Store,
    pub(crate) verification: Arc<Verification>,
    pub(crate) confirmations: Confirmations,
    pub(crate) repairs: BlobRepairs,
    pub(crate) refusals: Arc<KnownRefusals>,
    pub(crate) small: SmallCaptures,
    pub(crate) zips: ZipCaptures,
    pub(crate) announcements: ZipAnnouncements,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) clock: Clock,
}

/// Asks sources whether a zip is to be had, once for all who ask at the same time.
pub(crate) struct ZipAnnouncements {
    running: SingleFlights<Artifact, Result<Announcement, Refusal>>,
    walks: Arc<SourceWalks>,
}

/// What a source says of a zip without sending it.
#[derive(Debug, Clone)]
pub(crate) struct Announcement {
    source: String,
    length: Option<u64>,
}

// === impl ZipAnnouncements ===

impl ZipAnnouncements {
    pub(crate) fn new(walks: &Arc<SourceWalks>, budget: &FlightBudget) -> Self {
        Self {
            running: SingleFlights::within(budget),
            walks: Arc::clone(walks),
        }
    }

    async fn ask(&self, artifact: &Artifact) -> Result<Announcement, Refusal> {
        let asked = self.running.run(artifact.clone(), || {
            let (walks, artifact) = (Arc::clone(&self.walks), artifact.clone());
            async move {
                let mut walk = walks.begin(&artifact)?.header_only();
                let download = walks.next(&artifact, &mut walk).await?;
                Ok(Announcement {
                    source: download.source.to_string(),
                    length: download.length,
                })
            }
        });
        asked.await?
    }
}

// === impl ArtifactAnswers ===

impl ArtifactAnswers {
    /// Answers a request for an artifact.
    pub(crate) async fn artifact(
        &self,
        artifact: &Artifact,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let key = Key::Artifact(artifact.clone());
        if let Some(answer) = self.kept_or_repaired(&key, fetching).await? {
            return Ok(answer);
        }
        if fetching == Fetching::Never {
            return Err(Refusal::not_kept(&artifact.to_string()));
        }
        if let Some(refusal) = self.refusals.recall(artifact).await {
            return Err(refusal);
        }
        match artifact.kind {
            ArtifactKind::Zip if fetching == Fetching::Head => self.announced(artifact).await,
            ArtifactKind::Zip => self.fly(artifact).await,
            ArtifactKind::Info | ArtifactKind::Mod => self.fetch_small(artifact).await,
        }
    }

    /// The answer from memory or an open file, if it is there; waits for nothing.
    pub(crate) fn at_hand(&self, path: &str) -> Option<(Arc<Resource>, Answer)> {
        let (entry, origin) = if let Some(entry) = self.memory.small(path) {
            (entry, Origin::Memory)
        } else if let Some(entry) = self.open_and_sound(path) {
            (entry, Origin::Store)
        } else {
            let held = self.responses.get(path, self.clock.now())?;
            return Some((Arc::clone(&held.resource), held.into()));
        };
        let answer = described(&entry.kept.record, origin, body(&entry)?);
        Some((entry.resource, answer))
    }

    fn open_and_sound(&self, path: &str) -> Option<CachedFile> {
        let entry = self.memory.open(path)?;
        self.verified.knows(entry.blob()?).then_some(entry)
    }

    /// The answer from what is kept, if it is.
    pub(crate) async fn kept(&self, key: &Key) -> Result<Option<Answer>, Refusal> {
        let path = key.path();
        if let Some((_, answer)) = self.at_hand(&path) {
            return Ok(Some(answer));
        }
        let found = self
            .store
            .find(key)
            .await
            .map_err(|error| self.metrics.store_failure(error))?;
        match found {
            Some(record) => {
                let record = self.verification.admit(record).await?;
                self.stored(&path, record).await
            }
            None => Ok(None),
        }
    }

    /// The answer from the store; none if it is of no use to `go`.
    async fn stored(&self, path: &str, record: Record) -> Result<Option<Answer>, Refusal> {
        if record.size <= SMALL && !is_zip(&record.key) {
            let bytes = self
                .store
                .read_small(&record)
                .await
                .map_err(|error| self.metrics.store_failure(error))?;
            if !capture_writer::is_readable(&record.key, &bytes) {
                return Ok(None);
            }
            self.confirmations.begin_behind(&record);
            let kept = KeptFile::in_memory(record, bytes);
            self.memory.put(path, &kept);
            return Ok(answer(&kept, Origin::Store));
        }
        let blob = self.opened(&record).await?;
        if is_zip(&record.key) {
            self.memory
                .hold(path, &KeptFile::on_disk(record.clone()), &blob);
        }
        Ok(Some(described(&record, Origin::Store, Body::Blob(blob))))
    }

    /// What is kept under a key; damage is repaired first, where fetching is allowed.
    async fn kept_or_repaired(
        &self,
        key: &Key,
        fetching: Fetching,
    ) -> Result<Option<Answer>, Refusal> {
        let damage = match self.kept(key).await {
            Err(damage) if damage.code == Code::CorruptBlob && fetching != Fetching::Never => {
                damage
            }
            kept => return kept,
        };
        let Some(record) = self.store.find(key).await? else {
            return Ok(None);
        };
        let blob = record.blob;
        match self.repairs.repair(blob, vec![record]).await {
            RepairOutcome::Healed | RepairOutcome::Sound => self.kept(key).await,
            RepairOutcome::Lost { why, .. } => Err(Refusal {
                retry_after: damage.retry_after,
                ..Refusal::new(Code::CorruptBlob, format!("blob {blob}: {why}"))
            }),
        }
    }

    /// The bytes of something small that is kept.
    pub(crate) async fn kept_small(&self, key: &Key) -> Result<Option<Bytes>, Refusal> {
        let failed = |error| self.metrics.store_failure(error);
        let found = self.store.find(key).await.map_err(failed)?;
        let Some(record) = found else { return Ok(None) };
        let bytes = self.store.read_small(&record).await.map_err(failed)?;
        Ok(capture_writer::is_readable(key, &bytes).then_some(bytes))
    }

    async fn on_disk(&self, record: &Record, origin: Origin) -> Result<Answer, Refusal> {
        let blob = self.opened(record).await?;
        Ok(described(record, origin, Body::Blob(blob)))
    }

    /// The blob, which was found sound.
    async fn opened(&self, record: &Record) -> Result<BlobReader, Refusal> {
        let blob = self
            .store
            .open_blob(record)
            .await
            .map_err(|error| self.metrics.store_failure(error))?;
        self.verified
            .ensure(&blob)
            .await
            .map_err(|error| self.metrics.store_failure(error))?;
        Ok(blob)
    }

    async fn fetch_small(&self, artifact: &Artifact) -> Result<Answer, Refusal> {
        let kept = self.small.fetch(artifact).await?;
        let origin = Origin::Upstream(kept.record.source.clone());
        match answer(&kept, origin.clone()) {
            Some(answer) => Ok(answer),
            None => self.on_disk(&kept.record, origin).await,
        }
    }

    /// What is kept of an artifact that is not answered but needed, fetched where it is not.
    pub(crate) async fn captured(&self, artifact: &Artifact) -> Result<Arc<Record>, Refusal> {
        let found = self.store.find(&Key::Artifact(artifact.clone())).await;
        if let Some(record) = found.map_err(|error| self.metrics.store_failure(error))? {
            return Ok(Arc::new(record));
        }
        if let Some(refusal) = self.refusals.recall(artifact).await {
            return Err(refusal);
        }
        if artifact.kind == ArtifactKind::Zip {
            return Ok(self.zips.kept(artifact).await.0?.record);
        }
        Ok(self.small.fetch(artifact).await?.record)
    }

    /// What a source announces of a zip that is not kept. Nothing of it is transferred, kept or
    /// proven, so this says no more than that it is to be had, and how large it is said to be.
    async fn announced(&self, artifact: &Artifact) -> Result<Answer, Refusal> {
        if self.zips.is_under_way(artifact) {
            return self.fly(artifact).await;
        }
        let Announcement { source, length } = self.announcements.ask(artifact).await?;
        Ok(Answer {
            media: media_of(&Key::Artifact(artifact.clone())),
            // Nobody may keep this in place of what a GET is answered.
            freshness: Freshness::For(Duration::ZERO),
            hash: None,
            origin: Origin::Upstream(source),
            evidence: self.verification.verifier.promise(artifact),
            body: Body::Announced(length),
        })
    }

    async fn fly(&self, artifact: &Artifact) -> Result<Answer, Refusal> {
        let (passage, started) = self.zips.started(artifact).await?;
        match started {
            FlightStart::Over(outcome) => {
                let kept = outcome?;
                self.on_disk(&kept.record, Origin::Upstream(kept.record.source.clone()))
                    .await
            }
            FlightStart::Arriving { length, content } => Ok(Answer {
                media: media_of(&Key::Artifact(artifact.clone())),
                freshness: Freshness::Immutable,
                hash: None,
                origin: Origin::Upstream(content.source.to_string()),
                evidence: self.verification.verifier.promise(artifact),
                body: Body::Flight(Reader::new(passage, length)),
            }),
        }
    }
}

fn is_zip(key: &Key) -> bool {
    matches!(key, Key::Artifact(artifact) if artifact.kind == ArtifactKind::Zip)
}

fn answer(kept: &KeptFile, origin: Origin) -> Option<Answer> {
    let body = kept.bytes.clone().map(Body::Bytes)?;
    Some(described(&kept.record, origin, body))
}

fn described(record: &Record, origin: Origin, body: Body) -> Answer {
    Answer {
        media: media_of(&record.key),
        freshness: Freshness::Immutable,
        hash: Some(record.blob),
        origin,
        evidence: record.evidence.clone(),
        body,
    }
}

impl VersionCaptures for ArtifactAnswers {
    fn captured<'a>(
        &'a self,
        artifact: &'a Artifact,
    ) -> BoxFuture<'a, Result<Arc<Record>, Refusal>> {
        Box::pin(self.captured(artifact))
    }
}

/// The bytes of what is at hand.
fn body(entry: &CachedFile) -> Option<Body> {
    match entry.blob() {
        Some(blob) => Some(Body::Blob(blob.clone())),
        None => entry.kept.bytes.clone().map(Body::Bytes),
    }
}
