//! `/-/requests/ID`: what became of a request that failed ([`RequestLog`](crate::request_log)).

use super::{PageResult, request::OperatorRequest};
use crate::surface::Surface;
use axum::extract::{Path, State};
use codes::Code;
use protocol::Refusal;
use std::sync::Arc;

/// What became of a request that failed.
///
/// Operators only. Error bodies and the header `Modkeep-Request` show the id; the last 1024 failures are
/// kept.
#[utoipa::path(get, path = "/-/requests/{id}",
    params(("id" = String, Path, description = "Id of the request.")),
    responses(
        (status = 200, description = "What was asked for, what it was answered with, how it ended.", content_type = "application/json", body = String),
        (status = 404, description = "None of the last requests that failed has this id.", content_type = "text/plain", body = String),
    ))]
pub(super) async fn get(
    OperatorRequest(request): OperatorRequest,
    State(surface): State<Arc<Surface>>,
    Path(id): Path<String>,
) -> PageResult {
    let failed = surface.request_log.find(&id).ok_or_else(|| {
        let facts = "none of the last requests that failed here has this id";
        request.refusal(&Refusal::new(Code::NotFoundHere, facts))
    })?;
    Ok(request.json_text(failed))
}
