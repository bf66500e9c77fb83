//! Posted: a request with a body, which is read whole within a bound, a deadline and a budget.

use super::SOON;
use crate::{
    budget::posted::{NoRoom, PostedRoom},
    connection::Peer,
    respond::Ask,
};
use bytes::{Buf as _, Bytes, BytesMut};
use codes::Code;
use http_body::Body;
use http_body_util::BodyExt as _;
use proxy::Refusal;
use std::{error::Error, pin::pin, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How long a client may take to send its body: a megabyte at the pace of a bad line.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request with a body that was not read yet.
pub(super) struct Posted<'r, B> {
    pub(super) ask: &'r Ask<'r>,
    peer: &'r Peer,
    body: B,
}

// === impl Posted ===

impl<'r, B> Posted<'r, B>
where
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    pub(super) fn new(ask: &'r Ask<'r>, peer: &'r Peer, body: B) -> Self {
        Self { ask, peer, body }
    }

    /// Reads a body of at most `limit` bytes. The room has to be kept for as long as the list is
    /// being answered.
    pub(super) async fn read(self, limit: usize) -> Result<(Bytes, PostedRoom), Refusal> {
        let pulse = &self.peer.pulse;
        pulse.awaits_body(true);
        let read = self.read_whole(limit).await;
        pulse.awaits_body(false);
        read
    }

    async fn read_whole(self, limit: usize) -> Result<(Bytes, PostedRoom), Refusal> {
        let announced = super::announced_length(self.ask.headers);
        if usize::try_from(announced).unwrap_or(usize::MAX) > limit {
            return Err(too_large(limit));
        }
        let allowance = &self.peer.allowance;
        let room = allowance.posted.admit(allowance.account.shares());
        let mut room = room.map_err(busy)?;
        let deadline = Instant::now() + PATIENCE;
        let (mut read, mut body) = (BytesMut::new(), pin!(self.body));
        loop {
            let frame = timeout_at(deadline, body.frame()).await;
            let frame = frame.map_err(|_| malformed("the body did not come in time"))?;
            let Some(frame) = frame else {
                return Ok((read.freeze(), room));
            };
            let frame = frame.map_err(|_| malformed("the body ended before its end"))?;
            let Ok(mut data) = frame.into_data() else {
                continue;
            };
            if read.len() + data.remaining() > limit {
                return Err(too_large(limit));
            }
            room.grow(data.remaining()).map_err(busy)?;
            while data.has_remaining() {
                let chunk = data.chunk();
                read.extend_from_slice(chunk);
                let length = chunk.len();
                data.advance(length);
            }
        }
    }
}

fn malformed(facts: &str) -> Refusal {
    Refusal::new(Code::MalformedRequest, facts)
}

fn too_large(limit: usize) -> Refusal {
    let facts = format!("the body is larger than {limit} bytes");
    Refusal::new(Code::RequestTooLarge, facts)
}

fn busy(why: NoRoom) -> Refusal {
    Refusal::new(Code::TooManyAtOnce, why.to_string()).with_retry_after(SOON)
}
