//! What can be changed in the catalog, and how each change is applied inside a transaction.
//!
//! A capture is an insertion and nothing else (law L2). Whoever offers other bytes for a kept key
//! is refused, and the refusal is an entry of the journal. A captured row changes only with an entry
//! that says so: when bytes are healed, withdrawn, or replaced because nothing confirmed them (L11).

mod cached_answer;
mod own;
mod publication;
mod repair;
mod replace;
mod trust;
mod version_marks;

pub(crate) use {
    cached_answer::{AgeCachedAnswers, PutCachedAnswer},
    own::AppendRecord,
    trust::{AddProof, KeepTiles, OpenCase, SwapState, WithdrawCapture},
};

use super::{
    command::{Command, CommandOutcome},
    read::{self, ABSENT, KNOWN, microseconds},
};
use crate::{
    blob::BlobId,
    cached_answer::CACHED_ANSWER_LIMIT,
    catalog::{CaptureRow, NewCapture},
    error::StoreError,
    journal::{Decision, Facts, JournalEntry},
    key::Key,
    record::{CommitOutcome, Provenance, Record},
};
use gomod::ArtifactKind;
use jiff::Timestamp;
use protocol::RecordedEvidence;
use rusqlite::{Connection, params};

use super::{schema::CatalogTotals, tree};

/// A decision to write into the journal; gives the sequence number of its entry.
pub(crate) struct AppendEntry(pub(crate) Decision);

/// Forgets absences older than this; gives how many there were.
pub(crate) struct SweepAbsences(pub(crate) Timestamp);

/// Changes nothing: answered when everything queued before it is done.
pub(crate) struct Barrier;

/// The row of a capture to insert.
struct NewCaptureRow<'a> {
    path: &'a str,
    blob: BlobId,
    size: u64,
    h1: Option<&'a str>,
    source: &'a str,
    evidence: &'a RecordedEvidence,
    facts: &'a Facts,
    sequence: u64,
    at: i64,
}

/// How many captures of a transaction came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CaptureCounts {
    /// Captured for the first time.
    pub(crate) new: u64,
    /// Kept already, with the same bytes.
    pub(crate) repeated: u64,
    /// Refused, because other bytes are kept.
    pub(crate) refused: u64,
}

/// The changes of one transaction.
pub(crate) struct TransactionBatch<'c> {
    connection: &'c Connection,
    now: Timestamp,
    /// The sums as they will be.
    pub(crate) totals: CatalogTotals,
    /// The journal lines written, in order.
    pub(crate) lines: Vec<String>,
    /// What became of captures.
    pub(crate) counts: CaptureCounts,
}

/// Memos deleted at once when there are too many, so that not every further one deletes.
const MEMO_SLACK: u64 = CACHED_ANSWER_LIMIT / 20;

// === impl Command ===

impl Command for NewCapture {
    type Outcome = CommitOutcome;

    fn apply(
        self,
        batch: &mut TransactionBatch<'_>,
    ) -> Result<CommandOutcome<CommitOutcome>, StoreError> {
        batch.capture(self)
    }
}

impl Command for AppendEntry {
    type Outcome = u64;

    fn apply(self, batch: &mut TransactionBatch<'_>) -> Result<CommandOutcome<u64>, StoreError> {
        let (sequence, _) = batch.journal(self.0)?;
        Ok(CommandOutcome::Done(sequence))
    }
}

impl Command for SweepAbsences {
    type Outcome = u64;

    fn must_last(&self) -> bool {
        false
    }

    fn apply(self, batch: &mut TransactionBatch<'_>) -> Result<CommandOutcome<u64>, StoreError> {
        batch.sweep_absences(self.0).map(CommandOutcome::Done)
    }
}

impl Command for Barrier {
    type Outcome = ();

    fn apply(self, _: &mut TransactionBatch<'_>) -> Result<CommandOutcome<()>, StoreError> {
        Ok(CommandOutcome::Done(()))
    }
}

// === impl TransactionBatch ===

impl<'c> TransactionBatch<'c> {
    pub(crate) fn new(connection: &'c Connection, now: Timestamp, totals: CatalogTotals) -> Self {
        Self {
            connection,
            now,
            totals,
            lines: Vec::new(),
            counts: CaptureCounts::default(),
        }
    }

    /// Writes the sums; the last statement of every transaction.
    pub(crate) fn finish(&self) -> Result<(), StoreError> {
        let CatalogTotals {
            captures,
            blobs,
            bytes,
            memos,
            ..
        } = self.totals;
        let sql = "UPDATE total SET captures = ?1, blobs = ?2, bytes = ?3, memos = ?4";
        self.execute(
            "writing totals",
            sql,
            params![captures, blobs, bytes, memos],
        )
        .map(drop)
    }

