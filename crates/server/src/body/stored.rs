//! Stored body: something kept, read in pieces at the pace of the connection.
//!
//! What the page cache holds is read on the spot, when the connection asks for it: a hop to another
//! thread and back would cost more than the copy. What it does not hold is read elsewhere, one
//! piece ahead of the one being sent, so that disk and network work at the same time. So a reader
//! costs one piece of memory while all goes well, and two at most; while memory is short, one.

use super::PIECE;
use crate::{
    budget::memory::MemoryLender,
    byte_source::{BoxedFuture, ReadFailure, StoredBytes},
};
use bytes::Bytes;
use futures_util::{Stream as _, stream::FuturesOrdered};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// Reads elsewhere under way at a time: the one being waited for and the next.
pub(super) const READ_AHEAD: usize = 2;

/// A part of something kept on its way out.
pub(crate) struct StoredBody {
    kept: Arc<dyn StoredBytes>,
    /// Where the next read begins.
    next: u64,
    end: u64,
    /// Bytes that were not handed over yet.
    left: u64,
    elsewhere: FuturesOrdered<BoxedFuture<'static, Result<Bytes, ReadFailure>>>,
}

// === impl StoredBody ===

impl StoredBody {
    pub(crate) fn new(kept: Arc<dyn StoredBytes>, first: u64, length: u64) -> Self {
        Self {
            kept,
            next: first,
            end: first + length,
            left: length,
            elsewhere: FuturesOrdered::new(),
        }
    }

    /// Bytes that are still to come.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    /// The next piece, of at most `at_most` bytes unless it was begun before.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        lender: &mut MemoryLender,
        at_most: usize,
    ) -> Poll<Option<Result<Bytes, ReadFailure>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let piece = lender.piece(PIECE).min(at_most);
        if self.elsewhere.is_empty() {
            let Some(loan) = ready!(lender.poll_lend(cx, self.wanted(piece))) else {
                return Poll::Ready(Some(Err(ended_early(self.left))));
            };
            let wanted = self.wanted(piece.min(loan.bytes()));
            if let Some(bytes) = self.kept.read_now(self.next, wanted) {
                self.next += bytes.len() as u64;
                return Poll::Ready(Some(self.handed(loan.of(bytes))));
            }
            self.start(wanted, loan);
        }
        while self.elsewhere.len() < READ_AHEAD && self.next < self.end {
            let wanted = self.wanted(piece);
            let Some(loan) = lender.try_lend(wanted) else {
                break;
            };
            self.start(wanted, loan);
        }
        let read = ready!(Pin::new(&mut self.elsewhere).poll_next(cx));
        Poll::Ready(Some(match read {
            Some(Ok(bytes)) => self.handed(bytes),
            Some(Err(failure)) => Err(failure),
            None => Err(ended_early(self.left)),
        }))
    }

    fn start(&mut self, wanted: usize, loan: crate::budget::memory::MemoryLoan) {
        let (kept, offset) = (Arc::clone(&self.kept), self.next);
        self.next += wanted as u64;
        self.elsewhere
            .push_back(match kept.read_now(offset, wanted) {
                Some(bytes) => Box::pin(std::future::ready(Ok(loan.of(bytes)))),
                None => Box::pin(async move {
                    let bytes = kept.read_at(offset, wanted).await?;
                    Ok(loan.of(bytes))
                }),
            });
    }

    fn wanted(&self, at_most: usize) -> usize {
        let rest = usize::try_from(self.end - self.next).unwrap_or(usize::MAX);
        at_most.min(rest)
    }

    fn handed(&mut self, bytes: Bytes) -> Result<Bytes, ReadFailure> {
        match self.left.checked_sub(bytes.len() as u64) {
            Some(_) if bytes.is_empty() => Err(ended_early(self.left)),
            Some(left) => {
                self.left = left;
                Ok(bytes)
            }
            None => Err(ReadFailure("the body is longer than announced".to_owned())),
        }
    }
}

fn ended_early(left: u64) -> ReadFailure {
    ReadFailure(format!("the body ended {left} bytes early"))
}
