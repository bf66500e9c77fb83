//! `POST /-/vuln/examine`: what is known about modules and their versions.

use super::{PageResult, request::PostedRequest};
use crate::surface::Surface;
use axum::extract::State;
use checksumdb::sums::LARGEST;
use std::sync::Arc;

/// Says what is known about vulnerabilities of modules.
///
/// See [vulnerabilities.md](vulnerabilities.md).
#[utoipa::path(post, path = "/-/vuln/examine",
    request_body(content = String, content_type = "text/plain", description = "A module and a version a line."),
    responses(
        (status = 200, description = "The vulnerabilities that hold for them.", content_type = "application/json", body = String),
    ))]
pub(super) async fn post(State(surface): State<Arc<Surface>>, posted: PostedRequest) -> PageResult {
    let (request, list, room) = posted.read(&surface, LARGEST).await?;
    let examined = surface.proxy.examine(&list).await;
    drop(room);
    request.json(&examined.map_err(|refusal| request.refusal(&refusal))?)
}
