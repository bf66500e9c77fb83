//! A disk of which a part is left alone.

use crate::site::{BINARY, Site, assert_refusal, module, serve, url};
use testkit::{client::Answer, fixture::Corpus, go::Go, server::Setup, upstream::FakeUpstream};

/// More than any disk has.
const ALL: &str = "99999999GiB";

fn status(answer: &Answer) -> serde_json::Value {
    serde_json::from_slice(&answer.body).unwrap()
}

#[test]
fn below_the_reserve_new_things_are_refused_before_a_byte_and_what_is_kept_is_served() {
    let mut site = Site::with(&[module("old", 40_000), module("new", 40_000)]);
    site.keep("example.com/old", "v1.0.0");
    site.server.stop();
    site.server.set_option("--disk-reserve", ALL);
    site.server.start();
    for kind in ["info", "mod", "zip"] {
        assert!(site.server.get(&url("old", kind)).is_whole(), "{kind}");
        let answer = site.server.get(&url("new", kind));
        assert_refusal(&answer, 503, "MK3011");
        assert!(answer.text().contains("MiB are free"), "{}", answer.text());
        assert!(answer.header("retry-after").is_some());
        let path = format!("example.com/new/@v/v1.0.0.{kind}");
        assert_eq!(site.upstream.count_path(&path), 0, "nobody is asked");
    }
    assert_eq!(site.server.get(&url("new", "list")).text(), "v1.0.0\n");
    let ready = site.server.get("/readyz");
    assert_eq!(ready.status, 200);
    assert!(ready.text().contains("MK3011"), "{}", ready.text());
    let store = status(&site.server.get("/-/status"))["store"].clone();
    assert_eq!(store["disk_reserve_reached"], true);
    assert!(store["disk_free_bytes"].as_u64() < store["disk_reserve_bytes"].as_u64());

    // Off, and as it is by default on a machine that runs tests.
    site.server.stop();
    site.server.set_option("--disk-reserve", "0");
    site.server.start();
    assert!(site.server.get(&url("new", "zip")).is_whole());
    let store = status(&site.server.get("/-/status"))["store"].clone();
    assert_eq!(store["disk_reserve_reached"], false);
}

#[test]
fn the_go_command_goes_on_with_the_next_proxy_behind_a_bar() {
    let upstream = FakeUpstream::start(Corpus::new().with(&module("new", 40_000)));
    let full = Setup::new(BINARY, &upstream.url())
        .option("--disk-reserve", ALL)
        .start();
    let other = serve(&upstream.url());
    let list = |separator| format!("{}{separator}{}", full.url(), other.url());
    let output = Go::new(&list('|')).get("example.com/new@latest");
    assert!(output.assert_ok().stderr.contains("v1.0.0"), "{output}");
    assert!(
        other
            .get(&format!("/cached-only{}", url("new", "zip")))
            .is_whole()
    );
    assert!(
        !full
            .get(&format!("/cached-only{}", url("new", "zip")))
            .is_whole()
    );
    // Behind a comma it goes on after 404 and 410 only, and says what it was told.
    let output = Go::new(&list(',')).get("example.com/new@latest");
    output.assert_fails_with("MK3011");
}
