//! An upstream that dies, in three ways, and returns: what clients wait for, and what they are told.
//!
//! The bounds are those that are promised, with room for a busy machine; the times are printed.

use std::time::Duration;

use testkit::client::Answer;
use testkit::fixture::{Corpus, Module};
use testkit::go::Go;
use testkit::server::Setup;
use testkit::upstream::{FakeUpstream, Fault, Kind, Target};
use tokio::time::Instant;

use crate::site::{BINARY, Site, assert_refusal, module, path, serve, url};

/// What is kept, and refusals of a breaker that is open: promised within 10 and 20 ms.
const AT_ONCE: Duration = Duration::from_millis(250);
/// The first to meet a dead upstream: promised within 5 s.
const AT_FIRST: Duration = Duration::from_secs(5);
/// From an upstream's return to its first answer: promised within 2 s.
const RETURN: Duration = Duration::from_secs(4);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    Unwell,
    Hanging,
    Gone,
}

// === impl Death ===

impl Death {
    fn strike(self, upstream: &FakeUpstream) {
        match self {
            Self::Unwell => upstream.always(Target::Any, Fault::status(503)),
            Self::Hanging => upstream.always(Target::Any, Fault::Hang),
            Self::Gone => upstream.refuse(),
        }
    }

    fn end(self, upstream: &FakeUpstream) {
        match self {
            Self::Gone => upstream.accept(),
            Self::Unwell | Self::Hanging => upstream.heal(),
        }
    }
}

/// A site that keeps `a` and its list; `b` is at the upstream only.
fn site() -> Site {
    let site = Site::with(&[module("a", 50_000), module("b", 50_000)]);
    assert!(site.server.get(&url("a", "list")).is_whole());
    site.keep("example.com/a", "v1.0.0");
    site
}

fn timed(site: &Site, url: &str) -> (Answer, Duration) {
    let begun = Instant::now();
    let answer = site.server.get(url);
    (answer, begun.elapsed())
}

/// Asks until the breaker of this class is open.
fn wear_out(site: &Site, url: &str) {
    let open = (0..20).any(|_| {
        let (answer, time) = timed(site, url);
        assert!(answer.status >= 500, "{}", answer.text());
        assert!(time < AT_FIRST, "{time:?}");
        answer.text().starts_with("modkeep MK2011")
    });
    assert!(open, "never left alone");
}

/// Gives the times of the first answer and of a refusal, the slowest of what is kept, and the time
/// from the upstream's return to its use.
fn dies_and_returns(death: Death) -> [Duration; 4] {
    let site = site();
    death.strike(&site.upstream);

    let (answer, first) = timed(&site, &url("b", "mod"));
    let code = match death {
        Death::Unwell => "MK2012",
        Death::Hanging | Death::Gone => "MK2003",
    };
    assert_refusal(&answer, 503, code);
    assert!(first < AT_FIRST, "{first:?}");

    wear_out(&site, &url("b", "mod"));
    let (answer, refused) = timed(&site, &url("b", "mod"));
    assert_refusal(&answer, 503, "MK2011");
    assert!(answer.header("retry-after").is_some());
    assert!(refused < AT_ONCE, "{refused:?}");
    let go = Go::new(&site.server.url());
    go.download("example.com/b@v1.0.0")
        .assert_fails_with("modkeep MK20");

    let mut slowest = Duration::ZERO;
    for kind in ["info", "mod", "zip", "list"] {
        for _ in 0..10 {
            let (answer, time) = timed(&site, &url("a", kind));
            assert!(answer.is_whole(), "{kind}: {answer:?}");
            slowest = slowest.max(time);
        }
    }
    assert!(slowest < AT_ONCE, "{slowest:?}");

    let ready = site.server.get("/readyz");
    assert_eq!(ready.status, 200);
    let line = format!(
        "degraded: {} is left alone for metadata",
        site.upstream.url()
    );
    assert!(ready.text().contains(&line), "{}", ready.text());
    let gauge = format!(
        "modkeep_upstream_breaker{{upstream=\"{}\",class=\"metadata\"}} 2",
        site.upstream.url()
    );
    let metrics = site.server.get("/metrics").text();
    assert!(metrics.contains(&gauge), "{metrics}");

    death.end(&site.upstream);
    let begun = Instant::now();
    while !site.server.get(&url("b", "mod")).is_whole() {
        assert!(begun.elapsed() < RETURN, "{:?}", begun.elapsed());
    }
    let back = begun.elapsed();
    // The other classes may still have to be tried; the client's own patience covers it.
    let begun = Instant::now();
    while !go.download("example.com/b@v1.0.0").ok() {
        assert!(begun.elapsed() < RETURN, "{:?}", begun.elapsed());
    }
    [first, refused, slowest, back]
}

