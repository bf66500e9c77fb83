//! Questions about a project's dependencies, with the answers of the real `go` beside them.

mod oracle;
mod packages;
mod queries;
mod real;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use testkit::fixture::{Corpus, Module};
use testkit::go::{Go, Project};
use testkit::process::{self, Output};
use testkit::upstream::FakeUpstream;

use crate::site::BINARY;

const LIMIT: Duration = Duration::from_mins(1);

/// A user with an upstream, and nothing in the module cache.
struct User {
    go: Go,
    /// A GOPROXY list.
    proxy: String,
    _fake: Option<FakeUpstream>,
}

// === impl User ===

impl User {
    fn new(corpus: Corpus) -> Self {
        let fake = FakeUpstream::start(corpus);
        let user = Self::of(&fake.url());
        Self {
            _fake: Some(fake),
            ..user
        }
    }

    /// A user of proxies that are there already.
    fn of(proxy: &str) -> Self {
        Self {
            go: Go::new(proxy).env("GOFLAGS", "-mod=mod -modcacherw"),
            proxy: proxy.to_owned(),
            _fake: None,
        }
    }

    /// `modkeep ARGUMENTS` in a directory, through the upstream.
    fn ask(&self, arguments: &[&str], directory: &Path) -> Output {
        let mut command = Command::new(BINARY);
        self.go.prepare(&mut command);
        command.args(arguments).current_dir(directory);
        command.args(["--upstream", &self.proxy]);
        process::run(&mut command, LIMIT)
    }

    fn json(&self, arguments: &[&str], directory: &Path) -> Value {
        let output = self.ask(&[arguments, &["--json"]].concat(), directory);
        let answer = serde_json::from_str(&output.stdout);
        assert!(answer.is_ok(), "{output}");
        answer.unwrap()
    }
}

/// A module whose one package imports these.
fn importing(path: &str, version: &str, imports: &[&str]) -> Module {
    let lines: Vec<String> = imports
        .iter()
        .map(|path| format!("import _ \"{path}\"\n"))
        .collect();
    let imports = lines.concat();
    Module::new(path, version).file("x.go", format!("package lib\n{imports}"))
}

fn corpus() -> Corpus {
    let code = importing("example.com/code", "v1.0.0", &["example.com/below"])
        .requires("example.com/below", "v1.1.0");
    let helper = importing("example.com/helper", "v1.0.0", &["example.com/below/v2"])
        .requires("example.com/below/v2", "v2.0.0")
        .requires("example.com/below", "v1.0.0");
    let hidden =
        importing("example.com/below", "v1.1.0", &[]).requires("example.com/hidden", "v1.0.0");
    let newer = importing("example.com/code", "v1.2.0", &["example.com/below"])
        .go_mod("// Deprecated: use example.com/other.\nmodule example.com/code\n\ngo 1.21\n\nrequire example.com/below v1.2.0\n\nretract v1.1.0 // loses data\n");
    let withdrawn = importing("example.com/code", "v1.1.0", &["example.com/below"])
        .requires("example.com/below", "v1.1.0");
    let hidden = hidden.requires("example.com/deeper", "v1.0.0");
    Corpus::new()
        .with(&code)
        .with(&withdrawn)
        .with(&newer)
        .with(&helper)
        .with(&hidden)
        .with(&importing("example.com/below", "v1.0.0", &[]))
        .with(&importing("example.com/below", "v1.2.0", &[]))
        .with(&importing("example.com/below/v2", "v2.0.0", &[]))
        .with(&Module::new("example.com/hidden", "v1.0.0").requires("example.com/behind", "v1.0.0"))
        .with(&Module::new("example.com/deeper", "v1.0.0"))
        .with(&Module::new("example.com/behind", "v1.0.0"))
        .with(&importing("example.com/idle", "v1.0.0", &[]))
        .with(&importing("example.com/windows", "v1.0.0", &[]))
}

const GO_MOD: &str = "module example.com/main

go 1.21

require (
	example.com/code v1.0.0
	example.com/helper v1.0.0
	example.com/idle v1.0.0
	example.com/windows v1.0.0
)

require (
	example.com/below v1.1.0 // indirect
	example.com/below/v2 v2.0.0 // indirect
)
";

