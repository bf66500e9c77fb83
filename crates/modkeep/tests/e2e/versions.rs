//! Lists, `@latest` and queries: fresh while the upstream lives, sensible when it does not.

use testkit::client::Answer;
use testkit::fixture::{Corpus, Module, TIME};
use testkit::go::Go;
use testkit::upstream::{Fault, Kind, Target};

use crate::site::{Site, assert_refusal};

const LIST: &str = "/example.com/a/@v/list";
const LATEST: &str = "/example.com/a/@latest";
const PSEUDO: &str = "v1.1.1-0.20240102030405-abcdefabcdef";

fn version(version: &str) -> Module {
    Module::new("example.com/a", version)
}

fn site() -> Site {
    Site::with(&[version("v1.0.0"), version("v1.1.0")])
}

fn refresh(site: &Site) {
    let answer = site.server.request("POST", "/-/refresh/example.com/a", &[]);
    assert!((200..300).contains(&answer.status), "{answer:?}");
}

/// The versions of a list, in Go's order of no order.
fn sorted(answer: &Answer) -> Vec<String> {
    assert!(answer.is_whole(), "{answer:?}");
    let mut lines: Vec<String> = answer.text().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Anybody may ask for a refresh at any time, also when nothing can be fetched anew.
#[test]
fn a_refresh_in_an_outage_takes_no_answer_away() {
    let site = site();
    let branch = "/example.com/a/@v/master.info";
    site.upstream
        .change(|corpus| corpus.put(branch.trim_start_matches('/'), version("v1.1.0").info()));
    let known = [LIST, LATEST, branch];
    let before = known.map(|path| site.server.get(path));
    let absent = "/example.com/b/@v/list";
    assert_eq!(site.server.get(absent).status, 404);
    site.upstream.refuse();
    for _ in 0..3 {
        refresh(&site);
        let answer = site.server.request("POST", "/-/refresh/example.com/b", &[]);
        assert!((200..300).contains(&answer.status), "{answer:?}");
        for (path, before) in known.iter().zip(&before) {
            let answer = site.server.get(path);
            assert_eq!((answer.status, &answer.body), (200, &before.body), "{path}");
        }
        assert_eq!(site.server.get(absent).status, 404);
    }
    site.upstream.accept();
    site.upstream.forget();
    site.upstream
        .change(|corpus| corpus.put("example.com/a/@v/list", "v1.0.0\nv1.1.0\nv1.2.0\n"));
    crate::site::wait_until(|| {
        refresh(&site);
        sorted(&site.server.get(LIST)).contains(&"v1.2.0".to_owned())
    });
}

#[test]
fn a_version_that_is_kept_stays_listed_when_the_upstream_drops_it() {
    let site = site();
    assert_eq!(sorted(&site.server.get(LIST)), ["v1.0.0", "v1.1.0"]);
    site.keep("example.com/a", "v1.1.0");
    site.upstream
        .change(|corpus| corpus.put("example.com/a/@v/list", "v1.0.0\n"));
    refresh(&site);
    assert_eq!(sorted(&site.server.get(LIST)), ["v1.0.0", "v1.1.0"]);
    let output = Go::new(&site.server.url()).versions("example.com/a");
    assert_eq!(
        output.assert_ok().stdout.trim(),
        "example.com/a v1.0.0 v1.1.0"
    );
}

#[test]
fn a_module_that_the_upstream_deletes_is_still_served() {
    let site = site();
    site.keep("example.com/a", "v1.0.0");
    site.upstream.change(|corpus| *corpus = Corpus::new());
    refresh(&site);
    assert_eq!(sorted(&site.server.get(LIST)), ["v1.0.0"]);
    Go::new(&site.server.url())
        .get("example.com/a@latest")
        .assert_ok();
}

#[test]
fn lists_and_latest_go_on_during_an_outage() {
    let site = site();
    site.keep("example.com/a", "v1.1.0");
    let before = sorted(&site.server.get(LIST));
    assert_eq!(before, ["v1.0.0", "v1.1.0"]);
    site.upstream.refuse();
    // Of v1.0.0 nothing is kept, so it cannot be had now.
    crate::site::wait_until(|| sorted(&site.server.get(LIST)) == ["v1.1.0"]);
    Go::new(&site.server.url())
        .get("example.com/a@latest")
        .assert_ok();
}

#[test]
fn after_a_restart_in_an_outage_they_are_known_from_what_is_kept() {
    let mut site = site();
    site.keep("example.com/a", "v1.0.0");
    site.keep("example.com/a", "v1.1.0");
    site.upstream.refuse();
    site.server.kill();
    site.server.start();
    assert_eq!(sorted(&site.server.get(LIST)), ["v1.0.0", "v1.1.0"]);
    let latest = site.server.get(LATEST);
    assert!(latest.text().contains("v1.1.0"), "{latest:?}");
    Go::new(&site.server.url())
        .get("example.com/a@latest")
        .assert_ok();
}

#[test]
fn latest_computed_in_an_outage_heeds_retractions() {
    let retracting =
        version("v1.2.0").go_mod("module example.com/a\n\ngo 1.21\n\nretract [v1.1.0, v1.2.0]\n");
    let site = Site::with(&[version("v1.0.0"), version("v1.1.0"), retracting]);
    for kept in ["v1.0.0", "v1.1.0", "v1.2.0"] {
        site.keep("example.com/a", kept);
    }
    site.upstream.refuse();
    let latest = site.server.get(LATEST);
    assert!(latest.text().contains("\"v1.0.0\""), "{latest:?}");
    let output = Go::new(&site.server.url()).get("example.com/a@latest");
    assert!(output.assert_ok().stderr.contains("v1.0.0"), "{output}");
}

#[test]
fn a_list_never_asked_for_is_an_outage_unless_something_is_kept() {
    let site = site();
    site.upstream.refuse();
    assert_refusal(&site.server.get(LIST), 503, "MK2003");
    assert_refusal(&site.server.get(LATEST), 503, "MK2003");
}

#[test]
fn a_pseudo_version_is_served_and_never_listed() {
    let site = Site::with(&[version("v1.0.0"), version(PSEUDO)]);
    site.keep("example.com/a", PSEUDO);
    site.keep("example.com/a", "v1.0.0");
    assert_eq!(sorted(&site.server.get(LIST)), ["v1.0.0"]);
    site.upstream.refuse();
    assert_eq!(sorted(&site.server.get(LIST)), ["v1.0.0"]);
    Go::new(&site.server.url())
        .download(&format!("example.com/a@{PSEUDO}"))
        .assert_ok();
}

#[test]
fn a_module_without_tags_has_an_empty_list_and_a_latest() {
    let site = Site::with(&[version(PSEUDO)]);
    let list = site.server.get(LIST);
    assert!(list.is_whole() && list.body.is_empty(), "{list:?}");
    let output = Go::new(&site.server.url()).get("example.com/a@latest");
    assert!(output.assert_ok().stderr.contains(PSEUDO), "{output}");
}

#[test]
fn a_list_of_pseudo_versions_without_latest_means_the_newest_as_it_does_straight() {
    const NEWER: &str = "v0.0.0-20250102030405-0123456789ab";
    let listed = format!("{PSEUDO}\n{NEWER}\n");
    let site = Site::with(&[version(PSEUDO), version(NEWER)]);
    site.upstream
        .change(|corpus| corpus.put("example.com/a/@v/list", listed));
    site.upstream.always(Kind::Latest, Fault::status(404));
    for url in [site.upstream.url(), site.server.url()] {
        let output = Go::new(&url).get("example.com/a@latest");
        assert!(output.assert_ok().stderr.contains(NEWER), "{url}: {output}");
    }
}

#[test]
fn a_query_is_resolved_by_the_upstream_and_what_it_names_is_kept() {
    let site = Site::with(&[version("v1.0.0"), version(PSEUDO)]);
    for query in ["main", "abcdefa", "v1"] {
        let info = format!(r#"{{"Version":"{PSEUDO}","Time":"{TIME}"}}"#);
        site.upstream
            .change(|corpus| corpus.put(&format!("example.com/a/@v/{query}.info"), info));
    }
    Go::new(&site.server.url())
        .download("example.com/a@main")
        .assert_ok();
    assert_eq!(site.upstream.count_path("example.com/a/@v/main.info"), 1);
    site.upstream.refuse();
    Go::new(&site.server.url())
        .download("example.com/a@main")
        .assert_ok();
    Go::new(&site.server.url())
        .download(&format!("example.com/a@{PSEUDO}"))
        .assert_ok();
}

#[test]
fn queries_that_only_the_client_can_answer_are_404() {
    let site = site();
    for query in ["latest", "upgrade", "patch"] {
        let answer = site.server.get(&format!("/example.com/a/@v/{query}.info"));
        assert_eq!(answer.status, 404, "{query}: {answer:?}");
    }
    site.upstream.assert_untouched();
}

#[test]
fn a_new_tag_is_listed_after_a_refresh() {
    let site = site();
    assert_eq!(sorted(&site.server.get(LIST)), ["v1.0.0", "v1.1.0"]);
    site.upstream
        .change(|corpus| corpus.add(&version("v1.2.0")));
    refresh(&site);
    assert_eq!(
        sorted(&site.server.get(LIST)),
        ["v1.0.0", "v1.1.0", "v1.2.0"]
    );
}

#[test]
fn many_who_ask_for_a_list_at_once_cost_one_request() {
    let site = site();
    let hold = site.upstream.hold(Target::Any);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| site.server.get(LIST)))
            .collect();
        hold.wait_for(1);
        hold.release();
        for client in clients {
            assert!(client.join().unwrap().is_whole());
        }
    });
    assert_eq!(site.upstream.asked().len(), 1);
}

