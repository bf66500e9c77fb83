//! A version that is wrong at its source costs one set of transfers and one case, however often and by
//! however many it is asked for; and a source that was repaired is soon believed again.

use super::{World, module};
use crate::site::{Site, go_mod, read, zip};
use checksumdb::Mode;
use codes::Code;
use futures_util::future::join_all;
use protocol::{Refusal, Resource};
use testkit::upstream::{Fault, Kind};

/// Longer than a wrong version is remembered.
const LATER: i64 = 301;

const PATH: &str = "example.com/a/@v/v1.0.0.zip";

fn wrong_zip() -> Vec<u8> {
    module("a").file("evil.go", "package lib\n").zip()
}

fn wanted() -> Resource {
    zip("example.com/a", "v1.0.0")
}

async fn site(world: &World) -> Site {
    world.put(PATH, wrong_zip());
    world.site(Mode::Required).await
}

/// Asks for the zip; gives the refusal, if it came before the first byte.
async fn ask(site: &Site) -> Option<Refusal> {
    match site.ask(wanted()).await {
        Ok(answer) => {
            assert!(read(answer.body).await.is_err(), "wrong bytes were served");
            None
        }
        Err(refusal) => Some(refusal),
    }
}

async fn cases(site: &Site) -> usize {
    site.store.cases(u64::MAX, 1000).await.unwrap().len()
}

async fn journal(site: &Site) -> usize {
    site.store.journal(0, 10_000).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_herd_on_a_wrong_version_costs_one_set_of_transfers_and_one_case() {
    let world = World::of(&[module("a")]);
    let site = site(&world).await;
    join_all((0..50).map(|_| ask(&site))).await;
    let before = journal(&site).await;
    for _ in 0..50 {
        let refusal = ask(&site).await.expect("refused before the first byte");
        assert_eq!(
            (refusal.code, refusal.status),
            (Code::ChecksumMismatch, 502)
        );
        assert!(refusal.retry_after.is_some());
        assert!(refusal.facts().contains("case: "), "{}", refusal.facts());
    }
    assert_eq!(world.upstream.count(Kind::Zip), 3);
    assert_eq!((cases(&site).await, journal(&site).await), (1, before));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_wrong_bytes_stay_one_case_and_a_repaired_source_heals_within_minutes() {
    let world = World::of(&[module("a")]);
    let site = site(&world).await;
    ask(&site).await;
    for round in 1..=3 {
        site.later(LATER);
        ask(&site).await;
        assert_eq!(world.upstream.count(Kind::Zip), 3 * (round + 1));
        assert_eq!(cases(&site).await, 1, "the same bytes are the same case");
    }
    world.put(PATH, module("a").zip());
    assert!(ask(&site).await.is_some(), "nothing is asked yet");
    site.later(LATER);
    assert!(site.bytes(wanted()).await == module("a").zip());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_has_the_source_asked_again_at_once() {
    let world = World::of(&[module("a")]);
    let site = site(&world).await;
    ask(&site).await;
    world.put(PATH, module("a").zip());
    assert!(ask(&site).await.is_some());
    let path = gomod::ModulePath::parse("example.com/a").unwrap();
    site.proxy.refresh(&path).await.unwrap();
    assert!(site.bytes(wanted()).await == module("a").zip());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_lies_differently_each_time_fills_no_journal() {
    let modules: Vec<_> = (0..70)
        .map(|number| module(&format!("m{number}")))
        .collect();
    let world = World::of(&modules);
    let site = world.site(Mode::Required).await;
    world.upstream.always(
        Kind::Mod,
        Fault::tamper(|go_mod| [go_mod, b"// more\n"].concat()),
    );
    for number in 0..70 {
        let wanted = go_mod(&format!("example.com/m{number}"), "v1.0.0");
        let refusal = site.refusal(wanted).await;
        assert_eq!(refusal.code, Code::ChecksumMismatch);
    }
    assert_eq!(cases(&site).await, 60);
    site.later(3600);
    let refusal = site.refusal(go_mod("example.com/m69", "v1.0.0")).await;
    assert!(refusal.facts().contains("case: "));
    assert_eq!(cases(&site).await, 61);
}
