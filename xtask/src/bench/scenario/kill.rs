//! kill -9 while a 39 MB zip is fetched and stored, at many points; then the server is started
//! again on what it left, and asked again.
//!
//! The points are spread over the time that one undisturbed fetch takes, and a little beyond, so
//! that some hit the transfer, some the commit, and some the moment after. A server must never
//! give other bytes than the upstream's, and what a client had in full must be there without
//! asking the upstream again.

use anyhow::{Result, anyhow};
use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};
use testkit::client::{self, Answer};

use crate::bench::{
    Bench,
    contender::Contender,
    corpus::Expected,
    figure::{Figure, Unit},
    report::{Goal, Section, Table},
    server::Server,
    upstream::Upstream,
};

/// A zip of this size in bytes.
const SIZE: u64 = 39_187_545;

/// Points at which a server is killed.
const POINTS: u32 = 30;
/// Points when it only has to be tried.
const QUICK_POINTS: u32 = 6;

/// How far beyond an undisturbed fetch the last point lies, as a share of it: what is done after
/// the answer's last byte is a part of storing.
const BEYOND: f64 = 1.25;

/// How long the restarted server may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// What became of the kills of one server.
#[derive(Debug, Default)]
struct Fate {
    kills: u64,
    /// The client had it all before the kill.
    had_all: u64,
    /// Afterwards other bytes came, in full.
    torn: u64,
    /// Afterwards no whole answer came.
    refused: u64,
    /// The client had it all, and the upstream was asked again.
    lost: u64,
    /// The most transfers that one restart needed.
    transfers: u64,
}

pub(super) fn run(bench: &Bench) -> Result<Section> {
    let path = bench.corpus.zip_of_about(SIZE)?;
    let upstream = bench.upstream()?;
    let mut section = Section::default();
    let columns = [
        "kills",
        "had been answered in full",
        "other bytes afterwards",
        "no answer afterwards",
        "answered in full, then fetched again",
        "most transfers after a restart",
    ];
    let mut table = Table::new("kill -9 while a 39 MB zip is stored", &columns);
    for contender in bench.proxies() {
        let fate = fate(bench, contender, &upstream, &path)?;
        let Fate {
            kills,
            had_all,
            torn,
            refused,
            lost,
            transfers,
        } = fate;
        if contender == Contender::Modkeep {
            let bad = [
                ("other bytes afterwards", torn, 0.0),
                ("no answer afterwards", refused, 0.0),
                ("answered in full, then fetched again", lost, 0.0),
                ("most transfers after a restart", transfers, 1.0),
            ];
            for (what, number, limit) in bad {
                let work = format!("kill -9 at {kills} points: {what}");
                section.claim(&work, Goal::AtMost(limit), counted(number));
            }
        }
        let numbers = [kills, had_all, torn, refused, lost, transfers];
        table.row(
            contender.name(),
            numbers.map(|number| counted(number).into()),
        );
    }
    section.tables.push(table);
    section.note(
        "A kill ends the processes and leaves the kernel's page cache as it is; what a power cut \
         would leave is a matter of fsync, which this does not show.",
    );
    Ok(section)
}

fn counted(number: u64) -> Figure {
    Figure::of(Unit::Count, [super::count(number)])
}

fn fate(bench: &Bench, contender: Contender, upstream: &Upstream, path: &str) -> Result<Fate> {
    let undisturbed = {
        let server = bench.start(contender, &upstream.url())?;
        let begun = Instant::now();
        server.get(path)?;
        begun.elapsed().mul_f64(BEYOND)
    };
    let expected = bench.corpus.expected(path)?;
    let points = if bench.quick { QUICK_POINTS } else { POINTS };
    let mut fate = Fate::default();
    for point in 1..=points {
        let mut server = bench.start(contender, &upstream.url())?;
        let after = undisturbed * point / points;
        let first = killed_while_it_answers(&mut server, path, after)?;
        upstream.forget()?;
        server.start()?;
        let had_all = first.is_some_and(|first| is_right(&first, &expected));
        let then = ask(server.address(), path);
        fate.add(had_all, then.as_ref(), &expected, upstream.ledger()?.zip);
    }
    println!("  {}: {fate:?}", contender.name());
    Ok(fate)
}

/// What the client had when the server was killed.
fn killed_while_it_answers(
    server: &mut Server,
    path: &str,
    after: Duration,
) -> Result<Option<Answer>> {
    let address = server.address();
    thread::scope(|scope| {
        let asking = scope.spawn(|| ask(address, path));
        thread::sleep(after);
        server.kill();
        asking.join().map_err(|_| anyhow!("the client panicked"))
    })
}

fn ask(address: SocketAddr, path: &str) -> Option<Answer> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    client::exchange(address, request.as_bytes(), PATIENCE).ok()
}

fn is_right(answer: &Answer, expected: &Expected) -> bool {
    answer.is_whole() && Expected::of(&answer.body) == *expected
}

// === impl Fate ===

impl Fate {
    fn add(&mut self, had_all: bool, then: Option<&Answer>, expected: &Expected, transfers: u64) {
        self.kills += 1;
        self.had_all += u64::from(had_all);
        self.lost += u64::from(had_all && transfers > 0);
        self.transfers = self.transfers.max(transfers);
        match then {
            Some(answer) if is_right(answer, expected) => {}
            Some(answer) if answer.is_whole() => self.torn += 1,
            _ => self.refused += 1,
        }
    }
}
