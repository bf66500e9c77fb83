//! A checksum database of our own: one record a version, and heads that are never taken back.

use crate::support::{Site, artifact, module_path, open, provenance};
use gomod::{ArtifactKind, Version};
use std::{path::Path, sync::Arc};
use store::{
    Provenance, Store,
    maintenance::{rebuild, verify},
    own::{self, DatabaseHalt, DatabaseHeadError, DatabaseLog, ForeignNote, HeadComparison},
};
use tlog::{
    Hash,
    checkpoint::{Checkpoint, TreeHead},
    frontier::Frontier,
    note::Note,
    proof::check_consistency,
};

const NAME: &str = "sum.corp.example.com/2026";

pub(crate) fn only(store: &Store) -> DatabaseLog {
    let mut databases = store.own_databases().expect("read");
    assert_eq!(databases.len(), 1);
    databases.remove(0)
}

async fn site() -> (Site, DatabaseLog) {
    let site = Site::new().await;
    own::init(site.path(), NAME).expect("made");
    let database = only(&site.store);
    (site, database)
}

pub(crate) fn text(number: usize) -> String {
    format!("corp.example.com/m{number} v1.0.0 h1:x\n")
}

async fn append(database: &DatabaseLog, number: usize) -> own::DatabaseRecord {
    let module = module_path(&format!("corp.example.com/m{number}"));
    let version = Version::parse("v1.0.0").expect("a version");
    let text = text(number);
    let appended = database.append(&module, &version, &text, "https://git.example.com");
    appended.await.expect("appended")
}

async fn newest(database: &DatabaseLog) -> Arc<own::DatabaseHead> {
    let signed = database.sign().await.expect("signed");
    let shown = database.publish(&signed, &[], false).await;
    shown.expect("shown")
}

#[tokio::test]
async fn a_version_has_one_record_for_ever() {
    let (_site, database) = site().await;
    let first = append(&database, 1).await;
    let module = module_path("corp.example.com/m1");
    let version = Version::parse("v1.0.0").expect("a version");
    let other = database.append(&module, &version, "corp.example.com/m1 v1.0.0 h1:y\n", "x");
    assert_eq!(other.await.expect("answered"), first);
    assert_eq!(append(&database, 2).await.number, 1);
    assert_eq!(database.size().await.expect("counted"), 2);
}

#[tokio::test]
async fn racing_first_appends_make_one_record() {
    let (_site, database) = site().await;
    let module = module_path("corp.example.com/m");
    let version = Version::parse("v1.0.0").expect("a version");
    let race = (0..50).map(|number| {
        let (database, module, version) = (database.clone(), module.clone(), version.clone());
        let text = format!("{module} {version} h1:{number}\n");
        tokio::spawn(async move { database.append(&module, &version, &text, "x").await })
    });
    let mut texts = std::collections::BTreeSet::new();
    for appended in race.collect::<Vec<_>>() {
        texts.insert(appended.await.expect("ran").expect("appended").text);
    }
    assert_eq!(texts.len(), 1);
    assert_eq!(database.size().await.expect("counted"), 1);
}

#[tokio::test]
async fn the_capture_that_completes_a_version_writes_its_record() {
    let (site, database) = site().await;
    let put = async |kind, h1: &str| {
        let provenance = Provenance {
            h1: Some(h1.to_owned()),
            log: Some(NAME.to_owned()),
            ..provenance()
        };
        let key = artifact("corp.example.com/m", "v1.0.0", kind);
        let bytes = h1.to_owned().into();
        site.store.commit_small(key, bytes, provenance).await
    };
    put(ArtifactKind::Mod, "h1:mod").await.expect("captured");
    assert_eq!(database.size().await.expect("counted"), 0);
    put(ArtifactKind::Zip, "h1:zip").await.expect("captured");
    let module = module_path("corp.example.com/m");
    let version = Version::parse("v1.0.0").expect("a version");
    let record = database.find(&module, &version).await.expect("read");
    assert_eq!(
        record.expect("there").text,
        "corp.example.com/m v1.0.0 h1:zip\ncorp.example.com/m v1.0.0/go.mod h1:mod\n"
    );
}

