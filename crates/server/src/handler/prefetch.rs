//! `POST /-/prefetch`: a go.sum, a go.mod, or one behind the other as body, progress as newline JSON.
//!
//! The only request with a body. It is read within a bound and a deadline before anything is
//! answered; then each line of progress is sent as it comes. A client that leaves stops what has
//! not begun, because the work is driven by whoever reads the answer.

use crate::{
    Service,
    body::Source,
    respond::{self, Ask, Made},
};
use bytes::Bytes;
use codes::Code;
use http::HeaderMap;
use http_body::Body;
use http_body_util::{BodyExt as _, Limited};
use proxy::{
    Caller, Refusal,
    prefetch::{Kinds, plan::LARGEST_LIST},
};
use std::{error::Error, time::Duration};
use tokio::time::timeout;

/// How long a client may take to send its list: a megabyte at the pace of a bad line.
const PATIENCE: Duration = Duration::from_secs(30);

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
    let begun = match read(ask.headers, body).await {
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

async fn read<B>(headers: &HeaderMap, body: B) -> Result<Bytes, Refusal>
where
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let too_large = || {
        let facts = format!("the list is larger than {LARGEST_LIST} bytes");
        Refusal::new(Code::RequestTooLarge, facts)
    };
    if usize::try_from(super::announced_length(headers)).unwrap_or(usize::MAX) > LARGEST_LIST {
        return Err(too_large());
    }
    match timeout(PATIENCE, Limited::new(body, LARGEST_LIST).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::new(
            Code::MalformedRequest,
            "the list ended before its end",
        )),
        Err(_) => Err(Refusal::new(
            Code::MalformedRequest,
            "the list did not come in time",
        )),
    }
}
