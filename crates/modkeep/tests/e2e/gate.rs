//! `modkeep gate` over real projects: what the real `go` wrote passes, and each way in which somebody
//! or something changes it is found, with its line.

use crate::{
    site::{BINARY, module},
    verify::Site,
};
use serde_json::Value;
use std::{fs, path::Path, process::Command, time::Duration};
use testkit::{
    fixture::Module,
    go::Project,
    process::{self, Output},
};

const GO_MOD: &str = "module example.com/app\n\ngo 1.22\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.0.0\n)\n";

const MAIN: &str =
    "package main\n\nimport (\n\t_ \"example.com/a\"\n\t_ \"example.com/b\"\n)\n\nfunc main() {}\n";

const MIT: &str = "Permission is hereby granted, free of charge, to any person obtaining a copy of it. \
    The above copyright notice and this permission notice shall be included.";

fn modules() -> [Module; 5] {
    let new = Module::new("example.com/b", "v1.1.0").noise(3, 1000);
    let new = new.file("run.go", "package lib\n\nimport _ \"os/exec\"\n");
    let old = Module::new("example.com/b", "v0.9.0").noise(3, 1000);
    let a = module("a", 2000).requires("example.com/c", "v1.0.0");
    let a = a.file("c.go", "package lib\n\nimport _ \"example.com/c\"\n");
    [
        a.file("LICENSE", MIT),
        module("b", 1000).file("LICENSE", MIT),
        module("c", 1000).file("COPYING", "all rights reserved\n"),
        old,
        new,
    ]
}

/// A site, and a project whose go.sum the real `go` wrote through it.
pub(crate) struct Bench {
    pub(crate) site: Site,
    pub(crate) project: Project,
}

// === impl Bench ===

impl Bench {
    pub(crate) fn new() -> Self {
        let site = Site::new("required", &modules());
        let project = Project::new(GO_MOD, &[("main.go", MAIN)]);
        let tidied = site.go().run(&["mod", "tidy"], project.path());
        tidied.assert_ok();
        Self { site, project }
    }

    /// Judges everything but vulnerabilities, of which the site has no data.
    pub(crate) fn gate(&self, arguments: &[&str]) -> Output {
        gate(&self.site.server.url(), self.project.path(), arguments)
    }

    /// Judges everything.
    pub(crate) fn gate_for_everything(&self, arguments: &[&str]) -> Output {
        gate_for_everything(&self.site.server.url(), self.project.path(), arguments)
    }

    /// Replaces a text in a file of the project.
    #[track_caller]
    pub(crate) fn change(&self, name: &str, from: &str, to: &str) {
        let text = self.project.read(name);
        assert!(text.contains(from), "{from}: {text}");
        self.write(name, text.replacen(from, to, 1));
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.project.path().join(name), text).unwrap();
    }

    pub(crate) fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=n", "-c", "user.email=n@example.com"])
            .args(arguments)
            .current_dir(self.project.path());
        process::run(&mut command, Duration::from_mins(1)).assert_ok();
    }

    /// What git prints in the project.
    pub(crate) fn git_says(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(self.project.path());
        let output = process::run(&mut command, Duration::from_mins(1));
        output.assert_ok();
        output.stdout.trim().to_owned()
    }
}

/// The hash of the files of the oldest version of `example.com/b`.
pub(crate) fn old_hash() -> String {
    modules()[3].h1()
}

pub(crate) fn gate(server: &str, directory: &Path, arguments: &[&str]) -> Output {
    let without = ["--step", "vulnerable=off"];
    gate_for_everything(server, directory, &[&without, arguments].concat())
}

pub(crate) fn gate_for_everything(server: &str, directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command
        .args(["gate", "--server", server])
        .args(arguments)
        .arg(directory);
    process::run(&mut command, Duration::from_mins(1))
}

/// Claims an exit code, and a line that begins with a place and ends with a rule.
#[track_caller]
pub(crate) fn assert_found(output: &Output, code: i32, place: &str, rule: &str) {
    assert_eq!(output.status.code(), Some(code), "{output}");
    let rule = format!("[{rule}]");
    let found = output
        .stdout
        .lines()
        .any(|line| line.starts_with(place) && line.ends_with(&rule));
    assert!(found, "{place} {rule}: {output}");
}

