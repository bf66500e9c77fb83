//! `POST /-/refresh/MODULE`: ask anew for its list and every absence known of it.

use super::{PageResult, request::OperatorRequest};
use crate::{route::protocol, surface::Surface};
use axum::extract::{Path, State};
use std::sync::Arc;

/// Forgets the lists, queries and absences of a module.
///
/// Operators only. The next request asks a source; where none can be asked, the old answers serve.
#[utoipa::path(post, path = "/-/refresh/{*module}",
    params(("module" = String, Path, description = "Module path, escaped as in the protocol: `!` and the lower-case letter for a capital.")),
    responses(
        (status = 200, description = "How many were forgotten: `forgotten: N`.", content_type = "text/plain", body = String),
    ))]
pub(super) async fn post(
    OperatorRequest(request): OperatorRequest,
    State(surface): State<Arc<Surface>>,
    Path(module): Path<String>,
) -> PageResult {
    let elements: Vec<&str> = module.split('/').collect();
    let module = protocol::module(&elements).map_err(|error| request.misdirected(&error))?;
    let forgotten = surface.proxy.refresh(&module).await;
    let forgotten = forgotten.map_err(|refusal| request.refusal(&refusal))?;
    Ok(request.plain(format!("forgotten: {forgotten}\n")))
}
