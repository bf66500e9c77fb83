//! Waiters: who waits for a piece of work, by caller.
//!
//! Work that many want is done once, in a task of its own, so whoever does it cannot be asked who
//! wants it. But two things depend on that: in whose turn a request goes to a source (slots go round
//! the callers, see `source/bulkhead.rs`), and whether it goes there at all (what nobody waits for
//! any more and was not sent yet is dropped). So each piece of work has a [`Waiters`], and everybody
//! who waits for its result holds a [`Waiting`].
//!
//! * Work may wait for other work: a go.mod for its checksum-database record, that for a tile. Then
//!   those who wait for the first wait for the second too, also those who came later. The callers of
//!   a piece of work are passed on to all that it waits for, and taken back there as they leave.
//! * Work that no client asked for (prefetching, scrubbing) waits under a key of its own, which is
//!   last in every queue. As soon as a client joins, the client's turn counts.
//! * What was sent to a source is finished and kept, whoever leaves: it is *pinned*.
//! * Work that gave up because nobody waited is *closed*: nobody can join it any more, and its result
//!   means nothing. So who comes at that moment starts afresh (a leaving client cancels nothing for
//!   the others).
//!
//! The present [`Waiters`] is a task-local value: requests to checksum databases pass through a
//! client that knows no callers. It is set where a request begins and where a task for shared work
//! is spawned, nowhere else.

use protocol::CallerKey;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    future::Future,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::watch;

tokio::task_local! {
    static PRESENT: Waiters;
}

/// Those who wait for a piece of work; cheap to clone.
#[derive(Clone)]
pub struct Waiters {
    inner: Arc<Inner>,
}

struct Inner {
    /// Of a request: whose it is.
    caller: Option<CallerKey>,
    state: Mutex<State>,
    /// Counts changes of the set of callers.
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// How many ways lead from this work to each caller.
    callers: BTreeMap<CallerKey, usize>,
    /// Work that this work waits for.
    dependencies: HashMap<u64, Waiters>,
    next: u64,
    pinned: bool,
    closed: bool,
}

/// Somebody's waiting for a piece of work; ends when it is dropped.
pub struct Waiting {
    work: Waiters,
    /// On whose behalf.
    behalf: Behalf,
}

enum Behalf {
    /// Of those who wait for other work, under this number there.
    Work(Waiters, u64),
    /// Of nobody who asked.
    Unasked,
}

// === impl Waiters ===

impl Default for Waiters {
    fn default() -> Self {
        Self::new()
    }
}

impl Waiters {
    /// Of a piece of work for which nobody waits yet.
    pub fn new() -> Self {
        Self::with(None, None)
    }

    /// Of a client's request: the client waits as long as there is somebody to run it.
    pub fn of_request(caller: CallerKey) -> Self {
        Self::with(Some(caller), Some(caller))
    }

    /// Of work that no client asked for.
    pub fn of_unasked() -> Self {
        Self::with(None, Some(CallerKey::UNASKED))
    }

    /// Of a question whose answer is everybody's: it is given up for nobody's leaving.
    pub(crate) fn lasting() -> Self {
        let waiters = Self::new();
        waiters.pin();
        waiters
    }

    fn with(caller: Option<CallerKey>, first: Option<CallerKey>) -> Self {
        let state = State {
            callers: first.map(|first| (first, 1)).into_iter().collect(),
            ..State::default()
        };
        Self {
            inner: Arc::new(Inner {
                caller,
                state: Mutex::new(state),
                changes: watch::Sender::new(0),
            }),
        }
    }

    /// Those who wait for what the present task does.
    pub fn present() -> Option<Self> {
        PRESENT.try_with(Clone::clone).ok()
    }

