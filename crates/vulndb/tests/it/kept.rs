//! Kept: whole or not at all, and back in milliseconds.

use crate::support::{database, entry, ids, real_database};
use std::fs;
use tempfile::tempdir;
use vulndb::{DatabaseSnapshot, KeptError};

#[test]
fn what_is_kept_comes_back_as_it_was() {
    let directory = tempdir().unwrap();
    let kept = DatabaseSnapshot::in_directory(directory.path());
    assert!(kept.open().unwrap().is_none());
    let one = database(&[entry("GO-1", "example.com/a", &[("introduced", "0")])]);
    kept.replace(&one).unwrap();
    assert_eq!(kept.open().unwrap().unwrap(), one);
    let other = database(&[entry("GO-2", "example.com/b", &[("introduced", "0")])]);
    kept.replace(&other).unwrap();
    let back = kept.open().unwrap().unwrap();
    assert_eq!(ids(&back, "example.com/b", "v1.0.0"), ["GO-2"]);
    assert_eq!(ids(&back, "example.com/a", "v1.0.0"), [""; 0]);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn every_cut_and_every_changed_byte_is_noticed() {
    let directory = tempdir().unwrap();
    let kept = DatabaseSnapshot::in_directory(directory.path());
    let database = database(&[entry("GO-1", "example.com/a", &[("introduced", "0")])]);
    kept.replace(&database).unwrap();
    let bytes = fs::read(kept.path()).unwrap();
    for at in 0..bytes.len() {
        fs::write(kept.path(), &bytes[..at]).unwrap();
        let cut = kept.open();
        assert!(
            matches!(cut, Err(KeptError::Format(_) | KeptError::Damaged { .. })),
            "{at}"
        );
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        fs::write(kept.path(), &changed).unwrap();
        let changed = kept.open();
        assert!(
            matches!(
                changed,
                Err(KeptError::Format(_) | KeptError::Damaged { .. })
            ),
            "{at}"
        );
    }
}

#[test]
fn what_cannot_be_written_leaves_what_is_there() {
    let directory = tempdir().unwrap();
    let gone = DatabaseSnapshot::in_directory(directory.path().join("gone"));
    let database = database(&[entry("GO-1", "example.com/a", &[("introduced", "0")])]);
    assert!(matches!(gone.replace(&database), Err(KeptError::Io { .. })));
    assert!(gone.open().unwrap().is_none());
}

#[test]
fn whoever_opens_it_while_it_is_replaced_finds_the_old_one_or_the_new_one() {
    let directory = tempdir().unwrap();
    let kept = DatabaseSnapshot::in_directory(directory.path());
    let both = ["GO-1", "GO-2"].map(|id| database(&[entry(id, "example.com/a", &[])]));
    kept.replace(&both[0]).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for database in both.iter().cycle().take(50) {
                kept.replace(database).unwrap();
            }
        });
        for _ in 0..200 {
            let found = kept.open().unwrap().unwrap();
            assert!(both.contains(&found));
        }
    });
}

#[test]
fn the_real_database_is_kept_whole() {
    let Some(database) = real_database() else {
        return;
    };
    let directory = tempdir().unwrap();
    let kept = DatabaseSnapshot::in_directory(directory.path());
    kept.replace(&database).unwrap();
    assert_eq!(kept.open().unwrap().unwrap(), database);
}
