//! A cold build: the real `go` with an empty module cache, through a proxy that keeps nothing.
//!
//! Every way is gone in every round, so each ratio compares neighbours in time. The project has
//! its go.sum, with which `go` itself checks every byte it gets; afterwards we compare the
//! client's module cache with the corpus once more.
//!
//! "Guessing" is `modkeep serve` that knows nothing of the project. Where the go.sum is known,
//! it is by `modkeep run`, which reads it, or by a POST of it, behind the go.mod that tells what of it
//! a build needs, to `/-/prefetch`: once before the client starts (both counted), once beside it. "Warm" asks a second time, with a new client.

use anyhow::{Result, bail, ensure};
use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};
use testkit::{
    client,
    go::{Go, Project},
    process::{self, Output},
};

use crate::bench::{
    Bench,
    contender::Contender,
    figure::{Figure, Unit},
    on_disk,
    report::{Cell, Goal, Section, Table},
    server::Server,
    upstream::{Ledger, Upstream},
    usage::Usage,
    verify,
};

use super::count;

/// How long one cold build may take: several times what the slowest peer needs.
const LIMIT: Duration = Duration::from_mins(8);

/// Zip bytes fetched beyond what the client asked for, as a share of that.
const WASTE: f64 = 0.05;

/// What is asked of `go`, and how fast it has to be, as a multiple of straight.
struct Work {
    arguments: &'static [&'static str],
    guessing: f64,
    known: f64,
    /// Where the go.sum is posted.
    order: &'static str,
    /// Whether zips are needed.
    zips: bool,
}

/// How the client reaches the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Straight,
    Through(Contender),
    /// The same modkeep again, with a new client.
    Warm,
    /// `modkeep run -- go …`.
    Run,
    /// The go.sum is posted, and the client starts when the answer has ended.
    PostedBefore,
    /// The go.sum is posted, and the client starts at once.
    PostedBeside,
}

/// One way, once.
struct Trial {
    seconds: f64,
    /// What the upstream saw.
    ledger: Ledger,
    /// What the server cost; unknown where client and server are one tree, or there is none.
    usage: Option<Usage>,
}

/// One way, by round.
struct Gone {
    way: Way,
    trials: Vec<Trial>,
    /// Why it could not be gone.
    failure: Option<String>,
}

const DOWNLOAD: Work = Work {
    arguments: &["mod", "download"],
    guessing: 0.33,
    known: 0.27,
    order: "/-/prefetch",
    zips: true,
};

const GRAPH: Work = Work {
    arguments: &["mod", "graph"],
    guessing: 0.25,
    known: 0.12,
    order: "/-/prefetch?kinds=mod",
    zips: false,
};

pub(super) fn download(bench: &Bench) -> Result<Section> {
    run(bench, &DOWNLOAD)
}

pub(super) fn graph(bench: &Bench) -> Result<Section> {
    run(bench, &GRAPH)
}

fn run(bench: &Bench, work: &Work) -> Result<Section> {
    let mut all: Vec<Gone> = ways(bench).into_iter().map(Gone::new).collect();
    let upstream = bench.upstream()?;
    for round in 1..=bench.rounds {
        let mut warm = None;
        for gone in &mut all {
            let trial = gone.way.go(bench, work, &upstream, &mut warm);
            gone.add(trial);
            println!("  round {round}: {}", gone.last());
        }
    }
    if all
        .first()
        .is_none_or(|straight| straight.trials.is_empty())
    {
        bail!("the client could not even go straight to the upstream");
    }
    Ok(section(work, &all))
}

fn ways(bench: &Bench) -> Vec<Way> {
    let mut ways = vec![
        Way::Straight,
        Way::Through(Contender::Modkeep),
        Way::Warm,
        Way::Run,
        Way::PostedBefore,
        Way::PostedBeside,
    ];
    let peers = bench.proxies().into_iter();
    ways.extend(
        peers
            .filter(|&peer| peer != Contender::Modkeep)
            .map(Way::Through),
    );
    ways
}

fn section(work: &Work, all: &[Gone]) -> Section {
    let mut section = Section::default();
    let title = format!("`go {}`", work.arguments.join(" "));
    let columns = [
        "time",
        "of straight",
        "upstream requests: .info, .mod, .zip",
        "most at once",
        "upstream bytes",
        "server CPU",
        "server peak memory",
    ];
    let mut table = Table::new(&title, &columns);
    let straight = all.iter().find(|gone| gone.way == Way::Straight);
    for gone in all {
        table.row(&gone.way.name(), gone.cells(straight));
    }
    section.tables.push(table);
    for gone in all {
        gone.claim(&mut section, work, straight);
    }
    section
}

