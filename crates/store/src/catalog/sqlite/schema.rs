//! The tables of the catalog, and how an older layout becomes the present one.
//!
//! The primary key of a capture is its path. All artifacts of a version, all versions of a module
//! and all answers of a database are therefore neighbours, and "what is kept of this module" is a
//! range of the table rather than a further index.
//!
//! Opening reads a fixed number of pages, whatever the number of artifacts: totals are kept in a
//! row of their own by every transaction instead of being counted at the start.

use super::tree;
use crate::error::StoreError;
use rusqlite::Connection;

/// Marks the file as a catalog of ours, in SQLite's own header: the letters `MKcg`.
const APPLICATION_ID: i64 = 0x4d4b_6367;

/// The newest layout this release knows.
pub(crate) const LAYOUT: i64 = 6;

/// Each step leads from the layout of its index to the next one. A step, once released, never
/// changes.
const STEPS: &[&str] = &[
    "
    -- What was captured, for ever. `facts` is a JSON object or null.
    CREATE TABLE capture (
        path TEXT PRIMARY KEY,
        blob BLOB NOT NULL,
        size INTEGER NOT NULL,
        h1 TEXT,
        source TEXT NOT NULL,
        evidence TEXT NOT NULL,
        facts TEXT,
        first_seen INTEGER NOT NULL,
        sequence INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Which blobs the captures need.
    CREATE TABLE blob (
        id BLOB PRIMARY KEY,
        size INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- The first capture of each version, by its microsecond, which no two captures share.
    CREATE TABLE version (
        first_seen INTEGER PRIMARY KEY,
        path TEXT NOT NULL
    ) STRICT;

    -- Every decision, as the line that stands in the mirror.
    CREATE TABLE journal (
        sequence INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        line TEXT NOT NULL
    ) STRICT;

    -- Answers that may change.
    CREATE TABLE memo (
        class INTEGER NOT NULL,
        path TEXT NOT NULL,
        status INTEGER NOT NULL,
        fetched_at INTEGER NOT NULL,
        source TEXT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (class, path)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX memo_by_age ON memo (fetched_at);

    -- One row of sums over the tables above.
    CREATE TABLE total (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        captures INTEGER NOT NULL,
        blobs INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        memos INTEGER NOT NULL
    ) STRICT;
    INSERT INTO total VALUES (1, 0, 0, 0, 0);
",
    "
    -- Proofs that versions are in a checksum database; `file` is a tlog-proof.
    CREATE TABLE proof (
        version TEXT NOT NULL,
        database TEXT NOT NULL,
        record INTEGER NOT NULL,
        file TEXT NOT NULL,
        PRIMARY KEY (version, database)
    ) STRICT;

    -- Hash tiles of checksum databases, each in the widest form that was proven.
    CREATE TABLE tile (
        database TEXT NOT NULL,
        level INTEGER NOT NULL,
        number INTEGER NOT NULL,
        hashes BLOB NOT NULL,
        PRIMARY KEY (database, level, number)
    ) STRICT;

    -- What only moves forward, and is compared before it is changed: the newest tree heads.
    CREATE TABLE state (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Cases of wrong bytes, by the journal entry that opened each; `body` is JSON.
    CREATE TABLE mismatch (
        sequence INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        path TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;

    -- What waits for its proof; few at any time.
    CREATE INDEX capture_unproven ON capture (path) WHERE evidence = 'unproven';
",
    "
    -- The journal's tree: hashes of full tiles. Level 1 has one for every 256 entries, level 2 one
    -- for every 256 of those. Filled from the journal, see `tree`.
    CREATE TABLE journal_tree (
        level INTEGER NOT NULL,
        number INTEGER NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (level, number)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- Records of checksum databases of our own: record N is leaf N of the database's tree. One a
    -- version, for ever.
    CREATE TABLE own_record (
        database TEXT NOT NULL,
        number INTEGER NOT NULL,
        version TEXT NOT NULL,
        text TEXT NOT NULL,
        source TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (database, number),
        UNIQUE (database, version)
    ) STRICT, WITHOUT ROWID;

    -- Their trees: hashes of full tiles, as those of the journal's.
    CREATE TABLE own_tree (
        database TEXT NOT NULL,
        level INTEGER NOT NULL,
        number INTEGER NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (database, level, number)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- Versions that an operator withdrew; `sequence` is the journal entry that says so.
    CREATE TABLE withdrawn (
        version TEXT PRIMARY KEY,
        at INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        reason TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    -- Versions that an operator retired: served, and neither listed nor the latest.
    CREATE TABLE retired (
        version TEXT PRIMARY KEY,
        at INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        reason TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
",
];

/// The sums of the catalog and the end of its journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CatalogTotals {
    pub(crate) captures: u64,
    pub(crate) blobs: u64,
    pub(crate) bytes: u64,
    pub(crate) memos: u64,
    /// Sequence number of the last journal entry.
    pub(crate) sequence: u64,
    /// Its time in microseconds.
    pub(crate) at: i64,
}

/// Layout of the open catalog; 0 for an empty file.
fn layout(connection: &Connection) -> Result<i64, StoreError> {
    let read = |name: &str| {
        connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))
    };
    let failed = |error| StoreError::sql("reading the catalog's layout", error);
    let (id, layout) = (
        read("application_id").map_err(failed)?,
        read("user_version").map_err(failed)?,
    );
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed)?;
    match (id, layout, tables) {
        (0, 0, 0) => Ok(0),
        (APPLICATION_ID, found, _) if found > LAYOUT => Err(StoreError::StoreTooNew {
            found,
            known: LAYOUT,
        }),
        (APPLICATION_ID, found, _) if found > 0 => Ok(found),
        _ => Err(StoreError::CorruptCatalog {
            problem: "catalog.db is another program's database".to_owned(),
        }),
    }
}

/// Refuses what is no catalog of this or an older release. Reads only.
pub(crate) fn probe(connection: &Connection) -> Result<(), StoreError> {
    match layout(connection)? {
        0 => Err(StoreError::CorruptCatalog {
            problem: "catalog.db is empty".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Brings the catalog to the present layout, in one transaction.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let from = usize::try_from(layout(connection)?).unwrap_or(usize::MAX);
    let steps = STEPS.get(from..).unwrap_or_default();
    if steps.is_empty() {
        return Ok(());
    }
    let failed = |error| StoreError::sql("migrating the catalog", error);
    let transaction = connection.transaction().map_err(failed)?;
    for step in steps {
        transaction.execute_batch(step).map_err(failed)?;
    }
    tree::fill(&transaction)?;
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(failed)?;
    transaction
        .pragma_update(None, "user_version", LAYOUT)
        .map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Reads the sums. They are one row and the end of one table.
pub(crate) fn totals(connection: &Connection) -> Result<CatalogTotals, StoreError> {
    let failed = |error| StoreError::sql("reading the catalog's totals", error);
    let (sequence, at) = connection
        .query_row(
            "SELECT sequence, at FROM journal ORDER BY sequence DESC LIMIT 1",
            [],
            |row| Ok((row.get::<_, u64>(0)?, row.get(1)?)),
        )
        .or_else(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Ok((0, 0)),
            error => Err(failed(error)),
        })?;
    let read = connection.query_row(
        "SELECT captures, blobs, bytes, memos FROM total",
        [],
        |row| {
            Ok(CatalogTotals {
                captures: row.get(0)?,
                blobs: row.get(1)?,
                bytes: row.get(2)?,
                memos: row.get(3)?,
                sequence,
                at,
            })
        },
    );
    match read {
        Err(rusqlite::Error::QueryReturnedNoRows) => Err(StoreError::CorruptCatalog {
            problem: "the row of totals is missing".to_owned(),
        }),
        totals => totals.map_err(failed),
    }
}
