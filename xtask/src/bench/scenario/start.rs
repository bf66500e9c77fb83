//! From starting the process to the first `/readyz` that says yes; memory at rest; size of the
//! binary. modkeep starts on a store of 100,000 artifacts, the peers, whose start does not look
//! at their stores, on empty ones.

use anyhow::Result;
use std::{fs, thread, time::Duration};

use crate::bench::{
    Bench,
    contender::Contender,
    figure::{Figure, Unit},
    on_disk,
    report::{Goal, Section, Table},
    server::Server,
    store::Filled,
    usage,
};

const ARTIFACTS: u64 = 100_000;

/// Starts in a round: they are short, and the first one finds a cold page cache.
const STARTS: usize = 5;

/// How long it rests before its memory is looked at.
const REST: Duration = Duration::from_secs(2);

/// Goals: seconds, bytes, bytes.
const READY: f64 = 0.030;
const MEMORY: f64 = 30e6;
const BINARY: f64 = 30e6;

pub(super) fn run(bench: &Bench) -> Result<Section> {
    let upstream = bench.upstream()?;
    let columns = ["start to ready", "memory at rest", "binary"];
    let mut table = Table::new("Start", &columns);
    let mut section = Section::default();
    for contender in bench.contenders() {
        let filled;
        let empty;
        let directory = if contender.is_modkeep() {
            filled = Filled::provide(bench, ARTIFACTS)?;
            filled.directory.as_path()
        } else {
            empty = on_disk(contender.name())?;
            empty.path()
        };
        let url = upstream.url();
        let mut server = bench.setup(contender, &url)?.at(directory);
        let (ready, memory) = starts(&mut server, bench.rounds)?;
        let size = fs::metadata(bench.programs.path(contender)?)?.len();
        let binary = Figure::of(Unit::Bytes, [super::count(size)]);
        if contender == Contender::Modkeep {
            let work = "start to ready on 100,000 artifacts";
            section.claim(work, Goal::AtMost(READY), ready.clone());
            section.claim("memory at rest", Goal::AtMost(MEMORY), memory.clone());
            section.claim("binary", Goal::AtMost(BINARY), binary.clone());
        }
        let figures = [ready, memory, binary];
        table.row(contender.name(), figures.map(Into::into));
    }
    section.tables.push(table);
    section.note("Athens also needs `go`, and for version control git, at run time.");
    Ok(section)
}

fn starts(server: &mut Server, rounds: usize) -> Result<(Figure, Figure)> {
    let mut ready = Figure::new(Unit::Seconds);
    let mut memory = Figure::new(Unit::Bytes);
    for _ in 0..rounds {
        for start in 0..STARTS {
            ready.push(server.start()?.as_secs_f64());
            if start == 0 {
                thread::sleep(REST);
                memory.push(usage::resident(server.id()));
            }
            server.stop();
        }
    }
    Ok((ready, memory))
}
