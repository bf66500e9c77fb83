//! `store export` and `store import`: a tree or a bundle.

use super::{options, path};
use clap::{Arg, ArgAction, Command, ValueHint};
use std::path::PathBuf;

const EXPORTING: &str = "Examples:
  modkeep store export /backup/modules
  modkeep store export --bundle modules.bundle
  modkeep store export --bundle build.bundle --go-sum go.sum
  modkeep store export --bundle some.bundle golang.org/x/text golang.org/x/mod@v0.20.0

A bundle holds artifacts, their proofs and the checksum database's tree head; docs/bundle.md says how.
The far side proves it with its own keys before it keeps a byte of it.";

const IMPORTING: &str = "Examples:
  modkeep store import modules.bundle
  modkeep store import --check modules.bundle
  modkeep store import --private '*.corp.example.com' modules.bundle
  modkeep store import --sumdb sum.example.com+1234abcd+KEY modules.bundle
  modkeep store import ~/go/pkg/mod

Of a bundle in which anything is wrong nothing is kept, and each problem is named with its place.";

/// A key beside that of `--sumdb`.
pub(super) fn key(help: &'static str) -> Arg {
    Arg::new("key")
        .long("key")
        .value_name("NAME+KEY")
        .action(ArgAction::Append)
        .help(help)
}

pub(super) fn export() -> Command {
    let what = Arg::new("what")
        .value_name("DIR|MODULE[@VERSION]")
        .num_args(1..)
        .value_hint(ValueHint::DirPath)
        .required_unless_present("bundle")
        .help(
            "Where to write a tree; made if missing. With --bundle: only these modules or versions",
        );
    let names = [options::REACHING, &["data", "sumdb", "private", "no-sumdb"]].concat();
    let command = Command::new("export")
        .about("Write what is kept as a tree that GOPROXY=file://DIR accepts, or as a bundle")
        .arg(what)
        .args(choices());
    options::add_some(command, &names).after_help(EXPORTING)
}

fn choices() -> [Arg; 4] {
    let bundle = path(
        "bundle",
        "FILE",
        "Write a bundle, for a site that reaches nobody",
    );
    let go_sum = path(
        "go-sum",
        "FILE",
        "Only what this go.sum names; may be given again",
    )
    .action(ArgAction::Append)
    .requires("bundle");
    let since = Arg::new("since")
        .long("since")
        .value_name("RECORDS")
        .action(ArgAction::Append)
        .requires("bundle")
        .value_parser(clap::value_parser!(u64).range(1..))
        .help("Size of the newest tree head on the far side, where that came from elsewhere");
    [
        bundle.long("bundle"),
        go_sum.long("go-sum"),
        since,
        key("The key of a further checksum database whose proofs are kept").requires("bundle"),
    ]
}

pub(super) fn import() -> Command {
    let from = path(
        "from",
        "BUNDLE|DIR",
        "A bundle, a tree that was exported, a GOMODCACHE, or the cache/download of one",
    )
    .value_parser(clap::value_parser!(PathBuf))
    .required(true);
    let check = Arg::new("check")
        .long("check")
        .action(ArgAction::SetTrue)
        .help("Look at a bundle, and keep nothing");
    let allow = Arg::new("allow-unproven")
        .long("allow-unproven")
        .action(ArgAction::SetTrue)
        .help("Keep artifacts of a bundle that nothing proves; they are marked, and proven before they are served where proof is required");
    let command = Command::new("import")
        .about("Keep what a bundle, an exported tree or a Go module cache holds")
        .arg(from)
        .arg(check)
        .arg(allow)
        .arg(key(
            "The key of a further checksum database that is believed",
        ));
    options::add_some(command, &["data", "sumdb", "private", "no-sumdb"]).after_help(IMPORTING)
}
