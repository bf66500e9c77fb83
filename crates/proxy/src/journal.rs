//! Journal: the files of the journal's log, as answers (C2SP tlog-tiles).
//!
//! Tiles and bundles never change, so they may be kept for ever; the checkpoint does, and a reader
//! who has an older one only knows less. All of it is cold work.

use crate::{
    answer::{Answer, Body},
    metrics::Metrics,
};
use bytes::Bytes;
use codes::Code;
use protocol::{Freshness, Media, Origin, Refusal};
use std::time::Duration;
use store::{BlobId, Store, StoreError};
use tlog::resource::LogResource;

/// How long others may keep a checkpoint. The store signs a newer one after as long.
const CHECKPOINT_FRESH: Duration = Duration::from_secs(1);

/// How long others may keep the key: another log may begin.
const KEY_FRESH: Duration = Duration::from_mins(1);

/// A file of the journal's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalFile {
    /// The public key, as text.
    Key,
    /// What every log has.
    Log(LogResource),
}

/// A file of the journal's log.
pub(crate) async fn answer(
    store: &Store,
    metrics: &Metrics,
    file: JournalFile,
) -> Result<Answer, Refusal> {
    let failed = |error: StoreError| metrics.store_failure(error);
    let log = store.journal_log();
    let read = match file {
        JournalFile::Key => {
            let key = log.key().await.map_err(failed)?;
            let text = Bytes::from(format!("{key}\n"));
            return Ok(made(Media::Text, Freshness::For(KEY_FRESH), text));
        }
        JournalFile::Log(LogResource::Checkpoint) => {
            let note = log.checkpoint().await.map_err(failed)?.note;
            return Ok(made(Media::Text, Freshness::For(CHECKPOINT_FRESH), note));
        }
        JournalFile::Log(LogResource::Tile(tile)) => log.tile(tile).await,
        JournalFile::Log(LogResource::Entries(bundle)) => log.entries(bundle).await,
    };
    let bytes = read.map_err(failed)?.ok_or_else(beyond)?;
    Ok(made(Media::Octets, Freshness::Immutable, bytes))
}

fn beyond() -> Refusal {
    let facts = "the journal has not as many entries: its checkpoint says how many";
    Refusal::new(Code::NotFoundHere, facts)
}

fn made(media: Media, freshness: Freshness, bytes: Bytes) -> Answer {
    Answer {
        media,
        freshness,
        hash: Some(BlobId::of(&bytes)),
        origin: Origin::Store,
        evidence: protocol::Evidence::Unclaimed,
        body: Body::Bytes(bytes),
    }
}
