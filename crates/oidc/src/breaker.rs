//! Breaker: an issuer that does not answer is not asked by every request.
//!
//! Closed: questions pass. Five failures in a row open it. Open: questions are refused at once, for 5 s, then 10 s, and
//! so on up to a minute. After that one question passes and decides: a good answer closes it, a failure opens it for longer.
//! It starts closed. Time is an argument.

use jiff::{SignedDuration, Timestamp};

/// Failures in a row that open it: more than a passing trouble, few enough that a crowd waits for seconds and not for
/// minutes.
const FAILURES: u32 = 5;

/// For how long it is open at first.
const FIRST_OPEN: SignedDuration = SignedDuration::from_secs(5);

/// For how long at most: how soon an issuer that came back is used again.
const LONGEST_OPEN: SignedDuration = SignedDuration::from_secs(60);

/// What a breaker does with questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerPhase {
    /// It lets them pass.
    Closed,
    /// One is under way, and decides.
    HalfOpen,
    /// It refuses them.
    Open,
}

/// Whether an issuer is asked.
#[derive(Debug, Clone, Default)]
pub struct IssuerBreaker {
    failures: u32,
    openings: u32,
    open: Option<OpenPeriod>,
}

#[derive(Debug, Clone, Copy)]
struct OpenPeriod {
    since: Timestamp,
    lasts: SignedDuration,
    /// When the question that decides was let pass.
    probe: Option<Timestamp>,
}

// === impl IssuerBreaker ===

impl IssuerBreaker {
    /// What it does now.
    pub fn phase(&self, now: Timestamp) -> BreakerPhase {
        match self.open {
            None => BreakerPhase::Closed,
            Some(open) if open.holds(now) => BreakerPhase::Open,
            Some(_) => BreakerPhase::HalfOpen,
        }
    }

    /// Whether a question may be asked.
    pub fn admit(&mut self, now: Timestamp) -> bool {
        let Some(open) = &mut self.open else {
            return true;
        };
        // Whoever asked may be gone: then another asks after as long as an answer may take.
        let is_asked = open
            .probe
            .is_some_and(|since| within(since, FIRST_OPEN, now));
        if open.holds(now) || is_asked {
            return false;
        }
        open.probe = Some(now);
        true
    }

    /// The question was answered.
    pub fn succeed(&mut self) {
        *self = Self::default();
    }

    /// It was not.
    pub fn fail(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        let was_probe = self.open.is_some_and(|open| open.probe.is_some());
        if was_probe || (self.open.is_none() && self.failures >= FAILURES) {
            let doubled = 1_i32.checked_shl(self.openings).unwrap_or(i32::MAX);
            let lasts = FIRST_OPEN.saturating_mul(doubled).min(LONGEST_OPEN);
            self.openings = (self.openings + 1).min(16);
            self.open = Some(OpenPeriod {
                since: now,
                lasts,
                probe: None,
            });
        }
    }
}

// === impl OpenPeriod ===

impl OpenPeriod {
    fn holds(&self, now: Timestamp) -> bool {
        within(self.since, self.lasts, now)
    }
}

/// Whether a span that began then is not over. A clock that was set back ends it.
pub(crate) fn within(since: Timestamp, span: SignedDuration, now: Timestamp) -> bool {
    let passed = now.duration_since(since);
    !passed.is_negative() && passed < span
}
