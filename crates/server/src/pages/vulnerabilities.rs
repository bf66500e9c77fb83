//! Below `/-/vuln/`: the protocol of the vulnerability database, for `govulncheck -db`.

use super::{PageResult, request::PageRequest};
use crate::surface::Surface;
use axum::extract::{Path, State};
use std::sync::Arc;

/// A file of the vulnerability database.
///
/// What `govulncheck -db SERVER/-/vuln` asks for.
#[utoipa::path(get, path = "/-/vuln/{*file}",
    params(("file" = String, Path, description = "`index/db.json`, `index/modules.json`, `ID/GO-….json`, as the protocol names them.")),
    responses(
        (status = 200, description = "The file.", content_type = "application/json", body = String),
    ))]
pub(super) async fn get(
    request: PageRequest,
    State(surface): State<Arc<Surface>>,
    Path(file): Path<String>,
) -> PageResult {
    let answer = surface.proxy.vulnerability_file(&file).await;
    let answer = answer.map_err(|refusal| request.refusal(&refusal))?;
    Ok(request.answer(answer))
}
