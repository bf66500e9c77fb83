//! Heads: what a log may sign next, and whether it can have signed what was signed before.

use super::Log;
use crate::{catalog::sqlite::tree, error::StoreError};
use rusqlite::Connection;
use tlog::{
    checkpoint::TreeHead,
    tile::{HEIGHT, Tile},
};

/// Whether the tree is filled as wide as the tile.
pub(crate) fn is_filled(
    connection: &Connection,
    log: Log<'_>,
    tile: Tile,
) -> Result<bool, StoreError> {
    let (Some(level), size) = (tile.level(), tree::size(connection, log)?) else {
        return Ok(false);
    };
    let filled = Tile::in_tree(HEIGHT, level, tile.index(), size);
    Ok(filled.is_some_and(|filled| tile.width() <= filled.width()))
}

/// The head of the tree as it is. An error if it does not begin with the tree that is known.
pub(crate) fn next(
    connection: &Connection,
    log: Log<'_>,
    known: Option<TreeHead>,
) -> Result<TreeHead, StoreError> {
    let size = tree::size(connection, log)?;
    if let Some(known) = known
        && (known.size > size || tree::root(connection, log, known.size)? != known.root)
    {
        return Err(changed(log, known.size));
    }
    let root = tree::root(connection, log, size)?;
    Ok(TreeHead { size, root })
}

fn changed(log: Log<'_>, size: u64) -> StoreError {
    StoreError::CorruptCatalog {
        problem: format!("the first {size} entries of {log} are no longer those that were signed"),
    }
}

/// Why the log cannot have signed this head over this journal. An error if the journal is damaged:
/// then nobody knows until it is rebuilt.
pub(crate) fn difference(
    connection: &Connection,
    log: Log<'_>,
    head: TreeHead,
) -> Result<Option<String>, StoreError> {
    let TreeHead { size, root } = head;
    let found = tree::size(connection, log)?;
    if found < size {
        return Ok(Some(format!(
            "it was signed with {size} entries, and {log} has {found}"
        )));
    }
    if tree::root(connection, log, size)? == root {
        return Ok(None);
    }
    // It is worth reading every entry before a log is given up.
    if tree::root_anew(connection, log, size)? == root {
        return Err(changed(log, size));
    }
    Ok(Some(format!(
        "the first {size} entries of {log} are not those it was signed over"
    )))
}
