//! `/-/cases`: what became of bytes that are not what they should be.

use super::{PageResponse, request::OperatorRequest};
use crate::surface::Surface;
use axum::extract::State;
use protocol::{Fetching, Resource};
use std::sync::Arc;

/// Cases of content that was not what it should be.
///
/// Operators only. See [mismatch.md](mismatch.md).
#[utoipa::path(get, path = "/-/cases", responses(
    (status = 200, description = "All of them, in short.", content_type = "application/json", body = String),
))]
pub(super) async fn get(
    request: OperatorRequest,
    State(surface): State<Arc<Surface>>,
) -> PageResponse {
    answer(request, &surface, None).await
}

async fn answer(
    OperatorRequest(request): OperatorRequest,
    surface: &Surface,
    number: Option<u64>,
) -> PageResponse {
    let resource = Resource::Cases(number);
    let (form, caller) = (request.form(), request.caller());
    let answer = surface.resource(&form, &caller, &resource, Fetching::Never);
    answer.await.into()
}

/// One case.
pub(super) mod case {
    use super::answer;
    use crate::{
        pages::{PageResult, request::OperatorRequest},
        route::RouteError,
        surface::Surface,
    };
    use axum::extract::{Path, State};
    use std::sync::Arc;

    /// One case of content that was not what it should be.
    ///
    /// Operators only.
    #[utoipa::path(get, path = "/-/cases/{number}",
        params(("number" = u64, Path, description = "Number of the case.")),
        responses(
            (status = 200, description = "All that is known of it.", content_type = "application/json", body = String),
            (status = 404, description = "There is no such case.", content_type = "text/plain", body = String),
        ))]
    pub(in crate::pages) async fn get(
        request: OperatorRequest,
        State(surface): State<Arc<Surface>>,
        Path(number): Path<String>,
    ) -> PageResult {
        let number = number.parse();
        let number = number.map_err(|_| request.0.misdirected(&RouteError::NoSuchPage))?;
        Ok(answer(request, &surface, Some(number)).await)
    }
}
