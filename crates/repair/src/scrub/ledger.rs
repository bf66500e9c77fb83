//! Ledger: how far the present pass is, and how the last one ended, across restarts.
//!
//! One state of the store, as JSON. It is written now and then: a pass that is killed hashes once
//! more what it hashed since, and that is cheaper than a transaction a blob. It is in no journal: a
//! rebuilt catalog has none, and the next pass begins anew.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{BlobId, Store, StoreError};

/// The state's name.
const STATE: &str = "scrub/ledger";

/// What passes have come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    /// The pass under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) current: Option<Cursor>,
    /// The last one that reached its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<PassReport>,
}

/// A pass under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// When it began, in seconds of the epoch.
    pub(super) started: i64,
    /// The last blob that is done, in hexadecimal digits; none at the beginning.
    pub(super) after: Option<String>,
    /// Bytes of the blobs that are done, as the catalog has them: of a missing one none were hashed.
    pub(super) done: u64,
    /// What it came to so far.
    pub(super) tally: Tally,
}

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Blobs hashed.
    pub blobs: u64,
    /// Bytes hashed.
    pub bytes: u64,
    /// Blobs that were damaged or missing.
    pub damaged: u64,
    /// Of these, those whose captures have their bytes again.
    pub healed: u64,
    /// Of the damaged, those that could not be healed and were put aside.
    pub quarantined: u64,
}

/// A pass that reached its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassReport {
    /// When it began (RFC 3339).
    pub started: String,
    /// When it ended (RFC 3339).
    pub ended: String,
    /// What it came to.
    #[serde(flatten)]
    pub tally: Tally,
}

/// The ledger as it is written, to be compared with when it is changed.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) ledger: Ledger,
    written: Option<Bytes>,
}

// === impl Cursor ===

impl Cursor {
    pub(super) fn begun(at: Timestamp) -> Self {
        Self {
            started: at.as_second(),
            after: None,
            done: 0,
            tally: Tally::default(),
        }
    }

    /// The last blob that is done. A name that cannot be read is none: the pass hashes more than it
    /// must.
    pub(super) fn after(&self) -> Option<BlobId> {
        self.after.as_deref()?.parse().ok()
    }

    pub(super) fn started(&self) -> Timestamp {
        Timestamp::from_second(self.started).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub(super) fn ended(&self, at: Timestamp) -> PassReport {
        PassReport {
            started: self.started().to_string(),
            ended: at.to_string(),
            tally: self.tally,
        }
    }
}

// === impl PassReport ===

impl PassReport {
    /// When it began.
    pub(super) fn started(&self) -> Option<Timestamp> {
        self.started.parse().ok()
    }

    /// When it ended, in seconds of the epoch.
    pub(super) fn ended_at(&self) -> Option<i64> {
        let ended: Timestamp = self.ended.parse().ok()?;
        Some(ended.as_second())
    }
}

// === impl Book ===

impl Book {
    /// Reads what is written. What cannot be understood is as good as nothing.
    pub(super) async fn open(store: &Store) -> Result<Self, StoreError> {
        let written = store.state(STATE).await?;
        let ledger = written.as_deref().and_then(|text| {
            serde_json::from_slice(text)
                .inspect_err(|error| tracing::warn!(%error, "scrubbing begins anew"))
                .ok()
        });
        Ok(Self {
            ledger: ledger.unwrap_or_default(),
            written,
        })
    }

    /// Writes it. If somebody else has meanwhile, theirs stays until the next time.
    pub(super) async fn write(&mut self, store: &Store) -> Result<(), StoreError> {
        let Ok(text) = serde_json::to_vec(&self.ledger) else {
            return Ok(());
        };
        let text = Bytes::from(text);
        let old = self.written.clone();
        self.written = if store.swap_state(STATE, old, text.clone()).await? {
            Some(text)
        } else {
            store.state(STATE).await?
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Book, Cursor, Ledger};
    use bytes::Bytes;
    use jiff::Timestamp;
    use store::{BlobId, Store, StoreOptions};

    async fn store(directory: &tempfile::TempDir) -> Store {
        let options = StoreOptions::local(directory.path());
        Store::open(options).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_written_is_there_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let mut cursor = Cursor::begun(Timestamp::from_second(1_700_000_000).unwrap());
        cursor.after = Some(BlobId::of(b"x").to_string());
        cursor.tally.blobs = 7;
        let ledger = Ledger {
            last: Some(cursor.ended(Timestamp::from_second(1_700_000_100).unwrap())),
            current: Some(cursor),
        };
        {
            let store = store(&directory).await;
            let mut book = Book::open(&store).await.unwrap();
            assert_eq!(book.ledger, Ledger::default());
            book.write(&store).await.unwrap();
            book.ledger = ledger.clone();
            book.write(&store).await.unwrap();
        }
        let store = store(&directory).await;
        let book = Book::open(&store).await.unwrap();
        assert_eq!(book.ledger, ledger);
        let cursor = book.ledger.current.unwrap();
        assert_eq!(cursor.after(), Some(BlobId::of(b"x")));
        let last = book.ledger.last.unwrap();
        assert_eq!(last.started, "2023-11-14T22:13:20Z");
        assert_eq!(last.ended_at(), Some(1_700_000_100));
    }

    #[tokio::test]
    async fn a_ledger_that_cannot_be_read_is_written_anew() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        let garbage = Bytes::from_static(b"{\"current\":7}");
        store.swap_state(super::STATE, None, garbage).await.unwrap();
        let mut book = Book::open(&store).await.unwrap();
        assert_eq!(book.ledger, Ledger::default());
        book.write(&store).await.unwrap();
        let kept = store.state(super::STATE).await.unwrap();
        assert_eq!(kept.as_deref(), Some(&b"{}"[..]));
    }
}
