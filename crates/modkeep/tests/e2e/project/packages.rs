//! `modkeep why PACKAGE` beside `go mod why`, and these commands through a server.

use super::{GO_MOD, User, corpus, importing, project};
use crate::{
    gate_known::advisory,
    site::{BINARY, Site},
};
use serde_json::Value;
use std::{path::Path, process::Command};
use testkit::{
    fixture::Module,
    go::Project,
    process::{self, Output},
};

/// A module with a package below its root, and one that nothing imports.
fn nested() -> Module {
    importing(
        "example.com/nested",
        "v1.0.0",
        &["example.com/nested/in/deep"],
    )
    .file(
        "in/deep/x.go",
        "package deep\n\nimport _ \"example.com/below\"\n",
    )
    .file("idle/x.go", "package idle\n")
    .requires("example.com/below", "v1.1.0")
}

fn user_and_project() -> (User, Project) {
    let user = User::new(corpus().with(&nested()));
    let go_mod = GO_MOD.replacen("require (\n", "require (\n\texample.com/nested v1.0.0\n", 1);
    let main = "package main\n\nimport _ \"example.com/code\"\nimport _ \"example.com/nested\"\n\nfunc main() {}\n";
    let files = [
        ("main.go", main),
        (
            "main_test.go",
            "package main\n\nimport _ \"example.com/helper\"\n",
        ),
        ("sub/sub.go", "package sub\n"),
    ];
    (user, Project::new(&go_mod, &files))
}

