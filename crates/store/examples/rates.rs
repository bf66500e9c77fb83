//! Prints what finding and committing cost here: `cargo run --release -p store --example rates DIR`.
//!
//! The directory decides the result: commits are as fast as its disk syncs.
#![expect(clippy::print_stdout, reason = "a program that prints")]

use bytes::Bytes;
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use std::{path::PathBuf, sync::atomic::Ordering};
use store::{Key, Provenance, Store, StoreError, StoreOptions};
use tokio::time::Instant;

/// Artifacts kept when opening and finding are measured.
const KEPT: usize = 100_000;

/// Tasks that commit at the same time while the store is filled.
const TASKS: usize = 64;

/// Operations of each kind measured one after another.
const SINGLE: usize = 500;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data: PathBuf = std::env::args_os()
        .nth(1)
        .ok_or("usage: rates DIRECTORY")?
        .into();
    let store = Store::open(StoreOptions::local(&data)).await?;
    commit_one_by_one(&store).await?;
    fill(&store).await?;
    drop(store);
    let start = Instant::now();
    let store = Store::open(StoreOptions::local(&data)).await?;
    println!(
        "open with {} captures: {:?}",
        store.health().captures,
        start.elapsed()
    );
    find(&store).await?;
    read(&store).await
}

async fn commit_one_by_one(store: &Store) -> Result<(), StoreError> {
    let mut times = Vec::new();
    for number in 0..SINGLE {
        let start = Instant::now();
        commit(store, KEPT + number).await?;
        times.push(start.elapsed());
    }
    print_times("commit, one task", times);
    Ok(())
}

async fn fill(store: &Store) -> Result<(), Box<dyn std::error::Error>> {
    let before = store.metrics().transactions.load(Ordering::Relaxed);
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in (task..KEPT).step_by(TASKS) {
                    commit(&store, number).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let rate = KEPT as u128 * 1000 / start.elapsed().as_millis().max(1);
    let transactions = store.metrics().transactions.load(Ordering::Relaxed) - before;
    println!(
        "commit, {TASKS} tasks: {rate} a second, {transactions} transactions for {KEPT} captures"
    );
    Ok(())
}

async fn find(store: &Store) -> Result<(), StoreError> {
    let mut times = Vec::new();
    for number in 0..KEPT / 10 {
        let start = Instant::now();
        let found = store.find(&key(number * 7919 % KEPT)).await?;
        times.push(start.elapsed());
        assert!(found.is_some());
    }
    print_times("find, one task", times);
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in (task..KEPT).step_by(TASKS) {
                    if store.find(&key(number)).await?.is_none() {
                        return Err(StoreError::Closed);
                    }
                }
                Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await.map_err(|_| StoreError::Closed)??;
    }
    println!(
        "find, {TASKS} tasks: {} a second",
        KEPT as u128 * 1000 / start.elapsed().as_millis().max(1)
    );
    Ok(())
}

async fn read(store: &Store) -> Result<(), Box<dyn std::error::Error>> {
    let record = store.find(&key(1)).await?.ok_or("kept")?;
    let mut times = Vec::new();
    for _ in 0..SINGLE * 10 {
        let start = Instant::now();
        store.open_blob(&record).await?;
        times.push(start.elapsed());
    }
    print_times("open_blob", times);
    let blob = store.open_blob(&record).await?;
    let mut times = Vec::new();
    for _ in 0..SINGLE * 10 {
        let start = Instant::now();
        blob.read_at(0, 1000).await?;
        times.push(start.elapsed());
    }
    print_times("read_at, in the page cache", times);
    let metrics = store.metrics();
    println!(
        "{} cached and {} disk reads",
        metrics.cached_reads.load(Ordering::Relaxed),
        metrics.disk_reads.load(Ordering::Relaxed)
    );
    Ok(())
}

async fn commit(store: &Store, number: usize) -> Result<(), StoreError> {
    let key = key(number);
    let bytes = Bytes::from(format!("module {key}\n").repeat(20));
    let provenance = Provenance {
        source: "rates".to_owned(),
        ..Provenance::default()
    };
    store.commit_small(key, bytes, provenance).await.map(drop)
}

fn key(number: usize) -> Key {
    let module = ModulePath::parse(&format!("example.com/m{}", number / 30)).expect("a valid path");
    let version = Version::parse(&format!("v1.{}.0", number % 30)).expect("a valid version");
    Key::Artifact(Artifact {
        module,
        version,
        kind: ArtifactKind::Mod,
    })
}

fn print_times(what: &str, mut times: Vec<std::time::Duration>) {
    times.sort_unstable();
    let at = |share: usize| {
        times
            .get(times.len() * share / 100)
            .copied()
            .unwrap_or_default()
    };
    println!("{what}: median {:?}, 99 of 100 below {:?}", at(50), at(99));
}
