//! When to leave a source alone, and when to ask it again.
//!
//! One breaker stands before each class of requests of each source. It is a pure machine: the time
//! and the jitter are arguments, so every rule below is a test.
//!
//! **Trip.** Closed, it counts outcomes over ten seconds. It opens at [`MIN_REQUESTS`] or more of
//! which half or more failed, or when [`SILENT_IN_A_ROW`] in a row could not be connected or timed
//! out: a dead source answers slowly, and its few requests would never make up a ratio in time. It
//! opens at once when a request *and* a small question were both met with silence, of whatever
//! class: that is evidence enough against the whole source, and where it is wrong the prober mends
//! it within a second or two.
//!
//! **What counts.** Content, 404 and 410 are successes: absence is an answer. A refusal (401, 403)
//! is an answer too, but says nothing about health: it neither trips nor closes. 429 is a request
//! to be left alone, and is obeyed: the class rests for as long as the source said, within bounds,
//! without being called ill. Failures are 5xx, deadlines, broken connections and wrong or cut
//! bodies. The last are found late, after the header counted as success: that success is taken
//! back. Our own lack of slots is not the source's failure, nor is a client that left.
//!
//! **Open.** Requests are refused at once, for 1 s, doubled for each opening that follows a failed
//! probe, up to 60 s, with a jitter of half, so that many sites do not come back in step. While the
//! background prober finds the source silent, the end is put off: no client is spent on what the
//! prober knows already.
//!
//! **Half-open.** After that time, or early when the prober was answered well, exactly one request
//! is let through. Its success closes the breaker and forgets the past; its failure opens it again.
//! If it ends without a verdict (its client left, it was refused), the next one is the probe.
//!
//! **Cold start.** Closed and empty: a source is trusted until it fails.
//!
//! **Late verdicts.** Each admission carries the epoch in which it was given; verdicts of an earlier
//! epoch are not heard. What was sent before the breaker opened must neither close nor extend it.
//!
//! **Forced.** An operator may hold it open (maintenance) or closed (when it is wrong). Forced
//! states learn nothing, and when they end the breaker starts closed and empty.

mod window;

use std::time::Duration;

use tokio::time::Instant;

use window::Window;

/// Requests in the window before a ratio means anything: with fewer, two unlucky ones decide.
const MIN_REQUESTS: u32 = 10;

/// Connect errors and deadlines in a row that need no ratio. Five: more than a connection pool's
/// worth of stale sockets gives at once, few enough that a dead source is known after the first
/// handful of clients.
const SILENT_IN_A_ROW: u32 = 5;

/// First time to be left alone: a restart takes about this long.
const FIRST_OPEN: Duration = Duration::from_secs(1);

/// Longest. The prober finds out about a return long before; this bounds what demand spends on a
/// source that answers the prober and fails at the real thing.
const LONGEST_OPEN: Duration = Duration::from_mins(1);

/// Part of the time that jitter may add.
const JITTER: f64 = 0.5;

/// For how long a silent probe puts off the next request: the prober's period and deadline, and as
/// much again for a busy machine, so that its next result always comes first.
const PUT_OFF: Duration = Duration::from_secs(4);

/// Longest rest after a 429. `Retry-After` may say an hour; a class that is needed is tried again
/// after a minute, which no rate limit can mind.
const LONGEST_REST: Duration = Duration::from_mins(1);

/// Rest after a 429 that does not say how long.
const UNSAID_REST: Duration = Duration::from_secs(1);

/// What is told about a forced-open source: nobody knows when the operator ends it.
const FORCED_AGAIN: Duration = Duration::from_mins(1);

/// What is told to those who come while a probe is under way.
const PROBE_AGAIN: Duration = Duration::from_secs(1);

/// State of a breaker, as people and metrics see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BreakerState {
    /// Requests pass.
    Closed,
    /// One request passes, and decides.
    HalfOpen,
    /// Requests are refused: too many failed, or the source asked for it (429).
    Open,
    /// Refused, since an operator said so.
    ForcedOpen,
    /// Passed, since an operator said so.
    ForcedClosed,
}

/// What an operator may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// Refuse all requests.
    Open,
    /// Pass all requests.
    Closed,
    /// Decide by what happens.
    Off,
}

