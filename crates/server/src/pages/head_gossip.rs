//! `POST /-/sumdb/NAME/echo`: a client's newest head, which it keeps in `pkg/sumdb/NAME/latest`.
//!
//! A database that has lost something cannot know it by itself. Its clients do: each keeps the
//! newest head it ever saw. Whoever sends one here learns whether it agrees, and so do we.

use super::{PageResult, request::PostedRequest};
use crate::{
    route::{RouteError, sumdb},
    surface::Surface,
};
use axum::extract::{Path, State};
use std::sync::Arc;

/// A head with many witnesses' signatures; the longest note that is read anywhere is larger.
const LARGEST_NOTE: usize = 64 << 10;

/// Compares a head that a client has seen with what is here.
///
/// For a checksum database of this site. See [sumdb.md](sumdb.md).
#[utoipa::path(post, path = "/-/sumdb/{*name}/echo",
    params(("name" = String, Path, description = "Name of the database; it may contain slashes.")),
    request_body(content = String, content_type = "text/plain", description = "A signed tree head."),
    responses(
        (status = 200, description = "`consistent` or `older`.", content_type = "text/plain", body = String),
    ))]
pub(super) async fn post(
    State(surface): State<Arc<Surface>>,
    Path(rest): Path<String>,
    posted: PostedRequest,
) -> PageResult {
    let name = database(&rest).map_err(|error| posted.request.misdirected(&error))?;
    let (request, note, _room) = posted.read(&surface, LARGEST_NOTE).await?;
    let agreement = surface.proxy.echo(&name, &note).await;
    let agreement = agreement.map_err(|refusal| request.refusal(&refusal))?;
    Ok(request.plain(format!("{agreement}\n")))
}

/// The name before `/echo`.
fn database(rest: &str) -> Result<String, RouteError> {
    let name = rest.strip_suffix("/echo").ok_or(RouteError::NoSuchPage)?;
    let elements: Vec<&str> = name.split('/').collect();
    sumdb::name(&elements)
}

#[cfg(test)]
mod tests {
    use super::database;

    #[test]
    fn a_head_is_posted_to_a_database_by_its_name() {
        let name = "sum.corp.example.com/2026".to_owned();
        assert_eq!(database("sum.corp.example.com/2026/echo"), Ok(name));
        for wrong in ["echo", "a+b/echo", "a.b/c"] {
            assert!(database(wrong).is_err(), "{wrong}");
        }
    }
}
