//! Observer: somebody beside the server who sees what it answers.
//!
//! `modkeep run` counts what came from where. It used to wrap the service for that, and a route that the
//! wrapper forgot was gone. An observer stands beside the path of an answer: it is told and can change
//! nothing, so every route is the same with and without one. It sees the module protocol, not the pages
//! about it, and it must not wait: it is called on the path of the answer.

use protocol::{Refusal, Resource};
use proxy::Answer;

/// Sees the answers of the module protocol. Nothing here may block.
pub trait AnswerObserver: Send + Sync + 'static {
    /// A request begins that memory does not answer.
    fn request_began(&self) {}

    /// Its answer is decided, or nobody waits for it any more.
    fn request_ended(&self) {}

    /// This was answered; the body is still to be sent.
    fn answered(&self, resource: &Resource, answer: &Answer);

    /// This was refused.
    fn refused(&self, resource: &Resource, refusal: &Refusal);
}

/// One more request in progress, for as long as this lives.
pub(crate) struct ObservedRequest<'o>(&'o dyn AnswerObserver);

// === impl ObservedRequest ===

impl<'o> ObservedRequest<'o> {
    pub(crate) fn begin(observer: &'o dyn AnswerObserver) -> Self {
        observer.request_began();
        Self(observer)
    }

    /// The request ends with this.
    pub(crate) fn end(self, resource: &Resource, result: &Result<Answer, Refusal>) {
        let observer = self.0;
        drop(self);
        match result {
            Ok(answer) => observer.answered(resource, answer),
            Err(refusal) => observer.refused(resource, refusal),
        }
    }
}

impl Drop for ObservedRequest<'_> {
    fn drop(&mut self) {
        self.0.request_ended();
    }
}
