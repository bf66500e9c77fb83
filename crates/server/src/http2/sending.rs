//! Sending: a body goes out as far as the client's windows allow.
//!
//! Of a body that lies ready, a piece is read only once the windows of the stream and of the
//! connection have room for it. Of a body that is still arriving the piece comes first: room that is
//! claimed and not used would keep the other streams of the connection waiting.
//!
//! A client opens the window of a stream when it reads. One that opens it by fewer than
//! [`LEAST`] bytes within its patience is not reading, whatever else it sends: its stream is
//! reset, and the others go on.

use crate::{
    body::{PIECE, ResponseBody},
    byte_source::ReadFailure,
    watchdog::LEAST,
};
use bytes::Bytes;
use h2::SendStream;
use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How often a stream that waits for its client is looked at: its patience becomes shorter when
/// memory does.
const LOOK: Duration = Duration::from_secs(5);

/// How the sending of a body ended.
pub(super) enum SendOutcome {
    /// All of it was handed over.
    Sent,
    /// The source of the body failed; it has been said.
    Failed,
    /// The client gave the stream up, or the connection is gone.
    Left,
    /// The client takes too few bytes.
    Dawdled,
}

/// How long a client was waited for, and what it took meanwhile. Time in which the source was
/// waited for does not count.
#[derive(Default)]
struct ClientProgress {
    waited: Duration,
    taken: u64,
}

/// Sends all of `body`.
pub(super) async fn send(body: &mut ResponseBody, stream: &mut SendStream<Bytes>) -> SendOutcome {
    let mut progress = ClientProgress::default();
    loop {
        let room = match room_before(body, stream, &mut progress).await {
            Ok(room) => room,
            Err(ended) => return ended,
        };
        match piece(body, stream, room).await {
            None => return SendOutcome::Left,
            Some(None) => {
                let sent = stream.send_data(Bytes::new(), true);
                return sent.map_or(SendOutcome::Left, |()| SendOutcome::Sent);
            }
            Some(Some(Err(_))) => return SendOutcome::Failed,
            Some(Some(Ok(bytes))) => {
                if let Err(ended) = hand_over(bytes, body, stream, &mut progress).await {
                    return ended;
                }
            }
        }
        if body.left() == Some(0) {
            return SendOutcome::Sent;
        }
    }
}

/// How large the next piece may be.
async fn room_before(
    body: &mut ResponseBody,
    stream: &mut SendStream<Bytes>,
    progress: &mut ClientProgress,
) -> Result<usize, SendOutcome> {
    if body.is_arriving() {
        return Ok(PIECE);
    }
    let left = body.left().unwrap_or(u64::MAX);
    let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE);
    room(wanted, body, stream, progress).await
}

/// Sends a piece, the end of the stream with its last byte if it is the body's last too.
async fn hand_over(
    mut bytes: Bytes,
    body: &mut ResponseBody,
    stream: &mut SendStream<Bytes>,
    progress: &mut ClientProgress,
) -> Result<(), SendOutcome> {
    while !bytes.is_empty() {
        let room = room(bytes.len(), body, stream, progress).await?;
        let part = bytes.split_to(room.min(bytes.len()));
        let is_last = bytes.is_empty() && body.left() == Some(0);
        progress.took(part.len());
        stream
            .send_data(part, is_last)
            .map_err(|_| SendOutcome::Left)?;
    }
    Ok(())
}

/// The next piece of the body. `None` if the client gave the stream up meanwhile.
async fn piece(
    body: &mut ResponseBody,
    stream: &mut SendStream<Bytes>,
    at_most: usize,
) -> Option<Option<Result<Bytes, ReadFailure>>> {
    poll_fn(|cx| {
        if let Poll::Ready(piece) = body.poll_piece(cx, at_most) {
            return Poll::Ready(Some(piece));
        }
        stream.poll_reset(cx).map(|_| None)
    })
    .await
}

/// Waits for room for up to `wanted` bytes, as long as the client takes enough of them.
async fn room(
    wanted: usize,
    body: &mut ResponseBody,
    stream: &mut SendStream<Bytes>,
    progress: &mut ClientProgress,
) -> Result<usize, SendOutcome> {
    stream.reserve_capacity(wanted);
    loop {
        let left = progress.left(body.patience()).ok_or(SendOutcome::Dawdled)?;
        let began = Instant::now();
        let room = tokio::select! {
            biased;
            room = poll_fn(|cx| poll_room(cx, stream)) => Some(room),
            () = sleep(left.min(LOOK)) => None,
        };
        progress.waited += began.elapsed();
        if let Some(room) = room {
            return room.ok_or(SendOutcome::Left);
        }
    }
}

/// `None` if the stream is over.
fn poll_room(cx: &mut Context<'_>, stream: &mut SendStream<Bytes>) -> Poll<Option<usize>> {
    if stream.poll_reset(cx).is_ready() {
        return Poll::Ready(None);
    }
    loop {
        match stream.capacity() {
            0 => match std::task::ready!(stream.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Poll::Ready(None),
            },
            room => return Poll::Ready(Some(room)),
        }
    }
}

// === impl ClientProgress ===

impl ClientProgress {
    fn took(&mut self, bytes: usize) {
        self.taken += bytes as u64;
        if self.taken >= LEAST {
            *self = Self::default();
        }
    }

    /// How much of its `patience` is left, if any.
    fn left(&self, patience: Duration) -> Option<Duration> {
        let left = patience.checked_sub(self.waited)?;
        (!left.is_zero()).then_some(left)
    }
}
