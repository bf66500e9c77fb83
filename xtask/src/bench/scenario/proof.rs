//! What proof costs: the same work with and without verification, in the same run.
//!
//! The upstream mirrors a checksum database in which the corpus's records are spread over a million
//! others, and is 30 ms away. Single artifacts are asked for by a raw client: a large zip, and a small
//! one as `go` asks for it, behind its `.info` and `.mod`; each alone, with nothing foreseen. The
//! builds are those of the first two scenarios, guessing and with the go.sum posted before. Hashing is compared with Go's own.

use anyhow::{Context, Result, ensure};
use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use testkit::{
    client,
    go::{Go, Project},
};

use crate::bench::{
    Bench,
    contender::Contender,
    figure::{Figure, Unit},
    on_disk,
    report::{Goal, Section, Table},
    server::Server,
    upstream::{DISTANCE, Upstream},
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

/// The builds of the first two scenarios.
const DOWNLOAD: Build = Build {
    arguments: &["mod", "download"],
    order: None,
};
const GRAPH: Build = Build {
    arguments: &["mod", "graph"],
    order: None,
};

/// How artifacts are proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Off,
    Required,
    /// And the whole log's tiles are here already (`--sumdb-mirror tiles`).
    Mirrored,
}

/// One kind of work, and what it took in each mode.
struct Measured {
    work: Work,
    times: [Figure; Mode::ALL.len()],
}

/// What is asked for.
enum Work {
    /// These paths, one behind the other; the last one's time counts. Whether anything is promised
    /// of it: nobody asks for a small zip by itself.
    Artifacts(&'static str, bool, Vec<String>),
    /// By the real `go`.
    Build(&'static str, Build),
}

/// What `go` does, and where its go.mod and go.sum are posted before it starts, if they are.
#[derive(Clone, Copy)]
struct Build {
    arguments: &'static [&'static str],
    order: Option<&'static str>,
}

/// The upstream with its database, and what a mirror of its log has.
struct World<'a> {
    bench: &'a Bench,
    upstream: Upstream,
    key: String,
    mirror: TempDir,
}

pub(super) fn run(bench: &Bench) -> Result<Section> {
    let world = World::of(bench)?;
    let (large, small) = (
        bench.corpus.zip_of_about(LARGE)?,
        bench.corpus.zip_of_about(SMALL)?,
    );
    let of = |kind: &str| format!("{}.{kind}", small.trim_end_matches(".zip"));
    let behind = vec![of("info"), of("mod"), small.clone()];
    let mut all = [
        Work::Artifacts("one cold 9 MB zip", true, vec![large.clone()]),
        Work::Artifacts(
            "one cold small zip, behind its `.info` and `.mod`",
            true,
            behind,
        ),
        Work::Artifacts("one cold small zip, by itself", false, vec![small.clone()]),
        Work::Build("cold `go mod download`, guessing", DOWNLOAD),
        Work::Build(
            "cold `go mod download`, go.sum posted before",
            Build {
                order: Some("/-/prefetch"),
                ..DOWNLOAD
            },
        ),
        Work::Build("cold `go mod graph`, guessing", GRAPH),
        Work::Build(
            "cold `go mod graph`, go.sum posted before",
            Build {
                order: Some("/-/prefetch?kinds=mod"),
                ..GRAPH
            },
        ),
    ]
    .map(Measured::new);
    for _ in 0..bench.rounds {
        for measured in &mut all {
            measured.round(&world)?;
        }
    }
    let hashing = hashing(bench, &large)?;
    Ok(section(&all, hashing))
}

// === impl Mode ===

impl Mode {
    const ALL: [Self; 3] = [Self::Off, Self::Required, Self::Mirrored];
}

// === impl Work ===

impl Work {
    fn name(&self) -> &'static str {
        match self {
            Self::Artifacts(name, ..) | Self::Build(name, _) => name,
        }
    }

    /// How much longer it may take with proof, if anything is promised.
    fn goal(&self) -> Option<f64> {
        match self {
            Self::Artifacts(_, promised, _) => promised.then_some(LATER),
            Self::Build(..) => Some(SLOWER),
        }
    }

    fn seconds(&self, world: &World<'_>, mode: Mode) -> Result<f64> {
        match self {
            Self::Artifacts(_, _, paths) => artifacts(world, mode, paths),
            Self::Build(_, work) => build(world, mode, *work),
        }
    }
}

// === impl Measured ===

impl Measured {
    fn new(work: Work) -> Self {
        let times = Mode::ALL.map(|_| Figure::new(Unit::Seconds));
        Self { work, times }
    }

