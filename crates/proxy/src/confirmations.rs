//! Confirmations: an `.info` is in no log, so the first one that was seen may be wrong.
//!
//! It is served and remembered with its age, and gives way to what its source says later (law L11),
//! until something confirms it:
//!
//! * **its version**: a pseudo-version has the time of its commit in its name;
//! * **another source** that says the same version and time;
//! * **time**: its own source says the same, a week after it was first seen. What one wrong answer,
//!   one bad cache or one login page caused is gone by then.
//!
//! Whoever asks for an unconfirmed one that is a day old is answered at once, and the sources are
//! asked behind the answer, once a day. What they do not say clearly (an outage, an absence, something
//! that `go` cannot read) changes nothing.
//!
//! An `.info` that `go` cannot read, kept by an earlier release, is as good as none: the next request
//! fetches another one in its place.

use bytes::Bytes;
use gomod::{Artifact, info::VersionInfo};
use ingest::{BodyReceiver, SourceWalks, capture_writer::CaptureWriter, unconfirmed};
use inspection::check;
use memory::MemoryCache;
use moka::sync::Cache;
use protocol::{Clock, Confirmation, Evidence, PrivacyRules};
use std::{sync::Arc, time::Duration};
use store::{Record, Store};
use tokio_util::task::TaskTracker;
use upstream::{Download, Outcome as Offer};

/// How old an unconfirmed one is when its sources are asked again, and how often they are.
const AGAIN: Duration = Duration::from_hours(24);

/// How long the same words of the same source must have stood.
const STOOD: Duration = Duration::from_hours(7 * 24);

/// Those that were asked about within a day; one more question is what a forgotten one costs.
const REMEMBERED: u64 = 100_000;

/// Has the sources asked about what nothing has confirmed; cheap to clone.
#[derive(Clone)]
pub(crate) struct Confirmations {
    /// What was asked about lately.
    asked: Cache<String, ()>,
    parts: Arc<ConfirmationParts>,
}

/// What a question is asked with.
pub(crate) struct ConfirmationParts {
    pub(crate) store: Store,
    pub(crate) walks: Arc<SourceWalks>,
    pub(crate) bodies: Arc<BodyReceiver>,
    pub(crate) writer: Arc<CaptureWriter>,
    pub(crate) memory: Arc<MemoryCache>,
    pub(crate) privacy: Arc<PrivacyRules>,
    pub(crate) clock: Clock,
    /// Where what is behind an answer runs.
    pub(crate) background: TaskTracker,
}

/// An `.info` as a source has it now.
struct PresentInfo {
    bytes: Bytes,
    info: VersionInfo,
    source: String,
}

// === impl Confirmations ===

impl Confirmations {
    pub(crate) fn new(parts: ConfirmationParts) -> Self {
        let asked = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(AGAIN);
        Self {
            asked: asked.build(),
            parts: Arc::new(parts),
        }
    }

    /// Has the sources asked about an unconfirmed `.info` of some age, behind the answer.
    pub(crate) fn begin_behind(&self, record: &Record) {
        let is_due = || self.parts.clock.age(record.first_seen) >= AGAIN;
        if unconfirmed(record).is_none() || !is_due() {
            return;
        }
        let asked = self.asked.entry(record.key.path());
        if asked.or_insert(()).is_fresh() {
            let (parts, record) = (Arc::clone(&self.parts), record.clone());
            let asking = async move { parts.confirm(&record).await };
            self.parts.background.spawn(asking);
        }
    }
}

// === impl ConfirmationParts ===

impl ConfirmationParts {
    async fn confirm(&self, record: &Record) -> Option<()> {
        let artifact = unconfirmed(record)?;
        let ours = self.store.read_small(record).await.ok()?;
        let ours = VersionInfo::parse(&ours).ok()?;
        if self.is_said_elsewhere(artifact, record, &ours).await {
            return Some(());
        }
        let mut walk = self.walks.begin(artifact).ok()?.in_background();
        let Offer::Found(download) = walk.next().await else {
            return None;
        };
        let said = self.said(artifact, download).await?;
        if said.info != ours {
            self.give_way(artifact, record, said).await;
        } else if said.source != record.source {
            self.confirmed(record, Evidence::confirmed_by_source(&said.source))
                .await;
        } else if self.clock.since(record.first_seen) >= STOOD {
            self.confirmed(record, Evidence::Confirmed(Confirmation::Time))
                .await;
        }
        Some(())
    }

    /// Whether a source other than the one it came from says the same.
    async fn is_said_elsewhere(
        &self,
        artifact: &Artifact,
        record: &Record,
        ours: &VersionInfo,
    ) -> bool {
        let Ok(sources) = self.walks.sources.of_module(&artifact.module) else {
            return false;
        };
        let (path, limit) = (artifact.escaped_path(), check::limit(artifact.kind));
        for source in sources.describe() {
            if source.to_string() == record.source {
                continue;
            }
            let Some(download) = sources.copy_in_background(&source, &path, limit).await else {
                continue;
            };
            let said = self.said(artifact, download).await;
            if said.is_some_and(|said| said.info == *ours) {
                self.confirmed(record, Evidence::confirmed_by_source(&source.to_string()))
                    .await;
                return true;
            }
        }
        false
    }

    async fn said(&self, artifact: &Artifact, mut download: Download) -> Option<PresentInfo> {
        let source = download.source.to_string();
        let bytes = self.bodies.receive(&mut download).await.ok()?;
        check::small(artifact, &bytes).ok()?;
        let info = VersionInfo::parse(&bytes).ok()?;
        Some(PresentInfo {
            bytes,
            info,
            source,
        })
    }

    async fn confirmed(&self, record: &Record, evidence: Evidence) {
        let confirmed = self
            .store
            .confirm(&record.key, record.blob, &evidence)
            .await;
        match confirmed {
            Ok(_) => self.memory.forget(&record.key.path()),
            Err(error) => tracing::warn!(%error, "a confirmation could not be written down"),
        }
    }

    async fn give_way(&self, artifact: &Artifact, record: &Record, said: PresentInfo) {
        let name = self.privacy.shown(&artifact.module, artifact);
        let provenance = self.writer.first_seen(artifact, &said.bytes, &said.source);
        let reason = "its source says something else, and nothing had confirmed it";
        if self
            .writer
            .replace_info(record, said.bytes, provenance, reason)
            .await
        {
            tracing::warn!(
                artifact = name,
                source = said.source,
                "an .info was replaced by what its source says now"
            );
        }
    }
}
