//! `publish`: a version is sent to a server.

use super::options;
use clap::{Arg, ArgAction, Command, ValueHint};

const PUBLISHING: &str = "Examples:
  modkeep publish corp.example.com/lib@v1.2.0 --to https://goproxy.example.com
  modkeep publish ./lib corp.example.com/mono/lib@v1.2.0 --to https://goproxy.example.com --dry-run
  modkeep publish lib.zip corp.example.com/lib@v1.2.0 --to http://127.0.0.1:3000

In a git checkout it is the commit that is checked out which is published, as `go` would get it from the tag:
tracked files only, without vendor directories and nested modules, with the LICENSE of the root. A checkout
with changed or untracked files is refused. Elsewhere it is the files of the directory, as `zip create` takes
them. A zip is sent as it is.

The server is told who publishes by the entry of its host (with the port, if the URL has one) in the netrc file
of go ($NETRC, else ~/.netrc), or by --token-file. Both go over https, or to this machine, and nowhere else.

Exit codes: 0 published, or there already with the same content; 1 refused, by the server or because of what
is to be published; 2 wrong usage, or the server was not reached.";

pub(super) fn publish() -> Command {
    let what = Arg::new("what")
        .required(true)
        .num_args(1..=2)
        .value_names(["DIR|ZIP", "MODULE@VERSION"])
        .value_hint(ValueHint::AnyPath)
        .help("The module's directory [default: .] or its zip, and what it is published as");
    let to = Arg::new("to")
        .long("to")
        .value_name("URL")
        .value_hint(ValueHint::Url)
        .help("The server [env: MODKEEP_SERVER]");
    let dry_run = switch(
        "dry-run",
        "List what goes in, with sizes and its h1; send nothing",
    );
    let dirty = switch(
        "allow-dirty",
        "Publish the tracked files as they are now, though they are not committed so",
    );
    let json = switch("json", "Print what was published as JSON");
    let token = Arg::new("token-file")
        .long("token-file")
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .value_parser(clap::value_parser!(std::path::PathBuf))
        .help("A file with a bearer token, in place of netrc");
    let command = Command::new("publish")
        .about("Publish a version of a module to a server, once and for all")
        .arg(what)
        .arg(to)
        .arg(dry_run)
        .arg(dirty)
        .arg(json)
        .arg(token);
    options::add_some(command, &["ca", "connect-timeout"]).after_help(PUBLISHING)
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}
