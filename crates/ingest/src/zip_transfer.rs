//! Zip transfer: carries one zip from the sources into the store.
//!
//! One attempt after the other, as the walk over the sources offers them. Each attempt writes a
//! spool of its own; the first one's stays readable until the second has reproduced what readers
//! were shown of it. After the last byte comes the verdict (the zip's structure, then the checksum
//! database's proof, which was looked up meanwhile), then the commit, and only then the tail.

use crate::{
    capture_checks::{CaptureChecks, CheckedCapture},
    capture_failure::CaptureFailure,
    capture_writer::{self, CaptureWriter},
    flight::{FlightBoard, FlightEnd, FlightOutcome, SpooledBytes, state::State},
    known_refusals::KnownRefusals,
    mismatch_investigation::{Investigator, MismatchInvestigation},
    source_walks::SourceWalks,
    suspect_copy::{CopyBytes, CopyOrigin},
};
use alarm::AlarmLog;
use gomod::Artifact;
use memory::{KeptFile, VerifiedBlobs};
use protocol::{PrivacyRules, Refusal};
use std::sync::Arc;
use store::{DiskRoom, Key, SealedSpool, Spool, SpoolReader, Store};
use upstream::Download;

/// Room that is made sure of for a zip whose length is not announced: most are smaller.
const UNANNOUNCED: u64 = 1 << 20;

/// How much of the old spool is compared with the new one in one step.
const COMPARED: u64 = 256 * 1024;

/// What a zip is captured with.
pub(crate) struct ZipCaptureParts {
    pub(crate) refusals: Arc<KnownRefusals>,
    pub(crate) walks: Arc<SourceWalks>,
    pub(crate) checks: Arc<CaptureChecks>,
    pub(crate) investigator: Arc<Investigator>,
    pub(crate) writer: Arc<CaptureWriter>,
    pub(crate) verified: Arc<VerifiedBlobs>,
    pub(crate) disk: Arc<DiskRoom>,
    pub(crate) store: Store,
    pub(crate) privacy: Arc<PrivacyRules>,
    pub(crate) alarms: AlarmLog,
}

/// Flies: fetches, proves, commits; tells the board.
pub(crate) async fn run(parts: &ZipCaptureParts, landing: FlightEnd) {
    let outcome = parts.fly(landing.artifact(), landing.board()).await;
    landing.finish(outcome);
}

// === impl ZipCaptureParts ===

impl ZipCaptureParts {
    async fn fly(&self, artifact: &Artifact, board: &FlightBoard) -> FlightOutcome {
        let key = Key::Artifact(artifact.clone());
        if let Some(record) = self.writer.kept_before(&key).await?.readable() {
            return Ok(KeptFile::on_disk(record));
        }
        if let Some(refusal) = self.refusals.recall(artifact).await {
            return Err(refusal);
        }
        // Before a source is asked, and again once its length is known.
        self.disk.room_for(0).await?;
        // The record is there by the time the last byte is.
        let _record = self.checks.begin_proof(artifact);
        let mut investigation = MismatchInvestigation::new(artifact, self.walks.begin(artifact)?);
        loop {
            let mut download = self
                .investigator
                .next_copy(&self.walks, &mut investigation)
                .await?;
            let attempt = self.attempt(artifact, board, &mut download, &mut investigation);
            match attempt.await {
                Ok(kept) => {
                    // It may have been withdrawn meanwhile: then nobody is shown the rest.
                    self.walks.blocklist.permit(artifact)?;
                    return Ok(kept);
                }
                Err(failure) => {
                    self.investigator.take_in(&mut investigation, failure)?;
                    let name = self.privacy.shown(&artifact.module, artifact);
                    tracing::warn!(artifact = name, source = %download.source, "transfer lost");
                    board.update(State::attempt_lost);
                }
            }
        }
    }