/// The breaker of one class of requests at one source.
#[derive(Debug, Clone)]
pub(crate) struct Breaker {
    state: State,
    window: Window,
    silent_in_a_row: u32,
    /// Openings since it was last closed; they double the time.
    openings: u32,
    epoch: u64,
    resting_until: Option<Instant>,
    forced: Option<Force>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Instant },
    HalfOpen { probing: bool },
}

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Yes; its outcome is to be recorded with this.
    Go(Ticket),
    /// Not yet: one request is finding out. Whoever can wait a moment should.
    Undecided {
        /// When to ask again at the latest.
        again: Duration,
    },
    /// No.
    Refused {
        /// When to ask again.
        again: Duration,
    },
}

/// Leave for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    epoch: u64,
    probe: bool,
}

/// How a request ended, for the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Content or absence.
    Good,
    /// An answer that is a failure.
    Bad,
    /// No connection, or no answer in time.
    Silent,
    /// An answer that says nothing about health.
    Neutral,
    /// It wants to be left alone, for this long if it said.
    Rest(Option<Duration>),
    /// Nothing was learnt.
    Void,
}

/// What the background prober heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// A good answer.
    Good,
    /// An answer, and not a good one.
    Unwell,
    /// None.
    Silent,
}

// === impl BreakerState ===

impl BreakerState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Closed,
        Self::HalfOpen,
        Self::Open,
        Self::ForcedOpen,
        Self::ForcedClosed,
    ];

    /// The state as a metric label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
            Self::ForcedOpen => "forced_open",
            Self::ForcedClosed => "forced_closed",
        }
    }

    /// The state as the value of a gauge: 0 closed, 1 half-open, 2 open, 3 forced open, 4 forced
    /// closed.
    pub const fn number(self) -> i64 {
        match self {
            Self::Closed => 0,
            Self::HalfOpen => 1,
            Self::Open => 2,
            Self::ForcedOpen => 3,
            Self::ForcedClosed => 4,
        }
    }

    /// Whether requests pass freely.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Closed | Self::ForcedClosed)
    }

    /// Whether requests are refused.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::ForcedOpen)
    }
}

// === impl Ticket ===

impl Ticket {
    /// Whether this request decides whether the source is asked again.
    pub(crate) fn is_probe(self) -> bool {
        self.probe
    }
}

// === impl Breaker ===

