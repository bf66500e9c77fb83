//! What can be changed in the catalog, and how each change is applied inside a transaction.
//!
//! A capture is an insertion and nothing else (law L2). Whoever offers other bytes for a kept key
//! is refused, and the refusal is an entry of the journal. A captured row changes only with an entry
//! that says so: when bytes are healed, withdrawn, or replaced because nothing confirmed them (L11).

mod heal;
mod memo;
mod own;
mod replace;
mod trust;
mod withdrawn;

pub(crate) use {heal::Heal, replace::Replace};

use super::read::{self, ABSENT, CaptureRow, KNOWN, microseconds};
use crate::{
    blob::BlobId,
    error::StoreError,
    journal::{Decision, JournalEntry, JournalEvent},
    key::Key,
    memo::{MEMO_LIMIT, Memo, MemoKey, StaleMark},
    own::{NewRecord, OwnRecord},
    record::{Committed, Provenance, Record},
    trust::{KeptTile, VersionProof, Withdrawal},
};
use bytes::Bytes;
use gomod::{ArtifactKind, ModulePath};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{schema::Totals, tree};

/// A change that somebody waits for.
pub(crate) enum Change {
    Capture(NewCapture),
    Journal(Decision),
    PutMemo(MemoKey, Memo),
    AgeModule(ModulePath, StaleMark),
    SweepAbsences(Timestamp),
    /// A proof that was found later than what it proves, and the captures it vouches for now.
    Prove(VersionProof, Vec<Key>),
    Withdraw(Withdrawal),
    /// An order about a version (`MODULE/@v/VERSION`): withdrawn from now on, or not any more.
    OrderVersion {
        version: String,
        reason: String,
        withdrawn: bool,
    },
    /// Bytes in the place of lost ones.
    Heal(Heal),
    /// Bytes in the place of unconfirmed ones.
    Replace(Replace),
    /// Why a capture is trusted from now on, if it still has this blob.
    Confirm {
        path: String,
        blob: BlobId,
        evidence: String,
    },
    OpenCase(JournalEvent),
    KeepTiles(Vec<KeptTile>),
    /// Records for a checksum database of our own; those of versions it knows are left out.
    Log(NewRecord),
    SwapState {
        name: String,
        old: Option<Bytes>,
        new: Bytes,
    },
    /// Changes nothing: answered when everything queued before it is done.
    Barrier,
}

/// A capture whose blob is durable already.
pub(crate) struct NewCapture {
    pub(crate) key: Key,
    pub(crate) path: String,
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) provenance: Provenance,
}

/// What a change came to.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Committed(Committed),
    /// Rows changed.
    Count(u64),
    /// Paths of the memos that were changed.
    Paths(Vec<String>),
    /// Sequence number of the new journal entry.
    Sequence(u64),
    /// Whether a state was what it was taken to be, and is the new one now.
    Swapped(bool),
    /// The record of a version, whether it was there or is new.
    Logged(OwnRecord),
    /// What was withdrawn, if it was there.
    Withdrawn(Option<BlobId>),
    /// The row as it is now, if it was about the blob that was lost or replaced.
    Healed(Option<CaptureRow>),
}

/// The changes of one transaction.
pub(crate) struct Batch<'c> {
    connection: &'c Connection,
    now: Timestamp,
    /// The sums as they will be.
    pub(crate) totals: Totals,
    /// The journal lines written, in order.
    pub(crate) lines: Vec<String>,
    /// Captures that were new, repeated, refused.
    pub(crate) counts: [u64; 3],
}

/// Memos deleted at once when there are too many, so that not every further one deletes.
const MEMO_SLACK: u64 = MEMO_LIMIT / 20;

// === impl Change ===

impl Change {
    /// Whether somebody was or will be told something that must survive a power cut. Memos are
    /// only remembered, and tiles matter to whoever is told of a head or a record that comes behind
    /// them: a transaction of those alone is not synced.
    pub(crate) fn must_last(&self) -> bool {
        !matches!(
            self,
            Self::PutMemo(..) | Self::AgeModule(..) | Self::SweepAbsences(_) | Self::KeepTiles(_)
        )
    }

    /// Pages that it writes ahead, roughly: a leaf of each table that a capture touches; a tile
    /// fills two, and a third is shared.
    pub(crate) fn pages(&self) -> u64 {
        match self {
            Self::KeepTiles(tiles) => 3 * tiles.len() as u64,
            _ => 5,
        }
    }
}

// === impl Batch ===

impl<'c> Batch<'c> {
    pub(crate) fn new(connection: &'c Connection, now: Timestamp, totals: Totals) -> Self {
        Self {
            connection,
            now,
            totals,
            lines: Vec::new(),
            counts: [0; 3],
        }
    }

