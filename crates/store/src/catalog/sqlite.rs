//! The catalog in SQLite, on threads of its own.
//!
//! One thread writes, a few read; the runtime's threads never touch the database, and readers
//! never wait for the writer (law L4): write-ahead mode gives each reader the state of the last
//! commit. A dead or disabled writer leaves reads as they were. Lookups of a request have threads
//! of their own; listings, and the lookups that captures make, share others.

mod change;
mod check;
mod command;
mod connection;
mod copy;
mod port;
mod read;
mod rebuild;
mod schema;
mod tree;
mod writer;

pub use rebuild::{RebuildReport, rebuild};

pub(crate) use copy::CatalogCopy;

use crate::{
    core::StoreCore,
    error::StoreError,
    layout::DataLayout,
    thread_pool::{self, Queue, ThreadPool},
};
use command::{Command, Reply};
use parking_lot::RwLock;
use rusqlite::Connection;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};
use writer::{CatalogWriter, WriterQueue};

/// Threads for everything that is not a lookup of a request. Two, so that captures go on beside
/// one long listing.
const COLD_READERS: usize = 2;

/// The open catalog, in its file.
pub(crate) struct SqliteCatalog {
    core: Arc<StoreCore>,
    // Dropped in this order: the last connection to close empties the write-ahead file into the
    // catalog, and only the writer's can.
    warm: ThreadPool<CatalogReader>,
    cold: ThreadPool<CatalogReader>,
    writer: WriterThread,
    /// Whether another process writes.
    beside: bool,
}

/// The writing thread and the way to it. Dropping it waits until what is queued is done.
struct WriterThread {
    queue: Arc<WriterQueue>,
    thread: Option<JoinHandle<()>>,
}

/// The state of one reading thread.
struct CatalogReader {
    layout: DataLayout,
    /// Which generation of the catalog readers should have open; zero while there is no writer.
    wanted: Arc<AtomicU64>,
    open: Option<(u64, Connection)>,
    unopened: UnopenedCatalog,
}

/// Held by whoever has the catalog open while there is no writer.
///
/// On a disk that cannot be written SQLite shares among all connections of a process what it could
/// not open for writing, until the last of them is closed. So for as long as no writer could open
/// the catalog, readers open it for one question each, and the writer tries to open it alone.
type UnopenedCatalog = Arc<RwLock<()>>;

// === impl SqliteCatalog ===

impl SqliteCatalog {
    /// Opens the catalog; blocking. On a disk that cannot be written the catalog is opened for
    /// reading, if it is there, and the metrics say why.
    pub(crate) fn open(core: &Arc<StoreCore>) -> Result<Self, StoreError> {
        let (queue, generation) = (Arc::new(Queue::new()), Arc::new(AtomicU64::new(0)));
        let unopened = UnopenedCatalog::default();
        let mut writer = CatalogWriter::new(
            Arc::clone(core),
            Arc::clone(&queue),
            Arc::clone(&generation),
            Arc::clone(&unopened),
        );
        match writer.open() {
            Err(error) if may_be_read(&error) && core.layout.catalog().exists() => {
                let connection =
                    connection::open_reader(&core.layout).map_err(|_| error.clone())?;
                writer.adopt(schema::totals(&connection)?);
                core.metrics.fail(&error);
                tracing::warn!(%error, "the catalog is open for reading only");
            }
            opened => opened?,
        }
        let count = core.options.catalog_readers.max(1);
        let reader = || CatalogReader {
            layout: core.layout.clone(),
            wanted: Arc::clone(&generation),
            open: None,
            unopened: Arc::clone(&unopened),
        };
        let readers = |count| std::iter::repeat_with(reader).take(count);
        let warm = ThreadPool::start("lookup", readers(count))?;
        let cold = ThreadPool::start("listing", readers(COLD_READERS))?;
        let (closing, metrics) = (Arc::clone(&queue), Arc::clone(core));
        let work = move || {
            if catch_unwind(AssertUnwindSafe(|| writer.run())).is_err() {
                // Nobody will serve the queue: what waits in it is answered, what comes is refused.
                metrics.metrics.fail(&StoreError::Closed);
                closing.close();
                drop(closing.drain(usize::MAX));
            }
        };
        let thread = Some(thread_pool::spawn("writer", work)?);
        let writer = WriterThread { queue, thread };
        Ok(Self {
            core: Arc::clone(core),
            warm,
            cold,
            writer,
            beside: false,
        })
    }

