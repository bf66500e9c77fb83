//! One caller that asks for any number of things that are not here: others hardly notice, nothing
//! grows without bound, and when it leaves, what was not sent yet is never asked for.

use crate::site::{Site, go_mod, info, latest, list, query, zip};
use codes::Code;
use futures_util::future::join_all;
use prometheus_client::registry::Registry;
use protocol::{Caller, Fetching, Refusal, Resource};
use proxy::Answer;
use std::net::IpAddr;
use testkit::{
    fixture::{Corpus, Module},
    upstream::{FakeUpstream, Target},
};
use tokio::task::JoinHandle;

/// What the crowd asks for begins so, and is not answered while the gate is closed.
const HELD: &str = "example.com/held";

/// Requests that one caller may have under way at a source with 64 slots.
const SHARE: usize = 48;

type PanelAnswer = JoinHandle<Result<Answer, Refusal>>;

fn caller(last: u8) -> Caller {
    Caller::at(IpAddr::from([192, 0, 2, last]))
}

fn ask(site: &Site, caller: Caller, resource: Resource) -> PanelAnswer {
    let proxy = site.proxy.clone();
    tokio::spawn(async move { proxy.answer(&caller, &resource, Fetching::Allowed).await })
}

fn crowd(site: &Site, people: usize, of: impl Fn(&str) -> Resource) -> Vec<PanelAnswer> {
    let name = |number| format!("{HELD}/{number}");
    (0..people)
        .map(|number| ask(site, caller(1), of(&name(number))))
        .collect()
}

fn upstream() -> FakeUpstream {
    FakeUpstream::start(
        Corpus::new()
            .with(&Module::new("example.com/real", "v1.0.0"))
            .with(&Module::new("example.com/other", "v1.0.0")),
    )
}

fn held() -> Target {
    Target::Prefix(HELD.to_owned())
}

/// What a site says of itself.
struct Gauges<'a> {
    site: &'a Site,
    registry: Registry,
}

impl<'a> Gauges<'a> {
    fn of(site: &'a Site) -> Self {
        let mut registry = Registry::default();
        site.proxy.register(&mut registry);
        Self { site, registry }
    }

    async fn value(&self, name: &str) -> usize {
        self.site.proxy.observe().await;
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &self.registry).unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim().parse().unwrap()
    }

    /// Work on behalf of clients that waits for sources.
    async fn waiting(&self) -> usize {
        self.value("modkeep_flights_waiting").await
    }

    async fn until(&self, condition: impl Fn(usize) -> bool) {
        while !condition(self.waiting().await) {
            tokio::task::yield_now().await;
        }
    }
}

fn asked_for_held(upstream: &FakeUpstream) -> usize {
    let paths = upstream.paths();
    paths.iter().filter(|path| path.starts_with(HELD)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_unknown_names_cost_others_nothing_and_end_with_their_client() {
    let upstream = upstream();
    let hold = upstream.hold(held());
    let site = Site::patient(&upstream).await;
    let crowd = crowd(&site, 10_000, |name| info(name, "v1.0.0"));
    // Beyond its share of the room the caller is refused; nothing else comes back.
    let gauges = Gauges::of(&site);
    gauges.until(|waiting| waiting == 2048).await;
    while crowd.iter().filter(|asked| asked.is_finished()).count() < 10_000 - 2048 {
        tokio::task::yield_now().await;
    }
    let (refused, crowd): (Vec<_>, Vec<_>) = crowd.into_iter().partition(JoinHandle::is_finished);
    for refused in join_all(refused).await {
        let refused = refused.unwrap().unwrap_err();
        assert_eq!((refused.code, refused.status), (Code::TooManyWaiting, 429));
        assert!(refused.retry_after.is_some());
    }
    assert!(gauges.value("modkeep_single_flights").await <= 2048);
    // Nothing of the crowd moves, and another caller is served.
    let other = ask(&site, caller(2), go_mod("example.com/real", "v1.0.0"));
    assert!(other.await.unwrap().is_ok());
    assert_eq!(asked_for_held(&upstream), SHARE);
    // The crowd leaves: what was sent is finished, the rest is not asked for.
    for asked in &crowd {
        asked.abort();
    }
    join_all(crowd).await;
    gauges.until(|waiting| waiting <= SHARE).await;
    hold.release();
    gauges.until(|waiting| waiting == 0).await;
    assert_eq!(asked_for_held(&upstream), SHARE);
    assert_eq!(gauges.value("modkeep_single_flights").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_request_goes_round_the_callers() {
    let kinds: [fn(&str) -> Resource; 5] = [
        |name| go_mod(name, "v1.0.0"),
        |name| zip(name, "v1.0.0"),
        list,
        latest,
        |name| query(name, "main"),
    ];
    for of in kinds {
        let upstream = upstream();
        let hold = upstream.hold(held());
        let site = Site::patient(&upstream).await;
        let gauges = Gauges::of(&site);
        let crowd = crowd(&site, 300, of);
        gauges.until(|waiting| waiting == 300).await;
        let kinds = [
            info("example.com/real", "v1.0.0"),
            list("example.com/real"),
            zip("example.com/real", "v1.0.0"),
        ];
        for wanted in kinds {
            let asked = ask(&site, caller(2), wanted.clone()).await.unwrap();
            assert!(asked.is_ok(), "{wanted:?}: {asked:?}");
        }
        for asked in &crowd {
            asked.abort();
        }
        gauges.until(|waiting| waiting <= SHARE).await;
        hold.release();
        gauges.until(|waiting| waiting == 0).await;
        assert!(asked_for_held(&upstream) <= SHARE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_what_a_crowd_waits_for_does_not_wait_with_it() {
    let upstream = upstream();
    let hold = upstream.hold(held());
    let site = Site::patient(&upstream).await;
    let gauges = Gauges::of(&site);
    let crowd = crowd(&site, 300, |name| info(name, "v1.0.0"));
    gauges.until(|waiting| waiting == 300).await;
    // Behind all of the crowd, and of the same caller.
    let behind = [
        ask(&site, caller(1), go_mod("example.com/real", "v1.0.0")),
        ask(&site, caller(1), zip("example.com/other", "v1.0.0")),
    ];
    gauges.until(|waiting| waiting == 302).await;
    assert_eq!(upstream.count_path("example.com/real/@v/v1.0.0.mod"), 0);
    for wanted in [
        go_mod("example.com/real", "v1.0.0"),
        zip("example.com/other", "v1.0.0"),
    ] {
        let joined = ask(&site, caller(2), wanted);
        assert!(joined.await.unwrap().is_ok());
    }
    for first in behind {
        assert!(first.await.unwrap().is_ok());
    }
    assert_eq!(upstream.count_path("example.com/real/@v/v1.0.0.mod"), 1);
    assert_eq!(upstream.count_path("example.com/other/@v/v1.0.0.zip"), 1);
    drop((hold, crowd));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_takes_nothing_from_those_who_stay() {
    let upstream = upstream();
    let hold = upstream.hold(held());
    let site = Site::patient(&upstream).await;
    let gauges = Gauges::of(&site);
    let crowd = crowd(&site, 300, |name| info(name, "v1.0.0"));
    gauges.until(|waiting| waiting == 300).await;
    let wanted = || go_mod("example.com/real", "v1.0.0");
    let (leaves, stays) = (
        ask(&site, caller(1), wanted()),
        ask(&site, caller(1), wanted()),
    );
    gauges.until(|waiting| waiting == 301).await;
    leaves.abort();
    for asked in &crowd {
        asked.abort();
    }
    hold.release();
    assert!(stays.await.unwrap().is_ok());
}
