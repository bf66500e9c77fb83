//! `store backup` and `store restore`.

use super::{options, path};
use clap::Command;
use std::path::PathBuf;

const BACKING_UP: &str = "Examples:
  modkeep store backup /backup/2026-03-01 --data /var/lib/modkeep

It works beside a running server, and copies everything as of one moment; the directory must be empty, or
hold a backup that was interrupted. Keys are in it: keep it as secret as the data directory.";

const RESTORING: &str = "Examples:
  modkeep store restore /backup/2026-03-01 --data /var/lib/modkeep

The data directory must be missing or empty. The journal of the restored store says what it was restored
from and goes on under another name, so nobody takes it for a fork of the old one. Checksum databases of
the site's own are stopped until somebody says that they signed nothing after the backup.";

pub(super) fn backup() -> Command {
    let target = path("backup", "DIR", "Where to write it; made if missing")
        .value_parser(clap::value_parser!(PathBuf))
        .required(true);
    let command = Command::new("backup")
        .about("Copy everything that is kept, as of one moment, while a server serves it")
        .arg(target);
    options::add_some(command, &["data"]).after_help(BACKING_UP)
}

pub(super) fn restore() -> Command {
    let from = path("backup", "DIR", "A complete backup")
        .value_parser(clap::value_parser!(PathBuf))
        .required(true);
    let command = Command::new("restore")
        .about("Make a data directory of a backup")
        .arg(from);
    options::add_some(command, &["data"]).after_help(RESTORING)
}
