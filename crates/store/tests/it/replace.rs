//! Captures that nothing has confirmed: they give way to other bytes, and to what confirms them.

use crate::support::{Site, artifact, get, open, provenance};
use bytes::Bytes;
use gomod::ArtifactKind;
use protocol::Evidence;
use store::{
    Key, Provenance, Record, StoreOptions, Withdrawal,
    maintenance::{rebuild, verify},
};

fn info() -> Key {
    artifact("example.com/m", "v1.0.0", ArtifactKind::Info)
}

async fn replace(site: &Site, with: &str) -> Option<Record> {
    let record = site.store.find(&info()).await.unwrap().unwrap();
    let bytes = Bytes::copy_from_slice(with.as_bytes());
    let said = Provenance {
        evidence: Evidence::FirstSeen,
        ..provenance()
    };
    let order = ("a test", "on purpose");
    let replaced = site.store.replace_small(&record, bytes, said, order);
    replaced.await.unwrap()
}

#[tokio::test]
async fn a_replaced_capture_has_the_new_bytes_and_its_old_ones_are_put_aside() {
    let site = Site::new().await;
    let first = site.put(&info(), "first").await.record;
    let second = replace(&site, "second").await.unwrap();
    assert_eq!(site.get(&info()).await.unwrap().unwrap(), "second");
    assert_eq!(second.evidence, Evidence::FirstSeen);
    assert!(second.first_seen > first.first_seen);
    let index = site.store.index(jiff::Timestamp::MIN, 10).await.unwrap();
    assert_eq!(index.len(), 1, "it is no new version");
    assert_eq!(index[0].timestamp, first.first_seen);
    assert!(!site.blob_path(first.blob).exists());
    let sealed = site.store.quarantined(first.blob).await.unwrap().unwrap();
    assert_eq!((sealed.blob(), sealed.size()), (first.blob, 5));
    assert_eq!(
        replace(&site, "second").await,
        None,
        "they are there already"
    );
    let report = verify(&site.store, |_| {}).await.unwrap();
    assert!(report.catalog.is_empty(), "{:?}", report.catalog);
    site.store.flush().await.unwrap();

    let directory = site.close();
    let report = rebuild(StoreOptions::local(directory.path()))
        .await
        .unwrap();
    assert!(report.lost.is_empty(), "{report:?}");
    let store = open(directory.path()).await.unwrap();
    let rebuilt = store.find(&info()).await.unwrap().unwrap();
    assert_eq!(rebuilt, second);
    assert_eq!(store.index(jiff::Timestamp::MIN, 10).await.unwrap(), index);
    let report = verify(&store, |_| {}).await.unwrap();
    assert!(report.catalog.is_empty(), "{:?}", report.catalog);
}

#[tokio::test]
async fn a_lost_replacement_does_not_bring_the_old_bytes_back() {
    let site = Site::new().await;
    site.put(&info(), "first").await;
    // The first bytes stay a blob, since something else has them too.
    let other = artifact("example.com/n", "v1.0.0", ArtifactKind::Info);
    site.put(&other, "first").await;
    let second = replace(&site, "second").await.unwrap();
    std::fs::remove_file(site.blob_path(second.blob)).unwrap();
    let directory = site.close();
    let report = rebuild(StoreOptions::local(directory.path()))
        .await
        .unwrap();
    assert_eq!(report.lost.first, [(info().path(), second.blob)]);
    let store = open(directory.path()).await.unwrap();
    assert_eq!(get(&store, &info()).await.unwrap(), None);
    assert_eq!(get(&store, &other).await.unwrap().unwrap(), "first");
}

#[tokio::test]
async fn what_confirms_a_capture_outlives_its_catalog() {
    let site = Site::new().await;
    let blob = site.put(&info(), "first").await.record.blob;
    let confirm = async |blob, evidence: Evidence| {
        let key = info();
        site.store.confirm(&key, blob, &evidence).await.unwrap()
    };
    assert!(confirm(blob, Evidence::confirmed_by_source("a test")).await);
    let second = replace(&site, "second").await.unwrap();
    assert!(
        !confirm(blob, Evidence::confirmed_by_source("late")).await,
        "it was about other bytes"
    );
    assert!(confirm(second.blob, "confirmed by time".parse().unwrap()).await);
    let directory = site.close();
    rebuild(StoreOptions::local(directory.path()))
        .await
        .unwrap();
    let store = open(directory.path()).await.unwrap();
    let record = store.find(&info()).await.unwrap().unwrap();
    assert_eq!(record.evidence.to_string(), "confirmed by time");
}

#[tokio::test]
async fn a_version_that_was_withdrawn_and_captured_anew_is_in_the_index_once() {
    let site = Site::new().await;
    let record = site.put(&info(), "first").await.record;
    let withdrawal = Withdrawal {
        key: info(),
        blob: record.blob,
        by: "a test".to_owned(),
        reason: "on purpose".to_owned(),
    };
    assert!(site.store.withdraw(withdrawal).await.unwrap());
    let index = async || site.store.index(jiff::Timestamp::MIN, 10).await.unwrap();
    assert!(index().await.is_empty());
    let again = site.put(&info(), "first").await.record;
    let listed: Vec<_> = index().await.iter().map(|entry| entry.timestamp).collect();
    assert_eq!(listed, [again.first_seen]);
}
