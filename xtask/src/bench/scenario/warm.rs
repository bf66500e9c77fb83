//! Warm answers: what is kept, asked by 32 connections as fast as they can.

use anyhow::Result;
use std::collections::BTreeMap;

use crate::bench::{
    Bench,
    contender::Contender,
    corpus::{LIST, SMALL},
    figure::{Figure, Unit},
    report::{Goal, Section, Table},
    server::Server,
    usage::Usage,
    verify,
    wrk::{Load, Seen},
};

/// Enough to keep every server busy, and what the peers' figures were made with.
const CONNECTIONS: u32 = 32;

/// A zip of ordinary size, and a large one.
const ZIPS: [(&str, u64); 2] = [("2 MB zip", 2_000_000), ("39 MB zip", 39_187_545)];

/// Resident memory allowed while zips are sent.
const MEMORY: f64 = 100e6;

/// CPU time allowed for a small answer, in seconds.
const CPU: f64 = 20e-6;

/// One kind of answer.
struct Asked {
    name: String,
    path: String,
    is_zip: bool,
}

/// What one contender did with one kind, by round.
struct Measured {
    rate: Figure,
    flow: Figure,
    p50: Figure,
    p99: Figure,
    cpu: Figure,
    memory: Figure,
    failed: u64,
    /// What was wrong with the answer after a load.
    unsound: Vec<String>,
}

pub(super) fn run(bench: &Bench) -> Result<Section> {
    let upstream = bench.upstream()?;
    let mut servers = Vec::new();
    for contender in bench.contenders() {
        servers.push(bench.start(contender, &upstream.url())?);
    }
    let mut section = Section::default();
    for asked in all(bench)? {
        let measured = measure(bench, &servers, &asked)?;
        section.tables.push(table(&asked, &measured));
        claim(&mut section, &asked, &measured);
        note_failures(&mut section, &asked, &measured);
    }
    section.note(
        "Athens and goproxy ask the upstream for a list each time; modkeep asks once per age limit.",
    );
    Ok(section)
}

fn all(bench: &Bench) -> Result<Vec<Asked>> {
    let small = |name: &str, path: String| Asked {
        name: name.to_owned(),
        path,
        is_zip: false,
    };
    let mut all = vec![
        small("`.mod`", format!("{SMALL}.mod")),
        small("`.info`", format!("{SMALL}.info")),
        small("`list`", LIST.to_owned()),
    ];
    for (name, size) in ZIPS {
        all.push(Asked {
            name: name.to_owned(),
            path: bench.corpus.zip_of_about(size)?,
            is_zip: true,
        });
    }
    Ok(all)
}

fn measure(
    bench: &Bench,
    servers: &[Server],
    asked: &Asked,
) -> Result<BTreeMap<Contender, Measured>> {
    let mut measured = BTreeMap::new();
    for server in servers {
        verify::fetch(server, &bench.corpus, &asked.path)?;
        measured.insert(server.contender, Measured::new());
    }
    let load = Load {
        connections: CONNECTIONS,
        duration: bench.load,
    };
    for _ in 0..bench.rounds {
        for server in servers {
            let watch = server.watch();
            let seen = load.run(server.address(), &asked.path)?;
            let usage = watch.finish();
            let sound = verify::fetch(server, &bench.corpus, &asked.path);
            let Some(measured) = measured.get_mut(&server.contender) else {
                continue;
            };
            match sound {
                Ok(()) => measured.add(&seen, usage),
                Err(error) if server.contender == Contender::Modkeep => return Err(error),
                Err(error) => measured.unsound.push(format!("{error:#}")),
            }
        }
    }
    Ok(measured)
}

fn table(asked: &Asked, measured: &BTreeMap<Contender, Measured>) -> Table {
    let title = format!("Warm {}", asked.name);
    let columns = [
        "answers",
        "of nginx",
        "bytes",
        "p50",
        "p99",
        "CPU an answer",
        "peak memory",
    ];
    let mut table = Table::new(&title, &columns);
    let nginx = measured.get(&Contender::Nginx);
    for (contender, figures) in measured {
        let ratio = nginx.map(|nginx| figures.rate.over(&nginx.rate));
        let ratio = ratio.unwrap_or_else(|| Figure::new(Unit::Ratio));
        let cells = [
            &figures.rate,
            &ratio,
            &figures.flow,
            &figures.p50,
            &figures.p99,
            &figures.cpu,
            &figures.memory,
        ];
        table.row(contender.name(), cells.map(|figure| figure.clone().into()));
    }
    table
}

fn claim(section: &mut Section, asked: &Asked, measured: &BTreeMap<Contender, Measured>) {
    let Some(ours) = measured.get(&Contender::Modkeep) else {
        return;
    };
    let name = &asked.name;
    if asked.is_zip {
        for peer in [Contender::Goproxy, Contender::Athens] {
            if let Some(peers) = measured.get(&peer) {
                let work = format!("warm {name}: answers, over {}", peer.name());
                section.claim(&work, Goal::AtLeast(1.0), ours.rate.over(&peers.rate));
            }
        }
        let work = format!("warm {name}: peak memory");
        section.claim(&work, Goal::AtMost(MEMORY), ours.memory.clone());
        return;
    }
    if let Some(nginx) = measured.get(&Contender::Nginx) {
        let work = format!("warm {name}: answers, over nginx");
        section.claim(&work, Goal::AtLeast(1.0), ours.rate.over(&nginx.rate));
    }
    if let Some(goproxy) = measured.get(&Contender::Goproxy) {
        let work = format!("warm {name}: p99, over goproxy");
        section.claim(&work, Goal::AtMost(0.5), ours.p99.over(&goproxy.p99));
    }
    let work = format!("warm {name}: CPU an answer");
    section.claim(&work, Goal::AtMost(CPU), ours.cpu.clone());
}

/// A load with a failed request, or after which the answer is wrong, is no figure; that it failed is
/// one.
fn note_failures(section: &mut Section, asked: &Asked, all: &BTreeMap<Contender, Measured>) {
    for (contender, measured) in all {
        if measured.failed > 0 {
            let (name, who, count) = (&asked.name, contender.name(), measured.failed);
            section.note(format!(
                "{who} failed {count} requests for the {name}; loads with a failure give no figure."
            ));
        }
        if let Some(wrong) = measured.unsound.first() {
            let (name, count) = (&asked.name, measured.unsound.len());
            section.note(format!(
                "After {count} loads of the {name}, which give no figure, it was: {}",
                wrong.trim()
            ));
        }
    }
}

// === impl Measured ===

impl Measured {
    fn new() -> Self {
        Self {
            rate: Figure::new(Unit::PerSecond),
            flow: Figure::new(Unit::BytesPerSecond),
            p50: Figure::new(Unit::Seconds),
            p99: Figure::new(Unit::Seconds),
            cpu: Figure::new(Unit::Seconds),
            memory: Figure::new(Unit::Bytes),
            failed: 0,
            unsound: Vec::new(),
        }
    }

    fn add(&mut self, seen: &Seen, usage: Usage) {
        self.failed += seen.failed();
        if seen.failed() > 0 {
            return;
        }
        self.rate.push(seen.rate());
        self.flow.push(seen.flow());
        self.p50.push(seen.p50());
        self.p99.push(seen.p99());
        self.cpu.push(usage.cpu / seen.requests);
        self.memory.push(usage.memory);
    }
}
