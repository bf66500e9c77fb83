//! Customers: well-behaved clients who ask all the while, compare what they get, and are timed.

use super::{
    Counter,
    site::{self, Site, Truth},
    wire,
};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{net::TcpStream, task::JoinHandle, time::Instant};

/// Clients of warm artifacts, each with one connection, and how often one of them asks.
const WARM_CLIENTS: usize = 4;
const WARM_EVERY: Duration = Duration::from_millis(20);

/// Clients of cold ones.
const COLD_CLIENTS: usize = 2;
const COLD_EVERY: Duration = Duration::from_millis(100);

/// How long a client tries again to connect, as `go` does not.
const AGAIN: Duration = Duration::from_millis(50);

/// An answer that was whole.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// Failures that are printed.
const SHOWN_FAILURES: usize = 3;

/// A request that was not answered as it should be.
#[derive(Debug)]
struct FailedRequest {
    after: Duration,
    what: String,
}

/// How long answers took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Latencies {
    pub(super) count: usize,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
}

/// Latencies of both kinds, and how many requests had no answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CustomerLatencies {
    pub(super) warm: Latencies,
    pub(super) cold: Latencies,
    pub(super) failed: u64,
}

pub(super) struct Customers {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    truth: Arc<Truth>,
    address: SocketAddr,
    paused: AtomicBool,
    warm: Mutex<Vec<Duration>>,
    cold: Mutex<Vec<Duration>>,
    answered: Mutex<HashMap<String, Vec<u8>>>,
    next_cold: Mutex<Box<dyn Iterator<Item = String> + Send>>,
    failed: Counter,
    failures: Mutex<Vec<FailedRequest>>,
    wrong: Counter,
    compared: Counter,
}

// === impl Customers ===

impl Customers {
    pub(super) fn start(site: &Site) -> Self {
        let shared = Arc::new(Shared {
            truth: site.truth(),
            address: site.address(),
            paused: AtomicBool::new(false),
            warm: Mutex::default(),
            cold: Mutex::default(),
            answered: Mutex::default(),
            next_cold: Mutex::new(Box::new(site::cold())),
            failed: Counter::default(),
            failures: Mutex::default(),
            wrong: Counter::default(),
            compared: Counter::default(),
        });
        let warm = (0..WARM_CLIENTS).map(|n| tokio::spawn(Arc::clone(&shared).ask_warm(n)));
        let cold = (0..COLD_CLIENTS).map(|_| tokio::spawn(Arc::clone(&shared).ask_cold()));
        let tasks = warm.chain(cold).collect();
        Self { shared, tasks }
    }

    /// The latencies since the last time.
    pub(super) fn take_latencies(&self) -> CustomerLatencies {
        CustomerLatencies {
            warm: Latencies::of(std::mem::take(&mut *self.shared.warm.lock())),
            cold: Latencies::of(std::mem::take(&mut *self.shared.cold.lock())),
            failed: self.shared.failed.swap(0, Relaxed),
        }
    }

    /// What the failures since the last time were, the slowest first.
    pub(super) fn take_failures(&self) -> Vec<String> {
        let mut failures = std::mem::take(&mut *self.shared.failures.lock());
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.after));
        let shown = failures.iter().take(SHOWN_FAILURES);
        shown.map(ToString::to_string).collect()
    }

    /// Nobody asks until it goes on.
    pub(super) fn pause(&self) {
        self.shared.paused.store(true, Relaxed);
    }

    pub(super) fn go_on(&self) {
        self.shared.paused.store(false, Relaxed);
    }

    pub(super) fn answered(&self) -> Vec<Answered> {
        let answered = self.shared.answered.lock();
        let copies = answered.iter().map(|(path, body)| Answered {
            path: path.clone(),
            body: body.clone(),
        });
        copies.collect()
    }

    /// Whole answers that were not what the log says.
    pub(super) fn wrong(&self) -> u64 {
        self.shared.wrong.load(Relaxed)
    }

    pub(super) fn compared(&self) -> u64 {
        self.shared.compared.load(Relaxed)
    }

    pub(super) async fn end(self) {
        for task in self.tasks {
            task.abort();
            drop(task.await);
        }
    }
}

// === impl Shared ===

impl Shared {
    async fn ask_warm(self: Arc<Self>, first: usize) {
        let mut stream = None;
        for path in site::warm().iter().cycle().skip(first * 7) {
            let began = Instant::now();
            self.ask(&mut stream, path, &self.warm).await;
            tokio::time::sleep(WARM_EVERY.saturating_sub(began.elapsed())).await;
        }
    }

    async fn ask_cold(self: Arc<Self>) {
        let mut stream = None;
        loop {
            let next = self.next_cold.lock().next();
            let Some(path) = next else {
                return;
            };
            let began = Instant::now();
            self.ask(&mut stream, &path, &self.cold).await;
            tokio::time::sleep(COLD_EVERY.saturating_sub(began.elapsed())).await;
        }
    }

    /// Asks over a connection that is kept.
    async fn ask(
        &self,
        stream: &mut Option<TcpStream>,
        path: &str,
        latencies: &Mutex<Vec<Duration>>,
    ) {
        while self.paused.load(Relaxed) {
            *stream = None;
            tokio::time::sleep(AGAIN).await;
        }
        let began = Instant::now();
        let answer = self.ask_over(stream, path).await;
        if self.paused.load(Relaxed) {
            return;
        }
        match answer {
            Ok(answer) if answer.status == 200 => {
                latencies.lock().push(began.elapsed());
                self.compare(path, answer.body);
            }
            other => {
                *stream = None;
                self.failed.fetch_add(1, Relaxed);
                self.failures
                    .lock()
                    .push(FailedRequest::new(began.elapsed(), other));
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    async fn ask_over(
        &self,
        stream: &mut Option<TcpStream>,
        path: &str,
    ) -> io::Result<wire::Answer> {
        if let Some(stream) = stream {
            return wire::ask(stream, path).await;
        }
        let from = SocketAddr::from(([127, 0, 0, 1], 0));
        let opened = stream.insert(wire::connect(from, self.address).await?);
        wire::ask(opened, path).await
    }

    fn compare(&self, path: &str, body: Vec<u8>) {
        self.compared.fetch_add(1, Relaxed);
        if self.truth.get(path) != Some(&body) {
            self.wrong.fetch_add(1, Relaxed);
        }
        let mut answered = self.answered.lock();
        answered.entry(path.to_owned()).or_insert(body);
    }
}

// === impl FailedRequest ===

impl FailedRequest {
    fn new(after: Duration, answer: io::Result<wire::Answer>) -> Self {
        let what = match answer {
            Ok(answer) => {
                let body = String::from_utf8_lossy(&answer.body).into_owned();
                format!("{} {}", answer.status, body.replace('\n', " "))
            }
            Err(error) => error.to_string(),
        };
        Self { after, what }
    }
}

impl fmt::Display for FailedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} ms: {}", self.after.as_millis(), self.what)
    }
}

// === impl Latencies ===

impl Latencies {
    fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        let at = |percent: usize| all.get(all.len() * percent / 100).copied();
        Self {
            count: all.len(),
            p50: at(50).unwrap_or_default(),
            p99: at(99).unwrap_or_default(),
        }
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        write!(
            f,
            "{} answers, P50 {:.1} ms, P99 {:.1} ms",
            self.count,
            milliseconds(self.p50),
            milliseconds(self.p99)
        )
    }
}

impl fmt::Display for CustomerLatencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { warm, cold, failed } = self;
        write!(f, "warm {warm}; cold {cold}; {failed} without an answer")
    }
}
