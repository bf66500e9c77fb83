//! Fetch: one thing that an issuer publishes, within a deadline.

use crate::transport::{IssuerReply, IssuerTransport};
use std::time::Duration;
use url::Url;

/// For how long each of the two answers is waited for. Nobody's build waits longer for an issuer than for a source.
const DEADLINE: Duration = Duration::from_secs(3);

/// An issuer could not be asked, or what it said is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url}: {why}")]
pub struct FetchError {
    url: Url,
    why: String,
}

// === impl FetchError ===

impl FetchError {
    pub(crate) fn new(url: &Url, why: String) -> Self {
        Self {
            url: url.clone(),
            why,
        }
    }
}

pub(crate) async fn fetch_one(
    transport: &dyn IssuerTransport,
    url: &Url,
) -> Result<IssuerReply, FetchError> {
    let failed = |why: String| FetchError::new(url, why);
    let reply = transport.get(url, DEADLINE).await;
    let reply = reply.map_err(|error| failed(error.to_string()))?;
    if reply.status != 200 {
        return Err(failed(format!("the answer is {}", reply.status)));
    }
    Ok(reply)
}
