//! Runner: carries one zip from the sources into the store.
//!
//! One attempt after the other, as the walk over the sources offers them. Each attempt writes a
//! spool of its own; the first one's stays readable until the second has reproduced what readers
//! were shown of it. After the last byte comes the verdict (the zip's structure, then the checksum
//! database's proof, which was looked up meanwhile), then the commit, and only then the tail.

use super::{FlightBoard, Landing, Outcome, Spooled, state::State};
use crate::{
    capture::{self, Lost},
    context::Context,
    inquiry::{Inquiry, Seen},
    kept::Kept,
    refusal::Refusal,
};
use gomod::Artifact;
use std::sync::Arc;
use store::{Key, SealedSpool, Spool, SpoolReader};
use upstream::Download;

/// Room that is made sure of for a zip whose length is not announced: most are smaller.
const UNANNOUNCED: u64 = 1 << 20;

/// How much of the old spool is compared with the new one in one step.
const COMPARED: u64 = 256 * 1024;

/// Flies: fetches, proves, commits; tells the board.
pub(crate) async fn run(context: &Context, landing: Landing) {
    let outcome = fly(context, landing.artifact(), landing.board()).await;
    landing.finish(outcome);
}

async fn fly(context: &Context, artifact: &Artifact, board: &FlightBoard) -> Outcome {
    if let Some(kept) = capture::meanwhile(context, artifact).await? {
        return Ok(kept);
    }
    // Before a source is asked, and again once its length is known.
    context.room_for(0).await?;
    // The record is there by the time the last byte is.
    let _record = context.verifier.ahead(&artifact.module, &artifact.version);
    let mut inquiry = Inquiry::new(artifact, capture::walk(context, artifact)?);
    loop {
        let mut download = inquiry.next(context).await?;
        match attempt(context, artifact, board, &mut download, &mut inquiry).await {
            Ok(kept) => {
                // It may have been withdrawn meanwhile: then nobody is shown the rest.
                context.permitted(artifact)?;
                return Ok(kept);
            }
            Err(lost) => {
                inquiry.heed(context, lost)?;
                let name = context.shown(&artifact.module, artifact);
                tracing::warn!(artifact = name, source = %download.source, "transfer lost");
                board.update(State::attempt_lost);
            }
        }
    }
}

async fn attempt(
    context: &Context,
    artifact: &Artifact,
    board: &FlightBoard,
    download: &mut Download,
    inquiry: &mut Inquiry,
) -> Result<Kept, Lost> {
    let seen = Seen::of(download);
    let source: Arc<str> = seen.source.as_str().into();
    let sealed = receive(context, board, download, &source).await?;
    let (sealed, provenance) = capture::prove_zip(context, artifact, sealed, seen, inquiry).await?;
    context.sound.received(&sealed);
    let key = Key::Artifact(artifact.clone());
    Ok(capture::keep_sealed(context, key, sealed, provenance).await?)
}

async fn receive(
    context: &Context,
    board: &FlightBoard,
    download: &mut Download,
    source: &Arc<str>,
) -> Result<SealedSpool, Lost> {
    context.room_for(download.length.unwrap_or(0)).await?;
    let mut spool = context.store.spool().await.map_err(Refusal::from)?;
    // Before anybody is shown a byte: a refusal lets `go` go on to another proxy, a cut does not.
    let room = spool.reserve(download.length.unwrap_or(UNANNOUNCED)).await;
    room.map_err(|error| context.store_failure(error))?;
    let mut follow = Follow::begin(
        board,
        Spooled {
            reader: spool.reader(),
            source: Arc::clone(source),
        },
        download.length,
    );
    while let Some(chunk) = download.chunk().await? {
        spool.append(chunk).await.map_err(Refusal::from)?;
        follow.appended(board, &spool).await?;
    }
    let sealed = spool.seal().await.map_err(Refusal::from)?;
    follow.arrived(board);
    Ok(sealed)
}

/// What this attempt owes to the readers of the one before.
struct Follow {
    spooled: Spooled,
    written: u64,
    owed: Option<Owed>,
}

struct Owed {
    old: SpoolReader,
    shown: u64,
    compared: u64,
}

// === impl Follow ===

impl Follow {
    fn begin(board: &FlightBoard, spooled: Spooled, length: Option<u64>) -> Self {
        let owed = match board.shown() {
            (Some(old), shown) if shown > 0 => Some(Owed {
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

// === impl Owed ===

impl Owed {
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
