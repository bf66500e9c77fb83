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
//!
//! A flight that still waits for its turn at a source when its last reader has left is given up
//! there ([`upstream::Waiters`]); whoever joins at that moment begins another one.
//!
//! Refused here: small artifacts. They fit in memory and are done by [`single_flight`].

pub mod board;
mod lock;
pub mod reader;
pub mod state;

pub use reader::{FlightFailure, Reader};

use board::{Board, FlightStart, Seat};
use gomod::Artifact;
use memory::KeptFile;
use parking_lot::Mutex;
use protocol::Refusal;
use single_flight::{FlightBudget, FlightRoom};
use state::{State, Withhold};
use std::{collections::HashMap, future::poll_fn, sync::Arc};
use store::SpoolReader;
use upstream::{Waiters, Waiting};

/// How a flight ended: what is kept now, or why nothing is.
pub(crate) type FlightOutcome = Result<KeptFile, Refusal>;

/// The board of a flight of the product (the concurrency checker uses other contents).
pub(crate) type FlightBoard = Board<SpooledBytes, FlightOutcome>;

/// What readers of a flight follow.
#[derive(Clone)]
pub struct SpooledBytes {
    /// The bytes, as far as they have come.
    pub(crate) reader: SpoolReader,
    /// Who sends them.
    pub source: Arc<str>,
}

/// How many last bytes of a zip stay back until it is proven. A zip's directory is at its end and
/// no reader accepts a zip without it, so any positive number makes an unproven body useless;
/// 16 KiB also holds back the whole of what would fit a small zip's directory, and is small
/// against what a source sends in its first flight of packets.
const WITHHELD_TAIL: u64 = 16 * 1024;

/// The flights that are under way.
#[derive(Clone)]
pub(crate) struct Flights {
    running: Arc<Mutex<HashMap<Artifact, Flight>>>,
    budget: FlightBudget,
}

/// A flight as those who look for it find it.
struct Flight {
    board: FlightBoard,
    waiters: Waiters,
}

/// A reader's place in a flight: as long as it is held, somebody waits for the flight.
pub struct Passage {
    seat: Seat<SpooledBytes, FlightOutcome>,
    waiting: Waiting,
}

/// Ends a flight when its runner ends, however it ends: readers are released and the next to ask
/// starts a new one.
pub(crate) struct FlightEnd {
    flights: Flights,
    artifact: Artifact,
    board: FlightBoard,
    waiters: Waiters,
    _room: Option<FlightRoom>,
}

// === impl Flights ===

impl Flights {
    pub(crate) fn within(budget: &FlightBudget) -> Self {
        Self {
            running: Arc::default(),
            budget: budget.clone(),
        }
    }

    /// Takes a place in the flight for `artifact`; `start` is called with a new one if there is none.
    pub(crate) fn join(
        &self,
        artifact: &Artifact,
        start: impl FnOnce(FlightEnd),
    ) -> Result<Passage, Refusal> {
        let mut running = self.running.lock();
        if let Some(flight) = running.get(artifact)
            && let Some(waiting) = flight.waiters.join()
        {
            let seat = flight.board.join();
            return Ok(Passage { seat, waiting });
        }
        let caller = Waiters::present().and_then(|present| present.caller());
        let room = caller.map(|caller| self.budget.begin(caller)).transpose()?;
        let (board, waiters) = (
            FlightBoard::new(Withhold::Tail(WITHHELD_TAIL)),
            Waiters::new(),
        );
        let waiting = waiters.join();
        let waiting = waiting.ok_or_else(|| Refusal::internal("a new flight was given up"))?;
        let flight = Flight {
            board: board.clone(),
            waiters: waiters.clone(),
        };
        running.insert(artifact.clone(), flight);
        drop(running);
        // Seated before the runner starts, so that its end cannot be missed.
        let seat = board.join();
        start(FlightEnd {
            flights: self.clone(),
            artifact: artifact.clone(),
            board,
            waiters,
            _room: room,
        });
        Ok(Passage { seat, waiting })
    }

    /// Whether a flight for this artifact is under way.
    pub(crate) fn has(&self, artifact: &Artifact) -> bool {
        self.running.lock().contains_key(artifact)
    }

    /// How many flights are under way.
    pub(crate) fn running(&self) -> usize {
        self.running.lock().len()
    }
}

// === impl Passage ===

impl Passage {
    /// Waits until there is something to read, or the end.
    pub(crate) async fn started(&self) -> FlightStart<SpooledBytes, FlightOutcome> {
        poll_fn(|cx| self.seat.poll_started(cx)).await
    }

    /// Waits for the end.
    pub(crate) async fn outcome(&self) -> FlightOutcome {
        poll_fn(|cx| self.seat.poll_outcome(cx)).await
    }

    /// Whether the flight was given up because nobody waited, while this passenger came.
    pub(crate) fn was_given_up(&self) -> bool {
        let nobody_waits = || Waiters::present().is_some_and(|present| present.close_if_alone());
        self.waiting.is_closed() && !nobody_waits()
    }
}

// === impl FlightEnd ===

impl FlightEnd {
    /// Those who wait for it.
    pub(crate) fn waiters(&self) -> Waiters {
        self.waiters.clone()
    }

    pub(crate) fn board(&self) -> &FlightBoard {
        &self.board
    }

    pub(crate) fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The flight's result; consumes the right to give one.
    pub(crate) fn finish(self, outcome: FlightOutcome) {
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
            .is_some_and(|flight| flight.board.is(&self.board))
        {
            running.remove(&self.artifact);
        }
    }
}

impl Drop for FlightEnd {
    fn drop(&mut self) {
        // A no-op after `finish`; otherwise the runner was dropped or panicked.
        let lost = Refusal::internal("the transfer ended without a result");
        self.forget();
        self.board.finish(Err(lost), State::failed);
    }
}
