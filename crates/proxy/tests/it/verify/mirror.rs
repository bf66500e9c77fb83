//! The full mirror: all of the log, nothing but the log, and only as far as a source lets it.

use super::{NAME, World, alarms, module, sumdb};
use crate::site::Site;
use checksumdb::{MirrorFailure, MirrorPosition, Mode};
use codes::Code;
use std::{fs, num::NonZeroU32};
use testkit::{database::Database, upstream::Fault};
use tlog::tile::{HEIGHT, Tile, new_tiles};

/// Fast enough not to be waited for.
const RATE: NonZeroU32 = NonZeroU32::new(100_000).unwrap();

/// A log of twelve tiles and a bit.
fn world() -> World {
    let mut world = World::of(&[module("a")]);
    world.database.fill(3000);
    publish(&world);
    world
}

fn publish(world: &World) {
    let database = &world.database;
    world
        .upstream
        .change(|corpus| database.publish_tree(corpus));
}

async fn mirror(site: &Site) -> Result<MirrorPosition, MirrorFailure> {
    site.proxy.mirror_tiles(RATE, |_| ()).await
}

/// Level-0 tiles that the upstream was asked for.
fn asked(world: &World) -> Vec<String> {
    let paths = world.upstream.paths();
    let mut tiles: Vec<String> = paths
        .into_iter()
        .filter(|path| path.contains("/tile/8/0/"))
        .collect();
    tiles.sort();
    tiles
}

/// Asks for every tile of the tree of `size`.
async fn assert_serves_all(site: &Site, database: &Database) {
    for tile in new_tiles(HEIGHT, 0, database.size()) {
        let served = site.bytes(sumdb(&tile.to_string())).await;
        assert_eq!(served, database.tile(tile), "{tile}");
    }
}

#[tokio::test]
async fn with_a_mirror_every_tile_is_served_though_nobody_can_be_asked() {
    let mut world = world();
    let site = world.site(Mode::Required).await;
    let full = world.database.size() / 256;
    let mirrored = mirror(&site).await.unwrap();
    let expected = MirrorPosition {
        tiles: full,
        of: full,
        records: world.database.size(),
        fetched: full,
    };
    assert_eq!(mirrored, expected);
    world.upstream.refuse();
    assert_serves_all(&site, &world.database).await;

    // As the log grows, only what is new is fetched.
    world.database.fill(1000);
    publish(&world);
    world.upstream.accept();
    world.upstream.forget();
    let (list, key) = (world.upstream.url(), world.database.key());
    let site = site.reopened_verifying(&list, &key, Mode::Required).await;
    let mirrored = mirror(&site).await.unwrap();
    // One of them was the old right edge, which the new head was compared with.
    let new = world.database.size() / 256 - full;
    assert_eq!(mirrored.fetched, new - 1);
    assert!(asked(&world).len() as u64 <= new + 1, "{:?}", asked(&world));
    world.upstream.refuse();
    assert_serves_all(&site, &world.database).await;
    let unknown = site.refusal(sumdb("lookup/example.com/b@v1.0.0")).await;
    assert_eq!(unknown.code, Code::SumdbUnreachable);
}

#[tokio::test]
async fn a_mirror_is_filled_row_by_row_and_goes_on_where_it_was() {
    let mut database = Database::new(NAME, 1);
    database.fill(256 * 300);
    let world = World::of(&[]);
    world
        .upstream
        .change(|corpus| database.publish_tree(corpus));
    let (list, key) = (world.upstream.url(), database.key());
    let site = Site::verifying(&world.upstream, &key, Mode::Required).await;
    let failing = World::sumdb("tile/8/0/299");
    world.upstream.first(1, &failing, Fault::status(503));
    let mut seen = Vec::new();
    let mut run = async |site: &Site| {
        let run = site
            .proxy
            .mirror_tiles(RATE, |mirrored| seen.push(mirrored.tiles));
        run.await
    };
    let failure = run(&site).await.unwrap_err();
    assert!(
        matches!(failure, MirrorFailure::Unreachable(_)),
        "{failure}"
    );
    let site = site.reopened_verifying(&list, &key, Mode::Required).await;
    let mirrored = run(&site).await.unwrap();
    assert!((1..=44).contains(&mirrored.fetched), "{mirrored:?}");
    assert_eq!(seen, [0, 256, 256, 300]);
    assert!(alarms(&site).await.is_empty());
    world.upstream.refuse();
    for number in [0, 255, 256, 299] {
        let tile = Tile::in_tree(HEIGHT, 0, number, database.size()).unwrap();
        let served = site.bytes(sumdb(&tile.to_string())).await;
        assert_eq!(served, database.tile(tile), "{tile}");
    }
}

