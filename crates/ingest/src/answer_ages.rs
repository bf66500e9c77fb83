//! Answer ages: how old an answer that may change may be before its source is asked again.

use protocol::Clock;
use std::time::Duration;
use store::StaleMark;

/// How old an answer that may change may be; what is usual is said where they are set.
#[derive(Debug, Clone, Copy)]
pub struct AnswerAges {
    /// Of a `list`, `@latest` or query answer.
    pub list_max_age: Duration,
    /// For how long after that it is still given at once while a source is asked.
    pub list_stale: Duration,
    /// Of a lookup or full tile of a database that nobody here verifies.
    pub record_max_age: Duration,
    /// How long a client waits for a refresh when an old answer is at hand.
    pub refresh_patience: Duration,
    /// Of a source's "does not exist".
    pub absence_max_age: Duration,
    /// The same, of a path of which nothing is known while no source can be asked.
    pub absence_stale: Duration,
}

// === impl AnswerAges ===

impl AnswerAges {
    /// The age at which every answer is asked for anew, and still good for an outage.
    pub fn stale_mark(&self, clock: &Clock) -> StaleMark {
        // The clock counts back in whole seconds.
        let second = Duration::from_secs(1);
        let fresh = self.list_max_age.saturating_add(self.list_stale);
        StaleMark {
            known: clock.ago(fresh.saturating_add(second)),
            absent: clock.ago(self.absence_max_age.saturating_add(second)),
        }
    }
}
