//! What is asked about checksum databases of our own.

use super::{collect, params, timestamp};
use crate::{error::StoreError, own::record::DatabaseRecord};
use rusqlite::{Connection, OptionalExtension, Row};

const COLUMNS: &str = "number, text, source, at";

/// The record of a version, by `MODULE/@v/VERSION`, escaped.
pub(crate) fn by_version(
    connection: &Connection,
    database: &str,
    version: &str,
) -> Result<Option<DatabaseRecord>, StoreError> {
    let failed = |error| StoreError::sql("looking up a record", error);
    let sql = format!("SELECT {COLUMNS} FROM own_record WHERE database = ?1 AND version = ?2");
    let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
    let found = statement.query_row(params![database, version], record);
    found.optional().map_err(failed)
}

/// Records from number `first` on that no proof is kept of, with `MODULE/@v/VERSION` of each.
pub(crate) fn unproven(
    connection: &Connection,
    database: &str,
    first: u64,
    limit: usize,
) -> Result<Vec<(DatabaseRecord, String)>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, version FROM own_record AS own
         WHERE database = ?1 AND number >= ?2 AND NOT EXISTS
             (SELECT 1 FROM proof WHERE proof.version = own.version AND proof.database = ?1)
         ORDER BY number LIMIT ?3"
    );
    collect(
        connection,
        "listing records",
        &sql,
        params![database, first, limit],
        |row| Ok((record(row)?, row.get(4)?)),
    )
}

/// The texts of `count` records from number `first` on, all of which must be there.
pub(crate) fn texts(
    connection: &Connection,
    database: &str,
    first: u64,
    count: u64,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT CAST(text AS BLOB) FROM own_record
               WHERE database = ?1 AND number >= ?2 AND number < ?3 ORDER BY number";
    let texts: Vec<Vec<u8>> = collect(
        connection,
        "reading records",
        sql,
        params![database, first, first + count],
        |row| row.get(0),
    )?;
    if texts.len() as u64 == count {
        return Ok(texts);
    }
    Err(StoreError::CorruptCatalog {
        problem: format!("{database} lacks a record behind number {first}"),
    })
}

/// The names of the databases that have records.
pub(crate) fn databases(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT database FROM own_record ORDER BY database";
    collect(connection, "listing databases", sql, [], |row| row.get(0))
}

fn record(row: &Row<'_>) -> rusqlite::Result<DatabaseRecord> {
    Ok(DatabaseRecord {
        number: row.get(0)?,
        text: row.get(1)?,
        source: row.get(2)?,
        at: timestamp(row, 3)?,
    })
}