#[test]
fn what_go_wrote_passes_and_again_when_nobody_behind_us_answers() {
    let bench = Bench::new();
    for _ in 0..2 {
        let output = bench.gate(&["--step", "fresh=off"]);
        output.assert_ok();
        let proven = "6 of 6 lines proven by sum.example.com/2026";
        assert!(output.stdout.contains(proven), "{output}");
        assert!(output.stdout.contains("lock       passed"), "{output}");
        bench.site.upstream.refuse();
        bench.site.upstream.forget();
    }
    bench.site.upstream.assert_untouched();
}

#[test]
fn the_server_that_holds_the_data_directory_is_asked_without_being_named() {
    let bench = Bench::new();
    let mut command = Command::new(BINARY);
    command
        .args([
            "gate",
            "--step",
            "vulnerable=off",
            "--step",
            "fresh=off",
            "--data",
        ])
        .arg(bench.site.server.data())
        .arg(bench.project.path());
    let output = process::run(&mut command, Duration::from_mins(1));
    output.assert_ok();
    assert!(output.stdout.contains("6 of 6 lines proven"), "{output}");
}

#[test]
fn a_go_sum_that_somebody_changed_is_found_on_its_line() {
    let bench = Bench::new();
    let b = &modules()[1];
    let (right, other) = (b.h1(), modules()[2].h1());
    bench.change("go.sum", &right, &other);
    assert_found(
        &bench.gate(&[]),
        10,
        "go.sum:3:1: error",
        "lock/sum-differs",
    );
    bench.change("go.sum", &other, &right);
    bench.gate(&[]).assert_ok();

    let line = format!("example.com/b v1.0.0 {right}\n");
    bench.change("go.sum", &line, "");
    assert_found(
        &bench.gate(&[]),
        10,
        "go.mod:7:2: error",
        "lock/sum-missing",
    );
    bench.change("go.sum", "", &line);
    assert_found(&bench.gate(&[]), 0, "go.sum:2:1: warning", "lock/sum-order");

    bench.change(
        "go.sum",
        &line,
        &format!("{line}example.com/b v1.0.0 {other}\n"),
    );
    assert_found(
        &bench.gate(&[]),
        10,
        "go.sum:2:1: error",
        "lock/sum-conflict",
    );
    bench.change("go.sum", &other, "h2:unknown");
    assert_found(
        &bench.gate(&[]),
        10,
        "go.sum:2:1: error",
        "lock/sum-algorithm",
    );
    bench.change("go.sum", "h2:unknown", "h1:short");
    assert_found(
        &bench.gate(&[]),
        10,
        "go.sum:2:1: error",
        "lock/sum-malformed",
    );
}

#[test]
fn a_line_is_missed_exactly_where_go_misses_it() {
    let bench = Bench::new();
    let go_sum = bench.project.read("go.sum");
    let go = bench.site.go().env("GOFLAGS", "-mod=readonly");
    for line in go_sum.lines() {
        bench.write("go.sum", go_sum.replace(&format!("{line}\n"), ""));
        let listed = go.run(&["list", "-m", "all"], bench.project.path());
        let built = go.run(&["build", "./..."], bench.project.path());
        let output = bench.gate(&[]);
        let missed = output.stdout.contains("[lock/sum-missing");
        assert_eq!(
            missed,
            !(listed.ok() && built.ok()),
            "{line}: {output} {listed} {built}"
        );
    }
}

#[test]
fn what_nobody_can_prove_stops_a_change_unless_the_policy_says_otherwise() {
    let bench = Bench::new();
    let line = format!("example.com/unknown v1.0.0 {}\n", modules()[0].h1());
    bench.write("go.sum", bench.project.read("go.sum") + &line);
    assert_found(&bench.gate(&[]), 10, "go.sum:7:1: error", "lock/sum-absent");
    let policy = "[rules]\n\"lock/sum-absent\" = \"warn\"\n";
    bench.write("modkeep-gate.toml", policy);
    assert_found(
        &bench.gate(&[]),
        0,
        "go.sum:7:1: warning",
        "lock/sum-absent",
    );
}

#[test]
fn a_go_mod_that_go_would_change_is_stale() {
    let bench = Bench::new();
    bench.change("go.mod", "example.com/b v1.0.0", "example.com/b v0.9.0");
    bench.change(
        "go.mod",
        "example.com/a v1.0.0\n",
        "example.com/a v1.0.0\n\texample.com/b v1.0.0\n",
    );
    let output = bench.gate(&[]);
    assert_eq!(output.status.code(), Some(10), "{output}");
    assert!(output.stdout.contains("[lock/go-mod-stale]"), "{output}");
}

