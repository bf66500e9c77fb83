//! The tree of a journal in memory, against one that keeps every node.

use super::{Log, bundle, complete, fill, leaves, problems, root, root_anew, size, tile};
use crate::{catalog::sqlite::schema, error::StoreError};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use tlog::{
    Hash,
    entries::EntryBundle,
    frontier::Frontier,
    tile::{HEIGHT, new_tiles},
    tree::CompleteSubtree,
};

fn empty() -> Connection {
    let mut connection = Connection::open_in_memory().expect("a database in memory");
    schema::migrate(&mut connection).expect("migrated");
    connection
}

fn insert(connection: &Connection, sequence: u64, line: &str) {
    let sql = "INSERT INTO journal (sequence, at, line) VALUES (?1, ?1, ?2)";
    let mut statement = connection.prepare_cached(sql).expect("prepared");
    statement
        .execute(params![sequence, line])
        .expect("inserted");
}

/// Every node of the tree over what the journal has, and its root.
fn nodes(connection: &Connection, size: u64) -> (BTreeMap<CompleteSubtree, Hash>, Hash) {
    let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::new());
    for leaf in leaves(connection, Log::Journal, 0, size).expect("read") {
        nodes.extend(frontier.append(Hash::of_leaf(&leaf)).expect("room"));
    }
    (nodes, frontier.head().root)
}

#[test]
fn the_root_after_every_entry_is_that_of_all_entries() {
    let connection = empty();
    let mut frontier = Frontier::default();
    assert_eq!(
        root(&connection, Log::Journal, 0).expect("empty"),
        frontier.head().root
    );
    for sequence in 1..=1030 {
        let line = format!("line {sequence}");
        insert(&connection, sequence, &line);
        complete(&connection, Log::Journal, sequence).expect("kept");
        frontier
            .append(Hash::of_leaf(line.as_bytes()))
            .expect("room");
        let head = frontier.head();
        assert_eq!(
            root(&connection, Log::Journal, sequence).expect("root"),
            head.root,
            "{sequence}"
        );
    }
    assert_eq!(size(&connection, Log::Journal).expect("size"), 1030);
    let rows: u64 = connection
        .query_row("SELECT count(*) FROM journal_tree", [], |row| row.get(0))
        .expect("counted");
    assert_eq!(rows, 4, "one row for 256 entries");
}

/// Past 65,536 entries there is a second level of kept hashes.
#[test]
fn tiles_of_every_level_hold_the_nodes_of_the_tree() {
    const SIZE: u64 = 66_000;
    let connection = empty();
    connection.execute_batch("BEGIN").expect("begun");
    (1..=SIZE).for_each(|sequence| insert(&connection, sequence, &format!("line {sequence}")));
    fill(&connection).expect("filled");
    fill(&connection).expect("nothing is left to fill");
    let (nodes, whole) = nodes(&connection, SIZE);
    assert_eq!(root(&connection, Log::Journal, SIZE).expect("root"), whole);
    let mut levels = Vec::new();
    for one in new_tiles(HEIGHT, 0, SIZE) {
        let level = one.level().expect("a hash tile");
        let first = one.index() << HEIGHT;
        let expected: Vec<u8> = (first..first + u64::from(one.width()))
            .flat_map(|index| {
                let node = CompleteSubtree {
                    level: level * HEIGHT,
                    index,
                };
                *nodes[&node].as_bytes()
            })
            .collect();
        assert_eq!(
            tile(&connection, Log::Journal, one).expect("read"),
            expected,
            "{one}"
        );
        levels.push(level);
    }
    assert_eq!(levels.iter().max(), Some(&2));
    problems(&connection, Log::Journal, |problem| panic!("{problem}")).expect("read");
}

#[test]
fn where_an_entry_is_missing_stands_another_and_the_rest_keep_their_places() {
    let connection = empty();
    for sequence in (1..=600).filter(|sequence| !(250..=260).contains(sequence)) {
        insert(&connection, sequence, &format!("line {sequence}"));
    }
    fill(&connection).expect("filled");
    assert_eq!(
        root(&connection, Log::Journal, 600).expect("root"),
        nodes(&connection, 600).1
    );
    let second = EntryBundle::try_new(1, 88).expect("a bundle");
    let bytes = bundle(&connection, Log::Journal, second).expect("read");
    let entries = second.read(&bytes).expect("a bundle");
    assert_eq!(entries[3], br#"{"sequence":260,"kind":"entry-missing"}"#);
    assert_eq!(entries[4], b"line 261");
}

#[test]
fn a_changed_line_is_not_served_from_a_full_tile() {
    let connection = empty();
    for sequence in 1..=300 {
        insert(&connection, sequence, &format!("line {sequence}"));
        complete(&connection, Log::Journal, sequence).expect("kept");
    }
    let change = "UPDATE journal SET line = 'line seven' WHERE sequence = 7";
    connection.execute(change, []).expect("changed");
    let full = EntryBundle::try_new(0, 256).expect("a bundle");
    let hashes = full.tile().expect("a tile");
    for error in [
        bundle(&connection, Log::Journal, full).expect_err("noticed"),
        tile(&connection, Log::Journal, hashes).expect_err("noticed"),
    ] {
        assert_eq!(
            error.to_string(),
            "the catalog is damaged: entries 1 to 256 of the journal are not those that were hashed"
        );
    }
    let mut found = Vec::new();
    problems(&connection, Log::Journal, |problem| found.push(problem)).expect("read");
    assert_eq!(found.len(), 1, "{found:?}");
    // No line of these has a check, so nothing can be believed anew.
    let anew = root_anew(&connection, Log::Journal, 300).expect_err("noticed");
    assert!(matches!(anew, StoreError::CorruptCatalog { .. }));
}
