//! Clock: the time of day, and how long ago something was. Tests put another one in.

use jiff::{SignedDuration, Timestamp, ToSpan};
use std::{fmt, sync::Arc, time::Duration};

/// Tells the time of day.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

// === impl Clock ===

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// A clock that tells what `now` says.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// How long ago `then` was; zero if it lies in the future, as after a clock was set back.
    pub fn since(&self, then: Timestamp) -> Duration {
        Duration::try_from(self.now().duration_since(then)).unwrap_or(Duration::ZERO)
    }

    /// How old something is that was learned at `then`. What was learned in the future was learned
    /// by a clock that was ahead: nobody knows when, so it is older than anything. A minute may be
    /// the difference of two machines.
    pub fn age(&self, then: Timestamp) -> Duration {
        let ahead = then.duration_since(self.now());
        if ahead > SignedDuration::from_mins(1) {
            return Duration::MAX;
        }
        self.since(then)
    }

    /// The time `age` ago.
    pub fn ago(&self, age: Duration) -> Timestamp {
        let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        self.now()
            .checked_sub(seconds.seconds())
            .unwrap_or(Timestamp::MIN)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
