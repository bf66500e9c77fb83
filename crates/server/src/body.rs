//! Bodies: bytes on their way to a connection.
//!
//! A kept blob is read in pieces ([`stored`]). A flight is followed as it arrives ([`arriving`]).
//! Each piece is read into memory that was lent first ([`budget`](crate::budget)). A body whose
//! source fails, or ends early, ends in an error: the connection is then cut (HTTP/1) or the stream
//! reset (HTTP/2), and the client can never take what it has for the whole.

mod arriving;
mod stored;

use crate::{
    budget::{
        memory::{MemoryLender, MemoryLoan},
        turns::TurnLine,
    },
    byte_source::{ArrivingBytes, ReadFailure, StoredBytes},
    request_span::RequestSpan,
};
use arriving::ArrivingBody;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use stored::StoredBody;

/// Bytes per read: large enough that the calls cost nothing against the copy, small enough that
/// a thousand readers fit into the budget.
pub(crate) const PIECE: usize = 256 * 1024;

/// Up to here an answer is small, and takes no turns.
const SMALL: u64 = 64 * 1024;

/// Where the bytes of an answer come from.
pub(crate) enum BodySource {
    /// Nowhere: HEAD, 304.
    Nothing,
    /// Memory.
    Bytes(Bytes),
    /// Memory that is accounted for already, or that others hold in any case.
    Shared(Bytes),
    /// Something kept, read in pieces.
    Kept(StoredBody),
    /// Something arriving; its length may be known.
    Arriving(ArrivingBody, Option<u64>),
}

/// A body and the span it belongs to.
pub(crate) struct ResponseBody {
    source: BodySource,
    /// What an answer needs that does not lie in memory.
    means: Option<Box<BodyMeans>>,
    span: RequestSpan,
}

/// Memory for its pieces, and turns for reading them.
struct BodyMeans {
    lender: MemoryLender,
    turns: TurnLine,
}

// === impl BodySource ===

impl BodySource {
    /// `length` bytes of `kept` from `first` on.
    pub(crate) fn kept(kept: Arc<dyn StoredBytes>, first: u64, length: u64) -> Self {
        Self::Kept(StoredBody::new(kept, first, length))
    }

    /// All of `arriving`.
    pub(crate) fn arriving(arriving: Box<dyn ArrivingBytes>) -> Self {
        let length = arriving.length();
        Self::Arriving(ArrivingBody::new(arriving), length)
    }

    /// The next piece, of `at_most` bytes where that can be chosen.
    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        lender: &mut MemoryLender,
        at_most: usize,
    ) -> Poll<Option<Result<Bytes, ReadFailure>>> {
        match self {
            Self::Nothing => Poll::Ready(None),
            Self::Bytes(bytes) | Self::Shared(bytes) => {
                Poll::Ready(piece_of(bytes, at_most).map(Ok))
            }
            Self::Kept(reading) => reading.poll_next(cx, lender, at_most),
            Self::Arriving(following, left) => {
                let piece = ready!(following.poll_next(cx, lender, at_most));
                Poll::Ready(counted(piece, left))
            }
        }
    }

    pub(crate) fn left(&self) -> Option<u64> {
        match self {
            Self::Nothing => Some(0),
            Self::Bytes(bytes) | Self::Shared(bytes) => Some(bytes.len() as u64),
            Self::Kept(reading) => Some(reading.left()),
            Self::Arriving(_, left) => *left,
        }
    }

    /// How many bytes it holds in memory before anybody reads it.
    pub(crate) fn in_memory(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            _ => 0,
        }
    }

    /// The same, with its bytes in `loan`.
    pub(crate) fn lent(self, loan: MemoryLoan) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(loan.of(bytes)),
            other => other,
        }
    }
}

/// The next piece of what lies in memory.
fn piece_of(bytes: &mut Bytes, at_most: usize) -> Option<Bytes> {
    let piece = bytes.split_to(at_most.min(bytes.len()));
    (!piece.is_empty()).then_some(piece)
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

// === impl ResponseBody ===

impl ResponseBody {
    pub(crate) fn new(source: BodySource, mut span: RequestSpan) -> Self {
        if source.left() == Some(0) {
            span.completed();
        }
        Self {
            source,
            means: None,
            span,
        }
    }

    /// Bytes that are still to come, where that is known.
    pub(crate) fn left(&self) -> Option<u64> {
        self.source.left()
    }

    /// Whether the next piece has to be waited for, because it is still arriving.
    pub(crate) fn is_arriving(&self) -> bool {
        matches!(self.source, BodySource::Arriving(..))
    }

    /// How long the client may take for its next bytes at the moment.
    pub(crate) fn patience(&self) -> Duration {
        self.span.allowance().patience().now()
    }

    pub(crate) fn span(&mut self) -> &mut RequestSpan {
        &mut self.span
    }

    /// The next piece; of a body that lies ready, of at most `at_most` bytes.
    pub(crate) fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
        at_most: usize,
    ) -> Poll<Option<Result<Bytes, ReadFailure>>> {
        let piece = ready!(self.poll_source(cx, at_most));
        match &piece {
            Some(Ok(bytes)) => {
                self.span.sent(bytes.len());
                if self.source.left() == Some(0) {
                    self.span.completed();
                }
            }
            Some(Err(failure)) => self.span.failed(failure),
            None => self.span.completed(),
        }
        Poll::Ready(piece)
    }
}

impl ResponseBody {
    fn poll_source(
        &mut self,
        cx: &mut Context<'_>,
        at_most: usize,
    ) -> Poll<Option<Result<Bytes, ReadFailure>>> {
        let (source, span) = (&mut self.source, &self.span);
        match source {
            BodySource::Nothing => return Poll::Ready(None),
            BodySource::Bytes(bytes) | BodySource::Shared(bytes) => {
                return Poll::Ready(piece_of(bytes, at_most).map(Ok));
            }
            BodySource::Kept(_) | BodySource::Arriving(..) => {}
        }
        let allowance = span.allowance();
        let means = self.means.get_or_insert_with(|| {
            Box::new(BodyMeans {
                lender: allowance.lender(),
                turns: allowance.turns(),
            })
        });
        let turn = if span.sent_so_far() < SMALL {
            None
        } else {
            ready!(means.turns.poll_turn(cx))
        };
        let at_most = turn
            .as_ref()
            .map_or(at_most, |turn| turn.at_most().min(at_most));
        source.poll_next(cx, &mut means.lender, at_most)
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = ReadFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ReadFailure>>> {
        let piece = ready!(self.poll_piece(cx, usize::MAX));
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
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

#[cfg(test)]
mod tests;
