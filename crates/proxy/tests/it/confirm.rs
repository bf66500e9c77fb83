//! `.info`: the first that was seen is served, and gives way until something confirms it.

use crate::site::{Site, info, words};
use codes::Code;
use proxy::Answer;
use std::fmt::Write as _;
use store::{Decision, Key, Provenance};
use testkit::{
    fixture::{Corpus, Module},
    upstream::{FakeUpstream, Fault, Kind},
};

const PATH: &str = "example.com/m";
const V1: &str = "v1.0.0";
const DAY: i64 = 24 * 60 * 60;

fn upstream() -> FakeUpstream {
    FakeUpstream::start(Corpus::new().with(&Module::new(PATH, V1)))
}

fn key() -> Key {
    Key::parse(&format!("{PATH}/@v/{V1}.info")).unwrap()
}

fn says(time: &str) -> Fault {
    Fault::replace(format!(r#"{{"Version":"{V1}","Time":"{time}"}}"#))
}

async fn evidence(site: &Site) -> String {
    let record = site.store.find(&key()).await.unwrap().unwrap();
    record.evidence.to_string()
}

/// What is served now, and what is once the work behind the answer is done.
async fn asked_after(site: Site, days: i64, list: &str) -> (Site, [String; 2]) {
    site.later(days * DAY);
    let site = site.reopened(list).await;
    let before = site.text(info(PATH, V1)).await;
    site.proxy.settled().await;
    let after = site.text(info(PATH, V1)).await;
    (site, [before, after])
}

async fn journal(site: &Site) -> Vec<Decision> {
    let entries = site.store.journal(0, 100).await.unwrap();
    entries.into_iter().map(|entry| entry.decision).collect()
}

#[tokio::test]
async fn one_that_go_cannot_read_is_not_kept() {
    let mut deep = String::new();
    let _ = write!(
        deep,
        r#"{{"Version":"{V1}","x":{}1{}}}"#,
        "[".repeat(10_001),
        "]".repeat(10_001)
    );
    for lie in [
        deep.as_str(),
        r#"{"Version":"v1.0.0","Origin":"git"}"#,
        r#"{"Version":"v1.0.0","Origin":{"TagSum":1}}"#,
        r#"{"Version":"v1.0.0","VER\u017fION":[]}"#,
        r#"{"Version":"v1.0.0","Time":"\u0032024-01-01T00:00:00Z"}"#,
    ] {
        let upstream = upstream();
        let site = Site::over(&upstream).await;
        upstream.always(Kind::Info, Fault::replace(lie.to_owned()));
        let refusal = site.refusal(info(PATH, V1)).await;
        assert_eq!(refusal.code, Code::BadInfo, "{}", words(&refusal));
        upstream.heal();
        let honest = String::from_utf8(Module::new(PATH, V1).info()).unwrap();
        assert_eq!(site.text(info(PATH, V1)).await, honest);
    }
}

#[tokio::test]
async fn one_that_an_earlier_release_kept_and_go_cannot_read_gives_way_at_once() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    let unreadable = r#"{"Version":"v1.0.0","Origin":7}"#;
    let claim = Provenance {
        evidence: protocol::Evidence::FirstSeen,
        ..Provenance::default()
    };
    let put = site.store.commit_small(key(), unreadable.into(), claim);
    put.await.unwrap();
    let site = site.reopened("off").await;
    let refusal = site.refusal(info(PATH, V1)).await;
    assert_ne!(refusal.status, 200, "go would fail on it");
    let site = site.reopened(&upstream.url()).await;
    let honest = String::from_utf8(Module::new(PATH, V1).info()).unwrap();
    assert_eq!(site.text(info(PATH, V1)).await, honest);
    assert_eq!(site.quarantine(), [unreadable.as_bytes()]);
    let last = journal(&site).await.pop().unwrap();
    let Decision::Replaced { path, reason, .. } = last else {
        panic!("{last:?}")
    };
    assert_eq!(
        (path.as_str(), reason.as_str()),
        (key().path().as_str(), "go cannot read it")
    );
    upstream.forget();
    let site = site.reopened("off").await;
    assert_eq!(site.text(info(PATH, V1)).await, honest);
}

#[tokio::test]
async fn a_wrong_one_gives_way_to_what_its_source_says_later() {
    let upstream = upstream();
    upstream.first(1, Kind::Info, says("2001-01-01T00:00:00Z"));
    let site = Site::over(&upstream).await;
    let wrong = site.text(info(PATH, V1)).await;
    assert!(wrong.contains("2001"), "{wrong}");
    let honest = String::from_utf8(Module::new(PATH, V1).info()).unwrap();
    let (site, served) = asked_after(site, 1, &upstream.url()).await;
    assert_eq!(served, [wrong.clone(), honest.clone()]);
    assert_eq!(site.quarantine(), [wrong.as_bytes()]);
    assert_eq!(upstream.count(Kind::Info), 2);
    assert!(matches!(
        journal(&site).await.last(),
        Some(Decision::Replaced { .. })
    ));
    let (_, served) = asked_after(site, 1, "off").await;
    assert_eq!(served, [honest.clone(), honest]);
}

#[tokio::test]
async fn nothing_unclear_replaces_it() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    let honest = site.text(info(PATH, V1)).await;
    let mut site = site;
    for fault in [
        Fault::status(404),
        Fault::status(500),
        Fault::login_page(),
        Fault::replace(r#"{"Version":"v1.0.0","Origin":7}"#),
        Fault::replace(r#"{"Version":"v1.0.1"}"#),
    ] {
        upstream.heal();
        upstream.always(Kind::Info, fault);
        let served;
        (site, served) = asked_after(site, 1, &upstream.url()).await;
        assert_eq!(served, [honest.clone(), honest.clone()]);
        assert_eq!(evidence(&site).await, "unverified");
    }
}

#[tokio::test]
async fn another_source_confirms_it_for_good() {
    let (first, second) = (upstream(), upstream());
    let list = format!("{},{}", first.url(), second.url());
    let site = Site::with_list(&list).await;
    let honest = site.text(info(PATH, V1)).await;
    second.assert_untouched();
    let (site, served) = asked_after(site, 1, &list).await;
    assert_eq!(served, [honest.clone(), honest.clone()]);
    let said = evidence(&site).await;
    assert!(
        said.starts_with("confirmed by ") && said.contains(&second.address().to_string()),
        "{said}"
    );
    assert!(matches!(
        journal(&site).await.last(),
        Some(Decision::Confirmed { .. })
    ));
    for upstream in [&first, &second] {
        upstream.forget();
        upstream.always(Kind::Info, says("2001-01-01T00:00:00Z"));
    }
    let (_, served) = asked_after(site, 30, &list).await;
    assert_eq!(served, [honest.clone(), honest]);
    first.assert_untouched();
    second.assert_untouched();
}

#[tokio::test]
async fn the_same_words_a_week_later_confirm_it() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    site.text(info(PATH, V1)).await;
    let (site, _) = asked_after(site, 6, &upstream.url()).await;
    assert_eq!(evidence(&site).await, "unverified");
    let (site, _) = asked_after(site, 1, &upstream.url()).await;
    assert_eq!(evidence(&site).await, "confirmed by time");
}

#[tokio::test]
async fn a_pseudo_version_confirms_its_own_time() {
    const PSEUDO: &str = "v0.0.0-20240229235959-abcdefabcdef";
    let upstream = FakeUpstream::start(Corpus::new().with(&Module::new(PATH, PSEUDO)));
    let said = format!(r#"{{"Version":"{PSEUDO}","Time":"2024-02-29T23:59:59Z"}}"#);
    upstream.always(Kind::Info, Fault::replace(said));
    let site = Site::over(&upstream).await;
    let Answer { evidence, .. } = site.ask(info(PATH, PSEUDO)).await.unwrap();
    assert_eq!(evidence.to_string(), "confirmed by its version");
}
