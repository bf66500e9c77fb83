//! What a hostile database or mirror can say, and what is made of it: never a wrong byte.

use super::{NAME, World, alarms, module};
use crate::site::{Site, go_mod, words, zip};
use checksumdb::Mode;
use codes::Code;
use protocol::Refusal;
use testkit::{database::Database, noise};

async fn refused(site: &Site, name: &str) -> Refusal {
    site.refusal(go_mod(&format!("example.com/{name}"), "v1.0.0"))
        .await
}

fn told(alarms: &[(String, String)], kind: &str, severity: &str) -> bool {
    alarms.contains(&(kind.to_owned(), severity.to_owned()))
}

#[tokio::test]
async fn a_forged_record_for_a_tampered_zip_is_found_out() {
    let world = World::of(&[module("a")]);
    let tampered = module("a").file("evil.go", "package lib\n");
    // The right place and head, and the wrong hash.
    let honest = world.database.answer(300);
    let lie = honest.replace(&module("a").h1(), &tampered.h1());
    world.put(&World::sumdb("lookup/example.com/a@v1.0.0"), lie);
    world.put("example.com/a/@v/v1.0.0.zip", tampered.zip());
    let site = world.site(Mode::Required).await;
    let answer = site.ask(zip("example.com/a", "v1.0.0")).await;
    if let Ok(answer) = answer {
        assert!(crate::site::read(answer.body).await.is_err());
    }
    let refusal = refused(&site, "a").await;
    assert_eq!(refusal.code, Code::SumdbUntrusted, "{}", words(&refusal));
    assert!(told(&alarms(&site).await, "database-lies", "p1"));
}

