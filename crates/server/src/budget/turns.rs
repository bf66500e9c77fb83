//! Turns: large answers are worked on a few at a time.
//!
//! The runtime polls what is ready in the order in which it became so. If a thousand large answers
//! are ready, a small one would wait for a piece of each of them. So each further piece of a large
//! answer waits here for its turn, where waiting delays nobody, and there are as many turns as
//! processors. A turn lasts while a piece is read; the socket is not waited for within it.
//!
//! While others stand in line, pieces are small, so that each turn is short.
//!
//! Turns go round the callers: one caller has as many places in the line of all as there are turns,
//! and its other answers stand behind these in a line of its own.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Pieces after which an answer leaves the processor to others even where nobody stands in line:
/// 1 MiB of large pieces, some 200 µs.
const IN_A_ROW: u8 = 4;

/// The largest piece while others stand in line: some 30 µs with its copy to the socket.
const SHORT_TURN: usize = 64 * 1024;

/// Turns of all callers, or the places of one.
#[derive(Debug, Clone)]
pub(crate) struct PieceTurns(Arc<Semaphore>);

/// A turn, over when it is dropped.
#[derive(Debug)]
pub(crate) struct PieceTurn {
    _of_all: OwnedSemaphorePermit,
    _of_caller: OwnedSemaphorePermit,
    is_short: bool,
}

/// One large answer that takes turns.
pub(crate) struct TurnLine {
    all: PieceTurns,
    caller: PieceTurns,
    wait: Option<Pin<Box<dyn Future<Output = Option<PieceTurn>> + Send>>>,
    in_a_row: u8,
}

// === impl PieceTurns ===

impl Default for PieceTurns {
    /// One for each processor.
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::new(processors)
    }
}

impl PieceTurns {
    pub(crate) fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    fn try_take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }

    async fn take(self) -> Option<OwnedSemaphorePermit> {
        self.0.acquire_owned().await.ok()
    }
}

// === impl TurnLine ===

impl TurnLine {
    pub(crate) fn new(all: &PieceTurns, caller: &PieceTurns) -> Self {
        Self {
            all: all.clone(),
            caller: caller.clone(),
            wait: None,
            in_a_row: 0,
        }
    }

    /// The next turn. `None` is never given while the server lives.
    pub(crate) fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Option<PieceTurn>> {
        if self.wait.is_none() {
            if self.in_a_row == IN_A_ROW {
                self.in_a_row = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if let Some(turn) = self.try_turn() {
                self.in_a_row += 1;
                return Poll::Ready(Some(turn));
            }
        }
        let (all, caller) = (self.all.clone(), self.caller.clone());
        let wait = self.wait.get_or_insert_with(|| {
            Box::pin(async move {
                Some(PieceTurn {
                    _of_caller: caller.take().await?,
                    _of_all: all.take().await?,
                    is_short: true,
                })
            })
        });
        let turn = ready!(wait.as_mut().poll(cx));
        self.wait = None;
        self.in_a_row = 1;
        Poll::Ready(turn)
    }

    fn try_turn(&self) -> Option<PieceTurn> {
        Some(PieceTurn {
            _of_caller: self.caller.try_take()?,
            _of_all: self.all.try_take()?,
            is_short: false,
        })
    }
}

// === impl PieceTurn ===

impl PieceTurn {
    /// The largest piece to read in it.
    pub(crate) fn at_most(&self) -> usize {
        if self.is_short {
            SHORT_TURN
        } else {
            usize::MAX
        }
    }
}

impl fmt::Debug for TurnLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnLine").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{IN_A_ROW, PieceTurn, PieceTurns, TurnLine};
    use std::task::{Context, Poll, Waker};

    fn poll(line: &mut TurnLine) -> Poll<Option<PieceTurn>> {
        line.poll_turn(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn there_are_as_many_turns_at_a_time_as_were_made() {
        let (all, caller) = (PieceTurns::new(1), PieceTurns::new(2));
        let mut first = TurnLine::new(&all, &caller);
        let mut second = TurnLine::new(&all, &caller);
        let turn = poll(&mut first);
        assert!(turn.is_ready());
        assert!(poll(&mut second).is_pending());
        drop(turn);
        assert!(poll(&mut second).is_ready());
    }

    #[test]
    fn a_caller_with_many_answers_delays_another_by_its_places_only() {
        let all = PieceTurns::new(1);
        let (many, one) = (PieceTurns::new(1), PieceTurns::new(1));
        let mut lines: Vec<TurnLine> = (0..100).map(|_| TurnLine::new(&all, &many)).collect();
        let mut other = TurnLine::new(&all, &one);
        let mut turns: Vec<Poll<Option<PieceTurn>>> = lines.iter_mut().map(poll).collect();
        assert!(poll(&mut other).is_pending());
        // The one that has the turn ends it, and its caller's next stands behind the other.
        drop(turns.remove(0));
        assert!(lines.iter_mut().skip(1).all(|line| poll(line).is_pending()));
        assert!(poll(&mut other).is_ready());
    }

    #[test]
    fn an_answer_that_is_alone_leaves_the_processor_now_and_then() {
        let (all, caller) = (PieceTurns::new(1), PieceTurns::new(1));
        let mut line = TurnLine::new(&all, &caller);
        let ready = (0..=IN_A_ROW).filter(|_| poll(&mut line).is_ready());
        assert_eq!(ready.count(), usize::from(IN_A_ROW));
        assert!(poll(&mut line).is_ready(), "and goes on afterwards");
    }

    #[test]
    fn who_leaves_the_line_holds_nobody_up() {
        let (all, caller) = (PieceTurns::new(1), PieceTurns::new(1));
        let mut first = TurnLine::new(&all, &caller);
        let (mut second, mut third) = (first_of(&all, &caller), first_of(&all, &caller));
        let turn = poll(&mut first);
        assert!(poll(&mut second).is_pending() && poll(&mut third).is_pending());
        drop((turn, second));
        assert!(poll(&mut third).is_ready());
    }

    fn first_of(all: &PieceTurns, caller: &PieceTurns) -> TurnLine {
        TurnLine::new(all, caller)
    }
}
