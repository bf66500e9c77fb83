//! The store: the one handle everybody uses.
//!
//! It joins blobs and catalog: a blob is durable before the catalog is told of it (law L5). The catalog
//! is reached through its port alone; which one it is is decided where a store is opened.

mod publish;
mod repair;
mod replace;
mod scan;
mod space;
mod tiles;
mod trust;
mod version_marks;

pub use tiles::TILE_SIZE;

use crate::{
    blob::BlobId,
    blob_place,
    cached_answer::{CACHED_ANSWER_BODY_LIMIT, CachedAnswer, CachedAnswerKey, StaleMark},
    catalog::{Catalog, NewCapture, Priority, sqlite::SqliteCatalog},
    core::StoreCore,
    disk,
    error::StoreError,
    health::{StoreHealth, StoreMetrics},
    journal::{Decision, Facts, JournalEntry, JournalEvent, signed::LogState},
    key::{KEY_PATH_LIMIT, Key},
    layout::DataLayout,
    lock::DirectoryLock,
    options::{BlobPlace, StoreOptions},
    placement::{self, QuarantineOutcome},
    publication::{PublicationOutcome, VersionPublication},
    reader::BlobReader,
    record::{Capture, CapturePage, CommitOutcome, IndexEntry, Provenance, Record, StoredVersion},
    spool::{SealedSpool, Spool},
};
use bytes::Bytes;
use gomod::ModulePath;
use jiff::Timestamp;
use std::{fs, path::Path, sync::Arc};

/// The largest blob that [`Store::read_small`] reads into memory: the largest go.mod that Go
/// accepts (module reference, "File name and path constraints").
pub const SMALL_LIMIT: u64 = 16 << 20;

/// Everything durable a site keeps. Cloning is cheap; the data directory is released when the last
/// clone is dropped.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // Dropped in this order: the catalog waits for its writer, then the lock is given back.
    catalog: Arc<dyn Catalog>,
    core: Arc<StoreCore>,
    log: LogState,
    /// None where another process has it.
    lock: Option<DirectoryLock>,
}

// === impl Store ===

