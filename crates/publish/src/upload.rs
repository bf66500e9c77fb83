//! Upload: the bytes of a zip on their way in.
//!
//! They go into a spool, so memory is bounded whatever the size. Room on the disk is asked for before the first
//! byte where the length is announced, and again and again where it is not.

use crate::{
    publisher_name::PublisherName,
    publishing::{PublishedVersion, VersionPublisher, outcome_of},
};
use bytes::Bytes;
use codes::Code;
use gomod::{Artifact, zip::limits::MAX_ZIP_FILE};
use protocol::Refusal;
use std::sync::Arc;
use store::Spool;

/// The largest zip, which is Go's own limit: 500 MiB.
pub const UPLOAD_LIMIT: u64 = MAX_ZIP_FILE;

/// How many bytes of a zip without an announced length come before room is asked for again.
const STEP: u64 = 8 << 20;

/// A zip being uploaded. What is not finished leaves nothing behind.
pub struct VersionUpload {
    publishing: Arc<VersionPublisher>,
    artifact: Artifact,
    publisher: PublisherName,
    announced: Option<u64>,
    spool: Spool,
    /// Up to where room was asked for.
    allowed: u64,
}

// === impl VersionPublisher ===

impl VersionPublisher {
    /// Begins an upload of the zip of a version. Asks nobody, and refuses what the name alone decides.
    ///
    /// # Errors
    /// It may not be published here, it is too large, or there is no room.
    pub async fn begin(
        self: &Arc<Self>,
        artifact: &Artifact,
        publisher: PublisherName,
        announced: Option<u64>,
    ) -> Result<VersionUpload, Refusal> {
        let permitted = self.permit(&artifact.module, &artifact.version);
        let begun = match permitted {
            Ok(()) => {
                let shared = Arc::clone(self);
                VersionUpload::begin(shared, artifact.clone(), publisher, announced).await
            }
            Err(refusal) => Err(refusal),
        };
        begun.inspect_err(|refusal| self.metrics.count(outcome_of(refusal)))
    }
}

// === impl VersionUpload ===

impl VersionUpload {
    pub(crate) async fn begin(
        publishing: Arc<VersionPublisher>,
        artifact: Artifact,
        publisher: PublisherName,
        announced: Option<u64>,
    ) -> Result<Self, Refusal> {
        if announced.is_some_and(|length| length > UPLOAD_LIMIT) {
            return Err(too_large());
        }
        let first = announced.unwrap_or(STEP);
        publishing.disk.room_for(first).await?;
        let failed = |error| publishing.alarms.store_failure(error);
        let mut spool = publishing.store.spool().await.map_err(failed)?;
        if let Some(length) = announced {
            spool.reserve(length).await.map_err(failed)?;
        }
        Ok(Self {
            publishing,
            artifact,
            publisher,
            announced,
            spool,
            allowed: first,
        })
    }

    /// Bytes that came so far.
    pub fn received(&self) -> u64 {
        self.spool.written()
    }

    /// The next bytes.
    ///
    /// # Errors
    /// There are more than were announced or allowed, or no room for them.
    pub async fn append(&mut self, bytes: Bytes) -> Result<(), Refusal> {
        let length = self.received() + bytes.len() as u64;
        if self.announced.is_some_and(|announced| length > announced) {
            return Err(broken("there are more bytes than were announced"));
        }
        if length > UPLOAD_LIMIT {
            return Err(too_large());
        }
        if length > self.allowed {
            self.publishing.disk.room_for(STEP).await?;
            self.allowed = length + STEP;
        }
        self.publishing.metrics.received.inc_by(bytes.len() as u64);
        let appended = self.spool.append(bytes).await;
        appended.map_err(|error| self.publishing.alarms.store_failure(error))
    }

    /// All bytes are there: the zip is checked and published.
    ///
    /// # Errors
    /// It is not what it should be, or the version is something else here. Nothing of it is kept then.
    pub async fn finish(self) -> Result<PublishedVersion, Refusal> {
        let received = self.received();
        if self.announced.is_some_and(|announced| received < announced) {
            return Err(broken("there are fewer bytes than were announced"));
        }
        let sealed = self.spool.seal().await;
        let sealed = sealed.map_err(|error| self.publishing.alarms.store_failure(error))?;
        self.publishing
            .publish(self.artifact, sealed, &self.publisher)
            .await
    }
}

fn too_large() -> Refusal {
    let facts = format!("a module's zip has at most {UPLOAD_LIMIT} bytes");
    Refusal::new(Code::RequestTooLarge, facts)
}

fn broken(facts: &str) -> Refusal {
    Refusal::new(Code::UploadBroken, facts)
}
