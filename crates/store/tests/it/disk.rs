//! A disk that is full or cannot be written: writes say so, reads of what is kept go on.
//!
//! The disks are small memory file systems, mounted for the test. Where nothing may be mounted
//! (no root), the tests say so and end.

use crate::support::{artifact, get, go_mod, open, provenance, put};
use bytes::Bytes;
use codes::Code;
use gomod::ArtifactKind;
use std::{path::Path, process::Command};
use store::{CachedAnswerKey, Capture, Store, StoreError, maintenance::verify};
use tempfile::TempDir;

/// A mounted memory file system; unmounted when dropped.
struct Disk {
    directory: TempDir,
}

// === impl Disk ===

impl Disk {
    /// Mounts a disk of `size`; `None`, with the reason printed, if nothing may be mounted.
    fn mount(size: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mounted = mount(
            &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"],
            directory.path(),
        );
        if let Err(reason) = mounted {
            testkit::skip::because(&format!("cannot mount a memory file system: {reason}"));
            return None;
        }
        Some(Self { directory })
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn remount(&self, mode: &str) {
        mount(&["-o", &format!("remount,{mode}")], self.path()).expect("remounted");
    }

    /// Fills the disk to the last block and returns the file that fills it.
    fn fill(&self) -> std::path::PathBuf {
        let path = self.path().join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        while std::io::Write::write_all(&mut file, &[1; 4096]).is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        #[expect(
            clippy::disallowed_methods,
            reason = "there is no other way to unmount without unsafe code"
        )]
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "unmounted");
    }
}

fn mount(arguments: &[&str], path: &Path) -> Result<(), String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "there is no other way to mount without unsafe code"
    )]
    let mut command = Command::new("mount");
    let output = command
        .args(arguments)
        .arg(path)
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Captures a zip of `size` bytes.
async fn put_zip(store: &Store, version: &str, size: usize) -> Result<(), StoreError> {
    let mut spool = store.spool().await?;
    for step in 0..size.div_ceil(64 << 10) {
        let byte = u8::try_from(step % 251).unwrap();
        spool.append(Bytes::from(vec![byte; 64 << 10])).await?;
    }
    let capture = Capture {
        key: artifact("example.com/big", version, ArtifactKind::Zip),
        sealed: spool.seal().await?,
        provenance: provenance(),
    };
    store.commit(capture).await.map(drop)
}

