//! Fetching ahead as the real `go` sees it, and as an upstream does.

use std::process::Command;
use std::time::Duration;

use testkit::client;
use testkit::fixture::{Corpus, Module};
use testkit::go::{Go, Project};
use testkit::process;
use testkit::upstream::{FakeUpstream, Fault, Kind};

use crate::site::{BINARY, Site};

const MODULES: usize = 40;
const LIMIT: Duration = Duration::from_mins(2);

/// Far enough away that what is not foreseen is asked for by the client itself.
const LATENCY: Duration = Duration::from_millis(10);

fn path(number: usize) -> String {
    format!("example.com/m{number:02}")
}

/// Modules that require each their two successors, with packages that nobody imports but `m00`.
fn corpus(go: &str) -> Corpus {
    let mut corpus = Corpus::new();
    for number in 0..MODULES {
        let text = format!("module {}\n\ngo {go}\n", path(number));
        let mut module = Module::new(&path(number), "v1.0.0").go_mod(&text);
        for next in [number + 1, number + 2] {
            if next < MODULES {
                module = module.requires(&path(next), "v1.0.0");
            }
        }
        corpus.add(&module.noise(number as u64, 5_000));
    }
    corpus
}

fn site() -> Site {
    let site = Site::new(corpus("1.16"));
    site.upstream.latency(LATENCY);
    site
}

/// A main module that lists everything, as `go mod tidy` would write it.
fn project() -> Project {
    let lines = (0..MODULES).map(|number| format!("\t{} v1.0.0", path(number)));
    let lines = lines.collect::<Vec<_>>().join("\n");
    let go_mod = format!("module example.com/main\n\ngo 1.20\n\nrequire (\n{lines}\n)\n");
    Project::new(&go_mod, &[])
}

fn go(url: &str) -> Go {
    Go::new(url).env("GOFLAGS", "-modcacherw -mod=mod")
}

fn go_sum() -> String {
    let project = project();
    let upstream = FakeUpstream::start(corpus("1.16"));
    let output = go(&upstream.url()).run(&["mod", "download", "all"], project.path());
    output.assert_ok();
    project.read("go.sum")
}

#[track_caller]
fn assert_once(upstream: &FakeUpstream) {
    for path in upstream.paths() {
        assert_eq!(upstream.count_path(&path), 1, "{path}");
    }
}

#[test]
fn a_graph_is_foreseen_and_costs_no_zip() {
    let site = site();
    let output = go(&site.server.url()).run(&["mod", "graph"], project().path());
    output.assert_ok();
    assert_eq!(
        (
            site.upstream.count(Kind::Mod),
            site.upstream.count(Kind::Zip)
        ),
        (MODULES, 0)
    );
    assert_once(&site.upstream);
    let metrics = site.server.get("/metrics").text();
    let hits = metrics
        .lines()
        .find_map(|line| line.strip_prefix("modkeep_prefetch_hits_total{kind=\"mod\"} "))
        .unwrap();
    assert!(hits.parse::<usize>().unwrap() > MODULES / 2, "{hits}");
}

#[test]
fn two_clients_download_at_once_and_each_artifact_crosses_once() {
    let site = site();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let output = go(&site.server.url()).run(&["mod", "download"], project().path());
                output.assert_ok();
            });
        }
    });
    assert_eq!(site.upstream.count(Kind::Zip), MODULES);
    assert_once(&site.upstream);
}

#[test]
fn run_reads_the_go_sum_of_its_directory() {
    let upstream = FakeUpstream::start(corpus("1.16"));
    let project = project();
    std::fs::write(project.path().join("go.sum"), go_sum()).unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut modkeep = Command::new(BINARY);
    Go::new("off")
        .env("GOFLAGS", "-modcacherw")
        .prepare(&mut modkeep);
    modkeep.args(["run", "--upstream", &upstream.url(), "--data"]);
    modkeep
        .arg(data.path())
        .args(["--", "go", "mod", "download"]);
    modkeep.current_dir(project.path());
    let output = process::run(&mut modkeep, LIMIT);
    output.assert_ok();
    assert!(output.stderr.contains("fetched ahead"), "{output}");
    assert_eq!(upstream.count(Kind::Zip), MODULES);
    assert_once(&upstream);
}

#[test]
fn a_posted_go_sum_makes_the_next_build_warm() {
    let site = site();
    let sums = go_sum();
    let answer = client::post(site.server.address(), "/-/prefetch", sums.as_bytes()).unwrap();
    assert_eq!(answer.status, 200);
    let text = answer.text();
    let last = text.lines().last().unwrap();
    assert!(
        last.contains("\"finished\":true") && last.contains("\"failed\":0"),
        "{text}"
    );
    site.upstream.refuse();
    site.upstream.forget();
    let output = go(&site.server.url()).run(&["mod", "download", "all"], project().path());
    output.assert_ok();
    site.upstream.assert_untouched();
}

/// What is fetched ahead and fails costs the client nothing: it asks, and is told by its own
/// request how things are.
#[test]
fn an_upstream_that_dies_in_the_middle_fails_as_it_would_without() {
    let site = site();
    site.upstream.nth(5, Kind::Zip, Fault::status(503));
    site.upstream.nth(6, Kind::Zip, Fault::status(503));
    for _ in 0..3 {
        let output = go(&site.server.url()).run(&["mod", "download"], project().path());
        if output.status.success() {
            return;
        }
    }
    panic!("the upstream was well again, and the download still failed");
}
