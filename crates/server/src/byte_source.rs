//! Byte source: the two shapes in which the bytes of an answer come.
//!
//! HTTP can do more with one than with the other: what is stored has a size and random access, so it
//! has ranges; what is arriving has neither, and may yet fail. Each shape is a trait of this crate, so
//! that the rules for bodies are tested against sources that stop, fail or lie. Nothing outside may
//! implement them: what is answered comes from [`proxy`] alone.

use bytes::Bytes;
use ingest::flight;
use prefetch::PrefetchJob;
use std::{future::Future, pin::Pin};
use store::BlobReader;

/// A boxed future, so that both traits are object safe.
pub(crate) type BoxedFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Durable bytes with random access.
pub(crate) trait StoredBytes: Send + Sync + 'static {
    /// The same as [`Self::read_at`] if it can be had without waiting.
    fn read_now(&self, offset: u64, length: usize) -> Option<Bytes>;

    /// Exactly `length` bytes from `offset` on; the caller stays within the size.
    fn read_at(&self, offset: u64, length: usize) -> BoxedFuture<'_, Result<Bytes, ReadFailure>>;
}

/// Bytes that are still coming in; in order, once.
pub(crate) trait ArrivingBytes: Send + 'static {
    /// Size in bytes, if the source announced it.
    fn length(&self) -> Option<u64>;

    /// The most bytes that are of use at a time.
    fn largest_piece(&self) -> usize {
        usize::MAX
    }

    /// Waits until [`Self::next`] need not wait for the source.
    fn ready(&mut self) -> BoxedFuture<'_, Result<(), ReadFailure>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// The next bytes, at most `at_most`, or `None` after the last. The last come only once all of
    /// it is proven.
    fn next(&mut self, at_most: usize) -> BoxedFuture<'_, Result<Option<Bytes>, ReadFailure>>;
}

/// A body that cannot be completed. It is logged here; the client sees a cut connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ReadFailure(pub(crate) String);

/// Bytes of a line of progress: five numbers and their names.
const PROGRESS_LINE: usize = 256;

// === impl StoredBytes ===

impl StoredBytes for BlobReader {
    fn read_now(&self, offset: u64, length: usize) -> Option<Bytes> {
        Self::read_now(self, offset, length)
    }

    fn read_at(&self, offset: u64, length: usize) -> BoxedFuture<'_, Result<Bytes, ReadFailure>> {
        Box::pin(async move {
            Self::read_at(self, offset, length)
                .await
                .map_err(|error| ReadFailure(error.to_string()))
        })
    }
}

// === impl ArrivingBytes ===

impl ArrivingBytes for flight::Reader {
    fn length(&self) -> Option<u64> {
        Self::length(self)
    }

    fn ready(&mut self) -> BoxedFuture<'_, Result<(), ReadFailure>> {
        Box::pin(async move {
            Self::ready(self).await;
            Ok(())
        })
    }

    fn next(&mut self, at_most: usize) -> BoxedFuture<'_, Result<Option<Bytes>, ReadFailure>> {
        Box::pin(async move {
            Self::next(self, at_most)
                .await
                .map_err(|error| ReadFailure(error.to_string()))
        })
    }
}

/// Progress comes a line at a time.
impl ArrivingBytes for PrefetchJob {
    fn length(&self) -> Option<u64> {
        None
    }

    fn largest_piece(&self) -> usize {
        PROGRESS_LINE
    }

    fn next(&mut self, _at_most: usize) -> BoxedFuture<'_, Result<Option<Bytes>, ReadFailure>> {
        Box::pin(async move {
            let Some(progress) = Self::next(self).await else {
                return Ok(None);
            };
            let mut line =
                serde_json::to_vec(&progress).map_err(|error| ReadFailure(error.to_string()))?;
            line.push(b'\n');
            Ok(Some(line.into()))
        })
    }
}
