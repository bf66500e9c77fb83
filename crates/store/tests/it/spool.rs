//! Spools: readable while they grow, gone when nobody commits them.

use crate::support::{Site, artifact, provenance};
use bytes::Bytes;
use gomod::ArtifactKind;
use proptest::prelude::*;
use std::path::Path;
use store::{BlobId, Capture, Spool, StoreError};

fn spooled(data: &Path) -> usize {
    std::fs::read_dir(data.join("spool")).unwrap().count()
}

/// What was spooled, as the zip of a version.
async fn zip(spool: Spool) -> Capture {
    Capture {
        key: artifact("example.com/m", "v1.0.0", ArtifactKind::Zip),
        sealed: spool.seal().await.unwrap(),
        provenance: provenance(),
    }
}

#[tokio::test]
async fn a_follower_sees_each_byte_as_soon_as_it_was_appended() {
    let site = Site::new().await;
    let mut spool = site.store.spool().await.unwrap();
    let reader = spool.reader();
    assert!(reader.read_at(0, 10).await.unwrap().is_empty());
    let mut expected = Vec::new();
    for number in 0..3000_u32 {
        let chunk = Bytes::from(number.to_le_bytes().repeat(1 + number as usize % 97));
        expected.extend_from_slice(&chunk);
        spool.append(chunk.clone()).await.unwrap();
        let at = (expected.len() - chunk.len()) as u64;
        let seen = reader.read_at(at, usize::MAX).await.unwrap();
        assert_eq!(seen, chunk, "chunk {number}");
    }
    assert_eq!(spool.written(), expected.len() as u64);
    let sealed = spool.seal().await.unwrap();
    assert_eq!(sealed.blob(), BlobId::of(&expected));
    assert_eq!(sealed.size(), expected.len() as u64);

    let mut seen = Vec::new();
    loop {
        let bytes = reader.read_at(seen.len() as u64, 10_000).await.unwrap();
        if bytes.is_empty() {
            break;
        }
        seen.extend_from_slice(&bytes);
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_spool_directory_that_was_removed_is_made_again() {
    let site = Site::new().await;
    std::fs::remove_dir_all(site.path().join("spool")).unwrap();
    let mut spool = site.store.spool().await.unwrap();
    spool.append("bytes".into()).await.unwrap();
    let record = site.store.commit(zip(spool).await).await.unwrap().record;
    assert!(site.store.find(&record.key).await.unwrap().is_some());
}

#[tokio::test]
async fn a_reader_outlives_the_commit() {
    let site = Site::new().await;
    let mut spool = site.store.spool().await.unwrap();
    let reader = spool.reader();
    spool.append(Bytes::from(vec![7; 1 << 20])).await.unwrap();
    let record = site.store.commit(zip(spool).await).await.unwrap().record;
    assert_eq!(
        reader.read_at((1 << 20) - 2, 10).await.unwrap().as_ref(),
        [7, 7]
    );
    let blob = site.store.open_blob(&record).await.unwrap();
    assert_eq!(
        blob.read_at((1 << 20) - 2, 10).await.unwrap().as_ref(),
        [7, 7]
    );
    assert!(blob.read_at(1 << 20, 10).await.unwrap().is_empty());
    assert!(blob.read_at(u64::MAX, 10).await.unwrap().is_empty());
    blob.verify().await.unwrap();
    let found = site.store.read_small(&record).await.unwrap();
    assert_eq!(found.len(), 1 << 20);
}

#[tokio::test]
async fn what_nobody_commits_leaves_no_file() {
    let site = Site::new().await;
    let mut open = site.store.spool().await.unwrap();
    open.append(Bytes::from_static(b"x")).await.unwrap();
    let mut sealed = site.store.spool().await.unwrap();
    sealed.append(Bytes::from_static(b"y")).await.unwrap();
    let sealed = sealed.seal().await.unwrap();
    assert_eq!(spooled(site.path()), 2);
    drop((open, sealed));
    let directory = site.close();
    assert_eq!(spooled(directory.path()), 0);
}

#[tokio::test]
async fn left_over_spools_are_swept_at_the_next_start() {
    let site = Site::new().await;
    let directory = site.close();
    std::fs::write(
        directory.path().join("spool/0000000000000007"),
        "half a zip",
    )
    .unwrap();
    let _store = crate::support::open(directory.path()).await.unwrap();
    assert_eq!(spooled(directory.path()), 0);
}

/// On a disk that is read-only at the start the sweep fails, and works again later.
#[tokio::test]
async fn a_left_over_that_could_not_be_swept_is_in_nobodys_way() {
    let site = Site::new().await;
    for number in 0..8 {
        let path = site.path().join(format!("spool/{number:016x}"));
        std::fs::write(path, "half a zip").unwrap();
    }
    let mut spool = site.store.spool().await.unwrap();
    spool.append(Bytes::from_static(b"x")).await.unwrap();
    let sealed = spool.seal().await.unwrap();
    assert_eq!((sealed.blob(), sealed.size()), (BlobId::of(b"x"), 1));
}

#[tokio::test]
async fn an_empty_spool_is_the_empty_blob() {
    let site = Site::new().await;
    let sealed = site.store.spool().await.unwrap().seal().await.unwrap();
    assert_eq!((sealed.blob(), sealed.size()), (BlobId::of(b""), 0));
}

#[tokio::test]
async fn a_large_blob_is_not_read_into_memory() {
    let site = Site::new().await;
    let key = artifact("example.com/m", "v1.0.0", ArtifactKind::Zip);
    let mut record = site.put(&key, "PK").await.record;
    record.size = store::SMALL_LIMIT + 1;
    assert!(matches!(
        site.store.read_small(&record).await,
        Err(StoreError::TooLarge { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever the sizes of chunks and reads, a follower sees exactly the bytes.
    #[test]
    fn any_chunks_read_back_as_they_were(
        sizes in prop::collection::vec(0_usize..200_000, 0..12),
        steps in prop::collection::vec(1_usize..100_000, 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let site = Site::new().await;
            let mut spool = site.store.spool().await.unwrap();
            let (reader, mut expected, mut seen) = (spool.reader(), Vec::new(), Vec::new());
            let mut steps = steps.into_iter().cycle();
            for (number, size) in sizes.into_iter().enumerate() {
                let chunk: Vec<u8> = (0..size).map(|at| (at * 31 + number) as u8).collect();
                expected.extend_from_slice(&chunk);
                spool.append(chunk.into()).await.unwrap();
                let bytes = reader.read_at(seen.len() as u64, steps.next().unwrap()).await.unwrap();
                seen.extend_from_slice(&bytes);
            }
            let sealed = spool.seal().await.unwrap();
            assert_eq!(sealed.blob(), BlobId::of(&expected));
            while seen.len() < expected.len() {
                let bytes = reader.read_at(seen.len() as u64, steps.next().unwrap()).await.unwrap();
                assert!(!bytes.is_empty());
                seen.extend_from_slice(&bytes);
            }
            assert_eq!(seen, expected);
        });
    }
}
