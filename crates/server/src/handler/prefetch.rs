//! `POST /-/prefetch`: a go.sum, a go.mod, or one behind the other as body, progress as newline JSON.
//!
//! The body is read within a bound and a deadline before anything is answered; then each line of
//! progress is sent as it comes. A client that leaves stops what has not begun, because the work is
//! driven by whoever reads the answer. The list has its room for as long.

use super::posted::Posted;
use crate::{
    Arriving, Service,
    body::Source,
    budget::posted::PostedRoom,
    index::NDJSON,
    respond::{self, Made},
    service::{Future, ReadFailure},
};
use bytes::Bytes;
use http_body::Body;
use proxy::{
    Caller,
    prefetch::{Kinds, plan::LARGEST_LIST},
};
use std::error::Error;

/// The progress of a job, and the room of its list.
struct JobProgress {
    job: Box<dyn Arriving>,
    _room: PostedRoom,
}

/// A go.sum or go.mod, or both, is fetched, as far as `kinds` says.
pub(super) async fn answer<S, B>(
    service: &S,
    posted: Posted<'_, B>,
    caller: &Caller,
    kinds: Kinds,
) -> Made
where
    S: Service,
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let ask = posted.ask;
    let (list, room) = match posted.read(LARGEST_LIST).await {
        Ok(read) => read,
        Err(refusal) => return super::closing(respond::refusal(ask, &refusal)),
    };
    match service.prefetch(caller, list, kinds).await {
        Ok(job) => {
            let progress = Source::arriving(Box::new(JobProgress { job, _room: room }));
            (respond::streamed(ask, NDJSON, progress), None)
        }
        Err(refusal) => respond::refusal(ask, &refusal),
    }
}

// === impl JobProgress ===

impl Arriving for JobProgress {
    fn length(&self) -> Option<u64> {
        self.job.length()
    }

    fn largest_piece(&self) -> usize {
        self.job.largest_piece()
    }

    fn ready(&mut self) -> Future<'_, Result<(), ReadFailure>> {
        self.job.ready()
    }

    fn next(&mut self, at_most: usize) -> Future<'_, Result<Option<Bytes>, ReadFailure>> {
        self.job.next(at_most)
    }
}
