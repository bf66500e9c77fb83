//! The walk without the asking: replies in, the next step out.
//!
//! It stands on one stop of the list and moves only forward. From a source it moves past absence
//! always, past failure only where `|` allows; else it halts. A body that broke gives the source one
//! more turn, once. `direct` and `off` are never passed. What was heard last of each sort is kept
//! for the verdict, which is the caller's: modules and checksum databases draw different ones.

use std::sync::Arc;

use crate::plan::{Place, Stop};

/// The state of one walk. `A` is what a source says about absence, `F` about failure.
#[derive(Debug)]
pub(crate) struct Machine<A, F> {
    stops: Arc<[Stop]>,
    at: usize,
    asked_again: bool,
    halted: bool,
    absence: Option<A>,
    failure: Option<F>,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Ask the source with this index.
    Ask(usize),
    /// Nothing: the list says `direct` here.
    Direct,
    /// Nothing: the list says `off` here.
    Off,
    /// Nothing: the list is at its end.
    Exhausted,
    /// Nothing: a failure, and no `|` behind it.
    Halted,
}

// === impl Machine ===

impl<A, F> Machine<A, F> {
    pub(crate) fn new(stops: Arc<[Stop]>) -> Self {
        Self {
            stops,
            at: 0,
            asked_again: false,
            halted: false,
            absence: None,
            failure: None,
        }
    }

    pub(crate) fn next(&self) -> Next {
        match self.stops.get(self.at).map(|stop| stop.place) {
            _ if self.halted => Next::Halted,
            Some(Place::Source(index)) => Next::Ask(index),
            Some(Place::Direct) => Next::Direct,
            Some(Place::Off) => Next::Off,
            None => Next::Exhausted,
        }
    }

    /// The source said that it does not exist.
    pub(crate) fn absent(&mut self, absence: A) {
        self.absence = Some(absence);
        self.advance();
    }

    /// The source failed.
    pub(crate) fn failed(&mut self, failure: F) {
        self.failure = Some(failure);
        match self.stops.get(self.at) {
            Some(stop) if stop.past_failure => self.advance(),
            _ => self.halted = true,
        }
    }

    /// The source's content was no use; `again` if the same source may be asked once more.
    pub(crate) fn rejected(&mut self, failure: F, again: bool) {
        if again && !self.asked_again {
            self.failure = Some(failure);
            self.asked_again = true;
        } else {
            self.failed(failure);
        }
    }

    /// Whether this source may be given one more turn.
    pub(crate) fn has_turn_left(&self) -> bool {
        !self.asked_again
    }

    /// Whether a failure here leads to another source.
    pub(crate) fn leads_on(&self) -> bool {
        let mut stops = self.stops.iter().skip(self.at);
        let past_failure = stops.next().is_some_and(|stop| stop.past_failure);
        past_failure && matches!(stops.next().map(|stop| stop.place), Some(Place::Source(_)))
    }

    pub(crate) fn last_absence(&self) -> Option<&A> {
        self.absence.as_ref()
    }

    pub(crate) fn last_failure(&self) -> Option<&F> {
        self.failure.as_ref()
    }

    fn advance(&mut self) {
        self.at += 1;
        self.asked_again = false;
    }
}

#[cfg(test)]
mod tests;
