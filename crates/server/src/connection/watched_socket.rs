//! Watched socket: a socket that leaves marks on a [`ConnectionWatchdog`], and can be asked which HTTP begins on it.

use super::{half_closed::HalfClosedStream, socket::Socket, unsent::UnsentLimit};
use crate::watchdog::ConnectionWatchdog;
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// With what a client begins that speaks HTTP/2 (RFC 9113 section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A socket that leaves marks on a [`ConnectionWatchdog`].
pub(super) struct WatchedSocket {
    socket: Socket,
    watchdog: Arc<ConnectionWatchdog>,
    unsent: UnsentLimit,
    /// Since when the client sent no more while it was being answered.
    half_closed: Option<HalfClosedStream>,
    /// What was read to see how the connection begins, and how much of it is to be read again.
    beginning: [u8; PREFACE.len()],
    again: std::ops::Range<usize>,
}

// === impl WatchedSocket ===

impl WatchedSocket {
    pub(super) fn new(socket: Socket, watchdog: Arc<ConnectionWatchdog>) -> Self {
        Self {
            unsent: UnsentLimit::begin(&socket),
            socket,
            watchdog,
            half_closed: None,
            beginning: [0; PREFACE.len()],
            again: 0..0,
        }
    }

    /// Whether the client begins with the preface of HTTP/2. What was read is read again.
    pub(super) async fn begins_http2(&mut self) -> io::Result<bool> {
        let (mut beginning, mut length) = ([0; PREFACE.len()], 0);
        while length < beginning.len() {
            let read = match beginning.get_mut(length..) {
                Some(rest) => self.read(rest).await?,
                None => 0,
            };
            length += read;
            if read == 0 || beginning.get(..length) != PREFACE.get(..length) {
                break;
            }
        }
        self.beginning = beginning;
        self.again = 0..length;
        Ok(&beginning == PREFACE)
    }

    fn mark(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.watchdog.speaks();
        match &written {
            Poll::Ready(Ok(bytes)) => {
                self.watchdog.wrote(*bytes);
                self.unsent.took(&self.socket, *bytes);
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.watchdog.write_blocked(),
        }
        written
    }

    /// The client sends no more. Between requests that is the end; while one is being answered only
    /// that the client is gone would be, and the end is told behind the answer.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.watchdog.is_answering() {
            return Poll::Ready(Ok(()));
        }
        let half_closed = self.half_closed.get_or_insert_with(HalfClosedStream::begin);
        half_closed
            .poll_gone(&self.socket, &self.watchdog, cx)
            .map(Err)
    }

    fn read_again(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let Some(rest) = self.beginning.get(self.again.clone()) else {
            return false;
        };
        let part = rest.len().min(buf.remaining());
        buf.put_slice(rest.get(..part).unwrap_or_default());
        self.again.start += part;
        part > 0
    }
}

impl Drop for WatchedSocket {
    /// A body whose end is the end of the connection (HTTP/1.0) is whole for a client that sees
    /// an orderly end. Within or after a torn answer the connection is reset instead.
    fn drop(&mut self) {
        if self.watchdog.is_torn() {
            self.socket.end_by_reset();
        }
    }
}

impl AsyncRead for WatchedSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read_again(buf) {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.watchdog.read();
            return Poll::Ready(Ok(()));
        }
        self.poll_end(cx)
    }
}

impl AsyncWrite for WatchedSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.mark(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.mark(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watchdog.flushed();
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.watchdog.is_torn() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
