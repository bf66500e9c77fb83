//! Scans find damage and nothing else; healing says what it did; what cannot be healed is put aside.

use crate::support::{Site, artifact, flip_bit, go_mod, provenance};
use gomod::ArtifactKind;
use std::{fs, sync::Arc};
use store::{
    BlobDamage, BlobId, CaptureRepair, DamagedBlobOutcome, Decision, Key, Record, SealedSpool,
    StoreError, StoreOptions,
    maintenance::{rebuild, verify},
};

/// Scans in steps of `limit` bytes; gives the verdict and how many bytes were hashed.
async fn scan(site: &Site, record: &Record, limit: usize) -> (Result<(), BlobDamage>, u64) {
    let mut scan = site.store.scan(record.blob, record.size);
    let mut bytes = 0;
    loop {
        let (next, step) = scan.step(limit).await.unwrap();
        bytes += step.bytes;
        assert!(step.bytes <= limit as u64);
        match step.verdict {
            Some(verdict) => return (verdict, bytes),
            None => scan = next,
        }
    }
}

async fn sealed(site: &Site, bytes: &str) -> SealedSpool {
    let mut spool = site.store.spool().await.unwrap();
    spool.append(bytes.to_owned().into()).await.unwrap();
    spool.seal().await.unwrap()
}

async fn healing(site: &Site, record: &Record, bytes: &str, h1: Option<String>) -> CaptureRepair {
    CaptureRepair {
        key: record.key.clone(),
        lost: record.blob,
        sealed: sealed(site, bytes).await,
        h1,
        source: "https://mirror.example.com".to_owned(),
    }
}

async fn decisions(site: &Site) -> Vec<Decision> {
    let entries = site.store.journal(0, 1000).await.unwrap();
    entries.into_iter().map(|entry| entry.decision).collect()
}

fn zip() -> Key {
    artifact("example.com/m", "v1.0.0", ArtifactKind::Zip)
}

#[tokio::test]
async fn a_scan_reads_everything_in_steps_of_any_size() {
    let site = Site::new().await;
    let record = site.put(&zip(), &"0123456789".repeat(1000)).await.record;
    for limit in [1000, 3333, 10_000, 1 << 20] {
        assert_eq!(scan(&site, &record, limit).await, (Ok(()), 10_000));
    }
    let empty = site
        .put(&go_mod("example.com/e", "v1.0.0"), "")
        .await
        .record;
    assert_eq!(scan(&site, &empty, 10).await, (Ok(()), 0));
}

#[tokio::test]
async fn every_kind_of_damage_is_told_apart() {
    let site = Site::new().await;
    let record = site.put(&zip(), "0123456789").await.record;
    let path = site.blob_path(record.blob);
    flip_bit(&path, 9);
    let found = BlobId::of(b"0123456788");
    let changed = Err(BlobDamage::Changed(found));
    assert_eq!(scan(&site, &record, 4).await, (changed, 10));
    fs::remove_file(&path).unwrap();
    fs::write(&path, "01234").unwrap();
    let resized = Err(BlobDamage::Resized { found: 5, size: 10 });
    assert_eq!(scan(&site, &record, 4).await, (resized, 0));
    fs::remove_file(&path).unwrap();
    assert_eq!(scan(&site, &record, 4).await, (Err(BlobDamage::Missing), 0));
}

#[tokio::test]
async fn blobs_are_listed_in_order_and_captures_by_what_they_have() {
    let site = Site::new().await;
    for number in 0..50 {
        let version = format!("v1.0.{number}");
        site.put(
            &go_mod("example.com/m", &version),
            &(number / 2).to_string(),
        )
        .await;
    }
    let mut found = Vec::new();
    while let page = site.store.blobs(found.last().copied(), 7).await.unwrap()
        && !page.is_empty()
    {
        found.extend(page.into_iter().map(|(blob, _)| blob));
    }
    assert_eq!(found.len(), 25);
    assert!(found.is_sorted());
    let both = site.store.captures_of(BlobId::of(b"7"), 9).await.unwrap();
    let paths: Vec<_> = both.iter().map(|record| record.key.path()).collect();
    assert_eq!(
        paths,
        [
            "example.com/m/@v/v1.0.14.mod",
            "example.com/m/@v/v1.0.15.mod"
        ]
    );
}

#[tokio::test]
async fn the_lost_bytes_take_their_place_for_every_capture_that_has_them() {
    let site = Site::new().await;
    let keys = ["v1.0.0", "v1.0.1"].map(|version| go_mod("example.com/m", version));
    let mut record = None;
    for key in &keys {
        record = Some(site.put(key, "module m\n").await.record);
    }
    let record = record.unwrap();
    fs::remove_file(site.blob_path(record.blob)).unwrap();
    let healing = healing(&site, &record, "module m\n", None).await;
    let healed = site.store.repair(healing).await.unwrap();
    assert_eq!(healed, Some(record.clone()));
    for key in &keys {
        assert!(site.get(key).await.unwrap().is_some());
    }
    let told = decisions(&site).await.pop().unwrap();
    let Decision::Repaired {
        lost, blob, source, ..
    } = told
    else {
        panic!("{told:?}")
    };
    assert_eq!((lost, blob), (record.blob, record.blob));
    assert_eq!(source, "https://mirror.example.com");
    assert!(verify(&site.store, |_| {}).await.unwrap().is_healthy());
}

