//! A store in a temporary directory, and short words for what tests do with it.

use bytes::Bytes;
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use std::path::{Path, PathBuf};
use store::{BlobId, CommitOutcome, Key, Provenance, Store, StoreError, StoreOptions};
use tempfile::TempDir;

pub(crate) struct Site {
    pub(crate) directory: TempDir,
    pub(crate) store: Store,
}

impl Site {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = open(directory.path()).await.expect("a new store opens");
        Self { directory, store }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Closes the store and opens it again.
    pub(crate) async fn reopen(self) -> Result<Self, StoreError> {
        let directory = self.close();
        let store = open(directory.path()).await?;
        Ok(Self { directory, store })
    }

    pub(crate) fn close(self) -> TempDir {
        drop(self.store);
        self.directory
    }

    pub(crate) fn blob_path(&self, blob: BlobId) -> PathBuf {
        blob_path(self.path(), blob)
    }

    pub(crate) async fn put(&self, key: &Key, bytes: &str) -> CommitOutcome {
        put(&self.store, key, bytes).await.expect("captured")
    }

    pub(crate) async fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        get(&self.store, key).await
    }
}

pub(crate) async fn open(data: &Path) -> Result<Store, StoreError> {
    Store::open(StoreOptions::local(data)).await
}

pub(crate) fn blob_path(data: &Path, blob: BlobId) -> PathBuf {
    let name = blob.to_string();
    data.join("blobs/sha256").join(&name[..2]).join(&name[2..])
}

pub(crate) async fn put(
    store: &Store,
    key: &Key,
    bytes: &str,
) -> Result<CommitOutcome, StoreError> {
    store
        .commit_small(
            key.clone(),
            Bytes::copy_from_slice(bytes.as_bytes()),
            provenance(),
        )
        .await
}

pub(crate) async fn get(store: &Store, key: &Key) -> Result<Option<Bytes>, StoreError> {
    match store.find(key).await? {
        Some(record) => store.read_small(&record).await.map(Some),
        None => Ok(None),
    }
}

pub(crate) fn provenance() -> Provenance {
    Provenance {
        h1: Some("h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned()),
        source: "https://proxy.example.com".to_owned(),
        evidence: protocol::Evidence::Unverified,
        facts: [("time".to_owned(), "2026-01-01T00:00:00Z".to_owned())].into(),
        proof: None,
        log: None,
    }
}

pub(crate) fn artifact(module: &str, version: &str, kind: ArtifactKind) -> Key {
    Key::Artifact(Artifact {
        module: module_path(module),
        version: Version::parse(version).expect("a version"),
        kind,
    })
}

pub(crate) fn go_mod(module: &str, version: &str) -> Key {
    artifact(module, version, ArtifactKind::Mod)
}

pub(crate) fn lookup(module: &str) -> Key {
    Key::Sumdb {
        name: "sum.golang.org".to_owned(),
        path: format!("lookup/{module}@v1.0.0"),
    }
}

pub(crate) fn module_path(text: &str) -> ModulePath {
    ModulePath::parse(text).expect("a module path")
}

/// Changes one bit of a file in place.
pub(crate) fn flip_bit(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).expect("readable");
    let byte = bytes.get_mut(at).expect("inside the file");
    *byte ^= 1;
    std::fs::remove_file(path).expect("removable");
    std::fs::write(path, bytes).expect("writable");
}
