//! Board: where a flight's runner writes what happened and its readers wait for it.
//!
//! One lock, held for a few instructions, around the [`State`], the content readers follow and the
//! wakers of those who wait. The runner never waits for a reader (law L6: a leaving or slow reader
//! holds up nobody), and no wake-up is lost: a reader registers under the same lock under which it
//! looked.
//!
//! Generic over the content and the result, so that the concurrency checker can drive it without
//! files.

use crate::flight::{
    lock::Mutex,
    state::{Sight, State, Withhold},
};
use std::{
    collections::HashMap,
    sync::Arc,
    task::{Context, Poll, Waker},
};

/// The shared part of a flight; cheap to clone.
#[derive(Debug)]
pub struct Board<Content, Outcome> {
    inner: Arc<Mutex<Inner<Content, Outcome>>>,
}

#[derive(Debug)]
struct Inner<Content, Outcome> {
    state: State,
    content: Option<Content>,
    outcome: Option<Outcome>,
    wakers: HashMap<u64, Waker>,
    next_seat: u64,
}

/// A reader's place on the board; leaving frees it.
#[derive(Debug)]
pub struct Seat<Content, Outcome> {
    board: Board<Content, Outcome>,
    number: u64,
}

/// What a reader gets to see.
#[derive(Debug)]
pub enum View<Content> {
    /// Bytes of this content are readable up to an offset.
    Bytes {
        /// Where to read them.
        content: Content,
        /// End of what is readable.
        until: u64,
        /// The content's epoch.
        epoch: u32,
    },
    /// The body was read to its end.
    End,
    /// The body cannot be completed.
    Cut,
}

// === impl Board ===

impl<Content, Outcome> Clone for Board<Content, Outcome> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<Content: Clone, Outcome: Clone> Board<Content, Outcome> {
    /// A board for a flight that has just started.
    pub fn new(withhold: Withhold) -> Self {
        let inner = Inner {
            state: State::new(withhold),
            content: None,
            outcome: None,
            wakers: HashMap::new(),
            next_seat: 0,
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Whether both are the same board.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Changes the state and wakes everybody who waits.
    pub fn update(&self, change: impl FnOnce(&mut State)) {
        self.change(|inner| change(&mut inner.state));
    }

    /// Changes the state and, in the same step, the content that readers follow.
    pub fn replace(&self, content: Content, change: impl FnOnce(&mut State)) {
        self.change(|inner| {
            inner.content = Some(content);
            change(&mut inner.state);
        });
    }

    /// Ends the flight: the first outcome stays.
    pub fn finish(&self, outcome: Outcome, change: impl FnOnce(&mut State)) {
        self.change(|inner| {
            if inner.outcome.is_none() {
                inner.outcome = Some(outcome);
                change(&mut inner.state);
            }
        });
    }

    /// What was shown of which content; the part a new attempt has to reproduce.
    pub fn shown(&self) -> (Option<Content>, u64) {
        let inner = self.inner.lock();
        (inner.content.clone(), inner.state.shown())
    }

    /// The outcome, once there is one.
    pub fn outcome(&self) -> Option<Outcome> {
        self.inner.lock().outcome.clone()
    }

    /// How many readers sit at this board and wait.
    pub fn waiting(&self) -> usize {
        self.inner.lock().wakers.len()
    }

    /// Takes a seat.
    pub fn join(&self) -> Seat<Content, Outcome> {
        let mut inner = self.inner.lock();
        let number = inner.next_seat;
        inner.next_seat += 1;
        drop(inner);
        Seat {
            board: self.clone(),
            number,
        }
    }

    fn change(&self, change: impl FnOnce(&mut Inner<Content, Outcome>)) {
        let mut inner = self.inner.lock();
        change(&mut inner);
        let wakers = std::mem::take(&mut inner.wakers);
        drop(inner);
        // Woken outside the lock: a waker may run its task at once.
        wakers.into_values().for_each(Waker::wake);
    }
}

// === impl Seat ===

impl<Content: Clone, Outcome: Clone> Seat<Content, Outcome> {
    /// Waits until there is something to read behind `position`, or an end.
    pub fn poll_view(
        &self,
        cx: &mut Context<'_>,
        position: u64,
        epoch: u32,
        announced: Option<u64>,
    ) -> Poll<View<Content>> {
        let mut inner = self.board.inner.lock();
        let sight = inner.state.look(position, epoch, announced);
        match (sight, &inner.content) {
            (Sight::Bytes { until }, Some(content)) => {
                let (content, epoch) = (content.clone(), inner.state.epoch());
                Poll::Ready(View::Bytes {
                    content,
                    until,
                    epoch,
                })
            }
            (Sight::End, _) => Poll::Ready(View::End),
            (Sight::Cut, _) => Poll::Ready(View::Cut),
            (Sight::Wait | Sight::Bytes { .. }, _) => {
                inner.wakers.insert(self.number, cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Waits until bytes can be read or the flight is over; gives the length known then.
    pub fn poll_started(&self, cx: &mut Context<'_>) -> Poll<FlightStart<Content, Outcome>> {
        let mut inner = self.board.inner.lock();
        if let Some(outcome) = &inner.outcome {
            return Poll::Ready(FlightStart::Over(outcome.clone()));
        }
        if let (1.., Some(content)) = (inner.state.shown(), &inner.content) {
            let content = content.clone();
            return Poll::Ready(FlightStart::Arriving {
                length: inner.state.length(),
                content,
            });
        }
        inner.wakers.insert(self.number, cx.waker().clone());
        Poll::Pending
    }

    /// Waits until the flight is over.
    pub fn poll_outcome(&self, cx: &mut Context<'_>) -> Poll<Outcome> {
        let mut inner = self.board.inner.lock();
        if let Some(outcome) = &inner.outcome {
            return Poll::Ready(outcome.clone());
        }
        inner.wakers.insert(self.number, cx.waker().clone());
        Poll::Pending
    }
}

impl<Content, Outcome> Drop for Seat<Content, Outcome> {
    fn drop(&mut self) {
        self.board.inner.lock().wakers.remove(&self.number);
    }
}

/// How a flight presents itself to a reader that waits for its beginning.
#[derive(Debug)]
pub enum FlightStart<Content, Outcome> {
    /// Bytes can be read; the body has this length, if the source said so.
    Arriving {
        /// Announced length.
        length: Option<u64>,
        /// What is arriving.
        content: Content,
    },
    /// It is over already.
    Over(Outcome),
}
