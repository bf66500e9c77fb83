//! What a pass finds, what it does about it, and what it writes down.

use super::{
    A, B, V1, decisions, events, kept, killed_after, module, path, replace, rot, upstream,
};
use crate::site::{Site, caller, go_mod, info, zip};
use repair::Tally;
use std::fs;
use store::Decision;
use testkit::{
    fixture::{Corpus, Module},
    upstream::{FakeUpstream, Kind},
};

#[tokio::test]
async fn a_healthy_store_is_read_to_its_end_and_nobody_is_asked() {
    let upstream = upstream();
    let site = kept(&upstream).await;
    let before = site.proxy.status().await.unwrap();
    assert!(before.scrub.last_full_pass.is_none());
    site.later(100);
    let report = site.proxy.scrub_once().await.unwrap();
    let health = site.store.health();
    let expected = Tally {
        blobs: health.blobs,
        bytes: health.bytes,
        ..Tally::default()
    };
    assert_eq!(report.tally, expected);
    assert_eq!(report.started, "2023-11-14T22:15:00Z");
    upstream.assert_untouched();
    let after = site.proxy.status().await.unwrap();
    assert_eq!(after.scrub.last_full_pass, Some(report));
    assert!(after.scrub.pass.is_none());
}

#[tokio::test]
async fn flipped_cut_and_missing_files_are_healed_from_upstream() {
    let upstream = upstream();
    let site = kept(&upstream).await;
    rot(&site.file_of(&path(A, "zip")).await);
    let cut = site.file_of(&path(B, "zip")).await;
    replace(&cut, &fs::read(&cut).unwrap()[..100_000]);
    fs::remove_file(site.file_of(&path(A, "mod")).await).unwrap();
    let tally = site.proxy.scrub_once().await.unwrap().tally;
    assert_eq!((tally.damaged, tally.healed, tally.quarantined), (3, 3, 0));

    upstream.refuse();
    for name in [A, B] {
        assert!(site.bytes(zip(name, V1)).await == module(name).zip());
        assert_eq!(site.bytes(go_mod(name, V1)).await, module(name).mod_file());
    }
    assert_eq!(
        (upstream.count(Kind::Zip), upstream.count(Kind::Mod)),
        (2, 1)
    );
    let healed = decisions(&site).await;
    let healed = healed.iter().filter(
        |decision| matches!(decision, Decision::Repaired { lost, blob, .. } if lost == blob),
    );
    assert_eq!(healed.count(), 3);
    let again = site.proxy.scrub_once().await.unwrap().tally;
    assert_eq!(again.damaged, 0);
}

#[tokio::test]
async fn it_is_told_what_the_damage_was() {
    let upstream = upstream();
    let site = kept(&upstream).await;
    rot(&site.file_of(&path(A, "zip")).await);
    let cut = site.file_of(&path(B, "zip")).await;
    replace(&cut, &fs::read(&cut).unwrap()[..100_000]);
    site.proxy.scrub_once().await.unwrap();
    let alarms = events(&site, "alarm-blob-damaged").await;
    assert_eq!(alarms.len(), 2, "{alarms:?}");
    assert!(
        alarms
            .iter()
            .all(|alarm| alarm.starts_with("p1: blob ") && alarm.ends_with("it was healed")),
        "{alarms:?}"
    );
    let mut causes: Vec<String> = events(&site, "case")
        .await
        .iter()
        .map(|case| {
            let case: serde_json::Value = serde_json::from_str(case).unwrap();
            assert_eq!(case["stage"], "on-disk");
            assert_eq!(case["retries"][0]["is_right"], true);
            case["conclusion"]["cause"].as_str().unwrap().to_owned()
        })
        .collect();
    causes.sort();
    assert_eq!(causes, ["bit-flip-on-disk", "truncated"]);
}

#[tokio::test]
async fn captures_that_share_a_blob_are_healed_by_one_transfer() {
    let text = "module example.com/s\n";
    let versions = ["v1.0.0", "v1.1.0", "v1.2.0"];
    let mut corpus = Corpus::new();
    for version in versions {
        corpus.add(&Module::new("example.com/s", version).go_mod(text));
    }
    let upstream = FakeUpstream::start(corpus);
    let site = Site::over(&upstream).await;
    for version in versions {
        site.bytes(go_mod("example.com/s", version)).await;
    }
    site.proxy.settled().await;
    upstream.forget();
    fs::remove_file(site.file_of("example.com/s/@v/v1.1.0.mod").await).unwrap();
    // That the first of them is gone upstream is no obstacle.
    upstream.change(|corpus| corpus.remove("example.com/s/@v/v1.0.0.mod"));
    let tally = site.proxy.scrub_once().await.unwrap().tally;
    assert_eq!((tally.damaged, tally.healed), (1, 1));
    assert_eq!(upstream.count(Kind::Mod), 2);
    upstream.refuse();
    let site = site.reopened(&upstream.url()).await;
    for version in versions {
        assert_eq!(site.text(go_mod("example.com/s", version)).await, text);
    }
}

#[tokio::test]
async fn rot_under_an_unchanged_file_is_not_served_after_a_pass() {
    let upstream = upstream();
    let site = kept(&upstream).await;
    site.bytes(zip(A, V1)).await;
    rot(&site.file_of(&path(A, "zip")).await);
    upstream.refuse();
    site.proxy.scrub_once().await.unwrap();
    assert!(site.proxy.at_hand(&caller(), &path(A, "zip")).is_none());
    assert_eq!(site.refusal(zip(A, V1)).await.status, 503);
    assert!(site.bytes(zip(B, V1)).await == module(B).zip());
}

#[tokio::test]
async fn a_pass_that_is_killed_anywhere_goes_on_where_it_was() {
    let small = |name: &str| Module::new(name, V1).noise(3, 30_000);
    let upstream = FakeUpstream::start(Corpus::new().with(&small(A)).with(&small(B)));
    let site = kept(&upstream).await;
    let health = site.store.health();
    let (mut kills, mut interrupted) = (0, 0);
    for polls in 1.. {
        for name in [A, B] {
            rot(&site.file_of(&path(name, "zip")).await);
        }
        fs::remove_file(site.file_of(&path(A, "info")).await).unwrap();
        let mut ended = killed_after(polls, site.proxy.scrub_once()).await;
        if ended.is_some() {
            break;
        }
        kills += 1;
        // The next start reads on; each of them is killed too, a little later than the one before.
        for more in 1.. {
            ended = killed_after(polls + more, site.proxy.scrub_once()).await;
            if ended.is_some() {
                break;
            }
            interrupted += 1;
        }
        let tally = ended.unwrap().unwrap().tally;
        assert_eq!(tally.blobs, health.blobs);
        let clean = site.proxy.scrub_once().await.unwrap().tally;
        assert_eq!(
            (clean.damaged, clean.blobs),
            (0, health.blobs),
            "after {polls} polls"
        );
    }
    println!("killed at {kills} places, and {interrupted} times more");
    assert!(kills > 10 && interrupted > 10, "{kills} {interrupted}");
    for name in [A, B] {
        assert!(site.bytes(zip(name, V1)).await == small(name).zip());
        assert_eq!(site.bytes(info(name, V1)).await, small(name).info());
    }
}
