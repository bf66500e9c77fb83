//! Verification: is everything still what it was when it was captured?
//!
//! Every blob that a capture needs is read and hashed. Beyond that the catalog is compared with
//! itself, with the blobs that are really there and with the journal's mirror. Nothing is changed:
//! healing needs another source, which the store does not know.
//!
//! A blob without a row is no damage: a crash between publishing and committing leaves one, and so
//! does a capture that is just being made.

use super::{Problems, list};
use crate::{
    blob::BlobId,
    catalog::{
        connection, read, schema,
        tree::{self, Log},
    },
    core::Core,
    disk,
    error::StoreError,
    journal::{Decision, JournalEntry, mirror},
    options::BlobPlace,
    reader::BlobReader,
    store::Store,
};
use protocol::RecordedEvidence;
use rusqlite::Connection;
use std::{collections::BTreeMap, fs::File, sync::Arc};

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Blobs hashed so far.
    pub blobs: u64,
    /// Bytes hashed so far.
    pub bytes: u64,
    /// Bytes there are to hash.
    pub total_bytes: u64,
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Blobs hashed.
    pub blobs: u64,
    /// Bytes hashed.
    pub bytes: u64,
    /// Blobs that a capture needs and that are missing or wrong.
    pub damaged: Problems<DamagedBlob>,
    /// Blobs that no capture needs, with their sizes in bytes. No damage.
    pub orphans: Problems<(BlobId, u64)>,
    /// Files among the blobs that are none. No damage.
    pub strays: Problems<String>,
    /// What is wrong with the catalog, in words.
    pub catalog: Problems<String>,
    /// What is wrong with the journal's mirror, in words. The catalog has the journal as well.
    pub mirror: Problems<String>,
}

/// A blob that is not what its name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedBlob {
    /// Its name.
    pub blob: BlobId,
    /// What is wrong with it.
    pub problem: String,
    /// Paths of captures that need it, at most a hundred.
    pub paths: Vec<String>,
}

/// Paths named per damaged blob.
const PATHS: usize = 100;

/// Rows read at once where a table is walked.
const PAGE: usize = 1000;

// === impl VerifyReport ===

impl VerifyReport {
    /// Whether everything captured is as it was, and the catalog agrees with itself.
    pub fn is_healthy(&self) -> bool {
        self.damaged.is_empty() && self.catalog.is_empty() && self.mirror.is_empty()
    }
}

/// Verifies everything in `store` and tells `progress` after every blob.
pub async fn verify(
    store: &Store,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<VerifyReport, StoreError> {
    let mut report = VerifyReport::default();
    let total_bytes = store.health().bytes;
    for shelf in 0..=u8::MAX {
        // Rows before blobs: a capture made in between is an orphan at worst, never a loss.
        let rows = store
            .catalog()
            .ask_cold(move |connection| read::blobs(connection, shelf))
            .await?;
        let mut found = list::shelf(store.core(), shelf).await?;
        for (blob, size) in rows {
            let present = found.blobs.remove(&blob);
            check_blob(store, &mut report, blob, size, present).await?;
            progress(Progress {
                blobs: report.blobs,
                bytes: report.bytes,
                total_bytes,
            });
        }
        found
            .blobs
            .into_iter()
            .for_each(|orphan| report.orphans.push(orphan));
        found
            .strays
            .into_iter()
            .for_each(|stray| report.strays.push(stray));
    }
    let core = Arc::clone(store.core());
    let checked = tokio::task::spawn_blocking(move || check_catalog(&core, report)).await;
    checked.unwrap_or(Err(StoreError::Closed))
}

async fn check_blob(
    store: &Store,
    report: &mut VerifyReport,
    blob: BlobId,
    size: u64,
    present: Option<u64>,
) -> Result<(), StoreError> {
    let problem = match present {
        None => Some("it is missing".to_owned()),
        Some(found) if found != size => Some(format!("it has {found} bytes instead of {size}")),
        Some(_) => hash_problem(store.core(), blob, size).await?,
    };
    report.blobs += 1;
    report.bytes += present.unwrap_or(0);
    if let Some(problem) = problem {
        if present != Some(size) && store.is_beside() && !is_needed(store, blob).await? {
            // The process that writes has put it aside since its row was read.
            return Ok(());
        }
        let paths = move |connection: &Connection| read::captures_of(connection, blob, PATHS);
        let paths = store.catalog().ask_cold(paths).await?;
        report.damaged.push(DamagedBlob {
            blob,
            problem,
            paths,
        });
    }
    Ok(())
}

async fn is_needed(store: &Store, blob: BlobId) -> Result<bool, StoreError> {
    let captures = move |connection: &Connection| read::captures_of(connection, blob, 1);
    let captures = store.catalog().ask_cold(captures).await?;
    Ok(!captures.is_empty())
}

async fn hash_problem(
    core: &Arc<Core>,
    blob: BlobId,
    size: u64,
) -> Result<Option<String>, StoreError> {
    let checked = match &core.options.blobs {
        BlobPlace::Local => {
            let path = core.layout.blob(blob);
            let hashed = core
                .writes
                .run(move |()| File::open(&path).and_then(|file| disk::hash_file(&file)));
            return Ok(match hashed.await? {
                Ok((found, _)) if found == blob => None,
                Ok((found, _)) => Some(format!("its hash is {found}")),
                Err(error) => Some(error.to_string()),
            });
        }
        BlobPlace::Remote { .. } => BlobReader::open(core, blob, size).await?.verify().await,
    };
    match checked {
        Err(StoreError::CorruptBlob { problem, .. }) => Ok(Some(problem)),
        checked => checked.map(|()| None),
    }
}

fn check_catalog(core: &Core, mut report: VerifyReport) -> Result<VerifyReport, StoreError> {
    let connection = connection::open_reader(&core.layout)?;
    // All of it about one moment: another process may write meanwhile.
    connection
        .execute_batch("BEGIN")
        .map_err(|error| StoreError::sql("checking the catalog", error))?;
    check_structure(&connection, &mut report)?;
    check_evidence(&connection, &mut report)?;
    check_totals(&connection, &mut report)?;
    check_journal(&connection, &mut report)?;
    tree::problems(&connection, Log::Journal, |problem| {
        report.catalog.push(problem);
    })?;
    for name in read::own::databases(&connection)? {
        tree::problems(&connection, Log::Database(&name), |problem| {
            report.catalog.push(problem);
        })?;
    }
    let end = schema::totals(&connection)?.sequence;
    check_mirror(core, end, &mut report)?;
    Ok(report)
}

fn check_structure(connection: &Connection, report: &mut VerifyReport) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql("checking the catalog", error);
    for sql in [
        "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        "SELECT path || ' needs a blob without a row' FROM capture WHERE blob NOT IN (SELECT id FROM blob)",
        "SELECT path || ' has another size than its blob' FROM capture JOIN blob ON blob.id = capture.blob
         WHERE blob.size <> capture.size",
    ] {
        let mut statement = connection.prepare(sql).map_err(failed)?;
        let problems = statement.query_map([], |row| row.get::<_, String>(0)).map_err(failed)?;
        for problem in problems {
            report.catalog.push(problem.map_err(failed)?);
        }
    }
    Ok(())
}

