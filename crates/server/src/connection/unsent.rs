//! Unsent: how much of an answer the kernel may hold before it is sent.
//!
//! Without a limit the kernel takes megabytes for a client that reads nothing. Copying them, and the
//! memory for sockets that all connections of a machine share, is what thousands of such clients cost
//! the others. So a connection begins with little, and gets more once its client took a good part.

use super::socket::Socket;

/// At first: one small piece of an answer.
const AT_FIRST: u32 = 16 * 1024;

/// Later: one large piece, so that the next one is read while this one is sent.
const LATER: u32 = 256 * 1024;

/// What a client takes before it gets more.
const GOOD_PART: u64 = 1024 * 1024;

/// What is left until a connection gets more.
#[derive(Debug)]
pub(super) struct UnsentLimit {
    left: u64,
}

// === impl UnsentLimit ===

impl UnsentLimit {
    pub(super) fn begin(socket: &Socket) -> Self {
        socket.limit_unsent(AT_FIRST);
        Self { left: GOOD_PART }
    }

    /// The socket took bytes.
    pub(super) fn took(&mut self, socket: &Socket, bytes: usize) {
        if self.left == 0 {
            return;
        }
        self.left = self.left.saturating_sub(bytes as u64);
        if self.left == 0 {
            socket.limit_unsent(LATER);
        }
    }
}
