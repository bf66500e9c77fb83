//! Thread pools: small sets of own threads on which blocking work is done.
//!
//! The runtime's shared blocking pool would make warm reads queue behind the `fsync`s of captures
//! (law L4). So each kind of blocking work has its own pool, with its own threads and its own
//! bounded queue: positioned reads of kept blobs, spool and publish work, catalog reads, catalog
//! writes. A pool's thread may own a state, such as a database connection.
//!
//! The queue is bounded by permits: who wants to queue waits for one without blocking the
//! runtime. A job that was queued runs even if its asker has gone away, because half of the jobs
//! change something; a job that panics takes down neither its thread nor the others.

use crate::error::StoreError;
use parking_lot::{Condvar, Mutex};
use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{Builder, JoinHandle},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Jobs that may wait in one pool before askers wait outside. A job is a small closure; this
/// bounds memory, not the rate.
const QUEUE_LIMIT: usize = 1024;

/// A bounded queue between tasks and threads.
pub(crate) struct Queue<T> {
    items: Mutex<QueueItems<T>>,
    ready: Condvar,
    permits: Arc<Semaphore>,
}

struct QueueItems<T> {
    waiting: VecDeque<(T, Option<OwnedSemaphorePermit>)>,
    closed: bool,
}

/// What waiting for the next item came to.
pub(crate) enum QueuedItem<T> {
    Item(T),
    TimedOut,
    Closed,
}

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Threads that run jobs, each with its own state `S`. The threads end, after the queue has run
/// dry, when the pool is dropped; dropping waits for them.
pub(crate) struct ThreadPool<S> {
    queue: Arc<Queue<Job<S>>>,
    threads: Vec<JoinHandle<()>>,
}

// === impl Queue ===

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self {
            items: Mutex::new(QueueItems {
                waiting: VecDeque::new(),
                closed: false,
            }),
            ready: Condvar::new(),
            permits: Arc::new(Semaphore::new(QUEUE_LIMIT)),
        }
    }

    /// Queues `item`, waiting for room.
    pub(crate) async fn push(&self, item: T) -> Result<(), StoreError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        self.enter(item, Some(permit))
    }

    fn enter(&self, item: T, permit: Option<OwnedSemaphorePermit>) -> Result<(), StoreError> {
        let mut items = self.items.lock();
        if items.closed {
            return Err(StoreError::Closed);
        }
        items.waiting.push_back((item, permit));
        drop(items);
        self.ready.notify_one();
        Ok(())
    }

    /// Takes the next item, waiting at most `patience` if given. A closed queue is emptied first.
    pub(crate) fn pop(&self, patience: Option<Duration>) -> QueuedItem<T> {
        let mut items = self.items.lock();
        loop {
            if let Some((item, _permit)) = items.waiting.pop_front() {
                return QueuedItem::Item(item);
            }
            if items.closed {
                return QueuedItem::Closed;
            }
            match patience {
                None => self.ready.wait(&mut items),
                Some(patience) if self.ready.wait_for(&mut items, patience).timed_out() => {
                    return QueuedItem::TimedOut;
                }
                Some(_) => {}
            }
        }
    }

    /// Takes what is waiting now, at most `limit` items, without waiting.
    pub(crate) fn drain(&self, limit: usize) -> Vec<T> {
        let mut items = self.items.lock();
        let count = items.waiting.len().min(limit);
        items
            .waiting
            .drain(..count)
            .map(|(item, _permit)| item)
            .collect()
    }

    /// Refuses new items and lets the takers end.
    pub(crate) fn close(&self) {
        self.items.lock().closed = true;
        self.permits.close();
        self.ready.notify_all();
    }
}

// === impl ThreadPool ===

impl<S: Send + 'static> ThreadPool<S> {
    /// Starts one thread per state.
    pub(crate) fn start(
        name: &str,
        states: impl IntoIterator<Item = S>,
    ) -> Result<Self, StoreError> {
        let mut pool = Self {
            queue: Arc::new(Queue::new()),
            threads: Vec::new(),
        };
        for mut state in states {
            let queue = Arc::clone(&pool.queue);
            let work = move || {
                while let QueuedItem::Item(job) = queue.pop(None) {
                    // A panicking job drops its reply, which its asker sees as `Closed`.
                    let _ = catch_unwind(AssertUnwindSafe(|| job(&mut state)));
                }
            };
            pool.threads.push(spawn(name, work)?);
        }
        Ok(pool)
    }

    /// Runs `job` on one of the threads and waits for what it returns.
    pub(crate) async fn run<R, F>(&self, job: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&mut S) -> R + Send + 'static,
    {
        self.begin(job).await?.await.map_err(|_| StoreError::Closed)
    }

    /// Queues `job` and returns where its result will arrive.
    pub(crate) async fn begin<R, F>(&self, job: F) -> Result<oneshot::Receiver<R>, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&mut S) -> R + Send + 'static,
    {
        let (reply, receiver) = oneshot::channel();
        let job: Job<S> = Box::new(move |state| {
            // The asker may have left; what the job did stays done.
            let _ = reply.send(job(state));
        });
        self.queue.push(job).await?;
        Ok(receiver)
    }

    /// Queues clean-up work that nobody waits for, past the bound: it comes from destructors,
    /// which cannot wait, and each of them ends something that was bounded itself.
    pub(crate) fn detach(&self, job: impl FnOnce(&mut S) + Send + 'static) {
        // A closed pool is one whose store is gone; what is left behind is swept at the next start.
        let _ = self.queue.enter(Box::new(job), None);
    }
}

impl<S> Drop for ThreadPool<S> {
    fn drop(&mut self) {
        self.queue.close();
        let own = std::thread::current().id();
        for thread in self
            .threads
            .drain(..)
            .filter(|thread| thread.thread().id() != own)
        {
            // A thread that panicked outside a job has nothing left to hand over.
            let _ = thread.join();
        }
    }
}

/// Starts one named thread.
pub(crate) fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    Builder::new()
        .name(format!("store-{name}"))
        .spawn(work)
        .map_err(|error: io::Error| StoreError::io(format!("starting a {name} thread"), error))
}

#[cfg(test)]
mod tests {
    use super::ThreadPool;
    use crate::error::StoreError;

    #[tokio::test]
    async fn a_panicking_job_fails_alone() {
        let pool = ThreadPool::start("test", [0_u32]).expect("threads start");
        let fallen: Result<(), _> = pool.run(|_| std::panic::resume_unwind(Box::new(()))).await;
        assert!(matches!(fallen, Err(StoreError::Closed)));
        assert_eq!(pool.run(|count| *count + 1).await.ok(), Some(1));
    }

    #[tokio::test]
    async fn what_was_queued_runs_before_the_lane_ends() {
        let pool = ThreadPool::start("test", [()]).expect("threads start");
        let mut replies = Vec::new();
        for number in 0..100 {
            replies.push(pool.begin(move |()| number).await.expect("queued"));
        }
        drop(pool);
        for (number, reply) in replies.into_iter().enumerate() {
            assert_eq!(reply.await.ok(), Some(number));
        }
    }

    #[tokio::test]
    async fn a_leaving_asker_does_not_stop_its_job() {
        let pool = ThreadPool::start("test", [0_u32]).expect("threads start");
        drop(pool.begin(|count| *count += 1).await);
        assert_eq!(pool.run(|count| *count).await.ok(), Some(1));
    }
}
