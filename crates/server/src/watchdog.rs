//! Watchdog: whether a connection is still worth holding.
//!
//! Everything that a connection does leaves a mark here: bytes read, bytes written, requests open,
//! bytes that the socket does not take. One pure rule looks at the marks and says to wait, to
//! close politely, or to cut:
//!
//! | Situation | Rule |
//! |---|---|
//! | no request yet | cut after the header timeout: nobody may hold a socket by saying nothing |
//! | a request head begun, not finished (HTTP/1) | cut after the header timeout (slow loris) |
//! | between two requests | close politely after the idle timeout, at once where others need the seat |
//! | the socket takes fewer than [`LEAST`] bytes within the stall timeout | cut: a reader that dawdles must not pin memory |
//! | told to close, nothing open | cut after the header timeout |
//! | its caller has the most seats, and all are taken | cut |
//! | waiting for the service | wait: its own deadlines hold |
//! | waiting for the service, and the client sends no more (HTTP/1) | answer, unless it is found to be gone |
//!
//! A single byte is no progress: a client that takes one a minute would hold its answer for ever.
//! On HTTP/2 the same is asked of each stream by itself, by its DATA bytes; see `http2::sending`.
//!
//! Times are milliseconds since the connection began, so that a mark is one atomic store.

use crate::Limits;
use std::{
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The fewest bytes that a client has to take within the stall timeout. With the default of a
/// minute this is 273 bytes a second, far below any line over which a module can be had at all.
pub(crate) const LEAST: u64 = 16 * 1024;

/// Why a connection is cut whose client takes too few bytes.
pub(crate) const DAWDLES: &str = "the client takes too few bytes";

/// Why a connection is cut that rests while others wait for a seat.
pub(crate) const EVICTED: &str = "others need its seat";

/// Why a connection is cut that is being answered, while others wait for a seat.
pub(crate) const OUSTED: &str = "its address has the most connections, and all are taken";

/// How often a rule is looked at that may become stricter meanwhile.
const LOOK: Duration = Duration::from_secs(5);

/// The marks of one connection.
#[derive(Debug)]
pub(crate) struct ConnectionWatchdog {
    began: Instant,
    /// When a byte of a not yet complete head was first read; 0 for none.
    head_since: AtomicU64,
    /// When the last answer ended.
    quiet_since: AtomicU64,
    /// Since when bytes wait that the socket does not take, or when it last took [`LEAST`] of
    /// them; 0 for not at all.
    behind_since: AtomicU64,
    /// Bytes that the socket took since then.
    taken: AtomicU64,
    /// Requests that are being answered.
    open: AtomicU32,
    served_any: AtomicBool,
    /// Whether the body of a request is still awaited.
    awaits_body: AtomicBool,
    multiplexed: AtomicBool,
    /// Whether an interim answer may be sent: to an HTTP/1.1 client, before anything of the answer was.
    interim: AtomicBool,
    /// When closing politely began; 0 for not yet.
    closing_since: AtomicU64,
    /// Whether an answer could not be completed.
    torn: AtomicBool,
    /// Whether others need this connection's seat.
    is_evicted: AtomicBool,
    is_ousted: AtomicBool,
    evicted: Notify,
}

/// What to do with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionVerdict {
    /// Look again after this time.
    Wait(Duration),
    /// Finish what is open, then close.
    Close,
    /// End it now; why.
    Cut(&'static str),
}

// === impl ConnectionWatchdog ===

impl ConnectionWatchdog {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            head_since: AtomicU64::new(0),
            quiet_since: AtomicU64::new(0),
            behind_since: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            open: AtomicU32::new(0),
            served_any: AtomicBool::new(false),
            awaits_body: AtomicBool::new(false),
            multiplexed: AtomicBool::new(false),
            interim: AtomicBool::new(false),
            closing_since: AtomicU64::new(0),
            torn: AtomicBool::new(false),
            is_evicted: AtomicBool::new(false),
            is_ousted: AtomicBool::new(false),
            evicted: Notify::new(),
        }
    }

    /// Bytes came in.
    pub(crate) fn read(&self) {
        if self.open.load(Relaxed) == 0 && self.head_since.load(Relaxed) == 0 {
            self.head_since.store(self.now().max(1), Relaxed);
        }
    }

    /// The socket took bytes.
    pub(crate) fn wrote(&self, bytes: usize) {
        if self.behind_since.load(Relaxed) == 0 {
            return;
        }
        if self.taken.fetch_add(bytes as u64, Relaxed) + bytes as u64 >= LEAST {
            self.taken.store(0, Relaxed);
            self.behind_since.store(self.now().max(1), Relaxed);
        }
    }

    /// The socket takes no bytes at the moment.
    pub(crate) fn write_blocked(&self) {
        if self.behind_since.load(Relaxed) == 0 {
            self.taken.store(0, Relaxed);
            self.behind_since.store(self.now().max(1), Relaxed);
        }
    }

    /// The socket took all there was.
    pub(crate) fn flushed(&self) {
        self.behind_since.store(0, Relaxed);
    }

    /// A request head is complete.
    pub(crate) fn request_began(&self, version: http::Version) {
        self.multiplexed
            .store(version == http::Version::HTTP_2, Relaxed);
        self.interim
            .store(version == http::Version::HTTP_11, Relaxed);
        self.served_any.store(true, Relaxed);
        self.head_since.store(0, Relaxed);
        self.open.fetch_add(1, Relaxed);
    }

    /// Its answer ended, one way or the other.
    pub(crate) fn request_ended(&self) {
        self.quiet_since.store(self.now(), Relaxed);
        self.open.fetch_sub(1, Relaxed);
    }

    /// Something of an answer is being written.
    pub(crate) fn speaks(&self) {
        self.interim.store(false, Relaxed);
    }

    /// Whether an interim answer can stand where the client reads next: nothing of this answer was
    /// written, and nothing of the one before it waits.
    pub(crate) fn may_hear_an_interim_answer(&self) -> bool {
        let is_behind = self.behind_since.load(Relaxed) > 0;
        self.is_answering() && self.interim.load(Relaxed) && !is_behind
    }

    /// Whether the body of a request is still awaited.
    pub(crate) fn awaits_body(&self, awaits: bool) {
        self.awaits_body.store(awaits, Relaxed);
    }

    /// Whether a request is being answered that came whole (HTTP/1): its client need not send more.
    pub(crate) fn is_answering(&self) -> bool {
        self.open.load(Relaxed) > 0
            && !self.awaits_body.load(Relaxed)
            && !self.multiplexed.load(Relaxed)
    }

    /// How long the connection rests, if no request of it is being answered.
    pub(crate) fn resting(&self) -> Option<Duration> {
        if self.open.load(Relaxed) > 0 || self.is_evicted.load(Relaxed) {
            return None;
        }
        let since = self.quiet_since.load(Relaxed);
        Some(Duration::from_millis(self.now().saturating_sub(since)))
    }

    /// Others need its seat: it is cut if it still rests.
    pub(crate) fn evict(&self) {
        self.is_evicted.store(true, Relaxed);
        self.evicted.notify_one();
    }

    /// Others need its seat more than it does: it is cut, whatever it does.
    pub(crate) fn oust(&self) {
        self.is_ousted.store(true, Relaxed);
        self.evicted.notify_one();
    }

    /// The connection was told to close; it gets the header timeout for it.
    pub(crate) fn closing(&self) {
        let _ = self
            .closing_since
            .compare_exchange(0, self.now().max(1), Relaxed, Relaxed);
    }

    /// An answer could not be completed.
    pub(crate) fn tear(&self) {
        self.torn.store(true, Relaxed);
    }

    /// Whether the connection must not end as if all were well: an answer could not be completed,
    /// or is not yet. HTTP/2 ends each answer by itself.
    pub(crate) fn is_torn(&self) -> bool {
        let unfinished = self.torn.load(Relaxed) || self.open.load(Relaxed) > 0;
        unfinished && !self.multiplexed.load(Relaxed)
    }

    /// Ends with anything but [`ConnectionVerdict::Wait`], as soon as the rule says so. `patience` is the
    /// stall timeout at the moment.
    pub(crate) async fn watch(
        &self,
        limits: &Limits,
        patience: impl Fn() -> Duration,
    ) -> ConnectionVerdict {
        loop {
            match self.judge(self.now(), limits, patience()) {
                ConnectionVerdict::Wait(time) => tokio::select! {
                    () = tokio::time::sleep(time) => {}
                    () = self.evicted.notified() => {}
                },
                verdict => return verdict,
            }
        }
    }

    fn judge(&self, now: u64, limits: &Limits, patience: Duration) -> ConnectionVerdict {
        if self.is_ousted.load(Relaxed) {
            return ConnectionVerdict::Cut(OUSTED);
        }
        if let since @ 1.. = self.behind_since.load(Relaxed) {
            return due(now, since, patience, ConnectionVerdict::Cut(DAWDLES)).at_most(LOOK);
        }
        if self.open.load(Relaxed) > 0 {
            // Woken early, it would be looked at for nothing; late, a reader is cut a look later.
            self.is_evicted.store(false, Relaxed);
            return ConnectionVerdict::Wait(LOOK);
        }
        if self.is_evicted.load(Relaxed) {
            return ConnectionVerdict::Cut(EVICTED);
        }
        if let since @ 1.. = self.closing_since.load(Relaxed) {
            let since = since.max(self.quiet_since.load(Relaxed));
            return due(
                now,
                since,
                limits.header_timeout,
                ConnectionVerdict::Cut("closing takes too long"),
            );
        }
        if !self.served_any.load(Relaxed) {
            return due(
                now,
                0,
                limits.header_timeout,
                ConnectionVerdict::Cut("no request came"),
            );
        }
        match self.head_since.load(Relaxed) {
            since @ 1.. if !self.multiplexed.load(Relaxed) => due(
                now,
                since,
                limits.header_timeout,
                ConnectionVerdict::Cut("the request head does not end"),
            ),
            _ => due(
                now,
                self.quiet_since.load(Relaxed),
                limits.idle_timeout,
                ConnectionVerdict::Close,
            )
            .at_most(limits.header_timeout),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn due(now: u64, since: u64, timeout: Duration, verdict: ConnectionVerdict) -> ConnectionVerdict {
    let age = Duration::from_millis(now.saturating_sub(since));
    match timeout.checked_sub(age) {
        // A timer may fire within the millisecond before its time.
        Some(left) if !left.is_zero() => ConnectionVerdict::Wait(left + Duration::from_millis(1)),
        _ => verdict,
    }
}

// === impl ConnectionVerdict ===

impl ConnectionVerdict {
    /// Never sleeps longer than `time`, because a stricter rule may come to hold meanwhile.
    fn at_most(self, time: Duration) -> Self {
        match self {
            Self::Wait(left) => Self::Wait(left.min(time)),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
