//! `/metrics`: also answered when memory is short, which is when somebody looks.
//!
//! The page is larger than what needs no budget. Where the caller's memory is used up, by others behind
//! its address perhaps, it would be refused like any large answer. There the last page goes out once more:
//! all who are answered so within a second hold the same bytes, so that readers who stop cost a page a
//! second and no page each.

use super::{PageResponse, request::PageRequest};
use crate::{body::BodySource, exposition::ExpositionFormat, respond, surface::Surface};
use axum::extract::State;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How old a page may be that is sent once more.
const FRESH: Duration = Duration::from_secs(1);

/// The last page of each format that was sent for want of memory.
#[derive(Debug, Default)]
pub(crate) struct SharedPages(Mutex<Vec<(ExpositionFormat, Instant, Bytes)>>);

// === impl SharedPages ===

impl SharedPages {
    /// The last page of this format; this one where it is too old.
    fn shared(&self, format: ExpositionFormat, page: Bytes) -> Bytes {
        let mut pages = self.0.lock();
        pages.retain(|(_, at, _)| at.elapsed() < FRESH);
        if let Some((_, _, last)) = pages.iter().find(|(known, _, _)| *known == format) {
            return last.clone();
        }
        pages.push((format, Instant::now(), page.clone()));
        page
    }
}

/// The metrics of this process.
///
/// OpenMetrics 1.0.0 for whoever asks for it by `Accept`, else the classic text format 0.0.4. See
/// [metrics.md](metrics.md).
#[utoipa::path(get, path = "/metrics", responses(
    (status = 200, description = "All metrics.", content_type = "text/plain", body = String),
))]
pub(super) async fn get(request: PageRequest, State(surface): State<Arc<Surface>>) -> PageResponse {
    surface.proxy.observe().await;
    let format = ExpositionFormat::asked(request.headers());
    // Writing to a string fails only if a metric's own encoding does.
    let Ok(page) = format.write(&surface.registry) else {
        let text = "the metrics cannot be encoded\n".to_owned();
        let mut response = respond::plain(&request.form(), text);
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return (response, None).into();
    };
    let page = Bytes::from(page);
    let page = match request.peer().allowance.lender().try_lend(page.len()) {
        Some(loan) => loan.of(page),
        None => surface.pages.shared(format, page),
    };
    let source = BodySource::Shared(page);
    let mut response = respond::page(&request.form(), format.content_type(), source);
    let by_accept = HeaderValue::from_static("accept");
    response.headers_mut().insert(header::VARY, by_accept);
    (response, None).into()
}
