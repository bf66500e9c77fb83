//! The journal as a transparency log: one history, whatever happens to the files below it.

use crate::{
    reader::{Reader, key, open_eager},
    support::{Site, go_mod, put},
};
use codes::Code;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use store::{
    ENTRY_WORDS_LIMIT, JournalEntry, JournalEvent, Store, StoreOptions,
    maintenance::{rebuild, verify},
};
use tempfile::TempDir;
use tlog::{
    follow::FollowError,
    tile::{HEIGHT, Tile},
};

async fn new_site() -> (TempDir, Store) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = open_eager(directory.path()).await.expect("opens");
    (directory, store)
}

/// Events, as many at once, so that they share transactions.
async fn events(store: &Store, count: usize) {
    let write = |number: usize| {
        let store = store.clone();
        let event = JournalEvent::new("refreshed", format!("example.com/m{number}"), "");
        tokio::spawn(async move { store.event(event).await.expect("journalled") })
    };
    let writes: Vec<_> = (0..count).map(write).collect();
    for write in writes {
        write.await.expect("written");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("listed") {
        let entry = entry.expect("listed");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

fn catalog(data: &Path) -> Connection {
    Connection::open(data.join("catalog.db")).expect("opened")
}

fn asides(data: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data.join("journal")).expect("listed");
    let paths = entries.map(|entry| entry.expect("listed").path());
    paths
        .filter(|path| path.to_string_lossy().contains("checkpoint.before-"))
        .collect()
}

/// Claims that another log has begun, which says so in its first new entry, and that the reader
/// of the old one is not deceived.
async fn assert_begun_anew(store: &Store, old: &mut Reader, why: &str) -> Reader {
    let error = old.follow(store).await.expect_err("not the old log");
    assert!(
        matches!(error, FollowError::Note(_)),
        "{why}: what the old key signs is another history: {error}"
    );
    let mut new = Reader::new(store).await;
    assert_ne!(new.key.name(), old.key.name());
    let public = |reader: &Reader| reader.key.to_string().rsplit('+').next().map(str::to_owned);
    new.follow(store).await.expect("a sound log");
    let begun: Vec<&String> = new
        .entries
        .iter()
        .filter(|entry| entry.contains(r#""event":"log-begun""#) && entry.contains(new.key.name()))
        .collect();
    assert_eq!(begun.len(), 1, "{why}");
    assert!(begun[0].contains(why), "{} does not say {why:?}", begun[0]);
    // Where the secret is still there, the old followers see that the same site speaks.
    if why != "its key is gone" {
        assert_eq!(public(&new), public(old));
    }
    new
}

#[tokio::test]
async fn every_head_is_the_beginning_of_the_next() {
    let (_directory, store) = new_site().await;
    let mut reader = Reader::new(&store).await;
    assert_eq!(reader.follow(&store).await.expect("sound").size, 0);
    for grow in [1, 1, 2, 11, 100, 140, 1, 0, 255, 256, 257, 700] {
        events(&store, grow).await;
        let before = reader.last.size;
        let head = reader.follow(&store).await.expect("sound");
        assert_eq!(head.size, before + grow as u64);
    }
    let lines = store.journal(0, 10_000).await.expect("read");
    assert_eq!(lines.len(), reader.entries.len());
    for (index, (entry, line)) in reader.entries.iter().zip(&lines).enumerate() {
        assert_eq!(line.sequence, index as u64 + 1);
        assert_eq!(JournalEntry::from_line(entry).as_ref(), Some(line));
    }
    assert!(verify(&store, |_| {}).await.expect("read").is_healthy());
}

#[tokio::test]
async fn entries_are_the_lines_of_the_mirror() {
    let (directory, store) = new_site().await;
    put(
        &store,
        &go_mod("example.com/m", "v1.0.0"),
        "module example.com/m\n",
    )
    .await
    .expect("captured");
    events(&store, 5).await;
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    drop(store);
    let mirror = directory.path().join("journal/0000000001.ndjson");
    let mirror = std::fs::read_to_string(mirror).expect("readable");
    assert_eq!(reader.entries, mirror.lines().collect::<Vec<_>>());
}

#[tokio::test]
async fn what_the_log_does_not_hold_is_not_there() {
    let (_directory, store) = new_site().await;
    events(&store, 300).await;
    let log = store.journal_log();
    for (level, index, width, there) in [
        (0, 0, 256, true),
        (0, 0, 255, true),
        (0, 1, 44, true),
        (0, 1, 45, false),
        (0, 2, 1, false),
        (1, 0, 1, true),
        (1, 0, 2, false),
        (2, 0, 1, false),
        (63, 0, 1, false),
        (0, u64::MAX >> 8, 1, false),
    ] {
        let tile = Tile::try_new(HEIGHT, level, index, width).expect("a tile");
        let found = log.tile(tile).await.expect("read");
        assert_eq!(found.is_some(), there, "{tile}");
        let size = found.map_or(0, |bytes| bytes.len());
        assert_eq!(size, if there { tile.size() } else { 0 });
    }
}

#[tokio::test]
async fn a_reopened_log_goes_on_and_signs_nothing_new_for_nothing() {
    let (directory, store) = new_site().await;
    events(&store, 300).await;
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    let note = store.journal_log().checkpoint().await.expect("signed").note;
    let kept = || std::fs::read(directory.path().join("journal/checkpoint")).expect("kept");
    assert_eq!(kept(), note);
    drop(store);
    let store = open_eager(directory.path()).await.expect("opens");
    assert_eq!(
        store.journal_log().checkpoint().await.expect("read").note,
        note
    );
    events(&store, 1).await;
    assert_eq!(reader.follow(&store).await.expect("sound").size, 301);
    assert_ne!(kept(), note);
}

#[tokio::test]
async fn a_head_is_served_until_it_is_old() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut options = StoreOptions::local(directory.path());
    options.checkpoint_age = std::time::Duration::from_hours(1);
    let store = Store::open(options).await.expect("opens");
    let log = store.journal_log();
    assert_eq!(log.checkpoint().await.expect("signed").head.size, 0);
    events(&store, 3).await;
    assert_eq!(log.checkpoint().await.expect("kept").head.size, 0);
}

#[tokio::test]
async fn readers_at_once_get_one_history() {
    let (_directory, store) = new_site().await;
    let mut reader = Reader::new(&store).await;
    let mut asked = Vec::new();
    for _ in 0..40 {
        events(&store, 3).await;
        let log = store.journal_log();
        asked.push(tokio::spawn(async move { log.checkpoint().await }));
    }
    let mut heads = Vec::new();
    for one in asked {
        heads.push(one.await.expect("answered").expect("signed").head);
    }
    heads.sort_unstable_by_key(|head| head.size);
    for head in heads {
        reader
            .check(&store.journal_log(), head)
            .await
            .expect("one history");
        reader.last = head;
    }
}

/// What cannot be kept is given to nobody; what was kept before is still true.
#[tokio::test]
async fn a_head_that_cannot_be_kept_is_not_given_away() {
    let (directory, store) = new_site().await;
    events(&store, 3).await;
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    let in_the_way = directory.path().join("journal/checkpoint.new");
    std::fs::create_dir(&in_the_way).expect("made");
    events(&store, 3).await;
    assert_eq!(reader.follow(&store).await.expect("the older head").size, 3);
    std::fs::remove_dir(&in_the_way).expect("removed");
    assert_eq!(reader.follow(&store).await.expect("sound").size, 6);
}

/// A catalog of an older release has no tree: its journal is hashed when it is opened.
#[tokio::test]
async fn an_older_catalog_gets_its_tree() {
    let site = Site::new().await;
    events(&site.store, 700).await;
    let directory = site.close();
    let older = catalog(directory.path());
    let undo =
        "DROP TABLE journal_tree; DROP TABLE own_record; DROP TABLE own_tree; DROP TABLE withdrawn;
                DROP TABLE retired;
                PRAGMA user_version = 2;";
    older.execute_batch(undo).expect("undone");
    drop(older);
    let store = open_eager(directory.path()).await.expect("migrated");
    let mut reader = Reader::new(&store).await;
    assert_eq!(reader.follow(&store).await.expect("sound").size, 700);
    events(&store, 400).await;
    assert_eq!(reader.follow(&store).await.expect("sound").size, 1100);
}

/// Older releases let an event be longer than an entry can.
#[tokio::test]
async fn a_line_that_is_too_long_for_an_entry_has_a_stand_in() {
    let (directory, store) = new_site().await;
    events(&store, 4).await;
    let mut entry = store.journal(3, 1).await.expect("read").remove(0);
    drop(store);
    entry.decision = store::Decision::Event {
        event: "refused".to_owned(),
        subject: String::new(),
        detail: "x".repeat(66_000),
    };
    let line = entry.to_line().expect("written");
    let older = catalog(directory.path());
    let change = "UPDATE journal SET line = ?1 WHERE sequence = 4";
    older.execute(change, [&line]).expect("changed");
    drop(older);
    let store = open_eager(directory.path()).await.expect("opens");
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    let hash = store::BlobId::of(line.as_bytes());
    let size = line.len();
    assert_eq!(
        reader.entries[3],
        format!(r#"{{"sequence":4,"kind":"entry-too-long","size":{size},"sha256":"{hash}"}}"#)
    );
    let long = JournalEvent::new("x", "", "y".repeat(ENTRY_WORDS_LIMIT));
    assert!(store.event(long).await.is_err(), "none is written any more");
}

#[tokio::test]
async fn a_rebuilt_catalog_with_every_entry_goes_on_with_the_log() {
    let (directory, store) = new_site().await;
    events(&store, 600).await;
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    drop(store);
    std::fs::remove_file(directory.path().join("catalog.db")).expect("removed");
    rebuild(StoreOptions::local(directory.path()))
        .await
        .expect("rebuilt");
    let store = open_eager(directory.path()).await.expect("opens");
    events(&store, 1).await;
    assert_eq!(reader.follow(&store).await.expect("the same log").size, 601);
    assert_eq!(asides(directory.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_rebuilt_catalog_with_gaps_begins_another_log() {
    let (directory, store) = new_site().await;
    events(&store, 600).await;
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    drop(store);
    let data = directory.path();
    std::fs::remove_file(data.join("catalog.db")).expect("removed");
    let mirror = data.join("journal/0000000001.ndjson");
    let text = std::fs::read_to_string(&mirror).expect("readable");
    let left: Vec<&str> = text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| (!(40..43).contains(&index)).then_some(line))
        .collect();
    std::fs::write(&mirror, left.join("\n") + "\n").expect("written");
    let report = rebuild(StoreOptions::local(data)).await.expect("rebuilt");
    assert_eq!(report.missing_entries, 3);

    let store = open_eager(data).await.expect("opens");
    let why = "the first 600 entries of the journal are not those it was signed over";
    let new = assert_begun_anew(&store, &mut reader, why).await;
    assert_eq!(new.entries[41], r#"{"sequence":42,"kind":"entry-missing"}"#);
    let [aside] = &asides(data)[..] else {
        panic!("the old checkpoint is kept for whoever asks")
    };
    let old = std::fs::read(aside).expect("readable");
    assert_eq!(
        tlog::follow::open(&old, &reader.key)
            .expect("still signed")
            .head,
        reader.last
    );
}

/// Gaps where nothing was signed yet are nobody's business but the journal's.
#[tokio::test]
async fn gaps_behind_the_last_signed_head_end_no_log() {
    let (directory, store) = new_site().await;
    events(&store, 300).await;
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    events(&store, 10).await;
    drop(store);
    let data = directory.path();
    std::fs::remove_file(data.join("catalog.db")).expect("removed");
    let mirror = data.join("journal/0000000001.ndjson");
    let text = std::fs::read_to_string(&mirror).expect("readable");
    let last = text.lines().last().expect("a line");
    let first: Vec<&str> = text.lines().take(305).collect();
    std::fs::write(&mirror, first.join("\n") + "\n" + last + "\n").expect("written");
    rebuild(StoreOptions::local(data)).await.expect("rebuilt");
    let store = open_eager(data).await.expect("opens");
    assert_eq!(reader.follow(&store).await.expect("the same log").size, 310);
    assert_eq!(
        reader.entries[305],
        r#"{"sequence":306,"kind":"entry-missing"}"#
    );
}

#[tokio::test]
async fn a_backup_older_than_the_signed_head_begins_another_log() {
    let (directory, store) = new_site().await;
    let data = directory.path();
    events(&store, 280).await;
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    drop(store);
    let backup = tempfile::tempdir().expect("a temporary directory");
    copy(data, backup.path());
    let store = open_eager(data).await.expect("opens");
    events(&store, 20).await;
    reader.follow(&store).await.expect("sound");
    drop(store);
    // Catalog and mirror are put back; the checkpoint, which lies beside, is not.
    for file in ["catalog.db", "journal/0000000001.ndjson"] {
        std::fs::copy(backup.path().join(file), data.join(file)).expect("restored");
    }
    let store = open_eager(data).await.expect("opens");
    let why = "it was signed with 300 entries, and the journal has 280";
    let mut new = assert_begun_anew(&store, &mut reader, why).await;
    events(&store, 100).await;
    new.follow(&store).await.expect("the new log goes on");
    drop(store);
    let store = open_eager(data).await.expect("opens");
    new.follow(&store).await.expect("and stays");
}

/// As after a restore that left other entries under the numbers that were signed.
#[tokio::test]
async fn another_journal_of_the_same_length_begins_another_log() {
    let (directory, store) = new_site().await;
    events(&store, 280).await;
    drop(store);
    let (data, other) = (directory.path(), tempfile::tempdir().expect("a directory"));
    copy(data, other.path());
    let store = open_eager(data).await.expect("opens");
    events(&store, 20).await;
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    drop(store);
    let store = open_eager(other.path()).await.expect("opens");
    events(&store, 30).await;
    drop(store);
    for file in ["journal/checkpoint", "journal.key"] {
        std::fs::copy(data.join(file), other.path().join(file)).expect("copied");
    }
    let store = open_eager(other.path()).await.expect("opens");
    let why = "the first 300 entries of the journal are not those it was signed over";
    assert_begun_anew(&store, &mut reader, why).await;
}

#[tokio::test]
async fn without_its_checkpoint_or_its_key_a_log_has_ended() {
    for (lost, why) in [
        ("journal/checkpoint", "its last checkpoint is gone"),
        ("journal.key", "its key is gone"),
    ] {
        let (directory, store) = new_site().await;
        events(&store, 10).await;
        let mut reader = Reader::new(&store).await;
        reader.follow(&store).await.expect("sound");
        drop(store);
        std::fs::remove_file(directory.path().join(lost)).expect("removed");
        let store = open_eager(directory.path()).await.expect("opens");
        assert_begun_anew(&store, &mut reader, why).await;
    }
}

#[tokio::test]
async fn a_damaged_checkpoint_ends_a_log_and_a_damaged_key_stops_it() {
    let (directory, store) = new_site().await;
    events(&store, 10).await;
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    drop(store);
    let data = directory.path();
    std::fs::write(data.join("journal/checkpoint"), "").expect("written");
    let store = open_eager(data).await.expect("opens");
    assert_begun_anew(
        &store,
        &mut reader,
        "its last checkpoint cannot be believed",
    )
    .await;
    drop(store);

    let path = data.join("journal.key");
    let key_text = std::fs::read_to_string(&path).expect("readable");
    std::fs::write(&path, &key_text[..30]).expect("written");
    let store = open_eager(data).await.expect("opens");
    let error = store.journal_log().checkpoint().await.expect_err("no key");
    assert_eq!(error.code(), Code::StoreUnavailable);
    put(&store, &go_mod("example.com/m", "v1.0.0"), "x")
        .await
        .expect("captures go on");
    // Mended while the store is open.
    std::fs::write(&path, &key_text).expect("written");
    store.journal_log().checkpoint().await.expect("signed");
}

/// A flipped bit is no reason to give up a log: a rebuild puts the line right.
#[tokio::test]
async fn a_damaged_entry_ends_no_log_and_is_signed_by_nobody() {
    let (directory, store) = new_site().await;
    let data = directory.path();
    events(&store, 300).await;
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    let damage =
        "UPDATE journal SET line = replace(line, 'refreshed', 'refreshes') WHERE sequence = 290";
    catalog(data).execute(damage, []).expect("damaged");
    events(&store, 1).await;
    let error = store.journal_log().checkpoint().await.expect_err("noticed");
    assert_eq!(error.code(), Code::CorruptCatalog);
    assert_eq!(store.health().last_error, Some(Code::CorruptCatalog));
    drop(store);
    let store = open_eager(data).await.expect("opens");
    let error = store.journal_log().checkpoint().await.expect_err("noticed");
    assert_eq!(error.code(), Code::CorruptCatalog);
    drop(store);
    rebuild(StoreOptions::local(data)).await.expect("rebuilt");
    let store = open_eager(data).await.expect("opens");
    assert_eq!(reader.follow(&store).await.expect("the same log").size, 301);
}

#[tokio::test]
async fn a_damaged_tree_ends_no_log_either() {
    let (directory, store) = new_site().await;
    let data = directory.path();
    events(&store, 300).await;
    let mut reader = Reader::new(&store).await;
    reader.follow(&store).await.expect("sound");
    let damage = "UPDATE journal_tree SET hash = zeroblob(32)";
    catalog(data).execute(damage, []).expect("damaged");
    assert!(!verify(&store, |_| {}).await.expect("read").is_healthy());
    drop(store);
    let store = open_eager(data).await.expect("opens");
    let error = store.journal_log().checkpoint().await.expect_err("noticed");
    assert_eq!(error.code(), Code::CorruptCatalog);
    drop(store);
    rebuild(StoreOptions::local(data)).await.expect("rebuilt");
    let store = open_eager(data).await.expect("opens");
    reader.follow(&store).await.expect("the same log");
    assert_eq!(key(&store).await, reader.key);
}
