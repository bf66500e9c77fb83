//! What is kept of a database's log, when it was damaged or its catalog was rebuilt.

use super::{NAME, World, module, sumdb};
use crate::site::{Site, go_mod};
use bytes::Bytes;
use checksumdb::Mode;
use codes::Code;
use std::{fs, path::Path};
use testkit::{
    database::Database,
    upstream::{Fault, Kind},
};
use tlog::tile::{HEIGHT, Tile};

/// Tiles that prove record 300 in this log.
fn proving(world: &World) -> Vec<Tile> {
    let size = world.database.size();
    let places = [(0, 1), (0, size / 256), (1, 0)];
    places
        .into_iter()
        .map(|(level, index)| Tile::in_tree(HEIGHT, level, index, size).unwrap())
        .collect()
}

async fn served(site: &Site, world: &World) -> usize {
    let mut served = 0;
    for tile in proving(world) {
        if let Ok(answer) = site.ask(sumdb(&tile.to_string())).await {
            let bytes = crate::site::read(answer.body).await.unwrap();
            assert_eq!(bytes, world.database.tile(tile), "{tile}");
            served += 1;
        }
    }
    served
}

/// A log that grew after the record was proven, and was seen to.
async fn grown() -> (World, Site) {
    let mut world = World::of(&[module("a"), module("b")]);
    let site = world.site(Mode::Required).await;
    site.bytes(go_mod("example.com/a", "v1.0.0")).await;
    world.database.fill(1000);
    world.publish(&world.database);
    site.bytes(go_mod("example.com/b", "v1.0.0")).await;
    (world, site)
}

#[tokio::test]
async fn a_readable_catalog_hands_its_tiles_and_head_to_the_rebuilt_one() {
    let (world, site) = grown().await;
    world.upstream.refuse();
    let (list, key) = (world.upstream.url(), world.database.key());
    let site = site.rebuilt_verifying(&list, &key, true).await;
    assert_eq!(served(&site, &world).await, 3);
    let lookup = site.text(sumdb("lookup/example.com/a@v1.0.0")).await;
    assert!(lookup.ends_with(&world.database.head()), "{lookup}");
    // All of it can be checked without asking anybody.
    assert_eq!(site.proxy.heal().await.unwrap(), 2);
    assert_eq!(site.proxy.heal().await.unwrap(), 0);
}

#[tokio::test]
async fn what_an_unreadable_catalog_lost_is_found_again_when_somebody_can_be_asked() {
    let (world, site) = grown().await;
    let (list, key) = (world.upstream.url(), world.database.key());
    world.upstream.always(Kind::Sumdb, Fault::status(503));
    let site = site.rebuilt_verifying(&list, &key, false).await;
    // The head comes from the proofs, and the records are answered; their tiles are gone.
    let lookup = site.text(sumdb("lookup/example.com/a@v1.0.0")).await;
    assert!(lookup.ends_with(&world.database.head()), "{lookup}");
    assert_eq!(served(&site, &world).await, 0);
    assert!(site.proxy.heal().await.is_err());

    world.upstream.heal();
    let site = site.reopened_verifying(&list, &key, Mode::Required).await;
    assert_eq!(site.proxy.heal().await.unwrap(), 2);
    world.upstream.refuse();
    world.upstream.forget();
    assert_eq!(served(&site, &world).await, 3);
    assert_eq!(site.proxy.heal().await.unwrap(), 0);
    world.upstream.assert_untouched();
}

#[tokio::test]
async fn a_head_from_an_older_catalog_makes_room_for_the_one_in_the_proofs() {
    let (world, site) = grown().await;
    let state = format!("sumdb/{NAME}/latest");
    let newest = site.store.state(&state).await.unwrap().unwrap();
    let older = Bytes::from(World::of(&[module("a"), module("b")]).database.head());
    assert!(
        site.store
            .swap_state(&state, Some(newest), older)
            .await
            .unwrap()
    );
    let (list, key) = (world.upstream.url(), world.database.key());
    let site = site.rebuilt_verifying(&list, &key, true).await;
    let lookup = site.text(sumdb("lookup/example.com/a@v1.0.0")).await;
    assert!(lookup.ends_with(&world.database.head()), "{lookup}");
}

#[tokio::test]
async fn a_rebuild_does_not_make_a_database_honest() {
    let (world, site) = grown().await;
    let mut fork = Database::new(NAME, 1);
    fork.fill(200);
    fork.log(&module("c"));
    fork.fill(5000);
    world.publish(&fork);
    world.upstream.change(|corpus| corpus.add(&module("c")));
    let asked = async |site: &Site| site.refusal(go_mod("example.com/c", "v1.0.0")).await.code;
    assert_eq!(asked(&site).await, Code::SumdbForked);
    let (list, key) = (world.upstream.url(), world.database.key());
    let mut site = site;
    for readable in [true, false] {
        site = site.rebuilt_verifying(&list, &key, readable).await;
        assert_eq!(asked(&site).await, Code::SumdbForked, "{readable}");
        site.bytes(go_mod("example.com/a", "v1.0.0")).await;
    }
}

/// Changes a bit of every copy of these bytes in a file.
fn damage(path: &Path, bytes: &[u8]) {
    let mut file = fs::read(path).unwrap();
    let places: Vec<usize> = (0..file.len() - bytes.len())
        .filter(|at| file[*at..].starts_with(bytes))
        .collect();
    assert!(!places.is_empty(), "there is nothing to damage");
    for at in places {
        file[at] ^= 1;
    }
    fs::write(path, file).unwrap();
}

#[tokio::test]
async fn a_damaged_tile_makes_room_for_the_proven_one() {
    let mut world = World::of(&[module("a"), module("b")]);
    world.database.fill(1000);
    world.publish(&world.database);
    let site = world.site(Mode::Required).await;
    site.bytes(go_mod("example.com/a", "v1.0.0")).await;
    let (list, key) = (world.upstream.url(), world.database.key());
    let both = Tile::in_tree(HEIGHT, 0, 1, world.database.size()).unwrap();
    let data = site.closed();
    let hash = &world.database.tile(both)[..32];
    damage(&data.path().join("catalog.db"), hash);
    let site = Site::over_data(data, &list, &key).await;
    // It is found out by the next proof that needs it.
    site.bytes(go_mod("example.com/b", "v1.0.0")).await;
    world.upstream.refuse();
    let right = world.database.tile(both);
    assert_eq!(site.bytes(sumdb(&both.to_string())).await, right);
    let site = site.reopened_verifying(&list, &key, Mode::Required).await;
    assert_eq!(site.bytes(sumdb(&both.to_string())).await, right);
}
