//! `POST /-/sumdb/NAME/echo`: a client's newest head, which it keeps in `pkg/sumdb/NAME/latest`.
//!
//! A database that has lost something cannot know it by itself. Its clients do: each keeps the
//! newest head it ever saw. Whoever sends one here learns whether it agrees, and so do we.

use super::posted::Posted;
use crate::{
    Service,
    respond::{self, Made},
};
use http_body::Body;
use std::error::Error;

/// A head with many witnesses' signatures; the longest note that is read anywhere is larger.
const LARGEST_NOTE: usize = 64 << 10;

/// Compares the head in the body.
pub(super) async fn answer<S, B>(service: &S, posted: Posted<'_, B>, name: &str) -> Made
where
    S: Service,
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let ask = posted.ask;
    let (note, _room) = match posted.read(LARGEST_NOTE).await {
        Ok(read) => read,
        Err(refusal) => return super::closing(respond::refusal(ask, &refusal)),
    };
    match service.echo(name, note).await {
        Ok(agreement) => (respond::plain(ask, format!("{agreement}\n")), None),
        Err(refusal) => respond::refusal(ask, &refusal),
    }
}
