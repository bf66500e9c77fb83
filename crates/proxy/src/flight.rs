//! Flight: one download in progress with any number of readers.
//!
//! The first who asks for a zip that is not kept starts a flight; everybody else joins it. Its
//! runner is a task of its own, so a leaving client cancels nothing, and it goes from source to
//! source until one body is complete and proven (law L6). Readers follow the spool from their
//! first byte on; the tail stays back until the blob is proven and durable (L1).
//!
//! * [`state`]: the promises to readers, as a pure machine.
//! * [`board`]: the lock and the wakers around it, proven with a concurrency checker.
//! * [`reader`]: one client's way through the body.
//! * [`runner`]: the transfer itself.
//!
//! Refused here: small artifacts. They fit in memory and are done by [`crate::errand`].

pub mod board;
mod lock;
pub mod reader;
pub(crate) mod runner;
pub mod state;

pub use reader::{FlightFailure, Reader};

use crate::{kept::Kept, refusal::Refusal};
use board::{Board, Seat};
use gomod::Artifact;
use parking_lot::Mutex;
use state::{State, Withhold};
use std::{collections::HashMap, sync::Arc};
use store::SpoolReader;

/// How a flight ended: what is kept now, or why nothing is.
pub(crate) type Outcome = Result<Kept, Refusal>;

/// The board of a flight of the product (the concurrency checker uses other contents).
pub(crate) type FlightBoard = Board<Spooled, Outcome>;

/// What readers of a flight follow.
#[derive(Clone)]
pub(crate) struct Spooled {
    /// The bytes, as far as they have come.
    pub(crate) reader: SpoolReader,
    /// Who sends them.
    pub(crate) source: Arc<str>,
}

/// How many last bytes of a zip stay back until it is proven. A zip's directory is at its end and
/// no reader accepts a zip without it, so any positive number makes an unproven body useless;
/// 16 KiB also holds back the whole of what would fit a small zip's directory, and is small
/// against what a source sends in its first flight of packets.
const WITHHELD_TAIL: u64 = 16 * 1024;

/// The flights that are under way.
#[derive(Default, Clone)]
pub(crate) struct Flights {
    running: Arc<Mutex<HashMap<Artifact, FlightBoard>>>,
}

/// Ends a flight when its runner ends, however it ends: readers are released and the next to ask
/// starts a new one.
pub(crate) struct Landing {
    flights: Flights,
    artifact: Artifact,
    board: FlightBoard,
}

// === impl Flights ===

impl Flights {
    /// Takes a seat in the flight for `artifact`; `start` is called with a new one if there is none.
    pub(crate) fn join(
        &self,
        artifact: &Artifact,
        start: impl FnOnce(Landing),
    ) -> Seat<Spooled, Outcome> {
        let mut running = self.running.lock();
        if let Some(board) = running.get(artifact) {
            return board.join();
        }
        let board = FlightBoard::new(Withhold::Tail(WITHHELD_TAIL));
        running.insert(artifact.clone(), board.clone());
        drop(running);
        // Seated before the runner starts, so that its end cannot be missed.
        let seat = board.join();
        start(Landing {
            flights: self.clone(),
            artifact: artifact.clone(),
            board,
        });
        seat
    }

    /// How many flights are under way.
    pub(crate) fn running(&self) -> usize {
        self.running.lock().len()
    }
}

// === impl Landing ===

impl Landing {
    pub(crate) fn board(&self) -> &FlightBoard {
        &self.board
    }

    pub(crate) fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The flight's result; consumes the right to give one.
    pub(crate) fn finish(self, outcome: Outcome) {
        self.forget();
        match outcome {
            Ok(_) => self.board.finish(outcome, State::kept),
            Err(_) => self.board.finish(outcome, State::failed),
        }
    }

    /// Takes the flight out of the list *before* its end is told: whoever asks after that must
    /// not get an old failure. A success is in the catalog by then and found there.
    fn forget(&self) {
        let mut running = self.flights.running.lock();
        if running
            .get(&self.artifact)
            .is_some_and(|board| board.is(&self.board))
        {
            running.remove(&self.artifact);
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        // A no-op after `finish`; otherwise the runner was dropped or panicked.
        let lost = Refusal::internal("the transfer ended without a result");
        self.forget();
        self.board.finish(Err(lost), State::failed);
    }
}
