//! What is known about a source from how it answered: the state behind its breakers.
//!
//! Everything is behind short locks, one per class, that are never held across a wait; the machines
//! themselves ([`Breaker`], [`Latency`], [`Budget`]) are pure. A change of state is reported by the
//! call that notices it, once, whether a request, the prober, an operator or time made it.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};

use crate::{
    BreakerState, Failure, Force, RequestClass,
    breaker::{Admission, Breaker, Question, Signal, Ticket, Verdict},
    budget::Budget,
    guess_rest::GuessRest,
    known_paths::{KnownPath, KnownPaths},
    latency::Latency,
    pace::Pace,
    request::RequestPath,
};

/// What took longer to be given is not asked for again to see whether the source is well.
const CHEAP: Duration = Duration::from_millis(500);

/// One value for each class.
pub(crate) struct PerClass<T> {
    metadata: T,
    versions: T,
    zip: T,
    sumdb: T,
}

/// What is known about a source.
pub(crate) struct Health {
    classes: PerClass<Class>,
    budget: Mutex<Budget>,
    pace: Mutex<Pace>,
}

/// What is known about one class of requests.
struct Class {
    facts: Mutex<Facts>,
    /// Told whenever a probe ends.
    decided: Notify,
}

struct Facts {
    breaker: Breaker,
    guesses: GuessRest,
    /// The state that was reported last.
    reported: BreakerState,
    latency: Latency,
    answered_at: Option<Instant>,
    /// When it last gave something, or said that it has not got it.
    well_at: Option<Instant>,
    /// What may be asked to see whether the source is well.
    known: KnownPaths,
    /// What failed last.
    why: String,
}

/// What is to be done after something was learnt of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "it is reported once"]
pub(crate) struct Change {
    /// The breaker's new state, to be told to everybody.
    pub(crate) state: Option<BreakerState>,
    /// Whether the prober is needed.
    pub(crate) wants_probe: bool,
    /// What to ask the source.
    pub(crate) question: Option<Question>,
}

/// Why there is no leave to ask.
#[derive(Debug)]
pub(crate) enum RequestDenial {
    /// A probe is under way, and will tell soon.
    Undecided(Failure),
    /// The source is left alone.
    Refused(Failure),
}

// === impl PerClass ===

impl<T> PerClass<T> {
    pub(crate) fn new(make: impl Fn() -> T) -> Self {
        Self {
            metadata: make(),
            versions: make(),
            zip: make(),
            sumdb: make(),
        }
    }

    pub(crate) fn of(&self, class: RequestClass) -> &T {
        match class {
            RequestClass::Metadata => &self.metadata,
            RequestClass::Versions => &self.versions,
            RequestClass::Zip => &self.zip,
            RequestClass::Sumdb => &self.sumdb,
        }
    }
}

// === impl Health ===

impl Health {
    pub(crate) fn new(now: Instant) -> Self {
        let class = || Class {
            facts: Mutex::new(Facts {
                breaker: Breaker::new(now),
                guesses: GuessRest::default(),
                reported: BreakerState::Closed,
                latency: Latency::default(),
                answered_at: None,
                well_at: None,
                known: KnownPaths::default(),
                why: String::new(),
            }),
            decided: Notify::new(),
        };
        Self {
            classes: PerClass::new(class),
            budget: Mutex::new(Budget::new(now)),
            pace: Mutex::new(Pace::new(now)),
        }
    }

    /// The state of a class, and what failed last.
    pub(crate) fn state(&self, class: RequestClass) -> (BreakerState, String) {
        let facts = self.classes.of(class).facts.lock();
        (facts.breaker.state(Instant::now()), facts.why.clone())
    }

    /// Whether what nobody waits for may be asked.
    pub(crate) fn admits_guesses(&self, class: RequestClass) -> bool {
        self.guess_refusal(class, Instant::now()).is_none()
    }

    /// For how long demand rests because the source asked for it, if nothing else holds it back.
    pub(crate) fn resting(&self, class: RequestClass) -> Option<Duration> {
        let facts = self.classes.of(class).facts.lock();
        facts.breaker.resting(Instant::now())
    }

    /// A request is sent.
    pub(crate) fn sent(&self) {
        self.pace.lock().sent(Instant::now());
    }