#[tokio::test]
async fn what_lookups_brought_is_not_fetched_again() {
    let world = world();
    let site = world.site(Mode::Required).await;
    site.bytes(crate::site::go_mod("example.com/a", "v1.0.0"))
        .await;
    let mirrored = mirror(&site).await.unwrap();
    assert_eq!(mirrored.fetched, mirrored.of - 1);
    assert_eq!(world.upstream.count_path(&World::sumdb("tile/8/0/001")), 1);
}

#[tokio::test]
async fn a_wrong_tile_is_fetched_once_more_and_then_told_of() {
    let world = world();
    let path = World::sumdb("tile/8/0/005");
    let wrong = || Fault::tamper(|bytes| bytes.iter().map(|byte| byte ^ 1).collect());
    let site = world.site(Mode::Required).await;
    world.upstream.first(1, &path, wrong());
    mirror(&site).await.unwrap();
    assert_eq!(world.upstream.count_path(&path), 2);
    assert!(alarms(&site).await.is_empty());

    let site = world.site(Mode::Required).await;
    world.upstream.always(&path, wrong());
    let failure = mirror(&site).await.unwrap_err();
    let MirrorFailure::Wrong(refusal) = failure else {
        panic!("{failure}")
    };
    assert_eq!(refusal.code, Code::SumdbUntrusted);
    assert!(
        refusal.facts().contains("tile/8/0/005"),
        "{}",
        refusal.facts()
    );
    let told = ("database-untrusted".to_owned(), "p2".to_owned());
    assert!(alarms(&site).await.contains(&told));
    world.upstream.refuse();
    let refusal = site.refusal(sumdb("tile/8/0/005")).await;
    assert_eq!(refusal.status, 503, "{refusal:?}");
}

#[tokio::test]
async fn a_mirrored_tile_that_was_damaged_is_not_served_and_is_mended() {
    let world = world();
    let site = world.site(Mode::Required).await;
    mirror(&site).await.unwrap();
    let file = site.path().join("tiles/sum.example.com%2F2026");
    let sound = fs::read(&file).unwrap();
    let mut bytes = sound.clone();
    bytes[5 * 8192 + 77] ^= 1;
    fs::write(&file, bytes).unwrap();
    world.upstream.refuse();
    let (list, key) = (world.upstream.url(), world.database.key());
    let site = site.reopened_verifying(&list, &key, Mode::Required).await;
    let refusal = site.refusal(sumdb("tile/8/0/005")).await;
    assert_eq!(refusal.status, 503, "{refusal:?}");
    world.upstream.accept();
    // The breaker before the database is another one, and what was come across is come across again.
    let site = site.reopened_verifying(&list, &key, Mode::Required).await;
    site.bytes(sumdb("tile/8/0/005")).await;
    // It was proven and kept when it was asked for, so the file is mended without asking again.
    let mirrored = mirror(&site).await.unwrap();
    assert_eq!(mirrored.fetched, 0);
    assert!(fs::read(&file).unwrap() == sound);
    world.upstream.refuse();
    assert_serves_all(&site, &world.database).await;
}

#[tokio::test]
async fn a_lost_file_is_fetched_again_and_a_lost_catalog_is_not() {
    let world = world();
    let site = world.site(Mode::Required).await;
    let all = mirror(&site).await.unwrap();
    let (list, key) = (world.upstream.url(), world.database.key());
    let site = site.rebuilt_verifying(&list, &key, false).await;
    world.upstream.forget();
    let mirrored = mirror(&site).await.unwrap();
    assert_eq!((mirrored.tiles, mirrored.fetched), (all.of, 0));
    assert!(asked(&world).iter().all(|path| path.contains(".p/")));

    fs::remove_file(site.path().join("tiles/sum.example.com%2F2026")).unwrap();
    let mirrored = mirror(&site).await.unwrap();
    assert_eq!((mirrored.tiles, mirrored.fetched), (all.of, all.of));
}

#[tokio::test]
async fn a_database_that_forked_is_not_mirrored() {
    let world = world();
    let site = world.site(Mode::Required).await;
    mirror(&site).await.unwrap();
    let mut fork = Database::new(NAME, 1);
    fork.fill(200);
    fork.log(&module("c"));
    fork.fill(5000);
    world.upstream.change(|corpus| fork.publish_tree(corpus));
    world.upstream.forget();
    let failure = mirror(&site).await.unwrap_err();
    let MirrorFailure::Wrong(refusal) = failure else {
        panic!("{failure}")
    };
    assert_eq!(refusal.code, Code::SumdbForked);
    // What proves the history that was believed is still there.
    world.upstream.refuse();
    assert_serves_all(&site, &world.database).await;
    let refusal = site.refusal(sumdb("lookup/example.com/a@v1.0.0")).await;
    assert_eq!(refusal.code, Code::SumdbForked, "{refusal:?}");
}

#[tokio::test]
async fn without_a_database_nothing_is_mirrored() {
    let world = world();
    let site = world.site(Mode::Off).await;
    assert_eq!(mirror(&site).await, Err(MirrorFailure::NoDatabase));
}
