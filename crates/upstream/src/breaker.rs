//! When to leave a source alone, and when to ask it again.
//!
//! One breaker stands before each class of requests of each source. It is a pure machine: the time
//! and the jitter are arguments, so every rule below is a test.
//!
//! **Trip.** Closed, it counts outcomes over ten seconds. Two things open it at once, since they are
//! about the source and not about a module: [`UNANSWERED_IN_A_ROW`] requests in a row that could not
//! be connected, and a request *and* a small question that were both met with silence, of whatever
//! class. Everything else makes it *doubt*: [`MIN_REQUESTS`] or more of which half or more failed, or
//! [`UNANSWERED_IN_A_ROW`] in a row that broke or came too late.
//!
//! **Doubt.** An answer of 500 may be about one path: `go mod tidy` asks for every prefix of an import
//! path, most of which are no modules, and some sources fail at those. Ten bad modules must not shut
//! out the good ones. So in doubt the source is asked for what it is known to have. If it gives that,
//! what failed was about what was asked for, and is forgotten; if not, the breaker opens. Requests pass
//! meanwhile.
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
//! is let through. Its success closes the breaker and forgets the past; silence opens it again, and
//! any other failure is a doubt. If it ends without a verdict (its client left, it was refused), the
//! next one is the probe.
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

/// Requests without an answer in a row that need no ratio. A dead source answers slowly, and its few
/// requests would never make up a ratio in time; five are few enough that it is known after the first
/// handful of clients.
const UNANSWERED_IN_A_ROW: u32 = 5;

/// For how long a doubt waits for its answer. The question has a shorter deadline of its own; this
/// ends the doubt where nobody could ask it.
const DOUBT: Duration = Duration::from_secs(5);

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
pub(crate) const UNSAID_REST: Duration = Duration::from_secs(1);

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
    /// Could not be connected, one after the other.
    silent_in_a_row: u32,
    /// Had no answer, for whatever reason, one after the other.
    unanswered_in_a_row: u32,
    doubt: Option<Doubt>,
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

/// Too much failed, and the source is to be asked whether it is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Doubt {
    since: Instant,
    /// Whether somebody asks already.
    asked: bool,
}

/// A question to be asked of the source. Its answer is heard only in the epoch in which it arose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question {
    epoch: u64,
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
    /// Connected, and no answer: the connection broke, or the deadline passed though the source lives.
    Unanswered,
    /// No connection, or no answer to anything.
    Silent,
    /// An answer that says nothing about health.
    Neutral,
    /// It wants to be left alone, for this long if it said.
    Rest(Option<Duration>),
    /// Nothing was learnt.
    Void,
}

/// What was heard when the source was asked for something that it must be able to give; the best
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signal {
    /// A good answer.
    Good,
    /// It is well, and wants to be left alone (429).
    Limited,
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
            unanswered_in_a_row: 0,
            doubt: None,
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

    /// For how long requests rest because the source asked for it, if nothing else holds them back.
    pub(crate) fn resting(&self, now: Instant) -> Option<Duration> {
        let is_shut = matches!(self.state, State::Open { until } if now < until);
        if self.forced.is_some() || is_shut {
            return None;
        }
        self.rest(now)
    }

    /// The question that a new doubt asks, once.
    pub(crate) fn question(&mut self) -> Option<Question> {
        let doubt = self.doubt.as_mut().filter(|doubt| !doubt.asked)?;
        doubt.asked = true;
        Some(Question { epoch: self.epoch })
    }

    /// Takes the answer to a question.
    pub(crate) fn answered(
        &mut self,
        question: Question,
        signal: Signal,
        now: Instant,
        jitter: f64,
    ) {
        if question.epoch != self.epoch || self.forced.is_some() || self.doubt.is_none() {
            return;
        }
        match signal {
            Signal::Good | Signal::Limited => self.close(),
            Signal::Unwell | Signal::Silent => self.open(now, jitter),
        }
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
            State::HalfOpen { probing } if probing || self.doubts(now) => {
                Admission::Undecided { again: PROBE_AGAIN }
            }
            State::HalfOpen { .. } => {
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
                Verdict::Silent => self.open(now, jitter),
                Verdict::Bad | Verdict::Unanswered => {
                    self.state = State::HalfOpen { probing: false };
                    self.doubt(now);
                }
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
            Verdict::Good => self.window.good(now),
            Verdict::Bad | Verdict::Unanswered | Verdict::Silent => self.window.bad(now),
            Verdict::Neutral | Verdict::Rest(_) | Verdict::Void => {}
        }
        self.count_rows(verdict);
        self.trip_if_due(now, jitter);
    }

    fn count_rows(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Void => {}
            Verdict::Silent => {
                self.silent_in_a_row += 1;
                self.unanswered_in_a_row += 1;
            }
            Verdict::Unanswered => {
                self.silent_in_a_row = 0;
                self.unanswered_in_a_row += 1;
            }
            Verdict::Good | Verdict::Bad | Verdict::Neutral | Verdict::Rest(_) => {
                self.silent_in_a_row = 0;
                self.unanswered_in_a_row = 0;
            }
        }
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
            Signal::Unwell | Signal::Limited => {}
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
        if self.silent_in_a_row >= UNANSWERED_IN_A_ROW {
            self.open(now, jitter);
        } else if ratio || self.unanswered_in_a_row >= UNANSWERED_IN_A_ROW {
            self.doubt(now);
        }
    }

    fn doubt(&mut self, now: Instant) {
        if !self.doubts(now) {
            self.doubt = Some(Doubt {
                since: now,
                asked: false,
            });
        }
    }

    fn doubts(&self, now: Instant) -> bool {
        self.doubt.is_some_and(|doubt| now < doubt.since + DOUBT)
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
        self.unanswered_in_a_row = 0;
        self.doubt = None;
    }
}

#[cfg(test)]
mod tests;
