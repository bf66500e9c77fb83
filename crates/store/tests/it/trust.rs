//! Proofs come and go with what they prove; states only move forward; what is withdrawn is not
//! served and not deleted.

use crate::support::{Site, artifact, go_mod, module_path, provenance};
use bytes::Bytes;
use gomod::{ArtifactKind, Version};
use protocol::Evidence;
use store::{
    Decision, Provenance, REBUILT, StoreOptions, StoredTile, TILE_SIZE, VersionProof, Withdrawal,
    maintenance::rebuild,
};

const DATABASE: &str = "sum.example.com/2026";

fn proven() -> Evidence {
    Evidence::checksum_database(DATABASE, 7)
}

fn proof(module: &str) -> VersionProof {
    VersionProof {
        module: module_path(module),
        version: Version::parse("v1.0.0").unwrap(),
        database: DATABASE.to_owned(),
        record: 7,
        file: format!("a proof of {module}\n"),
        evidence: proven(),
    }
}

async fn file(site: &Site, module: &str) -> Option<String> {
    let version = Version::parse("v1.0.0").unwrap();
    let found = site
        .store
        .proof(&module_path(module), &version, DATABASE)
        .await;
    found.unwrap().map(|proof| proof.file)
}

#[tokio::test]
async fn a_proof_is_kept_once_with_the_capture_and_survives_a_rebuild() {
    let site = Site::new().await;
    for kind in [ArtifactKind::Mod, ArtifactKind::Zip] {
        let provenance = Provenance {
            proof: Some(proof("example.com/m")),
            ..provenance()
        };
        let key = artifact("example.com/m", "v1.0.0", kind);
        site.store
            .commit_small(key, "bytes".into(), provenance)
            .await
            .unwrap();
    }
    let entries = site.store.journal(0, 100).await.unwrap();
    let proven = |entry: &&store::JournalEntry| matches!(entry.decision, Decision::Proven { .. });
    assert_eq!(entries.iter().filter(proven).count(), 1);
    assert_eq!(
        file(&site, "example.com/m").await.unwrap(),
        "a proof of example.com/m\n"
    );
    assert_eq!(
        site.store.newest_proofs(DATABASE, 9).await.unwrap().len(),
        1
    );

    let directory = site.close();
    rebuild(StoreOptions::local(directory.path()))
        .await
        .unwrap();
    let store = crate::support::open(directory.path()).await.unwrap();
    let site = Site { directory, store };
    assert_eq!(
        file(&site, "example.com/m").await.unwrap(),
        "a proof of example.com/m\n"
    );
    assert_eq!(file(&site, "example.com/other").await, None);
}

#[tokio::test]
async fn a_later_proof_raises_the_captures_it_vouches_for() {
    let site = Site::new().await;
    let key = go_mod("example.com/m", "v1.0.0");
    assert_eq!(
        site.put(&key, "bytes").await.record.evidence,
        Evidence::Unverified
    );
    site.store
        .prove(proof("example.com/m"), vec![key.clone()])
        .await
        .unwrap();
    let evidence = |record: Option<store::Record>| record.unwrap().evidence;
    assert_eq!(evidence(site.store.find(&key).await.unwrap()), proven());

    let directory = site.close();
    rebuild(StoreOptions::local(directory.path()))
        .await
        .unwrap();
    let store = crate::support::open(directory.path()).await.unwrap();
    assert_eq!(evidence(store.find(&key).await.unwrap()), proven());
}

#[tokio::test]
async fn a_tile_only_grows() {
    let site = Site::new().await;
    let tile = |hashes: usize| StoredTile {
        database: DATABASE.to_owned(),
        level: 0,
        number: 3,
        hashes: Bytes::from(vec![1; 32 * hashes]),
    };
    for (kept, width) in [(5, 5), (3, 5), (256, 256)] {
        site.store.keep_tiles(vec![tile(kept)]).await.unwrap();
        site.store.flush().await.unwrap();
        let found = site
            .store
            .tiles(DATABASE, vec![(0, 3), (1, 3)])
            .await
            .unwrap();
        let widths: Vec<_> = found
            .iter()
            .map(|tile| tile.as_ref().map(Bytes::len))
            .collect();
        assert_eq!(widths, [Some(32 * width), None]);
    }
}

