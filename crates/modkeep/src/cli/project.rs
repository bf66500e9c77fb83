//! The commands that answer questions about a project's dependencies.

use super::options;
use clap::{Arg, ArgAction, Command, ValueHint, builder::PossibleValuesParser, value_parser};

fn directory() -> Arg {
    super::path("directory", "DIR", "A directory of the main module").default_value(".")
}

fn json() -> Arg {
    Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("Print the answer as JSON")
}

fn server() -> Arg {
    Arg::new("server")
        .long("server")
        .value_name("URL")
        .value_hint(ValueHint::Url)
        .conflicts_with("upstream")
        .help("A modkeep to ask for everything, instead of upstreams and the data directory [env: MODKEEP_SERVER]")
}

fn reaching(command: Command) -> Command {
    options::add_some(command.arg(directory()), options::REACHING).arg(server())
}

pub(super) fn why() -> Command {
    let module = Arg::new("module")
        .required(true)
        .value_name("MODULE|PACKAGE")
        .help("The path of a module or of a package; also go, for the Go version");
    let paths = Arg::new("paths")
        .long("paths")
        .value_name("N")
        .value_parser(value_parser!(usize))
        .default_value("10")
        .help("How many paths are shown, shortest first");
    let no_packages = Arg::new("no-packages")
        .long("no-packages")
        .action(ArgAction::SetTrue)
        .help("Answer from go.mod files alone: modules only, and not whether only tests or one build need it");
    reaching(
        Command::new("why")
            .about("Say why a module or a package is there, and which requirement decides its version")
            .arg(module),
    )
    .arg(paths)
    .arg(no_packages)
    .arg(json())
    .after_help("Examples:\n  modkeep why golang.org/x/text\n  modkeep why golang.org/x/text/language\n  modkeep why go --paths 3\n  modkeep why golang.org/x/sys ./service --json")
}

pub(super) fn graph() -> Command {
    let format = Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new([
            "text", "dot", "mermaid", "json",
        ]))
        .default_value("text")
        .help("Form of the graph; text is that of `go mod graph`");
    let depth = Arg::new("depth")
        .long("depth")
        .value_name("N")
        .value_parser(value_parser!(usize))
        .help("Only requirements within N steps of the main module");
    let to = Arg::new("to")
        .long("to")
        .value_name("MODULE")
        .help("Only requirements on a path to this module");
    reaching(Command::new("graph").about("Draw the module graph, or the part that leads to a module"))
        .arg(format)
        .arg(depth)
        .arg(to)
        .after_help("Examples:\n  modkeep graph --to golang.org/x/text\n  modkeep graph --format dot --depth 2 | dot -Tsvg > modules.svg\n  modkeep graph --format mermaid ./service")
}

pub(super) fn tidy_report() -> Command {
    reaching(Command::new("tidy-report").about("Say what each requirement is for and what it alone brings in"))
        .arg(json())
        .after_help("Examples:\n  modkeep tidy-report\n  modkeep tidy-report ./service --json\n\nExit code 1: no package imports one of the direct requirements.")
}

pub(super) fn whatif() -> Command {
    let target = Arg::new("target")
        .required(true)
        .value_name("MODULE@VERSION")
        .help("What would be required: a version, latest, upgrade, patch, v1, '>=v1.2', a branch or a commit, as for `go get`; @none to do without the module");
    let names = [options::REACHING, &["data"]].concat();
    let command = Command::new("whatif")
        .about("Say what `go get MODULE@VERSION` would change, and change nothing")
        .arg(target)
        .arg(directory());
    options::add_some(command, &names)
    .arg(server())
    .arg(json())
    .after_help("Examples:\n  modkeep whatif golang.org/x/text@v0.21.0\n  modkeep whatif golang.org/x/text@latest\n  modkeep whatif example.com/x@none ./service")
}
