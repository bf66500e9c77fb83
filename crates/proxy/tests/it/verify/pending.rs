//! What could not be proven at once is proven later, or withdrawn.

use super::{NAME, World, alarms, module};
use crate::site::{caller, go_mod, zip};
use checksumdb::{Mode, ProofSettlement, Selection, reprove};
use codes::Code;
use prefetch::Kinds;
use store::{Key, Provenance};
use testkit::upstream::{Fault, Kind};

#[tokio::test]
async fn what_was_captured_in_an_outage_is_proven_when_it_is_over() {
    let world = World::of(&[module("a")]);
    let site = world.site(Mode::Available).await;
    world.upstream.always(Kind::Sumdb, Fault::status(503));
    site.bytes(zip("example.com/a", "v1.0.0")).await;
    let settled = site.proxy.prove_pending().await.unwrap();
    assert_eq!(
        settled,
        ProofSettlement {
            waiting: 1,
            ..ProofSettlement::default()
        }
    );
    world.upstream.heal();
    // The breaker before the database opens again by itself; another site has none.
    let (list, key) = (world.upstream.url(), world.database.key());
    let site = site.reopened_verifying(&list, &key, Mode::Available).await;
    let settled = site.proxy.prove_pending().await.unwrap();
    assert_eq!(
        settled,
        ProofSettlement {
            proven: 1,
            ..ProofSettlement::default()
        }
    );
    let answer = site.ask(zip("example.com/a", "v1.0.0")).await.unwrap();
    assert_eq!(answer.evidence.to_string(), format!("sumdb {NAME} 300"));
}

#[tokio::test]
async fn what_turns_out_wrong_is_withdrawn_with_an_alarm() {
    let world = World::of(&[module("a")]);
    let tampered = module("a").file("evil.go", "package lib\n").zip();
    world.put("example.com/a/@v/v1.0.0.zip", tampered);
    let site = world.site(Mode::Available).await;
    world.upstream.always(Kind::Sumdb, Fault::status(503));
    site.bytes(zip("example.com/a", "v1.0.0")).await;
    world.upstream.heal();
    let (list, key) = (world.upstream.url(), world.database.key());
    let site = site.reopened_verifying(&list, &key, Mode::Available).await;
    let settled = site.proxy.prove_pending().await.unwrap();
    assert_eq!(
        settled,
        ProofSettlement {
            withdrawn: 1,
            ..ProofSettlement::default()
        }
    );
    assert!(
        alarms(&site)
            .await
            .contains(&("withdrawn".to_owned(), "p1".to_owned()))
    );
    world.put("example.com/a/@v/v1.0.0.zip", module("a").zip());
    assert_eq!(
        site.bytes(zip("example.com/a", "v1.0.0")).await,
        module("a").zip()
    );
}

#[tokio::test]
async fn where_proof_is_required_an_outage_is_no_excuse() {
    let world = World::of(&[module("a")]);
    let site = world.site(Mode::Available).await;
    world.upstream.always(Kind::Sumdb, Fault::status(503));
    site.bytes(zip("example.com/a", "v1.0.0")).await;
    let (list, key) = (world.upstream.url(), world.database.key());
    let site = site.reopened_verifying(&list, &key, Mode::Required).await;
    let refusal = site.refusal(zip("example.com/a", "v1.0.0")).await;
    assert_eq!(refusal.code, Code::SumdbUnreachable);
    world.upstream.heal();
    let site = site.reopened_verifying(&list, &key, Mode::Required).await;
    assert_eq!(
        site.bytes(zip("example.com/a", "v1.0.0")).await,
        module("a").zip()
    );
}

#[tokio::test]
async fn everything_can_be_proven_again_from_the_store_alone() {
    let world = World::of(&[module("a"), module("b")]);
    let site = world.site(Mode::Required).await;
    for name in ["example.com/a", "example.com/b"] {
        site.bytes(go_mod(name, "v1.0.0")).await;
        site.bytes(zip(name, "v1.0.0")).await;
    }
    world.upstream.refuse();
    let keys = [world.database.key().parse().unwrap()];
    let again = async || {
        reprove(&site.store, &keys, &Selection::default(), |_| ())
            .await
            .unwrap()
    };
    let report = again().await;
    assert!(report.is_sound());
    assert_eq!(report.proven[NAME], 4);
    let unknown = reprove(&site.store, &[], &Selection::default(), |_| ())
        .await
        .unwrap();
    assert_eq!(unknown.unknown[NAME], 4);
    assert!(!unknown.is_sound());

    // Somebody with access to the disk keeps other bytes and claims a proof for them.
    let key = Key::parse("example.com/evil/@v/v1.0.0.mod").unwrap();
    let evidence = protocol::Evidence::checksum_database(NAME, 300);
    let provenance = Provenance {
        evidence,
        ..Provenance::default()
    };
    site.store
        .commit_small(key, "module example.com/evil\n".into(), provenance)
        .await
        .unwrap();
    let report = again().await;
    assert_eq!(report.failed.len(), 1);
    assert_eq!(report.failed[0].0, "example.com/evil/@v/v1.0.0.mod");
}

#[tokio::test]
async fn fetching_ahead_is_no_way_around_the_proof() {
    let tampered = module("a").go_mod("module example.com/a\n\nrequire evil.example.com v1.0.0\n");
    let world = World::of(&[module("a")]);
    world.put("example.com/a/@v/v1.0.0.mod", tampered.mod_file());
    let site = world.site(Mode::Off).await;
    site.bytes(go_mod("example.com/a", "v1.0.0")).await;
    let (list, key) = (world.upstream.url(), world.database.key());
    let site = site.reopened_verifying(&list, &key, Mode::Required).await;
    let line = "example.com/a v1.0.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let job = site
        .proxy
        .prefetch(&caller(), line.into(), Kinds::Mod)
        .await;
    let mut job = job.unwrap();
    while job.next().await.is_some() {}
    let refusal = site.refusal(go_mod("example.com/a", "v1.0.0")).await;
    assert_eq!(refusal.code, Code::ChecksumMismatch);
}
