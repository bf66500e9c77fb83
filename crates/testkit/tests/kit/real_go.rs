//! The fixture's modules are modules to the real `go`, and the faults hurt it as expected.

use std::time::Duration;

use testkit::fixture::{Corpus, Module};
use testkit::go::{Go, Project};
use testkit::upstream::{FakeUpstream, Fault, Kind};

fn corpus() -> Corpus {
    Corpus::new()
        .with(&Module::new("example.com/Dep", "v1.2.0"))
        .with(&Module::new("example.com/a", "v1.0.0").requires("example.com/Dep", "v1.2.0"))
}

#[test]
fn go_downloads_a_module_and_what_it_requires() {
    let upstream = FakeUpstream::start(corpus());
    let go = Go::new(&upstream.url());
    let project = Project::new(
        "module example.com/main\n\ngo 1.16\n\nrequire example.com/a v1.0.0\n",
        &[(
            "main.go",
            "package main\n\nimport _ \"example.com/a\"\n\nfunc main() {}\n",
        )],
    );
    go.run(&["mod", "tidy"], project.path()).assert_ok();
    let sums = project.read("go.sum");
    assert!(sums.contains("example.com/a v1.0.0 h1:"), "{sums}");
    let graph = go.run(&["mod", "graph"], project.path());
    let edge = "example.com/a@v1.0.0 example.com/Dep@v1.2.0";
    assert!(graph.assert_ok().stdout.contains(edge), "{graph}");
    assert_eq!(upstream.count_path("example.com/!dep/@v/v1.2.0.mod"), 1);
    go.run(&["mod", "verify"], project.path()).assert_ok();
}

#[test]
fn go_accepts_the_tree_as_a_file_upstream() {
    let directory = tempfile::tempdir().unwrap();
    corpus().write_tree(directory.path());
    let go = Go::new(&format!("file://{}", directory.path().display()));
    go.download("example.com/a@v1.0.0").assert_ok();
    let versions = go.versions("example.com/Dep");
    assert_eq!(versions.assert_ok().stdout.trim(), "example.com/Dep v1.2.0");
}

#[test]
fn go_shows_the_status_and_the_text_of_a_refusal() {
    let upstream = FakeUpstream::start(corpus());
    upstream.always(Kind::Zip, Fault::text(403, "not for you"));
    let output = Go::new(&upstream.url()).download("example.com/a@v1.0.0");
    output.assert_fails_with("403 Forbidden");
    output.assert_fails_with("not for you");
}

#[test]
fn go_hangs_on_a_stalled_server_until_the_driver_kills_it() {
    let upstream = FakeUpstream::start(corpus());
    upstream.always(Kind::Zip, Fault::Stall { after: 100 });
    let go = Go::new(&upstream.url()).limit(Duration::from_secs(3));
    assert!(go.download("example.com/a@v1.0.0").timed_out);
}

#[test]
fn go_sees_a_torn_zip() {
    let upstream = FakeUpstream::start(corpus());
    upstream.always(Kind::Zip, Fault::Cut { after: 100 });
    let output = Go::new(&upstream.url()).download("example.com/a@v1.0.0");
    output.assert_fails_with("unexpected EOF");
}
