//! Fetch: one artifact ahead of demand, exactly as demand would fetch it.
//!
//! It joins the same flight that demand joins or would join (law L6). Only so many are
//! under way at a time ([`Rooms`]); of what a source is asked at once they are at most half, which it
//! sees to itself; and none is begun unless the sources are calm.
//!
//! Small artifacts are asked of the sources in the background: never twice, and never while demand
//! waits for a slot. A client that joins such a flight and hears that it was turned away asks
//! again on its own account: that answer was not meant for it. A zip is asked for as demand does,
//! since whoever joins its flight may have begun to read and cannot start over; a zip is never
//! asked for twice at once anyway.

use super::requirements::Requirements;
use crate::{
    capture::{self, Captured, Urgency},
    context::Context,
    flight::Outcome,
    hot::SMALL,
    kept::Kept,
    resource::Resource,
};
use bytes::Bytes;
use gomod::{Artifact, ArtifactKind};
use std::sync::Arc;
use store::{Key, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use upstream::RequestClass;

/// Small artifacts under way ahead of demand. Each takes a round trip, and one more until it is
/// proven. At 30 ms each this is a thousand a second, more than one client can take.
const SMALL_AT_ONCE: usize = 64;

/// Zips under way ahead of demand. One client unpacks two or so at a time; the rest hides latency.
const ZIPS_AT_ONCE: usize = 12;

/// How many fetches may be under way ahead of demand, for all clients together.
#[derive(Debug, Clone)]
pub(crate) struct Rooms {
    small: Arc<Semaphore>,
    zips: Arc<Semaphore>,
}

/// How a fetch ended.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// It was kept already, or somebody else was fetching it.
    Kept(Option<Bytes>),
    /// It was fetched for this, and has so many bytes.
    Fresh(u64, Option<Bytes>),
    /// Every source says that it does not exist.
    Absent,
    /// It could not be had.
    Failed,
}

// === impl Rooms ===

impl Rooms {
    pub(crate) fn new() -> Self {
        Self {
            small: Arc::new(Semaphore::new(SMALL_AT_ONCE)),
            zips: Arc::new(Semaphore::new(ZIPS_AT_ONCE)),
        }
    }

    fn of(&self, kind: ArtifactKind) -> &Arc<Semaphore> {
        match kind {
            ArtifactKind::Zip => &self.zips,
            ArtifactKind::Info | ArtifactKind::Mod => &self.small,
        }
    }

    /// Room for one more, if there is any now.
    pub(crate) fn now(&self, kind: ArtifactKind) -> Option<OwnedSemaphorePermit> {
        Arc::clone(self.of(kind)).try_acquire_owned().ok()
    }

    /// Room for one more, when there is.
    pub(crate) async fn wait(&self, kind: ArtifactKind) -> Option<OwnedSemaphorePermit> {
        Arc::clone(self.of(kind)).acquire_owned().await.ok()
    }
}

// === impl Fetched ===

impl Fetched {
    /// The bytes of something small, where they came along.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Kept(bytes) | Self::Fresh(_, bytes) => bytes.as_ref(),
            Self::Absent | Self::Failed => None,
        }
    }

    /// The requirements in a go.mod, if its bytes came along.
    pub(crate) fn requirements(&self) -> Option<Requirements> {
        self.bytes().map(|bytes| Requirements::read(bytes))
    }
}

/// Why nothing is fetched ahead now, as a metric label.
pub(crate) fn hindrance(context: &Context, kind: ArtifactKind) -> Option<&'static str> {
    let class = match kind {
        ArtifactKind::Zip => RequestClass::Zip,
        ArtifactKind::Info | ArtifactKind::Mod => RequestClass::Metadata,
    };
    if !context.store.health().writable || context.is_short_of_room() {
        return Some("store");
    }
    (!context.upstreams.calm(class)).then_some("upstream")
}

/// Fetches an artifact unless it is kept.
pub(crate) async fn fetch(context: &Arc<Context>, artifact: &Artifact) -> Fetched {
    match kept(context, artifact).await {
        Ok(Some(bytes)) => return Fetched::Kept(bytes),
        Ok(None) => {}
        Err(failed) => return failed,
    }
    let mut ours = false;
    let outcome = match artifact.kind {
        ArtifactKind::Zip => {
            let (outcome, begun) = context.zip_kept(artifact).await;
            ours = begun;
            outcome
        }
        ArtifactKind::Info | ArtifactKind::Mod => small(context, artifact, &mut ours).await,
    };
    match outcome {
        Ok(kept) if ours => Fetched::Fresh(kept.record.size, kept.bytes),
        Ok(kept) => Fetched::Kept(kept.bytes),
        Err(refusal) => {
            tracing::debug!(%artifact, code = %refusal.code, "not fetched ahead");
            match refusal.status {
                404 | 410 => Fetched::Absent,
                _ => Fetched::Failed,
            }
        }
    }
}

/// What is kept, with the bytes of a go.mod; an error if it is known to be absent.
async fn kept(context: &Context, artifact: &Artifact) -> Result<Option<Option<Bytes>>, Fetched> {
    let failed = |_: StoreError| Fetched::Failed;
    let key = Key::Artifact(artifact.clone());
    let path = key.path();
    if let Some(entry) = context.hot.small(&path) {
        return Ok(Some(entry.kept.bytes));
    }
    let Some(record) = context.store.find(&key).await.map_err(failed)? else {
        let absence = context.recall_absence(artifact).await;
        return if absence.is_some() {
            Err(Fetched::Absent)
        } else {
            Ok(None)
        };
    };
    if artifact.kind == ArtifactKind::Zip || record.size > SMALL {
        return Ok(Some(None));
    }
    if !context.verifier.suffices(artifact, &record.evidence) {
        // What is in memory is served; this has to be proven first, when somebody asks for it.
        return Ok(Some(None));
    }
    let bytes = context.store.read_small(&record).await.map_err(failed)?;
    context
        .hot
        .put(&path, &Kept::in_memory(record, bytes.clone()));
    Ok(Some(Some(bytes)))
}

async fn small(context: &Arc<Context>, artifact: &Artifact, ours: &mut bool) -> Outcome {
    let work = || {
        *ours = true;
        let (context, subject) = (Arc::clone(context), artifact.clone());
        async move { capture::small_once(&context, &subject, Urgency::Ahead).await }
    };
    let key = Resource::Artifact(artifact.clone());
    let ended = context.captures.run(key, work).await;
    ended.unwrap_or_else(Captured::refused).outcome
}
