//! `/-/client`: what a client of this server sets ([`ClientSettings`](crate::ClientSettings)).

use super::{PageResponse, request::PageRequest};
use crate::surface::Surface;
use axum::extract::State;
use std::sync::Arc;

/// What a client of this server sets.
///
/// Variables of the go command and their values. What is not there is not known, and stays as the
/// client has it.
#[utoipa::path(get, path = "/-/client", responses(
    (status = 200, description = "An object of variables and values.", content_type = "application/json", body = String),
))]
pub(super) async fn get(request: PageRequest, State(surface): State<Arc<Surface>>) -> PageResponse {
    request.json_text(surface.client.page())
}
