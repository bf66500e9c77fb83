//! Arriving body: something that is still arriving, read as it comes.
//!
//! Nothing is lent while the source is waited for: a thousand clients of one slow download hold no
//! memory. Once there is something to read, its memory is lent, and then it is read.

use super::PIECE;
use crate::{
    budget::memory::{MemoryLender, MemoryLoan},
    byte_source::{ArrivingBytes, ReadFailure},
};
use bytes::Bytes;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// A step of something arriving, which it comes back with.
type Step<T> =
    Pin<Box<dyn Future<Output = (Box<dyn ArrivingBytes>, Result<T, ReadFailure>)> + Send>>;

/// Something arriving on its way out.
pub(crate) struct ArrivingBody(ArrivingState);

enum ArrivingState {
    Waiting(Step<()>),
    Ready(Box<dyn ArrivingBytes>),
    Reading(Step<Option<Bytes>>, Option<MemoryLoan>),
    Over,
}

// === impl ArrivingBody ===

impl ArrivingBody {
    pub(crate) fn new(arriving: Box<dyn ArrivingBytes>) -> Self {
        Self(ArrivingState::waiting(arriving))
    }

    /// The next piece, of at most `at_most` bytes.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        lender: &mut MemoryLender,
        at_most: usize,
    ) -> Poll<Option<Result<Bytes, ReadFailure>>> {
        loop {
            match &mut self.0 {
                ArrivingState::Waiting(step) => {
                    let (arriving, result) = ready!(step.as_mut().poll(cx));
                    self.0 = ArrivingState::Ready(arriving);
                    if let Err(failure) = result {
                        return self.over(Some(Err(failure)));
                    }
                }
                ArrivingState::Ready(arriving) => {
                    let most = arriving.largest_piece().min(PIECE).min(at_most);
                    let loan = ready!(lender.poll_lend(cx, lender.piece(most)));
                    self.read(loan);
                }
                ArrivingState::Reading(step, loan) => {
                    let (arriving, result) = ready!(step.as_mut().poll(cx));
                    let loan = loan.take();
                    let Ok(Some(bytes)) = result else {
                        return self.over(result.transpose());
                    };
                    self.0 = ArrivingState::waiting(arriving);
                    return Poll::Ready(Some(Ok(match loan {
                        Some(loan) => loan.of(bytes),
                        None => bytes,
                    })));
                }
                ArrivingState::Over => return Poll::Ready(None),
            }
        }
    }

    /// Reads as much as was lent.
    fn read(&mut self, loan: Option<MemoryLoan>) {
        let at_most = loan.as_ref().map_or(0, MemoryLoan::bytes);
        self.0 = match std::mem::replace(&mut self.0, ArrivingState::Over) {
            ArrivingState::Ready(mut arriving) => ArrivingState::Reading(
                Box::pin(async move {
                    let read = arriving.next(at_most).await;
                    (arriving, read)
                }),
                loan,
            ),
            other => other,
        };
    }

    fn over(
        &mut self,
        last: Option<Result<Bytes, ReadFailure>>,
    ) -> Poll<Option<Result<Bytes, ReadFailure>>> {
        self.0 = ArrivingState::Over;
        Poll::Ready(last)
    }
}

// === impl ArrivingState ===

impl ArrivingState {
    fn waiting(mut arriving: Box<dyn ArrivingBytes>) -> Self {
        Self::Waiting(Box::pin(async move {
            let ready = arriving.ready().await;
            (arriving, ready)
        }))
    }
}
