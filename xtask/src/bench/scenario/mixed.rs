//! A warm `.mod` under load, while 64 clients wait for cold misses from an upstream 3 s away.
//!
//! Undisturbed and disturbed load follow each other on the same server, so that the ratio is the
//! disturbance and nothing else.

use anyhow::Result;
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};
use testkit::client;

use crate::bench::{
    Bench,
    contender::Contender,
    corpus::SMALL,
    figure::{Figure, Unit},
    report::{Goal, Section, Table},
    server::{Server, wait_until},
    upstream::{DISTANCE, ENDLESS, Upstream},
    verify,
    wrk::{Load, Seen},
};

const COLD_CLIENTS: usize = 64;

/// How far away the upstream is while they wait.
const FAR: Duration = Duration::from_secs(3);

/// What is left of the rate, and how much the p99 may grow.
const RATE: f64 = 0.97;
const P99: f64 = 1.1;

/// What one server did, by round.
struct Measured {
    contender: Contender,
    quiet_rate: Figure,
    busy_rate: Figure,
    quiet_p99: Figure,
    busy_p99: Figure,
    failed: Figure,
    cold: Figure,
}

pub(super) fn run(bench: &Bench) -> Result<Section> {
    let upstream = bench.upstream()?;
    let mut all: Vec<Measured> = bench.proxies().into_iter().map(Measured::new).collect();
    for _ in 0..bench.rounds {
        for measured in &mut all {
            let server = bench.start(measured.contender, &upstream.url())?;
            let path = format!("{SMALL}.mod");
            verify::fetch(&server, &bench.corpus, &path)?;
            let load = Load {
                connections: 32,
                duration: bench.load,
            };
            let quiet = load.run(server.address(), &path)?;
            let (busy, cold) = disturbed(&upstream, &server, || load.run(server.address(), &path))?;
            measured.add(&quiet, &busy?, cold);
        }
    }
    Ok(section(&all))
}

/// Does the work while the cold clients wait, and says how many answers they got.
fn disturbed<T>(
    upstream: &Upstream,
    server: &Server,
    work: impl FnOnce() -> T,
) -> Result<(T, u64)> {
    upstream.distance(FAR)?;
    let (stop, answers) = (AtomicBool::new(false), AtomicU64::new(0));
    let number = AtomicU64::new(0);
    let done = thread::scope(|scope| {
        for _ in 0..COLD_CLIENTS {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let number = number.fetch_add(1, Ordering::Relaxed);
                    ask(server.address(), number, &answers);
                }
            });
        }
        // Servers that limit how many may wait never let all of them through.
        let all_wait = || {
            upstream
                .ledger()
                .is_ok_and(|ledger| ledger.open >= COLD_CLIENTS as u64)
        };
        let _fewer = wait_until(Duration::from_secs(1), all_wait);
        let done = work();
        stop.store(true, Ordering::Relaxed);
        // So that those who still wait need not wait for long.
        let near = upstream.distance(DISTANCE);
        near.map(|()| done)
    })?;
    Ok((done, answers.load(Ordering::Relaxed)))
}

fn ask(address: SocketAddr, number: u64, answers: &AtomicU64) {
    let path = format!("/{ENDLESS}mixed{number}/@v/v1.0.0.mod");
    if client::get(address, &path).is_ok_and(|answer| answer.is_whole()) {
        answers.fetch_add(1, Ordering::Relaxed);
    }
}

fn section(all: &[Measured]) -> Section {
    let mut section = Section::default();
    let columns = [
        "undisturbed",
        "disturbed",
        "rate kept",
        "p99 undisturbed",
        "p99 disturbed",
        "p99 grown to",
        "failed requests",
        "cold answers",
    ];
    let mut table = Table::new("Warm `.mod`, 64 clients waiting", &columns);
    for one in all {
        let rate = one.busy_rate.over(&one.quiet_rate);
        let p99 = one.busy_p99.over(&one.quiet_p99);
        if one.contender == Contender::Modkeep {
            let what = "warm `.mod` beside 64 cold misses";
            section.claim(
                &format!("{what}: rate kept"),
                Goal::AtLeast(RATE),
                rate.clone(),
            );
            section.claim(
                &format!("{what}: p99 grown to"),
                Goal::AtMost(P99),
                p99.clone(),
            );
        }
        let figures = [
            one.quiet_rate.clone(),
            one.busy_rate.clone(),
            rate,
            one.quiet_p99.clone(),
            one.busy_p99.clone(),
            p99,
            one.failed.clone(),
            one.cold.clone(),
        ];
        table.row(one.contender.name(), figures.map(Into::into));
    }
    section.tables.push(table);
    section.note(
        "The cold clients are threads of the bench on the same cores: what they need is a part of \
         the disturbance, for every server alike.",
    );
    section
}

// === impl Measured ===

impl Measured {
    fn new(contender: Contender) -> Self {
        Self {
            contender,
            quiet_rate: Figure::new(Unit::PerSecond),
            busy_rate: Figure::new(Unit::PerSecond),
            quiet_p99: Figure::new(Unit::Seconds),
            busy_p99: Figure::new(Unit::Seconds),
            failed: Figure::new(Unit::Count),
            cold: Figure::new(Unit::Count),
        }
    }

    fn add(&mut self, quiet: &Seen, busy: &Seen, cold: u64) {
        self.quiet_rate.push(quiet.rate());
        self.busy_rate.push(busy.rate());
        // A load without a single answer has no answer times.
        if busy.requests > 0.0 {
            self.quiet_p99.push(quiet.p99());
            self.busy_p99.push(busy.p99());
        }
        self.failed
            .push(super::count(quiet.failed() + busy.failed()));
        self.cold.push(super::count(cold));
    }
}
