//! Blobs in an object store: the same promises through `object_store`.

use crate::support::{artifact, get, go_mod, provenance, put};
use bytes::Bytes;
use codes::Code;
use gomod::ArtifactKind;
use object_store::{ObjectStore, ObjectStoreExt, memory::InMemory, path::Path};
use std::sync::Arc;
use store::{
    Capture, Store, StoreOptions,
    maintenance::{ExportOptions, export, rebuild, verify},
};

#[tokio::test]
async fn blobs_are_captured_read_verified_and_rebuilt_in_an_object_store() {
    let directory = tempfile::tempdir().unwrap();
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let options = || StoreOptions::remote(directory.path(), Arc::clone(&objects), "site/a");
    let store = Store::open(options()).await.unwrap();
    let small = go_mod("example.com/m", "v1.0.0");
    let record = put(&store, &small, "module example.com/m\n")
        .await
        .unwrap()
        .record;
    let name = record.blob.to_string();
    let place = Path::from(format!("site/a/blobs/sha256/{}/{}", &name[..2], &name[2..]));
    assert_eq!(objects.head(&place).await.unwrap().size, record.size);

    // More than one part of an upload.
    let mut spool = store.spool().await.unwrap();
    for step in 0..20_u8 {
        spool
            .append(Bytes::from(vec![step; 1 << 20]))
            .await
            .unwrap();
    }
    let key = artifact("example.com/m", "v1.0.0", ArtifactKind::Zip);
    let capture = Capture {
        key: key.clone(),
        sealed: spool.seal().await.unwrap(),
        provenance: provenance(),
    };
    let large = store.commit(capture).await.unwrap().record;
    let reader = store.open_blob(&large).await.unwrap();
    assert_eq!(
        reader.read_at((5 << 20) - 1, 2).await.unwrap().as_ref(),
        [4, 5]
    );
    assert!(reader.verify().await.is_ok());
    assert_eq!(
        reader.file().await.unwrap().metadata().unwrap().len(),
        20 << 20
    );
    assert_eq!(
        get(&store, &small).await.unwrap().as_deref(),
        Some(&b"module example.com/m\n"[..])
    );
    assert!(verify(&store, |_| {}).await.unwrap().is_healthy());

    let tree = tempfile::tempdir().unwrap();
    let report = export(&store, tree.path(), ExportOptions { hard_links: true })
        .await
        .unwrap();
    assert_eq!((report.written, report.damaged.count), (2, 0));

    objects
        .put(&place, Bytes::from_static(b"module example.com/n\n").into())
        .await
        .unwrap();
    assert_eq!(
        get(&store, &small).await.expect_err("noticed").code(),
        Code::CorruptBlob
    );
    assert_eq!(
        verify(&store, |_| {}).await.unwrap().damaged.first[0].blob,
        record.blob
    );
    objects.delete(&place).await.unwrap();
    assert_eq!(
        get(&store, &small).await.expect_err("noticed").code(),
        Code::CorruptBlob
    );

    drop((store, reader));
    std::fs::remove_file(directory.path().join("catalog.db")).unwrap();
    let report = rebuild(options()).await.unwrap();
    assert_eq!((report.captures, report.lost.count), (1, 1));
    let store = Store::open(options()).await.unwrap();
    assert_eq!(store.find(&key).await.unwrap(), Some(large));
}
