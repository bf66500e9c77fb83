//! Posted: the body of a request, read whole within a bound and a deadline.

use bytes::Bytes;
use codes::Code;
use http::HeaderMap;
use http_body::Body;
use http_body_util::{BodyExt as _, Limited};
use proxy::Refusal;
use std::{error::Error, time::Duration};
use tokio::time::timeout;

/// How long a client may take to send its body: a megabyte at the pace of a bad line.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads a body of at most `limit` bytes.
pub(super) async fn read<B>(headers: &HeaderMap, body: B, limit: usize) -> Result<Bytes, Refusal>
where
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let too_large = || {
        let facts = format!("the body is larger than {limit} bytes");
        Refusal::new(Code::RequestTooLarge, facts)
    };
    if usize::try_from(super::announced_length(headers)).unwrap_or(usize::MAX) > limit {
        return Err(too_large());
    }
    match timeout(PATIENCE, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::new(
            Code::MalformedRequest,
            "the body ended before its end",
        )),
        Err(_) => Err(Refusal::new(
            Code::MalformedRequest,
            "the body did not come in time",
        )),
    }
}