    /// Applies one change. The outer error spoils the transaction; the inner one is the answer to
    /// this change alone.
    pub(crate) fn apply(
        &mut self,
        change: Change,
    ) -> Result<Result<Outcome, StoreError>, StoreError> {
        match change {
            Change::Capture(capture) => self.capture(capture),
            Change::Journal(decision) => Ok(Ok(Outcome::Sequence(self.journal(decision)?.0))),
            Change::PutMemo(key, memo) => {
                self.put_memo(&key, &memo).map(|()| Ok(Outcome::Count(1)))
            }
            Change::AgeModule(module, mark) => self
                .age_module(&module, mark)
                .map(|paths| Ok(Outcome::Paths(paths))),
            Change::SweepAbsences(before) => {
                let sql = "DELETE FROM memo WHERE fetched_at < ?1 AND status = 0";
                let count = self.execute("sweeping memos", sql, [microseconds(before)])?;
                self.totals.memos = self.totals.memos.saturating_sub(count);
                Ok(Ok(Outcome::Count(count)))
            }
            Change::Prove(proof, captures) => self
                .prove(&proof, &captures)
                .map(|count| Ok(Outcome::Count(count))),
            Change::Withdraw(withdrawal) => {
                let withdrawn = self.withdraw(withdrawal)?;
                Ok(Ok(Outcome::Withdrawn(withdrawn)))
            }
            Change::OrderVersion {
                version,
                reason,
                withdrawn,
            } => self
                .order_version(&version, &reason, withdrawn)
                .map(|count| Ok(Outcome::Count(count))),
            Change::Heal(heal) => self.heal(heal),
            Change::Replace(replace) => {
                let row = self.replace(replace)?;
                Ok(Ok(Outcome::Healed(row)))
            }
            Change::Confirm {
                path,
                blob,
                evidence,
            } => self
                .confirm(path, blob, evidence)
                .map(|count| Ok(Outcome::Count(count))),
            Change::OpenCase(event) => {
                let sequence = self.open_case(event)?;
                Ok(Ok(Outcome::Sequence(sequence)))
            }
            Change::KeepTiles(tiles) => {
                let count = self.keep_tiles(&tiles)?;
                Ok(Ok(Outcome::Count(count)))
            }
            Change::SwapState { name, old, new } => {
                let swapped = self.swap_state(&name, old.as_deref(), &new)?;
                Ok(Ok(Outcome::Swapped(swapped)))
            }
            Change::Log(record) => {
                let record = self.log(record)?;
                Ok(Ok(Outcome::Logged(record)))
            }
            Change::Barrier => Ok(Ok(Outcome::Count(0))),
        }
    }

