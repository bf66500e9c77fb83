//! State: what a flight has promised its readers, as a machine without I/O.
//!
//! A flight may need several attempts: a source cuts the body, the next one takes over. Readers
//! must not notice, unless the new bytes differ from those they already have. So the machine
//! separates what the current attempt has *written* from what readers were ever *shown*:
//!
//! ```text
//!            opened            appended                 arrived          kept
//! Opening ──────────▶ Arriving ──────────▶ Arriving ──────────▶ Proving ──────▶ Kept
//!    ▲                   │                                         │
//!    └──── attempt_lost ─┴────────────────── attempt_lost ─────────┘     any ──failed──▶ Failed
//! ```
//!
//! * *Withhold.* While the flight is not `Kept`, the last [`Withhold`] bytes of what was written
//!   stay unreadable (law L1): no reader can hold a complete body that was not proven and durable.
//!   Measured from what was written, not from the announced length, so a lying length frees nothing.
//! * *Catch up.* After a lost attempt the new one must reproduce what was shown. Until it has,
//!   readers see nothing new; whoever drives the machine compares and says `caught_up`, or says
//!   `diverged`, which starts a new *epoch*: readers with a part of the old epoch are cut, readers
//!   that have nothing yet go on.
//! * *Cold start.* An opening flight shows nothing; a reader may join in any phase.
//! * The machine refuses events that make no sense in a phase by ignoring them: a late `appended`
//!   of a lost attempt must not revive it.

/// How much of an unproven body stays back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withhold {
    /// Everything: small artifacts are shown whole or not at all.
    All,
    /// This many last bytes: zips are shown as they arrive.
    Tail(u64),
}

/// Where a flight is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A source is being asked.
    Opening,
    /// A body is arriving.
    Arriving,
    /// The body is complete; its proof and its durability are outstanding.
    Proving,
    /// Proven, durable, in the catalog.
    Kept,
    /// Over without a result.
    Failed,
}

/// The machine. See the module's text for its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    withhold: Withhold,
    phase: Phase,
    epoch: u32,
    length: Option<u64>,
    written: u64,
    shown: u64,
    caught_up: bool,
}

// === impl State ===

impl State {
    /// A flight that has just started.
    pub fn new(withhold: Withhold) -> Self {
        Self {
            withhold,
            phase: Phase::Opening,
            epoch: 0,
            length: None,
            written: 0,
            shown: 0,
            caught_up: true,
        }
    }

    /// A source answered; its body has this length, if it said so.
    pub fn opened(&mut self, length: Option<u64>) {
        if self.phase == Phase::Opening {
            self.phase = Phase::Arriving;
            self.length = length;
            self.written = 0;
            self.caught_up = self.shown == 0;
        }
    }

    /// The current attempt has written `total` bytes in all.
    pub fn appended(&mut self, total: u64) {
        if self.phase == Phase::Arriving && total >= self.written {
            self.written = total;
            self.show();
        }
    }

    /// The new attempt has reproduced everything that was shown before.
    pub fn caught_up(&mut self) {
        if self.phase == Phase::Arriving && self.written >= self.shown {
            self.caught_up = true;
            self.show();
        }
    }

    /// The new attempt differs from what was shown: a new epoch begins.
    pub fn diverged(&mut self) {
        if self.phase == Phase::Arriving && !self.caught_up {
            self.epoch += 1;
            self.shown = 0;
            self.caught_up = true;
            self.show();
        }
    }

    /// The body is complete.
    pub fn arrived(&mut self) {
        if self.phase == Phase::Arriving && self.caught_up {
            self.phase = Phase::Proving;
            self.length = Some(self.written);
        }
    }

    /// The attempt is lost: cut, stalled, or its content was wrong. Another one follows.
    pub fn attempt_lost(&mut self) {
        if matches!(self.phase, Phase::Arriving | Phase::Proving) {
            self.phase = Phase::Opening;
            self.written = 0;
        }
    }

    /// Proven and durable: everything may be read.
    pub fn kept(&mut self) {
        if self.phase == Phase::Proving {
            self.phase = Phase::Kept;
            self.shown = self.written;
        }
    }

    /// Over without a result.
    pub fn failed(&mut self) {
        if self.phase != Phase::Kept {
            self.phase = Phase::Failed;
        }
    }

    /// Where the flight is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The length of the body: announced while it arrives, true once it has arrived.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// How many bytes readers may read, from the start.
    pub fn shown(&self) -> u64 {
        self.shown
    }

    /// The number of the current content; a reader that has bytes of another one must be cut.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether the current attempt still has to reproduce what was shown.
    pub fn is_catching_up(&self) -> bool {
        !self.caught_up
    }

    /// What a reader at `position` in `epoch` can do now.
    pub fn look(&self, position: u64, epoch: u32, announced: Option<u64>) -> Sight {
        let same_length = announced.is_none() || self.length.is_none() || announced == self.length;
        if position > 0 && epoch != self.epoch {
            return Sight::Cut;
        }
        match self.phase {
            Phase::Failed => Sight::Cut,
            _ if !same_length => Sight::Cut,
            _ if position < self.shown => Sight::Bytes { until: self.shown },
            Phase::Kept => Sight::End,
            _ => Sight::Wait,
        }
    }

    fn show(&mut self) {
        if !self.caught_up {
            return;
        }
        if let Withhold::Tail(tail) = self.withhold {
            self.shown = self.shown.max(self.written.saturating_sub(tail));
        }
    }
}

/// What a reader can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Read up to this offset.
    Bytes {
        /// End of what is readable.
        until: u64,
    },
    /// Nothing yet.
    Wait,
    /// Everything was read.
    End,
    /// Stop without an end: the body cannot be completed for this reader.
    Cut,
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
