//! Lists, latest and queries: ages, coalescing, and what is kept.

use crate::site::{Site, caller, go_mod, info, latest, list, module};
use protocol::{Fetching, Origin, Resource};
use testkit::{
    fixture::{Corpus, Module},
    upstream::{FakeUpstream, Fault, Kind},
};

const PATH: &str = "example.com/m";

fn corpus(versions: &[&str]) -> Corpus {
    versions.iter().fold(Corpus::new(), |corpus, version| {
        corpus.with(&Module::new(PATH, version))
    })
}

#[tokio::test]
async fn a_list_is_asked_for_once_per_age_limit() {
    let upstream = FakeUpstream::start(corpus(&["v1.0.0"]));
    let site = Site::over(&upstream).await;
    assert_eq!(
        site.ask(list(PATH)).await.unwrap().origin,
        Origin::Upstream(upstream.url())
    );
    assert_eq!(site.ask(list(PATH)).await.unwrap().origin, Origin::Store);
    for _ in 0..10 {
        assert_eq!(site.text(list(PATH)).await, "v1.0.0\n");
        site.later(6);
    }
    assert_eq!(upstream.count(Kind::List), 1);
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_remembered_is_asked_for_again() {
    const YEAR: i64 = 365 * 24 * 3600;
    let upstream = FakeUpstream::start(corpus(&["v1.0.0"]));
    let site = Site::over(&upstream).await;
    site.later(YEAR);
    for _ in 0..3 {
        assert_eq!(site.text(list(PATH)).await, "v1.0.0\n");
    }
    let absent = list("example.com/later");
    site.ask(absent.clone()).await.unwrap_err();
    site.later(-YEAR);
    let new = Module::new("example.com/later", "v1.0.0");
    upstream.change(|corpus| {
        corpus.add(&new);
        corpus.put(&format!("{PATH}/@v/list"), "v1.0.0\nv1.1.0\n");
    });
    let path = format!("{PATH}/@v/list");
    assert!(site.proxy.at_hand(&caller(), &path).is_none());
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\nv1.1.0\n");
    assert_eq!(site.text(absent).await, "v1.0.0\n");
    // What is remembered now is as good as any other answer.
    let asked = upstream.count(Kind::List);
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\nv1.1.0\n");
    assert_eq!(upstream.count(Kind::List), asked);
}

#[tokio::test]
async fn a_body_is_judged_by_what_it_holds_and_not_by_its_type() {
    let upstream = FakeUpstream::start(corpus(&["v1.0.0"]));
    let said = |body: &str| Fault::Status {
        code: 200,
        content_type: Some("text/html".to_owned()),
        body: body.to_owned().into(),
        headers: Vec::new(),
    };
    for (text, listed) in [
        ("v1.0.0\n", "v1.0.0\n"),
        ("", ""),
        (
            "v1.0.0\u{a0}2026-01-02T03:04:05Z\nv1.1.0\u{2003}\n",
            "v1.0.0\nv1.1.0\n",
        ),
    ] {
        upstream.always(Kind::List, said(text));
        let site = Site::over(&upstream).await;
        assert_eq!(site.text(list(PATH)).await, listed, "{text:?}");
    }
    for page in ["<html>Please log in</html>", "Please log in to read this"] {
        upstream.always(Kind::List, said(page));
        let site = Site::over(&upstream).await;
        let refusal = site.ask(list(PATH)).await.unwrap_err();
        assert_eq!(refusal.status, 502, "{refusal:?}");
    }
}

#[tokio::test]
async fn a_list_is_at_hand_until_it_is_old() {
    let upstream = FakeUpstream::start(corpus(&["v1.0.0", "v1.1.0"]));
    let site = Site::over(&upstream).await;
    let path = format!("{PATH}/@v/list");
    let at_hand = || match site.proxy.at_hand(&caller(), &path) {
        Some((_, answer)) => answer.body.length(),
        None => None,
    };
    assert_eq!(at_hand(), None);
    let text = site.text(list(PATH)).await;
    assert_eq!(
        at_hand(),
        None,
        "a renewal is a change; the next answer is held"
    );
    site.text(list(PATH)).await;
    assert_eq!(at_hand(), Some(text.len() as u64));
    site.later(2);
    assert!(at_hand().is_some());
    site.later(1);
    assert_eq!(at_hand(), None, "it names what is not kept");
    for version in ["v1.0.0", "v1.1.0"] {
        site.all_of(PATH, version).await;
    }
    site.text(list(PATH)).await;
    site.later(57);
    assert_eq!(at_hand(), Some(text.len() as u64), "as old as it may be");
    site.later(1);
    assert_eq!(at_hand(), None, "too old");
}

#[tokio::test]
async fn a_list_is_at_hand_until_something_is_kept_or_forgotten() {
    let upstream = FakeUpstream::start(corpus(&["v1.0.0", "v1.1.0"]));
    let site = Site::over(&upstream).await;
    let path = format!("{PATH}/@v/list");
    let is_at_hand = || site.proxy.at_hand(&caller(), &path).is_some();
    site.text(list(PATH)).await;
    site.later(3600);
    upstream.change(|corpus| corpus.put(&format!("{PATH}/@v/list"), "v1.1.0\n"));
    assert_eq!(site.text(list(PATH)).await, "v1.1.0\n");
    assert_eq!(site.text(list(PATH)).await, "v1.1.0\n");
    assert!(is_at_hand());
    site.all_of(PATH, "v1.0.0").await;
    assert!(!is_at_hand(), "one more version is kept");
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\nv1.1.0\n");
    assert!(is_at_hand());
    site.proxy.refresh(&module(PATH)).await.unwrap();
    assert!(!is_at_hand(), "somebody wants it anew");
}

#[tokio::test]
async fn an_old_list_is_renewed_before_it_is_given() {
    let upstream = FakeUpstream::start(corpus(&["v1.0.0"]));
    let site = Site::over(&upstream).await;
    site.text(list(PATH)).await;
    upstream.change(|corpus| corpus.add(&Module::new(PATH, "v1.1.0")));
    site.later(3600);
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\nv1.1.0\n");
}

#[tokio::test]
async fn a_list_just_past_its_age_is_given_at_once_and_renewed_behind_it() {
    let upstream = FakeUpstream::start(corpus(&["v1.0.0"]));
    let site = Site::over(&upstream).await;
    site.text(list(PATH)).await;
    let hold = upstream.hold(Kind::List);
    site.later(61);
    assert_eq!(site.ask(list(PATH)).await.unwrap().origin, Origin::Stale);
    tokio::task::spawn_blocking(move || hold.wait_for(1))
        .await
        .unwrap();
    assert_eq!(upstream.count(Kind::List), 2);
}

#[tokio::test]
async fn a_source_that_fails_at_a_list_is_asked_for_it_once_a_second() {
    for (known, fault, instead) in [
        (true, Fault::status(503), Origin::Stale),
        (false, Fault::status(403), Origin::Computed),
    ] {
        let upstream = FakeUpstream::start(corpus(&["v1.0.0"]));
        let site = Site::over(&upstream).await;
        site.bytes(go_mod(PATH, "v1.0.0")).await;
        if known {
            site.text(list(PATH)).await;
            site.later(3600);
        }
        upstream.forget();
        upstream.always(Kind::List, fault);
        let path = format!("{PATH}/@v/list");
        let held = || {
            let held = site.proxy.at_hand(&caller(), &path);
            held.map(|(_, answer)| answer.origin)
        };
        assert_eq!(site.ask(list(PATH)).await.unwrap().origin, instead);
        assert_eq!(upstream.count(Kind::List), 1, "nobody waits for a retry");
        assert_eq!(held(), Some(instead));
        site.later(2);
        assert_eq!(held(), None);
        upstream.heal();
        let renewed = site.ask(list(PATH)).await.unwrap().origin;
        assert_eq!(renewed, Origin::Upstream(upstream.url()));
    }
}

#[tokio::test]
async fn what_is_kept_stays_listed_when_upstream_unlists_it() {
    let upstream = FakeUpstream::start(corpus(&["v1.0.0", "v1.1.0"]));
    let site = Site::over(&upstream).await;
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\nv1.1.0\n");
    site.all_of(PATH, "v1.0.0").await;
    upstream.change(|corpus| corpus.put(&format!("{PATH}/@v/list"), "v1.1.0\n"));
    site.later(3600);
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\nv1.1.0\n");
    upstream.always(Kind::List, Fault::status(404));
    site.later(3600);
    assert_eq!(
        site.text(list(PATH)).await,
        "v1.0.0\n",
        "gone upstream, kept here"
    );
}

#[tokio::test]
async fn what_no_source_ever_listed_is_not_listed_because_somebody_asked_for_it() {
    let hidden = "v2.0.0+incompatible";
    let mut corpus = corpus(&["v1.0.0", "v1.5.0", hidden]);
    corpus.put(&format!("{PATH}/@v/list"), "v1.0.0\nv1.5.0\n");
    let upstream = FakeUpstream::start(corpus);
    upstream.always(Kind::Latest, Fault::status(404));
    let site = Site::over(&upstream).await;
    site.bytes(go_mod(PATH, hidden)).await;
    site.all_of(PATH, hidden).await;
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\nv1.5.0\n");
    let latest = site.text(latest(PATH)).await;
    assert!(latest.contains("v1.5.0"), "{latest}");
}

#[tokio::test]
async fn without_tags_and_latest_the_newest_listed_pseudo_version_is_meant() {
    let (older, newer) = (
        "v0.0.0-20240102030405-0123456789ab",
        "v0.0.0-20250102030405-ba9876543210",
    );
    let mut corpus = corpus(&[older, newer]);
    corpus.put(&format!("{PATH}/@v/list"), format!("{newer}\n{older}\n"));
    let upstream = FakeUpstream::start(corpus);
    upstream.always(Kind::Latest, Fault::status(404));
    let site = Site::over(&upstream).await;
    assert_eq!(
        site.bytes(latest(PATH)).await,
        Module::new(PATH, newer).info(),
        "though nobody asked for the list before"
    );
    let listed = site.text(list(PATH)).await;
    assert_eq!(
        listed,
        format!("{newer}\n{older}\n"),
        "as the source sent it"
    );
}

#[tokio::test]
async fn pseudo_versions_that_are_kept_are_never_listed() {
    let pseudo = "v0.0.0-20240102030405-0123456789ab";
    let upstream = FakeUpstream::start(corpus(&[pseudo, "v1.0.0"]));
    let site = Site::over(&upstream).await;
    site.bytes(info(PATH, pseudo)).await;
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\n");
}

#[tokio::test]
async fn latest_without_a_source_leaves_out_what_was_retracted() {
    let retracting =
        Module::new(PATH, "v1.2.0").go_mod("module example.com/m\n\nretract [v1.1.0, v1.2.0]\n");
    let corpus = corpus(&["v1.0.0", "v1.1.0"]).with(&retracting);
    let upstream = FakeUpstream::start(corpus);
    let site = Site::over(&upstream).await;
    for version in ["v1.0.0", "v1.1.0", "v1.2.0"] {
        site.all_of(PATH, version).await;
    }
    let site = site.reopened("off").await;
    assert_eq!(
        site.bytes(latest(PATH)).await,
        Module::new(PATH, "v1.0.0").info()
    );
}

#[tokio::test]
async fn a_query_is_remembered_and_outlives_the_upstream() {
    let mut corpus = corpus(&["v1.0.0"]);
    corpus.put(
        &format!("{PATH}/@v/main.info"),
        r#"{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}"#,
    );
    let upstream = FakeUpstream::start(corpus);
    let site = Site::over(&upstream).await;
    let query = || Resource::Query {
        module: module(PATH),
        query: "main".to_owned(),
    };
    let fresh = site.text(query()).await;
    site.text(query()).await;
    assert_eq!(upstream.count(Kind::Info), 1);
    upstream.refuse();
    site.later(24 * 3600);
    assert_eq!(
        site.text(info(PATH, "v1.0.0")).await,
        fresh,
        "kept as what it resolved to"
    );
    assert_eq!(site.ask(query()).await.unwrap().origin, Origin::Stale);
    assert_eq!(site.text(query()).await, fresh);
}

#[tokio::test]
async fn many_who_ask_for_a_list_cost_one_request() {
    let upstream = FakeUpstream::start(corpus(&["v1.0.0"]));
    let hold = upstream.hold(Kind::List);
    let site = Site::over(&upstream).await;
    let clients: Vec<_> = (0..32)
        .map(|_| {
            let proxy = site.proxy.clone();
            tokio::spawn(async move {
                proxy
                    .answer(&caller(), &list(PATH), Fetching::Allowed)
                    .await
                    .is_ok()
            })
        })
        .collect();
    tokio::task::spawn_blocking(move || {
        hold.wait_for(1);
        hold.release();
    })
    .await
    .unwrap();
    for client in clients {
        assert!(client.await.unwrap());
    }
    assert_eq!(upstream.count(Kind::List), 1);
}