// === impl Way ===

impl Way {
    fn name(self) -> String {
        match self {
            Self::Straight => "straight to the upstream".to_owned(),
            Self::Through(Contender::Modkeep) => "modkeep, guessing".to_owned(),
            Self::Through(peer) => peer.name().to_owned(),
            Self::Warm => "modkeep, warm".to_owned(),
            Self::Run => "`modkeep run`, go.sum known".to_owned(),
            Self::PostedBefore => "modkeep, go.sum posted before".to_owned(),
            Self::PostedBeside => "modkeep, go.sum posted beside".to_owned(),
        }
    }

    fn go(
        self,
        bench: &Bench,
        work: &Work,
        upstream: &Upstream,
        warm: &mut Option<Server>,
    ) -> Result<Trial> {
        let errand = Errand::new(bench, work, upstream)?;
        match self {
            Self::Straight => errand.plain(&upstream.url(), None),
            Self::Run => errand.below_modkeep(),
            Self::Warm => match warm.take() {
                Some(server) => errand.plain(&server.url(), Some(&server)),
                None => bail!("there is no warm server"),
            },
            Self::Through(contender) => {
                let server = bench.start(contender, &upstream.url())?;
                let trial = errand.plain(&server.url(), Some(&server));
                if contender == Contender::Modkeep {
                    *warm = Some(server);
                }
                trial
            }
            Self::PostedBefore | Self::PostedBeside => {
                let server = bench.start(Contender::Modkeep, &upstream.url())?;
                errand.posted(&server, self == Self::PostedBefore)
            }
        }
    }
}

/// A client with a checkout of the project, about to do the work.
struct Errand<'a> {
    bench: &'a Bench,
    work: &'a Work,
    upstream: &'a Upstream,
    project: Project,
    /// The go.mod with the go.sum behind it.
    list: String,
}

// === impl Errand ===

impl<'a> Errand<'a> {
    fn new(bench: &'a Bench, work: &'a Work, upstream: &'a Upstream) -> Result<Self> {
        let read = |name: &str| fs::read_to_string(bench.corpus.project.join(name));
        let (go_mod, go_sum) = (read("go.mod")?, read("go.sum")?);
        let project = Project::new(&go_mod, &[("go.sum", &go_sum)]);
        upstream.forget()?;
        Ok(Self {
            bench,
            work,
            upstream,
            project,
            list: format!("{go_mod}\n{go_sum}"),
        })
    }

    /// `go` asks a server, or the upstream.
    fn plain(&self, goproxy: &str, server: Option<&Server>) -> Result<Trial> {
        let go = client_of(goproxy);
        self.timed(&go, server, || {
            go.run(self.work.arguments, self.project.path())
        })
    }

    fn below_modkeep(&self) -> Result<Trial> {
        let go = client_of("off");
        let data = on_disk("run")?;
        let mut command = Command::new(self.bench.programs.path(Contender::Modkeep)?);
        go.prepare(&mut command);
        command
            .args(["run", "--verify", "off", "--upstream", &self.upstream.url()])
            .arg("--data")
            .arg(data.path())
            .args(["--", "go"])
            .args(self.work.arguments)
            .current_dir(self.project.path());
        self.timed(&go, None, || process::run(&mut command, LIMIT))
    }

    fn posted(&self, server: &Server, before: bool) -> Result<Trial> {
        let go = client_of(&server.url());
        let post = || -> Result<()> {
            let answer = client::post(server.address(), self.work.order, self.list.as_bytes())?;
            ensure!(
                answer.status / 100 == 2,
                "POST {}: status {}",
                self.work.order,
                answer.status
            );
            Ok(())
        };
        let run = || go.run(self.work.arguments, self.project.path());
        let mut posted = Ok(());
        let trial = self.timed(&go, Some(server), || {
            if before {
                posted = post();
                return run();
            }
            thread::scope(|scope| {
                let posting = scope.spawn(post);
                let output = run();
                posted = posting
                    .join()
                    .unwrap_or_else(|_| bail!("the post panicked"));
                output
            })
        });
        posted?;
        trial
    }

