//! The writer: one thread that makes every change to the catalog.
//!
//! Changes that arrive while a transaction is being synced wait in the queue and become the next
//! transaction together, so commits per second do not depend on the disk's syncs per second. Each
//! is answered after the transaction is durable and before the mirror is written: the mirror is a
//! copy, and copies can wait.
//!
//! Checkpoints (moving the write-ahead file into the catalog) belong to this thread too, and are
//! begun when the queue has been empty for a moment, or at the latest when the write-ahead file
//! has grown by [`CHECKPOINT_PAGES`]. SQLite's own habit, a checkpoint inside every thousandth
//! page's commit, would make some capture wait for it.
//!
//! A disk that is full or read-only does not end the thread. The next change tries again, opening
//! the catalog anew if it was not open.

use super::{
    UnopenedCatalog,
    change::{CaptureCounts, TransactionBatch},
    command::QueuedCommand,
    connection, read,
    schema::{self, CatalogTotals},
};
use crate::{
    core::StoreCore,
    crash, disk,
    error::StoreError,
    health::StoreMetrics,
    journal::mirror::JournalMirror,
    thread_pool::{Queue, QueuedItem},
};
use rusqlite::Connection;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Changes in one transaction at most. A change is a few hundred bytes; at this number the sync is
/// a small part of the whole.
const BATCH: usize = 256;

/// The queue is "empty for a moment" after this long without a change: longer than the gaps inside
/// one build, shorter than anybody's patience for a backup of the file.
const IDLE: Duration = Duration::from_millis(500);

/// 32 MiB of write-ahead at SQLite's page size of 4 KiB: half the size to which the file is cut.
const CHECKPOINT_PAGES: u64 = 8192;

/// Fewer pages than this are not worth moving even when idle; SQLite's own default.
const IDLE_PAGES: u64 = 1000;

/// Journal lines copied to the mirror at once when it is behind.
const CATCH_UP: usize = 1000;

/// What waits for the writer.
pub(super) type WriterQueue = Queue<Box<dyn QueuedCommand>>;

/// The state of the writing thread.
pub(crate) struct CatalogWriter {
    core: Arc<StoreCore>,
    queue: Arc<WriterQueue>,
    /// Changed when readers must open their connections anew; zero while there is no writer.
    generation: Arc<AtomicU64>,
    /// How often the catalog was opened.
    opened: u64,
    unopened: UnopenedCatalog,
    connection: Option<Connection>,
    totals: CatalogTotals,
    mirror: JournalMirror,
    /// Pages written ahead since the last checkpoint, roughly.
    ahead: u64,
    /// Whether transactions are synced now, so that the setting is changed only when needed.
    syncing: bool,
}

// === impl CatalogWriter ===

impl CatalogWriter {
    pub(crate) fn new(
        core: Arc<StoreCore>,
        queue: Arc<WriterQueue>,
        generation: Arc<AtomicU64>,
        unopened: UnopenedCatalog,
    ) -> Self {
        let mirror = JournalMirror::new(core.layout.journal());
        let totals = CatalogTotals::default();
        Self {
            core,
            queue,
            generation,
            opened: 0,
            unopened,
            connection: None,
            totals,
            mirror,
            ahead: 0,
            syncing: true,
        }
    }

    /// Opens the catalog and brings the mirror up to it. A disk that cannot be written is noted,
    /// not an error: reads go on without a writer.
    pub(crate) fn open(&mut self) -> Result<(), StoreError> {
        let behind = JournalMirror::last_sequence(&self.core.layout.journal())?;
        if behind > 0 && !self.core.layout.catalog().exists() {
            let problem = format!("catalog.db is missing, and the journal has {behind} entries");
            return Err(StoreError::CorruptCatalog { problem });
        }
        let unopened = Arc::clone(&self.unopened);
        let _alone = unopened.write();
        let opened = connection::open_writer(&self.core.layout);
        let connection = opened.map_err(|error| self.explain(error))?;
        self.totals = schema::totals(&connection)?;
        if behind > self.totals.sequence {
            let problem = format!(
                "it ends at entry {}, the journal at {behind}",
                self.totals.sequence
            );
            return Err(StoreError::CorruptCatalog { problem });
        }
        self.connection = Some(connection);
        self.syncing = true;
        self.publish_totals();
        self.opened += 1;
        self.generation.store(self.opened, Ordering::Release);
        self.mirror.recover()?;
        self.catch_up()
    }

    /// Serves the queue until it is closed.
    pub(crate) fn run(mut self) {
        loop {
            match self.queue.pop(Some(IDLE)) {
                QueuedItem::Item(first) => {
                    let mut batch = vec![first];
                    batch.extend(self.queue.drain(BATCH - 1));
                    self.serve(batch);
                    self.checkpoint(CHECKPOINT_PAGES);
                }
                QueuedItem::TimedOut => {
                    self.rest();
                    self.checkpoint(IDLE_PAGES);
                }
                QueuedItem::Closed => break,
            }
        }
        self.rest();
    }

    /// Takes totals that were read without a writer, for a store that cannot write.
    pub(crate) fn adopt(&mut self, totals: CatalogTotals) {
        self.totals = totals;
        self.publish_totals();
    }

