//! The command line, built from the table of options.

mod auth;
mod backup;
mod bundle;
#[cfg(test)]
mod documents;
mod gate;
mod options;
mod orders;
mod project;
mod publish;
mod token;
mod vuln;

pub(crate) use options::{data, given, prepared, settings, settings_of, unlogged};

use clap::{Arg, ArgAction, Command, ValueHint, builder::PossibleValuesParser};
use clap_complete::Shell;
use std::process::ExitCode;

const ABOUT: &str = "A Go module proxy that goes on serving when everything behind it is down";

const EXIT_CODES: &str = "Exit codes: 0 done, 1 problem found, 2 wrong usage or environment.\n`run` ends as its command did; `gate` has one for each step.";

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("modkeep")
        .version(env!("BUILD_VERSION"))
        .about(ABOUT)
        .after_help(format!(
            "Examples:\n  modkeep serve\n  modkeep run -- go build ./...\n  modkeep gate\n  eval \"$(modkeep env)\"\n\n{EXIT_CODES}"
        ))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([serve(), run(), env(), auth::auth(), store(), token::token(), sumdb(), audit(), zip(), publish::publish(), module(), project::why(), project::graph(), project::tidy_report(), project::whatif(), gate::gate(), vuln::vuln(), config(), doctor(), explain(), completions_command()])
}

/// The command line with the one command that go starts again and again.
pub(crate) fn auth_alone() -> Command {
    Command::new("modkeep").subcommand(auth::auth())
}

fn serve() -> Command {
    options::add(Command::new("serve").about("Serve modules over HTTP until told to stop (SIGTERM, SIGINT)").after_help(
        "Examples:\n  modkeep serve\n  modkeep serve --listen 0.0.0.0:3000 --data /var/lib/modkeep\n  \
         modkeep serve --upstream https://proxy.example.com,https://mirror.example.org --log-format json",
    ))
}

fn run() -> Command {
    let command = Arg::new("command")
        .required(true)
        .num_args(1..)
        .last(true)
        .value_name("COMMAND")
        .value_hint(ValueHint::CommandWithArguments)
        .help("The command and its arguments");
    options::add(
        Command::new("run")
            .about("Run a command with modkeep under it, and say what came from where")
            .after_help("Examples:\n  modkeep run -- go build ./...\n  modkeep run --data /tmp/modules -- go mod download -x")
            .arg(command),
    )
}

/// What of a server's configuration its clients depend on, and what is needed to reach it.
const ENV_OPTIONS: &[&str] = &[
    "listen",
    "upstream",
    "sumdb",
    "verify",
    "witness",
    "vulndb",
    "public-url",
    "data",
    "private",
    "no-sumdb",
    "private-upstream",
    "own-sumdb",
    "own-sumdb-scope",
    "ca",
    "credentials",
    "connect-timeout",
];

fn env() -> Command {
    let format = Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new([
            "shell",
            "powershell",
            "go-env-w",
            "json",
        ]))
        .default_value("shell")
        .help("Form of the lines");
    let url = Arg::new("url")
        .long("url")
        .value_name("URL")
        .help("Address of the server as clients reach it [default: what the server says, else --server, else http:// and --listen]");
    let server = Arg::new("server")
        .long("server")
        .value_name("URL")
        .value_hint(ValueHint::Url)
        .help("Ask the server at this URL what its clients need [env: MODKEEP_SERVER]");
    let egress = Arg::new("egress")
        .long("egress")
        .action(ArgAction::SetTrue)
        .conflicts_with("format")
        .help("List what a client, a build sandbox and the server must reach, as host and port");
    let env = Command::new("env")
        .about(
            "Print the settings that a client needs: the server's, and the rest as it is set here",
        )
        .arg(format)
        .arg(server)
        .arg(egress)
        .arg(url);
    options::add_some(env, ENV_OPTIONS).after_help(
        "Examples:\n  eval \"$(modkeep env)\"\n  eval \"$(modkeep env --server https://goproxy.example.com)\"\n  modkeep env --format go-env-w | sh\n  modkeep env --private '*.corp.example.com' --private-upstream https://modules.corp.example.com",
    )
}

