//! A source that limits the rate of requests: what fetching ahead costs clients there, beside `go`
//! straight at the source.

use std::time::Duration;

use testkit::{
    fixture::{Corpus, Module},
    go::{Go, Project},
    server::Setup,
    upstream::{FakeUpstream, Kind},
};

use crate::site::{BINARY, Site, module, url};

const MODULES: usize = 60;

/// As far away as a source in the same country.
const LATENCY: Duration = Duration::from_millis(10);

fn name(number: usize) -> String {
    format!("example.com/m{number:02}")
}

/// Modules that require each their two successors.
fn corpus() -> Corpus {
    (0..MODULES).fold(Corpus::new(), |corpus, number| {
        let text = format!("module {}\n\ngo 1.16\n", name(number));
        let next = [number + 1, number + 2].into_iter();
        let module = next.filter(|next| *next < MODULES).fold(
            Module::new(&name(number), "v1.0.0").go_mod(&text),
            |module, next| module.requires(&name(next), "v1.0.0"),
        );
        corpus.with(&module.noise(number as u64, 2_000))
    })
}

fn project() -> Project {
    let lines: Vec<String> = (0..MODULES)
        .map(|n| format!("\t{} v1.0.0", name(n)))
        .collect();
    let lines = lines.join("\n");
    let go_mod = format!("module example.com/main\n\ngo 1.20\n\nrequire (\n{lines}\n)\n");
    Project::new(&go_mod, &[])
}

fn download(goproxy: &str) {
    let go = Go::new(goproxy).env("GOFLAGS", "-modcacherw -mod=mod");
    go.run(&["mod", "download"], project().path()).assert_ok();
}

/// `go` never asks twice, so one refusal ends its command.
#[test]
fn a_limit_that_guesses_meet_fails_no_build() {
    for (per_second, burst, retry_after) in [(60, 40, Some(1)), (100, 60, Some(2)), (60, 40, None)]
    {
        for run in 0..3 {
            let upstream = FakeUpstream::start(corpus());
            upstream.latency(LATENCY);
            let retry_after = retry_after.map(Duration::from_secs);
            upstream.limit_rate(per_second, burst, retry_after);
            let server = Setup::new(BINARY, &upstream.url()).start();
            download(&server.url());
            let limited = upstream.limited();
            println!("{per_second}/s, burst {burst}, run {run}: {limited} requests limited");
            let zips = upstream.count(Kind::Zip);
            assert!((MODULES..=MODULES + limited).contains(&zips), "{zips} zips");
        }
    }
}

#[test]
fn demand_that_meets_a_limit_waits_for_its_end() {
    let site = Site::with(&[module("a", 1000)]);
    site.upstream.limit_rate(1, 1, Some(Duration::from_secs(1)));
    for kind in ["info", "mod", "zip", "list"] {
        let answer = site.server.get(&url("a", kind));
        assert!(answer.is_whole(), "{kind}: {answer:?}");
    }
    let metrics = site.server.get("/metrics").text();
    let line = format!(
        "modkeep_upstream_rests_total{{upstream=\"{}\"}} ",
        site.upstream.url()
    );
    let rests = metrics.lines().find_map(|text| text.strip_prefix(&line));
    assert!(rests.is_some_and(|rests| rests != "0"), "{metrics}");
}
