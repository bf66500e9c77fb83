//! `POST /-/prefetch`: a go.sum, a go.mod, or one behind the other as body, progress as newline JSON.
//!
//! The body is read within a bound and a deadline before anything is answered; then each line of progress is sent as it comes. A client that leaves stops what has
//! not begun, because the work is driven by whoever reads the answer.

use super::posted;
use crate::{
    Service,
    body::Source,
    respond::{self, Ask, Made},
};
use http_body::Body;
use proxy::{
    Caller,
    prefetch::{Kinds, plan::LARGEST_LIST},
};
use std::error::Error;

/// A go.sum or go.mod, or both, is fetched, as far as `kinds` says.
pub(super) async fn answer<S, B>(
    service: &S,
    ask: &Ask<'_>,
    caller: &Caller,
    kinds: Kinds,
    body: B,
) -> Made
where
    S: Service,
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let begun = match posted::read(ask.headers, body, LARGEST_LIST).await {
        Ok(list) => service.prefetch(caller, list, kinds).await,
        Err(refusal) => return super::closing(respond::refusal(ask, &refusal)),
    };
    match begun {
        Ok(progress) => (
            respond::streamed(ask, super::NDJSON, Source::arriving(progress)),
            None,
        ),
        Err(refusal) => respond::refusal(ask, &refusal),
    }
}
