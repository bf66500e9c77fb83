//! Pulse: whether a connection is still worth holding.
//!
//! Everything that a connection does leaves a mark here: bytes read, bytes written, requests open,
//! answers that lie ready and are not taken. One pure rule looks at the marks and says to wait, to
//! close politely, or to cut:
//!
//! | Situation | Rule |
//! |---|---|
//! | no request yet | cut after the header timeout: nobody may hold a socket by saying nothing |
//! | a request head begun, not finished (HTTP/1) | cut after the header timeout (slow loris) |
//! | between two requests | close politely after the idle timeout |
//! | an answer lies ready and no byte leaves | cut after the stall timeout: a dead reader must not pin memory |
//! | told to close, nothing open | cut after the header timeout |
//! | waiting for the service | wait: its own deadlines hold |
//!
//! Times are milliseconds since the connection began, so that a mark is one atomic store.

use crate::Limits;
use std::{
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use tokio::time::Instant;

/// The marks of one connection.
#[derive(Debug)]
pub(crate) struct Pulse {
    began: Instant,
    /// When a byte of a not yet complete head was first read; 0 for none.
    head_since: AtomicU64,
    /// When the last answer ended.
    quiet_since: AtomicU64,
    /// When the socket last took a byte.
    wrote_at: AtomicU64,
    /// Whether the socket refuses bytes at the moment.
    blocked: AtomicBool,
    /// Answers of which a part lies ready and has not been taken.
    offered: AtomicU32,
    /// Requests that are being answered.
    open: AtomicU32,
    served_any: AtomicBool,
    multiplexed: AtomicBool,
    /// When closing politely began; 0 for not yet.
    closing_since: AtomicU64,
    /// Whether an answer could not be completed.
    torn: AtomicBool,
}

/// What to do with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Look again after this time.
    Wait(Duration),
    /// Finish what is open, then close.
    Close,
    /// End it now; why.
    Cut(&'static str),
}

// === impl Pulse ===

impl Pulse {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            head_since: AtomicU64::new(0),
            quiet_since: AtomicU64::new(0),
            wrote_at: AtomicU64::new(0),
            blocked: AtomicBool::new(false),
            offered: AtomicU32::new(0),
            open: AtomicU32::new(0),
            served_any: AtomicBool::new(false),
            multiplexed: AtomicBool::new(false),
            closing_since: AtomicU64::new(0),
            torn: AtomicBool::new(false),
        }
    }

    /// Bytes came in.
    pub(crate) fn read(&self) {
        if self.open.load(Relaxed) == 0 && self.head_since.load(Relaxed) == 0 {
            self.head_since.store(self.now().max(1), Relaxed);
        }
    }

    /// The socket took bytes.
    pub(crate) fn wrote(&self) {
        self.wrote_at.store(self.now(), Relaxed);
        self.blocked.store(false, Relaxed);
    }

    /// The socket takes no bytes at the moment.
    pub(crate) fn write_blocked(&self) {
        if !self.blocked.swap(true, Relaxed) {
            self.wrote_at.fetch_max(self.now(), Relaxed);
        }
    }

    /// A request head is complete.
    pub(crate) fn request_began(&self, version: http::Version) {
        self.multiplexed
            .store(version == http::Version::HTTP_2, Relaxed);
        self.served_any.store(true, Relaxed);
        self.head_since.store(0, Relaxed);
        self.open.fetch_add(1, Relaxed);
    }

    /// Its answer ended, one way or the other.
    pub(crate) fn request_ended(&self) {
        self.quiet_since.store(self.now(), Relaxed);
        self.open.fetch_sub(1, Relaxed);
    }

    /// A part of an answer lies ready, or no longer does.
    pub(crate) fn offer(&self, ready: bool) {
        if ready {
            if self.offered.fetch_add(1, Relaxed) == 0 {
                self.wrote_at.fetch_max(self.now(), Relaxed);
            }
        } else {
            self.offered.fetch_sub(1, Relaxed);
        }
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

    /// Ends with anything but [`Verdict::Wait`], as soon as the rule says so.
    pub(crate) async fn watch(&self, limits: &Limits) -> Verdict {
        loop {
            match self.judge(self.now(), limits) {
                Verdict::Wait(time) => tokio::time::sleep(time).await,
                verdict => return verdict,
            }
        }
    }

    fn judge(&self, now: u64, limits: &Limits) -> Verdict {
        let stuck = self.blocked.load(Relaxed) || self.offered.load(Relaxed) > 0;
        if stuck {
            return due(
                now,
                self.wrote_at.load(Relaxed),
                limits.stall_timeout,
                Verdict::Cut("the client takes no bytes"),
            );
        }
        if self.open.load(Relaxed) > 0 {
            return Verdict::Wait(limits.stall_timeout);
        }
        if let since @ 1.. = self.closing_since.load(Relaxed) {
            let since = since.max(self.quiet_since.load(Relaxed));
            return due(
                now,
                since,
                limits.header_timeout,
                Verdict::Cut("closing takes too long"),
            );
        }
        if !self.served_any.load(Relaxed) {
            return due(
                now,
                0,
                limits.header_timeout,
                Verdict::Cut("no request came"),
            );
        }
        match self.head_since.load(Relaxed) {
            since @ 1.. if !self.multiplexed.load(Relaxed) => due(
                now,
                since,
                limits.header_timeout,
                Verdict::Cut("the request head does not end"),
            ),
            _ => due(
                now,
                self.quiet_since.load(Relaxed),
                limits.idle_timeout,
                Verdict::Close,
            )
            .at_most(limits.header_timeout),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn due(now: u64, since: u64, timeout: Duration, verdict: Verdict) -> Verdict {
    let age = Duration::from_millis(now.saturating_sub(since));
    match timeout.checked_sub(age) {
        // A timer may fire within the millisecond before its time.
        Some(left) if !left.is_zero() => Verdict::Wait(left + Duration::from_millis(1)),
        _ => verdict,
    }
}

// === impl Verdict ===

impl Verdict {
    /// Never sleeps longer than `time`, because a stricter rule may come to hold meanwhile.
    fn at_most(self, time: Duration) -> Self {
        match self {
            Self::Wait(left) => Self::Wait(left.min(time)),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pulse, Verdict};
    use crate::Limits;
    use http::Version;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    fn limits() -> Limits {
        Limits {
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(100),
            stall_timeout: Duration::from_secs(50),
            ..Limits::default()
        }
    }

    async fn after(pulse: &Pulse) -> (Verdict, u64) {
        let start = Instant::now();
        let verdict = pulse.watch(&limits()).await;
        (verdict, start.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_cut_after_the_header_timeout() {
        let pulse = Pulse::new();
        pulse.read();
        assert_eq!(after(&pulse).await, (Verdict::Cut("no request came"), 10));
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_closed_politely() {
        let pulse = Pulse::new();
        pulse.request_began(Version::HTTP_11);
        advance(Duration::from_secs(5)).await;
        pulse.request_ended();
        assert_eq!(after(&pulse).await, (Verdict::Close, 100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_end_is_cut_on_any_request() {
        let pulse = Pulse::new();
        pulse.request_began(Version::HTTP_11);
        pulse.request_ended();
        advance(Duration::from_secs(30)).await;
        pulse.read();
        advance(Duration::from_secs(3)).await;
        pulse.read();
        assert_eq!(
            after(&pulse).await,
            (Verdict::Cut("the request head does not end"), 7)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn control_frames_between_requests_are_no_head() {
        let pulse = Pulse::new();
        pulse.request_began(Version::HTTP_2);
        pulse.request_ended();
        pulse.read();
        assert_eq!(after(&pulse).await, (Verdict::Close, 100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_cut() {
        let pulse = Pulse::new();
        pulse.request_began(Version::HTTP_11);
        pulse.wrote();
        advance(Duration::from_secs(20)).await;
        pulse.write_blocked();
        assert_eq!(
            after(&pulse).await,
            (Verdict::Cut("the client takes no bytes"), 50)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_offer_that_nobody_takes_is_cut() {
        let pulse = Pulse::new();
        pulse.request_began(Version::HTTP_2);
        advance(Duration::from_secs(500)).await;
        pulse.offer(true);
        assert_eq!(
            after(&pulse).await,
            (Verdict::Cut("the client takes no bytes"), 50)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_does_not_close_is_cut() {
        let pulse = Pulse::new();
        pulse.request_began(Version::HTTP_11);
        pulse.request_ended();
        advance(Duration::from_secs(99)).await;
        pulse.closing();
        assert_eq!(
            after(&pulse).await,
            (Verdict::Cut("closing takes too long"), 10)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_the_service_is_never_the_clients_fault() {
        let pulse = Pulse::new();
        pulse.request_began(Version::HTTP_11);
        pulse.offer(true);
        pulse.offer(false);
        let waited =
            tokio::time::timeout(Duration::from_secs(10_000), pulse.watch(&limits())).await;
        assert!(waited.is_err());
    }
}
