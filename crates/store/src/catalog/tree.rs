//! The journal's tree: its entries as the leaves of a Merkle tree.
//!
//! Leaf N is what the journal has under sequence number N + 1. A line never changes, so its hash is
//! not kept but computed when somebody asks for it. What is kept is the hash of each full tile of
//! 256, in the transaction that completes it: one row for 256 entries, so the tree costs a commit
//! next to nothing. Whoever reads a full tile or bundle later gets what has that hash, or an error.

use super::read;
use crate::{
    error::StoreError,
    journal::{JournalEntry, leaf},
};
use rusqlite::{Connection, params};
use std::collections::{HashMap, hash_map::Entry};
use tlog::{
    HASH_SIZE, Hash,
    entries::{self, Bundle},
    frontier::Frontier,
    tile::{HEIGHT, Tile, new_tiles},
    tree::Subtree,
};

/// Hashes of a full tile, entries of a full bundle.
const WIDTH: u64 = entries::WIDTH as u64;

/// How many entries the tree has. Stand-ins for missing ones count.
pub(crate) fn size(connection: &Connection) -> Result<u64, StoreError> {
    let failed = |error| StoreError::sql("reading the journal's end", error);
    let sql = "SELECT coalesce(max(sequence), 0) FROM journal";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    statement.query_row([], |row| row.get(0)).map_err(failed)
}

/// Keeps the hashes of the tiles that the entry with this sequence number fills.
pub(crate) fn complete(connection: &Connection, sequence: u64) -> Result<(), StoreError> {
    let (mut level, mut filled) = (0, sequence);
    while filled > 0 && filled.is_multiple_of(WIDTH) {
        filled /= WIDTH;
        let tile = full_tile(level, filled - 1)?;
        let hash = hash_of(tile, &hashes(connection, tile)?)?;
        level += 1;
        keep(connection, level, filled - 1, hash)?;
    }
    Ok(())
}

/// Keeps the hashes of all full tiles that have none yet: for a journal that was there before its
/// tree.
pub(crate) fn fill(connection: &Connection) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql("reading the journal's tree", error);
    let sql = "SELECT count(*) FROM journal_tree WHERE level = 1";
    let kept: u64 = connection
        .query_row(sql, [], |row| row.get(0))
        .map_err(failed)?;
    let full = size(connection)? / WIDTH;
    (kept + 1..=full).try_for_each(|number| complete(connection, number * WIDTH))
}

/// The bytes of a hash tile, which must be within the tree.
pub(crate) fn tile(connection: &Connection, tile: Tile) -> Result<Vec<u8>, StoreError> {
    let bytes = hashes(connection, tile)?;
    check(connection, tile, &bytes)?;
    Ok(bytes)
}

/// The bytes of a bundle of entries, which must be within the tree.
pub(crate) fn bundle(connection: &Connection, bundle: Bundle) -> Result<Vec<u8>, StoreError> {
    let leaves = leaves(connection, bundle.first(), u64::from(bundle.width()))?;
    if let Some(tile) = bundle.tile() {
        check(connection, tile, &leaf_hashes(&leaves))?;
    }
    let mut bytes = Vec::with_capacity(leaves.iter().map(|leaf| leaf.len() + 2).sum());
    for leaf in leaves {
        // No leaf is too long, see `leaf`.
        entries::append(&mut bytes, &leaf).map_err(|error| damaged(error.to_string()))?;
    }
    Ok(bytes)
}

/// The root of the tree of the first `size` entries. Reads at most one tile a level.
pub(crate) fn root(connection: &Connection, size: u64) -> Result<Hash, StoreError> {
    let (mut tiles, mut roots) = (HashMap::new(), HashMap::new());
    for node in Subtree::whole(size).nodes() {
        let tile = Tile::of_node(HEIGHT, node, size).ok_or_else(|| beyond(size))?;
        let bytes = match tiles.entry(tile) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(place) => place.insert(hashes(connection, tile)?),
        };
        let hash = tile.hash(bytes, node);
        roots.insert(node, hash.ok_or_else(|| beyond(size))?);
    }
    let root = Subtree::whole(size).hash(|node| roots.get(&node).copied());
    root.ok_or_else(|| beyond(size))
}

/// The same root from the entries alone, every one of them read. An error if one is damaged.
pub(crate) fn root_anew(connection: &Connection, size: u64) -> Result<Hash, StoreError> {
    let mut frontier = Frontier::default();
    while frontier.size() < size {
        let first = frontier.size();
        let count = WIDTH.min(size - first);
        for (sequence, line) in read::journal_lines(connection, first, row_limit(count))? {
            if JournalEntry::from_line(&line).is_none() {
                return Err(damaged(format!("journal entry {sequence} is damaged")));
            }
        }
        for leaf in leaves(connection, first, count)? {
            let appended = frontier.append(Hash::of_leaf(&leaf));
            appended.map_err(|error| damaged(error.to_string()))?;
        }
    }
    Ok(frontier.head().root)
}

