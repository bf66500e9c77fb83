//! Which failures are worth asking the same source again, and after what pause.
//!
//! Once, after a few tens of milliseconds: that carries a request over a dropped connection, a
//! restarting backend behind a load balancer, a single 503. Whoever fails twice is ill, and the
//! breaker's business. Only what is safe and likely to help: the connection could not be made or
//! broke before an answer, or 502, 503, 504 without `Retry-After` (with it, the source said when).
//! Not after a deadline, nor after any failure that took longer than [`QUICK`]: the time is spent, and
//! the client's patience with it. Nothing is retried once a body has begun, here.
//!
//! Where the list leads past a failure to a further source, moving on beats retrying: the other
//! source is there for this very case, it costs the client no pause, and the failing one gets no
//! second request. A cut body is different: it proves that this source has the file, which of the
//! next nobody knows; so [`crate::walk`] asks the same one again first. That draws from the same
//! [`crate::budget`].

use std::time::Duration;

use crate::Failure;

/// Failures that took longer are not tried again. A refused connection or a 503 takes a round trip;
/// what takes longer than a second is a deadline, or will be as slow again.
const QUICK: Duration = Duration::from_secs(1);

/// Shortest pause: about one round trip to a far region, enough for a load balancer to notice.
const SHORTEST: Duration = Duration::from_millis(20);

/// What jitter may add, so that requests that failed together do not come back together.
const SPREAD: Duration = Duration::from_millis(60);

/// Whether asking once more is likely to help after this failure, which took `took`.
pub(crate) fn may_help(failure: &Failure, took: Duration) -> bool {
    if took > QUICK {
        return false;
    }
    match failure {
        Failure::Unreachable(_) | Failure::Broken(_) => true,
        Failure::Status {
            status,
            retry_after,
        } => matches!(status, 502..=504) && retry_after.is_none(),
        _ => false,
    }
}

/// The pause before it; `jitter` is in 0..1.
pub(crate) fn pause(jitter: f64) -> Duration {
    SHORTEST + SPREAD.mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::{QUICK, may_help, pause};
    use crate::{BodyFailure, Failure, RedirectError};
    use std::time::Duration;

    #[test]
    fn only_what_may_pass_by_itself_is_retried() {
        let status = |status, retry_after| Failure::Status {
            status,
            retry_after,
        };
        for (failure, expected) in [
            (Failure::Unreachable(String::new()), true),
            (Failure::Broken(String::new()), true),
            (status(502, None), true),
            (status(503, None), true),
            (status(504, None), true),
            (status(503, Some(Duration::ZERO)), false),
            (status(500, None), false),
            (status(501, None), false),
            (status(400, None), false),
            (Failure::Timeout(Duration::ZERO), false),
            (Failure::Silent(Duration::ZERO), false),
            (Failure::Refused(403), false),
            (Failure::RateLimited { retry_after: None }, false),
            (Failure::Redirect(RedirectError::Loop), false),
            (Failure::Content(String::new()), false),
            (Failure::File(String::new()), false),
            (Failure::Body(BodyFailure::Cut(String::new())), false),
        ] {
            assert_eq!(may_help(&failure, QUICK), expected, "{failure:?}");
            let late = QUICK + Duration::from_millis(1);
            assert!(!may_help(&failure, late), "{failure:?}");
        }
    }

    #[test]
    fn the_pause_is_tens_of_milliseconds() {
        assert_eq!(pause(0.0), Duration::from_millis(20));
        assert_eq!(pause(1.0), Duration::from_millis(80));
        assert_eq!(pause(7.0), Duration::from_millis(80));
    }
}
