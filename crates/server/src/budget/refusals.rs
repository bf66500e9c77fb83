//! Refusals: what is refused is refused at a pace.
//!
//! A refusal is made, counted, logged and told, and whoever asks for nothing but what is refused
//! asks again at once. So a caller's refusals are sent at a rate, which a fleet behind one
//! address does not reach: `go` meets a 404 for each prefix of a path that is no module, some
//! thousands in a large build. Beyond it the answer waits, and the client with it. Nothing is refused
//! that was not refused before.

use crate::Limits;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use tokio::time::Instant;

/// The longest that a refusal waits: a client in front of which a proxy waits gives up after a minute.
const LONGEST: Duration = Duration::from_secs(30);

/// When one caller's next refusal may be sent.
#[derive(Debug)]
pub(crate) struct RefusalPace {
    began: Instant,
    /// Microseconds between two refusals, and by how many a caller may be ahead of that.
    every: u64,
    ahead: u64,
    /// When all refusals so far would have been sent at an even pace; microseconds since `began`.
    even: AtomicU64,
}

// === impl RefusalPace ===

impl RefusalPace {
    pub(crate) fn new(limits: &Limits) -> Self {
        let every = microseconds(limits.refusal_every);
        Self {
            began: Instant::now(),
            every,
            ahead: every.saturating_mul(limits.refusals_at_once.into()),
            even: AtomicU64::new(0),
        }
    }

    /// One more refusal: how long it has to wait.
    pub(crate) fn next(&self) -> Duration {
        let now = microseconds(self.began.elapsed());
        let next = |even: u64| Some(even.max(now).saturating_add(self.every));
        let even = self.even.fetch_update(Relaxed, Relaxed, next);
        let before_it = even.unwrap_or_default().saturating_sub(now);
        let behind = before_it.saturating_add(self.every);
        Duration::from_micros(behind.saturating_sub(self.ahead)).min(LONGEST)
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, RefusalPace};
    use crate::Limits;
    use std::time::Duration;
    use tokio::time::advance;

    const SECOND: Duration = Duration::from_secs(1);
    const AT_ONCE: u32 = 100;
    const A_SECOND: u32 = 10;

    fn pace() -> RefusalPace {
        RefusalPace::new(&Limits {
            refusals_at_once: AT_ONCE,
            refusal_every: SECOND / A_SECOND,
            ..Limits::default()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_large_build_meets_waits_for_nothing() {
        let pace = pace();
        assert!((0..AT_ONCE).all(|_| pace.next().is_zero()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_answered_at_the_rate() {
        let pace = pace();
        let waits: Vec<Duration> = (0..AT_ONCE + 3 * A_SECOND).map(|_| pace.next()).collect();
        let within = |time| waits.iter().filter(|wait| **wait <= time).count();
        assert_eq!(within(SECOND), (AT_ONCE + A_SECOND) as usize);
        assert_eq!(within(2 * SECOND), (AT_ONCE + 2 * A_SECOND) as usize);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_rest_nothing_waits_again() {
        let pace = pace();
        assert!(!(0..2 * AT_ONCE).all(|_| pace.next().is_zero()));
        advance(11 * SECOND).await;
        assert!((0..AT_ONCE).all(|_| pace.next().is_zero()));
    }

    #[tokio::test(start_paused = true)]
    async fn no_refusal_waits_for_ever() {
        let pace = pace();
        assert!((0..100_000).all(|_| pace.next() <= LONGEST));
    }
}