impl Store {
    /// Opens the store: takes the lock, empties the spool, migrates the catalog, brings the
    /// journal's mirror up to it and compares it with the head that was signed last. Reads a fixed
    /// number of pages, whatever is kept.
    ///
    /// On a full or read-only disk an existing store opens for reading; [`Store::health`] says so,
    /// and writes begin to work when the disk does.
    pub async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        let opened = tokio::task::spawn_blocking(move || Self::open_blocking(options)).await;
        let store = opened.unwrap_or(Err(StoreError::Closed))?;
        store.journal_log().settle().await;
        Ok(store)
    }

    fn open_blocking(options: StoreOptions) -> Result<Self, StoreError> {
        let core = Arc::new(StoreCore::start(blob_place::settle(options)?)?);
        if core.layout.restoring().exists() && core.options.restored.is_none() {
            return Err(StoreError::HalfRestored {
                directory: core.layout.root().display().to_string(),
            });
        }
        let made = blob_place::note(&core).and_then(|()| core.layout.create());
        if let (Err(error), false) = (&made, core.layout.catalog().exists()) {
            return Err(error.clone());
        }
        let lock = DirectoryLock::take(&core.layout)?;
        core.layout.warn_if_open();
        let swept = made
            .and_then(|()| sweep(&core))
            .and_then(|()| match core.options.blobs {
                BlobPlace::Local => core.layout.create_shelves(),
                BlobPlace::Remote { .. } => Ok(()),
            });
        core.metrics.tried(&swept);
        let catalog = Arc::new(SqliteCatalog::open(&core)?);
        Ok(Self {
            inner: Arc::new(Inner {
                catalog,
                core,
                log: LogState::default(),
                lock: Some(lock),
            }),
        })
    }

    /// Opens the store for reading, beside the process that has it: every question is answered as of that
    /// process's last commit, and whatever would change anything is [`StoreError::StoreInUse`]. Nothing
    /// is made, swept or migrated.
    pub async fn open_beside(options: StoreOptions) -> Result<Self, StoreError> {
        let open = move || {
            let core = Arc::new(StoreCore::start(blob_place::settle(options)?)?);
            let catalog = Arc::new(SqliteCatalog::beside(&core)?);
            Ok(Self {
                inner: Arc::new(Inner {
                    catalog,
                    core,
                    log: LogState::default(),
                    lock: None,
                }),
            })
        };
        let opened = tokio::task::spawn_blocking(open).await;
        opened.unwrap_or(Err(StoreError::Closed))
    }

    /// Whether another process has the store, and this one only reads.
    pub fn is_beside(&self) -> bool {
        self.inner.lock.is_none()
    }

    /// What is kept under `key`. Never waits for a writer.
    pub async fn find(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        let found = self
            .inner
            .catalog
            .find(key.path(), Priority::Request)
            .await?;
        let metrics = self.metrics();
        StoreMetrics::count(if found.is_some() {
            &metrics.hits
        } else {
            &metrics.misses
        });
        let record = found.map(|row| row.into_record(key.clone())).transpose();
        if let Err(error) = &record {
            metrics.misread(error);
        }
        record
    }

    /// What checks found about the capture under `key`.
    pub async fn facts(&self, key: &Key) -> Result<Option<Facts>, StoreError> {
        self.inner.catalog.facts(key.path()).await
    }

    /// Opens a kept blob. [`StoreError::CorruptBlob`] if it is missing or has another size.
    pub async fn open_blob(&self, record: &Record) -> Result<BlobReader, StoreError> {
        BlobReader::open(&self.inner.core, record.blob, record.size).await
    }

    /// Reads a whole blob of at most [`SMALL_LIMIT`] bytes and compares its hash.
    pub async fn read_small(&self, record: &Record) -> Result<Bytes, StoreError> {
        if record.size > SMALL_LIMIT {
            return Err(StoreError::TooLarge {
                what: "a small blob",
                size: record.size,
                limit: SMALL_LIMIT,
            });
        }
        self.open_blob(record).await?.read_whole().await
    }

    /// A new spool for a download.
    pub async fn spool(&self) -> Result<Spool, StoreError> {
        Spool::create(&self.inner.core).await
    }

    /// Captures bytes under a key: durable, with their journal entry, when this returns. It goes
    /// on to its end even if the caller goes away.
    ///
    /// The same bytes again are answered with the record that is kept, and heal its blob. Other
    /// bytes are [`StoreError::Conflict`]: they go into quarantine, with a journal entry.
    pub async fn commit(&self, capture: Capture) -> Result<CommitOutcome, StoreError> {
        let store = self.clone();
        let task = tokio::spawn(async move {
            let committed = store.commit_to_the_end(capture).await;
            store.metrics().wrote(&committed);
            committed
        });
        task.await.unwrap_or(Err(StoreError::Closed))
    }

    /// [`Store::commit`] for bytes that are in memory.
    pub async fn commit_small(
        &self,
        key: Key,
        bytes: Bytes,
        provenance: Provenance,
    ) -> Result<CommitOutcome, StoreError> {
        let core = Arc::clone(&self.inner.core);
        let sealed = core
            .clone()
            .writes
            .run(move |()| SealedSpool::write(&core, &bytes))
            .await?;
        self.metrics().tried(&sealed);
        self.commit(Capture {
            key,
            sealed: sealed?,
            provenance,
        })
        .await
    }

    /// Publishes a version: durable and visible as a whole when this returns, or not at all. It goes on to
    /// its end even if the caller goes away.
    pub async fn publish(
        &self,
        publication: VersionPublication,
    ) -> Result<PublicationOutcome, StoreError> {
        let store = self.clone();
        let task = tokio::spawn(async move {
            let published = publish::to_the_end((store.core(), store.catalog()), publication).await;
            store.metrics().wrote(&published);
            published
        });
        task.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Versions of a module of which something is kept, in the order of their text.
    pub async fn kept_versions(
        &self,
        module: &ModulePath,
    ) -> Result<Vec<StoredVersion>, StoreError> {
        self.inner.catalog.kept_versions(module.clone()).await
    }

    /// The blob under `key`, whatever else stands beside it: for orders about it, not for serving it.
    pub async fn blob_of(&self, key: &Key) -> Result<Option<BlobId>, StoreError> {
        let found = self.inner.catalog.find(key.path(), Priority::Background);
        Ok(found.await?.map(|row| row.blob))
    }

    /// Captures behind the path `after`, in the order of their paths, at most `limit`.
    pub async fn captures(&self, after: &str, limit: usize) -> Result<CapturePage, StoreError> {
        let rows = self.inner.catalog.captures(after.to_owned(), limit).await?;
        let mut page = CapturePage {
            last: rows.last().map(|row| row.path.clone()),
            ..CapturePage::default()
        };
        for row in rows {
            let path = row.path.clone();
            let record = match Key::parse(&path) {
                Some(key) => row.into_record(key),
                None => Err(StoreError::InvalidKey { path: path.clone() }),
            };
            match record {
                Ok(record) => page.records.push(record),
                Err(error) => {
                    self.metrics().misread(&error);
                    page.unreadable.push((path, error));
                }
            }
        }
        Ok(page)
    }

    /// At most `limit` modules of which something is kept, behind `after`, in the order of their
    /// escaped paths.
    pub async fn modules(
        &self,
        after: Option<ModulePath>,
        limit: usize,
    ) -> Result<Vec<ModulePath>, StoreError> {
        self.inner.catalog.modules(after, limit).await
    }

    /// Versions in the order in which this site captured them, at or after `since`; at most
    /// `limit`. No two have the same time.
    pub async fn index(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<IndexEntry>, StoreError> {
        self.inner.catalog.index(since, limit).await
    }

    /// Journal entries behind the sequence number `after`, at most `limit`.
    pub async fn journal(&self, after: u64, limit: usize) -> Result<Vec<JournalEntry>, StoreError> {
        self.inner.catalog.journal(after, limit).await
    }

    /// Writes a decision that is not a capture into the journal. Returns its sequence number.
    pub async fn event(&self, event: JournalEvent) -> Result<u64, StoreError> {
        self.inner.catalog.append(event.checked()?).await
    }

    /// A remembered answer.
    pub async fn cached_answer(
        &self,
        key: &CachedAnswerKey,
    ) -> Result<Option<CachedAnswer>, StoreError> {
        self.inner.catalog.answer(key.clone()).await
    }

    /// Remembers an answer, instead of whatever was remembered under this key. Visible when this
    /// returns; a power cut may forget it.
    pub async fn put_cached_answer(
        &self,
        key: CachedAnswerKey,
        memo: CachedAnswer,
    ) -> Result<(), StoreError> {
        let bounds = [
            (
                "the body of a memo",
                memo.body.len(),
                CACHED_ANSWER_BODY_LIMIT,
            ),
            ("the path of a memo", key.path.len(), KEY_PATH_LIMIT),
        ];
        for (what, size, limit) in bounds {
            if size > limit {
                return Err(StoreError::TooLarge {
                    what,
                    size: size as u64,
                    limit: limit as u64,
                });
            }
        }
        self.inner.catalog.put_answer(key, memo).await
    }

    /// Makes every answer remembered about a module as old as the mark, or leaves it older. Nothing is
    /// lost: an old answer serves until a newer one replaces it. Returns the paths of the answers.
    pub async fn age_cached_answers(
        &self,
        module: &ModulePath,
        mark: StaleMark,
    ) -> Result<Vec<String>, StoreError> {
        self.inner.catalog.age_answers(module.clone(), mark).await
    }

    /// Forgets absences older than `before`. Returns how many there were.
    pub async fn sweep_cached_absences(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.inner.catalog.sweep_absences(before).await
    }

    /// Waits until everything that was asked before is durable.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.inner.catalog.flush().await
    }

    /// How the store is. Costs nothing and waits for nothing.
    pub fn health(&self) -> StoreHealth {
        self.metrics().health()
    }

    /// Figures since the process started, and the present totals.
    pub fn metrics(&self) -> &StoreMetrics {
        &self.inner.core.metrics
    }

    /// Tries to write, and notes in [`Store::health`] how it went: for a store that stopped writing
    /// and has nothing to commit.
    pub async fn probe_writable(&self) -> Result<(), StoreError> {
        let path = self.inner.core.next_spool_path();
        let written = self.inner.core.writes.run(move |()| disk::probe(&path));
        let mut result = written.await?;
        if result.is_ok() {
            result = self.probe_blobs().await;
        }
        if result.is_ok() {
            result = self.flush().await;
        }
        self.metrics().wrote(&result);
        result
    }

    /// Whether the bucket of the blobs, if they lie in one, takes a blob and gives it back.
    ///
    /// # Errors
    /// [`StoreError::BlobAccess`] where it refuses us or is not there, others where it cannot be reached.
    pub async fn probe_blobs(&self) -> Result<(), StoreError> {
        blob_place::probe(&self.inner.core).await
    }

    pub(crate) fn core(&self) -> &Arc<StoreCore> {
        &self.inner.core
    }

    pub(crate) fn catalog(&self) -> &dyn Catalog {
        self.inner.catalog.as_ref()
    }

    pub(crate) fn log_state(&self) -> &LogState {
        &self.inner.log
    }

    async fn commit_to_the_end(&self, capture: Capture) -> Result<CommitOutcome, StoreError> {
        let path = capture.key.checked_path()?;
        capture.check_words()?;
        let kept = self
            .inner
            .catalog
            .find(path.clone(), Priority::Background)
            .await?;
        if let Some(kept) = kept.filter(|kept| kept.blob != capture.sealed.blob()) {
            return self.refuse(path, kept.blob, capture).await;
        }
        let Capture {
            key,
            sealed,
            provenance,
        } = capture;
        let (blob, size) = (sealed.blob(), sealed.size());
        placement::publish(&self.inner.core, sealed).await?;
        let new = NewCapture {
            key,
            path,
            blob,
            size,
            provenance,
        };
        self.inner.catalog.commit(new).await
    }

    /// Other bytes for a kept key: put aside, journalled once, refused.
    async fn refuse(
        &self,
        path: String,
        kept: BlobId,
        capture: Capture,
    ) -> Result<CommitOutcome, StoreError> {
        let Capture {
            mut sealed,
            provenance,
            ..
        } = capture;
        let offered = sealed.blob();
        let core = Arc::clone(&self.inner.core);
        let quarantined = core
            .clone()
            .writes
            .run(move |()| placement::quarantine(&core, &mut sealed))
            .await?;
        StoreMetrics::count(&self.metrics().conflicts);
        let fate = quarantined.unwrap_or_else(|error| {
            // Named by their hash: a path may be private, and the journal has it (law L7).
            tracing::warn!(%error, blob = %offered, "refused bytes could not be put into quarantine");
            QuarantineOutcome::NoRoom
        });
        let error = StoreError::Conflict {
            path: path.clone(),
            kept,
            offered,
        };
        if fate == QuarantineOutcome::AlreadyThere {
            return Err(error);
        }
        let quarantined = fate == QuarantineOutcome::Moved;
        let decision = Decision::Conflict {
            path,
            kept,
            offered,
            source: provenance.source,
            quarantined,
        };
        // The refusal stands whether or not it can be written down.
        if let Err(error) = self.inner.catalog.append(decision).await {
            tracing::warn!(%error, "a refusal could not be journalled");
        }
        Err(error)
    }
}

