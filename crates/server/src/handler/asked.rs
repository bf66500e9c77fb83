//! Questions that need a body: `POST /-/sums` with a go.sum, `POST /-/vuln/examine` with modules and
//! versions; each is answered with JSON.
//!
//! A build machine that has no data directory of its own asks this way. The answer comes whole,
//! because half of it says nothing about a change.

use super::posted::Posted;
use crate::{
    body::Source,
    respond::{self, Ask, Made},
};
use bytes::Bytes;
use http::Response;
use http_body::Body;
use proxy::{Refusal, sums::LARGEST};
use std::{error::Error, future::Future};

/// Answers what the body asks.
pub(super) async fn answer<B, F>(posted: Posted<'_, B>, question: impl FnOnce(Bytes) -> F) -> Made
where
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    F: Future<Output = Result<String, Refusal>>,
{
    let ask = posted.ask;
    let (list, room) = match posted.read(LARGEST).await {
        Ok(read) => read,
        Err(refusal) => return super::closing(respond::refusal(ask, &refusal)),
    };
    let answer = question(list).await;
    drop(room);
    match answer {
        Ok(answer) => (json(ask, answer), None),
        Err(refusal) => respond::refusal(ask, &refusal),
    }
}

fn json(ask: &Ask<'_>, answer: String) -> Response<Source> {
    respond::text(ask, super::JSON, answer)
}
