//! What is asked of the catalog. Every question is a lookup by key or a bounded range.

pub(crate) mod own;
pub(crate) mod trust;
pub(crate) mod version_marks;

use crate::{
    blob::BlobId,
    cached_answer::{CachedAnswer, CachedAnswerKey, CachedAnswerStatus},
    catalog::CaptureRow,
    error::StoreError,
    journal::{Facts, JournalEntry},
    key::prefix_range,
    publication::PUBLICATION_SOURCE,
    record::{ArtifactKinds, IndexEntry, StoredVersion},
};
use bytes::Bytes;
use gomod::{ArtifactKind, ModulePath, Version};
use jiff::Timestamp;
use protocol::RecordedEvidence;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;

const COLUMNS: &str = "path, blob, size, h1, source, evidence, first_seen, sequence";

/// A capture of a row with [`COLUMNS`].
fn kept_capture(row: &Row<'_>) -> rusqlite::Result<CaptureRow> {
    Ok(CaptureRow {
        path: row.get(0)?,
        blob: BlobId::from_digest(row.get(1)?),
        size: row.get(2)?,
        h1: row.get(3)?,
        source: row.get(4)?,
        evidence: RecordedEvidence::new(row.get::<_, String>(5)?),
        first_seen: timestamp(row, 6)?,
        sequence: row.get(7)?,
    })
}

/// The capture at `path`.
pub(crate) fn find(connection: &Connection, path: &str) -> Result<Option<CaptureRow>, StoreError> {
    let failed = |error| StoreError::sql("looking up a capture", error);
    let mut statement = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM capture WHERE path = ?1"))
        .map_err(failed)?;
    statement
        .query_row([path], kept_capture)
        .optional()
        .map_err(failed)
}

/// The facts of the capture at `path`.
pub(crate) fn facts(connection: &Connection, path: &str) -> Result<Option<Facts>, StoreError> {
    let failed = |error| StoreError::sql("looking up facts", error);
    let mut statement = connection
        .prepare_cached("SELECT facts FROM capture WHERE path = ?1")
        .map_err(failed)?;
    let found: Option<Option<String>> = statement
        .query_row([path], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    Ok(found.map(|text| {
        text.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }))
}

/// Captures in the order of their paths, behind `after`.
pub(crate) fn captures(
    connection: &Connection,
    after: &str,
    limit: usize,
) -> Result<Vec<CaptureRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM capture WHERE path > ?1 ORDER BY path LIMIT ?2");
    collect(
        connection,
        "listing captures",
        &sql,
        params![after, limit],
        kept_capture,
    )
}

/// Captures whose bytes are `blob`. Reads the whole table: for reports about damage only.
pub(crate) fn captures_of(
    connection: &Connection,
    blob: BlobId,
    limit: usize,
) -> Result<Vec<CaptureRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM capture WHERE blob = ?1 ORDER BY path LIMIT ?2");
    collect(
        connection,
        "looking for a blob's captures",
        &sql,
        params![blob.as_bytes(), limit],
        kept_capture,
    )
}

/// Blobs behind `after`, in order.
pub(crate) fn blobs_behind(
    connection: &Connection,
    after: Option<BlobId>,
    limit: usize,
) -> Result<Vec<(BlobId, u64)>, StoreError> {
    let sql = "SELECT id, size FROM blob WHERE id > ?1 ORDER BY id LIMIT ?2";
    let after = after.map_or_else(Vec::new, |after| after.as_bytes().to_vec());
    let read = |row: &Row<'_>| Ok((BlobId::from_digest(row.get(0)?), row.get(1)?));
    collect(
        connection,
        "listing blobs",
        sql,
        params![after, limit],
        read,
    )
}

/// Blobs whose id begins with the byte `shelf`, in order.
pub(crate) fn blobs(connection: &Connection, shelf: u8) -> Result<Vec<(BlobId, u64)>, StoreError> {
    let (from, to) = ([shelf], [&[shelf][..], &[0xff; 32]].concat());
    let sql = "SELECT id, size FROM blob WHERE id >= ?1 AND id <= ?2 ORDER BY id";
    collect(connection, "listing blobs", sql, params![from, to], |row| {
        Ok((BlobId::from_digest(row.get(0)?), row.get(1)?))
    })
}

