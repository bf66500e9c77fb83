//! The rest of the HTTP surface: HEAD, ranges, conditions, `cached-only`, the index, health.

use std::fmt::Write as _;
use std::io::Read as _;
use std::time::Duration;

use testkit::client::{self, Answer};
use testkit::go::Go;
use testkit::upstream::Kind;

use crate::site::{Site, assert_not_kept, assert_refusal, module, path, url};

const LENGTH: usize = 100_000;

fn kept() -> Site {
    let site = Site::with(&[module("a", LENGTH)]);
    site.keep("example.com/a", "v1.0.0");
    site
}

fn ranged(site: &Site, range: &str) -> Answer {
    site.server
        .request("GET", &url("a", "zip"), &[("range", range)])
}

#[test]
fn head_says_what_get_would_without_the_body() {
    let site = kept();
    for kind in ["info", "mod", "zip", "list", "latest"] {
        let get = site.server.get(&url("a", kind));
        let head = site.server.request("HEAD", &url("a", kind), &[]);
        assert_eq!((head.status, head.body.len()), (200, 0), "{kind}");
        for name in ["content-type", "content-length", "etag", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{kind} {name}");
        }
    }
}

#[test]
fn head_of_a_cold_artifact_is_answered_too() {
    let site = Site::with(&[module("a", LENGTH)]);
    assert_eq!(
        site.server.request("HEAD", &url("a", "mod"), &[]).status,
        200
    );
    assert_eq!(
        site.server
            .request("HEAD", &url("missing", "mod"), &[])
            .status,
        404
    );
}

#[test]
fn types_and_caching_follow_the_protocol() {
    let site = kept();
    for (kind, media, immutable) in [
        ("info", "application/json", true),
        ("mod", "text/plain; charset=utf-8", true),
        ("zip", "application/zip", true),
        ("list", "text/plain; charset=utf-8", false),
        ("latest", "application/json", false),
    ] {
        let answer = site.server.get(&url("a", kind));
        assert_eq!(answer.header("content-type"), Some(media), "{kind}");
        let caching = answer.header("cache-control").unwrap();
        assert_eq!(
            caching.contains("immutable"),
            immutable,
            "{kind}: {caching}"
        );
        assert!(answer.header("modkeep-request").is_some(), "{kind}");
        if immutable {
            assert!(answer.header("etag").is_some(), "{kind}");
            assert!(answer.header("modkeep-source").is_some(), "{kind}");
        }
    }
}

#[test]
fn ranges_of_a_kept_zip_are_served() {
    let site = kept();
    let zip = module("a", LENGTH).zip();
    let total = zip.len();
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=100-", 100, total),
        ("bytes=-50", total - 50, total),
        ("bytes=0-99999999", 0, total),
    ] {
        let answer = ranged(&site, range);
        assert_eq!((answer.status, answer.complete), (206, true), "{range}");
        assert_eq!(answer.body, zip[from..to], "{range}");
        let expected = format!("bytes {from}-{}/{total}", to - 1);
        assert_eq!(answer.header("content-range"), Some(expected.as_str()));
    }
    let beyond = ranged(&site, "bytes=99999999-");
    assert_eq!(beyond.status, 416);
    let expected = format!("bytes */{total}");
    assert_eq!(beyond.header("content-range"), Some(expected.as_str()));
    // RFC 9110 section 14.2: what is not understood is ignored.
    for range in ["bytes=x", "lines=1-2", "bytes=5-2"] {
        assert_eq!(ranged(&site, range).body, zip, "{range}");
    }
}

