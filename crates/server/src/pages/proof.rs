//! `/-/proof/…`: the proof that is kept beside an artifact.

use super::{PageResult, request::PageRequest};
use crate::{
    route::{RouteError, protocol},
    surface::Surface,
};
use ::protocol::{Fetching, Resource};
use axum::extract::{Path, State};
use gomod::ArtifactKind;
use std::sync::Arc;

/// The proof of an artifact.
///
/// What the checksum database says of a `.mod` or a `.zip` that is kept, with the proof that it does. See
/// [verification.md](verification.md).
#[utoipa::path(get, path = "/-/proof/{*artifact}",
    params(("artifact" = String, Path, description = "Path of the artifact: `MODULE/@v/VERSION.mod` or `.zip`.")),
    responses(
        (status = 200, description = "Record, tree head and hashes.", content_type = "application/json", body = String),
        (status = 404, description = "No proof of it is kept.", content_type = "text/plain", body = String),
    ))]
pub(super) async fn get(
    request: PageRequest,
    State(surface): State<Arc<Surface>>,
    Path(artifact): Path<String>,
) -> PageResult {
    let proof = proof_of(&artifact).map_err(|error| request.misdirected(&error))?;
    let form = request.form();
    let answer = surface.guarded_resource(&form, request.peer(), &proof, Fetching::Never);
    Ok(answer.await.into())
}

fn proof_of(path: &str) -> Result<Resource, RouteError> {
    let elements: Vec<&str> = path.split('/').collect();
    match protocol::parse(&elements)? {
        Resource::Artifact(artifact) if artifact.kind != ArtifactKind::Info => {
            Ok(Resource::Proof(artifact))
        }
        _ => Err(RouteError::NoSuchPage),
    }
}
