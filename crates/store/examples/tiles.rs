//! Prints what a mirror of the tiles of a log costs here, in a file of their own and in the catalog.
//!
//! ```text
//! cargo run --release -p store --example tiles -- DIRECTORY [TILES]
//! ```
//!
//! The public log has some 280,000 tiles of 8 KiB; that is the default. Each way gets a store of its
//! own below the directory, in which a thousand artifacts are looked up before, during and after.
//! The figures are what decision 6 rests on.
#![expect(clippy::print_stdout, reason = "a program that prints")]

use bytes::Bytes;
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{Key, Provenance, Store, StoreError, StoreOptions, StoredTile, TILE_SIZE};
use tokio::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const DATABASE: &str = "sum.example.com";

/// Full tiles of the lowest level of the public log.
const TILES: u64 = 280_000;

/// Tiles that are made durable together.
const ROW: u64 = 256;

/// Artifacts that are looked up.
const KEPT: usize = 1000;

/// Where tiles go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    File,
    Catalog,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("usage: tiles DIRECTORY [TILES]")?;
    let tiles = arguments.next().map_or(Ok(TILES), |tiles| tiles.parse())?;
    for place in [Place::File, Place::Catalog] {
        let data = PathBuf::from(&directory).join(format!("{place:?}").to_lowercase());
        println!("{place:?}");
        measure(place, &data, tiles).await?;
    }
    Ok(())
}

async fn measure(place: Place, data: &Path, tiles: u64) -> Result<()> {
    let store = Store::open(StoreOptions::local(data)).await?;
    for number in 0..KEPT {
        let body = Bytes::from(format!("module example.com/m{number}\n"));
        store
            .commit_small(key(number)?, body, Provenance::default())
            .await?;
    }
    store.flush().await?;
    find("before", &store).await?;
    let done = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(find_until(store.clone(), Arc::clone(&done)));
    let begun = Instant::now();
    for first in (0..tiles).step_by(ROW.try_into()?) {
        keep(place, &store, first..tiles.min(first + ROW)).await?;
    }
    let taken = begun.elapsed();
    done.store(true, Ordering::Relaxed);
    print_times("  find, during", watching.await??);
    find("after", &store).await?;
    let rate = u128::from(tiles) * 1000 / taken.as_millis().max(1);
    println!("  {tiles} tiles in {taken:.1?}: {rate} a second");
    drop(store);
    for name in ["catalog.db", "catalog.db-wal", "tiles/sum.example.com"] {
        let size = fs::metadata(data.join(name)).map_or(0, |file| file.len());
        println!("  {name}: {} MiB", size >> 20);
    }
    let begun = Instant::now();
    drop(Store::open(StoreOptions::local(data)).await?);
    println!("  open: {:.1?}", begun.elapsed());
    Ok(())
}

fn key(number: usize) -> Result<Key> {
    Ok(Key::Artifact(Artifact {
        module: ModulePath::parse(&format!("example.com/m{number}"))?,
        version: Version::parse("v1.0.0")?,
        kind: ArtifactKind::Mod,
    }))
}

/// Tiles that no compression of a disk makes smaller.
fn tile(number: u64) -> Bytes {
    let mut state = number.wrapping_add(1);
    let words = std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_le_bytes()
    });
    words.flatten().take(TILE_SIZE).collect()
}

async fn keep(
    place: Place,
    store: &Store,
    numbers: std::ops::Range<u64>,
) -> std::result::Result<(), StoreError> {
    if place == Place::File {
        for number in numbers {
            store.mirror_tile(DATABASE, number, tile(number)).await?;
        }
        return store.sync_mirror(DATABASE).await;
    }
    let row = |number| StoredTile {
        database: DATABASE.to_owned(),
        level: 0,
        number,
        hashes: tile(number),
    };
    store.keep_tiles(numbers.map(row).collect()).await?;
    // What makes them durable: a state that says how far they go.
    let old = store.state("mirrored").await?;
    store
        .swap_state("mirrored", old, Bytes::from_static(b"here"))
        .await
        .map(drop)
}

async fn find(when: &str, store: &Store) -> Result<()> {
    let mut times = Vec::new();
    for number in 0..KEPT {
        times.push(find_one(store, number).await?);
    }
    print_times(&format!("  find, {when}"), times);
    Ok(())
}

async fn find_until(store: Store, done: Arc<AtomicBool>) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    while !done.load(Ordering::Relaxed) {
        times.push(find_one(&store, times.len() % KEPT).await?);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(times)
}

async fn find_one(store: &Store, number: usize) -> Result<Duration> {
    let key = key(number)?;
    let begun = Instant::now();
    store.find(&key).await?;
    Ok(begun.elapsed())
}

fn print_times(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied();
    let (Some(p50), Some(p99)) = (at(50), at(99)) else {
        return;
    };
    println!("{what}: P50 {p50:.1?}, P99 {p99:.1?} of {}", times.len());
}
