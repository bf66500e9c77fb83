//! Names in a checkout: whoever chose them may speak to the reader's terminal and to the machine that
//! runs the checks in no form of a report.

use crate::gate::{Bench, gate};
use std::{
    ffi::OsStr, fs, os::unix::ffi::OsStrExt as _, path::Path, process::Command, time::Duration,
};
use testkit::process;

const FORMS: [&str; 6] = ["text", "json", "sarif", "github", "gitlab", "junit"];

const GO_MOD: &str = "module example.com/x\n\ngo 1.22\n";

/// What a terminal or the runner of a workflow would obey, or a reader would misread.
fn is_obeyed(line: &str) -> bool {
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let command = line.trim_start();
    let is_command = command.starts_with("::") && !is_ours(line)
        || line.contains("##[")
        || line.contains("##vso[")
        || line.contains("##teamcity[");
    is_command || line.chars().any(unseen)
}

/// An annotation of the gate's own; one of a checkout's would have no title of these.
fn is_ours(line: &str) -> bool {
    let begin = ["::error file=", "::warning file="];
    let titles = [
        "unreadable",
        "lock/",
        "vulnerable/",
        "fresh/",
        "allowed/",
        "minimal/",
    ];
    let is_titled = |title: &&str| line.contains(&format!(",title={title}"));
    begin.iter().any(|begin| line.starts_with(begin)) && titles.iter().any(is_titled)
}

/// Every form of the report, as printed and as written to a file, and what is said beside it.
#[track_caller]
fn assert_obeyed_by_nobody(bench: &Bench, directory: &Path, wanted: i32) {
    let server = bench.site.server.url();
    let written = tempfile::tempdir().unwrap();
    for form in FORMS {
        let file = written.path().join(form);
        let report = format!("{form}={}", file.display());
        let output = gate(&server, directory, &["--format", form, "--report", &report]);
        assert_eq!(output.status.code(), Some(wanted), "{form}: {output}");
        let text = fs::read_to_string(&file).unwrap();
        let lines = [&output.stdout, &output.stderr, &text];
        for line in lines.into_iter().flat_map(|text| text.split('\n')) {
            assert!(!is_obeyed(line), "{form}: {line:?}");
        }
    }
}

#[test]
fn a_name_that_speaks_to_the_runner_is_unreadable_in_every_form() {
    let bench = Bench::new();
    let names: [&[u8]; 10] = [
        b"a\n::error file=x::boom",
        b"a\r::set-output name=x::y",
        b"a\n##[error]boom",
        b"a\x1b]0;owned\x07",
        b"\x1b[2J",
        b"a\x7f",
        "a\u{85}::error::boom".as_bytes(),
        "a\u{2028}::error::boom".as_bytes(),
        "a\u{202e}gro.live".as_bytes(),
        b"a\xff",
    ];
    for name in names {
        let checkout = tempfile::tempdir().unwrap();
        let inner = checkout.path().join(OsStr::from_bytes(name));
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("go.mod"), GO_MOD).unwrap();
        assert_obeyed_by_nobody(&bench, checkout.path(), 2);
        fs::remove_dir_all(&inner).unwrap();
        fs::write(&inner, "").unwrap();
        assert_obeyed_by_nobody(&bench, checkout.path(), 2);
    }
}

#[test]
fn names_that_a_file_may_have_are_no_commands_either() {
    let bench = Bench::new();
    let names = [
        "::error::boom",
        "  ::warning file=a::b",
        "##[error]boom",
        "a##vso[task.x]b",
        "]]>&<x\"'",
    ];
    for name in names {
        let checkout = tempfile::tempdir().unwrap();
        let inner = checkout.path().join(name);
        fs::create_dir_all(inner.join("web")).unwrap();
        fs::write(inner.join("go.mod"), "module ::error::boom\n").unwrap();
        fs::write(inner.join("package-lock.json"), "{}").unwrap();
        assert_obeyed_by_nobody(&bench, checkout.path(), 2);
    }
}

#[test]
fn words_of_files_are_no_commands_either() {
    let bench = Bench::new();
    let checkout = tempfile::tempdir().unwrap();
    let words = [
        "module \"a\\u001b[2J\\n::error::boom\"\n",
        "module example.com/x\nrequire \"example.com/\\r::error::\" v1.0.0\n",
        "module example.com/x\nrequire example.com/a ##[error]boom\n",
        "module example.com/x\n##[error] x\u{202e}\u{2028}::error::y\n",
        "module example.com/x\nreplace example.com/a => \"./\\u001b[2J\\n::error::boom##[error]\"\n",
        "module example.com/x\nreplace example.com/a => \"./##[error]\\u202e\"\nrequire example.com/a v1.0.0\n",
    ];
    for text in words {
        fs::write(checkout.path().join("go.mod"), text).unwrap();
        let server = bench.site.server.url();
        for form in FORMS {
            let output = gate(&server, checkout.path(), &["--format", form]);
            for line in output.stdout.split('\n').chain(output.stderr.split('\n')) {
                assert!(!is_obeyed(line), "{text}: {form}: {line:?}");
            }
        }
    }
}

#[test]
fn questions_about_a_project_are_answered_in_plain_words() {
    let bench = Bench::new();
    let upstream = bench.site.server.url();
    let checkout = tempfile::tempdir().unwrap();
    let name = "::error::##[error]\u{1b}[2J\u{202e}\n::warning::x";
    let inner = checkout.path().join(name);
    fs::create_dir(&inner).unwrap();
    let go_mod = "module example.com/x\n\ngo 1.22\n\nrequire example.com/a v1.0.0\n\nreplace example.com/b => \"./##[error]\\u202e\\u001b[2J\"\n";
    let commands: [&[&str]; 8] = [
        &["gate"],
        &["mod", "graph"],
        &["mod", "buildlist"],
        &["mod", "fmt", "::error::##[x]"],
        &["tidy-report"],
        &["tidy-report", "--json"],
        &["graph"],
        &["zip", "hash", "::error::##[x]\u{1b}[2J"],
    ];
    for text in [go_mod, "module \"\\u001b[2J##[error]\n"] {
        fs::write(inner.join("go.mod"), text).unwrap();
        fs::write(
            inner.join("\n::error::x.go"),
            "package x\nimport \"##[error]\u{202e}\"\n",
        )
        .unwrap();
        for arguments in commands {
            let mut command = Command::new(crate::site::BINARY);
            command
                .args(arguments)
                .current_dir(&inner)
                .env("MODKEEP_SERVER", &upstream)
                .env("MODKEEP_UPSTREAM", &upstream);
            let output = process::run(&mut command, Duration::from_mins(1));
            for line in output.stdout.split('\n').chain(output.stderr.split('\n')) {
                assert!(!is_obeyed(line), "{arguments:?}: {line:?}: {output}");
            }
        }
    }
}

#[test]
fn a_module_that_lies_too_deep_is_not_overlooked() {
    let bench = Bench::new();
    let checkout = tempfile::tempdir().unwrap();
    fs::write(checkout.path().join("go.mod"), GO_MOD).unwrap();
    let deep = checkout.path().join(["d"; 100].join("/"));
    fs::create_dir_all(&deep).unwrap();
    fs::write(
        deep.join("go.mod"),
        "module example.com/deep\nrequire example.com/gone v9.9.9\n",
    )
    .unwrap();
    let output = gate(&bench.site.server.url(), checkout.path(), &[]);
    assert_eq!(output.status.code(), Some(2), "{output}");
    assert!(output.stdout.contains("deeper than"), "{output}");
}
