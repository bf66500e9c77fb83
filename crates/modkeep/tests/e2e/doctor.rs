//! `modkeep doctor`: pasted errors, commands, and this machine.

use crate::site::BINARY;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use testkit::database::Database;
use testkit::fixture::{Corpus, Module};
use testkit::go::{Go, Project};
use testkit::process::{self, Output};
use testkit::upstream::{FakeUpstream, Fault, Target};

const FORBIDDEN: &str = "go: example.com/a@v1.0.0: reading https://proxy.example.com/example.com/a/@v/v1.0.0.mod: 403 Forbidden";

fn upstream() -> FakeUpstream {
    FakeUpstream::start(Corpus::new().with(&Module::new("example.com/a", "v1.0.0")))
}

fn user(upstream: &FakeUpstream) -> Go {
    // A database that is asked for other modules than those of the test.
    let database = Database::new("sum.example.com", 1).key();
    let go = Go::new(&upstream.url()).env("GOSUMDB", &database);
    go.env("GONOSUMDB", "example.com")
}

fn project() -> Project {
    let go_mod = "module example.com/main\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n";
    Project::new(go_mod, &[])
}

fn doctor(go: &Go, directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    go.prepare(&mut command);
    command.arg("doctor").args(arguments).current_dir(directory);
    process::run(&mut command, Duration::from_mins(1))
}

#[track_caller]
fn ends_with(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{output}");
}

#[test]
fn a_pasted_error_is_explained() {
    let (upstream, project) = (upstream(), project());
    let go = user(&upstream);
    let told = doctor(&go, project.path(), &[FORBIDDEN]);
    ends_with(&told, 1);
    assert!(told.stdout.contains("[http/403, certain]"), "{told}");
    let json = doctor(&go, project.path(), &["--json", FORBIDDEN]);
    assert!(json.stdout.contains("\"id\": \"http/403\""), "{json}");
    let explained = doctor(&go, project.path(), &["http/403"]);
    ends_with(&explained, 0);
    assert!(
        explained
            .stdout
            .starts_with("http/403: the server refuses this\nwhy: "),
        "{explained}"
    );
    let unknown = doctor(&go, project.path(), &["go: nobody has ever seen this"]);
    ends_with(&unknown, 2);
    assert!(unknown.stdout.contains("unknown"), "{unknown}");
}

#[test]
fn a_command_is_run_and_its_failure_explained() {
    let (upstream, project) = (upstream(), project());
    let go = user(&upstream).env("GOSUMDB", "off");
    let download = ["--", "go", "mod", "download"];
    ends_with(&doctor(&go, project.path(), &download), 0);
    // Nothing of the first run is left: no cache, no go.sum.
    let (go, project) = (user(&upstream).env("GOSUMDB", "off"), self::project());
    upstream.always(Target::Any, Fault::login_page());
    let told = doctor(&go, project.path(), &download);
    ends_with(&told, 1);
    assert!(told.stdout.contains("[proxy/not-a-proxy"), "{told}");
    assert!(told.stderr.contains("go: example.com/a@v1.0.0"), "{told}");
}

#[test]
fn a_machine_that_is_well_is_told_so() {
    let (upstream, project) = (upstream(), project());
    let told = doctor(&user(&upstream), project.path(), &[]);
    ends_with(&told, 0);
    assert!(told.stdout.contains("no surprise"), "{told}");
    assert!(
        told.stdout
            .contains("go gets the module from http://127.0.0.1:"),
        "{told}"
    );
}

#[test]
fn settings_and_sources_of_a_machine_are_looked_at() {
    let (upstream, project) = (upstream(), project());
    upstream.always(Target::Any, Fault::status(401));
    let go = user(&upstream).env("GOSUMDB", "off").env("GOPORXY", "x");
    let told = doctor(&go, project.path(), &[]);
    ends_with(&told, 1);
    for expected in ["[env/sumdb-off]", "[env/misspelt]", "[http/401]", "FAILED"] {
        assert!(told.stdout.contains(expected), "{expected}: {told}");
    }
}
