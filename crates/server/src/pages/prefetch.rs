//! `POST /-/prefetch`: a go.sum, a go.mod, or one behind the other as body, progress as newline JSON.
//!
//! The body is read within a bound and a deadline before anything is answered; then each line of
//! progress is sent as it comes. A client that leaves stops what has not begun, because the work is
//! driven by whoever reads the answer. The list has its room for as long.

use super::{PageResult, index::NDJSON, request::PostedRequest};
use crate::{
    body::BodySource,
    budget::posted::PostedRoom,
    byte_source::{ArrivingBytes, BoxedFuture, ReadFailure},
    route::RouteError,
    surface::Surface,
};
use axum::extract::State;
use bytes::Bytes;
use prefetch::{Kinds, PrefetchJob, plan::LARGEST_LIST};
use std::sync::Arc;

/// The progress of a job, and the room of its list.
struct JobProgress {
    job: PrefetchJob,
    _room: PostedRoom,
}

/// Fetches what a go.sum or a go.mod names.
///
/// The progress is sent as it is made, a JSON object a line. Whoever stops reading it stops what has not
/// begun.
#[utoipa::path(post, path = "/-/prefetch",
    params(("kinds" = Option<String>, Query, description = "`all`, `mod` (go.mod files only), or `follow` (what follows as a build asks).")),
    request_body(content = String, content_type = "text/plain", description = "A go.sum, a go.mod, or a go.mod with its go.sum behind it."),
    responses(
        (status = 200, description = "Counts so far, a line each time they change.", content_type = "application/x-ndjson", body = String),
    ))]
pub(super) async fn post(State(surface): State<Arc<Surface>>, posted: PostedRequest) -> PageResult {
    let kinds = kinds(posted.request.query());
    let kinds = kinds.map_err(|error| posted.request.misdirected(&error))?;
    let (request, list, room) = posted.read(&surface, LARGEST_LIST).await?;
    let job = surface.proxy.prefetch(&request.caller(), list, kinds).await;
    let job = job.map_err(|refusal| request.refusal(&refusal))?;
    let progress = BodySource::arriving(Box::new(JobProgress { job, _room: room }));
    Ok(request.streamed(NDJSON, progress))
}

/// Unknown keys are ignored, as the public index does; a key that is known must be right.
fn kinds(query: &str) -> Result<Kinds, RouteError> {
    let pairs = query.split('&');
    let named = pairs
        .filter_map(|pair| pair.strip_prefix("kinds="))
        .next_back();
    match named {
        None | Some("all") => Ok(Kinds::All),
        Some("mod") => Ok(Kinds::Mod),
        Some("follow") => Ok(Kinds::Follow),
        Some(_) => Err(RouteError::Malformed("kinds is one of all, mod, follow")),
    }
}

// === impl JobProgress ===

impl ArrivingBytes for JobProgress {
    fn length(&self) -> Option<u64> {
        ArrivingBytes::length(&self.job)
    }

    fn largest_piece(&self) -> usize {
        self.job.largest_piece()
    }

    fn ready(&mut self) -> BoxedFuture<'_, Result<(), ReadFailure>> {
        ArrivingBytes::ready(&mut self.job)
    }

    fn next(&mut self, at_most: usize) -> BoxedFuture<'_, Result<Option<Bytes>, ReadFailure>> {
        ArrivingBytes::next(&mut self.job, at_most)
    }
}

#[cfg(test)]
mod tests {
    use super::kinds;
    use prefetch::Kinds;

    #[test]
    fn the_query_says_which_kinds() {
        for (query, wanted) in [
            ("", Kinds::All),
            ("kinds=all", Kinds::All),
            ("kinds=mod", Kinds::Mod),
            ("a=b&kinds=follow", Kinds::Follow),
        ] {
            assert_eq!(kinds(query), Ok(wanted), "{query}");
        }
        assert!(kinds("kinds=zip").is_err());
    }
}
