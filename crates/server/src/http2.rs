//! HTTP/2 on the `h2` crate itself.
//!
//! `hyper` serves HTTP/2 too, but it reads a piece of a body before it knows whether the client's
//! window has room for it, and keeps it for as long as the client likes: a stream that nobody reads
//! costs a piece of memory, and no body can tell. Here a stream's window is asked first
//! ([`sending`]), so a stream that nobody reads costs nothing, and each stream is held to its own
//! progress. Framing, header compression, flow control and the defences against floods of resets,
//! empty frames and continuations are those of `h2` (RFC 9113).

mod answering;
mod received;
mod resets;
mod sending;

pub(crate) use resets::RESETS;

use crate::{
    connection::Peer,
    handler::RequestHandler,
    limits::{MAX_HEADER_LIST, MAX_STREAMS},
    request_span,
};
use answering::StreamEnd;
use bytes::Bytes;
use h2::Reason;
use resets::StreamCounts;
use std::sync::Arc;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Notify,
};

/// What a stream may have under way towards the socket: enough to keep it busy while the next piece
/// is read.
const SEND_BUFFER: usize = 256 * 1024;

/// Streams that were reset and are remembered, and resets of streams that were not even accepted,
/// before the connection is given up.
const UNACCEPTED_RESETS: usize = 20;

/// Streams that we reset on account of the client's errors before the connection is given up.
const OUR_RESETS: usize = 64;

/// Serves one connection to its end; politely from when `closing` is notified.
pub(crate) async fn serve<I>(
    io: I,
    handler: Arc<RequestHandler>,
    peer: Arc<Peer>,
    closing: &Notify,
) -> Result<(), h2::Error>
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = builder().handshake::<_, Bytes>(io).await?;
    let counts = Arc::new(StreamCounts::default());
    loop {
        if let Some(until) = counts.quiet_until() {
            tokio::time::sleep_until(until).await;
        }
        tokio::select! {
            biased;
            accepted = connection.accept() => {
                let Some(accepted) = accepted else {
                    return Ok(());
                };
                let (request, respond) = accepted?;
                if counts.is_flood() {
                    request_span::cut(&handler.surface.metrics, RESETS);
                    connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
                    continue;
                }
                let (handler, peer) = (Arc::clone(&handler), Arc::clone(&peer));
                let (counts, paying) = (Arc::clone(&counts), Arc::clone(&peer));
                tokio::spawn(async move {
                    match answering::answer(handler, peer, request, respond).await {
                        StreamEnd::Answered => counts.answered(),
                        StreamEnd::Reset => counts.reset(paying.allowance.next_refusal()),
                    }
                });
            }
            () = closing.notified() => connection.graceful_shutdown(),
        }
    }
}

/// Windows for what clients send stay at the 64 KiB of RFC 9113 section 6.9.2: requests have no
/// bodies but short lists, and what is not read here lies in memory.
fn builder() -> h2::server::Builder {
    let mut builder = h2::server::Builder::new();
    builder
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_LIST)
        .max_send_buffer_size(SEND_BUFFER)
        .max_concurrent_reset_streams(UNACCEPTED_RESETS)
        .max_pending_accept_reset_streams(UNACCEPTED_RESETS)
        .max_local_error_reset_streams(Some(OUR_RESETS));
    builder
}
