//! Posted lists: what clients send to be answered.
//!
//! A go.sum or a list of modules is read into memory and answered over seconds or minutes, so both
//! its bytes and its place among those that are answered at a time are budgeted. The bytes are
//! charged as they arrive, not as they are announced: an announcement costs a stranger nothing.

use super::{SHARE, accounts::CallerShares, memory::MemoryBudget};
use std::sync::{Arc, atomic::Ordering::Relaxed};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a list costs in memory, as a multiple of its bytes: it is read into paths, versions and
/// hashes of their own allocations. Measured: a go.sum of 45,000 lines and 4 MB takes 26 MB.
const COST: usize = 8;

/// Room for posted lists. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct PostedBudget {
    memory: Arc<MemoryBudget>,
    lists: Arc<Semaphore>,
    lists_a_caller: usize,
}

/// One posted list's place and memory, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct PostedRoom {
    memory: Arc<MemoryBudget>,
    held: Vec<OwnedSemaphorePermit>,
    shares: Arc<CallerShares>,
    _place: OwnedSemaphorePermit,
}

/// Why a list has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRoom {
    /// This caller has as many lists or bytes under way as one caller may.
    #[error("other lists from this address are being answered")]
    OfCaller,
    /// All callers together have.
    #[error("as many lists are being answered as there is room for")]
    OfAll,
}

// === impl PostedBudget ===

impl PostedBudget {
    pub(crate) fn new(memory: usize, lists: usize) -> Self {
        let lists = lists.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            memory: Arc::new(MemoryBudget::new(memory)),
            lists: Arc::new(Semaphore::new(lists)),
            lists_a_caller: (lists / SHARE).max(1),
        }
    }

    /// A place for one more list of this caller.
    pub(crate) fn admit(&self, shares: &Arc<CallerShares>) -> Result<PostedRoom, NoRoom> {
        let place = Arc::clone(&self.lists)
            .try_acquire_owned()
            .map_err(|_| NoRoom::OfAll)?;
        let room = PostedRoom {
            memory: Arc::clone(&self.memory),
            held: Vec::new(),
            shares: Arc::clone(shares),
            _place: place,
        };
        // Counted after the room exists, so that dropping it takes back exactly one.
        if shares.lists.fetch_add(1, Relaxed) >= self.lists_a_caller {
            return Err(NoRoom::OfCaller);
        }
        Ok(room)
    }
}

// === impl PostedRoom ===

impl PostedRoom {
    /// Makes room for `bytes` more of the list.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let cost = bytes.saturating_mul(COST);
        let of_share = self.shares.posted.try_take(cost).ok_or(NoRoom::OfCaller)?;
        let of_all = self.memory.try_take(cost).ok_or(NoRoom::OfAll)?;
        for (held, more) in [(0, of_share), (1, of_all)] {
            match self.held.get_mut(held) {
                Some(held) => held.merge(more),
                None => self.held.push(more),
            }
        }
        Ok(())
    }
}

impl Drop for PostedRoom {
    fn drop(&mut self) {
        self.shares.lists.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{COST, NoRoom, PostedBudget};
    use crate::{
        Limits,
        budget::accounts::{CallerAccount, CallerAccounts},
    };
    use std::sync::Arc;

    const LISTS: usize = 8;

    fn accounts() -> (CallerAccount, CallerAccount, CallerAccount) {
        let accounts = Arc::new(CallerAccounts::default());
        let limits = Limits {
            posted_memory: 4 << 20,
            ..Limits::default()
        };
        let open =
            |address: &str| CallerAccounts::open(&accounts, address.parse().unwrap(), &limits);
        (open("192.0.2.1"), open("192.0.2.2"), open("192.0.2.1"))
    }

    #[test]
    fn one_caller_has_a_fourth_of_the_places_over_all_its_connections() {
        let (one, other, one_again) = accounts();
        let budget = PostedBudget::new(4 << 20, LISTS);
        let first = budget.admit(one.shares()).unwrap();
        let _second = budget.admit(one_again.shares()).unwrap();
        assert_eq!(budget.admit(one.shares()).unwrap_err(), NoRoom::OfCaller);
        budget.admit(other.shares()).unwrap();
        drop(first);
        budget.admit(one.shares()).unwrap();
    }

    #[test]
    fn all_callers_have_no_more_places_than_there_are() {
        let budget = PostedBudget::new(4 << 20, 1);
        let (one, other, _) = accounts();
        let _room = budget.admit(one.shares()).unwrap();
        assert_eq!(budget.admit(other.shares()).unwrap_err(), NoRoom::OfAll);
    }

    #[test]
    fn bytes_are_charged_as_they_come_and_given_back_at_the_end() {
        let (one, ..) = accounts();
        let budget = PostedBudget::new(4 << 20, LISTS);
        let mut room = budget.admit(one.shares()).unwrap();
        let share = (1 << 20) / COST;
        room.grow(share / 2).unwrap();
        room.grow(share / 2).unwrap();
        assert_eq!(room.grow(1), Err(NoRoom::OfCaller));
        drop(room);
        budget.admit(one.shares()).unwrap().grow(share).unwrap();
    }
}
