//! Seats: which connections are open, and which one ends so that another can begin.
//!
//! There are as many seats as the process can keep sockets open. A connection that rests between
//! two requests costs little and may rest long, until every seat is taken: then the one that rests
//! longest makes room, of the caller who has the most seats. One caller has at most three fourths of
//! them, so that a single caller never locks out the others. Connections that are being answered are
//! never closed for others.
//!
//! Looking for the longest rest goes over all connections. So that a flood does not pay for it at
//! each accept, some are closed at a time.

use super::accounts::CallerNetwork;
use crate::pulse::Pulse;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// The highest limit of connections that is kept; more than a process can have files open.
const MOST: usize = 1 << 24;

/// When all seats are taken, one in so many is cleared at once.
const CLEARED: usize = 64;

/// All seats of a server.
#[derive(Debug)]
pub(crate) struct Seats {
    free: Arc<Semaphore>,
    all: u32,
    taken: Mutex<SeatMap>,
    next: AtomicU64,
    freed: Notify,
}

#[derive(Debug, Default)]
struct SeatMap {
    seats: HashMap<u64, (CallerNetwork, Arc<Pulse>)>,
    by_caller: HashMap<CallerNetwork, usize>,
}

/// A seat that nobody sits in yet.
#[derive(Debug)]
pub(crate) struct FreeSeat {
    permit: OwnedSemaphorePermit,
    seats: Arc<Seats>,
}

/// A connection's seat, free again when it is dropped.
#[derive(Debug)]
pub(crate) struct TakenSeat {
    number: u64,
    seats: Arc<Seats>,
    _permit: OwnedSemaphorePermit,
}

// === impl Seats ===

impl Seats {
    /// A limit of none would serve nobody, and one that no machine can reach is as good as any
    /// other.
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.clamp(1, MOST);
        Self {
            free: Arc::new(Semaphore::new(limit)),
            all: u32::try_from(limit).unwrap_or(u32::MAX),
            taken: Mutex::default(),
            next: AtomicU64::new(0),
            freed: Notify::new(),
        }
    }

    /// The next free seat. If there is none, connections that rest are told to go.
    pub(crate) async fn free(seats: &Arc<Self>) -> Option<FreeSeat> {
        let free = Arc::clone(&seats.free);
        let permit = match Arc::clone(&free).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => seats.wait_for_one(free).await?,
        };
        Some(FreeSeat {
            permit,
            seats: Arc::clone(seats),
        })
    }

    /// Resting connections are looked for again whenever one comes to rest.
    async fn wait_for_one(&self, free: Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        let mut acquired = std::pin::pin!(free.acquire_owned());
        loop {
            let rested = self.freed.notified();
            self.clear(None);
            tokio::select! {
                biased;
                permit = acquired.as_mut() => return permit.ok(),
                () = rested => {}
            }
        }
    }

    /// Waits until every seat is free.
    pub(crate) async fn all_free(&self) {
        let _ = self.free.acquire_many(self.all).await;
    }

    /// How many seats are taken.
    pub(crate) fn count(&self) -> usize {
        (self.all as usize).saturating_sub(self.free.available_permits())
    }

    /// Ends connections that rest longest: of `caller`, or of whoever has the most.
    fn clear(&self, caller: Option<CallerNetwork>) -> usize {
        let taken = self.taken.lock();
        let crowded = caller.or_else(|| {
            let most = taken.by_caller.iter().max_by_key(|(_, seats)| **seats);
            most.map(|(caller, _)| *caller)
        });
        let resting = |only: Option<CallerNetwork>| {
            let seats = taken.seats.values();
            let seats = seats.filter(|(caller, _)| only.is_none_or(|only| only == *caller));
            let resting = seats.filter_map(|(_, pulse)| Some((pulse.resting()?, pulse)));
            resting.collect::<Vec<_>>()
        };
        let mut found = resting(crowded);
        if found.is_empty() && caller.is_none() {
            found = resting(None);
        }
        found.sort_by_key(|(rest, _)| std::cmp::Reverse(*rest));
        let cleared = (self.all as usize / CLEARED).clamp(1, found.len().max(1));
        found
            .iter()
            .take(cleared)
            .for_each(|(_, pulse)| pulse.evict());
        found.len().min(cleared)
    }
}

// === impl FreeSeat ===

impl FreeSeat {
    /// Takes the seat for a connection from `address`. `None` if its caller has its share of
    /// all seats already and none of them rests.
    pub(crate) fn take(self, address: IpAddr, pulse: &Arc<Pulse>) -> Option<TakenSeat> {
        let caller = CallerNetwork::of(address);
        let share = (self.seats.all as usize * 3).div_ceil(4);
        let is_over = {
            let taken = self.seats.taken.lock();
            taken
                .by_caller
                .get(&caller)
                .is_some_and(|has| *has >= share)
        };
        if is_over && self.seats.clear(Some(caller)) == 0 {
            return None;
        }
        let number = self.seats.next.fetch_add(1, Relaxed);
        let mut taken = self.seats.taken.lock();
        taken.seats.insert(number, (caller, Arc::clone(pulse)));
        *taken.by_caller.entry(caller).or_default() += 1;
        drop(taken);
        Some(TakenSeat {
            number,
            seats: self.seats,
            _permit: self.permit,
        })
    }
}

// === impl TakenSeat ===

impl TakenSeat {
    /// Says that its connection came to rest, in case somebody waits for a seat.
    pub(crate) fn rested(&self) {
        if self.seats.free.available_permits() == 0 {
            self.seats.freed.notify_one();
        }
    }
}

impl Drop for TakenSeat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock();
        let Some((caller, _)) = taken.seats.remove(&self.number) else {
            return;
        };
        if let Some(has) = taken.by_caller.get_mut(&caller) {
            *has -= 1;
            if *has == 0 {
                taken.by_caller.remove(&caller);
            }
        }
    }
}
