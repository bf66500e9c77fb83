//! Verification finds every kind of damage, and only damage.

use crate::support::{Site, flip_bit, go_mod};
use codes::Code;
use store::{BlobId, maintenance::verify};

#[tokio::test]
async fn a_healthy_store_is_healthy_and_progress_reaches_the_end() {
    let site = Site::new().await;
    for number in 0..20 {
        site.put(
            &go_mod("example.com/m", &format!("v1.0.{number}")),
            &number.to_string(),
        )
        .await;
    }
    let mut last = None;
    let report = verify(&site.store, |progress| last = Some(progress))
        .await
        .unwrap();
    assert!(report.is_healthy(), "{report:?}");
    assert_eq!((report.blobs, report.bytes), (20, 30));
    let last = last.unwrap();
    assert_eq!((last.blobs, last.bytes, last.total_bytes), (20, 30, 30));
}

#[tokio::test]
async fn flipped_truncated_and_missing_blobs_are_named_with_what_needs_them() {
    let site = Site::new().await;
    let keys: Vec<_> = (0..4)
        .map(|number| go_mod("example.com/m", &format!("v1.0.{number}")))
        .collect();
    let mut blobs = Vec::new();
    for key in &keys {
        blobs.push(site.put(key, &format!("bytes of {key}")).await.record.blob);
    }
    flip_bit(&site.blob_path(blobs[0]), 5);
    std::fs::remove_file(site.blob_path(blobs[1])).unwrap();
    std::fs::write(site.path().join("short"), "bytes").unwrap();
    std::fs::rename(site.path().join("short"), site.blob_path(blobs[1])).unwrap();
    std::fs::remove_file(site.blob_path(blobs[2])).unwrap();

    let report = verify(&site.store, |_| {}).await.unwrap();
    assert!(!report.is_healthy());
    let mut found: Vec<_> = report
        .damaged
        .first
        .iter()
        .map(|damaged| (damaged.blob, damaged.paths.clone()))
        .collect();
    found.sort();
    let mut expected: Vec<_> = (0..3)
        .map(|number| (blobs[number], vec![keys[number].path()]))
        .collect();
    expected.sort();
    assert_eq!(found, expected);

    for key in &keys[..3] {
        assert_eq!(
            site.get(key).await.expect_err("noticed").code(),
            Code::CorruptBlob,
            "{key}"
        );
    }
    assert!(
        site.get(&keys[3]).await.unwrap().is_some(),
        "the healthy one goes on"
    );
    assert!(
        site.store.health().writable,
        "a damaged blob stops nothing else"
    );
}

#[tokio::test]
async fn blobs_without_a_row_and_strange_files_are_told_but_are_no_damage() {
    let site = Site::new().await;
    site.put(&go_mod("example.com/m", "v1.0.0"), "x").await;
    let orphan = BlobId::of(b"orphan");
    std::fs::create_dir_all(site.blob_path(orphan).parent().unwrap()).unwrap();
    std::fs::write(site.blob_path(orphan), "orphan").unwrap();
    std::fs::write(site.blob_path(orphan).with_file_name("README"), "strange").unwrap();
    let report = verify(&site.store, |_| {}).await.unwrap();
    assert!(report.is_healthy());
    assert_eq!(report.orphans.first, [(orphan, 6)]);
    assert_eq!(report.strays.count, 1);
}

#[tokio::test]
async fn every_flipped_bit_of_a_small_blob_is_found_when_it_is_read() {
    let site = Site::new().await;
    let key = go_mod("example.com/m", "v1.0.0");
    let record = site.put(&key, "module example.com/m\n").await.record;
    let path = site.blob_path(record.blob);
    for at in 0..21 {
        flip_bit(&path, at);
        let error = site.store.read_small(&record).await.expect_err("noticed");
        assert_eq!(error.code(), Code::CorruptBlob, "byte {at}");
        flip_bit(&path, at);
    }
    assert!(site.store.read_small(&record).await.is_ok());
}