#[tokio::test]
async fn a_full_disk_stops_captures_and_nothing_else() {
    let Some(disk) = Disk::mount("4m") else {
        return;
    };
    let store = open(disk.path()).await.unwrap();
    let key = go_mod("example.com/m", "v1.0.0");
    put(&store, &key, "module example.com/m\n").await.unwrap();

    let error = put_zip(&store, "v1.0.0", 8 << 20)
        .await
        .expect_err("does not fit");
    assert_eq!(error.code(), Code::DiskFull, "{error}");
    assert!(!store.health().writable);
    assert_eq!(store.health().last_error, Some(Code::DiskFull));
    assert!(get(&store, &key).await.unwrap().is_some());

    // The spool that did not fit is gone, so there is room again.
    // It is removed behind our back, and its blocks are free a moment after its name is gone.
    let mut refusals = 0;
    while let Err(error) = store.probe_writable().await {
        refusals += 1;
        assert!(refusals < 10_000, "{error}");
    }
    assert!(store.health().writable);
    put(
        &store,
        &go_mod("example.com/m", "v1.0.1"),
        "module example.com/m\n",
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn on_a_disk_without_a_free_block_every_write_says_so_and_every_read_works() {
    let Some(disk) = Disk::mount("4m") else {
        return;
    };
    let store = open(disk.path()).await.unwrap();
    let keys: Vec<_> = (0..20)
        .map(|number| go_mod("example.com/m", &format!("v1.0.{number}")))
        .collect();
    for key in &keys {
        put(&store, key, &key.path()).await.unwrap();
    }
    let filler = disk.fill();
    let mut refused = 0;
    for number in 0..50 {
        let key = go_mod("example.com/n", &format!("v1.0.{number}"));
        match put(&store, &key, &key.path()).await {
            Err(error) => {
                assert_eq!(error.code(), Code::DiskFull, "{error}");
                refused += 1;
            }
            Ok(committed) => assert!(committed.fresh),
        }
    }
    assert!(refused > 0, "the disk was full");
    drop(store.spool().await);
    assert_eq!(
        (store.health().writable, store.health().last_error),
        (false, Some(Code::DiskFull)),
        "an empty file that fits proves nothing"
    );
    for key in &keys {
        assert_eq!(get(&store, key).await.unwrap().unwrap(), key.path());
    }
    let memo = store
        .cached_answer(&CachedAnswerKey::new(
            store::CachedAnswerClass::List,
            "example.com/m/@v/list",
        ))
        .await;
    assert_eq!(memo.unwrap(), None);

    std::fs::remove_file(filler).unwrap();
    let key = go_mod("example.com/n", "v2.0.0+incompatible");
    put(&store, &key, "after").await.unwrap();
    assert!(store.health().writable);
    let report = verify(&store, |_| {}).await.unwrap();
    assert!(report.is_healthy(), "{report:?}");
}

#[tokio::test]
async fn a_store_on_a_full_disk_opens_for_reading_and_writes_when_there_is_room() {
    let Some(disk) = Disk::mount("4m") else {
        return;
    };
    let key = go_mod("example.com/m", "v1.0.0");
    {
        let store = open(disk.path()).await.unwrap();
        put(&store, &key, "module example.com/m\n").await.unwrap();
    }
    let filler = disk.fill();
    let store = open(disk.path()).await.unwrap();
    assert!(get(&store, &key).await.unwrap().is_some());
    let other = go_mod("example.com/m", "v1.0.1");
    assert_eq!(
        put(&store, &other, "x").await.expect_err("full").code(),
        Code::DiskFull
    );
    assert_eq!(store.health().last_error, Some(Code::DiskFull));

    std::fs::remove_file(filler).unwrap();
    put(&store, &other, "x").await.unwrap();
    assert!(
        get(&store, &other).await.unwrap().is_some(),
        "readers see what the revived writer wrote"
    );
    assert!(get(&store, &key).await.unwrap().is_some());
    assert!(store.health().writable);
}

#[tokio::test]
async fn a_store_on_a_read_only_disk_opens_for_reading() {
    let Some(disk) = Disk::mount("4m") else {
        return;
    };
    let key = go_mod("example.com/m", "v1.0.0");
    {
        let store = open(disk.path()).await.unwrap();
        put(&store, &key, "module example.com/m\n").await.unwrap();
    }
    disk.remount("ro");
    {
        let store = open(disk.path()).await.unwrap();
        let health = store.health();
        assert_eq!(
            (health.writable, health.last_error),
            (false, Some(Code::ReadOnlyDisk))
        );
        assert_eq!((health.captures, health.sequence), (1, 1));
        assert!(get(&store, &key).await.unwrap().is_some());
        let error = put(&store, &go_mod("example.com/m", "v1.0.1"), "x")
            .await
            .expect_err("read-only");
        assert_eq!(error.code(), Code::ReadOnlyDisk, "{error}");
        assert!(get(&store, &key).await.unwrap().is_some());
        assert_eq!(
            store.probe_writable().await.expect_err("read-only").code(),
            Code::ReadOnlyDisk
        );

        disk.remount("rw");
        put(&store, &go_mod("example.com/m", "v1.0.1"), "x")
            .await
            .unwrap();
        assert!(store.health().writable);
    }
    let store = open(disk.path()).await.unwrap();
    assert_eq!(store.health().captures, 2);
}

#[tokio::test]
async fn a_store_that_was_killed_opens_for_reading_on_a_read_only_disk() {
    let Some(disk) = Disk::mount("8m") else {
        return;
    };
    let key = go_mod("example.com/m", "v1.0.0");
    let data = disk.path().join("killed");
    {
        // Copied while it is open, a store is as a killed process leaves it: with write-ahead.
        let store = open(&disk.path().join("live")).await.unwrap();
        put(&store, &key, "module example.com/m\n").await.unwrap();
        copy_tree(&disk.path().join("live"), &data);
    }
    assert!(
        std::fs::metadata(data.join("catalog.db-wal"))
            .unwrap()
            .len()
            > 0
    );
    disk.remount("ro");
    let store = open(&data).await.unwrap();
    assert!(get(&store, &key).await.unwrap().is_some());
    assert!(!store.health().writable);

    // Every reading thread has looked, and none may keep the writer from opening the catalog.
    let looks = (0..64).map(|_| get(&store, &key));
    for look in looks {
        assert!(look.await.unwrap().is_some());
    }
    let other = go_mod("example.com/m", "v1.0.1");
    put(&store, &other, "x").await.expect_err("read-only");
    disk.remount("rw");
    store.probe_writable().await.expect("it recovers by itself");
    assert!(store.health().writable);
    put(&store, &other, "x").await.unwrap();
    assert!(get(&store, &other).await.unwrap().is_some());
    assert!(get(&store, &key).await.unwrap().is_some());
}

#[tokio::test]
async fn a_new_store_cannot_begin_on_a_read_only_disk() {
    let Some(disk) = Disk::mount("4m") else {
        return;
    };
    disk.remount("ro");
    let error = open(&disk.path().join("data"))
        .await
        .err()
        .expect("refused");
    assert_eq!(error.code(), Code::ReadOnlyDisk, "{error}");
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn the_last_signed_head_is_served_from_a_read_only_disk() {
    let Some(disk) = Disk::mount("8m") else {
        return;
    };
    let store = open(disk.path()).await.unwrap();
    put(&store, &go_mod("example.com/m", "v1.0.0"), "x")
        .await
        .unwrap();
    let signed = store.journal_log().checkpoint().await.unwrap();
    drop(store);
    disk.remount("ro");
    let store = open(disk.path()).await.unwrap();
    assert_eq!(store.journal_log().checkpoint().await.unwrap(), signed);
    let tile = tlog::tile::Tile::try_new(tlog::tile::HEIGHT, 0, 0, 1).unwrap();
    assert!(store.journal_log().tile(tile).await.unwrap().is_some());
}
