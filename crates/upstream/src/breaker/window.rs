//! The last ten seconds, second by second.
//!
//! A ring of buckets gives an exact ratio over the window; a moving average would hide bursts, and
//! a count of the last N requests would let a failure of yesterday weigh on today's quiet site.

use std::time::Duration;

use tokio::time::Instant;

/// Buckets of the ring.
const BUCKETS: usize = 10;

/// Length of one bucket. Ten of them: long enough to gather the ten requests that a verdict needs
/// on a site of a few clients, short enough that what is over is soon forgotten.
const BUCKET: Duration = Duration::from_secs(1);

/// Outcomes of the last ten seconds.
#[derive(Debug, Clone)]
pub(super) struct Window {
    origin: Instant,
    buckets: [Bucket; BUCKETS],
}

/// Outcomes of one second; `turn` tells which.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    turn: u64,
    good: u32,
    bad: u32,
}

// === impl Window ===

impl Window {
    pub(super) fn new(origin: Instant) -> Self {
        Self {
            origin,
            buckets: [Bucket::default(); BUCKETS],
        }
    }

    pub(super) fn clear(&mut self) {
        self.buckets = [Bucket::default(); BUCKETS];
    }

    pub(super) fn good(&mut self, now: Instant) {
        if let Some(bucket) = self.bucket(now) {
            bucket.good = bucket.good.saturating_add(1);
        }
    }

    pub(super) fn bad(&mut self, now: Instant) {
        if let Some(bucket) = self.bucket(now) {
            bucket.bad = bucket.bad.saturating_add(1);
        }
    }

    /// One that was counted as good turned out bad. It may have left the window by now; then it
    /// counts as one more.
    pub(super) fn recant(&mut self, now: Instant) {
        let oldest = self.oldest(now);
        let counted = self
            .buckets
            .iter_mut()
            .filter(|bucket| bucket.turn >= oldest && bucket.good > 0)
            .max_by_key(|bucket| bucket.turn);
        if let Some(bucket) = counted {
            bucket.good -= 1;
        }
        self.bad(now);
    }

    /// Good and bad ones within the window.
    pub(super) fn totals(&self, now: Instant) -> (u32, u32) {
        let oldest = self.oldest(now);
        let current = self.buckets.iter().filter(|bucket| bucket.turn >= oldest);
        current.fold((0, 0), |(good, bad), bucket| {
            (
                good.saturating_add(bucket.good),
                bad.saturating_add(bucket.bad),
            )
        })
    }

    /// Turns count from 1: 0 is that of a bucket never used, which no window reaches.
    fn turn(&self, now: Instant) -> u64 {
        1 + now.saturating_duration_since(self.origin).as_secs() / BUCKET.as_secs()
    }

    fn oldest(&self, now: Instant) -> u64 {
        (self.turn(now) + 1).saturating_sub(BUCKETS as u64).max(1)
    }

    fn bucket(&mut self, now: Instant) -> Option<&mut Bucket> {
        let turn = self.turn(now);
        let place = usize::try_from(turn % BUCKETS as u64).ok()?;
        let bucket = self.buckets.get_mut(place)?;
        if bucket.turn != turn {
            *bucket = Bucket {
                turn,
                ..Bucket::default()
            };
        }
        Some(bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::Window;
    use std::{collections::VecDeque, time::Duration};
    use tokio::time::Instant;

    /// Against the plain model: every outcome with its second, summed up anew each time.
    #[tokio::test(start_paused = true)]
    async fn totals_are_those_of_the_last_ten_seconds() {
        let origin = Instant::now();
        let mut window = Window::new(origin);
        let mut model: VecDeque<(u64, bool)> = VecDeque::new();
        let (mut now, mut seed) = (origin, 7_u64);
        for _ in 0..20_000 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            now += Duration::from_millis((seed >> 33) % 700);
            let second = (now - origin).as_secs();
            let good = (seed >> 60) & 1 == 0;
            if good {
                window.good(now);
            } else {
                window.bad(now);
            }
            model.push_back((second, good));
            model.retain(|(then, _)| then + 10 > second);
            let count = |wanted| model.iter().filter(|(_, good)| *good == wanted).count();
            let (good, bad) = window.totals(now);
            assert_eq!((good as usize, bad as usize), (count(true), count(false)));
        }
        now += Duration::from_secs(10);
        assert_eq!(window.totals(now), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_recanted_is_one_bad_one_and_no_good_one() {
        let origin = Instant::now();
        let mut window = Window::new(origin);
        window.good(origin);
        window.recant(origin + Duration::from_secs(3));
        assert_eq!(window.totals(origin + Duration::from_secs(3)), (0, 1));
        window.recant(origin + Duration::from_secs(30));
        assert_eq!(window.totals(origin + Duration::from_secs(30)), (0, 1));
    }
}
