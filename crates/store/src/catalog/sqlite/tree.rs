//! Trees: the entries of a log as the leaves of a Merkle tree.
//!
//! There are two kinds of logs. The journal has, as leaf N, what stands under sequence number N + 1;
//! a checksum database of our own has the text of its record N. Neither ever changes, so a leaf's
//! hash is not kept but computed when somebody asks for it. What is kept is the hash of each full
//! tile of 256, in the transaction that completes it: one row for 256 entries, so the tree costs a
//! commit next to nothing. Whoever reads a full tile or bundle later gets what has that hash, or an
//! error.

pub(crate) mod head;

use super::read;
use crate::{
    catalog::LogName,
    error::StoreError,
    journal::{JournalEntry, leaf},
};
use rusqlite::{Connection, params};
use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
};
use tlog::{
    HASH_SIZE, Hash,
    entries::{self, EntryBundle},
    frontier::Frontier,
    tile::{HEIGHT, Tile, new_tiles},
    tree::Subtree,
};

/// Hashes of a full tile, entries of a full bundle.
const WIDTH: u64 = entries::WIDTH as u64;

/// Whose tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Log<'a> {
    /// The journal.
    Journal,
    /// The checksum database of our own of this name.
    Database(&'a str),
}

// === impl Log ===

impl<'a> From<&'a LogName> for Log<'a> {
    fn from(name: &'a LogName) -> Self {
        match name {
            LogName::Journal => Self::Journal,
            LogName::Database(name) => Self::Database(name),
        }
    }
}

/// How many entries the tree has. Stand-ins for missing ones of the journal count.
pub(crate) fn size(connection: &Connection, log: Log<'_>) -> Result<u64, StoreError> {
    let failed = |error| StoreError::sql("reading a log's end", error);
    match log {
        Log::Journal => {
            let sql = "SELECT coalesce(max(sequence), 0) FROM journal";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            statement.query_row([], |row| row.get(0)).map_err(failed)
        }
        Log::Database(name) => {
            let sql = "SELECT coalesce(max(number) + 1, 0) FROM own_record WHERE database = ?1";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            statement
                .query_row([name], |row| row.get(0))
                .map_err(failed)
        }
    }
}

/// Keeps the hashes of the tiles that the entry with this sequence number fills.
pub(crate) fn complete(
    connection: &Connection,
    log: Log<'_>,
    sequence: u64,
) -> Result<(), StoreError> {
    let (mut level, mut filled) = (0, sequence);
    while filled > 0 && filled.is_multiple_of(WIDTH) {
        filled /= WIDTH;
        let tile = full_tile(level, filled - 1)?;
        let hash = hash_of(tile, &hashes(connection, log, tile)?)?;
        level += 1;
        keep(connection, log, level, filled - 1, hash)?;
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
    let full = size(connection, Log::Journal)? / WIDTH;
    (kept + 1..=full).try_for_each(|number| complete(connection, Log::Journal, number * WIDTH))
}

/// The bytes of a hash tile, which must be within the tree.
pub(crate) fn tile(
    connection: &Connection,
    log: Log<'_>,
    tile: Tile,
) -> Result<Vec<u8>, StoreError> {
    let bytes = hashes(connection, log, tile)?;
    check(connection, log, tile, &bytes)?;
    Ok(bytes)
}

/// The bytes of a bundle of entries, which must be within the tree.
pub(crate) fn bundle(
    connection: &Connection,
    log: Log<'_>,
    bundle: EntryBundle,
) -> Result<Vec<u8>, StoreError> {
    let leaves = leaves(connection, log, bundle.first(), u64::from(bundle.width()))?;
    if let Some(tile) = bundle.tile() {
        check(connection, log, tile, &leaf_hashes(&leaves))?;
    }
    let mut bytes = Vec::with_capacity(leaves.iter().map(|leaf| leaf.len() + 2).sum());
    for leaf in leaves {
        // No leaf is too long, see `leaf`.
        entries::append(&mut bytes, &leaf).map_err(|error| damaged(error.to_string()))?;
    }
    Ok(bytes)
}

/// The root of the tree of the first `size` entries. Reads at most one tile a level.
pub(crate) fn root(connection: &Connection, log: Log<'_>, size: u64) -> Result<Hash, StoreError> {
    let roots = subtrees(connection, log, size, &[Subtree::whole(size)])?;
    roots.first().copied().ok_or_else(|| beyond(size))
}

/// The hashes of runs of entries within the tree of the first `size`. Reads no tile twice.
pub(crate) fn subtrees(
    connection: &Connection,
    log: Log<'_>,
    size: u64,
    wanted: &[Subtree],
) -> Result<Vec<Hash>, StoreError> {
    let (mut tiles, mut roots) = (HashMap::new(), HashMap::new());
    for node in wanted.iter().flat_map(|subtree| subtree.nodes()) {
        let tile = Tile::of_node(HEIGHT, node, size).ok_or_else(|| beyond(size))?;
        let bytes = match tiles.entry(tile) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(place) => place.insert(hashes(connection, log, tile)?),
        };
        let hash = tile.hash(bytes, node);
        roots.insert(node, hash.ok_or_else(|| beyond(size))?);
    }
    let hash = |subtree: &Subtree| subtree.hash(|node| roots.get(&node).copied());
    let hashes = wanted.iter().map(hash).collect::<Option<_>>();
    hashes.ok_or_else(|| beyond(size))
}