    /// Measures the work and checks what it left.
    fn timed(
        &self,
        go: &Go,
        server: Option<&Server>,
        work: impl FnOnce() -> Output,
    ) -> Result<Trial> {
        let watch = server.map(Server::watch);
        let begun = Instant::now();
        let output = work();
        let seconds = begun.elapsed().as_secs_f64();
        let usage = watch.map(crate::bench::usage::Watch::finish);
        ensure!(output.ok(), "{output}");
        let ledger = self.upstream.settled()?;
        verify::module_cache(&go.module_cache(), &self.bench.corpus, "the client")?;
        Ok(Trial {
            seconds,
            ledger,
            usage,
        })
    }
}

fn client_of(goproxy: &str) -> Go {
    Go::new(goproxy).limit(LIMIT)
}

// === impl Gone ===

impl Gone {
    fn new(way: Way) -> Self {
        Self {
            way,
            trials: Vec::new(),
            failure: None,
        }
    }

    fn add(&mut self, trial: Result<Trial>) {
        match trial {
            Ok(trial) => self.trials.push(trial),
            Err(error) => self.failure = Some(first_lines(&format!("{error:#}"))),
        }
    }

    /// What is said on the terminal after each.
    fn last(&self) -> String {
        let name = self.way.name();
        match (&self.failure, self.trials.last()) {
            (Some(failure), _) => format!("{name}: {failure}"),
            (None, Some(trial)) => format!("{name}: {:.2} s", trial.seconds),
            (None, None) => name,
        }
    }

    fn figure(&self, unit: Unit, of: impl Fn(&Trial) -> Option<f64>) -> Figure {
        Figure::of(unit, self.trials.iter().filter_map(of))
    }

    fn seconds(&self) -> Figure {
        self.figure(Unit::Seconds, |trial| Some(trial.seconds))
    }

    fn zips(&self) -> Figure {
        self.figure(Unit::Count, |trial| Some(count(trial.ledger.zip)))
    }

    fn cells(&self, straight: Option<&Self>) -> Vec<Cell> {
        if let Some(failure) = &self.failure {
            return vec![failure.as_str().into()];
        }
        let ratio = straight.map(|straight| self.seconds().over(&straight.seconds()));
        let asked = self.trials.last().map(|trial| {
            let Ledger {
                info, go_mod, zip, ..
            } = trial.ledger;
            format!("{info}, {go_mod}, {zip}")
        });
        vec![
            self.seconds().into(),
            ratio.unwrap_or_else(|| Figure::new(Unit::Ratio)).into(),
            asked.unwrap_or_default().as_str().into(),
            self.figure(Unit::Count, |trial| Some(count(trial.ledger.most_open)))
                .into(),
            self.figure(Unit::Bytes, |trial| Some(count(trial.ledger.bytes)))
                .into(),
            self.figure(Unit::Seconds, |trial| Some(trial.usage?.cpu))
                .into(),
            self.figure(Unit::Bytes, |trial| Some(trial.usage?.memory))
                .into(),
        ]
    }

    fn claim(&self, section: &mut Section, work: &Work, straight: Option<&Self>) {
        let limit = match self.way {
            Way::Through(Contender::Modkeep) => work.guessing,
            Way::Run | Way::PostedBefore | Way::PostedBeside => work.known,
            Way::Straight | Way::Through(_) | Way::Warm => return,
        };
        let Some(straight) = straight else { return };
        let name = format!(
            "cold `go {}`, {}",
            work.arguments.join(" "),
            self.way.name()
        );
        let ratio = self.seconds().over(&straight.seconds());
        section.claim(&format!("{name}: of straight"), Goal::AtMost(limit), ratio);
        if work.zips {
            let waste = self.waste(straight);
            section.claim(&format!("{name}: wasted bytes"), Goal::AtMost(WASTE), waste);
        } else {
            section.claim(
                &format!("{name}: zips fetched"),
                Goal::AtMost(0.0),
                self.zips(),
            );
        }
    }

    /// Zip bytes beyond those of the client that went straight, as a share of those.
    fn waste(&self, straight: &Self) -> Figure {
        let pairs = self.trials.iter().zip(&straight.trials);
        let shares = pairs.map(|(mine, straight)| {
            let needed = count(straight.ledger.zip_bytes);
            (count(mine.ledger.zip_bytes) - needed) / needed
        });
        Figure::of(Unit::Share, shares)
    }
}

/// Enough of an error for a cell of a table.
fn first_lines(text: &str) -> String {
    text.lines().take(6).collect::<Vec<_>>().join(" ")
}
