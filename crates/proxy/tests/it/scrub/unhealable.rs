//! Which bytes may take the place of lost ones, and what becomes of those that nobody replaces.

use super::{A, V1, decisions, events, kept, module, path, rot, upstream};
use crate::{
    site::{Site, go_mod, zip},
    verify::World,
};
use checksumdb::Mode;
use codes::Code;
use std::fs;
use store::{Decision, Key, Record};
use testkit::fixture::{Module, zip as zip_file};

/// The same files in another order: the same hash for Go, other bytes.
fn packed_anew(module: &Module) -> Vec<u8> {
    let root = format!("{}@{}", module.path(), module.version());
    let mut entries: Vec<_> = module
        .files()
        .iter()
        .rev()
        .map(|(name, content)| (format!("{root}/{name}"), content.clone()))
        .collect();
    entries.push((format!("{root}/go.mod"), module.mod_file()));
    let packed = zip_file::stored(&entries);
    assert!(packed != module.zip());
    packed
}

async fn record(site: &Site) -> Record {
    let key = Key::parse(&path(A, "zip")).unwrap();
    site.store.find(&key).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_nobody_has_is_put_aside_and_the_capture_stays() {
    let upstream = upstream();
    let site = kept(&upstream).await;
    let file = site.file_of(&path(A, "zip")).await;
    rot(&file);
    let rotten = fs::read(&file).unwrap();
    upstream.refuse();
    let before = record(&site).await;
    let tally = site.proxy.scrub_once().await.unwrap().tally;
    assert_eq!((tally.damaged, tally.healed, tally.quarantined), (1, 0, 1));
    assert!(site.quarantine() == [rotten]);
    assert!(!file.exists());
    assert_eq!(record(&site).await, before);
    assert_eq!(site.refusal(zip(A, V1)).await.code, Code::CorruptBlob);
    let told = events(&site, "alarm-blob-damaged").await;
    assert!(told[0].contains("bits were flipped on a disk"), "{told:?}");
    assert!(told[0].contains("put aside"), "{told:?}");
}

#[tokio::test]
async fn a_zip_packed_anew_stands_in_where_the_database_proves_both() {
    let world = World::of(&[module(A)]);
    let site = world.site(Mode::Required).await;
    site.bytes(zip(A, V1)).await;
    let before = record(&site).await;
    rot(&site.file_of(&path(A, "zip")).await);
    let anew = packed_anew(&module(A));
    world.put(&path(A, "zip"), anew.clone());
    site.later(1000);
    let tally = site.proxy.scrub_once().await.unwrap().tally;
    assert_eq!((tally.damaged, tally.healed, tally.quarantined), (1, 1, 0));
    world.upstream.refuse();
    assert!(site.bytes(zip(A, V1)).await == anew);
    let after = record(&site).await;
    assert_ne!(after.blob, before.blob);
    assert_eq!(
        (&after.h1, &after.evidence, after.first_seen, after.sequence),
        (
            &before.h1,
            &before.evidence,
            before.first_seen,
            before.sequence
        )
    );
    let healed = decisions(&site).await.into_iter().any(|decision| {
        matches!(decision, Decision::Repaired { lost, blob, h1, .. }
            if lost == before.blob && blob == after.blob && h1 == before.h1)
    });
    assert!(healed);
    let report = store::maintenance::verify(&site.store, |_| ())
        .await
        .unwrap();
    assert!(
        report.is_healthy() && report.orphans.is_empty(),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_zip_packed_anew_does_not_stand_in_for_an_unproven_one() {
    let upstream = upstream();
    let site = kept(&upstream).await;
    rot(&site.file_of(&path(A, "zip")).await);
    upstream.change(|corpus| corpus.put(&path(A, "zip"), packed_anew(&module(A))));
    let tally = site.proxy.scrub_once().await.unwrap().tally;
    assert_eq!((tally.damaged, tally.healed, tally.quarantined), (1, 0, 1));
    assert_eq!(site.refusal(zip(A, V1)).await.code, Code::CorruptBlob);
    assert_eq!(events(&site, "alarm-blob-damaged").await.len(), 1);
    let entries = site.store.journal(0, 1000).await.unwrap();
    let refused = entries.iter().any(|entry| {
        matches!(&entry.decision, Decision::Quarantined { path: at, held: true, .. } if *at == path(A, "zip"))
    });
    assert!(refused, "what came instead is put aside, too");
    upstream.change(|corpus| corpus.put(&path(A, "zip"), module(A).zip()));
    assert!(site.bytes(zip(A, V1)).await == module(A).zip());
}

#[tokio::test]
async fn nor_for_one_of_a_private_module() {
    let private = Module::new("corp.example.com/a", V1).noise(1, 10_000);
    let world = World::of(&[]);
    world.upstream.change(|corpus| corpus.add(&private));
    let site = world.site(Mode::Required).await;
    site.bytes(zip(private.path(), V1)).await;
    let at = path(private.path(), "zip");
    rot(&site.file_of(&at).await);
    world.put(&at, packed_anew(&private));
    let tally = site.proxy.scrub_once().await.unwrap().tally;
    assert_eq!((tally.damaged, tally.healed), (1, 0));
    world.put(&at, private.zip());
    let tally = site.proxy.scrub_once().await.unwrap().tally;
    assert_eq!((tally.damaged, tally.healed), (1, 1));
    assert!(site.bytes(zip(private.path(), V1)).await == private.zip());
}

#[tokio::test]
async fn a_tampered_copy_heals_nothing_and_is_put_aside_too() {
    let world = World::of(&[module(A)]);
    let site = world.site(Mode::Required).await;
    site.bytes(zip(A, V1)).await;
    site.bytes(go_mod(A, V1)).await;
    let tampered = module(A).file("evil.go", "package lib\n").zip();
    for (kind, evil) in [("zip", tampered), ("mod", b"module evil\n".to_vec())] {
        rot(&site.file_of(&path(A, kind)).await);
        world.put(&path(A, kind), evil.clone());
        let tally = site.proxy.scrub_once().await.unwrap().tally;
        assert_eq!(
            (tally.damaged, tally.healed),
            (if kind == "zip" { 1 } else { 2 }, 0)
        );
        assert!(site.quarantine().contains(&evil), "{kind}");
    }
    assert_eq!(site.refusal(zip(A, V1)).await.code, Code::CorruptBlob);
    assert_eq!(site.refusal(go_mod(A, V1)).await.code, Code::CorruptBlob);
}