/// Makes the data directory, or one below it, and its missing parents for the owner's eyes only.
pub fn create_private_directory(directory: &Path) -> Result<(), StoreError> {
    disk::create_directory(directory)
}

/// Whether anything was ever kept in this data directory. Looks, and makes nothing.
pub fn is_store(directory: &Path) -> bool {
    DataLayout::new(directory).is_store()
}

/// Empties the spool: what is in it belongs to a process that is gone.
fn sweep(core: &StoreCore) -> Result<(), StoreError> {
    let directory = core.layout.spool();
    let failed = |error| StoreError::file("sweeping", &directory, error);
    for entry in fs::read_dir(&directory).map_err(failed)? {
        disk::remove_file(&entry.map_err(failed)?.path())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Store;
    use crate::{key::Key, options::StoreOptions, record::Provenance};
    use std::sync::Arc;
    use tokio::sync::Mutex;

    /// Law L4: with every thread of cold work stuck, a warm read goes through.
    #[tokio::test]
    async fn warm_reads_share_no_thread_with_cold_work() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(StoreOptions::local(directory.path()))
            .await
            .expect("opens");
        let key = Key::parse("example.com/m/@v/v1.0.0.mod").expect("a key");
        let kept = store
            .commit_small(key.clone(), "kept".into(), Provenance::default())
            .await;
        assert!(kept.is_ok());

        let gate = Arc::new(Mutex::new(()));
        let shut = gate.lock().await;
        for _ in 0..100 {
            let (one, other) = (Arc::clone(&gate), Arc::clone(&gate));
            store
                .core()
                .writes
                .detach(move |()| drop(one.blocking_lock()));
            let stuck = store.clone();
            tokio::spawn(async move {
                let work = Box::new(move || drop(other.blocking_lock()));
                stuck.catalog().occupy_background(work).await
            });
        }
        tokio::task::yield_now().await;
        let record = store.find(&key).await.expect("answered").expect("kept");
        assert_eq!(store.read_small(&record).await.expect("read"), "kept");
        drop(shut);
    }
}