impl Breaker {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            state: State::Closed,
            window: Window::new(now),
            silent_in_a_row: 0,
            openings: 0,
            epoch: 0,
            resting_until: None,
            forced: None,
        }
    }

    /// The state now.
    pub(crate) fn state(&self, now: Instant) -> BreakerState {
        match (self.forced, self.state) {
            (Some(Force::Open), _) => BreakerState::ForcedOpen,
            (Some(_), _) => BreakerState::ForcedClosed,
            _ if self.rest(now).is_some() => BreakerState::Open,
            (None, State::Closed) => BreakerState::Closed,
            (None, State::Open { until }) if now < until => BreakerState::Open,
            (None, _) => BreakerState::HalfOpen,
        }
    }

    /// Whether failures hold it open, so that probing makes sense.
    pub(crate) fn wants_probe(&self) -> bool {
        self.forced.is_none() && matches!(self.state, State::Open { .. })
    }

    /// For how long a request would be refused now, without asking for leave.
    pub(crate) fn refusal(&self, now: Instant) -> Option<Duration> {
        match (self.forced, self.state) {
            (Some(Force::Open), _) => Some(FORCED_AGAIN),
            (Some(_), _) => None,
            (None, State::Open { until }) if now < until => {
                Some(self.rest(now).unwrap_or_default().max(until - now))
            }
            _ => self.rest(now),
        }
    }

    /// Asks for leave to send a request.
    pub(crate) fn admit(&mut self, now: Instant) -> Admission {
        if let Some(again) = self.refusal(now) {
            return Admission::Refused { again };
        }
        if self.forced.is_some() {
            return self.go(false);
        }
        match self.state {
            State::Closed => self.go(false),
            State::HalfOpen { probing: true } => Admission::Undecided { again: PROBE_AGAIN },
            State::HalfOpen { probing: false } => {
                self.state = State::HalfOpen { probing: true };
                self.go(true)
            }
            State::Open { .. } => {
                self.enter(State::HalfOpen { probing: true });
                self.go(true)
            }
        }
    }

    /// Records how an admitted request ended. `jitter` is in 0..1.
    pub(crate) fn record(&mut self, ticket: Ticket, verdict: Verdict, now: Instant, jitter: f64) {
        if let Verdict::Rest(asked) = verdict {
            let rest = asked.unwrap_or(UNSAID_REST).min(LONGEST_REST);
            self.resting_until = self.resting_until.max(Some(now + rest));
        }
        if ticket.epoch != self.epoch || self.forced.is_some() {
            return;
        }
        match self.state {
            State::Closed => self.count(verdict, now, jitter),
            State::HalfOpen { .. } if ticket.probe => match verdict {
                Verdict::Good => self.close(),
                Verdict::Bad | Verdict::Silent => self.open(now, jitter),
                Verdict::Neutral | Verdict::Rest(_) | Verdict::Void => {
                    self.state = State::HalfOpen { probing: false };
                }
            },
            State::HalfOpen { .. } | State::Open { .. } => {}
        }
    }

    fn count(&mut self, verdict: Verdict, now: Instant, jitter: f64) {
        if self.state != State::Closed || self.forced.is_some() {
            return;
        }
        match verdict {
            Verdict::Good => {
                self.silent_in_a_row = 0;
                self.window.good(now);
            }
            Verdict::Neutral | Verdict::Rest(_) => self.silent_in_a_row = 0,
            Verdict::Void => {}
            Verdict::Bad => {
                self.silent_in_a_row = 0;
                self.window.bad(now);
            }
            Verdict::Silent => {
                self.silent_in_a_row += 1;
                self.window.bad(now);
            }
        }
        self.trip_if_due(now, jitter);
    }

    /// The source was found silent beyond doubt.
    pub(crate) fn trip(&mut self, now: Instant, jitter: f64) {
        if self.state == State::Closed && self.forced.is_none() {
            self.open(now, jitter);
        }
    }

    /// An answer that was recorded as good turned out wrong, or its body broke.
    pub(crate) fn recant(&mut self, now: Instant, jitter: f64) {
        if self.state == State::Closed && self.forced.is_none() {
            self.window.recant(now);
            self.trip_if_due(now, jitter);
        }
    }

    /// Takes the prober's result.
    pub(crate) fn probed(&mut self, signal: Signal, now: Instant) {
        let State::Open { until } = self.state else {
            return;
        };
        match signal {
            _ if self.forced.is_some() => {}
            Signal::Good => {
                self.openings = 0;
                self.enter(State::HalfOpen { probing: false });
            }
            Signal::Silent => {
                self.state = State::Open {
                    until: until.max(now + PUT_OFF),
                };
            }
            // It answers, so a client that probes at the end of the time does not wait long.
            Signal::Unwell => {}
        }
    }

    /// Takes an operator's order.
    pub(crate) fn force(&mut self, force: Force) {
        self.forced = (force != Force::Off).then_some(force);
        self.resting_until = None;
        self.close();
    }

    fn rest(&self, now: Instant) -> Option<Duration> {
        self.resting_until
            .filter(|until| now < *until)
            .map(|until| until - now)
    }

    fn go(&self, probe: bool) -> Admission {
        Admission::Go(Ticket {
            epoch: self.epoch,
            probe,
        })
    }

    fn trip_if_due(&mut self, now: Instant, jitter: f64) {
        let (good, bad) = self.window.totals(now);
        let ratio = good.saturating_add(bad) >= MIN_REQUESTS && bad >= good;
        if ratio || self.silent_in_a_row >= SILENT_IN_A_ROW {
            self.open(now, jitter);
        }
    }

    fn open(&mut self, now: Instant, jitter: f64) {
        let doubled = 1_u32.checked_shl(self.openings).unwrap_or(u32::MAX);
        let time = FIRST_OPEN.saturating_mul(doubled).min(LONGEST_OPEN);
        let until = now + time.mul_f64(1.0 + JITTER * jitter.clamp(0.0, 1.0));
        self.openings = (self.openings + 1).min(16);
        self.enter(State::Open { until });
    }

    fn close(&mut self) {
        self.openings = 0;
        self.enter(State::Closed);
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
        self.window.clear();
        self.silent_in_a_row = 0;
    }
}

#[cfg(test)]
mod tests;
