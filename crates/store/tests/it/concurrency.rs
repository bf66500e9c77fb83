//! Many at once: captures share transactions, and readers do not wait for them.

use crate::support::{Site, get, go_mod, put};
use jiff::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use store::{Store, StoreError, StoreOptions, maintenance::verify};
use tokio::sync::Mutex;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_captures_and_reads_at_once_all_come_out_right() {
    const TASKS: u64 = 16;
    const EACH: u64 = 25;
    let site = Site::new().await;
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = site.store.clone();
            tokio::spawn(async move {
                let module = format!("example.com/m{task}");
                for number in 0..EACH {
                    let key = go_mod(&module, &format!("v1.0.{number}"));
                    let text = format!("{key}");
                    put(&store, &key, &text).await.unwrap();
                    assert_eq!(
                        get(&store, &key).await.unwrap().as_deref(),
                        Some(text.as_bytes())
                    );
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let health = site.store.health();
    assert_eq!(
        (health.captures, health.sequence),
        (TASKS * EACH, TASKS * EACH)
    );
    let transactions = site.store.metrics().transactions.load(Ordering::Relaxed);
    assert!(
        transactions < TASKS * EACH,
        "{transactions} transactions for {} captures",
        TASKS * EACH
    );
    let report = verify(&site.store, |_| {}).await.unwrap();
    assert!(
        report.is_healthy() && report.orphans.is_empty(),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_stop_its_commit() {
    let site = Site::new().await;
    let key = go_mod("example.com/m", "v1.0.0");
    let sealed = {
        let mut spool = site.store.spool().await.unwrap();
        spool.append("module example.com/m\n".into()).await.unwrap();
        spool.seal().await.unwrap()
    };
    let provenance = crate::support::provenance();
    let capture = store::Capture {
        key: key.clone(),
        sealed,
        provenance,
    };
    let commit = site.store.commit(capture);
    // Polled once, so that it has begun, and then dropped.
    assert!(futures_util::FutureExt::now_or_never(commit).is_none());
    let record = loop {
        if let Some(record) = site.store.find(&key).await.unwrap() {
            break record;
        }
        tokio::task::yield_now().await;
    };
    assert!(site.store.read_small(&record).await.is_ok());
}

#[tokio::test]
async fn captures_that_leave_together_survive_the_last_handle() {
    let site = Site::new().await;
    for number in 0..10 {
        site.put(
            &go_mod("example.com/m", &format!("v1.0.{number}")),
            &number.to_string(),
        )
        .await;
    }
    let site = site.reopen().await.unwrap();
    assert_eq!(site.store.health().captures, 10);
}

#[tokio::test]
async fn reads_do_not_wait_for_a_writer_that_hangs() {
    let directory = tempfile::tempdir().unwrap();
    // The writer asks for the time inside every transaction; while the gate is shut it waits there.
    let gate = Arc::new(Mutex::new(()));
    let clock = Arc::clone(&gate);
    let options = StoreOptions::local(directory.path()).with_clock(move || {
        let _open = clock.blocking_lock();
        Timestamp::now()
    });
    let store = Store::open(options).await.unwrap();
    let (kept, new) = (
        go_mod("example.com/m", "v1.0.0"),
        go_mod("example.com/m", "v1.1.0"),
    );
    put(&store, &kept, "kept").await.unwrap();

    let commit = {
        let _shut = gate.lock().await;
        let (committing, key) = (store.clone(), new.clone());
        let commit = tokio::spawn(async move { put(&committing, &key, "new").await });
        for _ in 0..50 {
            let bytes = read_under(&store, &kept).await;
            assert_eq!(bytes, "kept");
        }
        assert!(!commit.is_finished());
        commit
    };
    commit.await.unwrap().unwrap();
    assert_eq!(read_under(&store, &new).await, "new");
}

async fn read_under(store: &Store, key: &store::Key) -> bytes::Bytes {
    get(store, key).await.unwrap().expect("kept")
}

#[tokio::test]
async fn a_dead_writer_refuses_captures_and_leaves_reads_alone() {
    let directory = tempfile::tempdir().unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&broken);
    let options = StoreOptions::local(directory.path()).with_clock(move || {
        assert!(
            !switch.load(Ordering::Relaxed),
            "the writer dies here, on purpose"
        );
        Timestamp::now()
    });
    let store = Store::open(options).await.unwrap();
    let key = go_mod("example.com/m", "v1.0.0");
    put(&store, &key, "kept").await.unwrap();
    broken.store(true, Ordering::Relaxed);

    for number in 1..4 {
        let other = go_mod("example.com/m", &format!("v1.{number}.0"));
        assert!(matches!(
            put(&store, &other, "x").await,
            Err(StoreError::Closed)
        ));
        assert_eq!(read_under(&store, &key).await, "kept");
    }
    assert!(!store.health().writable);
}
