//! The account of one call for the observer, and the slot it holds.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Account, Reply};
use crate::{
    Failure, Observer, ReplyClass, RequestKind, SourceName, observe::BodyEnd, slots::Slot,
};

/// The account of one call; reports its end exactly once, also when it is dropped.
pub(crate) struct Call {
    observer: Arc<dyn Observer>,
    source: SourceName,
    kind: RequestKind,
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
        kind: RequestKind,
    ) -> Self {
        observer.started(source, kind);
        Self {
            observer: Arc::clone(observer),
            source: source.clone(),
            kind,
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
        self.observer.finished(&self.source, self.kind, end, bytes);
    }

    fn tell(&self, class: ReplyClass) {
        let elapsed: Duration = self.begun.elapsed();
        self.observer
            .answered(&self.source, self.kind, class, elapsed);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            self.observer
                .finished(&self.source, self.kind, BodyEnd::None, 0);
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
