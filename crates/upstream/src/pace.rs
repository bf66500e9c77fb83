//! The pace of a source that limits the rate of requests, learned from its 429s.
//!
//! A limit is seldom written down, and several clients may share it; so it is learned as TCP learns
//! the width of a path: additive increase, multiplicative decrease. Until a source limits us there is
//! no pace. At a 429 the pace becomes half of what was asked in the second before, or of the pace so
//! far if that is less. Each second it grows by a request a second, or by a twentieth, and a minute
//! without a 429 ends it.
//!
//! Who keeps to it: guesses wait for what demand leaves over. Demand is never held up by a pace; only
//! those whose request the source limited already come back one after the other instead of together,
//! or they would meet the limit together again.

use std::time::Duration;

use tokio::time::Instant;

/// The least pace, in requests a second.
const SLOWEST: f64 = 1.0;

/// Growth of the pace in a second: requests a second, or the part of the pace, whichever is more.
const GROWTH: f64 = 1.0;
const GROWTH_PART: f64 = 0.05;

/// For how long after the last 429 there is a pace.
const REMEMBERED: Duration = Duration::from_mins(1);

/// A second 429 within this time is the same news: requests that were under way together are limited
/// together.
const SAME_NEWS: Duration = Duration::from_millis(500);

/// What was asked is counted over this time.
const COUNTED: Duration = Duration::from_secs(1);

/// The learned pace of a source.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Requests of this second and of the one before.
    count: u32,
    count_before: u32,
    counted_since: Instant,
    limit: Option<Limit>,
}

#[derive(Debug, Clone, Copy)]
struct Limit {
    per_second: f64,
    grown_at: Instant,
    limited_at: Instant,
    /// When the next request is due.
    next: Instant,
}

// === impl Pace ===

impl Pace {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            count: 0,
            count_before: 0,
            counted_since: now,
            limit: None,
        }
    }

    /// A request is sent, whoever wants it.
    pub(crate) fn sent(&mut self, now: Instant) {
        self.roll(now);
        self.count = self.count.saturating_add(1);
        if let Some(limit) = self.limit(now) {
            limit.next = limit.next.max(now) + limit.interval();
        }
    }

    /// The source limited a request.
    pub(crate) fn limited(&mut self, now: Instant) {
        self.roll(now);
        let asked = f64::from(self.count.max(self.count_before));
        let known = self.limit(now).copied();
        if known.is_some_and(|limit| now < limit.limited_at + SAME_NEWS) {
            return;
        }
        let most = known.map_or(asked, |limit| limit.per_second.min(asked));
        self.limit = Some(Limit {
            per_second: (most / 2.0).max(SLOWEST),
            grown_at: now,
            limited_at: now,
            next: known.map_or(now, |limit| limit.next),
        });
    }

    /// For how long a guess waits for what demand leaves over, if it has to.
    pub(crate) fn guess_waits(&mut self, now: Instant) -> Option<Duration> {
        let limit = self.limit(now)?;
        let wait = limit.next.saturating_duration_since(now);
        (!wait.is_zero()).then_some(wait)
    }

    /// The place of a limited request among those that come back: for how long it waits besides.
    pub(crate) fn comes_back(&mut self, after: Duration, now: Instant) -> Duration {
        let Some(limit) = self.limit(now) else {
            return after;
        };
        let place = limit.next.max(now + after);
        limit.next = place + limit.interval();
        place - now
    }

    fn limit(&mut self, now: Instant) -> Option<&mut Limit> {
        self.limit = self
            .limit
            .filter(|limit| now < limit.limited_at + REMEMBERED);
        let limit = self.limit.as_mut()?;
        let seconds = now.saturating_duration_since(limit.grown_at).as_secs_f64();
        limit.per_second += seconds * GROWTH.max(limit.per_second * GROWTH_PART);
        limit.grown_at = now;
        Some(limit)
    }

    fn roll(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.counted_since);
        if since < COUNTED {
            return;
        }
        self.count_before = if since < 2 * COUNTED { self.count } else { 0 };
        self.count = 0;
        self.counted_since = now;
    }
}

// === impl Limit ===

impl Limit {
    fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.per_second.max(SLOWEST))
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, REMEMBERED};
    use std::time::Duration;
    use tokio::time::Instant;

    const SECOND: Duration = Duration::from_secs(1);

    fn asked(pace: &mut Pace, count: u32, now: Instant) {
        for _ in 0..count {
            pace.sent(now);
        }
    }

    #[test]
    fn until_a_source_limits_nobody_waits() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        asked(&mut pace, 1000, now);
        assert_eq!(pace.guess_waits(now), None);
        assert_eq!(pace.comes_back(SECOND, now), SECOND);
    }

    #[test]
    fn a_limit_halves_the_pace_and_a_minute_without_one_ends_it() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        asked(&mut pace, 80, now);
        pace.limited(now);
        pace.sent(now);
        assert_eq!(pace.guess_waits(now), Some(SECOND / 40));
        // Those limited at the same moment tell nothing new.
        pace.limited(now + SECOND / 10);
        let due = now + SECOND / 10;
        pace.sent(due);
        assert!(pace.guess_waits(due).unwrap() > SECOND / 43);
        assert_eq!(pace.guess_waits(now + REMEMBERED), None);
    }

    #[test]
    fn the_limited_come_back_one_after_the_other_and_guesses_behind_them() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        asked(&mut pace, 20, now);
        pace.limited(now);
        let places: Vec<u128> = (0..4)
            .map(|_| pace.comes_back(SECOND, now).as_millis())
            .collect();
        assert_eq!(places, [1000, 1100, 1200, 1300]);
        assert_eq!(pace.guess_waits(now), Some(Duration::from_millis(1400)));
    }

    /// Against a token bucket: the pace of guesses comes close to the limit, from both sides, and most
    /// of what is sent passes.
    #[test]
    fn guesses_find_the_pace_of_a_token_bucket() {
        for (rate, burst) in [(10.0, 1.0), (60.0, 40.0), (100.0, 60.0), (500.0, 10.0)] {
            let start = Instant::now();
            let (mut pace, mut tokens, mut rest) = (Pace::new(start), burst, start);
            let (mut passed, mut limited) = (0_u32, 0_u32);
            for step in 0..300_000_u32 {
                let now = start + step * Duration::from_millis(1);
                tokens = f64::min(tokens + rate / 1000.0, burst);
                if now < rest || pace.guess_waits(now).is_some() {
                    continue;
                }
                pace.sent(now);
                if tokens >= 1.0 {
                    tokens -= 1.0;
                    passed += 1;
                } else {
                    limited += 1;
                    pace.limited(now);
                    rest = now + SECOND;
                }
            }
            let part = f64::from(passed) / 300.0 / rate;
            assert!(part > 0.5, "{part} of {rate}/s passed");
            assert!(limited * 20 < passed, "{limited} limited, {passed} passed");
        }
    }
}