#[tokio::test]
async fn a_head_signed_by_somebody_else_is_not_believed() {
    let world = World::of(&[module("a")]);
    let mut other = Database::new(NAME, 2);
    other.fill(300);
    other.log(&module("a"));
    world.publish(&other);
    let site = world.site(Mode::Required).await;
    let refusal = refused(&site, "a").await;
    assert_eq!(refusal.code, Code::SumdbUntrusted, "{}", words(&refusal));
    assert!(told(&alarms(&site).await, "database-lies", "p1"));
    assert!(
        site.store
            .state(&format!("sumdb/{NAME}/latest"))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn after_a_fork_nothing_new_is_believed_and_both_histories_are_kept() {
    let world = World::of(&[module("a"), module("b")]);
    let site = world.site(Mode::Required).await;
    site.bytes(go_mod("example.com/a", "v1.0.0")).await;
    // The same key signs another history, which differs at record 200 and is longer.
    let mut fork = Database::new(NAME, 1);
    fork.fill(200);
    fork.log(&module("c"));
    fork.fill(99);
    fork.log(&module("a"));
    fork.log(&module("b"));
    fork.fill(500);
    world.publish(&fork);
    let refusal = refused(&site, "b").await;
    assert_eq!(refusal.code, Code::SumdbForked, "{}", words(&refusal));
    assert!(told(&alarms(&site).await, "database-forked", "p0"));
    let evidence = site
        .store
        .state(&format!("sumdb/{NAME}/fork"))
        .await
        .unwrap()
        .unwrap();
    let evidence = String::from_utf8(evidence.to_vec()).unwrap();
    assert!(evidence.contains(&fork.head()) && evidence.contains(&world.database.head()));
    // The database behaves again: that is not for us to decide.
    world.publish(&world.database);
    assert_eq!(refused(&site, "b").await.code, Code::SumdbForked);
    site.bytes(go_mod("example.com/a", "v1.0.0")).await;
    let (list, key) = (world.upstream.url(), world.database.key());
    let site = site.reopened_verifying(&list, &key, Mode::Required).await;
    assert_eq!(refused(&site, "b").await.code, Code::SumdbForked);
    site.bytes(go_mod("example.com/a", "v1.0.0")).await;
}

#[tokio::test]
async fn two_heads_of_one_size_are_a_fork_too() {
    let world = World::of(&[module("a"), module("b")]);
    let site = world.site(Mode::Required).await;
    site.bytes(go_mod("example.com/a", "v1.0.0")).await;
    let mut fork = Database::new(NAME, 1);
    fork.fill(299);
    fork.log(&module("c"));
    fork.log(&module("a"));
    fork.log(&module("b"));
    fork.fill(7);
    assert_eq!(fork.size(), world.database.size());
    world.publish(&fork);
    let refusal = refused(&site, "b").await;
    assert!(
        matches!(refusal.code, Code::SumdbForked | Code::SumdbUntrusted),
        "{}",
        words(&refusal)
    );
}

#[tokio::test]
async fn an_older_head_is_fine_and_the_newest_stays() {
    let mut world = World::of(&[module("a"), module("b")]);
    let site = world.site(Mode::Required).await;
    let old = world.database.answer(301);
    world.database.fill(1000);
    world.publish(&world.database);
    site.bytes(go_mod("example.com/a", "v1.0.0")).await;
    let state = format!("sumdb/{NAME}/latest");
    let newest = site.store.state(&state).await.unwrap().unwrap();
    world.put(&World::sumdb("lookup/example.com/b@v1.0.0"), old);
    site.bytes(go_mod("example.com/b", "v1.0.0")).await;
    assert_eq!(site.store.state(&state).await.unwrap().unwrap(), newest);
    assert_eq!(newest, world.database.head());
}

#[tokio::test]
async fn a_log_that_shrank_and_lost_its_tiles_proves_nothing() {
    let mut world = World::of(&[module("a"), module("b")]);
    world.database.fill(1000);
    world.publish(&world.database);
    let site = world.site(Mode::Required).await;
    site.bytes(go_mod("example.com/a", "v1.0.0")).await;
    world.upstream.change(|corpus| {
        let tiles: Vec<String> = corpus
            .iter()
            .map(|(path, _)| path.to_owned())
            .filter(|path| path.contains("/tile/"))
            .collect();
        for path in &tiles {
            corpus.remove(path);
        }
    });
    let mut smaller = Database::new(NAME, 1);
    smaller.fill(300);
    smaller.log(&module("a"));
    smaller.log(&module("b"));
    world.publish(&smaller);
    // What the larger log needs was kept with it, so this can still be proven, or is refused.
    let refusal = site.ask(go_mod("example.com/b", "v1.0.0")).await;
    if let Err(refusal) = refusal {
        assert_eq!(refusal.code, Code::SumdbUntrusted, "{}", words(&refusal));
    }
    let state = site
        .store
        .state(&format!("sumdb/{NAME}/latest"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(state, world.database.head());
}

#[tokio::test]
async fn a_wrong_tile_proves_nothing_and_is_not_kept() {
    let world = World::of(&[module("a")]);
    let tile = World::sumdb("tile/8/0/001.p/52");
    let mut right = None;
    world.upstream.change(|corpus| right = corpus.get(&tile));
    world.put(&tile, noise::bytes(5, right.as_ref().unwrap().len()));
    let site = world.site(Mode::Required).await;
    let refusal = refused(&site, "a").await;
    assert_eq!(refusal.code, Code::SumdbUntrusted, "{}", words(&refusal));
    assert!(told(&alarms(&site).await, "database-untrusted", "p2"));
    world.put(&tile, right.unwrap());
    site.bytes(go_mod("example.com/a", "v1.0.0")).await;
}

#[tokio::test]
async fn a_record_of_another_version_does_not_do() {
    let world = World::of(&[module("a"), module("b")]);
    world.put(
        &World::sumdb("lookup/example.com/a@v1.0.0"),
        world.database.answer(301),
    );
    let site = world.site(Mode::Required).await;
    let refusal = refused(&site, "a").await;
    assert_eq!(refusal.code, Code::SumdbUntrusted, "{}", words(&refusal));
    assert!(words(&refusal).contains("does not speak of example.com/a@v1.0.0"));
}

#[tokio::test]
async fn private_names_are_never_told_to_the_database() {
    let private = testkit::fixture::Module::new("corp.example.com/x", "v1.0.0");
    let world = World::of(&[module("a")]);
    world.upstream.change(|corpus| corpus.add(&private));
    let site = world.site(Mode::Required).await;
    let answer = site
        .ask(go_mod("corp.example.com/x", "v1.0.0"))
        .await
        .unwrap();
    assert_eq!(answer.evidence.to_string(), "private");
    let lookup = protocol::Resource::Sumdb {
        name: NAME.to_owned(),
        path: "lookup/corp.example.com/x@v1.0.0".to_owned(),
    };
    assert_eq!(site.refusal(lookup).await.code, Code::PrivateName);
    let told = world.upstream.paths();
    assert!(
        !told.iter().any(|path| path.contains("lookup/")),
        "{told:?}"
    );
}