    fn round(&mut self, world: &World<'_>) -> Result<()> {
        for (mode, time) in Mode::ALL.into_iter().zip(&mut self.times) {
            let seconds = self.work.seconds(world, mode)?;
            println!("{}, {mode:?}: {seconds:.3} s", self.work.name());
            time.push(seconds);
        }
        Ok(())
    }
}

// === impl World ===

impl<'a> World<'a> {
    fn of(bench: &'a Bench) -> Result<Self> {
        let upstream = bench.upstream()?;
        let key = upstream.with_sumdb()?;
        let mirror = on_disk("mirror")?;
        upstream.distance(Duration::ZERO)?;
        let mut command = Command::new(bench.programs.path(Contender::Modkeep)?);
        command
            .args(["sumdb", "mirror", "--rate", "10000", "--sumdb", &key])
            .args(["--upstream", &upstream.url(), "--data"])
            .arg(mirror.path())
            .stdin(Stdio::null());
        let output = command.output().context("the log cannot be mirrored")?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        upstream.distance(DISTANCE)?;
        Ok(Self {
            bench,
            upstream,
            key,
            mirror,
        })
    }

    fn server(&self, mode: Mode) -> Result<Server> {
        let mut server = self.bench.start(Contender::Modkeep, &self.upstream.url())?;
        server.stop();
        if mode == Mode::Mirrored {
            copy(self.mirror.path(), &server.store())?;
        }
        let required = ["--verify", "required", "--sumdb", &self.key];
        match mode {
            Mode::Off => server.arguments(&["--verify", "off"]),
            Mode::Required | Mode::Mirrored => server.arguments(&required),
        }
        server.start()?;
        Ok(server)
    }
}

/// Puts a copy of a directory in the place of another.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::remove_dir_all(to)?;
    let status = Command::new("cp").arg("-r").arg(from).arg(to).status()?;
    ensure!(status.success(), "{} cannot be copied", from.display());
    Ok(())
}

fn artifacts(world: &World<'_>, mode: Mode, paths: &[String]) -> Result<f64> {
    let mut times = Figure::new(Unit::Seconds);
    for _ in 0..TIMES {
        let server = world.server(mode)?;
        let mut last = 0.0;
        for path in paths {
            let begun = Instant::now();
            let answer = client::get(server.address(), path)?;
            last = begun.elapsed().as_secs_f64();
            verify::check(&answer, &world.bench.corpus, path, "modkeep")?;
        }
        times.push(last);
    }
    times.median().context("nothing was measured")
}

fn build(world: &World<'_>, mode: Mode, work: Build) -> Result<f64> {
    let server = world.server(mode)?;
    let read = |name: &str| std::fs::read_to_string(world.bench.corpus.project.join(name));
    let (go_mod, go_sum) = (read("go.mod")?, read("go.sum")?);
    let project = Project::new(&go_mod, &[("go.sum", &go_sum)]);
    let go = Go::new(&server.url()).limit(LIMIT);
    let begun = Instant::now();
    if let Some(order) = work.order {
        let list = format!("{go_mod}\n{go_sum}");
        let answer = client::post(server.address(), order, list.as_bytes())?;
        ensure!(answer.status == 200, "POST {order}: {}", answer.status);
    }
    let output = go.run(work.arguments, project.path());
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
    let columns = [
        "off",
        "required",
        "of off",
        "required, log mirrored",
        "of off",
    ];
    let mut table = Table::new("With and without proof", &columns);
    for Measured {
        work,
        times: [off, required, mirrored],
    } in all
    {
        let (proven, with_mirror) = (required.over(off), mirrored.over(off));
        if let Some(goal) = work.goal() {
            let name = format!("{}: proven, of unproven", work.name());
            section.claim(&name, Goal::AtMost(goal), proven.clone());
            let name = format!("{}: proven with the log mirrored, of unproven", work.name());
            section.claim(&name, Goal::AtMost(goal), with_mirror.clone());
        }
        let cells = [
            off.clone(),
            required.clone(),
            proven,
            mirrored.clone(),
            with_mirror,
        ];
        table.row(work.name(), cells.map(Into::into));
    }
    section.tables.push(table);
    let ratio = go.over(&ours);
    let title = "Hash of a 9 MB module zip, one core";
    let mut table = Table::new(title, &["time", "times as fast"]);
    let one = Figure::of(Unit::Ratio, [1.0]);
    table.row("golang.org/x/mod/sumdb/dirhash", [go.into(), one.into()]);
    table.row("modkeep", [ours.into(), ratio.clone().into()]);
    section.tables.push(table);
    section.claim(
        "hashing: times as fast as dirhash",
        Goal::AtLeast(FASTER),
        ratio,
    );
    section.note(format!(
        "A single artifact's sample is the median of {TIMES} servers that keep nothing."
    ));
    section
}
