//! Body receiver: whole bodies of sources, received into memory.
//!
//! Nearly all are small. Of those above the usual size only a few are received at once, so that no crowd
//! of large go.mod files takes the memory: [`LARGE_AT_ONCE`] of 16 MiB at worst, and once more as much for
//! a moment where the length was not announced. Such a body is gathered in segments and put together at
//! its end: a buffer that grows would hold its bytes twice each time it does, also for a body that turns
//! out to be too long and is thrown away.

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
pub struct BodyReceiver(Semaphore);

/// A body in segments, each of which is copied once at most.
#[derive(Debug, Default)]
struct BodySegments {
    full: Vec<Bytes>,
    last: BytesMut,
}

// === impl BodyReceiver ===

impl BodyReceiver {
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(LARGE_AT_ONCE))
    }

    /// Receives a whole body; the walk has limited its size.
    pub async fn receive(&self, download: &mut Download) -> Result<Bytes, BodyError> {
        let mut body = BodySegments::default();
        let mut room = None;
        while let Some(chunk) = download.chunk().await? {
            if room.is_none() && body.length() + chunk.len() > USUAL {
                room = self.0.acquire().await.ok();
                let announced = download.length.unwrap_or_default();
                body.expect(usize::try_from(announced).unwrap_or_default());
            }
            body.append(&chunk);
        }
        Ok(body.join())
    }
}

// === impl BodySegments ===

impl BodySegments {
    fn length(&self) -> usize {
        self.full.iter().map(Bytes::len).sum::<usize>() + self.last.len()
    }

    /// Makes room for a body of this length, so that it need not be put together.
    fn expect(&mut self, length: usize) {
        let missing = length.min(MAX_BYTES).saturating_sub(self.length());
        self.last.reserve(missing);
    }

    fn append(&mut self, chunk: &[u8]) {
        let room = self.last.capacity().max(USUAL) - self.last.len();
        if chunk.len() > room {
            if !self.last.is_empty() {
                self.full.push(self.last.split().freeze());
            }
            self.last = BytesMut::with_capacity(USUAL.max(chunk.len()));
        }
        self.last.extend_from_slice(chunk);
    }

    fn join(self) -> Bytes {
        if self.full.is_empty() {
            return self.last.freeze();
        }
        let mut whole = BytesMut::with_capacity(self.length());
        for segment in &self.full {
            whole.extend_from_slice(segment);
        }
        whole.extend_from_slice(&self.last);
        whole.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::{BodySegments, USUAL};

    fn joined(chunk: usize, length: usize, announced: usize) -> (usize, Vec<u8>) {
        let mut body = BodySegments::default();
        body.expect(announced);
        let bytes: Vec<u8> = (0..length).map(|at| at.to_le_bytes()[0]).collect();
        for chunk in bytes.chunks(chunk) {
            body.append(chunk);
        }
        assert_eq!(body.length(), length);
        (body.full.len(), body.join().to_vec())
    }

    #[test]
    fn a_body_is_the_same_however_it_came() {
        let length = 3 * USUAL + 7;
        let bytes: Vec<u8> = (0..length).map(|at| at.to_le_bytes()[0]).collect();
        for chunk in [1 << 10, USUAL, USUAL + 1, 2 * USUAL, length] {
            for announced in [0, length, 2 * length] {
                assert_eq!(
                    joined(chunk, length, announced).1,
                    bytes,
                    "{chunk} {announced}"
                );
            }
        }
    }

    #[test]
    fn what_is_small_or_announced_is_held_once() {
        assert_eq!(joined(100, USUAL, 0).0, 0);
        assert_eq!(joined(1 << 10, 3 * USUAL, 3 * USUAL).0, 0);
        assert!(joined(1 << 10, 3 * USUAL, 0).0 > 0);
    }
}