    /// Inserts the rows that an entry of the journal stands for; the entry itself is there
    /// already. For a rebuild.
    pub(crate) fn replay(&mut self, entry: &JournalEntry) -> Result<(), StoreError> {
        self.skip(entry);
        let Decision::Captured {
            path,
            blob,
            size,
            h1,
            source,
            evidence,
            facts,
        } = &entry.decision
        else {
            return self.replay_trust(entry);
        };
        // The first capture stays, should a journal ever tell of two.
        if Key::parse(path).is_none() || read::find(self.connection, path)?.is_some() {
            return Ok(());
        }
        self.insert(&NewCaptureRow {
            path,
            blob: *blob,
            size: *size,
            h1: h1.as_deref(),
            source,
            evidence,
            facts,
            sequence: entry.sequence,
            at: microseconds(entry.at),
        })
    }

    /// Goes on behind an entry of the journal without inserting anything for it.
    pub(crate) fn skip(&mut self, entry: &JournalEntry) {
        (self.totals.sequence, self.totals.at) = (entry.sequence, microseconds(entry.at));
    }

    fn capture(&mut self, new: NewCapture) -> Result<CommandOutcome<CommitOutcome>, StoreError> {
        if let Some(kept) = read::find(self.connection, &new.path)? {
            return if kept.blob == new.blob {
                self.counts.repeated += 1;
                let record = kept.into_record(new.key);
                let repeated = record.map(|record| CommitOutcome {
                    record,
                    fresh: false,
                });
                Ok(repeated.into())
            } else {
                self.refuse(new, kept.blob).map(CommandOutcome::Refused)
            };
        }
        let NewCapture {
            key,
            path,
            blob,
            size,
            provenance,
        } = new;
        let Provenance {
            h1,
            source,
            evidence,
            facts,
            proof,
            log,
        } = provenance;
        if let Some(proof) = &proof {
            self.prove(proof, &[])?;
        }
        let recorded = RecordedEvidence::from(&evidence);
        let (sequence, first_seen) = self.journal(Decision::Captured {
            path: path.clone(),
            blob,
            size,
            h1: h1.clone(),
            source: source.clone(),
            evidence: recorded.clone(),
            facts: facts.clone(),
        })?;
        self.insert(&NewCaptureRow {
            path: &path,
            blob,
            size,
            h1: h1.as_deref(),
            source: &source,
            evidence: &recorded,
            facts: &facts,
            sequence,
            at: microseconds(first_seen),
        })?;
        self.counts.new += 1;
        if let (Some(database), Key::Artifact(artifact)) = (&log, &key) {
            self.log_version(database, artifact)?;
        }
        let record = Record {
            key,
            blob,
            size,
            h1,
            source,
            evidence,
            first_seen,
            sequence,
        };
        Ok(CommandOutcome::Done(CommitOutcome {
            record,
            fresh: true,
        }))
    }

    fn refuse(&mut self, new: NewCapture, kept: BlobId) -> Result<StoreError, StoreError> {
        let NewCapture {
            path,
            blob: offered,
            provenance: Provenance { source, .. },
            ..
        } = new;
        self.counts.refused += 1;
        self.journal(Decision::Conflict {
            path: path.clone(),
            kept,
            offered,
            source,
            quarantined: false,
        })?;
        Ok(StoreError::Conflict {
            path,
            kept,
            offered,
        })
    }

    fn insert(&mut self, new: &NewCaptureRow<'_>) -> Result<(), StoreError> {
        let action = "inserting a capture";
        if let Some(version) = version_path(new.path)
            && !self.has_version(version)?
        {
            let sql = "INSERT INTO version (first_seen, path) VALUES (?1, ?2)";
            self.execute(action, sql, params![new.at, version])?;
        }
        let sql = "INSERT INTO blob (id, size) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        let blobs = self.execute(action, sql, params![new.blob.as_bytes(), new.size])?;
        let sql = "INSERT INTO capture (path, blob, size, h1, source, evidence, facts, first_seen, sequence)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let facts =
            (!new.facts.is_empty()).then(|| serde_json::to_string(new.facts).unwrap_or_default());
        let row = params![
            new.path,
            new.blob.as_bytes(),
            new.size,
            new.h1,
            new.source,
            new.evidence.as_str(),
            facts,
            new.at,
            new.sequence
        ];
        self.totals.captures += self.execute(action, sql, row)?;
        self.totals.blobs += blobs;
        self.totals.bytes += blobs * new.size;
        Ok(())
    }

    fn has_version(&self, version: &str) -> Result<bool, StoreError> {
        let failed = |error| StoreError::sql("looking up a version", error);
        // Not a range: `v1.0.0-rc.` also begins the files of `v1.0.0-rc.1`.
        let files = ArtifactKind::ALL.map(|kind| format!("{version}.{}", kind.extension()));
        let sql = "SELECT path FROM capture WHERE path IN (?1, ?2, ?3)";
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        statement.exists(files).map_err(failed)
    }

