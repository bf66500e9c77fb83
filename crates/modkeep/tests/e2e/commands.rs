//! `serve`, `run` and `env` as a person starts them.

use std::process::Command;
use std::time::Duration;

use testkit::fixture::Corpus;
use testkit::go::{Go, Project};
use testkit::process::{self, Output};
use testkit::upstream::{FakeUpstream, Kind};

use crate::site::{BINARY, module, serve};

const LIMIT: Duration = Duration::from_mins(2);

fn upstream() -> FakeUpstream {
    FakeUpstream::start(Corpus::new().with(&module("a", 1000)))
}

fn project() -> Project {
    let go_mod = "module example.com/main\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n";
    Project::new(go_mod, &[])
}

/// `modkeep run ... -- COMMAND` in a project, as a user whose own GOPROXY leads nowhere.
fn run(upstream: &FakeUpstream, command: &[&str]) -> Output {
    let data = tempfile::tempdir().unwrap();
    let project = project();
    let mut modkeep = Command::new(BINARY);
    Go::new("off").prepare(&mut modkeep);
    modkeep.args([
        "run",
        "--verify",
        "off",
        "--upstream",
        &upstream.url(),
        "--data",
    ]);
    modkeep.arg(data.path()).arg("--").args(command);
    modkeep.current_dir(project.path());
    process::run(&mut modkeep, LIMIT)
}

#[test]
fn run_puts_modkeep_under_a_command_and_says_what_came_from_where() {
    let upstream = upstream();
    let output = run(&upstream, &["go", "mod", "download", "-x", "all"]);
    output.assert_ok();
    assert_eq!(upstream.count(Kind::Zip), 1);
    assert!(output.stderr.contains("modkeep"), "{output}");
}

#[test]
fn run_goes_to_the_server_that_already_serves_its_data_directory() {
    let upstream = upstream();
    let server = serve(&upstream.url());
    let project = project();
    let mut modkeep = Command::new(BINARY);
    Go::new("off").prepare(&mut modkeep);
    modkeep.args(["run", "--verify", "off", "--upstream", "off", "--data"]);
    modkeep
        .arg(server.data())
        .args(["--", "go", "mod", "download", "all"]);
    modkeep.current_dir(project.path());
    let output = process::run(&mut modkeep, LIMIT);
    output.assert_ok();
    assert!(output.stderr.contains(&server.url()), "{output}");
    assert_eq!(upstream.count(Kind::Zip), 1);
}

#[test]
fn run_ends_as_its_command_ended() {
    let upstream = upstream();
    assert_eq!(
        run(&upstream, &["sh", "-c", "exit 7"]).status.code(),
        Some(7)
    );
    let output = run(
        &upstream,
        &["go", "mod", "download", "example.com/none@v1.0.0"],
    );
    output.assert_fails_with("404 Not Found");
    run(&upstream, &["/no/such/program"]).assert_fails_with("MK5006");
}

#[test]
fn env_prints_what_a_client_needs() {
    let mut command = Command::new(BINARY);
    command.args(["env", "--listen", "127.0.0.1:4321"]);
    let output = process::run(&mut command, LIMIT);
    let lines = &output.assert_ok().stdout;
    assert!(
        lines.contains("GOPROXY=") && lines.contains("127.0.0.1:4321"),
        "{output}"
    );
}

#[test]
fn an_address_in_use_is_refused_by_name() {
    let first = serve("off");
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    command.args(["serve", "--upstream", "off", "--verify", "off"]);
    command.args(["--listen", &first.address().to_string(), "--data"]);
    command.arg(data.path());
    process::run(&mut command, Duration::from_secs(20)).assert_fails_with("MK5003");
}

#[test]
fn an_unknown_option_is_refused_with_the_nearest_known_one() {
    let mut command = Command::new(BINARY);
    command.args(["serve", "--upstrem", "off"]);
    process::run(&mut command, LIMIT).assert_fails_with("--upstream");
}

#[test]
fn one_modkeep_is_an_upstream_of_another() {
    let upstream = upstream();
    let back = serve(&upstream.url());
    let front = serve(&back.url());
    Go::new(&front.url())
        .download("example.com/a@v1.0.0")
        .assert_ok();
    assert_eq!(upstream.count(Kind::Zip), 1);

    // The words of the first source are relayed through both.
    let through_one = back.get("/example.com/none/@v/v1.0.0.info");
    let through_two = front.get("/example.com/none/@v/v1.0.0.info");
    assert_eq!(
        (through_two.status, through_two.text()),
        (404, through_one.text())
    );

    upstream.refuse();
    let outage = front.get("/example.com/other/@v/v1.0.0.info");
    assert!(outage.status >= 500, "{outage:?}");
    Go::new(&front.url())
        .download("example.com/a@v1.0.0")
        .assert_ok();
}