#[tokio::test]
async fn a_state_is_changed_by_whoever_knows_it_and_by_nobody_else() {
    let site = Site::new().await;
    let swap = async |old: Option<&'static str>, new: &'static str| {
        let old = old.map(|old| Bytes::from_static(old.as_bytes()));
        site.store
            .swap_state("head", old, new.into())
            .await
            .unwrap()
    };
    assert!(!swap(Some("one"), "two").await, "there was none");
    assert!(swap(None, "one").await);
    assert!(!swap(None, "other").await);
    assert!(swap(Some("one"), "two").await);
    assert!(!swap(Some("one"), "three").await);
    assert_eq!(site.store.state("head").await.unwrap().unwrap(), "two");
    let site = site.reopen().await.unwrap();
    assert_eq!(site.store.state("head").await.unwrap().unwrap(), "two");
}

#[tokio::test]
async fn what_is_withdrawn_is_put_aside_and_may_be_captured_anew() {
    let site = Site::new().await;
    let (one, two) = (
        go_mod("example.com/m", "v1.0.0"),
        go_mod("example.com/n", "v1.0.0"),
    );
    let blob = site.put(&one, "the same").await.record.blob;
    site.put(&two, "the same").await;
    let withdraw = async |key: &store::Key| {
        let (by, reason) = ("a test".to_owned(), "on purpose".to_owned());
        let withdrawal = Withdrawal {
            key: key.clone(),
            blob,
            by,
            reason,
        };
        site.store.withdraw(withdrawal).await.unwrap()
    };
    assert!(withdraw(&one).await);
    assert!(!withdraw(&one).await, "there is nothing more to withdraw");
    assert_eq!(site.get(&one).await.unwrap(), None);
    assert_eq!(site.get(&two).await.unwrap().unwrap(), "the same");
    assert!(withdraw(&two).await);
    assert!(!site.blob_path(blob).exists());
    let aside = site.path().join("quarantine").join(blob.to_string());
    assert_eq!(std::fs::read(aside).unwrap(), b"the same");
    let health = site.store.health();
    assert_eq!((health.captures, health.bytes), (0, 0));

    site.put(&one, "other").await;
    assert!(!withdraw(&one).await, "the order was about other bytes");
    assert_eq!(site.get(&one).await.unwrap().unwrap(), "other");
    let directory = site.close();
    let report = rebuild(StoreOptions::local(directory.path()))
        .await
        .unwrap();
    assert_eq!(report.captures, 1);
    assert!(
        report.lost.is_empty(),
        "nothing is missed that was withdrawn"
    );
}

