//! Bodies that break: cut, stalled, of a wrong length, slow.
//!
//! What is torn upstream may reach a client torn (its length says so) or as an error of ours,
//! but never whole; nothing of it is kept; and the next request gets it right.

use std::thread;
use std::time::Duration;

use testkit::client::{self, Answer, PATIENCE};
use testkit::go::Go;
use testkit::upstream::{Fault, Kind, Target};

use crate::site::{Site, assert_not_kept, assert_refusal, module, path, url};

const KINDS: [&str; 4] = ["info", "mod", "zip", "list"];

/// Claims that a client can tell this from a whole answer.
#[track_caller]
fn assert_torn_or_refused(answer: &Answer) {
    assert!(!answer.is_whole(), "a torn body was served as whole");
    if answer.status != 200 {
        assert!(
            answer.status >= 500,
            "an outage was reported as {}",
            answer.status
        );
        assert!(
            answer.text().starts_with("modkeep MK20"),
            "{}",
            answer.text()
        );
    }
}

#[test]
fn a_body_that_ends_early_is_never_served_as_whole_nor_kept() {
    let cuts = [
        Fault::Cut { after: 0 },
        Fault::Cut { after: 5 },
        Fault::CutChunked { after: 20 },
        Fault::Length { declared: 1 << 20 },
        Fault::CutHeader,
        Fault::Reset,
    ];
    for kind in KINDS {
        // So many broken bodies would open the breaker; they are what is tested here.
        let options = ["--upstream-breaker", "off"];
        let site = Site::with_options(&[module("a", 200_000)], &options);
        for fault in &cuts {
            site.upstream.always(&path("a", kind), fault.clone());
            assert_torn_or_refused(&site.server.get(&url("a", kind)));
            if kind != "list" {
                assert_not_kept(&site.server, &url("a", kind));
            }
        }
        site.upstream.heal();
        // The first to ask may join a transfer that had begun before.
        let whole = (0..2).any(|_| site.server.get(&url("a", kind)).is_whole());
        assert!(whole, "{kind}: not mended");
    }
}

#[test]
fn a_body_longer_than_its_length_is_cut_there_and_refused() {
    let site = Site::with(&[module("a", 100_000)]);
    site.upstream
        .first(1, Kind::Zip, Fault::Length { declared: 50_000 });
    assert_torn_or_refused_any(&site.server.get(&url("a", "zip")));
    assert_not_kept(&site.server, &url("a", "zip"));
    assert!(site.server.get(&url("a", "zip")).is_whole());
}

/// As [`assert_torn_or_refused`]; the bytes that came are no zip, which has a code of its own.
#[track_caller]
fn assert_torn_or_refused_any(answer: &Answer) {
    assert!(!answer.is_whole(), "a torn zip was served as whole");
    assert!(answer.status == 200 || answer.status >= 500, "{answer:?}");
}

#[test]
fn a_body_without_a_length_is_served_and_kept() {
    let site = Site::with(&[module("a", 300_000)]);
    site.upstream
        .always(Target::Any, Fault::Chunked { chunk: 7000 });
    let answer = site.server.get(&url("a", "zip"));
    assert!(answer.is_whole());
    assert_eq!(answer.body, module("a", 300_000).zip());
    site.upstream.refuse();
    assert_eq!(site.server.get(&url("a", "zip")).body, answer.body);
}

#[test]
fn go_fails_on_a_zip_cut_upstream_and_succeeds_right_after() {
    let site = Site::with(&[module("a", 500_000)]);
    site.upstream
        .first(1, Kind::Zip, Fault::Cut { after: 300_000 });
    let go = Go::new(&site.server.url());
    let output = go.download("example.com/a@v1.0.0");
    if !output.ok() {
        output.assert_fails_with("a/@v/v1.0.0.zip");
        go.download("example.com/a@v1.0.0").assert_ok();
    }
    assert_eq!(site.upstream.count(Kind::Zip), 2);
}

#[test]
fn a_silent_upstream_is_a_504_in_time_and_go_does_not_hang() {
    let site = Site::impatient(&[
        module("info", 10),
        module("mod", 10),
        module("zip", 200_000),
        module("list", 10),
        module("hang", 10),
        module("go", 200_000),
    ]);
    for kind in KINDS {
        site.upstream
            .always(&path(kind, kind), Fault::Stall { after: 5 });
    }
    site.upstream.always(&path("hang", "info"), Fault::Hang);
    site.upstream
        .always(&path("go", "zip"), Fault::Stall { after: 100_000 });
    thread::scope(|scope| {
        for kind in KINDS {
            let site = &site;
            scope.spawn(move || {
                let answer = site.server.get(&url(kind, kind));
                assert_torn_or_refused(&answer);
                if answer.status != 200 {
                    assert_refusal(&answer, 504, "MK2004");
                }
            });
        }
        scope.spawn(|| assert_refusal(&site.server.get(&url("hang", "info")), 504, "MK2004"));
        scope.spawn(|| {
            let output = Go::new(&site.server.url()).download("example.com/go@v1.0.0");
            output.assert_fails_with("example.com/go");
        });
    });
}

#[test]
fn a_slow_upstream_is_waited_for() {
    let site = Site::with(&[module("a", 300_000)]);
    let pause = Duration::from_millis(20);
    site.upstream.always(
        Kind::Zip,
        Fault::Slow {
            chunk: 20_000,
            pause,
        },
    );
    site.upstream
        .always(Kind::Info, Fault::Delay(Duration::from_millis(700)));
    Go::new(&site.server.url())
        .download("example.com/a@v1.0.0")
        .assert_ok();
    assert_eq!(site.upstream.count(Kind::Zip), 1);
}

#[test]
fn a_body_that_ends_with_its_connection_is_judged_by_its_content() {
    let site = Site::with(&[module("a", 200_000)]);
    site.upstream
        .always(Kind::Zip, Fault::Unframed { after: 100_000 });
    let torn = site.server.get(&url("a", "zip"));
    assert!(!torn.is_whole());
    assert_not_kept(&site.server, &url("a", "zip"));
    site.upstream
        .always(Kind::Zip, Fault::Unframed { after: usize::MAX });
    let answer = site.server.get(&url("a", "zip"));
    assert!(answer.is_whole());
    assert_eq!(answer.body, module("a", 200_000).zip());
}

#[test]
fn an_old_client_never_takes_a_torn_body_for_whole() {
    // HTTP/1.0 has no chunks: a body of unknown length ends where the connection does.
    let site = Site::with(&[module("a", 500_000)]);
    site.upstream
        .always(Kind::Zip, Fault::CutChunked { after: 300_000 });
    let request = format!("GET {} HTTP/1.0\r\n\r\n", url("a", "zip"));
    let torn = client::exchange(site.server.address(), request.as_bytes(), PATIENCE);
    assert!(!torn.is_ok_and(|answer| answer.is_whole()));

    site.upstream
        .always(Kind::Zip, Fault::Chunked { chunk: 50_000 });
    let answer = client::exchange(site.server.address(), request.as_bytes(), PATIENCE).unwrap();
    assert!(answer.is_whole());
    assert_eq!(answer.body, module("a", 500_000).zip());
}

#[test]
fn an_upstream_that_comes_back_is_used_at_once_without_a_breaker() {
    let site = Site::with_options(&[module("a", 1000)], &["--upstream-breaker", "off"]);
    for _ in 0..20 {
        site.upstream.refuse();
        assert_refusal(&site.server.get(&url("a", "info")), 503, "MK2003");
    }
    site.upstream.accept();
    assert!(site.server.get(&url("a", "info")).is_whole());
}