/// Of every capture it is known why it is trusted.
fn check_evidence(connection: &Connection, report: &mut VerifyReport) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql("checking evidence", error);
    let sql = "SELECT path, evidence FROM capture";
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let evidence = RecordedEvidence::new(row.get::<_, String>(1).map_err(failed)?);
        if let Err(unknown) = evidence.read() {
            let path: String = row.get(0).map_err(failed)?;
            report
                .catalog
                .push(format!("{path} is not served: {unknown}"));
        }
    }
    Ok(())
}

fn check_totals(connection: &Connection, report: &mut VerifyReport) -> Result<(), StoreError> {
    let sql = "SELECT (SELECT count(*) FROM capture), (SELECT count(*) FROM blob),
               (SELECT coalesce(sum(size), 0) FROM blob)";
    let counted = connection
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(|error| StoreError::sql("counting", error))?;
    let totals = schema::totals(connection)?;
    if (totals.captures, totals.blobs, totals.bytes) != counted {
        report
            .catalog
            .push(format!("totals are {totals:?}, counted were {counted:?}"));
    }
    Ok(())
}

/// Every capture in the journal is kept as the journal says, and entries follow without a gap.
fn check_journal(connection: &Connection, report: &mut VerifyReport) -> Result<(), StoreError> {
    let (mut last, mut contradicted) = (0, BTreeMap::new());
    loop {
        let lines = read::journal_lines(connection, last, PAGE)?;
        if lines.is_empty() {
            for (path, sequence) in contradicted {
                let problem = format!("{path} is not kept as journal entry {sequence} says");
                report.catalog.push(problem);
            }
            return Ok(());
        }
        for (sequence, line) in lines {
            if sequence != last + 1 {
                report.catalog.push(format!(
                    "journal entries {} to {} are missing",
                    last + 1,
                    sequence - 1
                ));
            }
            last = sequence;
            match JournalEntry::from_line(&line) {
                None => report
                    .catalog
                    .push(format!("journal entry {sequence} is damaged")),
                Some(entry) => check_entry(connection, &entry, &mut contradicted)?,
            }
        }
    }
}

/// Notes a path that is not kept as an entry says; a later entry may say why.
fn check_entry(
    connection: &Connection,
    entry: &JournalEntry,
    contradicted: &mut BTreeMap<String, u64>,
) -> Result<(), StoreError> {
    let agrees = match &entry.decision {
        Decision::Captured { path, blob, .. } => {
            let kept = read::find(connection, path)?;
            kept.is_some_and(|kept| kept.blob == *blob && kept.sequence == entry.sequence)
        }
        Decision::Healed { path, blob, .. } | Decision::Replaced { path, blob, .. } => {
            read::find(connection, path)?.is_some_and(|kept| kept.blob == *blob)
        }
        Decision::Withdrawn { path, .. } => read::find(connection, path)?.is_none(),
        _ => return Ok(()),
    };
    let (Decision::Captured { path, .. }
    | Decision::Healed { path, .. }
    | Decision::Replaced { path, .. }
    | Decision::Withdrawn { path, .. }) = &entry.decision
    else {
        return Ok(());
    };
    if agrees {
        contradicted.remove(path);
    } else {
        contradicted.insert(path.clone(), entry.sequence);
    }
    Ok(())
}

fn check_mirror(core: &Core, end: u64, report: &mut VerifyReport) -> Result<(), StoreError> {
    let mut last = 0;
    for line in mirror::lines(&core.layout.journal())? {
        let line = line?;
        match line.entry {
            None => report.mirror.push(format!(
                "{}:{} is damaged",
                line.file.display(),
                line.number
            )),
            Some(entry) if entry.sequence != last + 1 => {
                report.mirror.push(if entry.sequence > last {
                    format!("entries {} to {} are missing", last + 1, entry.sequence - 1)
                } else {
                    format!("entry {} stands behind entry {last}", entry.sequence)
                });
                last = entry.sequence;
            }
            Some(entry) => last = entry.sequence,
        }
        // Entries written since the catalog was looked at are not its business.
        if last >= end {
            return Ok(());
        }
    }
    if last < end {
        report
            .mirror
            .push(format!("it ends at entry {last}, the catalog at {end}"));
    }
    Ok(())
}
