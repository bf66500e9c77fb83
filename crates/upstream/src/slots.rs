//! Slots: room for so many at once, and whose turn it is.
//!
//! * *Turns.* A slot that comes free goes round the callers ([`crate::turns`]): one who asks for ten
//!   thousand things and one who asks for one are served alternately. What several wait for is in
//!   the line of each of them, and who joins later adds a line ([`Waiters`]).
//! * *Shares.* A slot may be held for long: a large zip, a slow source. So no caller takes the last
//!   ones: it may hold three times as many as are free ([`SHARE`]). Alone it has three quarters.
//! * *Background.* What no client waits for stands in a queue of its own, holds at most half of the
//!   slots, and takes one only if no client may have it. Guesses wait for that half only: where it has
//!   room and no slot is free, they are turned away.
//! * *Given up.* What nobody waits for any more, and was not begun yet, leaves its place
//!   ([`NoSlot::GivenUp`]). What was begun is finished.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep_until},
};

use crate::{
    Waiters,
    turns::{Entry, Turns},
};
use protocol::CallerKey;

/// A caller may hold this many times as many slots as lie free: alone 48 of 64, two 27 each, and
/// whoever comes next finds one.
const SHARE: usize = 3;

/// Longer than anything waits that has no deadline.
const FOR_EVER: Duration = Duration::from_hours(24 * 365);

/// Room for so many at once, shared by callers.
#[derive(Debug)]
pub struct Slots {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    /// Slots that background work may hold, and those that it holds.
    background: usize,
    in_background: usize,
    held: HashMap<CallerKey, usize>,
    demand: Turns,
    unasked: BTreeSet<Entry>,
    waiting: HashMap<Entry, Candidate>,
    next: Entry,
}

/// Who waits for a slot.
#[derive(Debug)]
struct Candidate {
    /// In whose lines it stands; in that of the background if in none.
    callers: Vec<CallerKey>,
    /// Whether it is worth no waiting, as long as no client waits for it.
    guess: bool,
    tell: oneshot::Sender<Slot>,
}

/// What is held by one for whom there is room.
#[derive(Debug)]
pub struct Slot {
    slots: Arc<Slots>,
    holder: Holder,
}

#[derive(Debug, Clone, Copy)]
enum Holder {
    Caller(CallerKey),
    Background,
}

/// What something is worth as long as no client waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    /// It waits for a slot.
    Waiting,
    /// It takes one that lies free, or none.
    AGuess,
}

/// Why there is no slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSlot {
    /// None came free in time.
    Saturated,
    /// Nobody waits for it any more.
    GivenUp,
}

/// A place in the queue, left when it is dropped.
struct Place<'a> {
    slots: &'a Arc<Slots>,
    entry: Entry,
    told: oneshot::Receiver<Slot>,
}

// === impl Slots ===

impl Slots {
    /// Room for this many, at least one.
    pub fn new(limit: usize) -> Arc<Self> {
        let limit = limit.max(1);
        let state = State {
            free: limit,
            background: (limit / 2).max(1),
            in_background: 0,
            held: HashMap::new(),
            demand: Turns::default(),
            unasked: BTreeSet::new(),
            waiting: HashMap::new(),
            next: 0,
        };
        Arc::new(Self {
            state: Mutex::new(state),
        })
    }

    /// A slot for what the present task does, whenever its turn comes. It is given up for nobody's
    /// leaving: this is for work that has begun.
    pub async fn turn(self: &Arc<Self>) -> Option<Slot> {
        if let Some(waiters) = Waiters::present() {
            waiters.pin();
        }
        self.slot(Worth::Waiting, FOR_EVER).await.ok()
    }

    /// Whether a slot lies free.
    pub(crate) fn has_room(&self) -> bool {
        self.state.lock().free > 0
    }

    /// A slot, if one comes free in time. A caller's patience begins when it comes. What has a slot is
    /// finished, whoever leaves.
    pub(crate) async fn slot(
        self: &Arc<Self>,
        worth: Worth,
        patience: Duration,
    ) -> Result<Slot, NoSlot> {
        if let Some(waiters) = Waiters::present() {
            let slot = self.slot_for(&waiters, worth, patience).await?;
            waiters.pin();
            return Ok(slot);
        }
        let callers = match worth {
            Worth::Waiting => vec![CallerKey::ANYBODY],
            Worth::AGuess => Vec::new(),
        };
        let mut place = self.enter(callers, worth);
        tokio::select! {
            biased;
            slot = &mut place.told => slot.map_err(|_| NoSlot::Saturated),
            () = sleep_until(Instant::now() + patience) => Err(NoSlot::Saturated),
        }
    }

    /// A slot for something extra, if one lies free and nobody waits for it.
    pub(crate) fn spare(self: &Arc<Self>) -> Option<Slot> {
        let holder = Holder::Caller(CallerKey::ANYBODY);
        let mut state = self.state.lock();
        if state.free == 0 || !state.demand.is_empty() {
            return None;
        }
        state.take(holder);
        drop(state);
        Some(Slot {
            slots: Arc::clone(self),
            holder,
        })
    }

