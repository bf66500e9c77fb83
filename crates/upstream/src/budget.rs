//! How much more than what was demanded may be asked of a source.
//!
//! Retries and hedges help while few requests fail; when many do they double the load on a source
//! that is already in trouble. So both draw from one bucket of tokens per source: each request puts
//! in a fifth of one, each extra request takes a whole. In the long run at most 20 % are added,
//! however bad things are. A reserve lets a quiet site retry its one request as well; it fills up
//! by itself, slowly, and what is put in beyond it is kept up to a small multiple, so that a busy
//! hour does not buy a storm later.

use tokio::time::Instant;

/// What a request puts in, in parts of a token.
const DEPOSIT: u64 = 1;

/// Parts of a token: 1 of 5 is 20 %.
const TOKEN: u64 = 5;

/// Tokens that are there without traffic: a handful of go commands at once may each have one bad
/// moment.
const RESERVE: u64 = 10;

/// Most tokens that are kept.
const MOST: u64 = 50;

/// Tokens per second by which the reserve comes back. One small extra request a second is nothing
/// to any source.
const REFILL: u64 = 1;

/// The tokens of one source.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    parts: u64,
    refilled_at: Instant,
}

// === impl Budget ===

impl Budget {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            parts: RESERVE * TOKEN,
            refilled_at: now,
        }
    }

    /// A request was made that somebody demanded.
    pub(crate) fn deposit(&mut self) {
        self.parts = (self.parts + DEPOSIT).min(MOST * TOKEN);
    }

    /// Takes a token for an extra request, if there is one.
    pub(crate) fn withdraw(&mut self, now: Instant) -> bool {
        self.refill(now);
        let left = self.parts.checked_sub(TOKEN);
        self.parts = left.unwrap_or(self.parts);
        left.is_some()
    }

    fn refill(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.refilled_at).as_secs();
        if seconds == 0 {
            return;
        }
        self.refilled_at = now;
        if self.parts < RESERVE * TOKEN {
            let refill = seconds.saturating_mul(REFILL * TOKEN);
            self.parts = self.parts.saturating_add(refill).min(RESERVE * TOKEN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, MOST, RESERVE};
    use std::time::Duration;
    use tokio::time::Instant;

    fn drained(budget: &mut Budget, now: Instant) -> u64 {
        (0..1000).filter(|_| budget.withdraw(now)).count() as u64
    }

    #[tokio::test(start_paused = true)]
    async fn a_fifth_of_the_requests_may_be_extra() {
        let now = Instant::now();
        let mut budget = Budget::new(now);
        assert_eq!(drained(&mut budget, now), RESERVE);
        let extra = (0..10_000)
            .filter(|_| {
                budget.deposit();
                budget.withdraw(now)
            })
            .count();
        assert_eq!(extra, 2000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_hour_does_not_buy_a_storm() {
        let now = Instant::now();
        let mut budget = Budget::new(now);
        (0..100_000).for_each(|_| budget.deposit());
        assert_eq!(drained(&mut budget, now), MOST);
    }

    #[tokio::test(start_paused = true)]
    async fn the_reserve_comes_back_and_no_more() {
        let begun = Instant::now();
        let mut budget = Budget::new(begun);
        drained(&mut budget, begun);
        assert_eq!(drained(&mut budget, begun + Duration::from_secs(3)), 3);
        assert_eq!(
            drained(&mut budget, begun + Duration::from_hours(9)),
            RESERVE
        );
    }
}
