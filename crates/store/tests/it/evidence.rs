//! Unknown evidence: a capture of which nobody knows why it was trusted is said, counted and not
//! served; it is neither lost nor in the way.

use crate::support::{Site, go_mod, open, provenance};
use codes::Code;
use protocol::Evidence;
use rusqlite::Connection;
use std::sync::atomic::Ordering;
use store::{
    Key, Provenance, StoreError, StoreOptions, Withdrawal,
    maintenance::{ExportOptions, export, rebuild, verify},
};
use tempfile::TempDir;

/// What no release writes.
const UNKNOWN: &str = "sumdb sum.example.com seven";

fn captured() -> Key {
    go_mod("example.com/m", "v1.0.0")
}

/// A store in which the catalog says `UNKNOWN` of one of two captures.
async fn tampered() -> TempDir {
    let site = Site::new().await;
    site.put(&captured(), "bytes").await;
    site.put(&go_mod("example.com/n", "v1.0.0"), "others").await;
    let directory = site.close();
    let catalog = Connection::open(directory.path().join("catalog.db")).unwrap();
    let sql = "UPDATE capture SET evidence = ?1 WHERE path = ?2";
    let changed = catalog.execute(sql, [UNKNOWN, &captured().path()]).unwrap();
    assert_eq!(changed, 1);
    directory
}

#[tokio::test]
async fn it_is_refused_with_its_text_and_counted() {
    let directory = tampered().await;
    let store = open(directory.path()).await.unwrap();
    let error = store.find(&captured()).await.unwrap_err();
    assert_eq!(error.code(), Code::UnknownEvidence);
    let StoreError::UnknownEvidence { path, source } = error else {
        panic!("{error}");
    };
    assert_eq!((path, source.text.as_str()), (captured().path(), UNKNOWN));
    assert_eq!(store.metrics().unknown_evidence.load(Ordering::Relaxed), 1);
    assert_eq!(store.health().last_error, None, "the disk is well");
    let other = store.find(&go_mod("example.com/n", "v1.0.0")).await;
    assert!(other.unwrap().is_some(), "an error of this row alone");
}

#[tokio::test]
async fn a_listing_names_it_and_goes_on() {
    let directory = tampered().await;
    let store = open(directory.path()).await.unwrap();
    let page = store.captures("", 10).await.unwrap();
    assert_eq!(page.records.len(), 1);
    let [(path, StoreError::UnknownEvidence { .. })] = page.unreadable.as_slice() else {
        panic!("{:?}", page.unreadable);
    };
    assert_eq!(*path, captured().path());
    // A page that holds nothing else has a next one all the same.
    let first = store.captures("", 1).await.unwrap();
    assert!(first.records.is_empty());
    let second = store.captures(&first.last.unwrap(), 1).await.unwrap();
    assert_eq!(second.records.len(), 1);
}

#[tokio::test]
async fn verification_says_so_and_an_export_leaves_it_out() {
    let directory = tampered().await;
    let store = open(directory.path()).await.unwrap();
    let report = verify(&store, |_| {}).await.unwrap();
    assert!(!report.is_healthy());
    let expected = format!(
        "{} is not served: {UNKNOWN:?} is no evidence that this release knows",
        captured().path()
    );
    assert_eq!(report.catalog.first, [expected]);
    assert!(report.damaged.is_empty());
    let target = tempfile::tempdir().unwrap();
    let options = ExportOptions { hard_links: false };
    let report = export(&store, target.path(), options).await.unwrap();
    assert_eq!((report.written, report.damaged.count), (1, 1));
    assert!(!target.path().join(captured().path()).exists());
}

#[tokio::test]
async fn the_same_bytes_again_are_refused_and_spoil_nothing_else() {
    let directory = tampered().await;
    let store = open(directory.path()).await.unwrap();
    let other = go_mod("example.com/o", "v1.0.0");
    let (again, new) = tokio::join!(
        store.commit_small(captured(), "bytes".into(), provenance()),
        store.commit_small(other.clone(), "new".into(), provenance()),
    );
    assert_eq!(again.unwrap_err().code(), Code::UnknownEvidence);
    assert!(new.is_ok() && store.find(&other).await.unwrap().is_some());
}

#[tokio::test]
async fn it_is_withdrawn_and_captured_anew() {
    let directory = tampered().await;
    let store = open(directory.path()).await.unwrap();
    let blob = store.blob_of(&captured()).await.unwrap().unwrap();
    let order = Withdrawal {
        key: captured(),
        blob,
        by: "operator".to_owned(),
        reason: "nobody knows why it was trusted".to_owned(),
    };
    assert!(store.withdraw(order).await.unwrap());
    let known = Provenance {
        evidence: Evidence::checksum_database("sum.example.com", 7),
        ..provenance()
    };
    let again = store.commit_small(captured(), "bytes".into(), known);
    assert!(again.await.unwrap().fresh);
    assert!(store.find(&captured()).await.unwrap().is_some());
}

/// The journal is a record of what was written, whoever understands it: a line with evidence that is
/// not known is whole, and a rebuild neither loses the capture nor begins to trust it.
#[tokio::test]
async fn a_rebuild_keeps_it_and_trusts_it_no_more_than_before() {
    let site = Site::new().await;
    site.put(&captured(), "bytes").await;
    let directory = site.close();
    rewrite_journal(&directory);
    let report = rebuild(StoreOptions::local(directory.path()))
        .await
        .unwrap();
    assert_eq!((report.captures, report.damaged_lines.count), (1, 0));
    let store = open(directory.path()).await.unwrap();
    let error = store.find(&captured()).await.unwrap_err();
    assert_eq!(error.code(), Code::UnknownEvidence);
    assert!(store.blob_of(&captured()).await.unwrap().is_some());
}

/// Writes the one entry of a journal as a release would that knows other evidence; the catalog is
/// lost.
fn rewrite_journal(directory: &TempDir) {
    let catalog = directory.path().join("catalog.db");
    std::fs::remove_file(&catalog).unwrap();
    for suffix in ["-wal", "-shm"] {
        drop(std::fs::remove_file(
            directory.path().join(format!("catalog.db{suffix}")),
        ));
    }
    let journal = directory.path().join("journal");
    for file in std::fs::read_dir(journal).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let Some(mut entry) = store::JournalEntry::from_line(text.trim_end()) else {
            continue;
        };
        let store::Decision::Captured { evidence, .. } = &mut entry.decision else {
            panic!("{text}");
        };
        *evidence = protocol::RecordedEvidence::new(UNKNOWN);
        std::fs::write(&path, entry.to_line().unwrap() + "\n").unwrap();
    }
}

/// Only then is a page of it cheap: SQLite takes the index for exactly this text.
#[tokio::test]
async fn what_waits_for_its_proof_is_found_by_its_index() {
    let site = Site::new().await;
    let directory = site.close();
    let catalog = Connection::open(directory.path().join("catalog.db")).unwrap();
    let sql = format!(
        "EXPLAIN QUERY PLAN SELECT path FROM capture WHERE evidence = '{}' AND path > ''",
        Evidence::Unproven
    );
    let plan: String = catalog.query_row(&sql, [], |row| row.get(3)).unwrap();
    assert!(plan.contains("capture_unproven"), "{plan}");
}
