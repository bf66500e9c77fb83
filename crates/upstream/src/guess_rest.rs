//! Guess rest: when guesses leave a source alone.
//!
//! What nobody asked for yet must cost demand nothing. A source that refuses a guess, or fails at
//! it, refuses no client: its breaker hears nothing of it ([`crate::breaker`]). Guesses alone rest:
//! for as long as the source asked, at least a second, and twice as long each time, until a minute
//! went by without.

use std::time::Duration;

use tokio::time::Instant;

/// The first rest: what a limit by the second needs.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest, and how long guesses have to be well for the next rest to be short again.
const LONGEST: Duration = Duration::from_mins(1);

/// When guesses may go on.
#[derive(Debug, Default)]
pub(crate) struct GuessRest {
    until: Option<Instant>,
    last: Duration,
}

// === impl GuessRest ===

impl GuessRest {
    /// For how long guesses rest from `now` on, if they do.
    pub(crate) fn left(&self, now: Instant) -> Option<Duration> {
        let left = self.until?.checked_duration_since(now)?;
        (!left.is_zero()).then_some(left)
    }

    /// A guess failed; the source asked for this much rest, if for any.
    pub(crate) fn failed(&mut self, asked: Option<Duration>, now: Instant) {
        if self.left(now).is_some() && asked.is_none() {
            // Guesses that were under way together fail together, which is one failure.
            return;
        }
        let was_long_ago = self.until.is_none_or(|until| now > until + LONGEST);
        let doubled = if was_long_ago {
            SHORTEST
        } else {
            self.last * 2
        };
        self.last = doubled.max(asked.unwrap_or_default()).min(LONGEST);
        self.until = self.until.max(Some(now + self.last));
    }
}

#[cfg(test)]
mod tests {
    use super::{GuessRest, LONGEST, SHORTEST};
    use std::time::Duration;
    use tokio::time::Instant;

    #[test]
    fn guesses_rest_longer_each_time_and_shortly_again_after_a_good_while() {
        let (mut rest, mut now) = (GuessRest::default(), Instant::now());
        assert_eq!(rest.left(now), None);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            rest.failed(None, now);
            rest.failed(None, now);
            assert_eq!(rest.left(now), Some(Duration::from_secs(seconds)));
            now += Duration::from_secs(seconds);
            assert_eq!(rest.left(now), None);
        }
        rest.failed(None, now + LONGEST + SHORTEST);
        assert_eq!(rest.left(now + LONGEST + SHORTEST), Some(SHORTEST));
    }

    #[test]
    fn a_source_may_ask_for_more_within_bounds() {
        let (mut rest, now) = (GuessRest::default(), Instant::now());
        rest.failed(Some(Duration::from_secs(7)), now);
        assert_eq!(rest.left(now), Some(Duration::from_secs(7)));
        rest.failed(Some(Duration::from_hours(1)), now);
        assert_eq!(rest.left(now), Some(LONGEST));
    }
}
