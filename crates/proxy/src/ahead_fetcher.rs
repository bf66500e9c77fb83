//! Ahead fetcher: how the planner and posted lists fetch what nobody has asked for yet.
//!
//! Small artifacts are asked of the sources in the background: never twice, and never while demand
//! waits for a slot. A client that joins such a flight and hears that it was turned away asks
//! again on its own account: that answer was not meant for it. A zip is asked for as demand does,
//! since whoever joins its flight may have begun to read and cannot start over; a zip is never
//! asked for twice at once anyway.

use bytes::Bytes;
use checksumdb::Verification;
use futures_util::future::BoxFuture;
use gomod::{Artifact, ArtifactKind};
use ingest::{KnownAbsences, ModuleSources, SmallCaptures, ZipCaptures};
use memory::{KeptFile, MemoryCache, SMALL};
use prefetch::{AheadFetcher, AheadOutcome};
use std::sync::Arc;
use store::{DiskRoom, Key, Store, StoreError};
use upstream::RequestClass;

/// What is fetched ahead goes through the same flights as demand.
pub(crate) struct DemandFetcher {
    pub(crate) store: Store,
    pub(crate) memory: Arc<MemoryCache>,
    pub(crate) absences: Arc<KnownAbsences>,
    pub(crate) verification: Arc<Verification>,
    pub(crate) small: SmallCaptures,
    pub(crate) zips: ZipCaptures,
    pub(crate) sources: ModuleSources,
    pub(crate) disk: Arc<DiskRoom>,
}

// === impl DemandFetcher ===

impl AheadFetcher for DemandFetcher {
    fn hindrance(&self, kind: ArtifactKind) -> Option<&'static str> {
        let class = match kind {
            ArtifactKind::Zip => RequestClass::Zip,
            ArtifactKind::Info | ArtifactKind::Mod => RequestClass::Metadata,
        };
        if !self.store.health().writable || self.disk.is_short() {
            return Some("store");
        }
        (!self.sources.public().calm(class)).then_some("upstream")
    }

    fn fetch<'a>(&'a self, artifact: &'a Artifact) -> BoxFuture<'a, AheadOutcome> {
        Box::pin(self.fetch_unless_kept(artifact))
    }
}

impl DemandFetcher {
    async fn fetch_unless_kept(&self, artifact: &Artifact) -> AheadOutcome {
        match self.kept(artifact).await {
            Ok(Some(bytes)) => return AheadOutcome::Kept(bytes),
            Ok(None) => {}
            Err(failed) => return failed,
        }
        let (outcome, is_ours) = match artifact.kind {
            ArtifactKind::Zip => self.zips.kept(artifact).await,
            ArtifactKind::Info | ArtifactKind::Mod => self.small.fetch_ahead(artifact).await,
        };
        match outcome {
            Ok(kept) if is_ours => AheadOutcome::Fresh(kept.record.size, kept.bytes),
            Ok(kept) => AheadOutcome::Kept(kept.bytes),
            Err(refusal) => {
                tracing::debug!(%artifact, code = %refusal.code, "not fetched ahead");
                match refusal.status {
                    404 | 410 => AheadOutcome::Absent,
                    _ => AheadOutcome::Failed,
                }
            }
        }
    }

    /// What is kept, with the bytes of a go.mod; an error if it is known to be absent.
    async fn kept(&self, artifact: &Artifact) -> Result<Option<Option<Bytes>>, AheadOutcome> {
        let failed = |_: StoreError| AheadOutcome::Failed;
        let key = Key::Artifact(artifact.clone());
        let path = key.path();
        if let Some(cached) = self.memory.small(&path) {
            return Ok(Some(cached.kept.bytes));
        }
        let Some(record) = self.store.find(&key).await.map_err(failed)? else {
            let absence = self.absences.recall(artifact).await;
            return if absence.is_some() {
                Err(AheadOutcome::Absent)
            } else {
                Ok(None)
            };
        };
        if artifact.kind == ArtifactKind::Zip || record.size > SMALL {
            return Ok(Some(None));
        }
        let verifier = &self.verification.verifier;
        if !verifier.suffices(artifact, &record.evidence) {
            // What is in memory is served; this has to be proven first, when somebody asks for it.
            return Ok(Some(None));
        }
        let bytes = self.store.read_small(&record).await.map_err(failed)?;
        let kept = KeptFile::in_memory(record, bytes.clone());
        self.memory.put(&path, &kept);
        Ok(Some(Some(bytes)))
    }
}
