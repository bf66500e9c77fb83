//! One request's standing with the breaker, from leave to the last word about its body.
//!
//! The header decides first; a body that breaks or turns out wrong is held against the source
//! later, once, whoever notices: the transport, or the reader who knows what the bytes must be. A
//! request that is dropped without any verdict gives its leave back, so that a probe whose client
//! left does not keep the breaker half-open for ever.
//!
//! What nobody asked for is held against nobody but guesses: the breaker hears only of its success.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{Core, Reply};
use crate::{
    Failure, RequestClass,
    breaker::{Ticket, Verdict},
};

/// One request's standing with the breaker.
pub(crate) struct Account {
    core: Arc<Core>,
    class: RequestClass,
    ticket: Ticket,
    demanded: bool,
    settled: AtomicBool,
    blamed: AtomicBool,
}

// === impl Account ===

impl Account {
    pub(super) fn new(
        core: Arc<Core>,
        class: RequestClass,
        ticket: Ticket,
        demanded: bool,
    ) -> Self {
        Self {
            core,
            class,
            ticket,
            demanded,
            settled: AtomicBool::new(false),
            blamed: AtomicBool::new(false),
        }
    }

    pub(super) fn is_probe(&self) -> bool {
        self.ticket.is_probe()
    }

    /// Records the answer.
    pub(super) fn settle(&self, reply: &Reply) {
        match reply {
            Reply::Found(_) | Reply::Absent(_) => self.record(Verdict::Good, None),
            Reply::Failed(failure) => self.record(verdict(failure), Some(failure.to_string())),
        }
    }

    /// The answer was recorded as good, and its body was not. The reason is shown to other callers
    /// later, so it must name no module.
    pub(crate) fn blame(&self, why: String) {
        if self.blamed.swap(true, Ordering::Relaxed) {
            return;
        }
        if self.demanded {
            let change = self.core.health.recant(self.class, why);
            self.core.changed(self.class, change);
        } else {
            self.core.health.guess_failed(self.class, None);
        }
    }

    fn record(&self, verdict: Verdict, why: Option<String>) {
        if let Verdict::Rest(_) = verdict {
            self.core.health.limited();
        }
        let is_failure = matches!(
            verdict,
            Verdict::Bad | Verdict::Unanswered | Verdict::Silent | Verdict::Rest(_)
        );
        if is_failure && !self.demanded {
            let asked = match verdict {
                Verdict::Rest(asked) => asked,
                _ => None,
            };
            self.core.health.guess_failed(self.class, asked);
            return self.record(Verdict::Void, None);
        }
        if !self.settled.swap(true, Ordering::Relaxed) {
            let change = self
                .core
                .health
                .record(self.class, self.ticket, verdict, why);
            self.core.changed(self.class, change);
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.record(Verdict::Void, None);
    }
}

/// What a failure says about the health of its source.
fn verdict(failure: &Failure) -> Verdict {
    match failure {
        Failure::Unreachable(_) | Failure::Silent(_) => Verdict::Silent,
        Failure::Broken(_) | Failure::Timeout(_) => Verdict::Unanswered,
        Failure::RateLimited { retry_after } => Verdict::Rest(*retry_after),
        // A repository says nothing about the others.
        Failure::Refused(_) | Failure::VersionControl(_) => Verdict::Neutral,
        // 408: the source lost patience with the request. Other 4xx are about the request.
        Failure::Status { status, .. } if *status < 500 && *status != 408 => Verdict::Neutral,
        Failure::Saturated { .. } | Failure::Open { .. } | Failure::GivenUp => Verdict::Void,
        Failure::Status { .. }
        | Failure::Redirect(_)
        | Failure::Content(_)
        | Failure::File(_)
        | Failure::Body(_) => Verdict::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;
    use crate::{Failure, breaker::Verdict};
    use std::time::Duration;

    #[test]
    fn what_failures_say_about_health() {
        let status = |status| Failure::Status {
            status,
            retry_after: None,
        };
        let rest = Some(Duration::from_secs(7));
        for (failure, expected) in [
            (Failure::Unreachable(String::new()), Verdict::Silent),
            (Failure::Broken(String::new()), Verdict::Unanswered),
            (Failure::Timeout(Duration::ZERO), Verdict::Unanswered),
            (Failure::Silent(Duration::ZERO), Verdict::Silent),
            (Failure::Refused(401), Verdict::Neutral),
            (Failure::Refused(403), Verdict::Neutral),
            (
                Failure::RateLimited { retry_after: rest },
                Verdict::Rest(rest),
            ),
            (status(400), Verdict::Neutral),
            (status(407), Verdict::Neutral),
            (status(408), Verdict::Bad),
            (status(500), Verdict::Bad),
            (status(503), Verdict::Bad),
            (status(999), Verdict::Bad),
            (Failure::Content(String::new()), Verdict::Bad),
            (Failure::File(String::new()), Verdict::Bad),
            (
                Failure::Saturated {
                    in_flight: 1,
                    waited: Duration::ZERO,
                },
                Verdict::Void,
            ),
        ] {
            assert_eq!(verdict(&failure), expected, "{failure:?}");
        }
    }
}
