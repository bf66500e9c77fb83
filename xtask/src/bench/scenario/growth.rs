//! Growth: a thousand, a hundred thousand and a million artifacts; ten, a hundred and ten
//! thousand connections.
//!
//! The load asks for a thousand go.mod files spread over the whole store, in turn, so that what
//! is measured is not one entry of a cache that never grows.

use anyhow::{Result, ensure};

use crate::bench::{
    Bench,
    contender::Contender,
    figure::{Figure, Unit},
    report::{Section, Table},
    server::Server,
    store::Filled,
    wrk::Load,
};

const ARTIFACTS: &[u64] = &[1_000, 100_000, 1_000_000];
/// What is filled soon enough to try it.
const QUICK_ARTIFACTS: &[u64] = &[1_000, 10_000];
const CONNECTIONS: [u32; 3] = [10, 100, 10_000];

/// Different artifacts asked for.
const SPREAD: u64 = 1_000;

pub(super) fn run(bench: &Bench) -> Result<Section> {
    let upstream = bench.upstream()?;
    let columns = [
        "start to ready",
        "answers",
        "p50",
        "p99",
        "CPU an answer",
        "peak memory",
        "failed",
    ];
    let mut table = Table::new("modkeep", &columns);
    let all = if bench.quick {
        QUICK_ARTIFACTS
    } else {
        ARTIFACTS
    };
    for &artifacts in all {
        let filled = Filled::provide(bench, artifacts)?;
        let url = upstream.url();
        let setup = bench.setup(Contender::Modkeep, &url)?;
        let mut server = setup.at(&filled.directory);
        for connections in CONNECTIONS {
            let name = format!("{artifacts} artifacts, {connections} connections");
            let figures = measure(bench, &mut server, &filled, connections)?;
            table.row(&name, figures.map(Into::into));
        }
    }
    let mut section = Section::default();
    section.tables.push(table);
    section.note(
        "Every load starts modkeep anew: its memory is empty, and its peak belongs to this row.",
    );
    Ok(section)
}

fn measure(
    bench: &Bench,
    server: &mut Server,
    filled: &Filled,
    connections: u32,
) -> Result<[Figure; 7]> {
    let mut figures = [
        Unit::Seconds,
        Unit::PerSecond,
        Unit::Seconds,
        Unit::Seconds,
        Unit::Seconds,
        Unit::Bytes,
        Unit::Count,
    ]
    .map(Figure::new);
    let paths = filled.some_mods(SPREAD);
    let load = Load {
        connections,
        duration: bench.load,
    };
    for _ in 0..bench.rounds {
        let ready = server.start()?.as_secs_f64();
        for path in &paths {
            let answer = server.get(path)?;
            ensure!(answer.is_whole(), "{path}: status {}", answer.status);
        }
        let watch = server.watch();
        let seen = load.run_over(server.address(), &paths)?;
        let usage = watch.finish();
        server.stop();
        let samples = [
            ready,
            seen.rate(),
            seen.p50(),
            seen.p99(),
            usage.cpu / seen.requests,
            usage.memory,
            super::count(seen.failed()),
        ];
        for (figure, sample) in figures.iter_mut().zip(samples) {
            figure.push(sample);
        }
    }
    Ok(figures)
}