    /// The source limited a request, whoever wanted it.
    pub(crate) fn limited(&self) {
        self.pace.lock().limited(Instant::now());
    }

    /// When a limited request comes back that has to rest for so long.
    pub(crate) fn comes_back(&self, rest: Duration) -> Duration {
        self.pace.lock().comes_back(rest, Instant::now())
    }

    fn guess_refusal(&self, class: RequestClass, now: Instant) -> Option<Duration> {
        let rest = self.classes.of(class).facts.lock().guess_rest(now);
        rest.or_else(|| self.pace.lock().guess_waits(now))
    }

    /// A guess failed, which only guesses are told; the source asked for this much rest, if for any.
    pub(crate) fn guess_failed(&self, class: RequestClass, asked: Option<Duration>) {
        let mut facts = self.classes.of(class).facts.lock();
        facts.guesses.failed(asked, Instant::now());
    }

    pub(crate) fn wants_probe(&self, class: RequestClass) -> bool {
        self.classes.of(class).facts.lock().breaker.wants_probe()
    }

    /// Why a request would be refused now, if it would.
    pub(crate) fn refusal(&self, class: RequestClass, demanded: bool) -> Option<Failure> {
        let now = Instant::now();
        let again = if demanded {
            self.classes.of(class).facts.lock().breaker.refusal(now)
        } else {
            self.guess_refusal(class, now)
        };
        let again = again?;
        Some(self.classes.of(class).facts.lock().left_alone(again))
    }

    /// Asks for leave to send a request.
    pub(crate) fn admit(
        &self,
        class: RequestClass,
        demanded: bool,
    ) -> (Result<Ticket, RequestDenial>, Option<Change>) {
        let held_back = if demanded {
            None
        } else {
            self.guess_refusal(class, Instant::now())
        };
        self.with(class, |facts, now| {
            if let Some(again) = held_back {
                return Err(RequestDenial::Refused(facts.left_alone(again)));
            }
            match facts.breaker.admit(now) {
                Admission::Go(ticket) => Ok(ticket),
                Admission::Undecided { again } => {
                    Err(RequestDenial::Undecided(facts.left_alone(again)))
                }
                Admission::Refused { again } => {
                    Err(RequestDenial::Refused(facts.left_alone(again)))
                }
            }
        })
    }

    /// Waits until a probe ends, or the deadline.
    pub(crate) async fn decided(&self, class: RequestClass, deadline: Instant) {
        let decided = self.classes.of(class).decided.notified();
        let _ended_or_late = tokio::time::timeout_at(deadline, decided).await;
    }

    /// Records how a request ended, with what failed, if it did.
    pub(crate) fn record(
        &self,
        class: RequestClass,
        ticket: Ticket,
        verdict: Verdict,
        why: Option<String>,
    ) -> Option<Change> {
        let ((), change) = self.with(class, |facts, now| {
            facts.why = why.unwrap_or(std::mem::take(&mut facts.why));
            facts.breaker.record(ticket, verdict, now, jitter());
        });
        if ticket.is_probe() {
            self.classes.of(class).decided.notify_waiters();
        }
        change
    }

    /// The source was found silent beyond doubt.
    pub(crate) fn trip(&self, class: RequestClass, why: &Failure) -> Option<Change> {
        self.with(class, |facts, now| {
            facts.why = why.to_string();
            facts.breaker.trip(now, jitter());
        })
        .1
    }

    /// An answer that was recorded as good turned out bad.
    pub(crate) fn recant(&self, class: RequestClass, why: String) -> Option<Change> {
        self.with(class, |facts, now| {
            facts.why = why;
            facts.breaker.recant(now, jitter());
        })
        .1
    }

    /// Takes the prober's result.
    pub(crate) fn probed(&self, class: RequestClass, signal: Signal) -> Option<Change> {
        self.with(class, |facts, now| facts.breaker.probed(signal, now))
            .1
    }

    /// Takes the answer to a question.
    pub(crate) fn answered(
        &self,
        class: RequestClass,
        question: Question,
        signal: Signal,
    ) -> Option<Change> {
        let ((), change) = self.with(class, |facts, now| {
            facts.breaker.answered(question, signal, now, jitter());
        });
        self.classes.of(class).decided.notify_waiters();
        change
    }