/// The same root from the entries alone, every one of them read. An error if one is damaged.
pub(crate) fn root_anew(
    connection: &Connection,
    log: Log<'_>,
    size: u64,
) -> Result<Hash, StoreError> {
    let mut frontier = Frontier::default();
    while frontier.size() < size {
        let first = frontier.size();
        let count = WIDTH.min(size - first);
        if log == Log::Journal {
            check_lines(connection, first, count)?;
        }
        for leaf in leaves(connection, log, first, count)? {
            let appended = frontier.append(Hash::of_leaf(&leaf));
            appended.map_err(|error| damaged(error.to_string()))?;
        }
    }
    Ok(frontier.head().root)
}

fn check_lines(connection: &Connection, first: u64, count: u64) -> Result<(), StoreError> {
    for (sequence, line) in read::journal_lines(connection, first, row_limit(count))? {
        if JournalEntry::from_line(&line).is_none() {
            return Err(damaged(format!("journal entry {sequence} is damaged")));
        }
    }
    Ok(())
}

/// Reads the whole tree and says what is wrong with it.
pub(crate) fn problems(
    connection: &Connection,
    log: Log<'_>,
    mut tell: impl FnMut(String),
) -> Result<(), StoreError> {
    for full in new_tiles(HEIGHT, 0, size(connection, log)?).filter(|tile| tile.is_full()) {
        match tile(connection, log, full) {
            Err(StoreError::CorruptCatalog { problem }) => tell(problem),
            read => drop(read?),
        }
    }
    Ok(())
}

/// What the log has for `count` entries from number `first` on.
fn leaves(
    connection: &Connection,
    log: Log<'_>,
    first: u64,
    count: u64,
) -> Result<Vec<Vec<u8>>, StoreError> {
    if let Log::Database(name) = log {
        return read::own::texts(connection, name, first, count);
    }
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
fn hashes(connection: &Connection, log: Log<'_>, tile: Tile) -> Result<Vec<u8>, StoreError> {
    let (first, count) = (tile.index() * WIDTH, u64::from(tile.width()));
    match tile.level() {
        Some(0) => Ok(leaf_hashes(&leaves(connection, log, first, count)?)),
        Some(level) => kept(connection, log, level, first, count),
        None => Err(damaged(format!("{tile} holds no hashes"))),
    }
}

/// Compares a full tile with the hash that was kept when it was filled.
fn check(
    connection: &Connection,
    log: Log<'_>,
    tile: Tile,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let (true, Some(level)) = (tile.is_full(), tile.level()) else {
        return Ok(());
    };
    if kept(connection, log, level + 1, tile.index(), 1)? == hash_of(tile, bytes)?.as_bytes() {
        return Ok(());
    }
    let leaves = WIDTH << (u32::from(level) * u32::from(HEIGHT));
    let first = tile.index() * leaves;
    Err(damaged(format!(
        "entries {} to {} of {log} are not those that were hashed",
        first + 1,
        first + leaves
    )))
}

fn hash_of(tile: Tile, bytes: &[u8]) -> Result<Hash, StoreError> {
    let hash = tile.node().and_then(|node| tile.hash(bytes, node));
    hash.ok_or_else(|| damaged(format!("{tile} of a log's tree is not full")))
}

fn kept(
    connection: &Connection,
    log: Log<'_>,
    level: u8,
    first: u64,
    count: u64,
) -> Result<Vec<u8>, StoreError> {
    let failed = |error| StoreError::sql("reading a log's tree", error);
    let end = first + count;
    let read = |row: &rusqlite::Row<'_>| row.get::<_, [u8; HASH_SIZE]>(0);
    let hashes: Result<Vec<_>, _> = match log {
        Log::Journal => {
            let sql =
                "SELECT hash FROM journal_tree WHERE level = ?1 AND number >= ?2 AND number < ?3
                       ORDER BY number";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let rows = statement.query_map(params![level, first, end], read);
            rows.map_err(failed)?.collect()
        }
        Log::Database(name) => {
            let sql = "SELECT hash FROM own_tree
                       WHERE database = ?1 AND level = ?2 AND number >= ?3 AND number < ?4
                       ORDER BY number";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let rows = statement.query_map(params![name, level, first, end], read);
            rows.map_err(failed)?.collect()
        }
    };
    let hashes = hashes.map_err(failed)?;
    if hashes.len() as u64 == count {
        Ok(hashes.concat())
    } else {
        Err(damaged(format!(
            "the tree of {log} lacks a hash of level {level} from number {first} on"
        )))
    }
}

fn keep(
    connection: &Connection,
    log: Log<'_>,
    level: u8,
    number: u64,
    hash: Hash,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql("writing a log's tree", error);
    let written = match log {
        Log::Journal => {
            let sql = "INSERT INTO journal_tree (level, number, hash) VALUES (?1, ?2, ?3)";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            statement.execute(params![level, number, hash.as_bytes()])
        }
        Log::Database(name) => {
            let sql =
                "INSERT INTO own_tree (database, level, number, hash) VALUES (?1, ?2, ?3, ?4)";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            statement.execute(params![name, level, number, hash.as_bytes()])
        }
    };
    written.map(drop).map_err(failed)
}

fn full_tile(level: u8, index: u64) -> Result<Tile, StoreError> {
    Tile::try_new(HEIGHT, level, index, entries::WIDTH)
        .ok_or_else(|| damaged("a log has more entries than a tree can".to_owned()))
}

impl fmt::Display for Log<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Journal => "the journal",
            Self::Database(name) => name,
        })
    }
}

fn row_limit(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn beyond(size: u64) -> StoreError {
    damaged(format!("a log's tree has not all of {size} entries"))
}

fn damaged(problem: String) -> StoreError {
    StoreError::CorruptCatalog { problem }
}

#[cfg(test)]
mod tests;