#[test]
fn a_condition_that_holds_saves_the_body() {
    let site = kept();
    let etag = site
        .server
        .get(&url("a", "zip"))
        .header("etag")
        .unwrap()
        .to_owned();
    let conditional = |name: &str, value: &str| {
        site.server
            .request("GET", &url("a", "zip"), &[(name, value)])
    };
    for value in [
        etag.as_str(),
        "*",
        &format!("\"x\", {etag}"),
        &format!("W/{etag}"),
    ] {
        let answer = conditional("if-none-match", value);
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{value}");
    }
    assert!(conditional("if-none-match", "\"other\"").is_whole());
    let zip = site.server.get(&url("a", "zip")).body;
    let same = site.server.request(
        "GET",
        &url("a", "zip"),
        &[("range", "bytes=0-9"), ("if-range", &etag)],
    );
    assert_eq!((same.status, same.body.as_slice()), (206, &zip[..10]));
    let other = site.server.request(
        "GET",
        &url("a", "zip"),
        &[("range", "bytes=0-9"), ("if-range", "\"x\"")],
    );
    assert_eq!((other.status, other.body.len()), (200, zip.len()));
}

#[test]
fn cached_only_serves_what_is_kept_and_asks_nobody() {
    let site = kept();
    for kind in ["info", "mod", "zip"] {
        assert!(
            site.server
                .get(&format!("/cached-only{}", url("a", kind)))
                .is_whole()
        );
        assert_not_kept(&site.server, &url("cold", kind));
        let header = [("disable-module-fetch", "true")];
        assert!(
            site.server
                .request("GET", &url("a", kind), &header)
                .is_whole()
        );
        let cold = site.server.request("GET", &url("cold", kind), &header);
        assert_refusal(&cold, 404, "MK2001");
    }
    Go::new(&format!("{}/cached-only", site.server.url()))
        .download("example.com/a@v1.0.0")
        .assert_ok();
    let output =
        Go::new(&format!("{}/cached-only", site.server.url())).download("example.com/b@v1.0.0");
    output.assert_fails_with("modkeep MK2001: ");
    site.upstream.assert_untouched();
}

