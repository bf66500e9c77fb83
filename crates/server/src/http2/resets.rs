//! Resets: a client that opens streams only to give them up.
//!
//! `go` gives a stream up when its command is interrupted, a proxy in front when its own client
//! leaves: now and then. A client that gives up most of what it asks makes this server begin
//! answers for nothing, as fast as it can write frames (CVE-2023-44487). `h2` counts the streams
//! that were reset before they were accepted; these were accepted already.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

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
}

// === impl StreamCounts ===

impl StreamCounts {
    pub(super) fn answered(&self) {
        self.answered.fetch_add(1, Relaxed);
    }

    pub(super) fn reset(&self) {
        self.reset.fetch_add(1, Relaxed);
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

    #[test]
    fn a_command_that_is_interrupted_is_no_flood() {
        let counts = StreamCounts::default();
        (0..ALLOWED).for_each(|_| counts.reset());
        assert!(!counts.is_flood());
        counts.reset();
        assert!(counts.is_flood());
    }

    #[test]
    fn a_proxy_whose_clients_leave_often_is_no_flood_while_most_are_answered() {
        let counts = StreamCounts::default();
        (0..10 * ALLOWED).for_each(|_| {
            counts.answered();
            counts.reset();
        });
        assert!(!counts.is_flood());
    }
}
