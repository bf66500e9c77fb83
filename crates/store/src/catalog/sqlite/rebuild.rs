//! Rebuild: a new catalog from journal and blobs, for when the old one is lost or damaged.
//!
//! The journal's mirror says what was captured, the blobs are there or are not. Where the old
//! catalog can still be read, journal entries that the mirror lacks are taken from it. What is
//! neither in the mirror nor readable in the old catalog is lost, and the report says how much
//! that is; its bytes remain as blobs without a name, and are captured again when next asked for.
//!
//! Tiles and states are in no journal: the log of a checksum database is not ours to tell. They are
//! taken from the old catalog as far as it can be read, unchecked. So the new one has a state that
//! names this rebuild ([`crate::REBUILT`]): who relies on them checks them, and asks the database
//! again for what is missing.
//!
//! The new catalog is made under another name and takes the place of the old one in one step at
//! the very end; the old one is kept beside it. Memos are not rebuilt: they are only remembered.

mod salvage;

use super::{change::TransactionBatch, read, schema, tree};
use crate::{
    blob::BlobId,
    blob_place,
    core::StoreCore,
    disk,
    error::StoreError,
    journal::{Decision, JournalEntry, mirror},
    layout::DataLayout,
    lock::DirectoryLock,
    maintenance::{ProblemList, list},
    options::StoreOptions,
};
use rusqlite::Connection;
use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    path::Path,
    sync::Arc,
};

/// What a rebuild found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RebuildReport {
    /// Journal entries in the new catalog.
    pub entries: u64,
    /// Of these, entries that only the old catalog still had.
    pub salvaged: u64,
    /// Tiles and states of checksum databases that the old catalog still had.
    pub salvaged_trust: u64,
    /// Captures in the new catalog.
    pub captures: u64,
    /// Captures in the journal whose blob is missing or has another size: path and blob.
    pub lost: ProblemList<(String, BlobId)>,
    /// Lines of the mirror that are damaged: file and line number.
    pub damaged_lines: ProblemList<String>,
    /// Entries that neither the mirror nor the old catalog has.
    pub missing_entries: u64,
    /// Blobs that no capture in the new catalog needs.
    pub orphans: u64,
}

/// Entries replayed in one transaction; with no syncing in between, only memory counts.
const PAGE: usize = 1000;

/// The most entries that may be missing in the files before a line. Each gets a stand-in in the
/// log, so a line that claims to be the ten-thousand-billionth entry must not be taken at its word;
/// this many take half a minute, and stand for 30 GB of lost lines.
const MISSING_LIMIT: u64 = 1 << 26;

/// Rebuilds the catalog of the store that `options` name. The store must not be open anywhere.
pub async fn rebuild(options: StoreOptions) -> Result<RebuildReport, StoreError> {
    let core = Arc::new(StoreCore::start(blob_place::settle(options)?)?);
    let layout = core.layout.clone();
    let lock = core
        .writes
        .run(move |()| layout.create().and_then(|()| DirectoryLock::take(&layout)))
        .await??;
    let mut blobs = HashMap::new();
    for shelf in 0..=u8::MAX {
        blobs.extend(list::shelf(&core, shelf).await?.blobs);
    }
    let work = move || {
        let report = rebuild_from(&core.layout, core.options.clock.now(), &blobs);
        drop(lock);
        report
    };
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(StoreError::Closed))
}

fn rebuild_from(
    layout: &DataLayout,
    now: jiff::Timestamp,
    blobs: &HashMap<BlobId, u64>,
) -> Result<RebuildReport, StoreError> {
    let path = layout.catalog_companion(".rebuilding");
    disk::remove_file(&path)?;
    let mut report = RebuildReport::default();
    let mut connection = open_new(&path)?;
    gather(layout, &connection, &mut report)?;
    report.salvaged_trust = salvage::trust(layout, &connection)?;
    salvage::mark(&connection, now)?;
    replay(&mut connection, blobs, &mut report)?;
    connection
        .close()
        .map_err(|(_, error)| StoreError::sql("closing the new catalog", error))?;
    let synced = File::open(&path).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::file("syncing", &path, error))?;
    swap(layout, &path)?;
    Ok(report)
}

