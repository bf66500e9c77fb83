//! Memos in the catalog: put in the place of older ones, dropped beyond their limit, set back in age.

use super::{ABSENT, Command, CommandOutcome, KNOWN, MEMO_SLACK, TransactionBatch, microseconds};
use crate::{
    cached_answer::{
        CACHED_ANSWER_LIMIT, CachedAnswer, CachedAnswerClass, CachedAnswerKey, CachedAnswerStatus,
        StaleMark,
    },
    error::StoreError,
    key::prefix_range,
};
use gomod::ModulePath;
use jiff::Timestamp;
use rusqlite::params;

/// Remembers an answer, instead of whatever was remembered under its key.
pub(crate) struct PutCachedAnswer(pub(crate) CachedAnswerKey, pub(crate) CachedAnswer);

/// Makes what is remembered about a module as old as the mark; gives the paths of the answers.
pub(crate) struct AgeCachedAnswers(pub(crate) ModulePath, pub(crate) StaleMark);

// === impl PutCachedAnswer ===

impl Command for PutCachedAnswer {
    type Outcome = ();

    fn must_last(&self) -> bool {
        false
    }

    fn apply(self, batch: &mut TransactionBatch<'_>) -> Result<CommandOutcome<()>, StoreError> {
        batch.put_memo(&self.0, &self.1).map(CommandOutcome::Done)
    }
}

impl Command for AgeCachedAnswers {
    type Outcome = Vec<String>;

    fn must_last(&self) -> bool {
        false
    }

    fn apply(
        self,
        batch: &mut TransactionBatch<'_>,
    ) -> Result<CommandOutcome<Vec<String>>, StoreError> {
        batch.age_module(&self.0, self.1).map(CommandOutcome::Done)
    }
}

// === impl TransactionBatch ===

impl TransactionBatch<'_> {
    pub(super) fn put_memo(
        &mut self,
        key: &CachedAnswerKey,
        memo: &CachedAnswer,
    ) -> Result<(), StoreError> {
        let action = "writing a memo";
        let class = key.class.number();
        let status = if memo.status == CachedAnswerStatus::Absent {
            ABSENT
        } else {
            KNOWN
        };
        let sql = "DELETE FROM memo WHERE class = ?1 AND path = ?2";
        let replaced = self.execute(action, sql, params![class, key.path])?;
        let sql = "INSERT INTO memo (class, path, status, fetched_at, source, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let row = params![
            class,
            key.path,
            status,
            microseconds(memo.fetched_at),
            memo.source,
            &memo.body[..]
        ];
        self.execute(action, sql, row)?;
        self.totals.memos = (self.totals.memos + 1).saturating_sub(replaced);
        if self.totals.memos > CACHED_ANSWER_LIMIT {
            // Absences (status 0) first: they save a question, the others serve an outage, and
            // anybody can cause any number of absences.
            let sql = "DELETE FROM memo WHERE (class, path) IN
                       (SELECT class, path FROM memo ORDER BY status, fetched_at LIMIT ?1)";
            let count = self.execute("dropping old memos", sql, [MEMO_SLACK])?;
            self.totals.memos = self.totals.memos.saturating_sub(count);
        }
        Ok(())
    }

    pub(super) fn sweep_absences(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM memo WHERE fetched_at < ?1 AND status = 0";
        let count = self.execute("sweeping memos", sql, [microseconds(before)])?;
        self.totals.memos = self.totals.memos.saturating_sub(count);
        Ok(count)
    }

    fn age_module(
        &mut self,
        module: &ModulePath,
        mark: StaleMark,
    ) -> Result<Vec<String>, StoreError> {
        let (from, to) = prefix_range(&format!("{}/@", module.escaped()));
        let failed = |error| StoreError::sql("aging memos", error);
        // What is older already stays so: nobody makes an answer older than this by asking often.
        let sql =
            "UPDATE memo SET fetched_at = min(fetched_at, CASE status WHEN ?1 THEN ?2 ELSE ?3 END)
                   WHERE class = ?4 AND path >= ?5 AND path < ?6 RETURNING path";
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let (known, absent) = (microseconds(mark.known), microseconds(mark.absent));
        let mut paths = Vec::new();
        for class in CachedAnswerClass::all() {
            let row = params![KNOWN, known, absent, class.number(), from, to];
            let aged = statement.query_map(row, |row| row.get(0)).map_err(failed)?;
            for path in aged {
                paths.push(path.map_err(failed)?);
            }
        }
        Ok(paths)
    }
}
