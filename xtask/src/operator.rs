//! Operator: the first week of whoever puts modkeep into production, in some minutes.
//!
//! A service user without HOME and without `go`, nginx in front (TLS, HTTP/2, below a path), a real
//! Prometheus that scrapes, a private upstream with credentials, a checksum database of the site's own,
//! an air-gapped second site, a backup and its restore; and, while real `go` clients download, restarts
//! and upgrades. Each step says what it showed, or ends the run with what it saw.
//!
//! All of it happens in a network namespace of its own, where only its loopback device exists: nothing
//! here can reach anybody. It needs root or user namespaces, and nginx, Prometheus, openssl, setpriv and
//! `go`; what is missing is said before anything starts.

mod clients;
mod commands;
mod week;

use crate::bench::programs::build_modkeep;
use anyhow::{Context as _, ensure};
use clap::Args;
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use week::Week;

/// What every step starts from.
const PROGRAMS: [&str; 6] = ["nginx", "prometheus", "openssl", "setpriv", "go", "ip"];

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The binary; by default it is built in release mode.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// The release before it, for the upgrades; without it they are left out, and that is said.
    #[arg(long)]
    before: Option<PathBuf>,
    /// Restarts under load.
    #[arg(long, default_value_t = 20)]
    restarts: usize,
    /// Upgrades under load.
    #[arg(long, default_value_t = 20)]
    upgrades: usize,
    /// Set by the run itself once it is in its namespace.
    #[arg(long, hide = true)]
    inside: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if !options.inside {
        return enter(options);
    }
    let binary = options
        .binary
        .as_deref()
        .context("the binary is not named")?;
    commands::succeed(Command::new("ip").args(["link", "set", "lo", "up"]))?;
    let mut week = Week::begin(binary)?;
    week.start()?;
    week.clients_take_their_settings()?;
    week.own_database()?;
    week.prometheus_scrapes()?;
    week.restarts(options.restarts)?;
    week.backup_and_restore()?;
    week.air_gap()?;
    match &options.before {
        Some(before) => week.upgrades(before, options.upgrades)?,
        None => println!("NOT SHOWN: upgrades (name the release before with --before)"),
    }
    week.end()
}

/// Runs this once more in a network namespace of its own.
fn enter(options: &Options) -> anyhow::Result<()> {
    for program in PROGRAMS {
        let found = Command::new("sh")
            .args(["-c", &format!("command -v {program}")])
            .output()?;
        ensure!(
            found.status.success(),
            "{program} is needed and not installed"
        );
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let binary = match &options.binary {
        Some(binary) => binary.canonicalize()?,
        None => build_modkeep(&root)?.canonicalize()?,
    };
    let mut command = Command::new("unshare");
    if !commands::is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.arg("--net").arg(std::env::current_exe()?);
    command
        .args(["operator", "--inside", "--binary"])
        .arg(binary);
    if let Some(before) = &options.before {
        command.arg("--before").arg(before.canonicalize()?);
    }
    command.args(["--restarts", &options.restarts.to_string()]);
    command.args(["--upgrades", &options.upgrades.to_string()]);
    let status = command.status()?;
    ensure!(status.success(), "the week was not without failures");
    Ok(())
}
