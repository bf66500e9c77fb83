//! Single flight: small work that many want done once.
//!
//! Lists, queries, go.mod files and checksum-database records fit in memory, so followers need no
//! stream, only the result. The first to ask starts a task of its own; all who come while it runs
//! wait for its result; who leaves cancels nothing for the others (law L6). Work that panics gives its
//! followers a refusal and is forgotten, so that the next to ask starts afresh.
//!
//! What has to wait for its turn at a source while everybody who wanted it leaves is given up there
//! (see [`upstream::Waiters`]). Whoever joins at that very moment gets a result that means nothing,
//! notices, and starts afresh.
//!
//! Work begun by a client's request takes room in the [`FlightBudget`]; work that other work begins
//! is a part of that, and work that no client asked for is not counted.

mod budget;

pub use budget::{FlightBudget, FlightRoom};

use parking_lot::Mutex;
use protocol::Refusal;
use std::{collections::HashMap, future::Future, hash::Hash, sync::Arc};
use tokio::sync::watch;
use upstream::{Waiters, Waiting};

/// The work that is under way, by key.
#[derive(Debug)]
pub struct SingleFlights<Key, Value> {
    running: Arc<Mutex<RunningWork<Key, Value>>>,
    budget: Option<FlightBudget>,
}

#[derive(Debug)]
struct RunningWork<Key, Value> {
    works: HashMap<Key, Work<Value>>,
    next: u64,
}

/// Work under way.
#[derive(Debug)]
struct Work<Value> {
    waiters: Waiters,
    result: watch::Receiver<Option<Value>>,
    number: u64,
}

/// Somebody's part in work under way.
struct Part<Value> {
    waiting: Waiting,
    result: watch::Receiver<Option<Value>>,
}

/// Forgets work when its task ends, however it ends.
struct Entry<Key: Hash + Eq, Value> {
    running: Arc<Mutex<RunningWork<Key, Value>>>,
    key: Key,
    number: u64,
    _room: Option<FlightRoom>,
}

// === impl SingleFlights ===

impl<Key, Value> Default for SingleFlights<Key, Value> {
    fn default() -> Self {
        let running = RunningWork {
            works: HashMap::new(),
            next: 0,
        };
        Self {
            running: Arc::new(Mutex::new(running)),
            budget: None,
        }
    }
}

