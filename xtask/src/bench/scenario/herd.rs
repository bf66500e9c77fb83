//! Thirty-two clients ask for one large zip at the same moment, and nobody has it.
//!
//! The clients are threads of this process with our raw client: it sees the first byte, and it
//! hashes every body.

use anyhow::{Result, anyhow};
use std::{net::SocketAddr, sync::Barrier, thread, time::Instant};
use testkit::client::{self, Answer};

use crate::bench::{
    Bench,
    contender::Contender,
    figure::{Figure, Unit},
    report::{Goal, Section, Table},
    server::Server,
    usage::Watch,
    verify,
};

const CLIENTS: usize = 32;

/// A zip of this size in bytes.
const SIZE: u64 = 9_234_225;

/// How much later than straight a client may see the first byte, and be done.
const LATER: f64 = 1.3;

/// One client's answer and its times in seconds.
struct Served {
    first_byte: f64,
    all: f64,
    answer: Answer,
}

/// What one way did, by round.
struct Measured {
    name: &'static str,
    first_byte: Figure,
    half: Figure,
    last: Figure,
    transfers: Figure,
    cpu: Figure,
    memory: Figure,
}

pub(super) fn run(bench: &Bench) -> Result<Section> {
    let path = bench.corpus.zip_of_about(SIZE)?;
    let upstream = bench.upstream()?;
    let mut all = vec![Measured::new("straight to the upstream")];
    let names = bench.proxies();
    all.extend(names.iter().map(|proxy| Measured::new(proxy.name())));
    for _ in 0..bench.rounds {
        for measured in &mut all {
            upstream.forget()?;
            let server = match Contender::by_name(measured.name) {
                Some(contender) => Some(bench.start(contender, &upstream.url())?),
                None => None,
            };
            let address = server.as_ref().map_or(upstream.address(), Server::address);
            let watch = server.as_ref().map(Server::watch);
            let answers = herd(address, &path)?;
            if let Some(usage) = watch.map(Watch::finish) {
                measured.cpu.push(usage.cpu);
                measured.memory.push(usage.memory);
            }
            for one in &answers {
                verify::check(&one.answer, &bench.corpus, &path, measured.name)?;
            }
            measured.add(&answers, upstream.ledger()?.zip);
        }
    }
    Ok(section(&all))
}

/// All clients at once; each with a connection of its own.
fn herd(address: SocketAddr, path: &str) -> Result<Vec<Served>> {
    let together = Barrier::new(CLIENTS);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    together.wait();
                    one(address, path)
                })
            })
            .collect();
        let answers = clients.into_iter().map(|client| {
            let served = client.join().map_err(|_| anyhow!("a client panicked"))?;
            Ok(served?)
        });
        answers.collect()
    })
}

fn one(address: SocketAddr, path: &str) -> std::io::Result<Served> {
    let begun = Instant::now();
    let mut reading = client::start(address, path)?;
    reading.at_least(1);
    let first_byte = begun.elapsed().as_secs_f64();
    let answer = reading.finish();
    Ok(Served {
        first_byte,
        all: begun.elapsed().as_secs_f64(),
        answer,
    })
}

fn section(all: &[Measured]) -> Section {
    let mut section = Section::default();
    let columns = [
        "first byte (median client)",
        "done (median client)",
        "done (last client)",
        "upstream transfers",
        "server CPU",
        "server peak memory",
    ];
    let mut table = Table::new("32 clients, one uncached 9 MB zip", &columns);
    for one in all {
        let figures = [
            &one.first_byte,
            &one.half,
            &one.last,
            &one.transfers,
            &one.cpu,
            &one.memory,
        ];
        table.row(one.name, figures.map(|figure| figure.clone().into()));
    }
    section.tables.push(table);
    let named = |name: &str| all.iter().find(|one| one.name == name);
    if let (Some(straight), Some(ours)) = (all.first(), named(Contender::Modkeep.name())) {
        let first_byte = ours.first_byte.over(&straight.first_byte);
        let half = ours.half.over(&straight.half);
        let what = "32 clients, one cold 9 MB zip";
        let transfers = ours.transfers.clone();
        section.claim(
            &format!("{what}: upstream transfers"),
            Goal::AtMost(1.0),
            transfers,
        );
        section.claim(
            &format!("{what}: first byte, of straight"),
            Goal::AtMost(LATER),
            first_byte,
        );
        section.claim(
            &format!("{what}: p50, of straight"),
            Goal::AtMost(LATER),
            half,
        );
    }
    section
}

// === impl Measured ===

impl Measured {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            first_byte: Figure::new(Unit::Seconds),
            half: Figure::new(Unit::Seconds),
            last: Figure::new(Unit::Seconds),
            transfers: Figure::new(Unit::Count),
            cpu: Figure::new(Unit::Seconds),
            memory: Figure::new(Unit::Bytes),
        }
    }

    fn add(&mut self, served: &[Served], transfers: u64) {
        let first = Figure::of(Unit::Seconds, served.iter().map(|one| one.first_byte));
        let all = Figure::of(Unit::Seconds, served.iter().map(|one| one.all));
        for (figure, sample) in [
            (&mut self.first_byte, first.median()),
            (&mut self.half, all.median()),
            (&mut self.last, all.largest()),
        ] {
            figure.samples.extend(sample);
        }
        self.transfers.push(super::count(transfers));
    }
}