fn project() -> Project {
    let files = [
        (
            "main.go",
            "package main\n\nimport _ \"example.com/code\"\n\nfunc main() {}\n",
        ),
        (
            "main_test.go",
            "package main\n\nimport _ \"example.com/helper\"\n",
        ),
        (
            "main_windows.go",
            "package main\n\nimport _ \"example.com/windows\"\n",
        ),
    ];
    Project::new(GO_MOD, &files)
}

#[test]
fn why_names_the_requirement_that_decides_and_who_needs_it() {
    let (user, project) = (User::new(corpus()), project());
    let output = user.ask(&["why", "example.com/below"], project.path());
    let text = &output.assert_ok().stdout;
    let expected = "example.com/below v1.1.0 is selected
its packages are needed by: every build

asked for:
=> v1.1.0
     by example.com/code@v1.0.0
     by example.com/main
   v1.0.0
     by example.com/helper@v1.0.0

2 of 2 paths to v1.1.0:
  example.com/main -> example.com/below@v1.1.0
  example.com/main -> example.com/code@v1.0.0 -> example.com/below@v1.1.0
";
    assert_eq!(text, expected);
    let tests = user.json(&["why", "example.com/below/v2"], project.path());
    assert_eq!(tests["need"], "only tests");
    let windows = user.json(&["why", "example.com/windows"], project.path());
    assert_eq!(windows["need"], "GOOS windows");
}

#[test]
fn why_tells_pruned_from_absent() {
    let (user, project) = (User::new(corpus()), project());
    let pruned = user.ask(&["why", "example.com/behind"], project.path());
    pruned
        .assert_fails_with("is not in the build list: only modules that are pruned out require it");
    let absent = user.ask(&["why", "example.com/none"], project.path());
    absent.assert_fails_with("example.com/none: no module of the module graph has this path");
    assert_eq!(absent.status.code(), Some(1));
}

#[test]
fn the_graph_is_that_of_go_and_can_be_cut() {
    let (user, project) = (User::new(corpus()), project());
    let theirs = user.go.run(&["mod", "graph"], project.path());
    let ours = user.ask(&["graph"], project.path());
    assert_eq!(ours.assert_ok().stdout, theirs.assert_ok().stdout);
    let cut = user.ask(
        &["graph", "--to", "example.com/below/v2", "--format", "dot"],
        project.path(),
    );
    let text = &cut.assert_ok().stdout;
    assert!(
        text.contains("example.com/helper") && !text.contains("example.com/code"),
        "{text}"
    );
    user.ask(&["graph", "--to", "example.com/none"], project.path())
        .assert_fails_with("example.com/none is not in the module graph");
}

/// The report, of which every requirement is needed or not as `go mod why` says.
fn agrees_with_go_mod_why(user: &User, project: &Project) -> Value {
    let report = user.json(&["tidy-report"], project.path());
    let arguments = ["mod", "why", "-m", "-vendor", "all"];
    let why = user.go.run(&arguments, project.path());
    let why = &why.assert_ok().stdout;
    for list in ["direct", "indirect"] {
        for requirement in report[list].as_array().unwrap() {
            let module = requirement["module"].as_str().unwrap();
            assert!(why.contains(&format!("# {module}\n")), "{why}");
            let unneeded = format!("# {module}\n(main module does not need");
            let ours = requirement["need"] == "not imported";
            let theirs = why.contains(&unneeded);
            assert_eq!(ours, theirs, "{module}: {requirement}\n{why}");
        }
    }
    report
}

#[test]
fn replacements_are_read_where_they_are() {
    let fork = importing("example.com/fork", "v1.0.0", &["example.com/windows"]);
    let fork = fork.go_mod("module example.com/code\n\ngo 1.21\n");
    let user = User::new(corpus().with(&fork));
    let replaced = format!(
        "{GO_MOD}\nreplace (\n\texample.com/code => example.com/fork v1.0.0\n\texample.com/helper => ./local\n)\n"
    );
    let files = [
        (
            "main.go",
            "package main\n\nimport _ \"example.com/code\"\n\nfunc main() {}\n",
        ),
        (
            "a/a.go",
            "package a\n\nimport _ \"example.com/helper/inner\"\n",
        ),
        (
            "local/go.mod",
            "module example.com/helper\n\ngo 1.21\n\nrequire example.com/idle v1.0.0\n",
        ),
        (
            "local/inner/x.go",
            "package inner\n\nimport _ \"example.com/idle\"\n",
        ),
    ];
    let project = Project::new(&replaced, &files);
    let report = agrees_with_go_mod_why(&user, &project);
    for requirement in report["direct"].as_array().unwrap() {
        assert_eq!(requirement["need"], "every build", "{requirement}");
    }
    let why = user.ask(&["why", "example.com/idle"], project.path());
    let text = &why.assert_ok().stdout;
    assert!(text.contains("by example.com/helper@v1.0.0"), "{text}");
}