impl<Key, Value> SingleFlights<Key, Value>
where
    Key: Clone + Hash + Eq + Send + 'static,
    Value: Clone + Send + Sync + 'static,
{
    /// Work that takes room in this budget where a client's request begins it.
    pub fn within(budget: &FlightBudget) -> Self {
        Self {
            budget: Some(budget.clone()),
            ..Self::default()
        }
    }

    /// Joins the work for `key`, or begins it with `work`. Refuses where there is no room for it, and
    /// where it panicked.
    pub async fn run<Doing>(
        &self,
        key: Key,
        mut work: impl FnMut() -> Doing,
    ) -> Result<Value, Refusal>
    where
        Doing: Future<Output = Value> + Send + 'static,
    {
        loop {
            let mut part = self.join_or_begin(&key, &mut work)?;
            let value = part.result.wait_for(Option::is_some).await;
            let value = value.ok().and_then(|value| value.clone());
            if !part.waiting.is_closed() || nobody_waits() {
                return value.ok_or_else(|| Refusal::internal("work ended without a result"));
            }
        }
    }

    /// Begins the work for `key`, unless it is under way, and does not wait for its result. It is
    /// given up if it has not been sent by the time nobody wants it, nor whoever holds what is
    /// returned.
    pub fn begin<Doing>(&self, key: &Key, work: impl FnMut() -> Doing) -> Option<Waiting>
    where
        Doing: Future<Output = Value> + Send + 'static,
    {
        let part = self.join_or_begin(key, work).ok()?;
        Some(part.waiting)
    }

    /// Begins the work for `key`, unless it is under way, though nobody waits for it.
    pub fn begin_unasked<Doing>(&self, key: &Key, mut work: impl FnMut() -> Doing)
    where
        Doing: Future<Output = Value> + Send + 'static,
    {
        let mut running = self.running.lock();
        if !running.works.contains_key(key) {
            let waiters = Waiters::new();
            let waiting = waiters.join_unasked();
            let work = work();
            let work = async move {
                let _waiting = waiting;
                work.await
            };
            self.spawn(&mut running, key, waiters, None, work);
        }
    }

    /// How much is under way.
    pub fn running(&self) -> usize {
        self.running.lock().works.len()
    }

    fn join_or_begin<Doing>(
        &self,
        key: &Key,
        mut work: impl FnMut() -> Doing,
    ) -> Result<Part<Value>, Refusal>
    where
        Doing: Future<Output = Value> + Send + 'static,
    {
        let mut running = self.running.lock();
        if let Some(work) = running.works.get(key)
            && let Some(waiting) = work.waiters.join()
        {
            let result = work.result.clone();
            return Ok(Part { waiting, result });
        }
        let caller = Waiters::present().and_then(|present| present.caller());
        let room = match (&self.budget, caller) {
            (Some(budget), Some(caller)) => Some(budget.begin(caller)?),
            _ => None,
        };
        let waiters = Waiters::new();
        // Joined before it begins, so that it is never without those who want it.
        let waiting = waiters.join();
        let waiting = waiting.ok_or_else(|| Refusal::internal("new work was given up"))?;
        let result = self.spawn(&mut running, key, waiters, room, work());
        Ok(Part { waiting, result })
    }

    fn spawn(
        &self,
        running: &mut RunningWork<Key, Value>,
        key: &Key,
        waiters: Waiters,
        room: Option<FlightRoom>,
        work: impl Future<Output = Value> + Send + 'static,
    ) -> watch::Receiver<Option<Value>> {
        let (sender, result) = watch::channel(None);
        let number = running.next;
        running.next += 1;
        let entry = Entry {
            running: Arc::clone(&self.running),
            key: key.clone(),
            number,
            _room: room,
        };
        running.works.insert(
            key.clone(),
            Work {
                waiters: waiters.clone(),
                result: result.clone(),
                number,
            },
        );
        tokio::spawn(waiters.scope(async move {
            let value = work.await;
            // Forgotten before it is told: whoever asks after that must not get an old failure. A
            // success was remembered by the work itself and is found there.
            drop(entry);
            sender.send_replace(Some(value));
        }));
        result
    }
}

/// Whether what the present task does is wanted by nobody any more; it is given up then.
fn nobody_waits() -> bool {
    Waiters::present().is_some_and(|present| present.close_if_alone())
}

// === impl Entry ===

