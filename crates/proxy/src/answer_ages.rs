//! Answer ages: how old an answer that may change may be before its source is asked again.

use protocol::Clock;
use std::time::Duration;
use store::StaleMark;

/// How old an answer that may change may be; each is explained at [`crate::ProxyOptions`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnswerAges {
    pub(crate) list_max_age: Duration,
    pub(crate) list_stale: Duration,
    pub(crate) record_max_age: Duration,
    pub(crate) refresh_patience: Duration,
    pub(crate) absence_max_age: Duration,
    pub(crate) absence_stale: Duration,
}

// === impl AnswerAges ===

impl AnswerAges {
    /// The age at which every answer is asked for anew, and still good for an outage.
    pub(crate) fn stale_mark(&self, clock: &Clock) -> StaleMark {
        // The clock counts back in whole seconds.
        let second = Duration::from_secs(1);
        let fresh = self.list_max_age.saturating_add(self.list_stale);
        StaleMark {
            known: clock.ago(fresh.saturating_add(second)),
            absent: clock.ago(self.absence_max_age.saturating_add(second)),
        }
    }
}
