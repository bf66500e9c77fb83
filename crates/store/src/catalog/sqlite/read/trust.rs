//! What is asked about proofs, tiles and states.

use super::{collect, params};
use crate::{
    error::StoreError,
    trust::{Backlog, CaseFile, VersionProof, version_path},
};
use bytes::Bytes;
use gomod::{ModulePath, Version};
use protocol::Evidence;
use rusqlite::{Connection, OptionalExtension, Row};

/// Evidence of captures that wait for their proof. It stands in the text of a question, not beside
/// it: only then does SQLite use the index of what waits.
const UNPROVEN: Evidence = Evidence::Unproven;

/// The proof of a version in a database.
pub(crate) fn proof(
    connection: &Connection,
    module: &ModulePath,
    version: &Version,
    database: &str,
) -> Result<Option<VersionProof>, StoreError> {
    let failed = |error| StoreError::sql("looking up a proof", error);
    let sql = "SELECT record, file FROM proof WHERE version = ?1 AND database = ?2";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let path = version_path(module, version);
    statement
        .query_row(params![path, database], |row| {
            Ok(VersionProof {
                module: module.clone(),
                version: version.clone(),
                database: database.to_owned(),
                record: row.get(0)?,
                file: row.get(1)?,
                evidence: Evidence::Unclaimed,
            })
        })
        .optional()
        .map_err(failed)
}

/// The proof files that were kept last.
pub(crate) fn newest_proofs(
    connection: &Connection,
    database: &str,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT file FROM proof WHERE database = ?1 ORDER BY rowid DESC LIMIT ?2";
    collect(
        connection,
        "listing proofs",
        sql,
        params![database, limit],
        |row| row.get(0),
    )
}

/// Proof files behind a row, with the numbers of their rows.
pub(crate) fn proofs(
    connection: &Connection,
    database: &str,
    after: i64,
    limit: usize,
) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = "SELECT rowid, file FROM proof WHERE rowid > ?2 AND database = ?1
               ORDER BY rowid LIMIT ?3";
    collect(
        connection,
        "listing proofs",
        sql,
        params![database, after, limit],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Paths of captures that wait for their proof, behind `after`.
pub(crate) fn unproven(
    connection: &Connection,
    after: &str,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT path FROM capture WHERE evidence = '{UNPROVEN}' AND path > ?1
         ORDER BY path LIMIT ?2"
    );
    collect(
        connection,
        "listing the unproven",
        &sql,
        params![after, limit],
        |row| row.get(0),
    )
}

/// How much waits for somebody: captures for their proof, cases for a person.
pub(crate) fn backlog(connection: &Connection) -> Result<Backlog, StoreError> {
    let sql = format!(
        "SELECT count(*), min(first_seen), (SELECT count(*) FROM mismatch)
         FROM capture WHERE evidence = '{UNPROVEN}'"
    );
    let failed = |error| StoreError::sql("counting what waits", error);
    let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
    let read = |row: &Row<'_>| {
        let oldest: Option<i64> = row.get(1)?;
        Ok(Backlog {
            unproven: row.get(0)?,
            oldest_unproven: oldest.map(|_| super::timestamp(row, 1)).transpose()?,
            cases: row.get(2)?,
        })
    };
    statement.query_row([], read).map_err(failed)
}

/// Cases of wrong bytes before the journal entry `before`, the newest first.
pub(crate) fn cases(
    connection: &Connection,
    before: u64,
    limit: usize,
) -> Result<Vec<CaseFile>, StoreError> {
    let sql = "SELECT sequence, at, path, body FROM mismatch WHERE sequence < ?1
               ORDER BY sequence DESC LIMIT ?2";
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    collect(
        connection,
        "listing cases",
        sql,
        params![before, limit],
        |row| {
            Ok(CaseFile {
                number: row.get(0)?,
                at: super::timestamp(row, 1)?,
                path: row.get(2)?,
                body: row.get(3)?,
            })
        },
    )
}

/// The hashes of a tile, as many as are known.
pub(crate) fn tile(
    connection: &Connection,
    database: &str,
    level: u8,
    number: u64,
) -> Result<Option<Bytes>, StoreError> {
    let failed = |error| StoreError::sql("looking up a tile", error);
    let sql = "SELECT hashes FROM tile WHERE database = ?1 AND level = ?2 AND number = ?3";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let read = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(0).map(Bytes::from);
    statement
        .query_row(params![database, level, number], read)
        .optional()
        .map_err(failed)
}

/// A state.
pub(crate) fn state(connection: &Connection, name: &str) -> Result<Option<Bytes>, StoreError> {
    let failed = |error| StoreError::sql("looking up a state", error);
    let mut statement = connection
        .prepare_cached("SELECT value FROM state WHERE name = ?1")
        .map_err(failed)?;
    let read = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(0).map(Bytes::from);
    statement.query_row([name], read).optional().map_err(failed)
}