/// Reads the whole tree and says what is wrong with it.
pub(crate) fn problems(
    connection: &Connection,
    mut tell: impl FnMut(String),
) -> Result<(), StoreError> {
    for full in new_tiles(HEIGHT, 0, size(connection)?).filter(|tile| tile.is_full()) {
        match tile(connection, full) {
            Err(StoreError::CorruptCatalog { problem }) => tell(problem),
            read => drop(read?),
        }
    }
    Ok(())
}

/// What the log has for `count` entries from number `first` on.
fn leaves(connection: &Connection, first: u64, count: u64) -> Result<Vec<Vec<u8>>, StoreError> {
    let lines = read::journal_lines(connection, first, row_limit(count))?;
    let mut lines = lines.into_iter().peekable();
    let leaf = |sequence| match lines.next_if(|(found, _)| *found == sequence) {
        Some((_, line)) => leaf::of_line(sequence, line),
        None => leaf::missing(sequence),
    };
    Ok((first + 1..=first + count).map(leaf).collect())
}

fn leaf_hashes(leaves: &[Vec<u8>]) -> Vec<u8> {
    let hashes = leaves.iter().map(|leaf| Hash::of_leaf(leaf));
    hashes.flat_map(|hash| *hash.as_bytes()).collect()
}

/// The bytes of a tile, unchecked.
fn hashes(connection: &Connection, tile: Tile) -> Result<Vec<u8>, StoreError> {
    let (first, count) = (tile.index() * WIDTH, u64::from(tile.width()));
    match tile.level() {
        Some(0) => Ok(leaf_hashes(&leaves(connection, first, count)?)),
        Some(level) => kept(connection, level, first, count),
        None => Err(damaged(format!("{tile} holds no hashes"))),
    }
}

/// Compares a full tile with the hash that was kept when it was filled.
fn check(connection: &Connection, tile: Tile, bytes: &[u8]) -> Result<(), StoreError> {
    let (true, Some(level)) = (tile.is_full(), tile.level()) else {
        return Ok(());
    };
    if kept(connection, level + 1, tile.index(), 1)? == hash_of(tile, bytes)?.as_bytes() {
        return Ok(());
    }
    let leaves = WIDTH << (u32::from(level) * u32::from(HEIGHT));
    let first = tile.index() * leaves;
    Err(damaged(format!(
        "journal entries {} to {} are not those that were hashed",
        first + 1,
        first + leaves
    )))
}

fn hash_of(tile: Tile, bytes: &[u8]) -> Result<Hash, StoreError> {
    let hash = tile.node().and_then(|node| tile.hash(bytes, node));
    hash.ok_or_else(|| damaged(format!("{tile} of the journal's tree is not full")))
}

fn kept(connection: &Connection, level: u8, first: u64, count: u64) -> Result<Vec<u8>, StoreError> {
    let failed = |error| StoreError::sql("reading the journal's tree", error);
    let sql = "SELECT hash FROM journal_tree WHERE level = ?1 AND number >= ?2 AND number < ?3
               ORDER BY number";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement
        .query_map(params![level, first, first + count], |row| {
            row.get::<_, [u8; HASH_SIZE]>(0)
        })
        .map_err(failed)?;
    let hashes: Vec<_> = rows.collect::<Result<_, _>>().map_err(failed)?;
    if hashes.len() as u64 == count {
        Ok(hashes.concat())
    } else {
        Err(damaged(format!(
            "the journal's tree lacks a hash of level {level} from number {first} on"
        )))
    }
}

fn keep(connection: &Connection, level: u8, number: u64, hash: Hash) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql("writing the journal's tree", error);
    let sql = "INSERT INTO journal_tree (level, number, hash) VALUES (?1, ?2, ?3)";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let written = statement.execute(params![level, number, hash.as_bytes()]);
    written.map(drop).map_err(failed)
}

fn full_tile(level: u8, index: u64) -> Result<Tile, StoreError> {
    Tile::try_new(HEIGHT, level, index, entries::WIDTH)
        .ok_or_else(|| damaged("the journal has more entries than a tree can".to_owned()))
}

fn row_limit(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn beyond(size: u64) -> StoreError {
    damaged(format!("the journal's tree has not all of {size} entries"))
}

fn damaged(problem: String) -> StoreError {
    StoreError::CorruptCatalog { problem }
}

#[cfg(test)]
mod tests;
