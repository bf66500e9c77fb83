//! An upstream that answers from a [`Corpus`], misbehaves by plan, and remembers what it was
//! asked.
//!
//! It speaks HTTP/1.1 by hand on a plain socket, because the faults that matter (half a status
//! line, a length that lies, silence in the middle of a body, a reset) are those that a server
//! library exists to prevent. Each answer is first turned into a list of [`Step`]s by a pure
//! function and then played; tests of the plan need no socket.
//!
//! It refuses nothing and checks nothing: what it was asked is evidence, and evidence is kept
//! as it came.

mod corruption;
mod gate;
mod ledger;
mod limiter;
mod plan;
mod script;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::fixture::Corpus;
use crate::port::Port;

pub use gate::Hold;
pub use ledger::{Asked, Kind, Outcome};
pub use plan::{Change, Fault, Target};
pub use script::Step;

use gate::Gate;
use ledger::Ledger;
use limiter::Limiter;
use plan::{Plan, When};
use wire::{Command, Shared};

/// A running fake upstream; it stops when dropped.
#[derive(Debug)]
pub struct FakeUpstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    commands: mpsc::UnboundedSender<Command>,
    thread: Option<JoinHandle<()>>,
}

// === impl FakeUpstream ===

impl FakeUpstream {
    /// Starts on a free port of 127.0.0.1.
    pub fn start(corpus: Corpus) -> Self {
        Self::start_on(Port::reserve(), corpus)
    }

    /// Starts on a port reserved before, which is how its URL can be known in advance.
    pub fn start_on(port: Port, corpus: Corpus) -> Self {
        let address = port.address();
        let shared = Arc::new(Shared {
            corpus: corpus.into(),
            plan: Plan::default().into(),
            ledger: Ledger::default(),
            limiter: None.into(),
            latency_millis: AtomicU64::new(0),
        });
        let (commands, orders) = mpsc::unbounded_channel();
        let running = Arc::clone(&shared);
        let thread = std::thread::spawn(move || wire::run(&port, running, orders));
        let upstream = Self {
            address,
            shared,
            commands,
            thread: Some(thread),
        };
        upstream.accept();
        upstream
    }

    /// The GOPROXY entry for it, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    // What it has.

    /// Adds to or changes what it has, from the next request on.
    pub fn change(&self, change: impl FnOnce(&mut Corpus)) {
        change(&mut self.shared.corpus.lock());
    }

    // How it misbehaves. Rules made later win over rules made before.

    /// Every matching request gets this fault.
    pub fn always(&self, target: impl Into<Target>, fault: Fault) {
        self.rule(target.into(), When::Always, fault);
    }

    /// The first `count` matching requests from now on get this fault.
    pub fn first(&self, count: u64, target: impl Into<Target>, fault: Fault) {
        self.rule(target.into(), When::First(count), fault);
    }

    /// Every matching request after the first `count` from now on gets this fault.
    pub fn after(&self, count: u64, target: impl Into<Target>, fault: Fault) {
        self.rule(target.into(), When::After(count), fault);
    }

    /// The `n`-th matching request from now on (the first is 1) gets this fault.
    pub fn nth(&self, n: u64, target: impl Into<Target>, fault: Fault) {
        self.rule(target.into(), When::Nth(n), fault);
    }

    fn rule(&self, target: Target, when: When, fault: Fault) {
        self.shared.plan.lock().add(target, when, fault);
    }

    /// Behaves again: forgets all rules. Requests already stalled stay so.
    pub fn heal(&self) {
        *self.shared.plan.lock() = Plan::default();
    }

    /// Holds every matching request before its first byte, until the guard is released.
    pub fn hold(&self, target: impl Into<Target>) -> Hold {
        self.hold_with(target, None)
    }

    /// Sends the header and `after` bytes of the body, then holds until released.
    pub fn hold_after(&self, after: usize, target: impl Into<Target>) -> Hold {
        self.hold_with(target, Some(after))
    }

    fn hold_with(&self, target: impl Into<Target>, after: Option<usize>) -> Hold {
        let gate = Arc::new(Gate::default());
        let fault = Fault::Gate {
            after,
            gate: Arc::clone(&gate),
        };
        self.rule(target.into(), When::Always, fault);
        Hold::new(gate)
    }

    /// Waits this long before every answer, as a distant upstream does.
    pub fn latency(&self, latency: Duration) {
        let millis = u64::try_from(latency.as_millis()).unwrap();
        self.shared.latency_millis.store(millis, Ordering::Relaxed);
    }

    /// Answers 429 to what comes faster than this, with `Retry-After` if it is given.
    pub fn limit_rate(&self, per_second: u32, burst: u32, retry_after: Option<Duration>) {
        let limiter = Limiter::new(per_second, burst, retry_after);
        *self.shared.limiter.lock() = Some(limiter);
    }

    /// How many requests were beyond that limit.
    pub fn limited(&self) -> usize {
        let limiter = self.shared.limiter.lock();
        limiter.as_ref().map_or(0, Limiter::limited)
    }

    /// Resets every connection and refuses new ones until [`FakeUpstream::accept`].
    pub fn refuse(&self) {
        self.order(Command::Refuse);
    }

    /// Listens again, at the same address.
    pub fn accept(&self) {
        self.order(Command::Accept);
    }

    fn order(&self, command: fn(std::sync::mpsc::Sender<()>) -> Command) {
        let (done, wait) = std::sync::mpsc::channel();
        self.commands.send(command(done)).unwrap();
        wait.recv().unwrap();
    }

    // What it was asked.

    /// Every request so far, in order of arrival.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.ledger.snapshot()
    }

    /// How many requests of a kind arrived.
    pub fn count(&self, kind: Kind) -> usize {
        self.asked()
            .iter()
            .filter(|asked| asked.kind == kind)
            .count()
    }

    /// How many requests for exactly this path (no leading slash) arrived.
    pub fn count_path(&self, path: &str) -> usize {
        self.asked()
            .iter()
            .filter(|asked| asked.path == path)
            .count()
    }

    /// The distinct paths asked, sorted.
    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.asked().into_iter().map(|asked| asked.path).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Forgets what it was asked.
    pub fn forget(&self) {
        self.shared.ledger.clear();
    }

    /// Panics with the requests if there were any.
    #[track_caller]
    pub fn assert_untouched(&self) {
        let paths = self.paths();
        assert!(paths.is_empty(), "this upstream was asked: {paths:?}");
    }
}

impl Drop for FakeUpstream {
    fn drop(&mut self) {
        let _stopped_already = self.commands.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}