#[test]
fn tidy_report_agrees_with_go_mod_why() {
    let (user, project) = (User::new(corpus()), project());
    let output = user.ask(&["tidy-report"], project.path());
    output.assert_fails_with("go.mod:8:2: no package imports example.com/idle");
    assert_eq!(output.status.code(), Some(1));
    let report = agrees_with_go_mod_why(&user, &project);
    assert_eq!(report["two_majors"][0]["module"], "example.com/below");
    let code = &report["direct"][0];
    assert_eq!(code["imported_at"], "main.go:3");
    // What code requires, helper requires too; so it brings in only itself.
    assert_eq!(
        code["alone"]["modules"],
        serde_json::json!(["example.com/code@v1.0.0"])
    );
    assert_eq!(report["direct"][1]["alone"]["packages"], 2);
    assert!(code["alone"]["bytes"].as_u64().unwrap() > 0);
}

#[test]
fn what_cannot_be_read_is_not_known_rather_than_unused() {
    let mut corpus = corpus();
    corpus.remove("example.com/code/@v/v1.0.0.zip");
    let (user, project) = (User::new(corpus), project());
    let output = user.ask(&["tidy-report"], project.path());
    let text = &output.assert_ok().stdout;
    assert!(
        text.contains("not known") && !text.contains("no package imports"),
        "{text}"
    );
    let report = user.json(&["tidy-report"], project.path());
    assert_eq!(report["direct"][2]["need"], Value::Null);
    assert_eq!(report["direct"][0]["alone"]["packages"], Value::Null);
}

#[test]
fn a_zip_that_go_sum_does_not_know_is_not_believed() {
    let (user, project) = (User::new(corpus()), project());
    user.go
        .run(&["mod", "download", "all"], project.path())
        .assert_ok();
    let sums = project.read("go.sum");
    let report = user.json(&["tidy-report"], project.path());
    assert_eq!(report["unknown"], serde_json::json!([]));
    // The same project for somebody whose upstream sends something else.
    let other = importing("example.com/code", "v1.0.0", &["example.com/idle"]);
    let other = other.requires("example.com/below", "v1.1.0");
    let user = User::new(corpus().with(&other));
    std::fs::write(project.path().join("go.sum"), sums).unwrap();
    let report = user.json(&["tidy-report"], project.path());
    assert_eq!(report["unknown"].as_array().unwrap().len(), 1);
    assert_eq!(report["unknown"][0][0], "example.com/code");
    let reason = report["unknown"][0][1].as_str().unwrap();
    assert!(reason.contains("not what go.sum has"), "{reason}");
}

#[test]
fn whatif_says_what_changes_and_what_its_authors_say_of_it() {
    let (user, project) = (User::new(corpus()), project());
    let up = user.ask(&["whatif", "example.com/code@v1.2.0"], project.path());
    up.assert_fails_with("deprecated: use example.com/other.");
    for line in [
        "raised  example.com/below v1.1.0 => v1.2.0",
        "raised  example.com/code v1.0.0 => v1.2.0",
        "removed example.com/hidden v1.0.0",
    ] {
        assert!(up.stdout.contains(line), "{up}");
    }
    let withdrawn = user.ask(&["whatif", "example.com/code@v1.1.0"], project.path());
    withdrawn.assert_fails_with("retracted: loses data");
    assert_eq!(project.read("go.mod"), GO_MOD);
}