    fn serve(&mut self, mut commands: Vec<Box<dyn QueuedCommand>>) {
        let result = self.transact(&mut commands);
        let result = result.map_err(|error| self.explain(error));
        self.core.metrics.wrote(&result);
        match result {
            Ok(lines) => {
                self.core.crash.reached(crash::AFTER_TRANSACTION);
                for command in commands {
                    command.answer(Ok(()));
                }
                self.copy_to_mirror(&lines);
            }
            Err(error) => {
                StoreMetrics::count(&self.core.metrics.failed_transactions);
                if !matches!(error, StoreError::DiskFull { .. }) {
                    // Whatever it is, a connection that is opened anew sees it anew.
                    self.connection = None;
                    self.generation.store(0, Ordering::Release);
                }
                tracing::error!(%error, changes = commands.len(), "the catalog could not be written");
                for command in commands {
                    command.answer(Err(error.clone()));
                }
            }
        }
    }

    /// Makes one transaction of the commands; gives the journal lines that it wrote.
    fn transact(
        &mut self,
        commands: &mut [Box<dyn QueuedCommand>],
    ) -> Result<Vec<String>, StoreError> {
        if self.connection.is_none() {
            self.open()?;
        }
        let Some(connection) = self.connection.as_mut() else {
            return Err(StoreError::Closed);
        };
        let failed = |error| StoreError::sql("committing", error);
        let must_last = commands.iter().any(|command| command.must_last());
        let pages: u64 = commands.iter().map(|command| command.pages()).sum();
        if must_last != self.syncing {
            connection
                .pragma_update(
                    None,
                    "synchronous",
                    if must_last { "FULL" } else { "NORMAL" },
                )
                .map_err(failed)?;
            self.syncing = must_last;
        }
        self.core.crash.reached(crash::BEFORE_TRANSACTION);
        let transaction = connection.transaction().map_err(failed)?;
        let mut batch =
            TransactionBatch::new(&transaction, self.core.options.clock.now(), self.totals);
        for command in commands {
            command.apply(&mut batch)?;
        }
        batch.finish()?;
        let TransactionBatch {
            totals,
            lines,
            counts,
            ..
        } = batch;
        transaction.commit().map_err(failed)?;
        self.ahead += pages;
        self.totals = totals;
        self.publish_totals();
        self.count(counts);
        Ok(lines)
    }

    /// SQLite says "cannot open" or "input or output failed" where the cause is that nothing can be
    /// written. So the disk itself is asked, and its word is taken if it has one.
    fn explain(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Catalog { .. } => {
                let probe = disk::probe(&self.core.next_spool_path());
                probe
                    .err()
                    .filter(StoreError::is_unwritable)
                    .unwrap_or(error)
            }
            error => error,
        }
    }

    fn count(&self, counts: CaptureCounts) {
        let CaptureCounts {
            new,
            repeated,
            refused,
        } = counts;
        let metrics = &self.core.metrics;
        StoreMetrics::count(&metrics.transactions);
        metrics.commits.fetch_add(new, Ordering::Relaxed);
        metrics
            .repeated_commits
            .fetch_add(repeated, Ordering::Relaxed);
        metrics.conflicts.fetch_add(refused, Ordering::Relaxed);
    }

    fn publish_totals(&self) {
        let metrics = &self.core.metrics;
        metrics
            .captures
            .store(self.totals.captures, Ordering::Relaxed);
        metrics.blobs.store(self.totals.blobs, Ordering::Relaxed);
        metrics.bytes.store(self.totals.bytes, Ordering::Relaxed);
        metrics
            .sequence
            .store(self.totals.sequence, Ordering::Relaxed);
    }

    /// A mirror that cannot be written is only behind: the lines are in the catalog.
    fn copy_to_mirror(&mut self, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.core.crash.reached(crash::BEFORE_JOURNAL_MIRROR);
        let first = self.totals.sequence + 1 - lines.len() as u64;
        let written = if self.mirror.expects(first) {
            self.mirror.append(first, lines)
        } else {
            self.mirror.recover().and_then(|_| self.catch_up())
        };
        if let Err(error) = written {
            self.core.metrics.fail(&error);
            tracing::warn!(%error, "the journal's mirror is behind");
        }
    }

    fn catch_up(&mut self) -> Result<(), StoreError> {
        let Some(connection) = self.connection.as_ref() else {
            return Ok(());
        };
        let mut last = self.mirror.last();
        loop {
            let (numbers, lines): (Vec<u64>, Vec<String>) =
                read::journal_lines(connection, last, CATCH_UP)?
                    .into_iter()
                    .unzip();
            let (Some(first), Some(end)) = (numbers.first(), numbers.last()) else {
                return Ok(());
            };
            self.mirror.append(*first, &lines)?;
            last = *end;
        }
    }

    fn rest(&mut self) {
        if let Err(error) = self.mirror.sync() {
            self.core.metrics.fail(&error);
            tracing::warn!(%error, "the journal's mirror could not be synced");
        }
    }

    fn checkpoint(&mut self, threshold: u64) {
        let Some(connection) = self.connection.as_ref().filter(|_| self.ahead >= threshold) else {
            return;
        };
        // Passive: takes what no reader needs any more, and waits for nobody.
        let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        match moved.map_err(|error| StoreError::sql("checkpointing", error)) {
            Ok(()) => self.ahead = 0,
            Err(error) => {
                self.core.metrics.fail(&error);
                tracing::warn!(%error, "the write-ahead file could not be moved into the catalog");
            }
        }
    }
}
