//! Artifacts: `.info`, `.mod` and `.zip` of a canonical version.
//!
//! Memory, then catalog, then a source; each artifact by itself, never one for the sake of another
//! (law L10). The first two steps touch nothing that fetching uses (L4).

use crate::{
    answer::{Answer, Body, Freshness, Origin},
    capture::{self, Captured, Urgency},
    confirm,
    context::Context,
    flight::{Reader, board::Started},
    hot::{Entry, SMALL},
    kept::{Kept, media_of},
    refusal::Refusal,
    resource::{Fetching, Resource},
};
use bytes::Bytes;
use gomod::{Artifact, ArtifactKind};
use std::{sync::Arc, time::Duration};
use store::{BlobReader, Key, Record};

/// What a source says of a zip without sending it.
#[derive(Debug, Clone)]
pub(crate) struct Announcement {
    source: String,
    length: Option<u64>,
}

// === impl Context ===

impl Context {
    /// Answers a request for an artifact.
    pub(crate) async fn artifact(
        self: &Arc<Self>,
        artifact: &Artifact,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let key = Key::Artifact(artifact.clone());
        if let Some(answer) = self.kept_or_mended(&key, fetching).await? {
            return Ok(answer);
        }
        if fetching == Fetching::Never {
            return Err(Refusal::not_kept(&artifact.to_string()));
        }
        if let Some(refusal) = self.recall_refusal(artifact).await {
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
        let (entry, origin) = if let Some(entry) = self.hot.small(path) {
            (entry, Origin::Memory)
        } else if let Some(entry) = self.open_and_sound(path) {
            (entry, Origin::Store)
        } else {
            return self.fresh.get(path, self.options.clock.now());
        };
        let answer = described(&entry.kept.record, origin, entry.body()?);
        Some((entry.resource, answer))
    }

    fn open_and_sound(&self, path: &str) -> Option<Entry> {
        let entry = self.hot.open(path)?;
        self.sound.knows(entry.blob()?).then_some(entry)
    }

    /// The answer from what is kept, if it is.
    pub(crate) async fn kept(self: &Arc<Self>, key: &Key) -> Result<Option<Answer>, Refusal> {
        let path = key.path();
        if let Some((_, answer)) = self.at_hand(&path) {
            return Ok(Some(answer));
        }
        let found = self
            .store
            .find(key)
            .await
            .map_err(|error| self.store_failure(error))?;
        match found {
            Some(record) => {
                let record = self.admit(record).await?;
                self.stored(&path, record).await
            }
            None => Ok(None),
        }
    }

    /// The answer from the store; none if it is of no use to `go`.
    async fn stored(
        self: &Arc<Self>,
        path: &str,
        record: Record,
    ) -> Result<Option<Answer>, Refusal> {
        if record.size <= SMALL && !is_zip(&record.key) {
            let bytes = self
                .store
                .read_small(&record)
                .await
                .map_err(|error| self.store_failure(error))?;
            if !confirm::is_readable(&record.key, &bytes) {
                return Ok(None);
            }
            self.confirm_behind(&record);
            let kept = Kept::in_memory(record, bytes);
            self.hot.put(path, &kept);
            return Ok(answer(&kept, Origin::Store));
        }
        let blob = self.opened(&record).await?;
        if is_zip(&record.key) {
            self.hot.hold(path, &Kept::on_disk(record.clone()), &blob);
        }
        Ok(Some(described(&record, Origin::Store, Body::Blob(blob))))
    }

    /// The bytes of something small that is kept.
    pub(crate) async fn kept_small(&self, key: &Key) -> Result<Option<Bytes>, Refusal> {
        let failed = |error| self.store_failure(error);
        match self.readable(key).await.map_err(failed)? {
            Some(record) => self
                .store
                .read_small(&record)
                .await
                .map(Some)
                .map_err(failed),
            None => Ok(None),
        }
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
            .map_err(|error| self.store_failure(error))?;
        self.sound
            .ensure(&blob)
            .await
            .map_err(|error| self.store_failure(error))?;
        Ok(blob)
    }

    async fn fetch_small(self: &Arc<Self>, artifact: &Artifact) -> Result<Answer, Refusal> {
        let mut captured = self.capture_small(artifact).await;
        if captured.says_nothing() {
            captured = self.capture_small(artifact).await;
        }
        let kept = captured.outcome?;
        let origin = Origin::Upstream(kept.record.source.clone());
        match answer(&kept, origin.clone()) {
            Some(answer) => Ok(answer),
            None => self.on_disk(&kept.record, origin).await,
        }
    }

    async fn capture_small(self: &Arc<Self>, artifact: &Artifact) -> Captured {
        let fetched = self.captures.run(Resource::Artifact(artifact.clone()), || {
            let (context, subject) = (Arc::clone(self), artifact.clone());
            async move { capture::small_once(&context, &subject, Urgency::Demand).await }
        });
        fetched.await.unwrap_or_else(Captured::refused)
    }

    /// What is kept of an artifact that is not answered but needed, fetched where it is not.
    pub(crate) async fn captured(
        self: &Arc<Self>,
        artifact: &Artifact,
    ) -> Result<Arc<Record>, Refusal> {
        let found = self.store.find(&Key::Artifact(artifact.clone())).await;
        if let Some(record) = found.map_err(|error| self.store_failure(error))? {
            return Ok(Arc::new(record));
        }
        if let Some(refusal) = self.recall_refusal(artifact).await {
            return Err(refusal);
        }
        if artifact.kind == ArtifactKind::Zip {
            return Ok(self.zip_kept(artifact).await.0?.record);
        }
        let mut captured = self.capture_small(artifact).await;
        if captured.says_nothing() {
            captured = self.capture_small(artifact).await;
        }
        Ok(captured.outcome?.record)
    }

    /// What a source announces of a zip that is not kept. Nothing of it is transferred, kept or
    /// proven, so this says no more than that it is to be had, and how large it is said to be.
    async fn announced(self: &Arc<Self>, artifact: &Artifact) -> Result<Answer, Refusal> {
        if self.zip_under_way(artifact) {
            return self.fly(artifact).await;
        }
        let announced = self.announcements.run(artifact.clone(), || {
            let (context, artifact) = (Arc::clone(self), artifact.clone());
            async move { context.ask_for_head(&artifact).await }
        });
        let Announcement { source, length } = announced.await??;
        Ok(Answer {
            media: media_of(&Key::Artifact(artifact.clone())),
            // Nobody may keep this in place of what a GET is answered.
            freshness: Freshness::For(Duration::ZERO),
            hash: None,
            origin: Origin::Upstream(source),
            evidence: self.verifier.promise(artifact),
            body: Body::Announced(length),
        })
    }

    async fn ask_for_head(&self, artifact: &Artifact) -> Result<Announcement, Refusal> {
        let mut walk = capture::walk(self, artifact)?.header_only();
        let download = capture::offered(self, artifact, &mut walk).await?;
        Ok(Announcement {
            source: download.source.to_string(),
            length: download.length,
        })
    }

    async fn fly(self: &Arc<Self>, artifact: &Artifact) -> Result<Answer, Refusal> {
        let (passage, started) = self.zip_started(artifact).await?;
        match started {
            Started::Over(outcome) => {
                let kept = outcome?;
                self.on_disk(&kept.record, Origin::Upstream(kept.record.source.clone()))
                    .await
            }
            Started::Arriving { length, content } => Ok(Answer {
                media: media_of(&Key::Artifact(artifact.clone())),
                freshness: Freshness::Immutable,
                hash: None,
                origin: Origin::Upstream(content.source.to_string()),
                evidence: self.verifier.promise(artifact),
                body: Body::Flight(Reader::new(passage, length)),
            }),
        }
    }
}

fn is_zip(key: &Key) -> bool {
    matches!(key, Key::Artifact(artifact) if artifact.kind == ArtifactKind::Zip)
}

fn answer(kept: &Kept, origin: Origin) -> Option<Answer> {
    kept.small_body()
        .map(|body| described(&kept.record, origin, body))
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
