//! Runs the cases: each job on a source, servers and homes of its own, a few jobs at a time.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use testkit::go::Go;
use testkit::server::{Modkeep, Setup};

use super::commands::Names;
use super::outcome::{Difference, Outcome};
use super::plan::{Job, Mode, Plan, Setting};
use super::source::{Running, Source};
use crate::site::BINARY;

/// Jobs at a time. A job mostly waits for a child, and two of them keep two processors busy.
const WORKERS: usize = 3;
/// How long a command may take; every behaviour here lets it end in a few seconds.
const LIMIT: Duration = Duration::from_secs(90);

/// One case, run.
pub(super) struct Ran {
    pub(super) behaviour: &'static str,
    pub(super) command: &'static str,
    pub(super) mode: Mode,
    pub(super) difference: Option<Difference>,
    /// Whether it works straight.
    pub(super) works: bool,
    /// The ends of what both said.
    pub(super) said: [String; 2],
}

/// Runs everything; in the order of the plan.
pub(super) fn run(plan: &Plan) -> Vec<Ran> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(job) = plan.jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ran = Bench::new(job).run(&job.settings);
                    ran.iter().for_each(announce);
                    results.lock().extend(ran);
                }
            });
        }
    });
    results.into_inner()
}

/// Says at once what nothing explains: a run of everything takes long.
#[expect(clippy::print_stdout, reason = "a test's own report")]
fn announce(ran: &Ran) {
    let unexplained = ran.difference.as_ref().filter(|_| ran.entry().is_none());
    if let Some(difference) = unexplained {
        let Ran {
            behaviour,
            command,
            mode,
            ..
        } = ran;
        println!("differs: {behaviour} / {command} / {mode}: {difference}");
    }
}

/// Runs a job once more.
pub(super) fn again(job: &Job) -> Vec<Ran> {
    Bench::new(job).run(&job.settings)
}

/// A job with its source.
struct Bench<'a> {
    job: &'a Job,
    names: Names,
    source: Running,
}

// === impl Bench ===

impl<'a> Bench<'a> {
    fn new(job: &'a Job) -> Self {
        let mut source = Source::plain();
        (job.behaviour.set)(&mut source);
        let names = Names::of(&source);
        let source = source.start();
        Self { job, names, source }
    }

    fn run(&self, settings: &[Setting]) -> Vec<Ran> {
        let mut ran = Vec::new();
        for database in [false, true] {
            let mut same = settings
                .iter()
                .filter(|setting| setting.database == database)
                .peekable();
            if same.peek().is_none() {
                continue;
            }
            let checks = if database {
                self.source.database()
            } else {
                "off".to_owned()
            };
            let straight = self.outcome(&self.source.url(), &checks);
            for setting in same {
                ran.extend(self.through(*setting, &straight));
            }
        }
        ran
    }

    /// Both runs through a fresh server.
    fn through(&self, setting: Setting, straight: &Outcome) -> [Ran; 2] {
        let server = self.server(setting);
        let checks = if setting.database {
            self.source.database_behind_proxy()
        } else {
            "off".to_owned()
        };
        [false, true].map(|warm| {
            let through = self.outcome(&server.url(), &checks);
            Ran {
                behaviour: self.job.behaviour.name,
                command: self.job.command.name,
                mode: Mode { setting, warm },
                difference: straight.differs(&through),
                works: straight.works(),
                said: [straight.tail(), through.tail()],
            }
        })
    }

    fn server(&self, setting: Setting) -> Modkeep {
        let setup = Setup::new(BINARY, &self.source.url());
        let setup = setup.option("--prefetch", if setting.prefetch { "on" } else { "off" });
        if !setting.database {
            return setup.start();
        }
        let setup = setup.option("--verify", "required");
        setup.option("--sumdb", &self.source.database()).start()
    }

    /// Runs the command in a fresh home, against a source that begins anew.
    fn outcome(&self, goproxy: &str, checks: &str) -> Outcome {
        // Packages that were compiled before are the same ones: only modules must be fetched anew.
        let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("straight-gocache");
        let go = Go::new(goproxy)
            .env("GOFLAGS", "-modcacherw -mod=mod")
            .env("GOSUMDB", checks)
            .env("GOCACHE", &compiled.to_string_lossy())
            .limit(LIMIT);
        let project = self.job.command.project(&self.names);
        let arguments = self.job.command.arguments(&self.names);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.source.reset();
        let output = go.run(&arguments, project.path());
        Outcome::of(&output, &go, &project)
    }
}
