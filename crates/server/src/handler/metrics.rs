//! `/metrics`: also answered when memory is short, which is when somebody looks.
//!
//! The page is larger than what needs no budget. Where the caller's memory is used up, by others behind
//! its address perhaps, it would be refused like any large answer. There the last page goes out once more:
//! all who are answered so within a second hold the same bytes, so that readers who stop cost a page a
//! second and no page each.

use crate::{
    body::Source,
    budget::memory::Lender,
    exposition::Format,
    respond::{self, Ask},
};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use parking_lot::Mutex;
use prometheus_client::registry::Registry;
use std::time::Duration;
use tokio::time::Instant;

/// How old a page may be that is sent once more.
const FRESH: Duration = Duration::from_secs(1);

/// The last page of each format that was sent for want of memory.
#[derive(Debug, Default)]
pub(crate) struct SharedPages(Mutex<Vec<(Format, Instant, Bytes)>>);

// === impl SharedPages ===

impl SharedPages {
    /// The last page of this format; this one where it is too old.
    fn shared(&self, format: Format, page: Bytes) -> Bytes {
        let mut pages = self.0.lock();
        pages.retain(|(_, at, _)| at.elapsed() < FRESH);
        if let Some((_, _, last)) = pages.iter().find(|(known, _, _)| *known == format) {
            return last.clone();
        }
        pages.push((format, Instant::now(), page.clone()));
        page
    }
}

/// The page as it is asked for.
pub(super) fn answer(
    ask: &Ask<'_>,
    registry: &Registry,
    pages: &SharedPages,
    lender: &Lender,
) -> Response<Source> {
    let format = Format::asked(ask.headers);
    // Writing to a string fails only if a metric's own encoding does.
    let Ok(page) = format.write(registry) else {
        let mut response = respond::plain(ask, "the metrics cannot be encoded\n".to_owned());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return response;
    };
    let page = Bytes::from(page);
    let page = match lender.try_lend(page.len()) {
        Some(loan) => loan.of(page),
        None => pages.shared(format, page),
    };
    let mut response = respond::page(ask, format.content_type(), Source::Shared(page));
    let by_accept = HeaderValue::from_static("accept");
    response.headers_mut().insert(header::VARY, by_accept);
    response
}
