//! `/-/client`: what a client of this server sets ([`ClientSettings`]).

use super::{PageResponse, request::PageRequest};
use crate::{ClientSettings, surface::Surface};
use axum::extract::State;
use std::sync::Arc;

/// What a client of this server sets.
///
/// Variables of the go command and their values. What is not there is not known, and stays as the
/// client has it. Where callers have to be known, patterns of private modules are told to known callers only.
#[utoipa::path(get, path = "/-/client", responses(
    (status = 200, description = "An object of variables and values.", content_type = "application/json", body = String),
))]
pub(super) async fn get(request: PageRequest, State(surface): State<Arc<Surface>>) -> PageResponse {
    request.json_text(shown_to(&request, &surface).page())
}

/// What a caller is told: where callers have to be known, strangers are told no pattern of private modules.
pub(super) fn shown_to(request: &PageRequest, surface: &Surface) -> ClientSettings {
    let is_open = surface.access.policy().is_open();
    if is_open || request.who().is_known() || request.is_operator(surface) {
        return surface.client.clone();
    }
    surface.client.for_strangers()
}