fn store() -> Command {
    let verb = |name: &'static str, about: &'static str| {
        options::add_some(Command::new(name).about(about), &["data"])
    };
    Command::new("store")
        .about("Check, mend, export, import and decide about what is kept")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("Examples:\n  modkeep store verify\n  modkeep store verify --offline golang.org/x/text@v0.14.0\n  modkeep store export /backup/modules\n  GOPROXY=file:///backup/modules go build ./...\n  modkeep store export --bundle modules.bundle\n  modkeep store import modules.bundle\n  modkeep store backup /backup/2026-03-01\n  modkeep store withdraw example.com/m@v1.0.0 --reason 'it was never released'\n  modkeep store retire example.com/m@v1.0.0 --reason 'v1.0.1 mends it'\n  modkeep store resolve")
        .subcommands([
            verify(),
            verb("rebuild", "Make the catalog again from blobs and journal"),
            bundle::export(),
            bundle::import(),
            backup::backup(),
            backup::restore(),
            orders::withdraw(),
            orders::retire(),
            orders::resolve(),
        ])
}

fn verify() -> Command {
    let what = Arg::new("what")
        .value_name("MODULE[@VERSION]")
        .help("Only this module, or this version of it");
    let offline = Arg::new("offline")
        .long("offline")
        .action(ArgAction::SetTrue)
        .help("Ask nobody: use the store and the database's key alone");
    let key = bundle::key("The key of a further checksum database whose proofs are kept");
    let names = [options::REACHING, &["data", "sumdb"]].concat();
    options::add_some(
        Command::new("verify")
            .about("Hash everything that is kept again, and prove it against the checksum database")
            .arg(what)
            .arg(offline)
            .arg(key),
        &names,
    )
    .after_help("Examples:\n  modkeep store verify\n  modkeep store verify --offline golang.org/x/text@v0.14.0")
}

fn sumdb() -> Command {
    let name = || {
        Arg::new("name")
            .required(true)
            .value_name("NAME")
            .help("Name of the database: host/path, such as sum.corp.example.com/2026")
    };
    let verb = |name: &'static str, about: &'static str| {
        options::add_some(Command::new(name).about(about), &["data"])
    };
    let names = [options::REACHING, &["data", "sumdb"]].concat();
    let mirror = Command::new("mirror")
        .about("Keep every tile of the verified database's log; goes on where it was, ends when it is complete")
        .after_help("Examples:\n  modkeep sumdb mirror\n  modkeep sumdb mirror --data /var/lib/modkeep --rate 200");
    let mirror = options::add_as(
        options::add_some(mirror, &names),
        "sumdb-mirror-rate",
        "rate",
    );
    Command::new("sumdb")
        .about("Make checksum databases of this site's own, mirror the one that is verified with")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("Examples:\n  modkeep sumdb init sum.corp.example.com/2026\n  modkeep sumdb list\n  modkeep sumdb mirror\n  modkeep sumdb retire sum.corp.example.com/2026")
        .subcommands([
            verb("init", "Make the key of a new database and print what clients need").arg(name()),
            verb("list", "Print the databases that were made here, with their keys"),
            verb("retire", "Let a database take no further records; what it has stays served").arg(name()),
            mirror,
            verb("resume", "Believe a verified database again that told two histories, and print the evidence").arg(name()),
        ])
}

fn audit() -> Command {
    let url = Arg::new("url")
        .required(true)
        .value_name("URL")
        .value_hint(ValueHint::Url)
        .help("A proxy that serves the database, the database itself, or a log of tiles such as http://SERVER/-/journal");
    let key = Arg::new("key")
        .long("key")
        .value_name("NAME+KEY")
        .help("The log's key; of sum.golang.org the name is enough");
    let state = Arg::new("state")
        .long("state")
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .value_parser(clap::value_parser!(std::path::PathBuf))
        .help("Where the newest head is remembered, to be compared with the next time");
    let inclusions = Arg::new("inclusions")
        .long("inclusions")
        .value_name("N")
        .default_value("20")
        .help("How many entries are looked up at random");
    options::add_some(
        Command::new("audit")
            .about("Check a checksum database or a journal from outside")
            .arg(url)
            .arg(key)
            .arg(state)
            .arg(inclusions),
        &["ca"],
    )
    .after_help(
        "Examples:\n  modkeep audit http://127.0.0.1:3000 --key \"$(go env GOSUMDB)\" --state sum.head\n  \
         modkeep audit http://127.0.0.1:3000/-/journal --state journal.head",
    )
}

