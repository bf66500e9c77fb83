//! Scrub: everything kept is hashed again, all the time, slowly.
//!
//! A disk that has lost a bit says so when the bit is read, or not at all, and what nobody reads
//! nobody misses until the upstream is gone too. So all blobs are read once in a period, at a pace
//! that takes a small share of one core ([`pace`]), on a thread and past a page cache that no warm
//! read shares (law L4, [`store::BlobScan`]). A pass goes on behind a restart where it was
//! ([`ledger`]). What is damaged is repaired ([`crate::blob_repairs`]) as soon as it is found.
//!
//! * A start comes first: the first step is a minute away.
//! * A pass that fails, since the store cannot be read, is tried again a minute later, from where it
//!   was.
//! * A pass that takes longer than the period is followed by the next one at once, and a warning says
//!   that the share is too small.

mod ledger;
mod pace;
mod pass;

pub use ledger::{PassReport, Tally};
pub use pace::Share;

use crate::{blob_repairs::BlobRepairs, metrics::RepairMetrics};
use jiff::Timestamp;
use ledger::Book;
use parking_lot::Mutex;
use pass::Pass;
use protocol::Clock;
use std::time::Duration;
use store::{Store, StoreError};
use tokio::time::sleep;

/// What an operator may choose about scrubbing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrubOptions {
    /// Everything is hashed once in this time; none turns it off.
    pub period: Option<Duration>,
    /// The share of one core that it may take.
    pub share: Share,
    /// Bytes after which it is written down how far a pass is, if a minute is not over before.
    pub checkpoint: u64,
}

/// Hashes everything kept again.
pub struct Scrubber {
    /// What an operator chose.
    pub options: ScrubOptions,
    store: Store,
    repairs: BlobRepairs,
    metrics: RepairMetrics,
    clock: Clock,
    /// How far the pass under way is; none between two.
    progress: Mutex<Option<PassProgress>>,
}

/// How far the pass under way is.
#[derive(Debug, Clone, PartialEq)]
pub struct PassProgress {
    /// When it began.
    pub started: Timestamp,
    /// What it came to so far.
    pub tally: Tally,
    /// From 0 to 1.
    pub ratio: f64,
}

/// The longest pause between two looks at the clock.
const LOOK: Duration = Duration::from_mins(1);

/// The shortest time between the ends of two passes: an empty store must not keep a core busy.
const SHORTEST: Duration = Duration::from_millis(100);

// === impl ScrubOptions ===

impl ScrubOptions {
    /// A week: a copy that rots unseen for longer is likelier to meet the end of its upstream, and a
    /// shorter period wears on disks that are read for nothing else.
    pub const PERIOD: Duration = Duration::from_hours(7 * 24);
    /// One GiB is hashed again in seconds.
    pub const CHECKPOINT: u64 = 1 << 30;

    /// How long a pass should take. A tenth of the period is left for what comes between: rests that
    /// end late, blobs that are captured meanwhile, damage.
    fn due(&self) -> Duration {
        self.period.unwrap_or_default() * 9 / 10
    }
}

impl Default for ScrubOptions {
    fn default() -> Self {
        Self {
            period: Some(Self::PERIOD),
            share: Share::default(),
            checkpoint: Self::CHECKPOINT,
        }
    }
}

// === impl Scrubber ===

impl Scrubber {
    /// Hashes what this store keeps; damage is repaired by `repairs`.
    pub fn new(
        options: &ScrubOptions,
        store: &Store,
        repairs: BlobRepairs,
        metrics: &RepairMetrics,
        clock: &Clock,
    ) -> Self {
        Self {
            options: options.clone(),
            store: store.clone(),
            repairs,
            metrics: metrics.clone(),
            clock: clock.clone(),
            progress: Mutex::default(),
        }
    }

    /// Brings its gauge up to date.
    pub fn observe(&self) {
        let pass = self.progress();
        self.metrics
            .progress
            .set(pass.map_or(1.0, |pass| pass.ratio));
    }

    /// How far the pass under way is; none between two.
    pub fn progress(&self) -> Option<PassProgress> {
        self.progress.lock().clone()
    }

    /// Scrubs for ever; returns at once where it is turned off.
    pub async fn run(&self) {
        let Some(period) = self.options.period else {
            return;
        };
        self.learn_last_pass().await;
        sleep(period.min(LOOK)).await;
        loop {
            match self.wait_for_next(period).await {
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(%error, "scrubbing cannot go on now");
                    sleep(period.min(LOOK)).await;
                    continue;
                }
            }
            match self.run_once().await {
                Ok(report) => self.account_for(&report, period),
                Err(error) => tracing::warn!(%error, "a scrubbing pass was interrupted"),
            }
            sleep(period.min(LOOK).max(SHORTEST)).await;
        }
    }

    /// Goes through one pass, or through what is left of one.
    pub async fn run_once(&self) -> Result<PassReport, StoreError> {
        let book = Book::open(&self.store).await?;
        let ended = Pass::new(self, book).run().await;
        *self.progress.lock() = None;
        let report = ended?;
        self.note_last_pass(&report);
        Ok(report)
    }

    /// How the last pass ended that reached its end.
    pub async fn last_pass(&self) -> Result<Option<PassReport>, StoreError> {
        Ok(Book::open(&self.store).await?.ledger.last)
    }

    /// Waits until a pass is due: at once if one is under way, else a period behind the beginning of
    /// the last one.
    async fn wait_for_next(&self, period: Duration) -> Result<(), StoreError> {
        loop {
            let ledger = Book::open(&self.store).await?.ledger;
            let begun = ledger.last.as_ref().and_then(PassReport::started);
            let gone = begun.map(|begun| self.clock.since(begun));
            let wait = match gone {
                Some(gone) if ledger.current.is_none() => period.saturating_sub(gone),
                _ => Duration::ZERO,
            };
            if wait.is_zero() {
                return Ok(());
            }
            sleep(wait.min(LOOK)).await;
        }
    }

    async fn learn_last_pass(&self) {
        match self.last_pass().await {
            Ok(Some(report)) => self.note_last_pass(&report),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the last scrubbing pass is not known"),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a time within this age of the world"
    )]
    fn note_last_pass(&self, report: &PassReport) {
        let ended = report.ended_at().unwrap_or_default();
        self.metrics.last_pass.set(ended as f64);
    }

    fn account_for(&self, report: &PassReport, period: Duration) {
        let Tally {
            blobs,
            bytes,
            damaged,
            healed,
            quarantined,
        } = report.tally;
        tracing::info!(
            blobs,
            bytes,
            damaged,
            healed,
            quarantined,
            "everything kept was hashed again"
        );
        let took = report.started().map(|begun| self.clock.since(begun));
        if took.is_some_and(|took| took > period) {
            tracing::warn!(
                ?took,
                ?period,
                "hashing everything takes longer than --scrub-period; raise --scrub-cpu"
            );
        }
    }
}