#[test]
fn an_upstream_that_answers_503_is_left_alone_and_found_again() {
    println!(
        "first, refused, kept, back: {:?}",
        dies_and_returns(Death::Unwell)
    );
}

#[test]
fn an_upstream_that_hangs_is_left_alone_and_found_again() {
    println!(
        "first, refused, kept, back: {:?}",
        dies_and_returns(Death::Hanging)
    );
}

#[test]
fn an_upstream_that_is_gone_is_left_alone_and_found_again() {
    println!(
        "first, refused, kept, back: {:?}",
        dies_and_returns(Death::Gone)
    );
}

#[test]
fn an_old_list_is_given_at_once_while_its_upstream_is_left_alone() {
    let options = ["--list-max-age", "0s", "--list-stale", "0s"];
    let site = Site::with_options(&[module("a", 1000)], &options);
    assert!(site.server.get(&url("a", "list")).is_whole());
    site.upstream.always(Target::Any, Fault::Hang);
    // Nothing is known yet: somebody has to wait for a sign of life, and waits 2 s at most.
    let (answer, first) = timed(&site, &url("a", "list"));
    assert!(answer.is_whole() && first < AT_FIRST, "{first:?}");
    wear_out(&site, &url("unknown", "list"));
    for _ in 0..10 {
        let (answer, time) = timed(&site, &url("a", "list"));
        assert!(answer.is_whole());
        assert!(time < AT_ONCE, "{time:?}");
    }
}

/// The newest version is listed and not kept; an older one is kept whole.
#[test]
fn in_an_outage_latest_is_what_is_kept_whole() {
    for death in [Death::Unwell, Death::Hanging, Death::Gone] {
        let newer = Module::new("example.com/a", "v1.1.0");
        let site = Site::with(&[module("a", 1000), newer]);
        site.keep("example.com/a", "v1.0.0");
        for kind in ["list", "latest"] {
            assert!(site.server.get(&url("a", kind)).text().contains("v1.1.0"));
        }
        death.strike(&site.upstream);
        // What was heard of the source in the last two seconds still counts.
        let begun = Instant::now();
        while site.server.get(&url("a", "list")).text() != "v1.0.0\n" {
            assert!(begun.elapsed() < RETURN, "{death:?}");
        }
        let output = Go::new(&site.server.url()).get("example.com/a@latest");
        assert!(output.assert_ok().stderr.contains("v1.0.0"), "{output}");
        let list = site.server.get(&url("a", "list"));
        assert_eq!(list.text(), "v1.0.0\n", "{death:?}");
        assert_eq!(
            list.header("modkeep-source"),
            Some("kept 1 of 2 listed, no source can be asked")
        );
        let named = url("a", "info").replace("v1.0.0", "v1.1.0");
        assert!(site.server.get(&named).status >= 500, "{death:?}");
        death.end(&site.upstream);
        let begun = Instant::now();
        while !site.server.get(&url("a", "list")).text().contains("v1.1.0") {
            assert!(begun.elapsed() < RETURN, "{death:?}");
        }
    }
}

#[test]
fn in_an_outage_what_the_author_took_back_is_not_the_latest() {
    let retracting = Module::new("example.com/a", "v1.2.0")
        .go_mod("module example.com/a\n\ngo 1.21\n\nretract v1.1.0\n");
    let site = Site::with(&[
        module("a", 1000),
        Module::new("example.com/a", "v1.1.0"),
        retracting,
    ]);
    for version in ["v1.0.0", "v1.1.0"] {
        site.keep("example.com/a", version);
    }
    for path in ["list", "v1.2.0.mod"] {
        assert!(
            site.server
                .get(&format!("/example.com/a/@v/{path}"))
                .is_whole()
        );
    }
    site.upstream.refuse();
    let latest = site.server.get(&url("a", "latest"));
    assert!(latest.text().contains("\"v1.0.0\""), "{latest:?}");
}

