//! The commands of `go` that are run straight and through.
//!
//! Each runs in a project of its own. To add one, add a line: its name, its arguments (`{M}` is the
//! module, `{V}` the version that the main module requires, `{Q}` the behaviour's query), and what
//! the project knows before.

use testkit::go::Project;

use super::source::Source;

/// What the main module says of `M` before the command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Nothing: an empty main module.
    Empty,
    /// It imports packages of `M` and requires nothing yet.
    Imports,
    /// It imports packages of `M` and requires it.
    Requires,
}

/// One command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Command {
    /// Its name here.
    pub(super) name: &'static str,
    arguments: &'static [&'static str],
    start: Start,
}

use Start::{Empty, Imports, Requires};

/// All of them.
pub(super) const ALL: &[Command] = &[
    command("download", &["mod", "download"], Requires),
    command(
        "download-latest",
        &["mod", "download", "-json", "{M}@latest"],
        Empty,
    ),
    command(
        "download-version",
        &["mod", "download", "-json", "{M}@{V}"],
        Empty,
    ),
    command("get-latest", &["get", "{M}@latest"], Empty),
    command("get-version", &["get", "{M}@{V}"], Empty),
    command("get-query", &["get", "{M}@{Q}"], Empty),
    command("get-prefix", &["get", "{M}@v1"], Empty),
    command("get-minor", &["get", "{M}@v1.0"], Empty),
    command("get-below", &["get", "{M}@<v1.2.0"], Empty),
    command("get-upgrade", &["get", "{M}@upgrade"], Requires),
    command("get-patch", &["get", "{M}@patch"], Requires),
    command("get-none", &["get", "{M}@none"], Requires),
    command("get-package", &["get", "{M}/pkg/sub@latest"], Empty),
    command("get-update", &["get", "-u", "./..."], Requires),
    command("tidy", &["mod", "tidy"], Imports),
    command("tidy-required", &["mod", "tidy"], Requires),
    command("versions", &["list", "-m", "-versions", "{M}"], Empty),
    command(
        "retracted",
        &["list", "-m", "-retracted", "-versions", "{M}"],
        Empty,
    ),
    command("list-latest", &["list", "-m", "-json", "{M}@latest"], Empty),
    command("updates", &["list", "-m", "-u", "-json", "all"], Requires),
    command("build", &["build", "./..."], Requires),
    command("why", &["mod", "why", "-m", "{M}"], Requires),
    command("graph", &["mod", "graph"], Requires),
    command("vendor", &["mod", "vendor"], Requires),
    command("install", &["install", "{M}/cmd/tool@latest"], Empty),
];

const fn command(name: &'static str, arguments: &'static [&'static str], start: Start) -> Command {
    Command {
        name,
        arguments,
        start,
    }
}

/// The command of a name.
pub(super) fn named(name: &str) -> Option<Command> {
    ALL.iter().find(|command| command.name == name).copied()
}

// === impl Command ===

impl Command {
    /// Its arguments for a source.
    pub(super) fn arguments(&self, source: &Names) -> Vec<String> {
        let fill = |argument: &&str| {
            argument
                .replace("{M}", &source.module)
                .replace("{V}", &source.version)
                .replace("{Q}", &source.query)
        };
        self.arguments.iter().map(fill).collect()
    }

    /// A new project for it.
    pub(super) fn project(&self, source: &Names) -> Project {
        let required = match self.start {
            Requires => format!("\nrequire {} {}\n", source.module, source.version),
            Empty | Imports => String::new(),
        };
        let lines = &source.main_lines;
        let go_mod = format!("module example.com/main\n\ngo 1.21\n{lines}{required}");
        let module = &source.module;
        let imports = format!("import (\n\t_ \"{module}\"\n\t_ \"{module}/pkg/sub\"\n)\n");
        let app = match self.start {
            Empty => "package app\n".to_owned(),
            Imports | Requires => format!("package app\n\n{imports}"),
        };
        Project::new(&go_mod, &[("app.go", &app)])
    }
}

/// The words of a source that commands need.
#[derive(Debug, Clone)]
pub(super) struct Names {
    module: String,
    version: String,
    query: String,
    main_lines: String,
}

// === impl Names ===

impl Names {
    /// Those of a source.
    pub(super) fn of(source: &Source) -> Self {
        Self {
            module: source.module.clone(),
            version: source.version.clone(),
            query: source.query.clone(),
            main_lines: source.main_lines.clone(),
        }
    }
}