    /// Opens the catalog for reading, beside the process that writes it; blocking. Readers see every
    /// commit of that process, as its own readers do.
    pub(crate) fn beside(core: &Arc<StoreCore>) -> Result<Self, StoreError> {
        let connection = connection::open_reader(&core.layout)?;
        let totals = schema::totals(&connection)?;
        core.metrics
            .captures
            .store(totals.captures, Ordering::Relaxed);
        core.metrics.blobs.store(totals.blobs, Ordering::Relaxed);
        core.metrics.bytes.store(totals.bytes, Ordering::Relaxed);
        core.metrics
            .sequence
            .store(totals.sequence, Ordering::Relaxed);
        // The one generation that there will be.
        let generation = Arc::new(AtomicU64::new(1));
        let reader = || CatalogReader {
            layout: core.layout.clone(),
            wanted: Arc::clone(&generation),
            open: None,
            unopened: UnopenedCatalog::default(),
        };
        let readers = |count| std::iter::repeat_with(reader).take(count);
        let warm = ThreadPool::start("lookup", readers(core.options.catalog_readers.max(1)))?;
        let cold = ThreadPool::start("listing", readers(COLD_READERS))?;
        let queue = Arc::new(Queue::new());
        queue.close();
        let writer = WriterThread {
            queue,
            thread: None,
        };
        Ok(Self {
            core: Arc::clone(core),
            warm,
            cold,
            writer,
            beside: true,
        })
    }

    /// Asks the catalog something that takes microseconds, for a request.
    async fn ask<R, F>(&self, question: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&Connection) -> Result<R, StoreError> + Send + 'static,
    {
        self.note(self.warm.run(move |reader| reader.ask(question)).await?)
    }

    /// Asks the catalog anything else.
    async fn ask_cold<R, F>(&self, question: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&Connection) -> Result<R, StoreError> + Send + 'static,
    {
        self.note(self.cold.run(move |reader| reader.ask(question)).await?)
    }

    fn note<R>(&self, answer: Result<R, StoreError>) -> Result<R, StoreError> {
        if let Err(error) = &answer {
            self.core.metrics.misread(error);
        }
        answer
    }

    /// Changes the catalog; durable when this returns, unless it is only a cached answer. A change that
    /// was queued is made even if the asker goes away.
    async fn change<C: Command>(&self, command: C) -> Result<C::Outcome, StoreError> {
        let answer = self.queue(command).await?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Puts a change into the queue: it is made before whatever is queued behind it.
    async fn queue<C: Command>(&self, command: C) -> Result<Reply<C::Outcome>, StoreError> {
        if self.beside {
            return Err(self.core.layout.in_use());
        }
        let (queued, answer) = command::queued(command);
        self.writer.queue.push(queued).await?;
        Ok(answer)
    }
}

// === impl WriterThread ===

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // A panic of it has been reported by the thread itself.
            let _ = thread.join();
        }
    }
}

// === impl CatalogReader ===

impl CatalogReader {
    fn ask<R>(
        &mut self,
        question: impl FnOnce(&Connection) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        if self.wanted.load(Ordering::Acquire) == 0 {
            self.open = None;
            let _nobody_writes = self.unopened.read();
            return question(&connection::open_reader(&self.layout)?);
        }
        let answer = question(self.connection()?);
        if matches!(
            answer,
            Err(StoreError::CorruptCatalog { .. } | StoreError::Catalog { .. })
        ) {
            // What is wrong may be this connection's view only; the next question opens anew.
            self.open = None;
        }
        answer
    }

    fn connection(&mut self) -> Result<&Connection, StoreError> {
        let wanted = self.wanted.load(Ordering::Acquire);
        let open = match self.open.take() {
            Some(open) if open.0 == wanted => open,
            _ => (wanted, connection::open_reader(&self.layout)?),
        };
        Ok(&self.open.insert(open).1)
    }
}

/// Whether a catalog that failed to open like this may still be good for reading.
fn may_be_read(error: &StoreError) -> bool {
    !matches!(
        error,
        StoreError::CorruptCatalog { .. } | StoreError::StoreTooNew { .. }
    )
}
