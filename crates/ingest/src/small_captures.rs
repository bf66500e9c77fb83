//! Small captures: `.info` and `.mod` files that fit in memory, fetched once for all who ask.
//!
//! Always in this order: look whether another flight has kept it meanwhile, receive within a limit,
//! check, make the blob durable, write the catalog row (law L5). What fails a check is thrown away and
//! the walk over the sources is told, so that another source may be tried.

use crate::{
    body_receiver::BodyReceiver,
    capture_checks::{CaptureChecks, CheckedCapture},
    capture_failure::CaptureFailure,
    capture_writer::{self, CaptureWriter, KeptBefore},
    flight::FlightOutcome,
    known_refusals::KnownRefusals,
    mismatch_investigation::{Investigator, MismatchInvestigation},
    source_walks::SourceWalks,
    suspect_copy::{CopyBytes, CopyOrigin},
};
use gomod::Artifact;
use memory::KeptFile;
use protocol::Refusal;
use single_flight::{FlightBudget, SingleFlights};
use std::sync::Arc;
use store::{DiskRoom, Key};
use upstream::Download;

/// How much the fetching of something small hurries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FetchUrgency {
    /// A client waits.
    Demand,
    /// Nobody has asked yet: sources may turn it away.
    Ahead,
}

/// How the fetching of something small ended.
#[derive(Debug, Clone)]
pub(crate) struct SmallCapture {
    /// What is kept now, or why nothing is.
    pub(crate) outcome: FlightOutcome,
    /// How it was begun, whoever joined it since.
    urgency: FetchUrgency,
}

/// Fetches small artifacts; cheap to clone.
#[derive(Clone)]
pub struct SmallCaptures {
    flights: Arc<SingleFlights<Artifact, SmallCapture>>,
    parts: Arc<SmallCaptureParts>,
}

/// What a small capture is made with.
pub(crate) struct SmallCaptureParts {
    pub(crate) refusals: Arc<KnownRefusals>,
    pub(crate) walks: Arc<SourceWalks>,
    pub(crate) bodies: Arc<BodyReceiver>,
    pub(crate) checks: Arc<CaptureChecks>,
    pub(crate) investigator: Arc<Investigator>,
    pub(crate) writer: Arc<CaptureWriter>,
    pub(crate) disk: Arc<DiskRoom>,
}

// === impl SmallCapture ===

impl SmallCapture {
    /// Whether this end says nothing to a client that waits: it may be due to the little importance
    /// with which it was begun.
    fn says_nothing(&self) -> bool {
        let refused = self.outcome.as_ref().err();
        self.urgency == FetchUrgency::Ahead
            && refused.is_some_and(|refusal| !matches!(refusal.status, 404 | 410))
    }

    /// It was not begun, or ended without a result.
    fn refused(refusal: Refusal) -> Self {
        Self {
            outcome: Err(refusal),
            urgency: FetchUrgency::Demand,
        }
    }
}

// === impl SmallCaptures ===

impl SmallCaptures {
    pub(crate) fn new(parts: SmallCaptureParts, budget: &FlightBudget) -> Self {
        Self {
            flights: Arc::new(SingleFlights::within(budget)),
            parts: Arc::new(parts),
        }
    }

    /// Fetches an artifact for a client that waits.
    pub async fn fetch(&self, artifact: &Artifact) -> FlightOutcome {
        let demand = || self.run(artifact, FetchUrgency::Demand, || ());
        let mut captured = demand().await;
        if captured.says_nothing() {
            captured = demand().await;
        }
        captured.outcome
    }

    /// Fetches an artifact that nobody has asked for yet; says whether that was begun for this.
    pub async fn fetch_ahead(&self, artifact: &Artifact) -> (FlightOutcome, bool) {
        let mut is_ours = false;
        let captured = self.run(artifact, FetchUrgency::Ahead, || is_ours = true);
        let outcome = captured.await.outcome;
        (outcome, is_ours)
    }

    async fn run(
        &self,
        artifact: &Artifact,
        urgency: FetchUrgency,
        mut begun: impl FnMut(),
    ) -> SmallCapture {
        let captured = self.flights.run(artifact.clone(), || {
            begun();
            let (parts, artifact) = (Arc::clone(&self.parts), artifact.clone());
            async move {
                let outcome = parts.capture(&artifact, urgency).await;
                SmallCapture { outcome, urgency }
            }
        });
        captured.await.unwrap_or_else(SmallCapture::refused)
    }

    /// How many are under way.
    pub fn running(&self) -> usize {
        self.flights.running()
    }
}

// === impl SmallCaptureParts ===

impl SmallCaptureParts {
    /// Fetches, checks and keeps, unless somebody else has just done so.
    async fn capture(&self, artifact: &Artifact, urgency: FetchUrgency) -> FlightOutcome {
        let key = Key::Artifact(artifact.clone());
        let before = self.writer.kept_before(&key).await?;
        if let KeptBefore::Readable(record) = before {
            return Ok(KeptFile::on_disk(record));
        }
        if let Some(refusal) = self.refusals.recall(artifact).await {
            return Err(refusal);
        }
        self.disk.room_for(0).await?;
        // The record is there by the time the bytes are.
        let _record = self.checks.begin_proof(artifact);
        let mut walk = self.walks.begin(artifact)?;
        if urgency == FetchUrgency::Ahead {
            walk = walk.in_background();
        }
        let mut investigation = MismatchInvestigation::new(artifact, walk);
        loop {
            let mut download = self
                .investigator
                .next_copy(&self.walks, &mut investigation)
                .await?;
            let attempt = self.attempt(artifact, &mut download, &mut investigation, &before);
            match attempt.await {
                Ok(kept) => {
                    self.walks.blocklist.permit(artifact)?;
                    return Ok(kept);
                }
                Err(failure) => self.investigator.take_in(&mut investigation, failure)?,
            }
        }
    }

    async fn attempt(
        &self,
        artifact: &Artifact,
        download: &mut Download,
        investigation: &mut MismatchInvestigation,
        before: &KeptBefore,
    ) -> Result<KeptFile, CaptureFailure> {
        let origin = CopyOrigin::of(download);
        let bytes = self.bodies.receive(download).await?;
        let CheckedCapture { h1, grounds } = self.checks.small(artifact, &bytes, &origin).await?;
        if investigation.is_open() {
            let right = CopyBytes::Memory(bytes.clone());
            self.investigator
                .settle(investigation, right, origin.clone())
                .await;
        }
        let provenance = capture_writer::provenance(h1, &origin.source, grounds);
        let key = Key::Artifact(artifact.clone());
        let kept = self.writer.keep_small(key, bytes, provenance, before);
        Ok(kept.await?)
    }
}