#[test]
fn a_list_that_fails_upstream_does_not_replace_the_one_that_is_known() {
    let site = site();
    let before = sorted(&site.server.get(LIST));
    for status in [500, 403, 429] {
        site.upstream.always(Target::Any, Fault::status(status));
        assert_eq!(sorted(&site.server.get(LIST)), before, "{status}");
    }
}

#[test]
fn versions_with_capitals_and_plus_are_asked_for_and_served() {
    let odd = Module::new("example.com/CamelCase", "v1.0.0-RC1");
    let old =
        Module::new("example.com/old", "v2.3.4+incompatible").go_mod("module example.com/old\n");
    let site = Site::with(&[odd]);
    let mut without_go_mod = Corpus::new().with(&old);
    let zip = testkit::fixture::zip::stored(&[(
        "example.com/old@v2.3.4+incompatible/x.go".to_owned(),
        b"package x\n".to_vec(),
    )]);
    without_go_mod.put("example.com/old/@v/v2.3.4+incompatible.zip", zip);
    site.upstream.change(|corpus| {
        for (path, bytes) in without_go_mod.iter() {
            corpus.put(path, bytes.clone());
        }
    });
    let go = Go::new(&site.server.url());
    go.download("example.com/CamelCase@v1.0.0-RC1").assert_ok();
    go.download("example.com/old@v2.3.4+incompatible")
        .assert_ok();
    assert_eq!(
        site.upstream
            .count_path("example.com/!camel!case/@v/v1.0.0-!r!c1.zip"),
        1
    );
}

