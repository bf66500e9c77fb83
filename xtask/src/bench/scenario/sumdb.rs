//! Checksum databases: what is answered from the mirror while nobody else answers, what having
//! proven something costs when it is warm, and how fast a database of the site's own grows.
//!
//! The server has looked up the corpus's records, spread over a log of a million; then its upstream
//! refuses everything. Lookups and tiles are asked for by 32 connections as fast as they can, beside
//! the same warm `.mod` with and without proof. Appends are those of the store's own example, on the
//! disk that holds the checkout.

use anyhow::{Context, Result, ensure};
use std::{process::Command, str::FromStr as _};
use tlog::tile::{HEIGHT, Tile};

use crate::bench::{
    Bench,
    contender::Contender,
    corpus::SMALL,
    figure::{Figure, Unit},
    on_disk,
    report::{Goal, Section, Table},
    server::Server,
    upstream::{Mood, sumdb::NAME},
    verify,
    wrk::Load,
};

/// As for all warm answers.
const CONNECTIONS: u32 = 32;

/// Records that are looked up in turn.
const RECORDS: usize = 400;

/// Least share of the warm rate that is left with proof.
const LEFT: f64 = 0.97;

/// One kind of answer of one server.
struct Asked<'a> {
    name: &'static str,
    server: &'a Server,
    paths: Vec<String>,
    rate: Figure,
    p50: Figure,
    p99: Figure,
    cpu: Figure,
}

pub(super) fn run(bench: &Bench) -> Result<Section> {
    let upstream = bench.upstream()?;
    let key = upstream.with_sumdb()?;
    let off = bench.start(Contender::Modkeep, &upstream.url())?;
    let mut proving = bench.start(Contender::Modkeep, &upstream.url())?;
    proving.stop();
    proving.arguments(&["--verify", "required", "--sumdb", &key]);
    proving.start()?;
    let small = format!("{SMALL}.mod");
    for server in [&off, &proving] {
        verify::fetch(server, &bench.corpus, &small)?;
    }
    let (lookups, tiles) = learn(bench, &proving)?;
    upstream.mood(Mood::Refusing)?;
    let mut all = [
        Asked::new("`.mod`, not proven", &off, vec![small.clone()]),
        Asked::new("`.mod`, proven", &proving, vec![small]),
        Asked::new("lookups", &proving, lookups),
        Asked::new("tiles", &proving, tiles),
    ];
    for _ in 0..bench.rounds {
        for asked in &mut all {
            asked.round(bench)?;
        }
    }
    let mut section = Section::default();
    section.tables.push(table(&all));
    let [bare, proven, ..] = &all;
    section.claim(
        "warm `.mod`: answers, proven over not proven",
        Goal::AtLeast(LEFT),
        proven.rate.over(&bare.rate),
    );
    section.tables.push(appends(bench)?);
    section.note(format!(
        "Records looked up: {RECORDS}, and the tiles that they are in; the upstream answers 503 to everything."
    ));
    Ok(section)
}

/// Looks records up, so that they are proven and kept; gives their paths and those of their tiles.
fn learn(bench: &Bench, server: &Server) -> Result<(Vec<String>, Vec<String>)> {
    let (mut lookups, mut tiles) = (Vec::new(), Vec::new());
    let paths = bench.corpus.paths()?;
    let versions = paths.iter().filter_map(|path| path.strip_suffix(".mod"));
    for version in versions.take(RECORDS) {
        let path = version.trim_start_matches('/').replacen("/@v/", "@", 1);
        let path = format!("/sumdb/{NAME}/lookup/{path}");
        let answer = server.get(&path)?;
        ensure!(answer.status == 200, "{path}: {}", answer.text());
        let text = answer.text();
        let number = text.lines().next().map(u64::from_str);
        let number = number.context("a lookup without a number")??;
        let tile = Tile::try_new(HEIGHT, 0, number >> HEIGHT, 1 << HEIGHT);
        let tile = tile.context("no such tile")?;
        tiles.push(format!("/sumdb/{NAME}/{tile}"));
        lookups.push(path);
    }
    tiles.dedup();
    Ok((lookups, tiles))
}

fn table(all: &[Asked<'_>]) -> Table {
    let columns = ["answers", "p50", "p99", "CPU an answer"];
    let mut table = Table::new("Warm, with the upstream dead", &columns);
    for asked in all {
        let cells = [&asked.rate, &asked.p50, &asked.p99, &asked.cpu];
        table.row(asked.name, cells.map(|figure| figure.clone().into()));
    }
    table
}

/// Appends a second to a database of the site's own, as the store's example prints them.
fn appends(bench: &Bench) -> Result<Table> {
    let mut rows: Vec<(String, Figure)> = Vec::new();
    for _ in 0..bench.rounds {
        let directory = on_disk("appends")?;
        let mut command = Command::new(env!("CARGO"));
        command
            .args(["run", "--release", "--quiet", "--package", "store"])
            .args(["--example", "appends", "--"])
            .arg(directory.path());
        let output = command.output().context("cargo cannot be run")?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        for line in String::from_utf8(output.stdout)?.lines() {
            let (name, rate) = appended(line).with_context(|| format!("no rate: {line}"))?;
            println!("{name}: {rate} a second");
            match rows.iter_mut().find(|(known, _)| known == name) {
                Some((_, figure)) => figure.push(rate),
                None => rows.push((name.to_owned(), Figure::of(Unit::PerSecond, [rate]))),
            }
        }
    }
    let mut table = Table::new("A database of the site's own", &["records"]);
    for (name, figure) in rows {
        table.row(&name, [figure.into()]);
    }
    Ok(table)
}

/// `NAME: COUNT in TIME, RATE a second`.
fn appended(line: &str) -> Option<(&str, f64)> {
    let (name, rest) = line.split_once(": ")?;
    let rate = rest.strip_suffix(" a second")?.rsplit_once(", ")?.1;
    Some((name, rate.parse().ok()?))
}

// === impl Asked ===

impl<'a> Asked<'a> {
    fn new(name: &'static str, server: &'a Server, paths: Vec<String>) -> Self {
        Self {
            name,
            server,
            paths,
            rate: Figure::new(Unit::PerSecond),
            p50: Figure::new(Unit::Seconds),
            p99: Figure::new(Unit::Seconds),
            cpu: Figure::new(Unit::Seconds),
        }
    }

    fn round(&mut self, bench: &Bench) -> Result<()> {
        let load = Load {
            connections: CONNECTIONS,
            duration: bench.load,
        };
        let watch = self.server.watch();
        let seen = load.run_over(self.server.address(), &self.paths)?;
        let usage = watch.finish();
        ensure!(
            seen.failed() == 0,
            "{}: {} failed",
            self.name,
            seen.failed()
        );
        println!("{}: {:.0} a second", self.name, seen.rate());
        self.rate.push(seen.rate());
        self.p50.push(seen.p50());
        self.p99.push(seen.p99());
        self.cpu.push(usage.cpu / seen.requests);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::appended;

    #[test]
    fn a_rate_is_taken_from_its_line() {
        let line = "append, 256 tasks: 50000 in 2.08s, 23986 a second";
        let (name, rate) = appended(line).unwrap();
        assert_eq!(
            (name, rate.to_string()),
            ("append, 256 tasks", "23986".to_owned())
        );
        assert!(appended("append: soon").is_none());
    }
}