    /// Appends an entry. Its time is later than that of every entry before, even if the clock
    /// stands still or goes back: the index pages by time.
    fn journal(&mut self, decision: Decision) -> Result<(u64, Timestamp), StoreError> {
        let at = microseconds(self.now).max(self.totals.at + 1);
        let sequence = self.totals.sequence + 1;
        let time = Timestamp::from_microsecond(at).unwrap_or(self.now);
        let line = JournalEntry {
            sequence,
            at: time,
            decision,
        }
        .to_line()?;
        let sql = "INSERT INTO journal (sequence, at, line) VALUES (?1, ?2, ?3)";
        self.execute("writing the journal", sql, params![sequence, at, line])?;
        tree::complete(self.connection, tree::Log::Journal, sequence)?;
        self.lines.push(line);
        (self.totals.sequence, self.totals.at) = (sequence, at);
        Ok((sequence, time))
    }

    fn execute(
        &self,
        action: &str,
        sql: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<u64, StoreError> {
        let failed = |error| StoreError::sql(action, error);
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        statement
            .execute(parameters)
            .map(|count| count as u64)
            .map_err(failed)
    }
}

/// `M/@v/V` of the path of an artifact.
fn version_path(path: &str) -> Option<&str> {
    let (module, file) = path.rsplit_once("/@v/")?;
    let (version, _kind) = file.rsplit_once('.')?;
    path.get(..module.len() + "/@v/".len() + version.len())
        .filter(|_| !path.starts_with("sumdb/"))
}

#[cfg(test)]
mod tests {
    use super::{CACHED_ANSWER_LIMIT, MEMO_SLACK, TransactionBatch};
    use super::{CatalogTotals, Timestamp, read, version_path};
    use crate::cached_answer::{
        CachedAnswer, CachedAnswerClass, CachedAnswerKey, CachedAnswerStatus,
    };
    use crate::catalog::sqlite::schema;
    use rusqlite::Connection;

    #[test]
    fn beyond_their_limit_the_oldest_memos_go() {
        let mut connection = Connection::open_in_memory().expect("a database in memory");
        schema::migrate(&mut connection).expect("migrated");
        // One more than are dropped at once, aged by their number.
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= ?1)
                    INSERT INTO memo SELECT 1, 'm' || i || '/@v/list', 1, i, '', x'' FROM n";
        connection.execute(fill, [MEMO_SLACK]).expect("filled");
        let totals = CatalogTotals {
            memos: CACHED_ANSWER_LIMIT,
            ..CatalogTotals::default()
        };
        let mut batch = TransactionBatch::new(&connection, Timestamp::UNIX_EPOCH, totals);
        let newest = CachedAnswerKey::new(CachedAnswerClass::List, "new/@v/list");
        let memo = CachedAnswer {
            body: bytes::Bytes::from_static(b"v1.0.0"),
            status: CachedAnswerStatus::Known,
            fetched_at: Timestamp::from_second(1000).expect("a time"),
            source: String::new(),
        };
        let put = batch.put_memo(&newest, &memo);
        assert!(put.is_ok());
        assert_eq!(batch.totals.memos, CACHED_ANSWER_LIMIT + 1 - MEMO_SLACK);
        let left = |key: &CachedAnswerKey| read::memo(&connection, key).expect("read").is_some();
        assert!(left(&newest));
        assert!(left(&CachedAnswerKey::new(
            CachedAnswerClass::List,
            format!("m{}/@v/list", MEMO_SLACK + 1)
        )));
        assert!(!left(&CachedAnswerKey::new(
            CachedAnswerClass::List,
            format!("m{MEMO_SLACK}/@v/list")
        )));
    }

    /// A client that asks for many names that do not exist must not push out what serves others
    /// through an outage.
    #[test]
    fn absences_go_before_what_is_known() {
        let mut connection = Connection::open_in_memory().expect("a database in memory");
        schema::migrate(&mut connection).expect("migrated");
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= ?1)
                    INSERT INTO memo SELECT 5, 'm' || i || '/@v/list', 0, i, '', x'' FROM n";
        connection.execute(fill, [MEMO_SLACK]).expect("filled");
        let totals = CatalogTotals {
            memos: CACHED_ANSWER_LIMIT,
            ..CatalogTotals::default()
        };
        let mut batch = TransactionBatch::new(&connection, Timestamp::UNIX_EPOCH, totals);
        let oldest = CachedAnswerKey::new(CachedAnswerClass::List, "old/@v/list");
        let memo = CachedAnswer {
            body: bytes::Bytes::from_static(b"v1.0.0"),
            status: CachedAnswerStatus::Known,
            fetched_at: Timestamp::UNIX_EPOCH,
            source: String::new(),
        };
        let put = batch.put_memo(&oldest, &memo);
        assert!(put.is_ok());
        let kept = read::memo(&connection, &oldest).expect("read");
        assert!(kept.is_some(), "older than every absence, and kept");
    }

    #[test]
    fn the_version_of_a_path_ends_before_its_kind() {
        assert_eq!(
            version_path("example.com/m/@v/v1.0.0.info"),
            Some("example.com/m/@v/v1.0.0")
        );
        assert_eq!(
            version_path("sumdb/sum.golang.org/lookup/example.com/m@v1.0.0"),
            None
        );
        assert_eq!(version_path("sumdb/x/lookup/a/@v/b.c"), None);
    }
}