#[test]
fn policies_over_names_licences_ages_and_numbers_each_have_their_exit_code() {
    let bench = Bench::new();
    let policy = |text: &str| bench.write("modkeep-gate.toml", text);
    policy("[allowed]\ndenied = \"example.com/c\"\n");
    let output = bench.gate(&[]);
    assert_found(&output, 14, "go.mod:", "allowed/module-denied");
    assert!(
        output
            .stdout
            .contains("example.com/c@v1.0.0 may not be used"),
        "{output}"
    );

    policy("[allowed.licences]\nallowed = [\"Apache-2.0\"]\n");
    assert_found(
        &bench.gate(&[]),
        14,
        "go.mod:6:2: error",
        "allowed/licence-not-listed",
    );
    policy("[allowed.licences]\nallowed = [\"MIT\"]\n");
    let output = bench.gate(&[]);
    assert_found(&output, 0, "go.mod:", "allowed/licence-unknown");

    policy("[minimal]\nmodules = 2\n[steps]\nminimal = \"block\"\n");
    assert_found(&bench.gate(&[]), 11, "go.mod:1:1: error", "minimal/modules");

    policy("[steps]\nfresh = \"block\"\n");
    assert_found(&bench.gate(&[]), 13, "go.mod:6:2: error", "fresh/too-young");
    policy("[fresh]\nexcept = \"example.com\"\n[steps]\nfresh = \"block\"\n");
    bench.gate(&[]).assert_ok();
}

#[test]
fn a_requirement_that_nothing_imports_or_that_weighs_too_much_is_over_budget() {
    let bench = Bench::new();
    let policy = "[minimal]\nusage = true\nmodules-alone = 1\n[steps]\nminimal = \"block\"\n";
    bench.write("modkeep-gate.toml", policy);
    let output = bench.gate(&[]);
    assert_found(&output, 11, "go.mod:6:2: error", "minimal/weight");
    assert!(
        output
            .stdout
            .contains("example.com/a alone brings in 2 modules"),
        "{output}"
    );
    bench.change("main.go", "\t_ \"example.com/b\"\n", "");
    let output = bench.gate(&[]);
    assert_found(
        &output,
        11,
        "go.mod:7:2: error",
        "minimal/requirement-unused",
    );
}

#[test]
fn only_what_a_change_brings_is_judged_where_there_is_a_base() {
    let bench = Bench::new();
    let policy = "[allowed]\ndenied = \"example.com/c\"\n[steps]\nfresh = \"off\"\n";
    bench.write("modkeep-gate.toml", policy);
    bench.git(&["init", "-q"]);
    bench.git(&["add", "."]);
    bench.git(&["commit", "-qm", "one"]);
    assert_eq!(bench.gate(&[]).status.code(), Some(14));
    let output = bench.gate(&["--base", "HEAD"]);
    output.assert_ok();
    assert!(
        output.stdout.contains("No module in the build changes."),
        "{output}"
    );

    bench.change("go.mod", "example.com/b v1.0.0", "example.com/b v0.9.0");
    let tidied = bench.site.go().run(&["mod", "tidy"], bench.project.path());
    tidied.assert_ok();
    let output = bench.gate(&["--base", "HEAD"]);
    assert_found(&output, 0, "go.mod:7:2: warning", "change/lowered");
    assert!(
        output
            .stdout
            .contains("| example.com/b | v1.0.0 | v0.9.0 |"),
        "{output}"
    );

    bench.git(&["checkout", "-q", "."]);
    bench.change("go.mod", "example.com/b v1.0.0", "example.com/b v1.1.0");
    let tidied = bench.site.go().run(&["mod", "tidy"], bench.project.path());
    tidied.assert_ok();
    let output = bench.gate(&["--base", "HEAD"]);
    assert_found(&output, 0, "go.mod:7:2: warning", "change/new-capability");
    assert!(output.stdout.contains("exec (run.go)"), "{output}");
    let strict = ["--base", "HEAD", "--step", "change=block"];
    assert_eq!(bench.gate(&strict).status.code(), Some(15));
    bench.git(&["checkout", "-q", "."]);
    let (right, other) = (modules()[1].h1(), modules()[2].h1());
    bench.change("go.sum", &right, &other);
    let output = bench.gate(&["--base", "HEAD"]);
    assert_found(&output, 10, "go.sum:3:1: error", "lock/sum-changed");
    let output = bench.gate(&["--base", "--upload-pack=x"]);
    assert_eq!(output.status.code(), Some(2), "{output}");
}

