//! `cargo xtask fuzz`: builds fuzz targets with the usual toolchain, and runs them for a while.
//!
//! What libFuzzer needs of the compiler are counters at branches and comparisons, which are options of
//! LLVM that the stable compiler passes on. So neither a nightly compiler nor cargo-fuzz has to be
//! there. No address sanitizer is used: the code has no `unsafe` of its own; what is looked for are
//! panics, overflows, hangs, memory without a bound, and broken claims of the targets.

use crate::test::Needed;
use anyhow::{Context, Result, bail};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// What CI runs: the parsers that strangers reach first, and everything that is imported.
const CHECKED: [&str; 5] = ["info", "http2", "bundle", "bundle_import", "import"];

/// The feature of the targets that need a server or a store, and these.
const FEATURE: &str = "service";
const SERVICE: [&str; 3] = ["bundle_import", "http2", "import"];

/// Counters for libFuzzer.
const COVERAGE: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// One input may take this many seconds; most take less than a thousandth.
const INPUT_SECONDS: u32 = 30;

/// A target may take this much memory: a server, a store and the corpus.
const MEBIBYTES: u32 = 1024;

/// The longest input; what is longer says the same more slowly.
const LONGEST: u32 = 8192;

/// Lines of a failed target's output that are shown.
const SHOWN: usize = 60;

const COMPILER: Needed = Needed {
    program: "c++",
    probe: &["--version"],
    package: "g++",
    purpose: "libFuzzer",
};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Targets that run at the same time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Targets of `fuzz/fuzz_targets`; without any, those that CI runs.
    targets: Vec<String>,
}

/// A target that runs.
struct Running {
    name: String,
    child: Child,
    log: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    COMPILER.provide()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let fuzz = root.context("xtask lies in the repository")?.join("fuzz");
    let targets = if options.targets.is_empty() {
        CHECKED.map(str::to_owned).to_vec()
    } else {
        options.targets.clone()
    };
    let binaries = build(&fuzz, &targets)?;
    let mut failed = Vec::new();
    for together in targets.chunks(options.jobs.max(1)) {
        let running: Result<Vec<Running>> = together
            .iter()
            .map(|name| Running::start(&fuzz, &binaries, name, options.seconds))
            .collect();
        for running in running? {
            let name = running.name.clone();
            if !running.finish()? {
                failed.push(name);
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!(
        "found something: {}; the input lies in fuzz/artifacts",
        failed.join(", ")
    )
}

/// Builds the targets; gives the directory of the binaries.
fn build(fuzz: &Path, targets: &[String]) -> Result<PathBuf> {
    let host = host()?;
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(fuzz)
        .env("RUSTFLAGS", COVERAGE.join(" "))
        // With a target, build scripts and macros are left without counters.
        .args(["build", "--release", "--target", &host]);
    if targets
        .iter()
        .any(|target| SERVICE.contains(&target.as_str()))
    {
        command.args(["--features", FEATURE]);
    }
    for target in targets {
        command.args(["--bin", target]);
    }
    let status = command.status().context("cargo cannot be run")?;
    if !status.success() {
        bail!("the fuzz targets cannot be built");
    }
    let place = std::env::var_os("CARGO_TARGET_DIR");
    let place = place.map_or_else(|| fuzz.join("target"), PathBuf::from);
    Ok(place.join(host).join("release"))
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output();
    let output = output.context("rustc cannot be run")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("rustc does not say what it builds for")
}

// === impl Running ===

impl Running {
    fn start(fuzz: &Path, binaries: &Path, name: &str, seconds: u32) -> Result<Self> {
        let (corpus, artifacts) = (
            fuzz.join("corpus").join(name),
            fuzz.join("artifacts").join(name),
        );
        for directory in [&corpus, &artifacts] {
            fs::create_dir_all(directory)?;
        }
        let log = artifacts.join("log");
        let child = Command::new(binaries.join(name))
            .arg(&corpus)
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-timeout={INPUT_SECONDS}"))
            .arg(format!("-rss_limit_mb={MEBIBYTES}"))
            .arg(format!("-max_len={LONGEST}"))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg("-print_final_stats=1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("{name} cannot be run"))?;
        let name = name.to_owned();
        Ok(Self { name, child, log })
    }

    /// Waits for its end; whether nothing was found.
    fn finish(mut self) -> Result<bool> {
        let status = self.child.wait()?;
        let text = fs::read(&self.log)?;
        let text = String::from_utf8_lossy(&text);
        let figure = |label: &str| {
            let lines = text.lines();
            let mut found = lines.filter_map(|line| line.strip_prefix(&format!("stat::{label}:")));
            found.next_back().map_or("?", str::trim).to_owned()
        };
        let cover = text
            .lines()
            .rev()
            .find_map(|line| line.split("cov: ").nth(1));
        let cover = cover.and_then(|rest| rest.split(' ').next()).unwrap_or("?");
        println!(
            "fuzz {}: {} runs, {cover} branches, {} MB at most, {}",
            self.name,
            figure("number_of_executed_units"),
            figure("peak_rss_mb"),
            if status.success() {
                "nothing found"
            } else {
                "FOUND SOMETHING"
            }
        );
        if !status.success() {
            let lines: Vec<&str> = text.lines().collect();
            let from = lines.len().saturating_sub(SHOWN);
            println!("{}", lines.get(from..).unwrap_or_default().join("\n"));
        }
        Ok(status.success())
    }
}
