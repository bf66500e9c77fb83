//! Two histories: what is evidence, and that it stands by itself.

use crate::{database::Database, memory::run};
use std::sync::Arc;
use tlog::{
    Hash,
    checkpoint::TreeHead,
    client::{LogFork, LookupError},
    note::{Note, sign},
};

/// The true database, which also answers with the other history's heads.
fn two_histories() -> (Database, Database) {
    (Database::honest(500), Database::forked(200, 500))
}

fn fork_of<T>(result: Result<T, LookupError<crate::memory::Missing>>) -> Arc<LogFork> {
    match result {
        Err(LookupError::Fork(fork)) => fork,
        Err(other) => unreachable!("{other}"),
        Ok(_) => unreachable!("no fork was seen"),
    }
}

#[test]
fn a_second_history_is_proven_by_the_two_notes_and_the_proof_alone() {
    let (database, other) = two_histories();
    for older in [201, 256, 257, 499] {
        database.memory.store(Some(other.signed(older).into()));
        let client = database.client();
        let fork = fork_of(database.look_up(&client, 3, 500));
        assert!(fork.is_proven());
        assert_eq!((fork.older.size, fork.newer.size), (older, 500));
        assert_eq!(fork.computed, database.log.root(older));
        for (note, head) in [
            (&fork.older_note, fork.older),
            (&fork.newer_note, fork.newer),
        ] {
            let note = Note::open(note, &[database.signer.verifier().clone()]).unwrap();
            assert_eq!(TreeHead::parse(&note.text), Ok(head));
        }
        assert_eq!(database.memory.forks().last(), Some(&*fork));
        assert_eq!(database.memory.stored(), Some(other.signed(older).into()));
    }
}

#[test]
fn two_heads_of_one_size_tell_by_themselves_though_the_tiles_of_one_are_gone() {
    let (database, other) = two_histories();
    database.memory.store(Some(other.signed(500).into()));
    let fork = fork_of(run(database.client().see(database.signed(500).as_bytes())));
    assert!(fork.is_proven());
    assert_eq!(database.memory.asked(), Vec::<String>::new());
}

#[test]
fn evidence_that_was_changed_proves_nothing() {
    let (database, other) = two_histories();
    database.memory.store(Some(other.signed(300).into()));
    let fork = fork_of(run(database.client().see(database.signed(500).as_bytes())));
    let changed = |change: fn(&mut LogFork)| {
        let mut fork = LogFork::clone(&fork);
        change(&mut fork);
        fork.is_proven()
    };
    assert!(changed(|_| ()));
    assert!(!changed(|fork| fork.computed = fork.older.root));
    assert!(!changed(|fork| fork.newer.root = fork.older.root));
    assert!(!changed(|fork| fork.proof.reverse()));
    assert!(!changed(|fork| fork.proof.truncate(1)));
    assert!(!changed(|fork| fork.proof.push(fork.computed)));
}

#[test]
fn a_fork_is_not_hidden_by_a_record_that_is_out_of_range() {
    let (database, other) = two_histories();
    run(database.client().see(database.signed(500).as_bytes())).unwrap();
    let answer = format!("1000\ntext\n\n{}", other.signed(400));
    let result = run(database
        .client()
        .prove(answer.as_bytes(), "example.com/a", "v1.0.0"));
    assert!(fork_of(result).is_proven());
    let answer = format!("1000\ntext\n\n{}", database.signed(400));
    let result = run(database
        .client()
        .prove(answer.as_bytes(), "example.com/a", "v1.0.0"));
    assert!(matches!(
        result,
        Err(LookupError::NotInLog {
            id: 1000,
            size: 500
        })
    ));
}

#[test]
fn a_signed_empty_tree_with_another_root_is_a_fork() {
    let database = Database::honest(5);
    let root = Hash::of_leaf(b"");
    let note = sign(
        &TreeHead { size: 0, root }.to_text(),
        &[],
        &[&database.signer],
    )
    .unwrap();
    let fork = fork_of(run(database.client().see(note.as_bytes())));
    assert!(fork.is_proven());
    let honest = sign(&TreeHead::empty().to_text(), &[], &[&database.signer]).unwrap();
    assert_eq!(
        run(database.client().see(honest.as_bytes())).unwrap(),
        TreeHead::empty()
    );
}

#[test]
fn a_client_is_told_of_the_history_that_another_one_saw() {
    let (database, other) = two_histories();
    let (one, two) = (database.client(), database.client());
    run(one.see(database.signed(500).as_bytes())).unwrap();
    assert!(fork_of(run(two.see(other.signed(300).as_bytes()))).is_proven());
}
