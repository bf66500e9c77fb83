//! Half closed: a client that sends no more, and may still read.
//!
//! The end of what a client sends looks the same whether it only ended its side, as `nc` does, or is
//! gone. The first wants its answer; for the second nobody should wait. Only what is written tells them
//! apart: the system of a client that is gone resets the connection. So while the answer is awaited an
//! interim one is sent now and then, which every HTTP/1.1 client reads past (RFC 9110 section 15.2).

use super::socket::Socket;
use crate::watchdog::ConnectionWatchdog;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// When the socket is looked at first. Most answers come before, and nothing is sent; a client that is
/// gone is found out at the second look, before much is done for it.
const FIRST: Duration = Duration::from_millis(100);

/// By how much each pause is longer than the one before it, and the longest.
const GROWTH: u32 = 3;
const LONGEST: Duration = Duration::from_secs(10);

const INTERIM: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Looks at a socket whose client sends no more.
pub(super) struct HalfClosedStream {
    next: Pin<Box<Sleep>>,
    pause: Duration,
}

// === impl HalfClosedStream ===

impl HalfClosedStream {
    pub(super) fn begin() -> Self {
        Self {
            next: Box::pin(sleep(FIRST)),
            pause: FIRST,
        }
    }

    /// Ends with the error of a socket whose client is gone.
    pub(super) fn poll_gone(
        &mut self,
        socket: &Socket,
        watchdog: &ConnectionWatchdog,
        cx: &mut Context<'_>,
    ) -> Poll<io::Error> {
        while self.next.as_mut().poll(cx).is_ready() {
            if let Err(error) = look(socket, watchdog) {
                return Poll::Ready(error);
            }
            self.pause = (self.pause * GROWTH).min(LONGEST);
            self.next = Box::pin(sleep(self.pause));
        }
        Poll::Pending
    }
}

fn look(socket: &Socket, watchdog: &ConnectionWatchdog) -> io::Result<()> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    if !watchdog.may_hear_an_interim_answer() {
        return Ok(());
    }
    match socket.try_write(INTERIM) {
        Ok(bytes) if bytes == INTERIM.len() => Ok(()),
        // Nothing of an answer may stand behind a part of this.
        Ok(_) => Err(io::ErrorKind::WriteZero.into()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
    }
}