#[tokio::test]
async fn a_zip_packed_anew_takes_the_place_of_a_lost_one_and_keeps_its_time() {
    let site = Site::new().await;
    let first = site.put(&zip(), "packed one way").await.record;
    site.put(&go_mod("example.com/m", "v1.0.1"), "later").await;
    let facts = site.store.facts(&zip()).await.unwrap();
    fs::remove_file(site.blob_path(first.blob)).unwrap();
    let healing = healing(&site, &first, "packed the other way", first.h1.clone()).await;
    let healed = site.store.repair(healing).await.unwrap().unwrap();
    let expected = Record {
        blob: BlobId::of(b"packed the other way"),
        size: 20,
        ..first.clone()
    };
    assert_eq!(healed, expected);
    let totals = site.store.health();
    assert_eq!((totals.captures, totals.blobs, totals.bytes), (2, 2, 25));
    assert!(verify(&site.store, |_| {}).await.unwrap().is_healthy());

    // The catalog can be rebuilt although the blob of the capture's own entry is gone.
    let directory = site.close();
    let report = rebuild(StoreOptions::local(directory.path()))
        .await
        .unwrap();
    assert!(report.lost.is_empty(), "{report:?}");
    assert_eq!((report.captures, report.orphans), (2, 0));
    let store = crate::support::open(directory.path()).await.unwrap();
    assert_eq!(store.find(&zip()).await.unwrap(), Some(expected));
    assert_eq!(store.facts(&zip()).await.unwrap(), facts);
    assert!(verify(&store, |_| {}).await.unwrap().is_healthy());
}

#[tokio::test]
async fn other_bytes_without_the_hash_of_the_capture_heal_nothing() {
    let site = Site::new().await;
    let record = site.put(&zip(), "packed one way").await.record;
    for h1 in [None, Some("h1:another".to_owned())] {
        let healing = healing(&site, &record, "other", h1).await;
        let refused = site.store.repair(healing).await;
        assert!(
            matches!(refused, Err(StoreError::Conflict { .. })),
            "{refused:?}"
        );
    }
    let unhashed = go_mod("example.com/m", "v1.0.0");
    let none = store::Provenance {
        h1: None,
        ..provenance()
    };
    let committed = site.store.commit_small(unhashed, "a".into(), none).await;
    let unhashed = committed.unwrap().record;
    let refused = site
        .store
        .repair(healing(&site, &unhashed, "b", None).await)
        .await;
    assert!(
        matches!(refused, Err(StoreError::Conflict { .. })),
        "{refused:?}"
    );
    assert_eq!(site.store.find(&record.key).await.unwrap(), Some(record));
}

#[tokio::test]
async fn a_healing_for_what_is_not_kept_any_more_does_nothing() {
    let site = Site::new().await;
    let record = site.put(&zip(), "packed one way").await.record;
    let elsewhere = Record {
        blob: BlobId::of(b"another"),
        ..record.clone()
    };
    let healing = healing(&site, &elsewhere, "x", record.h1.clone()).await;
    assert_eq!(site.store.repair(healing).await.unwrap(), None);
    assert_eq!(site.store.find(&zip()).await.unwrap(), Some(record));
}

#[tokio::test]
async fn damage_is_put_aside_under_the_hash_it_has_and_the_capture_stays() {
    let site = Site::new().await;
    let record = site.put(&zip(), "0123456789").await.record;
    let aside = async || {
        let put = site
            .store
            .quarantine_damaged(&record.key, record.blob, "it is damaged");
        put.await.unwrap()
    };
    assert_eq!(aside().await, DamagedBlobOutcome::Intact);
    flip_bit(&site.blob_path(record.blob), 9);
    let copy = site.store.damaged_file(record.blob).await.unwrap();
    assert_eq!(copy.map(|(_, size)| size), Some(10));
    assert_eq!(aside().await, DamagedBlobOutcome::Moved);
    assert_eq!(aside().await, DamagedBlobOutcome::Missing);
    assert!(
        site.store
            .damaged_file(record.blob)
            .await
            .unwrap()
            .is_none()
    );
    let found = BlobId::of(b"0123456788");
    let held = site.path().join("quarantine").join(found.to_string());
    assert_eq!(fs::read(held).unwrap(), b"0123456788");
    let told = decisions(&site).await.pop().unwrap();
    assert!(
        matches!(&told, Decision::Quarantined { blob, path, .. } if *blob == found && *path == zip().path()),
        "{told:?}"
    );
    assert_eq!(site.store.find(&zip()).await.unwrap(), Some(record));
}

#[tokio::test]
async fn what_is_healed_while_it_is_put_aside_stays() {
    let site = Arc::new(Site::new().await);
    let record = site.put(&zip(), "0123456789").await.record;
    for _ in 0..200 {
        flip_bit(&site.blob_path(record.blob), 9);
        let aside = {
            let (site, record) = (Arc::clone(&site), record.clone());
            tokio::spawn(async move {
                site.store
                    .quarantine_damaged(&record.key, record.blob, "damaged")
                    .await
            })
        };
        site.put(&zip(), "0123456789").await;
        aside.await.unwrap().unwrap();
        assert!(
            site.get(&zip()).await.is_ok(),
            "the healed blob was moved away"
        );
    }
}

#[tokio::test]
async fn a_withdrawn_capture_does_not_make_a_store_unhealthy() {
    let site = Site::new().await;
    let record = site.put(&zip(), "first").await.record;
    let withdrawal = store::Withdrawal {
        key: zip(),
        blob: record.blob,
        by: "a test".to_owned(),
        reason: "it is wrong".to_owned(),
    };
    assert!(site.store.withdraw(withdrawal).await.unwrap());
    assert!(verify(&site.store, |_| {}).await.unwrap().is_healthy());
    site.put(&zip(), "second").await;
    assert!(verify(&site.store, |_| {}).await.unwrap().is_healthy());
}
