//! What proof costs: the same work with and without verification, in the same run.
//!
//! The upstream mirrors a checksum database in which the corpus's records are spread over a million
//! others, and is 30 ms away. Single artifacts are asked for by a raw client: a large zip, and a small
//! one as `go` asks for it, behind its `.info` and `.mod`; each alone, with nothing foreseen. The
//! builds are those of the first two scenarios, guessing. Hashing is compared with Go's own.

use anyhow::{Context, Result, ensure};
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use testkit::{
    client,
    go::{Go, Project},
};

use super::count;
use crate::bench::{
    Bench,
    contender::Contender,
    figure::{Figure, Unit},
    report::{Goal, Section, Table},
    server::Server,
    upstream::Upstream,
    verify,
};

/// A zip of this size in bytes; a large one among those of the build.
const LARGE: u64 = 9_234_225;
/// And an ordinary one.
const SMALL: u64 = 60_000;

/// How much longer the last byte of a single zip may take.
const LATER: f64 = 1.03;
/// How much longer a build may take.
const SLOWER: f64 = 1.10;
/// How many times as fast as Go's own hashing ours must be.
const FASTER: f64 = 2.0;

/// How often a single artifact is asked for in a round: the median is the round's sample.
const TIMES: usize = 5;

/// A hash's sample is the best of so many, on both sides.
const BEST_OF: u32 = 3;

/// How long one build may take.
const LIMIT: Duration = Duration::from_mins(8);

/// One kind of work, in both modes.
struct Measured {
    work: &'static str,
    goal: f64,
    plain: Figure,
    proven: Figure,
}

/// A way to do some work; gives the seconds that it took.
type Work<'a> = Box<dyn Fn(&Bench, &Upstream, &[&str]) -> Result<f64> + 'a>;

pub(super) fn run(bench: &Bench) -> Result<Section> {
    let (large, small) = (
        bench.corpus.zip_of_about(LARGE)?,
        bench.corpus.zip_of_about(SMALL)?,
    );
    let upstream = bench.upstream()?;
    let key = upstream.with_sumdb()?;
    let work: [(&'static str, f64, Work<'_>); 5] = [
        (
            "one cold 9 MB zip",
            LATER,
            Box::new(|bench, upstream, mode| one(bench, upstream, mode, &[&large])),
        ),
        (
            "one cold small zip, behind its `.info` and `.mod`",
            LATER,
            Box::new(|bench, upstream, mode| {
                one(
                    bench,
                    upstream,
                    mode,
                    &[&of(&small, "info"), &of(&small, "mod"), &small],
                )
            }),
        ),
        (
            "one cold small zip, asked for by itself",
            f64::INFINITY,
            Box::new(|bench, upstream, mode| one(bench, upstream, mode, &[&small])),
        ),
        (
            "cold `go mod download`, guessing",
            SLOWER,
            Box::new(|bench, upstream, mode| build(bench, upstream, mode, &["mod", "download"])),
        ),
        (
            "cold `go mod graph`, guessing",
            SLOWER,
            Box::new(|bench, upstream, mode| build(bench, upstream, mode, &["mod", "graph"])),
        ),
    ];
    let modes = [
        vec!["--verify", "off"],
        vec!["--verify", "required", "--sumdb", &key],
    ];
    let mut all: Vec<Measured> = work
        .iter()
        .map(|(work, goal, _)| Measured::new(work, *goal))
        .collect();
    for _ in 0..bench.rounds {
        for (measured, (name, _, work)) in all.iter_mut().zip(&work) {
            let plain = work(bench, &upstream, &modes[0])?;
            let proven = work(bench, &upstream, &modes[1])?;
            println!("{name}: {plain:.3} s, proven {proven:.3} s");
            measured.plain.push(plain);
            measured.proven.push(proven);
        }
    }
    let hashing = hashing(bench, &large)?;
    Ok(section(&all, hashing))
}

/// The path of another artifact of a zip's version.
fn of(zip: &str, kind: &str) -> String {
    format!("{}.{kind}", zip.trim_end_matches(".zip"))
}

fn server(bench: &Bench, upstream: &Upstream, mode: &[&str]) -> Result<Server> {
    let mut server = bench.start(Contender::Modkeep, &upstream.url())?;
    server.stop();
    let arguments = [mode, &["--prefetch", "on"]].concat();
    server.arguments(&arguments);
    server.start()?;
    Ok(server)
}