#[test]
fn a_change_does_not_choose_the_policy_that_it_is_judged_by() {
    let bench = Bench::new();
    bench.write("modkeep-gate.toml", "[steps]\nfresh = \"off\"\n");
    bench.git(&["init", "-q"]);
    bench.git(&["add", "."]);
    bench.git(&["commit", "-qm", "one"]);
    let (right, other) = (modules()[1].h1(), modules()[2].h1());
    bench.change("go.sum", &right, &other);
    bench.write("modkeep-gate.toml", "[steps]\nlock = \"off\"\n");
    let output = bench.gate(&["--base", "HEAD"]);
    assert_found(
        &output,
        10,
        "modkeep-gate.toml: warning",
        "change/policy-changed",
    );
    assert_eq!(
        bench.gate(&[]).status.code(),
        Some(0),
        "without a base it is the checkout's"
    );
}

#[test]
fn what_cannot_be_read_is_exit_2_with_its_place_and_never_a_pass() {
    let bench = Bench::new();
    let (go_mod, go_sum) = (bench.project.read("go.mod"), bench.project.read("go.sum"));
    let mut cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "go.mod",
            b"module example.com/app\n\nrequire (\n".to_vec(),
            "go.mod:",
        ),
        (
            "go.mod",
            b"module example.com/app\nrequire example.com/a\n".to_vec(),
            "go.mod:2:",
        ),
        ("go.mod", vec![0; 100], "go.mod:1:"),
        ("go.mod", b"".to_vec(), "go.mod"),
        ("go.sum", b"example.com/a v1.0.0\n".to_vec(), "go.sum:1:1"),
        (
            "modkeep-gate.toml",
            b"[steps]\nlok = \"off\"\n".to_vec(),
            "modkeep-gate.toml:2:1",
        ),
    ];
    let marks = format!("<<<<<<< ours\n{go_sum}=======\n>>>>>>> theirs\n");
    cases.push(("go.sum", marks.into_bytes(), "go.sum:1:1"));
    let mut half = go_sum.clone().into_bytes();
    half.truncate(go_sum.len() / 2);
    cases.push(("go.sum", half, "go.sum:"));
    cases.push(("go.sum", vec![b'x'; (50 << 20) + 1], "go.sum"));
    for (name, content, place) in cases {
        bench.write(name, &content);
        let output = bench.gate(&[]);
        assert_eq!(output.status.code(), Some(2), "{name} {place}: {output}");
        let found = output.stdout.lines().any(|line| {
            let is_named = line.contains(": unreadable: ") && line.ends_with("[MK6001]");
            line.starts_with(place) && is_named
        });
        assert!(found, "{name} {place}: {output}");
        bench.write("go.mod", &go_mod);
        bench.write("go.sum", &go_sum);
        bench.write("modkeep-gate.toml", "");
    }
    bench.gate(&[]).assert_ok();
}

#[test]
fn a_site_that_cannot_be_asked_is_never_a_pass() {
    let bench = Bench::new();
    let nobody = "http://127.0.0.1:1";
    let output = gate(nobody, bench.project.path(), &[]);
    assert_eq!(output.status.code(), Some(2), "{output}");
    assert!(output.stdout.contains("unreadable"), "{output}");
}

#[test]
fn every_form_of_the_report_says_the_same() {
    let bench = Bench::new();
    let (right, other) = (modules()[1].h1(), modules()[2].h1());
    bench.change("go.sum", &right, &other);
    let file = |name: &str| bench.project.path().join(name);
    let report = |format: &str| format!("{format}={}", file(format).display());
    let reports = ["json", "sarif", "github", "gitlab", "junit"].map(report);
    let sbom = file("bom.json").display().to_string();
    let mut arguments = vec!["--step", "fresh=off", "--sbom", &sbom];
    for report in &reports {
        arguments.extend(["--report", report]);
    }
    assert_eq!(bench.gate(&arguments).status.code(), Some(10));
    let read = |name: &str| fs::read_to_string(file(name)).unwrap();
    for name in ["json", "sarif", "github", "gitlab", "junit"] {
        let text = read(name);
        assert!(text.contains("lock/sum-differs"), "{name}: {text}");
        assert!(text.contains(&right), "{name}: {text}");
    }
    let sarif: Value = serde_json::from_str(&read("sarif")).unwrap();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "go.sum");
    assert_eq!(place["region"]["startLine"], 3);
    assert!(read("github").starts_with("::error "), "{}", read("github"));
    let bill: Value = serde_json::from_str(&read("bom.json")).unwrap();
    let names: Vec<&str> = bill["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|component| component["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["example.com/a", "example.com/b", "example.com/c"]);
    assert_eq!(bill["components"][0]["licenses"][0]["license"]["id"], "MIT");
}
