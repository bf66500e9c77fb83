//! Pace: at most so many turns a second, however many wait, and no burst after a pause.
//!
//! The crate governor does not fit here: it waits on a timer of its own, which paused time does not move, so
//! the test below could not be written, and it brings a hash map, a clock and random numbers for one
//! number under a lock.

use parking_lot::Mutex;
use std::{num::NonZeroU32, time::Duration};
use tokio::time::{Instant, sleep_until};

/// Gives out turns.
#[derive(Debug)]
pub(crate) struct Pace {
    gap: Duration,
    next: Mutex<Instant>,
}

// === impl Pace ===

impl Pace {
    pub(crate) fn new(a_second: NonZeroU32) -> Self {
        Self {
            gap: Duration::from_secs(1) / a_second.get(),
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for the next turn.
    pub(crate) async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock();
            let turn = (*next).max(Instant::now());
            *next = turn + self.gap;
            turn
        };
        sleep_until(turn).await;
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use std::{num::NonZeroU32, time::Duration};
    use tokio::time::{Instant, advance};

    #[tokio::test(start_paused = true)]
    async fn turns_are_as_far_apart_as_the_rate_says() {
        let pace = Pace::new(NonZeroU32::new(20).unwrap());
        let begun = Instant::now();
        futures_util::future::join_all((0..21).map(|_| pace.turn())).await;
        let taken = begun.elapsed();
        assert!(taken >= Duration::from_secs(1) && taken < Duration::from_millis(1100));
        // A pause saves nothing up.
        advance(Duration::from_mins(1)).await;
        let begun = Instant::now();
        futures_util::future::join_all((0..21).map(|_| pace.turn())).await;
        assert!(begun.elapsed() >= Duration::from_secs(1));
    }
}
