//! Flight budget: how much work on behalf of clients may be under way, in all and per caller.
//!
//! Each piece of work that has to ask a source costs memory from the moment it is begun until its
//! answer has come, and one client can ask for any number of names. So there is a bound in all; and a
//! caller may begin another piece of work only while it has fewer under way than there is room for
//! still. One caller alone thus has half of the room, two have a third each, and whoever comes next
//! always finds as much as any of those before: no number has to be chosen for "one caller", and a
//! build farm behind one address has what nobody else needs.
//!
//! Within the bound nothing is refused: it waits for its turn at the source (see
//! `upstream::Waiters`). `go` never asks again after a refusal, so a refusal is the last resort.
//!
//! Who joins work that is under way costs nothing here. Work that no client asked for has bounds of
//! its own (`prefetch::fetch`, the scrubber's pace) and is not counted.

use codes::Code;
use parking_lot::Mutex;
use protocol::{CallerKey, Refusal};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// When asking again makes sense: a source that answers within a second has worked off most of one
/// caller's share by then.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Room for work on behalf of clients; cheap to clone.
#[derive(Debug, Clone)]
pub struct FlightBudget {
    room: Arc<Room>,
}

#[derive(Debug)]
struct Room {
    limit: usize,
    taken: Mutex<TakenRoom>,
}

#[derive(Debug, Default)]
struct TakenRoom {
    all: usize,
    by_caller: HashMap<CallerKey, usize>,
}

/// Room for one piece of work; given back when it is dropped.
#[derive(Debug)]
pub struct FlightRoom {
    room: Arc<Room>,
    caller: CallerKey,
}

// === impl FlightBudget ===

impl FlightBudget {
    /// 4,096 pieces of work: one caller alone may have 2,048, which a source 200 ms away with 64 slots
    /// works off in nine seconds, well within the deadline; more would be refused by it anyway.
    pub const USUAL: usize = 4096;

    /// Room for so many pieces of work.
    pub fn new(limit: usize) -> Self {
        Self {
            room: Arc::new(Room {
                limit,
                taken: Mutex::default(),
            }),
        }
    }

    /// Room for one more piece of work of this caller.
    pub fn begin(&self, caller: CallerKey) -> Result<FlightRoom, Refusal> {
        let mut taken = self.room.taken.lock();
        let free = self.room.limit.saturating_sub(taken.all);
        let own = taken.by_caller.get(&caller).copied().unwrap_or_default();
        if own >= free {
            drop(taken);
            return Err(refusal(own, self.room.limit));
        }
        taken.all += 1;
        *taken.by_caller.entry(caller).or_insert(0) += 1;
        drop(taken);
        Ok(FlightRoom {
            room: Arc::clone(&self.room),
            caller,
        })
    }

    /// How much is under way for clients.
    pub fn taken(&self) -> usize {
        self.room.taken.lock().all
    }
}

/// A caller that has nothing under way is not to blame for others.
fn refusal(own: usize, limit: usize) -> Refusal {
    let refusal = if own == 0 {
        Refusal::new(
            Code::TooBusy,
            format!("{limit} requests wait for sources already"),
        )
    } else {
        Refusal::new(
            Code::TooManyWaiting,
            format!("{own} of your requests wait for sources already"),
        )
    };
    Refusal {
        retry_after: Some(RETRY_AFTER),
        ..refusal
    }
}

// === impl FlightRoom ===

impl Drop for FlightRoom {
    fn drop(&mut self) {
        let mut taken = self.room.taken.lock();
        taken.all -= 1;
        if let Some(own) = taken.by_caller.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                taken.by_caller.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FlightBudget;
    use codes::Code;
    use protocol::CallerKey;

    fn fill(budget: &FlightBudget, caller: u128) -> Vec<super::FlightRoom> {
        let caller = CallerKey::new(caller);
        std::iter::from_fn(|| budget.begin(caller).ok()).collect()
    }

    #[test]
    fn one_has_half_and_whoever_comes_next_always_finds_room() {
        let budget = FlightBudget::new(4096);
        let mut held = Vec::new();
        for caller in 0..100 {
            let own = fill(&budget, caller);
            if caller == 0 {
                assert_eq!(own.len(), 2048);
            }
            assert!(!own.is_empty() || budget.taken() == 4096, "caller {caller}");
            held.push(own);
        }
        let refused = budget.begin(CallerKey::new(0)).unwrap_err();
        assert_eq!((refused.code, refused.status), (Code::TooManyWaiting, 429));
        assert!(refused.retry_after.is_some());
        drop(held);
        assert_eq!(budget.taken(), 0);
        assert_eq!(fill(&budget, 7).len(), 2048);
    }

    #[test]
    fn callers_that_came_at_once_have_equal_shares() {
        let budget = FlightBudget::new(400);
        let mut held: [Vec<_>; 3] = Default::default();
        for _ in 0..400 {
            for (caller, held) in held.iter_mut().enumerate() {
                held.extend(budget.begin(CallerKey::new(caller as u128)).ok());
            }
        }
        assert_eq!(held.map(|held| held.len()), [100, 100, 100]);
    }

    #[test]
    fn who_has_nothing_under_way_is_not_told_that_it_asks_for_too_much() {
        let budget = FlightBudget::new(2);
        let _held = [fill(&budget, 1), fill(&budget, 2)];
        let refused = budget.begin(CallerKey::new(3)).unwrap_err();
        assert_eq!((refused.code, refused.status), (Code::TooBusy, 503));
    }
}