/// Versions of a module, of which something is kept, in the order of their escaped text.
pub(crate) fn kept_versions(
    connection: &Connection,
    module: &ModulePath,
) -> Result<Vec<StoredVersion>, StoreError> {
    let (from, to) = prefix_range(&format!("{}/@v/", module.escaped()));
    let sql = "SELECT path, source = ?3 FROM capture WHERE path >= ?1 AND path < ?2 ORDER BY path";
    let rows: Vec<(String, bool)> = collect(
        connection,
        "listing versions",
        sql,
        params![from, to, PUBLICATION_SOURCE],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    // Files of one version are not always neighbours: between `v1.0.0-rc.info` and `v1.0.0-rc.zip`
    // stand those of `v1.0.0-rc.mod`.
    let mut kept: BTreeMap<&str, (ArtifactKinds, bool)> = BTreeMap::new();
    for (path, is_published) in &rows {
        if let Some((version, kind)) = path.get(from.len()..).and_then(split_file) {
            let (kinds, published) = kept.entry(version).or_default();
            kinds.insert(kind);
            *published |= is_published;
        }
    }
    let parsed = kept
        .into_iter()
        .filter_map(|(version, (kinds, published))| {
            let version = Version::unescape(version).ok()?;
            Some(StoredVersion {
                version,
                kinds,
                published,
            })
        });
    Ok(parsed.collect())
}

/// The escaped version and the kind of a file below `@v/`.
fn split_file(file: &str) -> Option<(&str, ArtifactKind)> {
    let (version, extension) = file.rsplit_once('.')?;
    let kind = ArtifactKind::ALL
        .into_iter()
        .find(|kind| kind.extension() == extension)?;
    Some((version, kind))
}

/// Modules of which something is kept, in the order of their escaped paths, behind `after`. One
/// lookup a module: each jumps over the versions of the one before.
pub(crate) fn modules(
    connection: &Connection,
    after: Option<&ModulePath>,
    limit: usize,
) -> Result<Vec<ModulePath>, StoreError> {
    let failed = |error| StoreError::sql("listing modules", error);
    let sql = "SELECT path FROM capture WHERE path >= ?1 ORDER BY path LIMIT 1";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let behind = |escaped: &str| prefix_range(&format!("{escaped}/@v/")).1;
    let mut from = after
        .map(|module| behind(&module.escaped()))
        .unwrap_or_default();
    let mut modules = Vec::new();
    while modules.len() < limit {
        let next: Option<String> = statement
            .query_row([&from], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        let Some(path) = next else { break };
        if path.starts_with("sumdb/") {
            from = prefix_range("sumdb/").1;
            continue;
        }
        let escaped = path
            .split_once("/@v/")
            .map_or(path.as_str(), |(module, _)| module);
        from = behind(escaped);
        modules.extend(ModulePath::unescape(escaped).ok());
    }
    Ok(modules)
}

/// First captures of versions, at or after `since`, oldest first.
pub(crate) fn index(
    connection: &Connection,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<IndexEntry>, StoreError> {
    let sql =
        "SELECT first_seen, path FROM version WHERE first_seen >= ?1 ORDER BY first_seen LIMIT ?2";
    // Kept to the microsecond: a `since` within one begins at the next.
    let since = microseconds(since) + i64::from(since.subsec_nanosecond() % 1000 > 0);
    let rows = collect(
        connection,
        "reading the index",
        sql,
        params![since, limit],
        |row| Ok((timestamp(row, 0)?, row.get::<_, String>(1)?)),
    )?;
    Ok(rows
        .into_iter()
        .filter_map(|(timestamp, path)| index_entry(timestamp, &path))
        .collect())
}

fn index_entry(timestamp: Timestamp, path: &str) -> Option<IndexEntry> {
    let (module, version) = path.split_once("/@v/")?;
    let (module, version) = (
        ModulePath::unescape(module).ok()?,
        Version::unescape(version).ok()?,
    );
    Some(IndexEntry {
        module,
        version,
        timestamp,
    })
}

/// Journal lines behind `after`, in order.
pub(crate) fn journal_lines(
    connection: &Connection,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, String)>, StoreError> {
    let sql = "SELECT sequence, line FROM journal WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
    collect(
        connection,
        "reading the journal",
        sql,
        params![after, limit],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Journal entries behind `after`, in order.
pub(crate) fn journal(
    connection: &Connection,
    after: u64,
    limit: usize,
) -> Result<Vec<JournalEntry>, StoreError> {
    let damaged = |sequence| StoreError::CorruptCatalog {
        problem: format!("journal entry {sequence} is damaged"),
    };
    let lines = journal_lines(connection, after, limit)?;
    lines
        .into_iter()
        .map(|(sequence, line)| JournalEntry::from_line(&line).ok_or_else(|| damaged(sequence)))
        .collect()
}

/// A remembered answer.
pub(crate) fn memo(
    connection: &Connection,
    key: &CachedAnswerKey,
) -> Result<Option<CachedAnswer>, StoreError> {
    let failed = |error| StoreError::sql("looking up a memo", error);
    let sql = "SELECT body, status, fetched_at, source FROM memo WHERE class = ?1 AND path = ?2";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let read = |row: &Row<'_>| {
        let status = if row.get::<_, i64>(1)? == ABSENT {
            CachedAnswerStatus::Absent
        } else {
            CachedAnswerStatus::Known
        };
        let body = Bytes::from(row.get::<_, Vec<u8>>(0)?);
        Ok(CachedAnswer {
            body,
            status,
            fetched_at: timestamp(row, 2)?,
            source: row.get(3)?,
        })
    };
    statement
        .query_row(params![key.class.number(), key.path], read)
        .optional()
        .map_err(failed)
}

/// How an absence is written in the catalog.
pub(crate) const ABSENT: i64 = 0;

/// How the opposite is.
pub(crate) const KNOWN: i64 = 1;

/// How a time is written in the catalog.
pub(crate) fn microseconds(time: Timestamp) -> i64 {
    time.as_microsecond()
}

fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let value = row.get(column)?;
    Timestamp::from_microsecond(value)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

fn collect<T>(
    connection: &Connection,
    action: &str,
    sql: &str,
    parameters: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let failed = |error| StoreError::sql(action, error);
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map(parameters, read).map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}
