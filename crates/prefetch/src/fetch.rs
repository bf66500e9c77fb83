//! Fetch: the port through which artifacts are fetched ahead of demand, exactly as demand fetches them.
//!
//! What is fetched joins the same flight that demand joins or would join (law L6). Only so many are
//! under way at a time ([`FetchRooms`]); of what a source is asked at once they are at most half, which it
//! sees to itself; and none is begun unless the sources are calm.

use super::requirements::Requirements;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use gomod::{Artifact, ArtifactKind};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Fetches what nobody has asked for yet.
pub trait AheadFetcher: Send + Sync + 'static {
    /// Why nothing of this kind is fetched ahead now, as a metric label.
    fn hindrance(&self, kind: ArtifactKind) -> Option<&'static str>;

    /// Fetches an artifact unless it is kept.
    fn fetch<'a>(&'a self, artifact: &'a Artifact) -> BoxFuture<'a, AheadOutcome>;
}

/// Small artifacts under way ahead of demand. Each takes a round trip, and one more until it is
/// proven. At 30 ms each this is a thousand a second, more than one client can take.
const SMALL_AT_ONCE: usize = 64;

/// Zips under way ahead of demand. One client unpacks two or so at a time; the rest hides latency.
const ZIPS_AT_ONCE: usize = 12;

/// How many fetches may be under way ahead of demand, for all clients together.
#[derive(Debug, Clone)]
pub(crate) struct FetchRooms {
    small: Arc<Semaphore>,
    zips: Arc<Semaphore>,
}

/// How a fetch ended.
#[derive(Debug)]
pub enum AheadOutcome {
    /// It was kept already, or somebody else was fetching it.
    Kept(Option<Bytes>),
    /// It was fetched for this, and has so many bytes.
    Fresh(u64, Option<Bytes>),
    /// Every source says that it does not exist.
    Absent,
    /// It could not be had.
    Failed,
}

// === impl FetchRooms ===

impl FetchRooms {
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

// === impl AheadOutcome ===

impl AheadOutcome {
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