fn path(name: &'static str, value_name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .value_name(value_name)
        .value_hint(ValueHint::AnyPath)
        .value_parser(clap::value_parser!(std::path::PathBuf))
        .help(help)
}

fn zip() -> Command {
    let file = || path("file", "FILE", "A module zip").required(true);
    let target = || {
        Arg::new("target")
            .required(true)
            .value_name("MODULE@VERSION")
            .help("What the zip is of")
    };
    Command::new("zip")
        .about("Hash, check and make module zips by Go's rules")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(
            "Examples:\n  modkeep zip hash v1.0.0.zip\n  modkeep zip check v1.0.0.zip example.com/x@v1.0.0\n  \
             modkeep zip create . example.com/x@v1.0.0 -o x.zip",
        )
        .subcommands([
            Command::new("hash").about("Print the h1 of a module zip").arg(file()),
            Command::new("check").about("Exit with 1 and one line a problem if go would refuse it").arg(file()).arg(target()),
            Command::new("create")
                .about("Make the zip of a module in a directory and print its h1")
                .arg(path("directory", "DIR", "The module's root").required(true))
                .arg(target())
                .arg(path("output", "FILE", "The zip to write").short('o').long("output").required(true)),
        ])
}

fn module() -> Command {
    let file = || path("file", "FILE", "A go.mod").required(true);
    let directory =
        || path("directory", "DIR", "A directory of the main module").default_value(".");
    let files = Arg::new("files")
        .long("files")
        .action(ArgAction::SetTrue)
        .help("Print every go.mod and zip that go reads, with its hashes, size and address; all are fetched");
    let format = Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new(["json", "bazel", "bazel-workspace", "nix"]))
        .default_value("json")
        .requires("files")
        .help("Form of the list of files: JSON, go_deps.module or go_repository of gazelle, gomod2nix.toml");
    let base_url = Arg::new("base-url")
        .long("base-url")
        .value_name("URL")
        .value_hint(ValueHint::Url)
        .requires("files")
        .help("What addresses of files begin with [default: the upstream that served them]");
    Command::new("mod")
        .about("Hash and format go.mod files, compute module graphs")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("Examples:\n  modkeep mod hash go.mod\n  modkeep mod fmt go.mod\n  modkeep mod buildlist\n  modkeep mod buildlist --files --format nix > gomod2nix.toml\n  modkeep mod graph ./service")
        .subcommands([
            Command::new("hash").about("Print the h1 of a go.mod, as go.sum has it").arg(file()),
            Command::new("fmt").about("Print a go.mod, or a go.work by its name, as `go mod edit -fmt` writes it").arg(file()),
            options::add_some(Command::new("graph").about("Print the module graph, as `go mod graph`").arg(directory()), options::REACHING),
            options::add_some(Command::new("buildlist").about("Print the selected versions, as `go list -m all`, or every file of them").args([directory(), files, format, base_url]), options::REACHING),
        ])
}

fn config() -> Command {
    let origin = Arg::new("origin")
        .long("origin")
        .action(ArgAction::SetTrue)
        .help("Say where each value comes from");
    let nested = Arg::new("nested")
        .long("nested")
        .action(ArgAction::SetTrue)
        .help("Print the keys in their sections");
    let offline = Arg::new("offline")
        .long("offline")
        .action(ArgAction::SetTrue)
        .help("Ask no issuer");
    Command::new("config")
        .about("Show and check the configuration")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("Examples:\n  modkeep config show --origin\n  modkeep config check --config modkeep.toml\n  modkeep config template > modkeep.toml\n  modkeep config schema > modkeep.schema.json")
        .subcommands([
            options::add(Command::new("show").about("Print every value in effect, as a configuration file").args([origin, nested])),
            options::add(Command::new("check").about("Exit with 2 and the first problem if serve would not start with it; asks the issuers of [auth]").arg(offline)),
            Command::new("schema").about("Print the JSON Schema of the configuration file"),
            Command::new("template").about("Print a configuration file with every key, its meaning and its default"),
        ])
}