#[tokio::test]
async fn wrong_bytes_are_put_aside_and_told_of_once() {
    let site = Site::new().await;
    let key = go_mod("example.com/m", "v1.0.0");
    for _ in 0..2 {
        let put = site
            .store
            .quarantine_small(&key, "wrong".into(), "a source", "another hash");
        put.await.unwrap();
    }
    let blob = store::BlobId::of(b"wrong");
    let aside = site.path().join("quarantine").join(blob.to_string());
    assert_eq!(std::fs::read(aside).unwrap(), b"wrong");
    assert_eq!(site.get(&key).await.unwrap(), None);
    let entries = site.store.journal(0, 10).await.unwrap();
    let told = entries.iter().filter(|entry| {
        matches!(&entry.decision, Decision::Quarantined { blob: told, held: true, .. } if *told == blob)
    });
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn what_waits_for_its_proof_is_found_until_it_is_proven() {
    let site = Site::new().await;
    let key = go_mod("example.com/m", "v1.0.0");
    let waiting = Provenance {
        evidence: Evidence::Unproven,
        ..provenance()
    };
    site.store
        .commit_small(key.clone(), "bytes".into(), waiting)
        .await
        .unwrap();
    site.put(&go_mod("example.com/n", "v1.0.0"), "bytes").await;
    assert_eq!(site.store.unproven("", 9).await.unwrap(), vec![key.clone()]);
    assert!(
        site.store
            .unproven(&key.path(), 9)
            .await
            .unwrap()
            .is_empty()
    );
    site.store
        .prove(proof("example.com/m"), vec![key])
        .await
        .unwrap();
    assert!(site.store.unproven("", 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_rebuild_takes_tiles_and_states_from_the_old_catalog_and_says_that_it_did() {
    let site = Site::new().await;
    site.put(&go_mod("example.com/m", "v1.0.0"), "bytes").await;
    let tile = StoredTile {
        database: DATABASE.to_owned(),
        level: 0,
        number: 3,
        hashes: Bytes::from(vec![1; 64]),
    };
    site.store.keep_tiles(vec![tile]).await.unwrap();
    let head = Bytes::from_static(b"a head");
    site.store.swap_state("head", None, head).await.unwrap();
    assert_eq!(site.store.state(REBUILT).await.unwrap(), None);
    let rebuilt = async |directory: tempfile::TempDir| {
        let report = rebuild(StoreOptions::local(directory.path())).await;
        let store = crate::support::open(directory.path()).await.unwrap();
        (Site { directory, store }, report.unwrap())
    };

    let (site, report) = rebuilt(site.close()).await;
    assert_eq!((report.salvaged_trust, report.captures), (2, 1));
    let kept = site.store.tiles(DATABASE, vec![(0, 3)]).await.unwrap();
    assert_eq!(kept, [Some(Bytes::from(vec![1; 64]))]);
    assert_eq!(site.store.state("head").await.unwrap().unwrap(), "a head");
    let first = site.store.state(REBUILT).await.unwrap().unwrap();

    // A catalog that cannot be read has nothing to take.
    let directory = site.close();
    std::fs::write(directory.path().join("catalog.db"), "no database").unwrap();
    let (site, report) = rebuilt(directory).await;
    assert_eq!((report.salvaged_trust, report.captures), (0, 1));
    assert_eq!(site.store.state("head").await.unwrap(), None);
    assert_ne!(site.store.state(REBUILT).await.unwrap().unwrap(), first);
}

fn tile(fill: u8) -> Bytes {
    Bytes::from(vec![fill; TILE_SIZE])
}

#[tokio::test]
async fn mirrored_tiles_lie_at_their_places_and_outlive_the_catalog() {
    let site = Site::new().await;
    let store = &site.store;
    assert_eq!(store.mirrored_tile(DATABASE, 0).await.unwrap(), None);
    store.sync_mirror(DATABASE).await.unwrap();
    for (number, fill) in [(2, 2), (0, 1), (2, 3)] {
        store
            .mirror_tile(DATABASE, number, tile(fill))
            .await
            .unwrap();
    }
    store.sync_mirror(DATABASE).await.unwrap();
    assert!(
        store
            .mirror_tile(DATABASE, 4, "short".into())
            .await
            .is_err()
    );
    assert!(
        store
            .mirror_tile(DATABASE, u64::MAX, tile(1))
            .await
            .is_err()
    );

    let directory = site.close();
    std::fs::remove_file(directory.path().join("catalog.db")).unwrap();
    rebuild(StoreOptions::local(directory.path()))
        .await
        .unwrap();
    let store = crate::support::open(directory.path()).await.unwrap();
    let kept = async |number| store.mirrored_tile(DATABASE, number).await.unwrap();
    assert_eq!(kept(0).await, Some(tile(1)));
    assert_eq!(kept(1).await, Some(tile(0)), "a hole reads as zeros");
    assert_eq!(kept(2).await, Some(tile(3)), "the last one written");
    assert_eq!(kept(3).await, None);
    assert_eq!(kept(u64::MAX).await, None);
    let rest = store.mirrored_tiles(DATABASE, 1, 256).await.unwrap();
    assert_eq!(rest, [tile(0), tile(3)].concat());
    assert_eq!(
        store.mirrored_tile("other.example.com", 0).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn a_torn_tile_at_the_end_is_none() {
    let site = Site::new().await;
    site.store.mirror_tile(DATABASE, 0, tile(1)).await.unwrap();
    let file = site.path().join("tiles/sum.example.com%2F2026");
    std::fs::OpenOptions::new()
        .append(true)
        .open(file)
        .and_then(|mut file| std::io::Write::write_all(&mut file, &[2; 100]))
        .unwrap();
    assert_eq!(site.store.mirrored_tile(DATABASE, 1).await.unwrap(), None);
    assert_eq!(
        site.store.mirrored_tiles(DATABASE, 0, 9).await.unwrap(),
        tile(1)
    );
}

#[tokio::test]
async fn cases_are_listed_newest_first_and_survive_a_rebuild() {
    let site = Site::new().await;
    let mut numbers = Vec::new();
    for module in ["example.com/a", "example.com/b"] {
        let path = format!("{module}/@v/v1.0.0.zip");
        numbers.push(site.store.open_case(&path, "{}").await.unwrap());
    }
    let listed = async |store: &store::Store, before| {
        let cases = store.cases(before, 9).await.unwrap();
        cases.iter().map(|case| case.number).collect::<Vec<_>>()
    };
    assert_eq!(
        listed(&site.store, u64::MAX).await,
        [numbers[1], numbers[0]]
    );
    assert_eq!(listed(&site.store, numbers[1]).await, [numbers[0]]);
    let directory = site.close();
    rebuild(StoreOptions::local(directory.path()))
        .await
        .unwrap();
    let store = crate::support::open(directory.path()).await.unwrap();
    assert_eq!(listed(&store, u64::MAX).await, [numbers[1], numbers[0]]);
}