#[tokio::test]
async fn tiles_heads_and_proofs_are_those_of_the_records() {
    let (_site, database) = site().await;
    let mut frontier = Frontier::default();
    let mut older = None;
    for number in 0..600 {
        append(&database, number).await;
        frontier
            .append(Hash::of_leaf(text(number).as_bytes()))
            .expect("room");
        if number % 97 != 0 {
            continue;
        }
        let shown = newest(&database).await;
        assert_eq!(shown.head, frontier.head());
        let key = std::slice::from_ref(database.key());
        let note = Note::open(&shown.note, key).expect("signed");
        assert_eq!(TreeHead::parse(&note.text), Ok(shown.head));
        let checkpoint = Note::open(&shown.checkpoint, key).expect("signed");
        let checkpoint = Checkpoint::parse(&checkpoint.text).expect("a checkpoint");
        assert_eq!(
            (checkpoint.origin.as_str(), checkpoint.head),
            (NAME, shown.head)
        );
        let module = module_path(&format!("corp.example.com/m{}", number / 2));
        let version = Version::parse("v1.0.0").expect("a version");
        let record = database.find(&module, &version).await.expect("read");
        let proof = database.proof(&record.expect("there"), &shown).await;
        let proven = proof.expect("proven").record(key).expect("holds");
        assert_eq!(proven.text, text(number / 2));
        if let Some(TreeHead { size, root }) = older.replace(shown.head) {
            let proof = database.consistency(size, shown.head.size).await;
            let proof = proof.expect("proven");
            check_consistency(&proof, shown.head.size, shown.head.root, size, root)
                .expect("consistent");
        }
    }
    let data = "tile/8/data/002.p/3".parse().expect("a path");
    let data = database.tile(data).await.expect("read").expect("there");
    let texts = [512, 513, 514].map(|number| format!("{}\n", text(number)));
    assert_eq!(data, texts.concat());
    for beyond in [
        "tile/8/data/002.p/100",
        "tile/8/0/002.p/100",
        "tile/8/0/003",
    ] {
        let tile = beyond.parse().expect("a path");
        assert_eq!(database.tile(tile).await.expect("read"), None, "{beyond}");
    }
}