impl<Key: Hash + Eq, Value> Drop for Entry<Key, Value> {
    fn drop(&mut self) {
        let mut running = self.running.lock();
        let ours = running.works.get(&self.key);
        // Work that was given up may have been begun anew meanwhile.
        if ours.is_some_and(|work| work.number == self.number) {
            running.works.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SingleFlights;
    use crate::FlightBudget;
    use codes::Code;
    use protocol::CallerKey;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    use tokio::sync::Semaphore;
    use upstream::Waiters;

    const A: CallerKey = CallerKey::new(1);
    const B: CallerKey = CallerKey::new(2);

    fn counted(
        runs: &Arc<AtomicUsize>,
        gate: &Arc<Semaphore>,
    ) -> impl Future<Output = usize> + Send + 'static {
        let (runs, gate) = (Arc::clone(runs), Arc::clone(gate));
        async move {
            let _permit = gate.acquire().await;
            runs.fetch_add(1, Ordering::SeqCst) + 1
        }
    }

    #[tokio::test]
    async fn many_followers_cost_one_run_and_leaving_cancels_nothing() {
        let (flights, runs, gate) = (
            SingleFlights::default(),
            Arc::default(),
            Arc::new(Semaphore::new(0)),
        );
        let leaver = flights.run("key", || counted(&runs, &gate));
        let followers: Vec<_> = (0..32)
            .map(|_| flights.run("key", || counted(&runs, &gate)))
            .collect();
        {
            let mut leaver = Box::pin(leaver);
            assert!(futures_util::poll!(&mut leaver).is_pending());
        }
        let mut followers: Vec<_> = followers.into_iter().map(Box::pin).collect();
        for follower in &mut followers {
            assert!(futures_util::poll!(follower).is_pending());
        }
        gate.add_permits(1);
        for follower in followers {
            assert_eq!(follower.await, Ok(1));
        }
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn work_that_panics_is_forgotten() {
        let flights: SingleFlights<&str, u32> = SingleFlights::default();
        let panicked = flights
            .run("key", || async { panic!("on purpose") })
            .await
            .unwrap_err();
        assert_eq!(panicked.code, Code::InternalError);
        while flights.running() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(flights.run("key", || async { 7 }).await, Ok(7));
    }

    #[tokio::test]
    async fn what_a_request_begins_takes_room_and_what_it_joins_does_not() {
        let budget = FlightBudget::new(4);
        let flights = SingleFlights::within(&budget);
        let (runs, gate) = (Arc::default(), Arc::new(Semaphore::new(0)));
        let ask = |key: u32, caller| {
            let run = flights.run(key, || counted(&runs, &gate));
            Box::pin(Waiters::of_request(caller).scope(run))
        };
        let mut asked: Vec<_> = (0..3).map(|key| ask(key, A)).collect();
        assert!(futures_util::poll!(&mut asked[0]).is_pending());
        assert!(futures_util::poll!(&mut asked[1]).is_pending());
        let refused = asked.pop().unwrap().await.unwrap_err();
        assert_eq!(refused.code, Code::TooManyWaiting);
        let mut joins = ask(0, A);
        assert!(futures_util::poll!(&mut joins).is_pending());
        let mut other = ask(3, B);
        assert!(futures_util::poll!(&mut other).is_pending());
        assert_eq!(budget.taken(), 3);
        gate.add_permits(10);
        assert!(joins.await.is_ok() && other.await.is_ok());
        for asked in asked {
            assert!(asked.await.is_ok());
        }
        assert_eq!((budget.taken(), flights.running()), (0, 0));
    }

    /// Work that gives up when nobody waits, as it does in line at a source.
    async fn gives_up(gate: Arc<Semaphore>) -> Option<()> {
        let _permit = gate.acquire().await;
        let given_up = Waiters::present().unwrap().close_if_alone();
        (!given_up).then_some(())
    }

    #[tokio::test]
    async fn whoever_meets_work_that_is_given_up_begins_it_anew() {
        let flights: SingleFlights<&str, Option<()>> = SingleFlights::default();
        let (gate, open) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(9)));
        let mut leaver = Box::pin(
            Waiters::of_request(A).scope(flights.run("key", || gives_up(Arc::clone(&gate)))),
        );
        assert!(futures_util::poll!(&mut leaver).is_pending());
        let mut comes = Box::pin(
            Waiters::of_request(B).scope(flights.run("key", || gives_up(Arc::clone(&open)))),
        );
        drop(leaver);
        // It has left the gate and found nobody before the other one came.
        gate.add_permits(1);
        tokio::task::yield_now().await;
        assert_eq!(comes.as_mut().await, Ok(Some(())));
    }

    #[tokio::test]
    async fn work_begun_for_nobody_is_done() {
        let flights: SingleFlights<&str, Option<()>> = SingleFlights::default();
        let gate = Arc::new(Semaphore::new(0));
        flights.begin_unasked(&"key", || gives_up(Arc::clone(&gate)));
        gate.add_permits(1);
        let joined = flights.run("key", || async { None }).await;
        assert_eq!(joined, Ok(Some(())));
    }
}
