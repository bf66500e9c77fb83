//! `POST /-/vuln/examine`: modules and versions as body, and as JSON what is known about them.

use super::posted;
use crate::{
    Service,
    respond::{self, Ask, Made},
};
use http_body::Body;
use proxy::sums::LARGEST;
use std::error::Error;

/// Says what is known about the modules in the body.
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
    match service.examine(list).await {
        Ok(examined) => (respond::text(ask, super::JSON, examined), None),
        Err(refusal) => respond::refusal(ask, &refusal),
    }
}
