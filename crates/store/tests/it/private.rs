//! The data directory is the owner's, and one process's.

use crate::support::{go_mod, open, put};
use codes::Code;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// Everything below a directory, itself included.
fn tree(root: &Path) -> Vec<PathBuf> {
    let mut all = vec![root.to_owned()];
    if root.is_dir() {
        for entry in fs::read_dir(root).unwrap() {
            all.extend(tree(&entry.unwrap().path()));
        }
    }
    all
}

#[tokio::test]
async fn others_can_look_into_nothing_that_is_made_here() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("modkeep/data");
    let store = open(&data).await.unwrap();
    let key = go_mod("corp.example.com/m", "v1.0.0");
    put(&store, &key, "module corp.example.com/m\n")
        .await
        .unwrap();
    put(&store, &key, "module other\n")
        .await
        .expect_err("differs");
    store
        .mirror_tile("sum.example.com", 0, vec![0; store::TILE_SIZE].into())
        .await
        .unwrap();
    let all = tree(&parent.path().join("modkeep"));
    assert!(all.len() > 10, "{all:?}");
    for path in all {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}

#[tokio::test]
async fn a_lock_file_that_is_removed_lets_nobody_in() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await.unwrap();
    let refused = |store: Result<store::Store, store::StoreError>| {
        let error = store.err().expect("refused");
        assert_eq!(error.code(), Code::StoreInUse, "{error}");
    };
    refused(open(directory.path()).await);
    fs::remove_file(directory.path().join("lock")).unwrap();
    refused(open(directory.path()).await);
    fs::write(directory.path().join("lock"), "").unwrap();
    refused(open(directory.path()).await);
    drop(store);
    open(directory.path()).await.expect("it is free again");
}