/// A catalog that nobody else sees and that is synced once, at the end.
fn open_new(path: &Path) -> Result<Connection, StoreError> {
    let made = disk::private().write(true).create_new(true).open(path);
    made.map_err(|error| StoreError::file("creating", path, error))?;
    let failed = |error| StoreError::sql("making a new catalog", error);
    let mut connection = Connection::open(path).map_err(failed)?;
    let off = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;";
    connection.execute_batch(off).map_err(failed)?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Collects journal lines: the mirror's first, then what the old catalog has beyond them.
fn gather(
    layout: &DataLayout,
    connection: &Connection,
    report: &mut RebuildReport,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql("gathering the journal", error);
    connection.execute_batch("BEGIN").map_err(failed)?;
    let mut last = 0;
    for line in mirror::lines(&layout.journal())? {
        let line = line?;
        match line.entry.filter(|entry| follows(entry, &mut last)) {
            Some(entry) => report.entries += keep_line(connection, &entry)?,
            None => report
                .damaged_lines
                .push(format!("{}:{}", line.file.display(), line.number)),
        }
    }
    let mut last = 0;
    report.salvaged = salvage::journal(layout, |entry| {
        if follows(entry, &mut last) {
            keep_line(connection, entry)
        } else {
            Ok(0)
        }
    })?;
    report.entries += report.salvaged;
    connection.execute_batch("COMMIT").map_err(failed)
}

/// Whether an entry can be the next one, or one that was seen already.
fn follows(entry: &JournalEntry, last: &mut u64) -> bool {
    let can_be = entry.sequence > 0 && entry.sequence.saturating_sub(*last) <= MISSING_LIMIT;
    if can_be {
        *last = entry.sequence.max(*last);
    }
    can_be
}

fn keep_line(connection: &Connection, entry: &JournalEntry) -> Result<u64, StoreError> {
    let failed = |error| StoreError::sql("gathering the journal", error);
    let sql = "INSERT INTO journal (sequence, at, line) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let row = rusqlite::params![
        entry.sequence,
        read::microseconds(entry.at),
        entry.to_line()?
    ];
    statement
        .execute(row)
        .map(|count| count as u64)
        .map_err(failed)
}

fn replay(
    connection: &mut Connection,
    blobs: &HashMap<BlobId, u64>,
    report: &mut RebuildReport,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql("replaying the journal", error);
    let transaction = connection.transaction().map_err(failed)?;
    let mut batch = TransactionBatch::new(
        &transaction,
        jiff::Timestamp::UNIX_EPOCH,
        schema::CatalogTotals::default(),
    );
    let mut lost = BTreeMap::new();
    loop {
        let entries = read::journal(&transaction, batch.totals.sequence, PAGE)?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            report.missing_entries += entry.sequence - batch.totals.sequence - 1;
            match &entry.decision {
                Decision::Captured {
                    path, blob, size, ..
                } if blobs.get(blob) != Some(size) => {
                    batch.skip(&entry);
                    lost.insert(path.clone(), (*blob, entry));
                }
                Decision::Repaired {
                    path, blob, size, ..
                } => {
                    if blobs.get(blob) == Some(size) {
                        let captured = lost.remove(path).map(|(_, captured)| captured);
                        batch.replay_repair(&entry, captured.as_ref())?;
                    } else {
                        batch.skip(&entry);
                    }
                }
                Decision::Replaced {
                    path, blob, size, ..
                } => {
                    let captured = lost.remove(path).map(|(_, captured)| captured);
                    if blobs.get(blob) == Some(size) {
                        batch.replay_replacement(&entry, captured.as_ref())?;
                    } else {
                        batch.forget(path)?;
                        batch.skip(&entry);
                        lost.insert(path.clone(), (*blob, captured.unwrap_or(entry)));
                    }
                }
                Decision::Withdrawn { path, .. } => {
                    // Its bytes are not missed: they were put aside.
                    lost.remove(path);
                    batch.replay(&entry)?;
                }
                _ => batch.replay(&entry)?,
            }
        }
    }
    for (path, (blob, _)) in lost {
        report.lost.push((path, blob));
    }
    batch.finish()?;
    tree::fill(&transaction)?;
    report.captures = batch.totals.captures;
    report.orphans = (blobs.len() as u64).saturating_sub(batch.totals.blobs);
    transaction.commit().map_err(failed)
}

/// Puts the old catalog aside and the new one in its place.
fn swap(layout: &DataLayout, new: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm"] {
        let old = layout.catalog_companion(suffix);
        if old.exists() {
            let aside = layout.catalog_companion(&format!(".damaged{suffix}"));
            fs::rename(&old, &aside)
                .map_err(|error| StoreError::file("putting aside", &old, error))?;
        }
    }
    let path = layout.catalog();
    fs::rename(new, &path).map_err(|error| StoreError::file("naming", &path, error))?;
    disk::sync_directory(layout.root())
}
