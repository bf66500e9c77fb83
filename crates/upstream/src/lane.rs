//! A few blocking threads for one source, however long they hang.
//!
//! Name lookups and files have no asynchronous form: they run on the runtime's blocking threads,
//! which everybody shares, warm reads included. A deadline can stop the waiting, but not the
//! thread: a lookup at a dead name server or a read from a dead network file system goes on. So the
//! permit travels with the work and comes back only when the thread does: a source that hangs
//! blocks its own few threads, and nobody else's.

use std::{io, sync::Arc};

use tokio::sync::Semaphore;

/// Threads that one source's lookups or files may use at once. Lookups are rare, since connections
/// are kept; files of a healthy disk take microseconds. Out of the 512 blocking threads of the
/// runtime, even dozens of hanging sources leave most to others.
const THREADS: usize = 8;

/// A source's share of the blocking threads.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    permits: Arc<Semaphore>,
}

// === impl Lane ===

impl Lane {
    pub(crate) fn new() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(THREADS)),
        }
    }

    /// Runs `work` on a blocking thread, when one of this lane is free. If the caller leaves, work
    /// that has begun goes on and keeps its place.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let run = move || {
            let _permit = permit;
            work()
        };
        tokio::task::spawn_blocking(run)
            .await
            .map_err(io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    use super::{Lane, THREADS};
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        time::Duration,
    };
    use tokio::time::timeout;

    #[tokio::test]
    async fn work_that_hangs_keeps_its_place_after_the_caller_left() {
        let lane = Lane::new();
        let begun = Arc::new(AtomicUsize::new(0));
        let (mut callers, mut doors) = (Vec::new(), Vec::new());
        for _ in 0..2 * THREADS {
            let (door, wait) = mpsc::channel::<()>();
            let (lane, begun) = (lane.clone(), Arc::clone(&begun));
            doors.push(door);
            callers.push(tokio::spawn(async move {
                let work = move || {
                    begun.fetch_add(1, Ordering::SeqCst);
                    let _ = wait.recv();
                    Ok(())
                };
                timeout(Duration::from_millis(100), lane.run(work))
                    .await
                    .is_err()
            }));
        }
        for call in callers {
            assert!(call.await.unwrap(), "every caller gave up");
        }
        assert_eq!(begun.load(Ordering::SeqCst), THREADS);
        drop(doors);
        lane.run(|| Ok(())).await.unwrap();
    }
}
