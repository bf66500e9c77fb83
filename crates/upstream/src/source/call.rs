//! The account of one call for the observer, and the slot it holds.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Account, Reply};
use crate::{
    Failure, Observer, ReplyClass, RequestClass, SourceName, observe::BodyEnd,
    request::RequestPath, slots::Slot,
};

/// The account of one call; reports its end exactly once, also when it is dropped.
pub(crate) struct Call {
    observer: Arc<dyn Observer>,
    source: SourceName,
    class: RequestClass,
    begun: Instant,
    ended: bool,
}

/// One request under way: a hedged one has two.
pub(super) struct Leg {
    pub(super) call: Call,
    pub(super) slot: Slot,
}

// === impl Call ===

impl Call {
    pub(super) fn start(
        observer: &Arc<dyn Observer>,
        source: &SourceName,
        path: &RequestPath,
    ) -> Self {
        observer.started(source, path.kind());
        Self {
            observer: Arc::clone(observer),
            source: source.clone(),
            class: path.class(),
            begun: Instant::now(),
            ended: false,
        }
    }

    pub(super) fn begun(&self) -> Instant {
        self.begun
    }

    pub(super) fn failed(self, failure: Failure) -> Reply {
        self.tell(ReplyClass::Failed(failure.class()));
        Reply::Failed(failure)
    }

    /// Reports how the body ended.
    pub(crate) fn end(mut self, end: BodyEnd, bytes: u64) {
        self.ended = true;
        let elapsed = self.begun.elapsed();
        self.observer
            .finished(&self.source, self.class, end, bytes, elapsed);
    }

    fn tell(&self, reply: ReplyClass) {
        let elapsed: Duration = self.begun.elapsed();
        self.observer
            .answered(&self.source, self.class, reply, elapsed);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            let elapsed = self.begun.elapsed();
            self.observer
                .finished(&self.source, self.class, BodyEnd::None, 0, elapsed);
        }
    }
}

// === impl Leg ===

impl Leg {
    /// Reports the answer; a body takes the slot and the accounts along.
    pub(super) fn answered(self, reply: Reply, account: Account) -> Reply {
        match reply {
            Reply::Found(download) => {
                self.call.tell(ReplyClass::Found);
                Reply::Found(download.leased(self.call, self.slot, Arc::new(account)))
            }
            Reply::Absent(absence) => {
                self.call.tell(ReplyClass::Absent);
                Reply::Absent(absence)
            }
            Reply::Failed(failure) => self.call.failed(failure),
        }
    }
}