fn doctor() -> Command {
    let what = Arg::new("what")
        .value_name("TEXT|CODE|CAUSE|CASE|ID")
        .help("A pasted error, - to read one, a code such as MK4004, a cause such as http/403, the number of a case, or the id of a request; without it this machine is looked at");
    let sums = Arg::new("sums")
        .long("sums")
        .value_name("MODULE@VERSION")
        .conflicts_with_all(["what", "command", "fix", "undo"])
        .help("Compare what go.sum, the module cache, every proxy and the checksum database have for a version");
    let json = Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("Print JSON");
    let fix = Arg::new("fix")
        .long("fix")
        .action(ArgAction::SetTrue)
        .conflicts_with("json")
        .help("Show what can be done about it, ask, and do it; never weakens verification");
    let yes = Arg::new("yes")
        .long("yes")
        .action(ArgAction::SetTrue)
        .requires("fix")
        .help("Do it without asking");
    let undo = Arg::new("undo")
        .long("undo")
        .action(ArgAction::SetTrue)
        .conflicts_with_all(["fix", "what", "command"])
        .help("Take back what --fix did last");
    let command = Arg::new("command")
        .num_args(1..)
        .last(true)
        .value_name("COMMAND")
        .value_hint(ValueHint::CommandWithArguments)
        .conflicts_with("what")
        .help("Run this command, and say why it failed");
    let moved = Arg::new("moved")
        .long("moved")
        .value_name("MODULE[@VERSION]")
        .value_parser(crate::doctor_command::parse_moved)
        .conflicts_with_all(["what", "command", "fix", "undo"])
        .help("Say where a module went that is no longer where it was, by what its sources say");
    let ask = Arg::new("ask")
        .long("ask")
        .action(ArgAction::SetTrue)
        .help("Behind an error about a module that moved or is gone, look for it as --moved does; on a terminal that is done anyway");
    let mirrors = Arg::new("mirrors")
        .long("mirrors")
        .value_name("LIST")
        .help("Public proxies to ask, side by side, where one is not reached; without a text they are asked at once; off asks nobody [env: MODKEEP_MIRRORS] [default: the one that failed, goproxy.cn, goproxy.io, mirrors.aliyun.com]");
    let server = Arg::new("server")
        .long("server")
        .value_name("URL")
        .value_hint(ValueHint::Url)
        .help("This site's own modkeep, to ask beside them [env: MODKEEP_SERVER]");
    options::add_some(
        Command::new("doctor")
            .about("Say why something failed, and what mends it")
            .args([what, sums, json, fix, yes, undo, moved, ask, mirrors, server, command]),
        &["data"],
    )
    .after_help("Examples:\n  modkeep doctor\n  modkeep doctor -- go mod download\n  modkeep doctor - < build.log\n  modkeep doctor --fix -- go build ./...\n  modkeep doctor --undo\n  modkeep doctor MK4004\n  modkeep doctor 17\n  modkeep doctor --sums example.com/m@v1.0.0\n  modkeep doctor --moved example.com/old@v1.2.3\n  modkeep doctor --mirrors https://goproxy.cn,https://goproxy.io")
}

fn explain() -> Command {
    let code = Arg::new("code")
        .required(true)
        .value_name("CODE")
        .help("A code such as MK2003, or a text that contains one");
    Command::new("explain")
        .about("Explain an MK code")
        .arg(code)
        .after_help("Examples:\n  modkeep explain MK2003")
}

fn completions_command() -> Command {
    let shell = Arg::new("shell")
        .required(true)
        .value_name("SHELL")
        .value_parser(clap::value_parser!(Shell))
        .help("The shell to complete for");
    Command::new("completions")
        .about("Print a script that completes commands and options")
        .arg(shell)
        .after_help("Examples:\n  modkeep completions bash > /etc/bash_completion.d/modkeep")
}

/// Prints the script for one shell.
pub(crate) fn completions(matches: &clap::ArgMatches) -> ExitCode {
    if let Some(shell) = matches.get_one::<Shell>("shell") {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut command(), "modkeep", &mut script);
        crate::output::text(&String::from_utf8_lossy(&script));
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_agrees_with_itself() {
        super::command().debug_assert();
    }
}
