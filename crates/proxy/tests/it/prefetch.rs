//! Fetching ahead: what a source is asked, and what of it nobody had asked for.

use bytes::Bytes;
use std::time::Duration;

use crate::site::{Site, caller, go_mod, info, zip};
use prefetch::{Kinds, Level, Plan};
use testkit::{
    fixture::{Corpus, Module},
    upstream::{FakeUpstream, Fault, Kind},
};

const V1: &str = "v1.0.0";

fn path(number: usize) -> String {
    format!("example.com/m{number:02}")
}

/// A chain below go 1.17: `m00` requires `m01`, and so on.
fn chain(length: usize) -> Corpus {
    let mut corpus = Corpus::new();
    for number in 0..length {
        let text = format!("module {}\n\ngo 1.16\n", path(number));
        let mut module = Module::new(&path(number), V1).go_mod(&text);
        if number + 1 < length {
            module = module.requires(&path(number + 1), V1);
        }
        corpus.add(&module.noise(number as u64, 2_000));
    }
    corpus
}

fn go_sum(length: usize) -> String {
    let line = |number| {
        let path = path(number);
        format!("{path} {V1} h1:A=\n{path} {V1}/go.mod h1:B=\n")
    };
    (0..length).map(line).collect()
}

/// Every path was asked for at most once.
#[track_caller]
fn assert_once(upstream: &FakeUpstream) {
    for path in upstream.paths() {
        assert_eq!(upstream.count_path(&path), 1, "{path}");
    }
}