#[test]
fn whatif_raises_the_go_line_as_go_get_does() {
    let newer = importing("example.com/newer", "v1.0.0", &[]);
    let newer = newer.go_mod("module example.com/newer\n\ngo 1.24.0\n");
    let (user, project) = (User::new(corpus().with(&newer)), project());
    let answer = user.json(&["whatif", "example.com/newer@v1.0.0"], project.path());
    user.go
        .run(&["get", "example.com/newer@v1.0.0"], project.path())
        .assert_ok();
    let raised = format!("go {}\n", answer["changes"]["go"]["to"].as_str().unwrap());
    assert!(project.read("go.mod").contains(&raised), "{raised}");
    assert!(!project.read("go.mod").contains("toolchain"));
    assert_eq!(answer["changes"]["toolchain"], Value::Null);
}

#[test]
fn wrong_targets_are_wrong_usage() {
    let (user, project) = (User::new(corpus()), project());
    for target in [
        "example.com/code",
        "example.com/code@",
        "example.com/code@<=v1",
        "example.com/code@>=one",
        "go@1.25",
        "example.com/main@v1.0.0",
        "x@none",
    ] {
        let output = user.ask(&["whatif", target], project.path());
        assert_eq!(output.status.code(), Some(2), "{target}: {output}");
    }
}

/// Every file that `go mod download -json` tells of: kind, module, version, h1, size, SHA-256.
fn downloaded(user: &User, directory: &Path) -> Vec<(String, String, String, String, u64)> {
    let told = user.go.run(&["mod", "download", "-json"], directory);
    told.assert_ok();
    let mut files = Vec::new();
    for value in serde_json::Deserializer::from_str(&told.stdout).into_iter::<Value>() {
        let value = value.unwrap();
        let text = |key: &str| value[key].as_str().unwrap().to_owned();
        for (kind, sum, file) in [("mod", "GoModSum", "GoMod"), ("zip", "Sum", "Zip")] {
            let size = std::fs::metadata(text(file)).unwrap().len();
            files.push((
                kind.to_owned(),
                text("Path"),
                text("Version"),
                text(sum),
                size,
            ));
        }
    }
    files.sort();
    files
}

#[test]
fn every_file_of_a_build_list_is_the_one_that_go_downloads() {
    let user = User::new(corpus());
    let go_mod = "module example.com/app\n\ngo 1.22\n\nrequire example.com/code v1.0.0\n";
    let main = "package main\n\nimport _ \"example.com/code\"\n\nfunc main() {}\n";
    let project = Project::new(go_mod, &[("main.go", main)]);
    user.go.run(&["mod", "tidy"], project.path()).assert_ok();
    let listed = user.ask(&["mod", "buildlist", "--files"], project.path());
    listed.assert_ok();
    let files: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap();
    let mut told: Vec<_> = files
        .iter()
        .map(|file| {
            let text = |key: &str| file[key].as_str().unwrap().to_owned();
            (
                text("kind"),
                text("module"),
                text("version"),
                text("h1"),
                file["size"].as_u64().unwrap(),
            )
        })
        .collect();
    told.sort();
    assert_eq!(told, downloaded(&user, project.path()));
    for file in &files {
        let url = file["url"].as_str().unwrap();
        assert_eq!(
            url,
            format!("{}/{}", user.proxy, file["path"].as_str().unwrap())
        );
        let kept = user
            .go
            .module_cache()
            .join("cache/download")
            .join(file["path"].as_str().unwrap());
        let mut sum = Command::new("sha256sum");
        sum.arg(kept);
        let sum = process::run(&mut sum, LIMIT);
        let sha256 = file["sha256"].as_str().unwrap();
        assert!(sum.stdout.starts_with(sha256), "{sum}");
    }
    let bazel = user.ask(
        &["mod", "buildlist", "--files", "--format", "bazel"],
        project.path(),
    );
    assert!(
        bazel
            .stdout
            .contains("    path = \"example.com/below\",\n    sum = \"h1:"),
        "{bazel}"
    );
    let go_sum = project.read("go.sum");
    let line = go_sum
        .lines()
        .find(|line| line.starts_with("example.com/code v1.0.0 "))
        .unwrap();
    std::fs::write(
        project.path().join("go.sum"),
        go_sum.replace(
            line,
            "example.com/code v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ),
    )
    .unwrap();
    let refused = user.ask(&["mod", "buildlist", "--files"], project.path());
    assert_eq!(refused.status.code(), Some(1), "{refused}");
    assert!(
        refused.stderr.contains("which is not what go.sum has"),
        "{refused}"
    );
}
