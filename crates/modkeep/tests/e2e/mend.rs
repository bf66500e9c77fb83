//! `modkeep doctor --fix`: done only when agreed, written down, and taken back whole.

use crate::site::BINARY;
use std::{fs, path::Path, process::Command, time::Duration};
use testkit::{
    fixture::{Corpus, Module},
    go::{Go, Project},
    process::{self, Output},
    upstream::FakeUpstream,
};

const GO_MOD: &str = "module example.com/main\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n";

/// Somebody whose go.sum lacks a line, and whose settings turn the checksum database off.
struct Patient {
    _upstream: FakeUpstream,
    go: Go,
    project: Project,
}

// === impl Patient ===

impl Patient {
    fn new() -> Self {
        let module = Module::new("example.com/a", "v1.0.0");
        let upstream = FakeUpstream::start(Corpus::new().with(&module));
        let main = "package main\n\nimport _ \"example.com/a\"\n\nfunc main() {}\n";
        let project = Project::new(GO_MOD, &[("main.go", main)]);
        let settings = project.path().join("goenv");
        fs::write(&settings, "GOSUMDB=off\n").unwrap();
        let go = Go::new(&upstream.url()).env("GOENV", &settings.display().to_string());
        Self {
            _upstream: upstream,
            go,
            project,
        }
    }

    fn doctor(&self, arguments: &[&str]) -> Output {
        let data = self.project.path().join("data");
        let mut command = Command::new(BINARY);
        self.go.prepare(&mut command);
        command
            .arg("doctor")
            .args(["--data", &data.display().to_string()])
            .args(arguments)
            .current_dir(self.project.path());
        process::run(&mut command, Duration::from_mins(1))
    }

    fn has(&self, name: &str) -> bool {
        self.file(name).exists()
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        Path::join(self.project.path(), name)
    }
}

const BUILD: [&str; 5] = ["--", "go", "build", "-o", "out"];

#[test]
fn what_is_agreed_to_is_done_and_the_command_succeeds_until_it_is_taken_back() {
    let patient = Patient::new();
    let fixed = patient.doctor(&[&["--fix", "--yes"][..], &BUILD].concat());
    fixed.assert_ok();
    assert!(fixed.stdout.contains("the command succeeds now"), "{fixed}");
    assert!(patient.has("go.sum"), "{fixed}");
    let undone = patient.doctor(&["--undo"]);
    undone.assert_ok();
    assert!(!patient.has("go.sum"), "{undone}");
    assert_eq!(patient.project.read("go.mod"), GO_MOD);
    assert!(
        !patient
            .go
            .run(&["build", "-o", "out"], patient.project.path())
            .ok()
    );
    let nothing = patient.doctor(&["--undo"]);
    assert_eq!(nothing.status.code(), Some(2), "{nothing}");
}

#[test]
fn without_a_yes_everything_is_shown_and_nothing_is_done() {
    let patient = Patient::new();
    let shown = patient.doctor(&[&["--fix"][..], &BUILD].concat());
    assert_eq!(shown.status.code(), Some(1), "{shown}");
    assert!(
        shown.stdout.contains("This would be done:\n  1. go "),
        "{shown}"
    );
    assert!(shown.stderr.contains("give --yes"), "{shown}");
    assert!(
        !patient.has("go.sum") && !patient.has("data/doctor-undo"),
        "{shown}"
    );
}

#[test]
fn what_somebody_changed_since_is_not_taken_away() {
    let patient = Patient::new();
    patient
        .doctor(&[&["--fix", "--yes"][..], &BUILD].concat())
        .assert_ok();
    let later = patient.project.read("go.sum") + "example.com/b v1.0.0 h1:later=\n";
    fs::write(patient.file("go.sum"), &later).unwrap();
    let refused = patient.doctor(&["--undo"]);
    assert_eq!(refused.status.code(), Some(1), "{refused}");
    assert_eq!(patient.project.read("go.sum"), later);
}

#[test]
fn settings_are_mended_in_their_file_and_put_back() {
    let patient = Patient::new();
    let before = patient.project.read("goenv");
    let text = "go: example.com/a@v1.0.0 requires go >= 1.99 (running go 1.21; GOTOOLCHAIN=local)";
    let fixed = patient.doctor(&["--fix", "--yes", text]);
    fixed.assert_ok();
    let after = patient.project.read("goenv");
    assert!(
        after.contains("GOTOOLCHAIN=auto") && after.contains("GOSUMDB=off"),
        "{after}"
    );
    patient.doctor(&["--undo"]).assert_ok();
    assert_eq!(patient.project.read("goenv"), before);
}