    async fn slot_for(
        self: &Arc<Self>,
        waiters: &Waiters,
        worth: Worth,
        patience: Duration,
    ) -> Result<Slot, NoSlot> {
        let mut changes: watch::Receiver<u64> = waiters.changes();
        if waiters.close_if_alone() {
            return Err(NoSlot::GivenUp);
        }
        let mut place = self.enter(waiters.callers(), worth);
        let mut deadline = Instant::now() + patience;
        loop {
            tokio::select! {
                biased;
                slot = &mut place.told => return slot.map_err(|_| NoSlot::Saturated),
                // Never closed: the waiters are borrowed.
                _ = changes.changed() => {
                    if waiters.close_if_alone() {
                        return Err(NoSlot::GivenUp);
                    }
                    if self.restand(place.entry, waiters.callers()) {
                        deadline = Instant::now() + patience;
                    }
                }
                () = sleep_until(deadline) => return Err(NoSlot::Saturated),
            }
        }
    }

    /// Takes a place in the lines of these callers, in that of the background if there are none.
    fn enter(self: &Arc<Self>, callers: Vec<CallerKey>, worth: Worth) -> Place<'_> {
        let (tell, told) = oneshot::channel();
        let candidate = Candidate {
            callers,
            guess: worth == Worth::AGuess,
            tell,
        };
        let mut state = self.state.lock();
        let entry = state.next;
        state.next += 1;
        state.stand(entry, candidate);
        drop(state);
        self.hand_out();
        Place {
            slots: self,
            entry,
            told,
        }
    }

    /// Moves an entry to the lines of these callers; whether one of them is new.
    fn restand(self: &Arc<Self>, entry: Entry, callers: Vec<CallerKey>) -> bool {
        let mut state = self.state.lock();
        let Some(candidate) = state.leave(entry) else {
            return false;
        };
        let before = &candidate.callers;
        let newcomer = callers.iter().any(|caller| !before.contains(caller));
        let candidate = Candidate {
            callers,
            ..candidate
        };
        state.stand(entry, candidate);
        drop(state);
        self.hand_out();
        newcomer
    }

    /// Gives what lies free to those whose turn it is.
    fn hand_out(self: &Arc<Self>) {
        loop {
            let next = self.state.lock().next();
            let Some((holder, tell)) = next else {
                let turned_away = self.state.lock().turned_away();
                drop(turned_away);
                return;
            };
            let slot = Slot {
                slots: Arc::clone(self),
                holder,
            };
            // Whoever left meanwhile drops the slot, here or in its receiver: it comes back.
            drop(tell.send(slot));
        }
    }
}

// === impl State ===

impl State {
    fn stand(&mut self, entry: Entry, candidate: Candidate) {
        if candidate.callers.is_empty() {
            self.unasked.insert(entry);
        }
        for caller in &candidate.callers {
            self.demand.insert(*caller, entry);
        }
        self.waiting.insert(entry, candidate);
    }

    fn leave(&mut self, entry: Entry) -> Option<Candidate> {
        let candidate = self.waiting.remove(&entry)?;
        self.unasked.remove(&entry);
        for caller in &candidate.callers {
            self.demand.remove(*caller, entry);
        }
        Some(candidate)
    }

    /// Who gets a slot now: demand in turns, else the background within its bound.
    fn next(&mut self) -> Option<(Holder, oneshot::Sender<Slot>)> {
        if self.free == 0 {
            return None;
        }
        let (free, held) = (self.free, &self.held);
        let may = |caller| {
            let held = held.get(&caller).copied().unwrap_or_default();
            caller == CallerKey::ANYBODY || held == 0 || held < SHARE.saturating_mul(free)
        };
        let (holder, entry) = match self.demand.next(may) {
            Some((caller, entry)) => (Holder::Caller(caller), entry),
            None if self.has_room_for_background() => {
                (Holder::Background, self.unasked.first().copied()?)
            }
            None => return None,
        };
        let candidate = self.leave(entry)?;
        self.take(holder);
        Some((holder, candidate.tell))
    }

    /// Within its bound; and where clients wait who have their share, in half of what they leave.
    fn has_room_for_background(&self) -> bool {
        self.in_background < self.background
            && (self.demand.is_empty() || self.in_background < self.free)
    }

    /// Guesses whose turn it is among the background, where there is no slot for them.
    fn turned_away(&mut self) -> Vec<Candidate> {
        let mut turned_away = Vec::new();
        while self.in_background < self.background
            && let Some(first) = self.unasked.first().copied()
            && self.waiting.get(&first).is_some_and(|first| first.guess)
        {
            turned_away.extend(self.leave(first));
        }
        turned_away
    }

    fn take(&mut self, holder: Holder) {
        self.free -= 1;
        match holder {
            Holder::Caller(caller) => *self.held.entry(caller).or_insert(0) += 1,
            Holder::Background => self.in_background += 1,
        }
    }

    fn give_back(&mut self, holder: Holder) {
        self.free += 1;
        match holder {
            Holder::Background => self.in_background -= 1,
            Holder::Caller(caller) => {
                if let Some(held) = self.held.get_mut(&caller) {
                    *held -= 1;
                    if *held == 0 {
                        self.held.remove(&caller);
                    }
                }
            }
        }
    }
}

// === impl Slot ===

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.state.lock().give_back(self.holder);
        self.slots.hand_out();
    }
}

// === impl Place ===

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let left = self.slots.state.lock().leave(self.entry);
        drop(left);
    }
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;
