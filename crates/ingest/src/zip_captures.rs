//! Zip captures: zips stream to whoever asks while they arrive, each fetched once.
//!
//! The flight is in [`crate::flight`], the transfer in [`crate::zip_transfer`]; here one is begun where none
//! is under way, and whoever joined one that was given up begins another.

use crate::{
    flight::{FlightOutcome, Flights, Passage, SpooledBytes, board::FlightStart},
    zip_transfer::{self, ZipCaptureParts},
};
use gomod::Artifact;
use protocol::Refusal;
use single_flight::FlightBudget;
use std::sync::Arc;

/// Captures zips; cheap to clone.
#[derive(Clone)]
pub struct ZipCaptures {
    flights: Flights,
    parts: Arc<ZipCaptureParts>,
}

// === impl ZipCaptures ===

impl ZipCaptures {
    pub(crate) fn new(parts: ZipCaptureParts, budget: &FlightBudget) -> Self {
        Self {
            flights: Flights::within(budget),
            parts: Arc::new(parts),
        }
    }

    /// How many are under way.
    pub fn running(&self) -> usize {
        self.flights.running()
    }

    fn board(&self, artifact: &Artifact, begun: &mut bool) -> Result<Passage, Refusal> {
        self.flights.join(artifact, |landing| {
            *begun = true;
            let (parts, waiters) = (Arc::clone(&self.parts), landing.waiters());
            tokio::spawn(waiters.scope(async move { zip_transfer::run(&parts, landing).await }));
        })
    }

    /// Waits for a zip until it can be read or is kept.
    pub async fn started(
        &self,
        artifact: &Artifact,
    ) -> Result<(Passage, FlightStart<SpooledBytes, FlightOutcome>), Refusal> {
        loop {
            let passage = self.board(artifact, &mut false)?;
            let started = passage.started().await;
            if !(matches!(started, FlightStart::Over(Err(_))) && passage.was_given_up()) {
                return Ok((passage, started));
            }
        }
    }

    /// Waits until a zip is kept; says whether the flight was begun for this.
    pub async fn kept(&self, artifact: &Artifact) -> (FlightOutcome, bool) {
        loop {
            let mut begun = false;
            let passage = match self.board(artifact, &mut begun) {
                Ok(passage) => passage,
                Err(refusal) => return (Err(refusal), false),
            };
            let outcome = passage.outcome().await;
            if !(outcome.is_err() && passage.was_given_up()) {
                return (outcome, begun);
            }
        }
    }

    /// The flight for a zip that is under way, if there is one.
    pub fn is_under_way(&self, artifact: &Artifact) -> bool {
        self.flights.has(artifact)
    }
}
