//! When a job runs: its period, and the wait after a failure. Pure.

use std::time::Duration;

/// Without an own limit a job that fails waits for four periods at most: a fault that ends is noticed
/// soon, and one that stays is not pressed.
const LONGEST_WAIT_IN_PERIODS: u32 = 4;

/// The part of a wait that jitter takes away at most, in percent. Jobs that failed together do not come
/// back together.
const JITTER_PERCENT: u32 = 25;

/// When a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobSchedule {
    pub(crate) first: Duration,
    period: Duration,
    longest_wait: Duration,
    pub(crate) is_cut_at_stop: bool,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// As it should.
    Succeeded,
    /// It did not do what it is for.
    Failed,
    /// It panicked.
    Panicked,
}

/// What came of a run, and when the next one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobRun {
    pub(crate) outcome: RunOutcome,
    pub(crate) next: NextRun,
}

/// When a job runs again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextRun {
    AsScheduled,
    After(Duration),
    Never,
}

// === impl JobSchedule ===

impl JobSchedule {
    /// Once in a period, the first time when one is over.
    pub fn every(period: Duration) -> Self {
        Self {
            first: period,
            period,
            longest_wait: period.saturating_mul(LONGEST_WAIT_IN_PERIODS),
            is_cut_at_stop: false,
        }
    }

    /// The first run is at once.
    #[must_use]
    pub fn from_the_start(self) -> Self {
        Self {
            first: Duration::ZERO,
            ..self
        }
    }

    /// After failures it waits so long at most.
    #[must_use]
    pub fn waiting_at_most(self, longest_wait: Duration) -> Self {
        Self {
            longest_wait,
            ..self
        }
    }

    /// A run takes long, and may be cut anywhere: a stop does not wait for it.
    #[must_use]
    pub fn cut_at_stop(self) -> Self {
        Self {
            is_cut_at_stop: true,
            ..self
        }
    }

    /// How long the job waits after so many failures in a row; `random` is from 0 to 1. The wait doubles
    /// with each failure.
    pub(crate) fn wait(&self, failures: u32, random: f64) -> Duration {
        let Some(doublings) = failures.checked_sub(1) else {
            return self.period;
        };
        let factor = 2_u32.saturating_pow(doublings);
        let wait = self.period.saturating_mul(factor).min(self.longest_wait);
        let jitter = (wait / 100 * JITTER_PERCENT).mul_f64(random.clamp(0.0, 1.0));
        wait.saturating_sub(jitter)
    }
}

// === impl RunOutcome ===

impl RunOutcome {
    pub(crate) const ALL: [Self; 3] = [Self::Succeeded, Self::Failed, Self::Panicked];

    /// The value of the label `outcome`.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
        }
    }
}

// === impl JobRun ===

impl JobRun {
    /// It succeeded.
    pub fn succeeded() -> Self {
        Self::of(RunOutcome::Succeeded)
    }

    /// It failed; the next run waits for longer.
    pub fn failed() -> Self {
        Self::of(RunOutcome::Failed)
    }

    pub(crate) fn of(outcome: RunOutcome) -> Self {
        Self {
            outcome,
            next: NextRun::AsScheduled,
        }
    }

    /// The next run is after this time, whatever the schedule says.
    #[must_use]
    pub fn again_after(self, wait: Duration) -> Self {
        Self {
            next: NextRun::After(wait),
            ..self
        }
    }

    /// There is nothing left to do: it was the last run.
    #[must_use]
    pub fn for_the_last_time(self) -> Self {
        Self {
            next: NextRun::Never,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::JobSchedule;
    use std::time::Duration;

    #[test]
    fn the_wait_doubles_with_each_failure_up_to_its_limit() {
        let schedule = JobSchedule::every(Duration::from_secs(10));
        let seconds = |failures| schedule.wait(failures, 0.0).as_secs();
        assert_eq!([0, 1, 2, 3, 4, 40].map(seconds), [10, 10, 20, 40, 40, 40]);
        let limited = schedule.waiting_at_most(Duration::from_secs(15));
        assert_eq!(limited.wait(9, 0.0), Duration::from_secs(15));
    }

    #[test]
    fn jitter_takes_a_quarter_at_most_and_only_after_a_failure() {
        let schedule = JobSchedule::every(Duration::from_secs(10));
        assert_eq!(schedule.wait(1, 1.0), Duration::from_millis(7500));
        assert_eq!(schedule.wait(1, 7.0), Duration::from_millis(7500));
        assert_eq!(schedule.wait(0, 1.0), Duration::from_secs(10));
    }
}
