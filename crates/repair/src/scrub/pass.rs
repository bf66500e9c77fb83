//! Pass: every kept blob is hashed once, in the order of the blobs' names.
//!
//! Names are hashes, so the order is as good as any, and it is the order of the table: the cursor is
//! the last name that is done. What is captured behind the cursor is left for the next pass; it was
//! hashed when it came.

use crate::{
    blob_repairs::RepairOutcome,
    scrub::{
        PassProgress, Scrubber,
        ledger::{Book, Cursor, PassReport},
        pace::{Pacer, ToGo, part},
    },
};
use std::time::Duration;
use store::{BlobDamage, BlobId, SCAN_STEP, ScanStep, StoreError};
use tokio::time::{Instant, sleep};

/// Blobs read from the catalog at once.
const PAGE: usize = 200;

/// Captures of one damaged blob that are looked at. Only small files are shared, and one that has its
/// bytes heals them all; that none of eight can be fetched and the ninth can is not worth the asking.
const CAPTURES: usize = 8;

/// How often the cursor is written at the least.
const WRITTEN: Duration = Duration::from_mins(1);

/// One pass, under way.
pub(super) struct Pass<'s> {
    scrubber: &'s Scrubber,
    book: Book,
    cursor: Cursor,
    pacer: Pacer,
    /// When the cursor was written, and how many bytes were done then.
    written: (Instant, u64),
}

// === impl Pass ===

impl<'s> Pass<'s> {
    /// Goes on with the pass that was under way, or begins one.
    pub(super) fn new(scrubber: &'s Scrubber, mut book: Book) -> Self {
        let now = scrubber.clock.now();
        let cursor = book.ledger.current.take();
        let cursor = cursor.unwrap_or_else(|| Cursor::begun(now));
        let share = scrubber.options.share;
        let done = cursor.done;
        Self {
            scrubber,
            book,
            cursor,
            pacer: Pacer::new(share, SCAN_STEP as u64),
            written: (Instant::now(), done),
        }
    }

    /// Goes through to the end.
    pub(super) async fn run(mut self) -> Result<PassReport, StoreError> {
        let store = &self.scrubber.store;
        loop {
            let page = store.blobs(self.cursor.after(), PAGE).await?;
            if page.is_empty() {
                return self.finish().await;
            }
            for (blob, size) in page {
                self.look_at(blob, size).await?;
                self.cursor.after = Some(blob.to_string());
                self.cursor.done += size;
                self.cursor.tally.blobs += 1;
                self.scrubber.metrics.blobs.inc();
                self.write_now_and_then().await?;
            }
        }
    }

    async fn look_at(&mut self, blob: BlobId, size: u64) -> Result<(), StoreError> {
        let mut scan = self.scrubber.store.scan(blob, size);
        let mut done = self.cursor.done;
        loop {
            let limit = usize::try_from(self.pacer.step()).unwrap_or(SCAN_STEP);
            let (next, step) = scan.step(limit).await?;
            scan = next;
            self.cursor.tally.bytes += step.bytes;
            done += step.bytes;
            self.scrubber.metrics.bytes.inc_by(step.bytes);
            self.rest(&step, done).await;
            match step.verdict {
                None => {}
                Some(Ok(())) => return Ok(()),
                Some(Err(damage)) => return self.repair(blob, &damage).await,
            }
        }
    }

    async fn rest(&mut self, step: &ScanStep, done: u64) {
        let to_go = self.to_go(done);
        *self.scrubber.progress.lock() = Some(PassProgress {
            started: self.cursor.started(),
            tally: self.cursor.tally,
            ratio: part(done, done + to_go.bytes),
        });
        let rest = self.pacer.rest(step.bytes, step.spent, to_go);
        if rest.is_zero() {
            tokio::task::yield_now().await;
        } else {
            sleep(rest).await;
        }
    }

    fn to_go(&self, done: u64) -> ToGo {
        let (options, clock) = (&self.scrubber.options, &self.scrubber.clock);
        let total = self.scrubber.store.health().bytes;
        let gone = clock.since(self.cursor.started());
        ToGo {
            bytes: total.saturating_sub(done),
            left: options.due().saturating_sub(gone),
        }
    }

    async fn repair(&mut self, blob: BlobId, damage: &BlobDamage) -> Result<(), StoreError> {
        let captures = self.scrubber.store.captures_of(blob, CAPTURES).await?;
        tracing::warn!(%blob, %damage, captures = captures.len(), "scrubbing found damage");
        let tally = &mut self.cursor.tally;
        match self.scrubber.repairs.repair(blob, captures).await {
            RepairOutcome::Sound => {}
            RepairOutcome::Healed => {
                tally.damaged += 1;
                tally.healed += 1;
            }
            RepairOutcome::Lost { quarantined, .. } => {
                tally.damaged += 1;
                tally.quarantined += u64::from(quarantined);
            }
        }
        Ok(())
    }

    async fn write_now_and_then(&mut self) -> Result<(), StoreError> {
        let (at, bytes) = self.written;
        let done = self.cursor.done;
        let enough = self.scrubber.options.checkpoint;
        if at.elapsed() < WRITTEN && done - bytes < enough {
            return Ok(());
        }
        self.written = (Instant::now(), done);
        self.book.ledger.current = Some(self.cursor.clone());
        self.book.write(&self.scrubber.store).await
    }

    async fn finish(mut self) -> Result<PassReport, StoreError> {
        let report = self.cursor.ended(self.scrubber.clock.now());
        self.book.ledger.current = None;
        self.book.ledger.last = Some(report.clone());
        self.book.write(&self.scrubber.store).await?;
        Ok(report)
    }
}