    /// Writes the sums; the last statement of every transaction.
    pub(crate) fn finish(&self) -> Result<(), StoreError> {
        let Totals {
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
        let (Some(key), None) = (Key::parse(path), read::find(self.connection, path)?) else {
            return Ok(());
        };
        let capture = NewCapture {
            key,
            path: path.clone(),
            blob: *blob,
            size: *size,
            provenance: Provenance {
                h1: h1.clone(),
                source: source.clone(),
                evidence: evidence.clone(),
                facts: facts.clone(),
                proof: None,
                log: None,
            },
        };
        self.insert(&capture, entry.sequence, microseconds(entry.at))
    }

    /// Goes on behind an entry of the journal without inserting anything for it.
    pub(crate) fn skip(&mut self, entry: &JournalEntry) {
        (self.totals.sequence, self.totals.at) = (entry.sequence, microseconds(entry.at));
    }

    fn capture(&mut self, new: NewCapture) -> Result<Result<Outcome, StoreError>, StoreError> {
        if let Some(kept) = read::find(self.connection, &new.path)? {
            return if kept.blob == new.blob {
                self.counts[1] += 1;
                Ok(Ok(Outcome::Committed(Committed {
                    record: kept.into_record(new.key),
                    fresh: false,
                })))
            } else {
                self.refuse(new, kept.blob, false).map(Err)
            };
        }
        if let Some(proof) = &new.provenance.proof {
            self.prove(proof, &[])?;
        }
        let (sequence, first_seen) = self.journal(Decision::Captured {
            path: new.path.clone(),
            blob: new.blob,
            size: new.size,
            h1: new.provenance.h1.clone(),
            source: new.provenance.source.clone(),
            evidence: new.provenance.evidence.clone(),
            facts: new.provenance.facts.clone(),
        })?;
        self.insert(&new, sequence, microseconds(first_seen))?;
        self.counts[0] += 1;
        if let (Some(database), Key::Artifact(artifact)) = (&new.provenance.log, &new.key) {
            self.log_version(database, artifact)?;
        }
        let NewCapture {
            key,
            blob,
            size,
            provenance,
            ..
        } = new;
        let record = Record {
            key,
            blob,
            size,
            h1: provenance.h1,
            source: provenance.source,
            evidence: provenance.evidence,
            first_seen,
            sequence,
        };
        Ok(Ok(Outcome::Committed(Committed {
            record,
            fresh: true,
        })))
    }

    fn refuse(
        &mut self,
        new: NewCapture,
        kept: BlobId,
        quarantined: bool,
    ) -> Result<StoreError, StoreError> {
        let NewCapture {
            path,
            blob: offered,
            provenance: Provenance { source, .. },
            ..
        } = new;
        self.counts[2] += 1;
        self.journal(Decision::Conflict {
            path: path.clone(),
            kept,
            offered,
            source,
            quarantined,
        })?;
        Ok(StoreError::Conflict {
            path,
            kept,
            offered,
        })
    }

    fn insert(&mut self, new: &NewCapture, sequence: u64, at: i64) -> Result<(), StoreError> {
        let action = "inserting a capture";
        if let Some(version) = version_path(&new.path)
            && !self.has_version(version)?
        {
            let sql = "INSERT INTO version (first_seen, path) VALUES (?1, ?2)";
            self.execute(action, sql, params![at, version])?;
        }
        let sql = "INSERT INTO blob (id, size) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        let blobs = self.execute(action, sql, params![new.blob.as_bytes(), new.size])?;
        let sql = "INSERT INTO capture (path, blob, size, h1, source, evidence, facts, first_seen, sequence)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let NewCapture {
            path,
            blob,
            size,
            provenance:
                Provenance {
                    h1,
                    source,
                    evidence,
                    facts,
                    ..
                },
            ..
        } = new;
        let facts = (!facts.is_empty()).then(|| serde_json::to_string(facts).unwrap_or_default());
        let row = params![
            path,
            blob.as_bytes(),
            size,
            h1,
            source,
            evidence,
            facts,
            at,
            sequence
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
    use super::{Batch, Change, MEMO_LIMIT, MEMO_SLACK, Memo, MemoKey};
    use super::{Timestamp, Totals, read, version_path};
    use crate::catalog::schema;
    use crate::memo::{MemoClass, MemoStatus};
    use rusqlite::Connection;

    #[test]
    fn beyond_their_limit_the_oldest_memos_go() {
        let mut connection = Connection::open_in_memory().expect("a database in memory");
        schema::migrate(&mut connection).expect("migrated");
        // One more than are dropped at once, aged by their number.
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= ?1)
                    INSERT INTO memo SELECT 1, 'm' || i || '/@v/list', 1, i, '', x'' FROM n";
        connection.execute(fill, [MEMO_SLACK]).expect("filled");
        let totals = Totals {
            memos: MEMO_LIMIT,
            ..Totals::default()
        };
        let mut batch = Batch::new(&connection, Timestamp::UNIX_EPOCH, totals);
        let newest = MemoKey::new(MemoClass::List, "new/@v/list");
        let memo = Memo {
            body: bytes::Bytes::from_static(b"v1.0.0"),
            status: MemoStatus::Known,
            fetched_at: Timestamp::from_second(1000).expect("a time"),
            source: String::new(),
        };
        let put = batch.apply(Change::PutMemo(newest.clone(), memo));
        assert!(matches!(put, Ok(Ok(_))));
        assert_eq!(batch.totals.memos, MEMO_LIMIT + 1 - MEMO_SLACK);
        let left = |key: &MemoKey| read::memo(&connection, key).expect("read").is_some();
        assert!(left(&newest));
        assert!(left(&MemoKey::new(
            MemoClass::List,
            format!("m{}/@v/list", MEMO_SLACK + 1)
        )));
        assert!(!left(&MemoKey::new(
            MemoClass::List,
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
        let totals = Totals {
            memos: MEMO_LIMIT,
            ..Totals::default()
        };
        let mut batch = Batch::new(&connection, Timestamp::UNIX_EPOCH, totals);
        let oldest = MemoKey::new(MemoClass::List, "old/@v/list");
        let memo = Memo {
            body: bytes::Bytes::from_static(b"v1.0.0"),
            status: MemoStatus::Known,
            fetched_at: Timestamp::UNIX_EPOCH,
            source: String::new(),
        };
        let put = batch.apply(Change::PutMemo(oldest.clone(), memo));
        assert!(matches!(put, Ok(Ok(_))));
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
