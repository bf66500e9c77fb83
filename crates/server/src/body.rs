//! Bodies: bytes on their way to a connection.
//!
//! A kept blob is read in pieces ([`reading`]). A flight is followed as it arrives. A body whose source fails, or ends early, ends in an error: `hyper` then cuts the connection
//! (HTTP/1) or resets the stream (HTTP/2), and the client can never take what it has for the whole.

mod reading;

use crate::{
    access::Exchange,
    service::{Arriving, Kept, ReadFailure},
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use http_body::{Frame, SizeHint};
use reading::Reading;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, ReadFailure>> + Send>>;

/// Where the bytes of an answer come from.
pub(crate) enum Source {
    /// Nowhere: HEAD, 304.
    Nothing,
    /// Memory.
    Bytes(Bytes),
    /// Something kept, read in pieces.
    Kept(Reading),
    /// Something arriving; its length may be known.
    Chunks(Chunks, Option<u64>),
}

/// A body and the exchange it belongs to.
pub(crate) struct OutBody {
    source: Source,
    exchange: Exchange,
    offering: bool,
}

// === impl Source ===

impl Source {
    /// `length` bytes of `kept` from `first` on.
    pub(crate) fn kept(kept: Arc<dyn Kept>, first: u64, length: u64) -> Self {
        Self::Kept(Reading::new(kept, first, length))
    }

    /// All of `arriving`.
    pub(crate) fn arriving(arriving: Box<dyn Arriving>) -> Self {
        let length = arriving.length();
        let reads = stream::unfold(Some(arriving), |arriving| async {
            let mut arriving = arriving?;
            match arriving.next().await {
                Ok(Some(bytes)) => Some((Ok(bytes), Some(arriving))),
                Ok(None) => None,
                Err(failure) => Some((Err(failure), None)),
            }
        });
        Self::Chunks(Box::pin(reads), length)
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ReadFailure>>> {
        match self {
            Self::Nothing => Poll::Ready(None),
            Self::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Bytes(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Self::Kept(reading) => reading.poll_next(cx),
            Self::Chunks(chunks, left) => chunks
                .as_mut()
                .poll_next(cx)
                .map(|item| counted(item, left)),
        }
    }

    fn left(&self) -> Option<u64> {
        match self {
            Self::Nothing => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Kept(reading) => Some(reading.left()),
            Self::Chunks(_, left) => *left,
        }
    }
}

/// Holds a source to the length it announced.
fn counted(
    item: Option<Result<Bytes, ReadFailure>>,
    left: &mut Option<u64>,
) -> Option<Result<Bytes, ReadFailure>> {
    match (item, left) {
        (Some(Ok(bytes)), Some(left)) => Some(match left.checked_sub(bytes.len() as u64) {
            Some(rest) => {
                *left = rest;
                Ok(bytes)
            }
            None => Err(ReadFailure("the body is longer than announced".to_owned())),
        }),
        (None, Some(left @ 1..)) => Some(Err(ReadFailure(format!(
            "the body ended {left} bytes early"
        )))),
        (item, _) => item,
    }
}

// === impl OutBody ===

impl OutBody {
    pub(crate) fn new(source: Source, mut exchange: Exchange) -> Self {
        if source.left() == Some(0) {
            exchange.completed();
        }
        Self {
            source,
            exchange,
            offering: false,
        }
    }

    fn set_offering(&mut self, offering: bool) {
        if self.offering != offering {
            self.offering = offering;
            self.exchange.offer(offering);
        }
    }
}

impl http_body::Body for OutBody {
    type Data = Bytes;
    type Error = ReadFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ReadFailure>>> {
        self.set_offering(false);
        let Poll::Ready(item) = self.source.poll_next(cx) else {
            return Poll::Pending;
        };
        Poll::Ready(match item {
            Some(Ok(bytes)) => {
                self.exchange.sent(bytes.len());
                if self.source.left() == Some(0) {
                    self.exchange.completed();
                }
                self.set_offering(true);
                Some(Ok(Frame::data(bytes)))
            }
            Some(Err(failure)) => {
                self.exchange.failed(&failure);
                Some(Err(failure))
            }
            None => {
                self.exchange.completed();
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.source.left() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.source
            .left()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for OutBody {
    fn drop(&mut self) {
        self.set_offering(false);
    }
}

#[cfg(test)]
mod tests;
