//! `cargo xtask bench`: modkeep and its peers on the same work, in one run, on the same cores.
//!
//! Everything that is compared runs here and now, one after the other in every round, so that a
//! ratio never compares two days or two machines. The upstream is a process of its own 30 ms away
//! (`upstream`), what it has is a real module graph (`corpus`), the peers are built from a module
//! that pins them (`programs`), each server is watched with its children (`usage`), every body is
//! hashed (`verify`), and what comes out is samples, not sentences (`figure`, `report`, `page`).
//! A scenario is a file in `scenario/`.
#![expect(
    clippy::disallowed_types,
    reason = "a bench measures real time; nothing here is tested with a paused clock"
)]

mod contender;
mod corpus;
mod figure;
mod machine;
mod page;
pub(crate) mod programs;
mod projects;
mod report;
mod scenario;
mod server;
mod store;
pub(crate) mod upstream;
mod usage;
mod verify;
mod wrk;

use anyhow::{Context as _, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tempfile::TempDir;

use contender::Contender;
use corpus::Corpus;
use programs::Programs;
use report::{Report, Surroundings};
use scenario::Scenario;
use server::{Server, Setup};
use upstream::Upstream;

/// Rounds of a run whose figures are kept.
const ROUNDS: usize = 3;
/// How long one load lasts then.
const LOAD: Duration = Duration::from_secs(5);
/// How long one load lasts when it only has to be tried.
const QUICK_LOAD: Duration = Duration::from_secs(2);

/// A file system in memory, on Linux.
const MEMORY: &str = "/dev/shm";

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Scenarios to run; all if none is named. `list` names them.
    scenarios: Vec<String>,
    /// One round and short loads, to see that it works; written below target/, not docs/.
    #[arg(long)]
    quick: bool,
    /// Peers to compare with.
    #[arg(long, value_delimiter = ',', default_value = "goproxy,athens,nginx")]
    peers: Vec<String>,
    /// This modkeep instead of a release build made now.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Another build of modkeep, such as that of the commit before, that does the same work beside it.
    #[arg(long)]
    before: Option<PathBuf>,
    /// How many rounds.
    #[arg(long)]
    rounds: Option<usize>,
    /// Where benchmarks.json and benchmarks.md are written.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What every scenario works with.
#[derive(Debug)]
pub(crate) struct Bench {
    programs: Programs,
    corpus: Corpus,
    rounds: usize,
    load: Duration,
    quick: bool,
    /// What may be kept from run to run.
    target: PathBuf,
}

/// Runs the scenarios and writes after each what it found.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.scenarios.iter().any(|name| name == "list") {
        for scenario in scenario::ALL {
            println!("{:<10} {}", scenario.name, scenario.title);
        }
        return Ok(());
    }
    let chosen = choose(&options.scenarios)?;
    keep_clients_off_the_disk();
    let bench = Bench::new(options)?;
    let out = options.out.clone().unwrap_or_else(|| bench.default_out());
    let mut report = Report::read(&out)?;
    let run = machine::now()?;
    report.runs.insert(run.clone(), bench.surroundings()?);
    for scenario in chosen {
        println!("\n{}: {}", scenario.name, scenario.title);
        let begun = Instant::now();
        let mut section = (scenario.run)(&bench).with_context(|| scenario.name)?;
        section.run.clone_from(&run);
        section.print();
        report.insert(scenario.name, section);
        report.write(&out)?;
        println!(
            "{} took {:.0} s",
            scenario.name,
            begun.elapsed().as_secs_f64()
        );
    }
    println!("\nwritten below {}", out.display());
    Ok(())
}

fn choose(names: &[String]) -> Result<Vec<&'static Scenario>> {
    let unknown = names
        .iter()
        .find(|name| scenario::ALL.iter().all(|scenario| scenario.name != **name));
    if let Some(unknown) = unknown {
        anyhow::bail!("there is no scenario {unknown}; `cargo xtask bench list` names them");
    }
    let wanted =
        |scenario: &&Scenario| names.is_empty() || names.iter().any(|name| name == scenario.name);
    Ok(scenario::ALL.iter().filter(wanted).collect())
}

/// A directory for a server's store, on the disk that holds the checkout.
fn on_disk(name: &str) -> Result<TempDir> {
    let scratch = root().join("target/bench/scratch");
    fs::create_dir_all(&scratch)?;
    Ok(TempDir::with_prefix_in(name, scratch)?)
}

/// What clients write (a gigabyte for each download) goes to memory where it can: otherwise the
/// disk is still busy with one trial's files while the next one runs, and whoever is measured
/// last looks slowest.
fn keep_clients_off_the_disk() {
    let memory = Path::new(MEMORY);
    if memory.is_dir() {
        let _set_before = tempfile::env::override_temp_dir(memory);
    }
}

/// The workspace's directory.
fn root() -> PathBuf {
    let below = Path::new(env!("CARGO_MANIFEST_DIR"));
    below.parent().unwrap_or(below).to_owned()
}

// === impl Bench ===

impl Bench {
    fn new(options: &Options) -> Result<Self> {
        let target = root().join("target/bench");
        let mut peers = Vec::new();
        for name in options.peers.iter().filter(|name| !name.is_empty()) {
            let peer = Contender::by_name(name);
            peers.push(peer.with_context(|| format!("there is no peer {name}"))?);
        }
        let programs = Programs::provide(
            &root(),
            &peers,
            options.binary.as_deref(),
            options.before.as_deref(),
        )?;
        println!("corpus: {}", target.join("corpus").display());
        let corpus = Corpus::provide(&target.join("corpus"))?;
        let rounds = options
            .rounds
            .unwrap_or(if options.quick { 1 } else { ROUNDS });
        ensure!(rounds > 0, "at least one round is needed");
        Ok(Self {
            programs,
            corpus,
            rounds,
            load: if options.quick { QUICK_LOAD } else { LOAD },
            quick: options.quick,
            target,
        })
    }

    fn default_out(&self) -> PathBuf {
        if self.quick {
            return self.target.join("quick");
        }
        root().join("docs")
    }

    fn surroundings(&self) -> Result<Surroundings> {
        let mut surroundings = machine::surroundings()?;
        surroundings.versions = self.programs.versions()?;
        surroundings.missing = self.programs.missing();
        surroundings.rounds = self.rounds;
        surroundings.load_seconds = self.load.as_secs();
        Ok(surroundings)
    }

    /// An upstream with the corpus.
    fn upstream(&self) -> Result<Upstream> {
        Upstream::start(&self.corpus.files)
    }

    /// The servers that could be had and fetch what they have not, modkeep first.
    fn proxies(&self) -> Vec<Contender> {
        let mut all = self.contenders();
        all.retain(|contender| contender.is_proxy());
        all
    }

    /// The servers that could be had, modkeep first.
    fn contenders(&self) -> Vec<Contender> {
        let mut all = vec![Contender::Modkeep, Contender::Before];
        all.extend(Contender::PEERS);
        all.retain(|&contender| self.programs.path(contender).is_ok());
        all
    }

    fn setup<'a>(&'a self, contender: Contender, upstream: &'a str) -> Result<Setup<'a>> {
        Ok(Setup {
            contender,
            program: self.programs.path(contender)?,
            upstream,
            corpus: &self.corpus.files,
        })
    }

    /// A server with nothing kept, ready.
    fn start(&self, contender: Contender, upstream: &str) -> Result<Server> {
        self.setup(contender, upstream)?.start()
    }
}