/// Asks for paths one behind the other; the time is that of the last.
fn one(bench: &Bench, upstream: &Upstream, mode: &[&str], paths: &[&str]) -> Result<f64> {
    let mut times = Figure::new(Unit::Seconds);
    for _ in 0..TIMES {
        let server = server(bench, upstream, mode)?;
        let mut last = 0.0;
        for path in paths {
            let begun = Instant::now();
            let answer = client::get(server.address(), path)?;
            last = begun.elapsed().as_secs_f64();
            verify::check(&answer, &bench.corpus, path, "modkeep")?;
        }
        times.push(last);
    }
    times.median().context("nothing was measured")
}

fn build(bench: &Bench, upstream: &Upstream, mode: &[&str], arguments: &[&str]) -> Result<f64> {
    let server = server(bench, upstream, mode)?;
    let read = |name: &str| std::fs::read_to_string(bench.corpus.project.join(name));
    let project = Project::new(&read("go.mod")?, &[("go.sum", &read("go.sum")?)]);
    let go = Go::new(&server.url()).limit(LIMIT);
    let begun = Instant::now();
    let output = go.run(arguments, project.path());
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(output.ok(), "{output}");
    Ok(seconds)
}

/// Seconds for one hash of the same zip, ours and Go's, each on one core.
fn hashing(bench: &Bench, zip: &str) -> Result<(Figure, Figure)> {
    let file = bench.corpus.files.join(zip.trim_start_matches('/'));
    let (mut ours, mut go) = (Figure::new(Unit::Seconds), Figure::new(Unit::Seconds));
    for _ in 0..bench.rounds.max(5) {
        let mut best = f64::INFINITY;
        let mut hash = None;
        for _ in 0..BEST_OF {
            let begun = Instant::now();
            hash = Some(gomod::sumhash::h1_of_zip(std::fs::File::open(&file)?)?);
            best = best.min(begun.elapsed().as_secs_f64());
        }
        let hash = hash.context("nothing was hashed")?;
        ours.push(best);
        let (theirs, seconds) = dirhash(&file)?;
        ensure!(
            theirs == hash.to_string(),
            "the hashes differ: {hash} and {theirs}"
        );
        go.push(seconds);
    }
    Ok((ours, go))
}

/// Go's own hash of a zip and its time, from the oracle's `hashtime`.
fn dirhash(file: &Path) -> Result<(String, f64)> {
    let mut command = Command::new("go");
    command
        .args(["run", "./hashtime"])
        .arg(file)
        .arg(BEST_OF.to_string())
        .current_dir("oracle")
        .env("GOMAXPROCS", "1");
    let output = command.output().context("go cannot be run")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    let last = text.lines().last().context("hashtime said nothing")?;
    let (hash, time) = last
        .split_once(' ')
        .context("hashtime said something else")?;
    let seconds = match (time.strip_suffix("ms"), time.strip_suffix('s')) {
        (Some(millis), _) => millis.parse::<f64>()? / 1000.0,
        (None, Some(seconds)) => seconds.parse()?,
        (None, None) => anyhow::bail!("no time: {time}"),
    };
    Ok((hash.to_owned(), seconds))
}

fn section(all: &[Measured], (ours, go): (Figure, Figure)) -> Section {
    let mut section = Section::default();
    let mut table = Table::new("With and without proof", &["off", "required", "of off"]);
    for one in all {
        let ratio = one.proven.over(&one.plain);
        table.row(
            one.work,
            [
                one.plain.clone().into(),
                one.proven.clone().into(),
                ratio.clone().into(),
            ],
        );
        if one.goal.is_finite() {
            section.claim(
                &format!("{}: proven, of unproven", one.work),
                Goal::AtMost(one.goal),
                ratio,
            );
        }
    }
    section.tables.push(table);
    let ratio = go.over(&ours);
    let mut table = Table::new(
        "Hash of a 9 MB module zip, one core",
        &["time", "times as fast"],
    );
    table.row(
        "golang.org/x/mod/sumdb/dirhash",
        [go.into(), Figure::of(Unit::Ratio, [1.0]).into()],
    );
    table.row("modkeep", [ours.into(), ratio.clone().into()]);
    section.tables.push(table);
    section.claim(
        "hashing: times as fast as dirhash",
        Goal::AtLeast(FASTER),
        ratio,
    );
    section.note(format!(
        "A single artifact's sample is the median of {} servers that keep nothing.",
        count(TIMES as u64)
    ));
    section
}

// === impl Measured ===

impl Measured {
    fn new(work: &'static str, goal: f64) -> Self {
        Self {
            work,
            goal,
            plain: Figure::new(Unit::Seconds),
            proven: Figure::new(Unit::Seconds),
        }
    }
}
