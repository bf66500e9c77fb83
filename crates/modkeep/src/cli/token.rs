//! `token create`, `token list` and `token revoke`.

use super::options;
use clap::{Arg, ArgAction, Command};

const EXAMPLES: &str = "Examples:
  modkeep token create ci --scope 'read:corp.example/*' --expires 90d
  modkeep token create release --scope 'read:corp.example/* publish:corp.example/tools' --expires 7d
  modkeep token list
  modkeep token revoke ci

The token is printed once, on standard output; only its hash is kept. Give it to go by netrc,
  machine goproxy.example.com login any password TOKEN
(with HOST:PORT where the port is not 443), or by GOAUTH='modkeep auth ...'. go sends it over https only.
A running server knows of changes within a second.";

fn json() -> Arg {
    Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("Print JSON")
}

fn create() -> Command {
    let name = Arg::new("name")
        .value_name("NAME")
        .required(true)
        .help("Who or what it is for; the journal and rules call its bearer so");
    let scope = Arg::new("scope")
        .long("scope")
        .value_name("SCOPES")
        .required(true)
        .action(ArgAction::Append)
        .help("What it may do: read, publish or administer, with :PATTERNS for some modules only");
    let expires = Arg::new("expires")
        .long("expires")
        .value_name("TIME")
        .default_value("90d")
        .help("How long it is good: 90d, 12h, or never");
    let command = Command::new("create")
        .about("Make a token and print it once")
        .args([name, scope, expires, json()]);
    options::add_some(command, &["data"])
}

fn list() -> Command {
    let command = Command::new("list")
        .about("Show all tokens: id, name, scopes, end, last use")
        .arg(json());
    options::add_some(command, &["data"])
}

fn revoke() -> Command {
    let token = Arg::new("token")
        .value_name("TOKEN")
        .required(true)
        .help("Its id, or its name if only one has it");
    let command = Command::new("revoke").about("Take a token back").arg(token);
    options::add_some(command, &["data"])
}

pub(super) fn token() -> Command {
    Command::new("token")
        .about("Make, show and take back the tokens by which callers are known")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(EXAMPLES)
        .subcommands([create(), list(), revoke()])
}
