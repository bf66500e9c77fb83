//! Seats: which connections are open, and which one ends so that another can begin.
//!
//! There are as many seats as the process can keep sockets open. A connection that rests between
//! two requests costs little and may rest long, until every seat is taken. Then the caller who has
//! the most seats makes room: the connection of it that rests longest, and if none rests, the one
//! that came last. A newcomer of a caller who has about as many seats itself gets no seat but one of
//! its own caller. So nobody who has few seats loses one, however many callers hold all others.
//! One caller has at most three fourths, so that there is room for others at once.
//!
//! Looking for the longest rest goes over all connections. So that a flood does not pay for it at
//! each accept, some are closed at a time.

use super::accounts::CallerNetwork;
use crate::watchdog::ConnectionWatchdog;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The highest limit of connections that is kept; more than a process can have files open.
const MOST: usize = 1 << 24;

/// When all seats are taken, one in so many is cleared at once.
const CLEARED: usize = 64;

/// How soon a connection ends that makes room; one that got a request meanwhile does not.
const SOON: Duration = Duration::from_secs(1);

/// All seats of a server.
#[derive(Debug)]
pub(crate) struct Seats {
    free: Arc<Semaphore>,
    all: u32,
    taken: Mutex<SeatMap>,
    next: AtomicU64,
}

