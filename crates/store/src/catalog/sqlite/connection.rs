//! Connections to the catalog: one that writes, some that read, and what to do when nothing can
//! be written.
//!
//! The catalog runs in SQLite's write-ahead mode, where readers never wait for the writer. That
//! mode keeps two companions beside the file and needs to write one of them even to read. On a
//! read-only or full disk there may be no way to; then a catalog without pending write-ahead is
//! opened as immutable, which is true for as long as nobody can write, and reads go on.

use super::schema;
use crate::{disk, error::StoreError, layout::DataLayout};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::{Connection, OpenFlags};
use std::{
    fs,
    io::{self, Read},
    path::Path,
    time::Duration,
};

/// How long SQLite waits for a lock before it gives up. Only a checkpoint of our own or a person
/// with the `sqlite3` command can hold one; both are short.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// Page cache of one connection, in KiB as SQLite wants it, negative. The inner pages of a million
/// captures fit into it; leaves come from the operating system's cache.
const CACHE: i64 = -8 << 10;

/// The write-ahead file is cut to this size after a checkpoint: 64 MiB.
const WRITE_AHEAD_LIMIT: i64 = 64 << 20;

/// Statements kept prepared per connection; there are about twenty different ones.
const STATEMENTS: usize = 64;

/// What is escaped in the path of a URI: all but letters, digits, what RFC 3986 calls unreserved, and `/`.
const ESCAPED_IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'~');

/// Opens the connection that writes, making or migrating the catalog.
pub(crate) fn open_writer(layout: &DataLayout) -> Result<Connection, StoreError> {
    inspect(layout)?;
    let failed = |error| StoreError::sql("opening the catalog", error);
    // SQLite would make it for all to read; its companions take the modes of the file itself.
    let path = layout.catalog();
    if !path.exists() {
        let made = disk::private().write(true).create_new(true).open(&path);
        made.map_err(|error| StoreError::file("creating", &path, error))?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    settle(&connection).map_err(failed)?;
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(failed)?;
    // SQLite opens a file for reading where it cannot write it, and says so to whoever asks.
    let reads_only = connection.is_readonly("main").map_err(failed)?;
    if mode != "wal" || reads_only {
        return Err(StoreError::ReadOnlyDisk {
            action: "opening the catalog".to_owned(),
        });
    }
    // A transaction is durable when `COMMIT` returns: the write-ahead file is synced by each.
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(failed)?;
    // Checkpoints are begun by the writer when nobody waits; see `writer`.
    connection
        .pragma_update(None, "wal_autocheckpoint", 0)
        .map_err(failed)?;
    connection
        .pragma_update(None, "journal_size_limit", WRITE_AHEAD_LIMIT)
        .map_err(failed)?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Opens a connection that reads, in whatever way the disk allows.
pub(crate) fn open_reader(layout: &DataLayout) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let path = layout.catalog();
    let first = match try_reader(&path, flags) {
        Err(error)
            if !matches!(
                error,
                StoreError::CorruptCatalog { .. } | StoreError::StoreTooNew { .. }
            ) =>
        {
            error
        }
        settled => return settled,
    };
    if has_pending_write_ahead(layout) {
        return Err(first);
    }
    inspect(layout)?;
    let name = path.to_string_lossy();
    let uri = format!(
        "file:{}?immutable=1",
        utf8_percent_encode(&name, ESCAPED_IN_PATH)
    );
    try_reader(Path::new(&uri), flags | OpenFlags::SQLITE_OPEN_URI).map_err(|_| first)
}

fn try_reader(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let failed = |error| StoreError::sql("opening the catalog", error);
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    settle(&connection).map_err(failed)?;
    schema::probe(&connection)?;
    Ok(connection)
}

fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(LOCK_PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "cache_size", CACHE)
}

fn has_pending_write_ahead(layout: &DataLayout) -> bool {
    fs::metadata(layout.catalog_companion("-wal")).is_ok_and(|metadata| metadata.len() > 0)
}

/// Finds a catalog that is no database or was cut short, by its header alone, before SQLite is
/// let near it: SQLite would take a file cut to nothing for a new one, and would notice missing
/// pages only when it needs them.
fn inspect(layout: &DataLayout) -> Result<(), StoreError> {
    let path = layout.catalog();
    let failed = |error| StoreError::reading("the catalog's header", error);
    let mut file = match fs::File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file.map_err(failed)?,
    };
    let length = file.metadata().map_err(failed)?.len();
    let corrupt = |problem: String| Err(StoreError::CorruptCatalog { problem });
    let mut header = [0; 100];
    if length == 0 {
        return Ok(());
    }
    match file.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return corrupt(format!("catalog.db has only {length} bytes"));
        }
        read => read.map_err(failed)?,
    }
    // https://www.sqlite.org/fileformat.html, section 1.3.
    let [page_high, page_low] = [header[16], header[17]].map(u64::from);
    let page = match page_high << 8 | page_low {
        1 => 65536,
        size => size,
    };
    let pages = u64::from(u32::from_be_bytes([
        header[28], header[29], header[30], header[31],
    ]));
    if !header.starts_with(b"SQLite format 3\0") {
        return corrupt("catalog.db is no SQLite database".to_owned());
    }
    // With pending write-ahead the file may be behind its header: a checkpoint was interrupted.
    if length < page * pages && !has_pending_write_ahead(layout) {
        return corrupt(format!("catalog.db has {length} of {} bytes", page * pages));
    }
    Ok(())
}
