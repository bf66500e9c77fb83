//! `modkeep doctor --moved`: the advice for a module that moved, followed by the real `go`.
//!
//! The hosts of the modules do not exist, so nothing is asked but the server, which has both paths.

use crate::site::{BINARY, Site};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use testkit::fixture::{Corpus, Module};
use testkit::go::{Go, Project};
use testkit::process::{self, Output};

const OLD: &str = "old.invalid/lib";
const NEW: &str = "new.invalid/lib";
const GO_MOD: &str = "module example.com/main\n\ngo 1.21\n";

fn user(site: &Site) -> Go {
    Go::new(&site.server.url()).env("GOFLAGS", "-modcacherw -mod=mod")
}

fn doctor(go: &Go, directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    go.prepare(&mut command);
    command.arg("doctor").args(arguments).current_dir(directory);
    process::run(&mut command, Duration::from_mins(1))
}

fn main_file(path: &str) -> String {
    format!("package main\n\nimport _ \"{path}\"\n\nfunc main() {{}}\n")
}

fn project() -> Project {
    let go_mod = format!("{GO_MOD}\nrequire {OLD} v1.0.0\n");
    Project::new(&go_mod, &[("main.go", &main_file(OLD))])
}

/// The line of the advice that begins so.
#[track_caller]
fn advised(told: &Output, beginning: &str) -> String {
    let advice = told.stdout.rsplit("\nadvice\n").next().unwrap();
    let mut lines = advice.lines().map(str::trim);
    lines
        .find(|line| line.starts_with(beginning))
        .unwrap()
        .to_owned()
}

/// The wanted version is gone from the old path; the newest there names the new one, whose go.mod
/// still declares the old.
fn moved_without_a_new_name() -> Site {
    let last = Module::new(OLD, "v1.1.0").go_mod(&format!(
        "// Deprecated: it lives at {NEW} now.\nmodule {OLD}\n"
    ));
    let new = Module::new(NEW, "v1.0.0").go_mod(&format!("module {OLD}\n\ngo 1.21\n"));
    Site::new(Corpus::new().with(&last).with(&new))
}

#[test]
fn the_advised_replace_makes_the_build_succeed() {
    let (site, project) = (moved_without_a_new_name(), project());
    let go = user(&site);
    let build = ["build", "./..."];
    assert!(!go.run(&build, project.path()).ok());
    let wanted = format!("{OLD}@v1.0.0");
    let told = doctor(&go, project.path(), &["--moved", &wanted]);
    assert_eq!(told.status.code(), Some(0), "{told}");
    let line = advised(&told, "replace ");
    assert_eq!(line, format!("replace {OLD} => {NEW} v1.0.0"));
    let go_mod = format!("{}\n{line}\n", project.read("go.mod"));
    fs::write(project.path().join("go.mod"), go_mod).unwrap();
    go.run(&build, project.path()).assert_ok();
}

#[test]
fn the_advised_import_makes_the_build_succeed() {
    let declares = format!("module {NEW}\n\ngo 1.21\n");
    let old = Module::new(OLD, "v1.0.0").go_mod(&declares);
    let new = Module::new(NEW, "v1.0.0").go_mod(&declares);
    let (site, project) = (Site::with(&[old, new]), project());
    let go = user(&site);
    let command = ["--ask", "--", "go", "build", "./..."];
    let told = doctor(&go, project.path(), &command);
    assert_eq!(told.status.code(), Some(1), "{told}");
    assert!(told.stdout.contains("[path/moved, certain]"), "{told}");
    let line = advised(&told, "import ");
    let (_, get) = line.split_once("and run: go ").unwrap();
    fs::write(project.path().join("main.go"), main_file(NEW)).unwrap();
    fs::write(project.path().join("go.mod"), GO_MOD).unwrap();
    let get: Vec<&str> = get.split(' ').collect();
    go.run(&get, project.path()).assert_ok();
    go.run(&["build", "./..."], project.path()).assert_ok();
}

#[test]
fn without_being_told_to_nobody_is_asked() {
    let (site, project) = (moved_without_a_new_name(), project());
    let message = format!(
        "go: {OLD}@v1.0.0: reading {}/{OLD}/@v/v1.0.0.mod: 404 Not Found",
        site.server.url()
    );
    let told = doctor(&user(&site), project.path(), &[&message]);
    assert_eq!(told.status.code(), Some(1), "{told}");
    site.upstream.assert_untouched();
    let told = doctor(&user(&site), project.path(), &["--ask", &message]);
    advised(&told, "replace ");
}

#[test]
fn an_absence_and_an_outage_are_told_apart() {
    let (site, project) = (Site::with(&[]), project());
    let wanted = format!("{OLD}@v1.0.0");
    let told = doctor(&user(&site), project.path(), &["--moved", &wanted]);
    assert_eq!(told.status.code(), Some(1), "{told}");
    advised(&told, "nobody that was asked has it");
    site.upstream.refuse();
    let told = doctor(
        &user(&site),
        project.path(),
        &["--moved", "old.invalid/other"],
    );
    assert_eq!(told.status.code(), Some(2), "{told}");
    advised(&told, "it cannot be told");
}