#[derive(Debug, Default)]
struct SeatMap {
    seats: HashMap<u64, (CallerNetwork, Arc<ConnectionWatchdog>)>,
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
        }
    }

    /// The next free seat, for a connection from `address`. `None` if all are taken, and nobody makes
    /// room for this caller.
    pub(crate) async fn free(seats: &Arc<Self>, address: IpAddr) -> Option<FreeSeat> {
        let free = Arc::clone(&seats.free);
        let permit = match Arc::clone(&free).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => seats.make_room(free, CallerNetwork::of(address)).await?,
        };
        Some(FreeSeat {
            permit,
            seats: Arc::clone(seats),
        })
    }

    async fn make_room(
        &self,
        free: Arc<Semaphore>,
        newcomer: CallerNetwork,
    ) -> Option<OwnedSemaphorePermit> {
        let mut acquired = std::pin::pin!(free.acquire_owned());
        loop {
            if self.clear_for(newcomer) == 0 {
                return None;
            }
            tokio::select! {
                biased;
                permit = acquired.as_mut() => return permit.ok(),
                () = tokio::time::sleep(SOON) => {}
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

    /// Ends connections of whoever has to make room for `newcomer`: gives how many.
    fn clear_for(&self, newcomer: CallerNetwork) -> usize {
        let taken = self.taken.lock();
        let of = |caller| taken.by_caller.get(&caller).copied().unwrap_or_default();
        let Some((crowded, most)) = taken.by_caller.iter().max_by_key(|(_, seats)| **seats) else {
            return 0;
        };
        if 2 * of(newcomer) > *most {
            return self.clear_resting(&taken, newcomer);
        }
        match self.clear_resting(&taken, *crowded) {
            0 => self.clear_latest(&taken, *crowded),
            cleared => cleared,
        }
    }

    /// Ends connections of `caller` that rest longest.
    fn clear_resting(&self, taken: &SeatMap, caller: CallerNetwork) -> usize {
        let resting = taken.of(caller);
        let mut resting: Vec<_> = resting
            .filter_map(|(_, watchdog)| Some((watchdog.resting()?, watchdog)))
            .collect();
        resting.sort_by_key(|(rest, _)| std::cmp::Reverse(*rest));
        let cleared = resting.iter().take(self.at_a_time());
        cleared.map(|(_, watchdog)| watchdog.evict()).count()
    }

    /// Ends connections of `caller` that came last, whatever they do.
    fn clear_latest(&self, taken: &SeatMap, caller: CallerNetwork) -> usize {
        let mut latest: Vec<_> = taken.of(caller).collect();
        latest.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        let cleared = latest.iter().take(self.at_a_time());
        cleared.map(|(_, watchdog)| watchdog.oust()).count()
    }

    fn at_a_time(&self) -> usize {
        (self.all as usize / CLEARED).max(1)
    }
}

// === impl SeatMap ===

impl SeatMap {
    fn of(&self, caller: CallerNetwork) -> impl Iterator<Item = (u64, &Arc<ConnectionWatchdog>)> {
        let seats = self.seats.iter();
        seats.filter_map(move |(number, (of, watchdog))| {
            (*of == caller).then_some((*number, watchdog))
        })
    }
}

// === impl FreeSeat ===

impl FreeSeat {
    /// Takes the seat for a connection from `address`. `None` if its caller has its share of
    /// all seats already and none of them rests.
    pub(crate) fn take(
        self,
        address: IpAddr,
        watchdog: &Arc<ConnectionWatchdog>,
    ) -> Option<TakenSeat> {
        let caller = CallerNetwork::of(address);
        let share = (self.seats.all as usize * 3).div_ceil(4);
        {
            let taken = self.seats.taken.lock();
            let has = taken.by_caller.get(&caller);
            let is_over = has.is_some_and(|has| *has >= share);
            if is_over && self.seats.clear_resting(&taken, caller) == 0 {
                return None;
            }
        }
        let number = self.seats.next.fetch_add(1, Relaxed);
        let mut taken = self.seats.taken.lock();
        taken.seats.insert(number, (caller, Arc::clone(watchdog)));
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

#[cfg(test)]
mod tests {
    use super::{Seats, TakenSeat};
    use crate::{
        Limits,
        watchdog::{ConnectionVerdict, ConnectionWatchdog, OUSTED},
    };
    use std::{net::IpAddr, sync::Arc, time::Duration};

    const SEATS: usize = 12;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    /// A connection that is being answered.
    async fn busy(seats: &Arc<Seats>, last: u8) -> Option<(TakenSeat, Arc<ConnectionWatchdog>)> {
        let watchdog = Arc::new(ConnectionWatchdog::new());
        watchdog.request_began(http::Version::HTTP_11);
        let seat = Seats::free(seats, address(last)).await?;
        Some((seat.take(address(last), &watchdog)?, watchdog))
    }

    async fn verdict(watchdog: &ConnectionWatchdog) -> Option<ConnectionVerdict> {
        let limits = Limits::default();
        let patience = || Duration::from_mins(1);
        let watching = watchdog.watch(&limits, patience);
        tokio::time::timeout(Duration::from_secs(1), watching)
            .await
            .ok()
    }

    #[tokio::test(start_paused = true)]
    async fn busy_callers_on_every_seat_lock_nobody_out() {
        let seats = Arc::new(Seats::new(SEATS));
        let mut crowd = Vec::new();
        for _ in 0..SEATS / 2 {
            crowd.push(busy(&seats, 1).await.unwrap());
            crowd.push(busy(&seats, 2).await.unwrap());
        }
        let newcomer = tokio::spawn({
            let seats = Arc::clone(&seats);
            async move { busy(&seats, 9).await }
        });
        tokio::task::yield_now().await;
        // Of the caller with the most seats, the one that came last.
        let mut ousted = Vec::new();
        for (number, (_, watchdog)) in crowd.iter().enumerate() {
            if verdict(watchdog).await == Some(ConnectionVerdict::Cut(OUSTED)) {
                ousted.push(number);
            }
        }
        assert!(matches!(ousted[..], [10 | 11]), "{ousted:?}");
        crowd.remove(ousted[0]);
        assert!(newcomer.await.unwrap().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_of_a_caller_with_many_seats_takes_no_seat_of_another() {
        let seats = Arc::new(Seats::new(SEATS));
        let mut taken = Vec::new();
        for _ in 0..9 {
            taken.push(busy(&seats, 1).await.unwrap());
        }
        for _ in 0..3 {
            let (seat, watchdog) = busy(&seats, 2).await.unwrap();
            watchdog.request_ended();
            taken.push((seat, watchdog));
        }
        assert!(busy(&seats, 1).await.is_none());
        for (_, watchdog) in &taken {
            assert_eq!(verdict(watchdog).await, None, "everybody goes on");
        }
    }
}
