//! The environment: the one place that reads it, behind a trait so that tests bring their own.

use super::go_files::GoFiles;
use std::{
    ffi::OsString,
    io,
    process::{Command, Output, Stdio},
    sync::LazyLock,
};

/// Read once: what is found out of them at a start belongs together.
static GO_FILES: LazyLock<GoFiles> = LazyLock::new(|| GoFiles::read(&Process));

/// What is asked of the surroundings of the process.
pub trait Environment {
    /// A variable, if it is set and not empty: an empty one means "not set" to go as well.
    fn variable(&self, name: &str) -> Option<String>;

    /// The names of all variables that are set.
    fn names(&self) -> Vec<String>;

    /// What the files say in which `go` keeps settings, unless that is nothing.
    fn go_file(&self, name: &str) -> Option<String>;

    /// A setting as `go` finds it: the variable, else the files.
    fn go_setting(&self, name: &str) -> Option<String> {
        self.variable(name).or_else(|| self.go_file(name))
    }

    /// What `go env NAME` says, if there is a go command.
    fn go_env(&self, name: &str) -> Option<String>;
}

/// The real one.
#[derive(Debug, Clone, Copy)]
pub struct Process;

impl Environment for Process {
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn names(&self) -> Vec<String> {
        let names = std::env::vars_os().map(|(name, _)| name);
        names
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    }

    fn go_file(&self, name: &str) -> Option<String> {
        GO_FILES.get(name).map(str::to_owned)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "once, at start: go knows files that hold its settings"
    )]
    fn go_env(&self, name: &str) -> Option<String> {
        let mut command = Command::new("go");
        // A go.mod in the working directory may name a toolchain; asking must not download it.
        command
            .args(["env", name])
            .env("GOTOOLCHAIN", "local")
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let output = command
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        let value = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (!value.is_empty()).then_some(value)
    }
}

/// Every variable of the process that is text.
pub fn variables() -> Vec<(String, String)> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// What `go` prints, if it succeeds. Its settings stay as they are: they are what is asked for.
pub fn go(arguments: &[&str]) -> Option<String> {
    let output = run("go", arguments).ok()?;
    let printed = output.status.success().then_some(output.stdout)?;
    String::from_utf8(printed).ok()
}

/// Runs a command to its end.
#[expect(
    clippy::disallowed_methods,
    reason = "the command of a person, or go about its settings; not on the request path"
)]
pub fn run(program: &str, arguments: &[&str]) -> io::Result<Output> {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
}
