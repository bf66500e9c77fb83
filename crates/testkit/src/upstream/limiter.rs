//! A limit of the rate of requests, as gateways have it: a bucket of tokens.

use std::time::Duration;

use tokio::time::Instant;

use super::Fault;

/// The bucket.
#[derive(Debug)]
pub(super) struct Limiter {
    per_second: f64,
    burst: f64,
    retry_after: Option<Duration>,
    tokens: f64,
    filled_at: Instant,
    limited: usize,
}

// === impl Limiter ===

impl Limiter {
    pub(super) fn new(per_second: u32, burst: u32, retry_after: Option<Duration>) -> Self {
        Self {
            per_second: f64::from(per_second),
            burst: f64::from(burst),
            retry_after,
            tokens: f64::from(burst),
            filled_at: Instant::now(),
            limited: 0,
        }
    }

    /// How many requests were limited.
    pub(super) fn limited(&self) -> usize {
        self.limited
    }

    /// The answer to a request beyond the limit.
    pub(super) fn take(&mut self, now: Instant) -> Option<Fault> {
        let gained = (now - self.filled_at).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + gained).min(self.burst);
        self.filled_at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return None;
        }
        self.limited += 1;
        Some(match self.retry_after {
            Some(after) => Fault::status_with(429, "retry-after", &after.as_secs().to_string()),
            None => Fault::status(429),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let mut limiter = Limiter::new(10, 3, None);
        let now = Instant::now();
        let passed = (0..10).filter(|_| limiter.take(now).is_none()).count();
        assert_eq!((passed, limiter.limited()), (3, 7));
        let later = now + Duration::from_millis(201);
        let passed = (0..10).filter(|_| limiter.take(later).is_none()).count();
        assert_eq!(passed, 2);
    }
}