    async fn attempt(
        &self,
        artifact: &Artifact,
        board: &FlightBoard,
        download: &mut Download,
        investigation: &mut MismatchInvestigation,
    ) -> Result<KeptFile, CaptureFailure> {
        let origin = CopyOrigin::of(download);
        let source: Arc<str> = origin.source.as_str().into();
        let sealed = self.receive(board, download, &source).await?;
        let (sealed, checked) = self.checks.zip(artifact, sealed, &origin).await?;
        if investigation.is_open()
            && let Ok(right) = CopyBytes::of_sealed(&sealed)
        {
            self.investigator
                .settle(investigation, right, origin.clone())
                .await;
        }
        self.verified.received(&sealed);
        let CheckedCapture { h1, grounds } = checked;
        let provenance = capture_writer::provenance(h1, &origin.source, grounds);
        let key = Key::Artifact(artifact.clone());
        Ok(self.writer.keep_sealed(key, sealed, provenance).await?)
    }

    async fn receive(
        &self,
        board: &FlightBoard,
        download: &mut Download,
        source: &Arc<str>,
    ) -> Result<SealedSpool, CaptureFailure> {
        self.disk.room_for(download.length.unwrap_or(0)).await?;
        let mut spool = self.store.spool().await.map_err(Refusal::from)?;
        // Before anybody is shown a byte: a refusal lets `go` go on to another proxy, a cut does not.
        let room = spool.reserve(download.length.unwrap_or(UNANNOUNCED)).await;
        room.map_err(|error| self.alarms.store_failure(error))?;
        let spooled = SpooledBytes {
            reader: spool.reader(),
            source: Arc::clone(source),
        };
        let mut follow = Follow::begin(board, spooled, download.length);
        while let Some(chunk) = download.chunk().await? {
            spool.append(chunk).await.map_err(Refusal::from)?;
            follow.appended(board, &spool).await?;
        }
        let sealed = spool.seal().await.map_err(Refusal::from)?;
        follow.arrived(board);
        Ok(sealed)
    }
}

/// What this attempt owes to the readers of the one before.
struct Follow {
    spooled: SpooledBytes,
    written: u64,
    owed: Option<OwedBytes>,
}

struct OwedBytes {
    old: SpoolReader,
    shown: u64,
    compared: u64,
}

// === impl Follow ===

impl Follow {
    fn begin(board: &FlightBoard, spooled: SpooledBytes, length: Option<u64>) -> Self {
        let owed = match board.shown() {
            (Some(old), shown) if shown > 0 => Some(OwedBytes {
                old: old.reader,
                shown,
                compared: 0,
            }),
            _ => None,
        };
        if owed.is_some() {
            board.update(|state| state.opened(length));
        } else {
            board.replace(spooled.clone(), |state| state.opened(length));
        }
        Self {
            spooled,
            written: 0,
            owed,
        }
    }

    async fn appended(&mut self, board: &FlightBoard, spool: &Spool) -> Result<(), Refusal> {
        let written = spool.written();
        self.written = written;
        if let Some(owed) = &mut self.owed {
            let same = owed.compare(&self.spooled.reader, written).await?;
            if !same {
                self.owed = None;
                board.replace(self.spooled.clone(), |state| {
                    state.diverged();
                    state.appended(written);
                });
            } else if owed.compared == owed.shown {
                self.owed = None;
                board.replace(self.spooled.clone(), |state| {
                    state.appended(written);
                    state.caught_up();
                });
            }
        } else {
            board.update(|state| state.appended(written));
        }
        Ok(())
    }

    /// The body is complete. If it is shorter than what was shown, it is another body.
    fn arrived(self, board: &FlightBoard) {
        if self.owed.is_some() {
            board.replace(self.spooled, |state| {
                state.appended(self.written);
                state.diverged();
            });
        }
        board.update(State::arrived);
    }
}

// === impl OwedBytes ===

impl OwedBytes {
    /// Compares what both spools have and has not been compared yet.
    async fn compare(&mut self, new: &SpoolReader, written: u64) -> Result<bool, Refusal> {
        let end = self.shown.min(written);
        while self.compared < end {
            let length = usize::try_from((end - self.compared).min(COMPARED)).unwrap_or(usize::MAX);
            let old = self.old.read_at(self.compared, length).await?;
            let new = new.read_at(self.compared, length).await?;
            // Both may be short, and not equally short: what is in memory ends where a chunk ended.
            let common = old.len().min(new.len());
            if common == 0 || old[..common] != new[..common] {
                return Ok(false);
            }
            self.compared += common as u64;
        }
        Ok(true)
    }
}
