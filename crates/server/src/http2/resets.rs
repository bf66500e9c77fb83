//! Resets: a client that opens streams only to give them up.
//!
//! `go` gives a stream up when its command is interrupted, a proxy in front when its own client
//! leaves: now and then. A client that gives up most of what it asks makes this server begin
//! answers for nothing, as fast as it can write frames (CVE-2023-44487). `h2` counts the streams
//! that were reset before they were accepted; these were accepted already.
//!
//! Each stream that is given up counts as a refusal of its caller
//! ([`refusals`](crate::budget::refusals)): beyond their pace the connection is not read.

use parking_lot::Mutex;
use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};
use tokio::time::Instant;

/// Streams that may be given up whatever became of the others: three times as many as are open at
/// a time.
const ALLOWED: u32 = 100;

/// Why a connection is ended whose client does so.
pub(crate) const RESETS: &str = "the client resets most of its streams";

/// What became of a connection's streams.
#[derive(Debug, Default)]
pub(super) struct StreamCounts {
    answered: AtomicU32,
    reset: AtomicU32,
    quiet_until: Mutex<Option<Instant>>,
}

// === impl StreamCounts ===

impl StreamCounts {
    pub(super) fn answered(&self) {
        self.answered.fetch_add(1, Relaxed);
    }

    /// One more was given up, which costs its caller a pause of the whole connection.
    pub(super) fn reset(&self, pause: Duration) {
        self.reset.fetch_add(1, Relaxed);
        if !pause.is_zero() {
            let until = Instant::now() + pause;
            let mut quiet_until = self.quiet_until.lock();
            *quiet_until = (*quiet_until).max(Some(until));
        }
    }

    /// Until when nothing of the connection is read.
    pub(super) fn quiet_until(&self) -> Option<Instant> {
        let until = *self.quiet_until.lock();
        until.filter(|until| *until > Instant::now())
    }

    /// Whether more were given up than is usual: more than allowed, and than were answered.
    pub(super) fn is_flood(&self) -> bool {
        let reset = self.reset.load(Relaxed);
        reset > ALLOWED && reset > self.answered.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::{ALLOWED, StreamCounts};
    use std::time::Duration;

    #[test]
    fn a_command_that_is_interrupted_is_no_flood() {
        let counts = StreamCounts::default();
        (0..ALLOWED).for_each(|_| counts.reset(Duration::ZERO));
        assert!(!counts.is_flood());
        counts.reset(Duration::ZERO);
        assert!(counts.is_flood());
    }

    #[test]
    fn a_proxy_whose_clients_leave_often_is_no_flood_while_most_are_answered() {
        let counts = StreamCounts::default();
        (0..10 * ALLOWED).for_each(|_| {
            counts.answered();
            counts.reset(Duration::ZERO);
        });
        assert!(!counts.is_flood());
    }
}