#[test]
fn a_slow_upstream_is_not_a_dead_one() {
    let site = Site::with(&[module("a", 3000)]);
    let pause = Duration::from_millis(500);
    site.upstream
        .always(Target::Any, Fault::Slow { chunk: 1000, pause });
    site.upstream
        .always(Kind::Info, Fault::Delay(Duration::from_millis(4500)));
    Go::new(&site.server.url())
        .download("example.com/a@v1.0.0")
        .assert_ok();
    assert_eq!(site.upstream.count(Kind::Info), 1);
    assert_eq!(site.upstream.count(Kind::Zip), 1);
    assert_eq!(site.server.get("/readyz").text(), "ready\n");
}

#[test]
fn a_rate_limit_is_obeyed_and_passed_on() {
    let site = Site::with(&[module("a", 1000), module("b", 1000)]);
    site.upstream
        .always(Kind::Mod, Fault::status_with(429, "retry-after", "45"));
    assert_refusal(&site.server.get(&url("a", "mod")), 502, "MK2005");
    for _ in 0..10 {
        let answer = site.server.get(&url("b", "mod"));
        assert_refusal(&answer, 503, "MK2011");
        let again: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((35..=45).contains(&again), "{again}");
    }
    assert_eq!(site.upstream.count(Kind::Mod), 1);
    assert!(site.server.get(&url("a", "zip")).is_whole());
}

#[test]
fn behind_a_pipe_builds_go_on_and_wait_once() {
    let dead = FakeUpstream::start(Corpus::new());
    dead.always(Target::Any, Fault::Hang);
    let corpus = (0..5).fold(Corpus::new(), |corpus, number| {
        corpus.with(&module(&format!("m{number}"), 1000))
    });
    let good = FakeUpstream::start(corpus);
    let list = format!("{}|{}", dead.url(), good.url());
    let server = Setup::new(BINARY, &list).start();
    let go = Go::new(&server.url());
    for number in 0..5 {
        let begun = Instant::now();
        go.download(&format!("example.com/m{number}@v1.0.0"))
            .assert_ok();
        let took = begun.elapsed();
        println!("build {number} took {took:?}");
        let bound = if number == 0 {
            2 * AT_FIRST
        } else {
            AT_FIRST / 2
        };
        assert!(took < bound, "build {number}: {took:?}");
    }
    // The first request found out for all.
    assert_eq!(dead.count(Kind::Info), 1);
    assert_eq!((dead.count(Kind::Mod), dead.count(Kind::Zip)), (0, 0));
    assert_eq!(good.count(Kind::Zip), 5);
}

#[test]
fn what_the_first_has_does_not_suffer_from_a_dead_second() {
    for separator in [',', '|'] {
        let first = FakeUpstream::start(Corpus::new().with(&module("a", 1000)));
        let dead = FakeUpstream::start(Corpus::new());
        dead.always(Target::Any, Fault::Hang);
        let server = serve(&format!("{}{separator}{}", first.url(), dead.url()));
        Go::new(&server.url())
            .download("example.com/a@v1.0.0")
            .assert_ok();
        dead.assert_untouched();
        // And what nobody has said no to is not absent.
        let answer = server.get(&url("none", "info"));
        assert_refusal(&answer, 503, "MK2003");
        assert_eq!(first.count_path(&path("none", "info")), 1);
    }
}

/// One answer in four is an error, a reset or a cut body: each is mended before a client sees it.
#[test]
fn clients_at_once_see_nothing_of_an_upstream_that_stumbles() {
    let modules: Vec<_> = (0..8)
        .map(|number| module(&format!("m{number}"), 300_000))
        .collect();
    let site = Site::with(&modules);
    for (kind, fault) in [
        ("info", Fault::status(503)),
        ("mod", Fault::CutHeader),
        ("zip", Fault::Cut { after: 100_000 }),
    ] {
        for number in [0, 5] {
            let path = Target::Path(path(&format!("m{number}"), kind));
            site.upstream.first(1, path, fault.clone());
        }
    }
    let names = (0..8).map(|number| format!("example.com/m{number}@v1.0.0"));
    let names: Vec<String> = names.collect();
    std::thread::scope(|scope| {
        for client in 0..4 {
            let (names, url) = (&names, site.server.url());
            scope.spawn(move || {
                let go = Go::new(&url);
                for turn in 0..names.len() {
                    let name = &names[(2 * client + turn) % names.len()];
                    go.download(name).assert_ok();
                }
            });
        }
    });
    for kind in [Kind::Info, Kind::Mod, Kind::Zip] {
        assert_eq!(site.upstream.count(kind), 8 + 2, "{kind:?}");
    }
}
