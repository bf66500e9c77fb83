//! Errand: small work that many want done once.
//!
//! Lists, queries, go.mod files and checksum-database records fit in memory, so followers need no
//! stream, only the result. The first to ask starts a task of its own; all who come while it runs
//! wait for its result; who leaves cancels nothing (law L6). A panicking errand gives its followers
//! `None` and is forgotten, so that the next to ask starts afresh.

use parking_lot::Mutex;
use std::{collections::HashMap, future::Future, hash::Hash, sync::Arc};
use tokio::sync::watch;

/// The errands that are being run, by key.
#[derive(Debug)]
pub(crate) struct Errands<Key, Value> {
    running: Arc<Mutex<HashMap<Key, watch::Receiver<Option<Value>>>>>,
}

/// Forgets an errand when its task ends, however it ends.
struct Entry<Key: Hash + Eq, Value> {
    running: Arc<Mutex<HashMap<Key, watch::Receiver<Option<Value>>>>>,
    key: Key,
}

// === impl Errands ===

impl<Key, Value> Default for Errands<Key, Value> {
    fn default() -> Self {
        Self {
            running: Arc::new(Mutex::new(HashMap::new())),
        }
    }
}

impl<Key, Value> Errands<Key, Value>
where
    Key: Clone + Hash + Eq + Send + 'static,
    Value: Clone + Send + Sync + 'static,
{
    /// Joins the errand for `key`, or starts it with `work`. `None` means that it panicked.
    pub(crate) async fn run<Work>(&self, key: Key, work: impl FnOnce() -> Work) -> Option<Value>
    where
        Work: Future<Output = Value> + Send + 'static,
    {
        let mut receiver = self.join_or_start(key, work);
        let value = receiver.wait_for(Option::is_some).await.ok()?;
        value.clone()
    }

    /// Starts the errand for `key` unless it runs already; does not wait for it.
    pub(crate) fn start<Work>(&self, key: Key, work: impl FnOnce() -> Work)
    where
        Work: Future<Output = Value> + Send + 'static,
    {
        drop(self.join_or_start(key, work));
    }

    /// How many errands are being run.
    pub(crate) fn running(&self) -> usize {
        self.running.lock().len()
    }

    fn join_or_start<Work>(
        &self,
        key: Key,
        work: impl FnOnce() -> Work,
    ) -> watch::Receiver<Option<Value>>
    where
        Work: Future<Output = Value> + Send + 'static,
    {
        let mut running = self.running.lock();
        if let Some(receiver) = running.get(&key) {
            return receiver.clone();
        }
        let (sender, receiver) = watch::channel(None);
        running.insert(key.clone(), receiver.clone());
        drop(running);
        let entry = Entry {
            running: Arc::clone(&self.running),
            key,
        };
        let work = work();
        tokio::spawn(async move {
            let value = work.await;
            // Forgotten before it is told: whoever asks after that must not get an old failure. A
            // success was remembered by the work itself and is found there.
            drop(entry);
            sender.send_replace(Some(value));
        });
        receiver
    }
}

// === impl Entry ===

impl<Key: Hash + Eq, Value> Drop for Entry<Key, Value> {
    fn drop(&mut self) {
        self.running.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::Errands;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    use tokio::sync::Semaphore;

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
        let (errands, runs, gate) = (
            Errands::default(),
            Arc::default(),
            Arc::new(Semaphore::new(0)),
        );
        let leaver = errands.run("key", || counted(&runs, &gate));
        let followers: Vec<_> = (0..32)
            .map(|_| errands.run("key", || counted(&runs, &gate)))
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
            assert_eq!(follower.await, Some(1));
        }
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_panicking_errand_is_forgotten() {
        let errands: Errands<&str, u32> = Errands::default();
        assert_eq!(
            errands.run("key", || async { panic!("on purpose") }).await,
            None
        );
        while errands.running() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(errands.run("key", || async { 7 }).await, Some(7));
    }
}