#[test]
fn a_list_older_than_its_limits_is_asked_for_again_and_still_given_in_an_outage() {
    let options = ["--list-max-age", "0s", "--list-stale", "0s"];
    let site = Site::with_options(&[version("v1.0.0")], &options);
    assert_eq!(sorted(&site.server.get(LIST)), ["v1.0.0"]);
    site.upstream
        .change(|corpus| corpus.add(&version("v1.1.0")));
    assert_eq!(sorted(&site.server.get(LIST)), ["v1.0.0", "v1.1.0"]);
    for status in [500, 403, 429] {
        site.upstream.always(Target::Any, Fault::status(status));
        assert_eq!(
            sorted(&site.server.get(LIST)),
            ["v1.0.0", "v1.1.0"],
            "{status}"
        );
    }
    site.upstream.refuse();
    assert_eq!(sorted(&site.server.get(LIST)), ["v1.0.0", "v1.1.0"]);
    assert!(site.server.get(LATEST).is_whole());
}

#[test]
fn a_known_list_does_not_wait_for_a_silent_upstream() {
    let options = [
        "--list-max-age",
        "0s",
        "--list-stale",
        "0s",
        "--refresh-patience",
        "1s",
    ];
    let site = Site::with_options(&[version("v1.0.0")], &options);
    assert_eq!(sorted(&site.server.get(LIST)), ["v1.0.0"]);
    site.upstream.always(Target::Any, Fault::Hang);
    let request = format!("GET {LIST} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    let soon = std::time::Duration::from_secs(15);
    let answer =
        testkit::client::exchange(site.server.address(), request.as_bytes(), soon).unwrap();
    assert_eq!(sorted(&answer), ["v1.0.0"]);
}
