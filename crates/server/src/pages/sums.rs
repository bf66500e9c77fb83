//! `POST /-/sums`: a go.sum is held against what the checksum databases say.
//!
//! A build machine that has no data directory of its own asks this way. The answer comes whole,
//! because half of it says nothing about a change.

use super::{PageResult, request::PostedRequest};
use crate::surface::Surface;
use axum::extract::State;
use checksumdb::sums::LARGEST;
use std::sync::Arc;

/// Holds a go.sum against what the checksum databases say.
#[utoipa::path(post, path = "/-/sums",
    request_body(content = String, content_type = "text/plain", description = "A go.sum."),
    responses(
        (status = 200, description = "What is said of each line.", content_type = "application/json", body = String),
    ))]
pub(super) async fn post(State(surface): State<Arc<Surface>>, posted: PostedRequest) -> PageResult {
    let (request, list, room) = posted.read(&surface, LARGEST).await?;
    let sums = surface.proxy.sums(list).await;
    drop(room);
    request.json(&sums.map_err(|refusal| request.refusal(&refusal))?)
}