    /// Takes an operator's order.
    pub(crate) fn force(&self, class: RequestClass, force: Force) -> Option<Change> {
        let ((), change) = self.with(class, |facts, _| {
            "an operator said so".clone_into(&mut facts.why);
            facts.breaker.force(force);
        });
        self.classes.of(class).decided.notify_waiters();
        change
    }

    /// The source said something, whatever it was.
    pub(crate) fn heard(&self, class: RequestClass) {
        self.classes.of(class).facts.lock().answered_at = Some(Instant::now());
    }

    /// It gave what was asked for, of this length if it said so, after this time.
    pub(crate) fn found(&self, path: &RequestPath, length: Option<u64>, after: Duration) {
        let mut facts = self.classes.of(path.class()).facts.lock();
        facts.latency.record(after);
        facts.well_at = Some(Instant::now());
        if after <= CHEAP {
            facts.known.gave(path, length);
        }
    }

    /// It said that it has not got it, after this time.
    pub(crate) fn absent(&self, path: &RequestPath, after: Duration) {
        let mut facts = self.classes.of(path.class()).facts.lock();
        facts.latency.record(after);
        facts.well_at = Some(Instant::now());
    }

    /// Whether it said anything since then.
    pub(crate) fn heard_since(&self, class: RequestClass, then: Instant) -> bool {
        let answered_at = self.classes.of(class).facts.lock().answered_at;
        answered_at.is_some_and(|at| at >= then)
    }

    /// Whether it gave an answer since then, and not a failure.
    pub(crate) fn well_since(&self, class: RequestClass, then: Instant) -> bool {
        let well_at = self.classes.of(class).facts.lock().well_at;
        well_at.is_some_and(|at| at >= then)
    }

    pub(crate) fn p95(&self, class: RequestClass) -> Option<Duration> {
        self.classes.of(class).facts.lock().latency.p95()
    }

    /// Paths that the source gave before and fast: those of the first of these classes that has any.
    pub(crate) fn known(&self, classes: &[RequestClass]) -> Vec<KnownPath> {
        let known = |class: &RequestClass| self.classes.of(*class).facts.lock().known.all();
        let mut known = classes.iter().map(known);
        known.find(|paths| !paths.is_empty()).unwrap_or_default()
    }

    /// A request was made that somebody demanded.
    pub(crate) fn deposit(&self) {
        self.budget.lock().deposit();
    }

    /// Takes a token for an extra request, if there is one.
    pub(crate) fn withdraw(&self) -> bool {
        self.budget.lock().withdraw(Instant::now())
    }

    fn with<T>(
        &self,
        class: RequestClass,
        act: impl FnOnce(&mut Facts, Instant) -> T,
    ) -> (T, Option<Change>) {
        let now = Instant::now();
        let mut facts = self.classes.of(class).facts.lock();
        let outcome = act(&mut facts, now);
        let state = facts.breaker.state(now);
        let question = facts.breaker.question();
        let change = (state != facts.reported || question.is_some()).then(|| Change {
            state: (state != facts.reported).then_some(state),
            wants_probe: facts.breaker.wants_probe(),
            question,
        });
        facts.reported = state;
        (outcome, change)
    }
}

// === impl Facts ===

impl Facts {
    /// For how long guesses leave the source alone, if they do. Only a closed breaker is calm
    /// enough for what nobody waits for.
    fn guess_rest(&self, now: Instant) -> Option<Duration> {
        if self.breaker.state(now).is_closed() {
            return self.guesses.left(now);
        }
        Some(self.breaker.refusal(now).unwrap_or_default())
    }

    fn left_alone(&self, again: Duration) -> Failure {
        Failure::Open {
            again,
            why: self.why.clone(),
        }
    }
}

/// A number in 0..1, different each time. The standard library's hash keys are random enough for
/// spreading retries, and cost no dependency.
pub(crate) fn jitter() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(bits).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::jitter;

    #[test]
    fn jitter_is_spread_over_its_range() {
        let numbers: Vec<f64> = (0..1000).map(|_| jitter()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        for tenth in 0..10 {
            let from = f64::from(tenth) / 10.0;
            let within = |number: &&f64| (from..from + 0.1).contains(*number);
            let count = numbers.iter().filter(within).count();
            assert!((50..200).contains(&count), "{count} from {from}");
        }
    }
}