/// The way along imports that `go mod why` shows; nothing if it says that the package is not needed.
fn go_mod_why(user: &User, project: &Project, package: &str) -> Vec<String> {
    let output = user
        .go
        .run(&["mod", "why", "-vendor", package], project.path());
    let lines = output.assert_ok().stdout.lines().skip(1);
    let is_of_a_test = |line: &str| line.rsplit_once('.').is_some_and(|(_, end)| end == "test");
    let lines = lines.filter(|line| !line.starts_with('(') && !is_of_a_test(line));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_package_is_explained_by_its_module_and_its_importers_as_go_mod_why_does() {
    let (user, project) = user_and_project();
    for (package, module) in [
        ("example.com/nested/in/deep", "example.com/nested"),
        ("example.com/nested/idle", "example.com/nested"),
        ("example.com/main/sub", "example.com/main"),
    ] {
        let answer = user.json(&["why", package], project.path());
        assert_eq!(answer["module"], module, "{answer}");
        assert_eq!(answer["package"]["path"], package);
        let through = answer["package"]["imported_through"].as_array().unwrap();
        let through: Vec<&str> = through.iter().map(|path| path.as_str().unwrap()).collect();
        assert_eq!(through, go_mod_why(&user, &project, package), "{package}");
        let go_list = user
            .go
            .run(&["list", "-f", "{{.Module.Path}}", package], project.path());
        assert_eq!(go_list.assert_ok().stdout.trim(), module);
    }
}

#[test]
fn a_package_reads_as_an_answer_about_it_and_its_module() {
    let (user, project) = user_and_project();
    let output = user.ask(&["why", "example.com/nested/in/deep"], project.path());
    let text = &output.assert_ok().stdout;
    let expected = "example.com/nested/in/deep is a package of example.com/nested
it is needed by: every build
  example.com/main -> example.com/nested -> example.com/nested/in/deep

example.com/nested v1.0.0 is selected
its packages are needed by: every build

asked for:
=> v1.0.0
     by example.com/main

1 of 1 paths to v1.0.0:
  example.com/main -> example.com/nested@v1.0.0
";
    assert_eq!(text, expected);
    let idle = user.ask(&["why", "example.com/nested/idle"], project.path());
    let text = &idle.assert_ok().stdout;
    assert!(
        text.contains("nothing in the project imports it\n"),
        "{text}"
    );
    let own = user.ask(&["why", "encoding/json"], project.path());
    let text = &own.assert_ok().stdout;
    assert!(
        text.contains("a package of Go's standard library"),
        "{text}"
    );
}

#[test]
fn what_is_no_module_and_no_package_is_an_error() {
    let (user, project) = user_and_project();
    for path in [
        "example.com/nope",
        "example.com/nested/nope",
        "golang.org/x/nope",
        "nope",
    ] {
        for more in [&[][..], &["--json"], &["--no-packages"]] {
            let output = user.ask(&[&["why", path], more].concat(), project.path());
            assert_eq!(output.status.code(), Some(1), "{path}: {output}");
            assert_eq!(output.stdout, "", "{path}: {output}");
            assert!(output.stderr.contains(path), "{path}: {output}");
        }
    }
    let wrong = user.ask(&["why", "not a path"], project.path());
    assert_eq!(wrong.status.code(), Some(2), "{wrong}");
}

#[test]
fn a_package_of_a_module_that_cannot_be_read_is_not_known_rather_than_absent() {
    let mut corpus = corpus().with(&nested());
    corpus.remove("example.com/nested/@v/v1.0.0.zip");
    let user = User::new(corpus);
    let project = Project::new(
        &GO_MOD.replacen("require (\n", "require (\n\texample.com/nested v1.0.0\n", 1),
        &[("main.go", "package main\n\nfunc main() {}\n")],
    );
    let output = user.ask(&["why", "example.com/nested/in/deep"], project.path());
    output.assert_fails_with(
        "whether example.com/nested has the package example.com/nested/in/deep is not known",
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_list_that_is_cut_says_how_much_was_left_out() {
    let (user, project) = (User::new(corpus()), project());
    let output = user.ask(
        &["why", "example.com/below", "--paths", "1"],
        project.path(),
    );
    let text = &output.assert_ok().stdout;
    assert!(
        text.ends_with("\n  and 1 more; --paths N shows more of them\n"),
        "{text}"
    );
    let output = user.ask(&["graph", "--depth", "1"], project.path());
    let drawn = output.assert_ok().stdout.lines().count();
    let whole = user.ask(&["graph"], project.path());
    let all = whole.assert_ok().stdout.lines().count();
    let note = format!("{} of {all} requirements are left out", all - drawn);
    assert!(output.stderr.contains(&note), "{output}");
    assert_eq!(whole.stderr, "");
}

/// `modkeep ARGUMENTS` by somebody who has nothing set but the address of a server.
fn through(server: &str, user: &User, arguments: &[&str], directory: &Path) -> Output {
    let mut command = Command::new(BINARY);
    user.go.prepare(&mut command);
    let nowhere = "http://127.0.0.1:1";
    command
        .env("GOPROXY", nowhere)
        .env("MODKEEP_UPSTREAM", nowhere);
    command.env("MODKEEP_SERVER", server);
    command.args(arguments).current_dir(directory);
    process::run(&mut command, super::LIMIT)
}

#[test]
fn a_server_that_is_named_in_the_environment_is_asked_as_the_gate_asks_it() {
    let modules = [
        importing("example.com/q", "v1.0.0", &[]),
        importing("example.com/q", "v1.1.0", &[]),
    ];
    let site = Site::with(&modules);
    let user = User::of("off");
    let main = "package main\n\nimport _ \"example.com/q\"\n\nfunc main() {}\n";
    let go_mod = "module example.com/main\n\ngo 1.21\n\nrequire example.com/q v1.0.0\n";
    let project = Project::new(go_mod, &[("main.go", main)]);
    for arguments in [
        &["why", "example.com/q"][..],
        &["graph"],
        &["tidy-report"],
        &["whatif", "example.com/q@latest"],
    ] {
        let output = through(&site.server.url(), &user, arguments, project.path());
        output.assert_ok();
        assert!(output.stdout.contains("example.com/q"), "{output}");
        let url = site.server.url();
        let flag = [arguments, &["--server", &url]].concat();
        through("http://127.0.0.1:1", &user, &flag, project.path()).assert_ok();
        let upstream = site.upstream.url();
        let chosen = [arguments, &["--upstream", &upstream]].concat();
        through("http://127.0.0.1:1", &user, &chosen, project.path()).assert_ok();
        let dead = through("http://127.0.0.1:1", &user, arguments, project.path());
        assert!(!dead.ok(), "{dead}");
    }
}

#[test]
fn whatif_asks_the_server_about_vulnerabilities() {
    let bench = crate::gate::Bench::new();
    let advisory = advisory("GO-2026-0001", "example.com/b", "1.1.0");
    bench.know(&[("GO-2026-0001", advisory)], &[]);
    let user = User::of("off");
    let arguments = ["whatif", "example.com/b@latest", "--json"];
    let output = through(
        &bench.site.server.url(),
        &user,
        &arguments,
        bench.project.path(),
    );
    let answer: Value = serde_json::from_str(&output.stdout).unwrap();
    let mended = serde_json::json!(["example.com/b@v1.0.0: GO-2026-0001"]);
    assert_eq!(answer["vulnerabilities"]["mended"], mended, "{output}");
}
