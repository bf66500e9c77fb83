//! Tiles of the verified database that nobody needed for a proof yet.

use super::{World, module, sumdb};
use checksumdb::Mode;
use testkit::upstream::Fault;
use tlog::tile::Tile;

const TILE: &str = "tile/8/0/003";

fn world() -> World {
    let mut world = World::of(&[module("a")]);
    world.database.fill(3000);
    let database = &world.database;
    world
        .upstream
        .change(|corpus| database.publish_tree(corpus));
    world
}

fn tile(world: &World) -> Vec<u8> {
    world.database.tile(TILE.parse::<Tile>().unwrap())
}

async fn knows_the_head(site: &crate::site::Site) {
    site.bytes(sumdb("latest")).await;
}

#[tokio::test]
async fn a_tile_of_the_newest_head_is_kept_once_it_is_proven() {
    let world = world();
    let site = world.site(Mode::Required).await;
    knows_the_head(&site).await;
    assert_eq!(site.bytes(sumdb(TILE)).await, tile(&world));
    world.upstream.refuse();
    let (list, key) = (world.upstream.url(), world.database.key());
    let site = site.reopened_verifying(&list, &key, Mode::Required).await;
    assert_eq!(site.bytes(sumdb(TILE)).await, tile(&world));
}

#[tokio::test]
async fn a_wrong_tile_is_kept_by_nobody() {
    let world = world();
    let site = world.site(Mode::Required).await;
    knows_the_head(&site).await;
    let path = World::sumdb(TILE);
    world
        .upstream
        .always(path.as_str(), Fault::replace(vec![7; 8192]));
    let wrong = site.bytes(sumdb(TILE)).await;
    assert_eq!(wrong, vec![7; 8192], "the client finds it out");
    assert!(
        site.store
            .captures("", 10)
            .await
            .unwrap()
            .records
            .is_empty()
    );
    world.upstream.heal();
    assert_eq!(site.bytes(sumdb(TILE)).await, tile(&world));
}

#[tokio::test]
async fn a_tile_beyond_the_newest_head_is_passed_on_and_not_kept() {
    let mut world = world();
    let site = world.site(Mode::Required).await;
    knows_the_head(&site).await;
    let records = world.database.size();
    world.database.fill(600);
    let database = &world.database;
    world
        .upstream
        .change(|corpus| database.publish_tree(corpus));
    let ahead = format!("tile/8/0/{:03}", records / 256 + 1);
    let expected = world.database.tile(ahead.parse::<Tile>().unwrap());
    assert_eq!(site.bytes(sumdb(&ahead)).await, expected);
    let captures = site.store.captures("", 10).await.unwrap().records;
    assert!(captures.is_empty(), "{captures:?}");
}