#[tokio::test]
async fn names_are_made_once_and_only_as_the_go_command_takes_them() {
    let (site, _) = site().await;
    assert!(own::init(site.path(), NAME).is_err(), "it is in use");
    for name in [
        "",
        "corp",
        "sum.example.com/",
        "a.b//c",
        "a.b/../c",
        "A.b/c",
        "a.b/c+d",
    ] {
        assert!(own::init(site.path(), name).is_err(), "{name}");
    }
    own::init(site.path(), "sum.corp.example.com/2027").expect("made");
    own::retire(site.path(), NAME).expect("retired");
    let names = own::list(site.path()).expect("listed");
    let names: Vec<_> = names
        .iter()
        .map(|own| (own.key.name(), own.retired))
        .collect();
    assert_eq!(names, [(NAME, true), ("sum.corp.example.com/2027", false)]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let key = site.path().join("sumdb/sum.corp.example.com+2026.key");
        let mode = key.metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// Copies everything but the files of the databases: what a backup of the catalog holds.
fn restore(from: &Path, to: &Path) {
    for name in ["catalog.db", "catalog.db-wal", "catalog.db-shm", "journal"] {
        let (from, to) = (from.join(name), to.join(name));
        let _ = std::fs::remove_file(&to);
        let _ = std::fs::remove_dir_all(&to);
        if from.is_dir() {
            std::fs::create_dir(&to).expect("made");
            for entry in std::fs::read_dir(&from).expect("listed") {
                let entry = entry.expect("listed");
                std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
            }
        } else if from.exists() {
            std::fs::copy(&from, &to).expect("copied");
        }
    }
}

#[tokio::test]
async fn a_catalog_from_before_the_last_append_signs_nothing_until_it_is_whole_again() {
    let (site, database) = site().await;
    append(&database, 1).await;
    newest(&database).await;
    drop(database);
    let directory = site.close();
    let (backup, newer) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    restore(directory.path(), backup.path());
    let store = open(directory.path()).await.expect("opens");
    append(&only(&store), 2).await;
    let shown = newest(&only(&store)).await;
    drop(store);
    restore(directory.path(), newer.path());

    restore(backup.path(), directory.path());
    let store = open(directory.path()).await.expect("opens");
    let database = only(&store);
    let halt = database.settle().await.expect("compared");
    assert!(matches!(halt, Some(DatabaseHalt::Lost(_))), "{halt:?}");
    append(&database, 3).await;
    assert!(matches!(
        database.sign().await,
        Err(DatabaseHeadError::Halted(_))
    ));
    assert_eq!(database.published(), None);
    drop((database, store));

    restore(newer.path(), directory.path());
    let store = open(directory.path()).await.expect("opens");
    let database = only(&store);
    assert_eq!(database.settle().await.expect("compared"), None);
    assert_eq!(database.published().as_deref(), Some(&*shown));
}

#[tokio::test]
async fn a_rebuilt_catalog_has_the_same_records_and_heads() {
    let (site, database) = site().await;
    for number in 0..300 {
        append(&database, number).await;
    }
    let shown = newest(&database).await;
    site.store.flush().await.expect("flushed");
    drop(database);
    let directory = site.close();
    let rebuilt = rebuild(store::StoreOptions::local(directory.path())).await;
    rebuilt.expect("rebuilt");
    let store = open(directory.path()).await.expect("opens");
    assert_eq!(*newest(&only(&store)).await, *shown);
    let report = verify(&store, |_| {}).await.expect("verified");
    assert!(report.is_healthy(), "{report:?}");
}

#[tokio::test]
async fn an_echo_tells_loss_from_fork_and_neither_is_forgotten() {
    let (site, database) = site().await;
    append(&database, 1).await;
    let old = newest(&database).await;
    append(&database, 2).await;
    let new = newest(&database).await;
    let compare = async |note: &[u8]| database.compare(note).await.expect("compared");
    assert_eq!(compare(&old.note).await, Ok(HeadComparison::Older));
    assert_eq!(compare(&new.note).await, Ok(HeadComparison::Newest));
    assert_eq!(compare(&new.checkpoint).await, Ok(HeadComparison::Newest));
    let other = Site::new().await;
    own::init(other.path(), NAME).expect("made");
    let foreign = newest(&only(&other.store)).await;
    let answer = compare(&foreign.note).await;
    assert!(matches!(answer, Err(ForeignNote::Note(_))), "{answer:?}");

    // The same key somewhere else: a restored backup of the whole site that went on by itself.
    let twin = Site::new().await;
    let key = "sumdb/sum.corp.example.com+2026.key";
    std::fs::create_dir(twin.path().join("sumdb")).unwrap();
    std::fs::copy(site.path().join(key), twin.path().join(key)).unwrap();
    let twin_database = only(&twin.store);
    for number in [1, 3, 4] {
        append(&twin_database, number).await;
    }
    let longer = newest(&twin_database).await;
    assert_eq!(compare(&longer.note).await, Ok(HeadComparison::Lost));
    assert!(matches!(
        database.sign().await,
        Err(DatabaseHeadError::Halted(_))
    ));
    let answer = twin_database.compare(&new.note).await.expect("compared");
    assert_eq!(answer, Ok(HeadComparison::Forked));
    for (site, database) in [(site, database), (twin, twin_database)] {
        drop(database);
        let site = site.reopen().await.expect("opens");
        let halt = only(&site.store).settle().await.expect("compared");
        assert!(halt.is_some());
    }
}

#[tokio::test]
async fn what_waits_for_witnesses_is_not_shown_after_a_restart_either() {
    let (site, database) = site().await;
    append(&database, 1).await;
    let signed = database.sign().await.expect("signed");
    let shown = database.publish(&signed, &[], true).await.expect("shown");
    append(&database, 2).await;
    database.sign().await.expect("signed");
    assert_eq!(database.published(), Some(Arc::clone(&shown)));
    drop(database);
    let site = site.reopen().await.expect("opens");
    let database = only(&site.store);
    assert_eq!(database.settle().await.expect("compared"), None);
    assert_eq!(database.published(), Some(shown));
    assert_eq!(database.sign().await.expect("signed").head.size, 2);
}
