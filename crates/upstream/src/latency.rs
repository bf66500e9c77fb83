//! How long a source usually takes to answer: what "late" means there.
//!
//! The last [`KEPT`] times to the header, as they are; the 95th percentile is computed when it is
//! asked for. Sorting 128 numbers costs about a microsecond and is exact; a decaying histogram
//! would be neither smaller nor simpler at this size.

use std::{collections::VecDeque, time::Duration};

/// Times that are kept. Enough for a percentile of 95 to rest on half a dozen samples beyond it,
/// few enough that yesterday's speed is forgotten within a hundred requests.
const KEPT: usize = 128;

/// Samples without which nothing is said. With fewer the 95th percentile is nothing but the
/// slowest one or two.
const MIN_SAMPLES: usize = 40;

/// The last times of one class of requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Latency {
    times: VecDeque<Duration>,
}

// === impl Latency ===

impl Latency {
    /// Adds the time that an answer took.
    pub(crate) fn record(&mut self, time: Duration) {
        if self.times.len() >= KEPT {
            self.times.pop_front();
        }
        self.times.push_back(time);
    }

    /// The time within which 95 of 100 answers came, once there are enough samples.
    pub(crate) fn p95(&self) -> Option<Duration> {
        if self.times.len() < MIN_SAMPLES {
            return None;
        }
        let mut sorted: Vec<Duration> = self.times.iter().copied().collect();
        sorted.sort_unstable();
        // Nearest rank: the smallest time that at least 95 % do not exceed.
        let rank = (sorted.len() * 95).div_ceil(100);
        sorted.get(rank.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Latency, MIN_SAMPLES};
    use std::time::Duration;

    #[test]
    fn nothing_is_said_before_there_are_enough_samples() {
        let mut latency = Latency::default();
        for number in 1..MIN_SAMPLES {
            latency.record(Duration::from_millis(1));
            assert_eq!(latency.p95(), None, "{number} samples");
        }
        latency.record(Duration::from_millis(1));
        assert_eq!(latency.p95(), Some(Duration::from_millis(1)));
    }

    #[test]
    fn ninety_five_of_a_hundred_are_not_slower() {
        let mut latency = Latency::default();
        // 37 and 100 have no common divisor: every number from 0 to 99 once, out of order.
        for number in 0..100 {
            latency.record(Duration::from_millis(number * 37 % 100 + 1));
        }
        assert_eq!(latency.p95(), Some(Duration::from_millis(95)));
    }

    #[test]
    fn the_past_is_forgotten() {
        let mut latency = Latency::default();
        for _ in 0..1000 {
            latency.record(Duration::from_secs(9));
        }
        for _ in 0..KEPT {
            latency.record(Duration::from_millis(3));
        }
        assert_eq!(latency.p95(), Some(Duration::from_millis(3)));
    }
}
