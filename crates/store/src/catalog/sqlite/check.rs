//! Check: the catalog compared with itself and with its journal.

use super::{
    connection, read, schema,
    tree::{self, Log},
};
use crate::{
    catalog::CatalogCheck,
    error::StoreError,
    journal::{Decision, JournalEntry},
    layout::DataLayout,
};
use protocol::RecordedEvidence;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Rows read at once where a table is walked.
const PAGE: usize = 1000;

/// Reads all of it, over a connection of its own; blocks.
pub(super) fn check(layout: &DataLayout) -> Result<CatalogCheck, StoreError> {
    let connection = connection::open_reader(layout)?;
    // All of it about one moment: another process may write meanwhile.
    connection
        .execute_batch("BEGIN")
        .map_err(|error| StoreError::sql("checking the catalog", error))?;
    let mut report = CatalogCheck::default();
    check_structure(&connection, &mut report)?;
    check_evidence(&connection, &mut report)?;
    check_totals(&connection, &mut report)?;
    check_journal(&connection, &mut report)?;
    tree::problems(&connection, Log::Journal, |problem| {
        report.problems.push(problem);
    })?;
    for name in read::own::databases(&connection)? {
        tree::problems(&connection, Log::Database(&name), |problem| {
            report.problems.push(problem);
        })?;
    }
    report.sequence = schema::totals(&connection)?.sequence;
    Ok(report)
}

fn check_structure(connection: &Connection, report: &mut CatalogCheck) -> Result<(), StoreError> {
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
            report.problems.push(problem.map_err(failed)?);
        }
    }
    Ok(())
}

/// Of every capture it is known why it is trusted.
fn check_evidence(connection: &Connection, report: &mut CatalogCheck) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql("checking evidence", error);
    let sql = "SELECT path, evidence FROM capture";
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let evidence = RecordedEvidence::new(row.get::<_, String>(1).map_err(failed)?);
        if let Err(unknown) = evidence.read() {
            let path: String = row.get(0).map_err(failed)?;
            report
                .problems
                .push(format!("{path} is not served: {unknown}"));
        }
    }
    Ok(())
}

fn check_totals(connection: &Connection, report: &mut CatalogCheck) -> Result<(), StoreError> {
    let sql = "SELECT (SELECT count(*) FROM capture), (SELECT count(*) FROM blob),
               (SELECT coalesce(sum(size), 0) FROM blob)";
    let counted = connection
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(|error| StoreError::sql("counting", error))?;
    let totals = schema::totals(connection)?;
    if (totals.captures, totals.blobs, totals.bytes) != counted {
        report
            .problems
            .push(format!("totals are {totals:?}, counted were {counted:?}"));
    }
    Ok(())
}

/// Every capture in the journal is kept as the journal says, and entries follow without a gap.
fn check_journal(connection: &Connection, report: &mut CatalogCheck) -> Result<(), StoreError> {
    let (mut last, mut contradicted) = (0, BTreeMap::new());
    loop {
        let lines = read::journal_lines(connection, last, PAGE)?;
        if lines.is_empty() {
            for (path, sequence) in contradicted {
                let problem = format!("{path} is not kept as journal entry {sequence} says");
                report.problems.push(problem);
            }
            return Ok(());
        }
        for (sequence, line) in lines {
            if sequence != last + 1 {
                report.problems.push(format!(
                    "journal entries {} to {} are missing",
                    last + 1,
                    sequence - 1
                ));
            }
            last = sequence;
            match JournalEntry::from_line(&line) {
                None => report
                    .problems
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
        Decision::Repaired { path, blob, .. } | Decision::Replaced { path, blob, .. } => {
            read::find(connection, path)?.is_some_and(|kept| kept.blob == *blob)
        }
        Decision::Withdrawn { path, .. } => read::find(connection, path)?.is_none(),
        _ => return Ok(()),
    };
    let (Decision::Captured { path, .. }
    | Decision::Repaired { path, .. }
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
