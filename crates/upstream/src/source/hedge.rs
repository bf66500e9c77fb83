//! Asking twice for what is small and late.
//!
//! Of many small answers a few take ten times as long as the rest: a packet was lost, a backend was
//! collecting garbage. `go` asks for them one after the other, so each costs its full time. A second
//! request to the same source, sent when the first is later than 95 of 100 were, usually overtakes
//! it; the first good answer is taken and the other request is cancelled.
//!
//! That breaks the rule that one cold artifact costs one upstream transfer, deliberately and within
//! bounds: only what is a few hundred bytes, never a zip; only on demand; only after enough samples
//! to know what late means here; only while the budget of extra requests lasts ([`crate::budget`]),
//! and only into a slot that lies free. The observer counts every one. Whoever captures still gets
//! one body.
//!
//! The moment is the percentile and half as much again ([`delay`]): where all answers take about the
//! same time, 5 of 100 are later than the 95th percentile by a hair, and asking again gains nothing.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{Ask, Call, Core, Leg, Reply};
use crate::{Failure, RequestKind};

/// Least distance from the percentile: on loopback it may be a fraction of a millisecond, which any
/// busy scheduler exceeds.
const LEAST_MARGIN: Duration = Duration::from_millis(20);

/// Beyond this the source is busy with real work rather than unlucky, and twice the work would not
/// make it faster.
const LATEST: Duration = Duration::from_secs(1);

/// When to send the second request, given the 95th percentile.
pub(super) fn delay(p95: Duration) -> Option<Duration> {
    let delay = p95 + (p95 / 2).max(LEAST_MARGIN);
    (delay <= LATEST).then_some(delay)
}

/// Whether answers of this kind are small and the same whoever asks.
fn is_small(kind: RequestKind) -> bool {
    match kind {
        RequestKind::List
        | RequestKind::Latest
        | RequestKind::Info
        | RequestKind::Mod
        | RequestKind::Sumdb => true,
        RequestKind::Zip | RequestKind::Other => false,
    }
}

// === impl Core ===

impl Core {
    /// Sends a request, and where it is late and may be, another one; gives the reply that counts
    /// and the request it came from.
    pub(super) async fn send(
        self: &Arc<Self>,
        ask: Ask<'_>,
        leg: Leg,
        patient: bool,
    ) -> (Reply, Leg) {
        let hedges = self.hedge && !patient && is_small(ask.path.kind());
        let p95 = hedges.then(|| self.health.p95(ask.path.class())).flatten();
        let Some(delay) = p95.and_then(delay) else {
            return (self.watched(ask).await, leg);
        };
        let mut first = pin!(self.watched(ask));
        if let Ok(reply) = timeout(delay, first.as_mut()).await {
            return (reply, leg);
        }
        let Some(second_leg) = self.second_leg(ask) else {
            return (first.await, leg);
        };
        let mut second = pin!(self.transport.get(ask));
        let (first_reply, second_reply) = tokio::select! {
            biased;
            reply = first.as_mut() => match reply {
                Reply::Failed(failure) if !is_final(&failure) => {
                    (Reply::Failed(failure), second.await)
                }
                reply => return (reply, leg),
            },
            reply = second.as_mut() => match reply {
                // Only the first one counts now.
                Reply::Failed(failure) => {
                    drop(second_leg.call.failed(failure));
                    return (first.await, leg);
                }
                reply => return self.won(ask, reply, second_leg),
            },
        };
        match second_reply {
            Reply::Failed(_) => (first_reply, leg),
            reply => self.won(ask, reply, second_leg),
        }
    }

    /// A second request, if budget and slots allow.
    fn second_leg(&self, ask: Ask<'_>) -> Option<Leg> {
        let slot = self.bulkhead.spare(ask.path.class())?;
        let kind = ask.path.kind();
        if !self.health.withdraw() {
            self.observer.budget_spent(&self.name, kind);
            return None;
        }
        self.observer.hedged(&self.name, kind, false);
        let call = Call::start(&self.observer, &self.name, ask.path);
        Some(Leg { call, slot })
    }

    fn won(&self, ask: Ask<'_>, reply: Reply, leg: Leg) -> (Reply, Leg) {
        self.observer.hedged(&self.name, ask.path.kind(), true);
        (reply, leg)
    }
}

/// Whether a failure of the first request ends the second as well: the source is known to be gone.
fn is_final(failure: &Failure) -> bool {
    matches!(failure, Failure::Silent(_) | Failure::Timeout(_))
}

#[cfg(test)]
mod tests {
    use super::delay;
    use std::time::Duration;

    #[test]
    fn late_is_half_as_much_again_as_the_percentile() {
        for (p95, expected) in [
            (0, Some(20)),
            (10, Some(30)),
            (40, Some(60)),
            (100, Some(150)),
            (666, Some(999)),
            (667, None),
            (30_000, None),
        ] {
            let expected = expected.map(Duration::from_millis);
            assert_eq!(delay(Duration::from_millis(p95)), expected, "{p95} ms");
        }
    }
}
