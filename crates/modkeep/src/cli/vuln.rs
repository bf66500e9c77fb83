//! `modkeep vuln`.

use super::options;
use clap::{Arg, Command, ValueHint};

const EXAMPLES: &str = "Examples:
  modkeep vuln update
  modkeep vuln update vulndb.zip --advisories /etc/modkeep/advisories
  modkeep vuln status
  modkeep vuln show golang.org/x/text@v0.3.5 stdlib@go1.21.3

A server offers it to the stock client:
  govulncheck -db http://127.0.0.1:3000/-/vuln ./...";

pub(super) fn vuln() -> Command {
    let names = [options::REACHING, &["data", "vulndb", "advisories"]].concat();
    let source = Arg::new("source")
        .value_name("URL|FILE|DIR")
        .num_args(0..)
        .value_hint(ValueHint::AnyPath)
        .help("Public databases in place of --vulndb: a URL, a zip, a directory");
    let force = Arg::new("force")
        .long("force")
        .value_name("REASON")
        .help("Take data that is older than what is kept, or cannot be compared with it; the reason is kept and journalled");
    let update = Command::new("update")
        .about("Fetch the public database, merge the site's advisories, and keep it")
        .arg(source)
        .arg(force)
        .after_help("Examples:\n  modkeep vuln update\n  modkeep vuln update vulndb.zip\n  modkeep vuln update --force 'the mirror was set back by its keeper' vulndb.zip");
    let what = Arg::new("what")
        .value_name("MODULE@VERSION")
        .num_args(1..)
        .required(true)
        .help(
            "What is asked about; Go itself is stdlib and toolchain, at a release such as go1.21.3",
        );
    let show = Command::new("show")
        .about("Print what is known of a version; exits with 1 if it is vulnerable")
        .arg(what);
    let status =
        Command::new("status").about("Print what the kept database is made of and how old it is");
    Command::new("vuln")
        .about("Keep a vulnerability database, for the gate and for govulncheck")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(EXAMPLES)
        .subcommands([
            options::add_some(update, &names),
            options::add_some(status, &["data"]),
            options::add_some(show, &["data"]),
        ])
}