fn counts(upstream: &FakeUpstream) -> (usize, usize, usize) {
    let [mods, infos, zips] = [Kind::Mod, Kind::Info, Kind::Zip].map(|kind| upstream.count(kind));
    (mods, infos, zips)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_cold_go_mod_brings_the_graph_below_it_and_no_zip() {
    let upstream = FakeUpstream::start(chain(12));
    let site = Site::over(&upstream).await;
    site.bytes(go_mod(&path(0), V1)).await;
    site.proxy.settled().await;
    assert_eq!(counts(&upstream), (12, 0, 0));
    for number in 0..12 {
        site.bytes(go_mod(&path(number), V1)).await;
    }
    site.proxy.settled().await;
    assert_once(&upstream);
    let ahead = site.proxy.read_ahead();
    assert_eq!((ahead.fetched, ahead.asked), (11, 11));
}

#[tokio::test(flavor = "multi_thread")]
async fn demand_joins_what_is_being_fetched_ahead() {
    let upstream = FakeUpstream::start(chain(2));
    let second = format!("{}/@v/{V1}.mod", path(1));
    let hold = upstream.hold(second.as_str());
    let site = Site::over(&upstream).await;
    site.bytes(go_mod(&path(0), V1)).await;
    while upstream.count_path(&second) == 0 {
        tokio::task::yield_now().await;
    }
    let (proxy, wanted) = (site.proxy.clone(), go_mod(&path(1), V1));
    let demand = tokio::spawn(async move {
        let caller = caller();
        let answer = proxy.answer(&caller, &wanted, protocol::Fetching::Allowed);
        answer.await.is_ok()
    });
    tokio::task::yield_now().await;
    hold.release();
    assert!(demand.await.unwrap());
    site.proxy.settled().await;
    assert_once(&upstream);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_go_sum_brings_go_mods_at_once_and_zips_with_the_first_request() {
    let upstream = FakeUpstream::start(chain(20));
    let site = Site::over(&upstream).await;
    let plan = Plan::read(go_sum(20).as_bytes()).unwrap();
    site.proxy.follow(&caller(), plan);
    site.proxy.settled().await;
    assert_eq!(counts(&upstream), (20, 0, 0));
    site.bytes(info(&path(0), V1)).await;
    site.proxy.settled().await;
    assert_eq!(counts(&upstream), (20, 20, 20));
    for number in 0..20 {
        site.bytes(zip(&path(number), V1)).await;
    }
    assert_once(&upstream);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_what_is_kept_only_fetches_nothing_ahead() {
    let upstream = FakeUpstream::start(chain(3));
    let site = Site::over(&upstream).await;
    let asked = go_mod(&path(0), V1);
    let fetching = protocol::Fetching::Never;
    assert!(
        site.proxy
            .answer(&caller(), &asked, fetching)
            .await
            .is_err()
    );
    site.proxy.settled().await;
    upstream.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn turned_off_nothing_is_fetched_ahead() {
    let upstream = FakeUpstream::start(chain(3));
    let site = Site::reading_ahead(&upstream, Level::Off).await;
    site.bytes(go_mod(&path(0), V1)).await;
    site.proxy.settled().await;
    assert_eq!(counts(&upstream), (1, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_dies_is_left_alone_after_a_few_failures() {
    let upstream = FakeUpstream::start(chain(2));
    let site = Site::over(&upstream).await;
    let plan = Plan::read(go_sum(60).as_bytes()).unwrap();
    upstream.always(Kind::Mod, Fault::status(503));
    site.proxy.follow(&caller(), plan);
    site.proxy.settled().await;
    // What was under way when the first failed, and a few more: far fewer than planned.
    assert!(
        upstream.count(Kind::Mod) <= 48,
        "{}",
        upstream.count(Kind::Mod)
    );
    upstream.heal();
    // Its breaker is open; a small probe finds out that it is well again.
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let back = async {
        while !site.proxy.readiness().degraded.is_empty() {
            tick.tick().await;
        }
    };
    let patience = Duration::from_secs(20);
    assert!(tokio::time::timeout(patience, back).await.is_ok());
    site.bytes(go_mod(&path(0), V1)).await;
}

/// A source is asked for it in the background, once. Its failure is not the client's answer.
#[tokio::test(flavor = "multi_thread")]
async fn demand_asks_again_where_what_it_joined_was_turned_away() {
    let upstream = FakeUpstream::start(chain(2));
    upstream.latency(Duration::from_millis(200));
    let second = format!("{}/@v/{V1}.mod", path(1));
    upstream.first(1, second.as_str(), Fault::status(503));
    let site = Site::over(&upstream).await;
    site.bytes(go_mod(&path(0), V1)).await;
    while upstream.count_path(&second) == 0 {
        tokio::task::yield_now().await;
    }
    site.bytes(go_mod(&path(1), V1)).await;
    assert_eq!(upstream.count_path(&second), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posted_go_sum_is_fetched_whole_with_progress() {
    let upstream = FakeUpstream::start(chain(10));
    let site = Site::over(&upstream).await;
    let job = site
        .proxy
        .prefetch(&caller(), go_sum(10).into(), Kinds::All)
        .await;
    let mut job = job.unwrap();
    let mut last = None;
    while let Some(progress) = job.next().await {
        last = Some(progress);
    }
    let last = last.unwrap();
    assert_eq!(
        (last.done, last.total, last.failed, last.finished),
        (30, 30, 0, true)
    );
    assert_eq!(counts(&upstream), (10, 10, 10));
    assert_once(&upstream);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posted_go_mod_is_resolved_first() {
    let upstream = FakeUpstream::start(chain(10));
    let site = Site::over(&upstream).await;
    let list = format!(
        "module example.com/main\n\ngo 1.16\n\nrequire {} {V1}\n",
        path(4)
    );
    let mut job = site
        .proxy
        .prefetch(&caller(), list.into(), Kinds::All)
        .await
        .unwrap();
    while job.next().await.is_some() {}
    assert_eq!(counts(&upstream), (6, 6, 6));
    let wrong = site
        .proxy
        .prefetch(
            &caller(),
            Bytes::from_static(b"<html>\nno list\n"),
            Kinds::All,
        )
        .await;
    assert_eq!(wrong.err().map(|refusal| refusal.status), Some(400));
}

/// Whoever leaves stops what has not begun, and nothing that has.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_its_order_stops_the_rest() {
    let upstream = FakeUpstream::start(chain(200));
    let hold = upstream.hold(Kind::Mod);
    let site = Site::over(&upstream).await;
    let list = go_sum(200);
    let mut job = site
        .proxy
        .prefetch(&caller(), list.into(), Kinds::Mod)
        .await
        .unwrap();
    assert!(!job.next().await.unwrap().finished);
    drop(job);
    let begun = upstream.count(Kind::Mod);
    assert!((1..=32).contains(&begun), "{begun}");
    hold.release();
    // What was begun is kept.
    let first = upstream.asked()[0].path.clone();
    let number = (0..200)
        .find(|number| first.starts_with(&path(*number)))
        .unwrap();
    site.bytes(go_mod(&path(number), V1)).await;
    assert_eq!(upstream.count_path(&first), 1);
}
