//! Salvage: what can still be read in the old catalog. Its end is where reading fails.

use super::PAGE;
use crate::{
    catalog::sqlite::{connection, read},
    error::StoreError,
    journal::JournalEntry,
    layout::DataLayout,
    trust::REBUILT,
};
use rusqlite::{Connection, params};

/// Journal entries of the old catalog, each handed to `keep`, which says how many it kept.
pub(super) fn journal(
    layout: &DataLayout,
    mut keep: impl FnMut(&JournalEntry) -> Result<u64, StoreError>,
) -> Result<u64, StoreError> {
    let Ok(old) = connection::open_reader(layout) else {
        return Ok(0);
    };
    let (mut last, mut salvaged) = (0, 0);
    while let Ok(lines) = read::journal_lines(&old, last, PAGE) {
        let Some((end, _)) = lines.last() else { break };
        last = *end;
        for (_, line) in &lines {
            if let Some(entry) = JournalEntry::from_line(line) {
                salvaged += keep(&entry)?;
            }
        }
    }
    Ok(salvaged)
}

/// Copies tiles and states; gives how many.
pub(super) fn trust(layout: &DataLayout, new: &Connection) -> Result<u64, StoreError> {
    let Ok(old) = connection::open_reader(layout) else {
        return Ok(0);
    };
    let failed = |error| StoreError::sql("salvaging tiles and states", error);
    new.execute_batch("BEGIN").map_err(failed)?;
    let copied = tiles(&old, new).map_err(failed)? + states(&old, new).map_err(failed)?;
    new.execute_batch("COMMIT").map_err(failed)?;
    Ok(copied)
}

fn tiles(old: &Connection, new: &Connection) -> rusqlite::Result<u64> {
    let Ok(mut rows) = old.prepare("SELECT database, level, number, hashes FROM tile") else {
        return Ok(0);
    };
    let Ok(mut rows) = rows.query([]) else {
        return Ok(0);
    };
    let sql = "INSERT INTO tile (database, level, number, hashes) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO NOTHING";
    let mut insert = new.prepare(sql)?;
    let mut copied = 0;
    while let Ok(Some(row)) = rows.next() {
        let read = || -> rusqlite::Result<(String, u8, u64, Vec<u8>)> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        };
        if let Ok((database, level, number, hashes)) = read() {
            copied += insert.execute(params![database, level, number, hashes])? as u64;
        }
    }
    Ok(copied)
}

fn states(old: &Connection, new: &Connection) -> rusqlite::Result<u64> {
    let Ok(mut rows) = old.prepare("SELECT name, value FROM state") else {
        return Ok(0);
    };
    let Ok(mut rows) = rows.query([]) else {
        return Ok(0);
    };
    let sql = "INSERT INTO state (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    let mut insert = new.prepare(sql)?;
    let mut copied = 0;
    while let Ok(Some(row)) = rows.next() {
        let read = || -> rusqlite::Result<(String, Vec<u8>)> { Ok((row.get(0)?, row.get(1)?)) };
        if let Ok((name, value)) = read() {
            copied += insert.execute(params![name, value])? as u64;
        }
    }
    Ok(copied)
}

/// Names this rebuild in the new catalog.
pub(super) fn mark(new: &Connection, now: jiff::Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO state (name, value) VALUES (?1, ?2)
               ON CONFLICT DO UPDATE SET value = excluded.value";
    new.execute(sql, params![REBUILT, now.to_string().into_bytes()])
        .map(drop)
        .map_err(|error| StoreError::sql("naming the rebuild", error))
}
