//! Answering: one HTTP/2 stream from its request head to the end of its answer.

use super::{
    received::ReceivedBody,
    sending::{self, SendOutcome},
};
use crate::{
    body::ResponseBody, connection::Peer, handler::RequestHandler, request_span, watchdog::DAWDLES,
};
use bytes::Bytes;
use h2::{Reason, RecvStream, server::SendResponse};
use http::{HeaderValue, Request, Response, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use std::{future::poll_fn, sync::Arc};

/// How a stream ended.
pub(super) enum StreamEnd {
    /// With its answer, or by the server.
    Answered,
    /// Its client gave it up.
    Reset,
}

/// Answers one request. A client that resets the stream ends the work for it at once.
pub(super) async fn answer(
    handler: Arc<RequestHandler>,
    peer: Arc<Peer>,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> StreamEnd {
    let metrics = Arc::clone(&handler.surface.metrics);
    let request = request.map(ReceivedBody::new);
    let answering = handler.handle(Arc::clone(&peer), request);
    let response = tokio::select! {
        biased;
        response = answering => response,
        _ = poll_fn(|cx| respond.poll_reset(cx)) => return StreamEnd::Reset,
    };
    let (head, mut body) = into_head(response);
    let is_empty = body.left() == Some(0);
    let Ok(mut stream) = respond.send_response(head, is_empty) else {
        return StreamEnd::Reset;
    };
    if is_empty {
        return StreamEnd::Answered;
    }
    match sending::send(&mut body, &mut stream).await {
        SendOutcome::Sent => {}
        SendOutcome::Left => return StreamEnd::Reset,
        SendOutcome::Failed => stream.send_reset(Reason::INTERNAL_ERROR),
        SendOutcome::Dawdled => {
            request_span::cut(&metrics, DAWDLES);
            body.span().failed(&DAWDLES);
            stream.send_reset(Reason::ENHANCE_YOUR_CALM);
        }
    }
    StreamEnd::Answered
}

/// The head as HTTP/2 has it: without what speaks of a connection (RFC 9113 section 8.2.2), with
/// the time (RFC 9110 section 6.6.1).
fn into_head(response: Response<ResponseBody>) -> (Response<()>, ResponseBody) {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONNECTION);
    let now = DateTimePrinter::new().timestamp_to_rfc9110_string(&Timestamp::now());
    if let Some(now) = now.ok().and_then(|now| HeaderValue::try_from(now).ok()) {
        parts.headers.insert(header::DATE, now);
    }
    (Response::from_parts(parts, ()), body)
}
