//! The command line, built from the table of options.

mod options;

pub(crate) use options::{given, settings};

use clap::{Arg, ArgAction, Command, ValueHint, builder::PossibleValuesParser};
use clap_complete::Shell;
use std::process::ExitCode;

const ABOUT: &str = "A Go module proxy that goes on serving when everything behind it is down";

const EXIT_CODES: &str = "Exit codes: 0 done, 1 a problem was found, 2 wrong usage or environment. `run` ends as its command ended.";

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("modkeep")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(format!(
            "Examples:\n  modkeep serve\n  modkeep run -- go build ./...\n  eval \"$(modkeep env)\"\n\n{EXIT_CODES}"
        ))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([serve(), run(), env(), store(), config(), explain(), completions_command()])
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

fn env() -> Command {
    let format = Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new(["shell", "powershell", "go-env-w", "json"]))
        .default_value("shell")
        .help("Form of the lines");
    let url = Arg::new("url").long("url").value_name("URL").help("Address of the server as clients reach it [default: http:// and --listen]");
    let env = Command::new("env").about("Print the settings that a client needs").arg(format).arg(url);
    options::add_some(env, &["listen"]).after_help(
        "Examples:\n  eval \"$(modkeep env)\"\n  modkeep env --format go-env-w | sh\n  modkeep env --url https://modules.example.com",
    )
}

fn store() -> Command {
    let directory = |name: &'static str, help: &'static str| {
        Arg::new(name).required(true).value_name("DIR").value_hint(ValueHint::DirPath).value_parser(clap::value_parser!(std::path::PathBuf)).help(help)
    };
    let verb = |name: &'static str, about: &'static str| options::add_some(Command::new(name).about(about), &["data"]);
    Command::new("store")
        .about("Check, mend, export and import what is kept")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("Examples:\n  modkeep store verify\n  modkeep store export /backup/modules\n  GOPROXY=file:///backup/modules go build ./...")
        .subcommands([
            verb("verify", "Read everything that is kept and compare it with its hashes"),
            verb("rebuild", "Make the catalog again from blobs and journal"),
            verb("export", "Write everything kept as a tree that GOPROXY=file://DIR accepts")
                .arg(directory("directory", "Where to write; made if missing")),
            verb("import", "Keep what such a tree or a Go module cache holds")
                .arg(directory("directory", "An export, a GOMODCACHE, or the cache/download of one")),
        ])
}

fn config() -> Command {
    let origin = Arg::new("origin").long("origin").action(ArgAction::SetTrue).help("Say where each value comes from");
    Command::new("config")
        .about("Show and check the configuration")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("Examples:\n  modkeep config show --origin\n  modkeep config check --config modkeep.toml\n  modkeep config schema > modkeep.toml")
        .subcommands([
            options::add(Command::new("show").about("Print every value in effect, as a configuration file").arg(origin)),
            options::add(Command::new("check").about("Exit with 2 and the first problem if serve would not start with it")),
            Command::new("schema").about("Print a configuration file with every key, its meaning and its default"),
        ])
}

fn explain() -> Command {
    let code = Arg::new("code").required(true).value_name("CODE").help("A code such as MK2003, or a text that contains one");
    Command::new("explain").about("Explain an MK code").arg(code).after_help("Examples:\n  modkeep explain MK2003")
}

fn completions_command() -> Command {
    let shell = Arg::new("shell").required(true).value_name("SHELL").value_parser(clap::value_parser!(Shell)).help("The shell to complete for");
    Command::new("completions").about("Print a script that completes commands and options").arg(shell).after_help(
        "Examples:\n  modkeep completions bash > /etc/bash_completion.d/modkeep",
    )
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
