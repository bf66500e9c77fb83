//! Body receiver: whole bodies of sources, received into memory.
//!
//! Nearly all are small. Of those above the usual size only a few are received at once, so that no crowd
//! of large go.mod files takes the memory: [`LARGE_AT_ONCE`] of 16 MiB at worst.

use bytes::{Bytes, BytesMut};
use gomod::modfile::MAX_BYTES;
use tokio::sync::Semaphore;
use upstream::{BodyError, Download};

/// Bodies up to this size are collected without asking for room: nearly all are.
const USUAL: usize = 256 * 1024;

/// How many bodies above the usual size may be received at once.
const LARGE_AT_ONCE: usize = 2;

/// Room for large bodies.
#[derive(Debug)]
pub(crate) struct BodyReceiver(Semaphore);

// === impl BodyReceiver ===

impl BodyReceiver {
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(LARGE_AT_ONCE))
    }

    /// Receives a whole body; the walk has limited its size.
    pub(crate) async fn receive(&self, download: &mut Download) -> Result<Bytes, BodyError> {
        let mut body = BytesMut::new();
        let mut room = None;
        while let Some(chunk) = download.chunk().await? {
            if room.is_none() && body.len() + chunk.len() > USUAL {
                room = self.0.acquire().await.ok();
                // As much as is announced, so that growing does not hold it twice.
                let announced = download.length.unwrap_or_default();
                let announced = usize::try_from(announced)
                    .unwrap_or_default()
                    .min(MAX_BYTES);
                body.reserve(announced.saturating_sub(body.len()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}
