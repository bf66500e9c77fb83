//! Received: the body of an HTTP/2 request.
//!
//! The client's window opens again by what was read, so it can send no faster than it is read.

use bytes::Bytes;
use h2::RecvStream;
use http_body::{Body, Frame};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// The body of a request; its trailers are not looked at.
pub(crate) struct ReceivedBody(RecvStream);

// === impl ReceivedBody ===

impl ReceivedBody {
    pub(crate) fn new(stream: RecvStream) -> Self {
        Self(stream)
    }
}

impl Body for ReceivedBody {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        let Some(data) = ready!(self.0.poll_data(cx)) else {
            return Poll::Ready(None);
        };
        let data = data?;
        self.0.flow_control().release_capacity(data.len())?;
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}
