//! The site under attack: a source with a checksum database that lies about some modules, and the
//! server, which may be killed.

use super::{customer::Answered, wire};
use anyhow::ensure;
use std::{
    collections::HashMap,
    fmt::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use testkit::{
    database::Database,
    fixture::{Corpus, Module},
    server::{Modkeep, Setup},
    upstream::{FakeUpstream, Fault, Target},
};

/// How far away the source is.
const LATENCY: Duration = Duration::from_millis(50);

/// Modules that customers ask for again and again.
const WARM: usize = 100;

/// Modules that customers ask for once.
const COLD: usize = 6_000;

/// Modules of which the source has other bytes than the log.
const LIES: usize = 50;

/// Large zips, which hostile clients ask for and do not read.
const LARGE: usize = 4;

/// go.mod files of many megabytes.
const LARGE_GO_MODS: usize = 8;

/// Lines of such a go.mod: about 14 MiB.
const LINES: usize = 300_000;

/// Answers that are asked for again after each kill.
pub(super) const CHECKED_AGAIN: usize = 2_000;

/// What every path has to be answered with, if it is answered.
pub(super) type Truth = HashMap<String, Vec<u8>>;

pub(super) struct Site {
    setup: Setup,
    server: Modkeep,
    upstream: FakeUpstream,
    truth: Arc<Truth>,
}

// === impl Site ===

impl Site {
    pub(super) fn new(binary: &Path) -> Self {
        let mut database = Database::new("sum.example.com/soak", 7);
        let (mut corpus, mut truth) = (Corpus::new(), Truth::new());
        let mut lies = Vec::new();
        for module in modules() {
            database.log(&module);
            corpus.add(&module);
            let base = format!("/{}/@v/{}", module.path(), module.version());
            truth.insert(format!("{base}.mod"), module.mod_file());
            truth.insert(format!("{base}.zip"), module.zip());
            if module.path().starts_with("lies") {
                lies.push(format!("{}/@v/", module.path()));
            }
        }
        database.publish(&mut corpus);
        let upstream = FakeUpstream::start(corpus);
        upstream.latency(LATENCY);
        for (number, lie) in lies.into_iter().enumerate() {
            let fault = match number % 4 {
                0 => Fault::flipped_bit(100, 3),
                1 => Fault::kept_short(50),
                2 => Fault::Cut { after: 60 },
                _ => Fault::Stall { after: 60 },
            };
            upstream.always(Target::Prefix(lie), fault);
        }
        let setup = Setup::new(PathBuf::from(binary), &upstream.url())
            .option("--verify", "required")
            .option("--sumdb", &database.key());
        let server = setup.clone().start();
        Self {
            setup,
            server,
            upstream,
            truth: Arc::new(truth),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(super) fn process(&self) -> u32 {
        self.server.pid()
    }

    pub(super) fn truth(&self) -> Arc<Truth> {
        Arc::clone(&self.truth)
    }

    /// A new server on a new data directory.
    pub(super) fn begin_anew(&mut self) {
        self.server.kill();
        self.server = self.setup.clone().start();
    }

    /// Kills the server and starts it again with the source gone: gives how many of the answers
    /// that were whole before are not there, or not the same.
    pub(super) async fn kill_and_check(&mut self, answered: &[Answered]) -> anyhow::Result<u64> {
        self.server.kill();
        self.upstream.refuse();
        self.server.start();
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut stream = wire::connect(anywhere, self.address()).await?;
        let mut lost = 0;
        for Answered { path, body } in answered.iter().take(CHECKED_AGAIN) {
            let answer = wire::ask(&mut stream, path).await?;
            lost += u64::from(answer.status != 200 || answer.body != *body);
        }
        self.upstream.accept();
        ensure!(!answered.is_empty(), "nothing was answered before the kill");
        Ok(lost)
    }
}

/// The paths that customers ask for again and again.
pub(super) fn warm() -> Vec<String> {
    let files = ["mod", "zip"];
    let paths = (0..WARM).map(|n| format!("/warm.example.com/m{n}/@v/v1.0.0.{}", files[n % 2]));
    paths.collect()
}

/// The paths that customers ask for once.
pub(super) fn cold() -> impl Iterator<Item = String> + Send {
    (0..COLD).map(|n| format!("/cold.example.com/m{n}/@v/v1.0.0.mod"))
}

/// A large zip.
pub(super) fn large(number: usize) -> String {
    format!("/large.example.com/m{}/@v/v1.0.0.zip", number % LARGE)
}

/// A version about which the source lies.
pub(super) fn lie(number: usize) -> String {
    let kind = if number.is_multiple_of(2) {
        "mod"
    } else {
        "zip"
    };
    format!("/lies.example.com/m{}/@v/v1.0.0.{kind}", number % LIES)
}

/// A go.mod of many megabytes.
pub(super) fn large_go_mod(number: usize) -> String {
    format!(
        "/heavy.example.com/m{}/@v/v1.0.0.mod",
        number % LARGE_GO_MODS
    )
}

fn modules() -> Vec<Module> {
    let named = |host: &str, count: usize| {
        let host = host.to_owned();
        (0..count).map(move |n| Module::new(&format!("{host}.example.com/m{n}"), "v1.0.0"))
    };
    let mut modules: Vec<Module> = named("warm", WARM)
        .enumerate()
        .map(|(n, module)| module.noise(n as u64, 40_000))
        .collect();
    modules.extend(named("cold", COLD));
    modules.extend(named("lies", LIES).map(|module| module.noise(5, 3_000)));
    modules.extend(named("large", LARGE).map(|module| module.noise(6, 9 << 20)));
    modules.extend(named("heavy", LARGE_GO_MODS).map(|module| {
        let mut text = format!("module {}\n\ngo 1.20\n\nrequire (\n", module.path());
        for line in 0..LINES {
            let _ = writeln!(text, "\texample.com/{line}/with/a/long/name v1.0.{line}");
        }
        text.push_str(")\n");
        module.go_mod(&text)
    }));
    modules
}
