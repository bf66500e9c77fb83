//! `POST /-/sums`: a go.sum as body, and as JSON what the checksum databases say of each line.
//!
//! A build machine that has no data directory of its own asks this way. The answer comes whole,
//! because half of it says nothing about a change.

use super::posted;
use crate::{
    Service,
    respond::{self, Ask, Made},
};
use http_body::Body;
use proxy::sums::LARGEST;
use std::error::Error;

/// Holds the go.sum in the body against the databases.
pub(super) async fn answer<S, B>(service: &S, ask: &Ask<'_>, body: B) -> Made
where
    S: Service,
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let list = match posted::read(ask.headers, body, LARGEST).await {
        Ok(list) => list,
        Err(refusal) => return super::closing(respond::refusal(ask, &refusal)),
    };
    match service.sums(list).await {
        Ok(sums) => (respond::text(ask, super::JSON, sums), None),
        Err(refusal) => respond::refusal(ask, &refusal),
    }
}