    /// Does something for those who wait.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        PRESENT.scope(self, work).await
    }

    /// Whose request this is, if it is a request's.
    pub fn caller(&self) -> Option<CallerKey> {
        self.inner.caller
    }

    /// Waits for this work, on behalf of those who wait for what the present task does. `None` if it
    /// was given up.
    pub fn join(&self) -> Option<Waiting> {
        match Self::present() {
            Some(present) => self.join_for(present),
            None => self.join_unasked(),
        }
    }

    fn join_for(&self, present: Self) -> Option<Waiting> {
        if self.is_closed() {
            return None;
        }
        // Held all along: who comes to or leaves the present work meanwhile is passed on after.
        let mut waits = present.inner.state.lock();
        for caller in waits.callers.keys() {
            self.add(*caller);
        }
        let number = waits.next;
        waits.next += 1;
        waits.dependencies.insert(number, self.clone());
        drop(waits);
        Some(Waiting {
            work: self.clone(),
            behalf: Behalf::Work(present, number),
        })
    }

    /// Waits for this work though nobody asked for it. `None` if it was given up.
    pub fn join_unasked(&self) -> Option<Waiting> {
        if self.is_closed() {
            return None;
        }
        self.add(CallerKey::UNASKED);
        Some(Waiting {
            work: self.clone(),
            behalf: Behalf::Unasked,
        })
    }

    /// Whether this work was given up because nobody waited for it: its result means nothing.
    pub fn is_closed(&self) -> bool {
        self.inner.state.lock().closed
    }

    /// Gives this work up if nobody waits for it; whether it is given up.
    pub fn close_if_alone(&self) -> bool {
        let mut state = self.inner.state.lock();
        state.closed |= state.callers.is_empty();
        state.closed
    }

    /// From now on this work is finished whoever leaves: something was sent for it.
    pub(crate) fn pin(&self) {
        let pinned = std::mem::replace(&mut self.inner.state.lock().pinned, true);
        if !pinned {
            self.add(CallerKey::UNASKED);
        }
    }

    /// The callers who wait; empty where only work waits that no client asked for.
    pub(crate) fn callers(&self) -> Vec<CallerKey> {
        let state = self.inner.state.lock();
        let callers = state.callers.keys().copied();
        callers
            .filter(|caller| *caller != CallerKey::UNASKED)
            .collect()
    }

    /// Told whenever a caller comes who did not wait yet, or leaves for good.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// One more way leads to this caller.
    fn add(&self, caller: CallerKey) {
        let mut state = self.inner.state.lock();
        let ways = state.callers.entry(caller).or_insert(0);
        *ways += 1;
        if *ways > 1 {
            return;
        }
        for work in state.dependencies.values() {
            work.add(caller);
        }
        drop(state);
        self.changed();
    }

    /// One way less leads to this caller.
    fn remove(&self, caller: CallerKey) {
        let mut state = self.inner.state.lock();
        let Some(ways) = state.callers.get_mut(&caller) else {
            return;
        };
        *ways -= 1;
        if *ways > 0 {
            return;
        }
        state.callers.remove(&caller);
        for work in state.dependencies.values() {
            work.remove(caller);
        }
        drop(state);
        self.changed();
    }

    fn changed(&self) {
        self.inner.changes.send_modify(|changes| *changes += 1);
    }
}

impl fmt::Debug for Waiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.inner.state.lock();
        f.debug_struct("Waiters")
            .field("callers", &state.callers)
            .field("closed", &state.closed)
            .finish_non_exhaustive()
    }
}

// === impl Waiting ===

impl Waiting {
    /// Whether the work was given up; see [`Waiters::is_closed`].
    pub fn is_closed(&self) -> bool {
        self.work.is_closed()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        match &self.behalf {
            Behalf::Unasked => self.work.remove(CallerKey::UNASKED),
            Behalf::Work(present, number) => {
                let mut waits = present.inner.state.lock();
                waits.dependencies.remove(number);
                for caller in waits.callers.keys() {
                    self.work.remove(*caller);
                }
            }
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Waiting").field(&self.work).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Waiters, Waiting};
    use protocol::CallerKey;

    const A: CallerKey = CallerKey::new(1);
    const B: CallerKey = CallerKey::new(2);

    /// A request of this caller, and its waiting for some work.
    async fn join(work: &Waiters, caller: CallerKey) -> Waiting {
        let request = Waiters::of_request(caller);
        request.scope(async { work.join().unwrap() }).await
    }

    /// Other work for which this work waits.
    async fn needs(work: &Waiters, other: &Waiters) -> Waiting {
        work.clone().scope(async { other.join().unwrap() }).await
    }

    #[tokio::test]
    async fn callers_reach_what_their_work_waits_for_also_when_they_come_later() {
        let (go_mod, record, tile) = (Waiters::new(), Waiters::new(), Waiters::new());
        let of_a = join(&go_mod, A).await;
        let record_wanted = needs(&go_mod, &record).await;
        let _tile_wanted = needs(&record, &tile).await;
        assert_eq!(tile.callers(), [A]);
        let of_b = join(&go_mod, B).await;
        assert_eq!(tile.callers(), [A, B]);
        drop(of_a);
        assert_eq!(tile.callers(), [B]);
        drop(of_b);
        assert!(tile.callers().is_empty() && tile.close_if_alone());
        assert!(!record.is_closed(), "each is closed by itself");
        drop(record_wanted);
    }

    #[tokio::test]
    async fn a_caller_counts_as_long_as_one_way_leads_to_it() {
        let (zip, go_mod, record) = (Waiters::new(), Waiters::new(), Waiters::new());
        let (first, second) = (join(&zip, A).await, join(&go_mod, A).await);
        let by_zip = needs(&zip, &record).await;
        let by_go_mod = needs(&go_mod, &record).await;
        drop(by_zip);
        assert_eq!(record.callers(), [A]);
        drop(second);
        assert!(record.callers().is_empty());
        drop((first, by_go_mod));
    }

    #[tokio::test]
    async fn what_was_sent_or_was_never_asked_for_is_not_given_up() {
        let sent = Waiters::new();
        let of_a = join(&sent, A).await;
        sent.pin();
        sent.pin();
        drop(of_a);
        assert!(!sent.close_if_alone() && sent.callers().is_empty());

        let ahead = Waiters::new();
        let unasked = ahead.join().unwrap();
        assert!(!ahead.close_if_alone() && ahead.callers().is_empty());
        drop(unasked);
        assert!(ahead.close_if_alone());
        assert!(ahead.join().is_none(), "nobody joins what was given up");
    }

    #[tokio::test]
    async fn who_comes_and_goes_is_told_once() {
        let work = Waiters::new();
        let mut changes = work.changes();
        let (first, second) = (join(&work, A).await, join(&work, A).await);
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        drop(first);
        assert!(!changes.has_changed().unwrap());
        drop(second);
        assert!(changes.has_changed().unwrap());
    }
}
