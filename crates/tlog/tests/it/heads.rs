//! The stored head only ever grows, whoever shares the store.

use crate::{database::Database, memory::run};
use std::thread;
use testkit::oracle::Seed;
use tlog::{checkpoint::TreeHead, client::SwapOutcome, note::Note};

const SIZE: u64 = 400;

/// A database that serves the tiles of all its heads.
fn grown() -> Database {
    let database = Database::honest(SIZE);
    (1..SIZE).for_each(|size| database.publish(size));
    database
}

fn stored(database: &Database) -> u64 {
    let Some(note) = database.memory.stored() else {
        return 0;
    };
    let note = Note::open(&note, &[database.signer.verifier().clone()]).unwrap();
    TreeHead::parse(&note.text).unwrap().size
}

#[test]
fn a_head_that_was_stored_by_another_client_is_merged_not_overwritten() {
    let database = grown();
    let (one, other) = (database.client(), database.client());
    let see = |client, size| {
        run(tlog::client::SumdbClient::see(
            client,
            database.signed(size).as_bytes(),
        ))
    };
    assert_eq!(see(&one, 10).unwrap().size, 10);
    assert_eq!(see(&other, 300).unwrap().size, 300);
    // The first client still thinks of 10; its 20 is newer than that, and older than what is stored.
    assert_eq!(see(&one, 20).unwrap().size, 300);
    assert_eq!(
        database.memory.swaps(),
        [SwapOutcome::Done, SwapOutcome::Done, SwapOutcome::Conflict]
    );
    assert_eq!(stored(&database), 300);
}

#[test]
fn the_stored_head_never_shrinks_under_three_clients() {
    let (database, mut seed) = (grown(), Seed::new(2101));
    let clients = [database.client(), database.client(), database.client()];
    for round in 0..600 {
        let before = stored(&database);
        // Heads around what is stored, so that all orders occur.
        let offered = (before + seed.below(40) as u64)
            .saturating_sub(20)
            .clamp(1, SIZE);
        let client = seed.pick(&clients);
        let newest = run(client.see(database.signed(offered).as_bytes())).unwrap();
        assert_eq!(newest.root, database.log.root(newest.size), "round {round}");
        assert!(
            stored(&database) == before.max(offered) && newest.size >= offered,
            "round {round}"
        );
    }
    let conflicts = database.memory.swaps();
    let conflicts = conflicts
        .iter()
        .filter(|swap| **swap == SwapOutcome::Conflict)
        .count();
    assert!(conflicts > 20, "only {conflicts} conflicts");
}

#[test]
fn the_largest_head_wins_whatever_the_order_of_threads() {
    let database = grown();
    let (clients, heads) = ([database.client(), database.client()], 1..=SIZE);
    thread::scope(|scope| {
        for worker in 0..4 {
            let (client, database) = (&clients[worker % 2], &database);
            let heads = heads.clone().skip(worker).step_by(4);
            scope.spawn(move || {
                for size in heads {
                    run(client.see(database.signed(size).as_bytes())).unwrap();
                }
            });
        }
    });
    assert_eq!(stored(&database), SIZE);
}

#[test]
fn a_stored_head_that_cannot_be_checked_stops_everything() {
    let database = Database::honest(5);
    database.memory.store(Some("garbage".into()));
    let error = database.look_up(&database.client(), 1, 5).unwrap_err();
    assert!(
        matches!(error, tlog::client::LookupError::Stored(_)),
        "{error}"
    );
}