#[test]
fn the_index_names_what_was_captured_in_order() {
    let site = Site::with(&[module("a", 10), module("b", 10), module("c", 10)]);
    for name in ["b", "a", "c"] {
        site.keep(&format!("example.com/{name}"), "v1.0.0");
    }
    let entries = index(&site, "/index");
    let names: Vec<&str> = entries
        .iter()
        .map(|entry| entry["Path"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["example.com/b", "example.com/a", "example.com/c"]);
    assert!(entries.iter().all(|entry| entry["Version"] == "v1.0.0"));

    assert_eq!(index(&site, "/index?limit=2").len(), 2);
    let since = entries[1]["Timestamp"].as_str().unwrap();
    let later = index(&site, &format!("/index?since={since}"));
    assert_eq!(later.last(), entries.last());
    assert!(later.len() >= 2 && later.len() <= 3);
    assert!(index(&site, "/index?since=2999-01-01T00:00:00Z").is_empty());
    for bad in [
        "/index?since=yesterday",
        "/index?limit=x",
        "/index?limit=-1",
    ] {
        assert_eq!(site.server.get(bad).status, 400, "{bad}");
    }
}

fn index(site: &Site, path: &str) -> Vec<serde_json::Value> {
    let answer = site.server.get(path);
    assert!(answer.is_whole(), "{answer:?}");
    answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn other_methods_are_refused_with_what_is_allowed() {
    let site = kept();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        // A zip can be put there: it is published.
        let kinds = ["info", "mod", "list", "latest", "zip"];
        let kinds = kinds
            .into_iter()
            .filter(|kind| (*kind, method) != ("zip", "PUT"));
        for kind in kinds {
            let answer = site.server.request(method, &url("a", kind), &[]);
            assert_refusal(&answer, 405, "MK1004");
            assert!(answer.header("allow").unwrap().contains("GET"), "{method}");
        }
    }
    let answer = site.server.get("/-/refresh/example.com/a");
    assert_eq!(answer.status, 405, "{answer:?}");
    assert!(site.server.get(&url("a", "zip")).is_whole());
}

#[test]
fn health_and_metrics_answer() {
    let site = kept();
    for page in ["/livez", "/readyz", "/metrics", "/"] {
        assert!(site.server.get(page).is_whole(), "{page}");
    }
    let metrics = site.server.get("/metrics").text();
    assert!(metrics.contains("# TYPE "), "{metrics}");
    assert!(metrics.contains("zip"), "{metrics}");
}

#[test]
fn readiness_does_not_depend_on_the_upstream() {
    let site = kept();
    site.upstream.refuse();
    assert_eq!(site.server.get(&url("cold", "info")).status, 503);
    assert_eq!(site.server.get("/readyz").status, 200);
    assert_eq!(site.server.get("/livez").status, 200);
}

#[test]
fn what_is_kept_is_never_asked_for_again() {
    let site = kept();
    for _ in 0..3 {
        Go::new(&site.server.url())
            .download("example.com/a@v1.0.0")
            .assert_ok();
    }
    site.upstream.assert_untouched();
    assert_eq!(site.upstream.count(Kind::Zip), 0);
}

#[test]
fn sigterm_lets_an_open_download_finish_and_ends_with_success() {
    let mut site = Site::with(&[module("a", 4 << 20)]);
    let hold = site.upstream.hold_after(1 << 20, &path("a", "zip"));
    let mut reading = testkit::client::start(site.server.address(), &url("a", "zip")).unwrap();
    assert!(!reading.at_least(1).is_empty());
    site.server.ask_to_stop();
    hold.release();
    assert!(reading.finish().is_whole());
    assert!(site.server.stop().success());
}

#[test]
fn what_a_client_says_about_itself_stays_here() {
    let site = Site::with(&[module("a", LENGTH)]);
    let private = [
        ("authorization", "Bearer sesame"),
        ("cookie", "session=sesame"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-sesame", "sesame"),
        ("referer", "https://example.org/sesame"),
    ];
    let path = format!("{}?token=sesame", url("a", "mod"));
    assert!(site.server.request("GET", &path, &private).is_whole());
    for asked in site.upstream.asked() {
        assert!(!format!("{asked:?}").contains("sesame"), "{asked:?}");
        assert_eq!(asked.header("x-forwarded-for"), None);
        assert!(asked.header("user-agent").unwrap().starts_with("modkeep/"));
        assert_eq!(asked.method, "GET");
    }
    assert!(
        !site.server.log().contains("sesame"),
        "{}",
        site.server.log()
    );
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let mut site = kept();
    let idle = std::net::TcpStream::connect(site.server.address()).unwrap();
    assert!(site.server.get("/livez").is_whole());
    // Far below the limit for draining open downloads, which is 25 seconds.
    assert!(site.server.stop_within(Duration::from_secs(10)).success());
    drop(idle);
}

#[test]
fn one_connection_carries_many_requests_whatever_their_answers() {
    let site = kept();
    let mut requests = String::new();
    for path in [
        url("a", "info"),
        url("none", "info"),
        "/favicon.ico".to_owned(),
        url("a", "mod"),
    ] {
        write!(requests, "GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    }
    requests.push_str("GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    let pending =
        client::open(site.server.address(), requests.as_bytes(), client::PATIENCE).unwrap();
    let mut text = String::new();
    pending.into_stream().read_to_string(&mut text).unwrap();
    let statuses: Vec<&str> = text
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| &answer[..3])
        .collect();
    assert_eq!(statuses, ["200", "404", "404", "200", "200"]);
}

#[test]
fn a_range_of_a_cold_zip_is_that_range_or_all_of_it() {
    let site = Site::with(&[module("a", LENGTH)]);
    let zip = module("a", LENGTH).zip();
    let answer = ranged(&site, "bytes=100-199");
    match answer.status {
        206 => assert_eq!(answer.body, zip[100..200]),
        200 => assert_eq!(answer.body, zip),
        other => panic!("{other}: {answer:?}"),
    }
    assert_eq!(ranged(&site, "bytes=100-199").body, zip[100..200]);
    assert_eq!(site.upstream.count(Kind::Zip), 1);
}
