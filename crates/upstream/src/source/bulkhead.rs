//! How many requests may be under way at a source at once.
//!
//! A source that hangs holds its own slots and nobody else's. What it mirrors of checksum databases
//! is a service of its own behind it, so that has slots of its own as well: each artifact that has
//! to be proven brings a lookup and a tile along, and these must neither take the slots of artifacts
//! away nor wait for them. So there are twice as many of these: both are small answers from a cache.
//!
//! What nobody waits for stands in its own queue, holds at most half of the slots, and takes one
//! only if it lies free: so it is never ahead of demand.

use std::sync::Arc;

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use super::Priority;
use crate::RequestClass;

/// The slots of one source.
#[derive(Debug)]
pub(crate) struct Bulkhead {
    artifacts: Slots,
    databases: Slots,
    limit: usize,
}

#[derive(Debug)]
struct Slots {
    all: Arc<Semaphore>,
    background: Arc<Semaphore>,
}

/// What a request holds while it is under way.
#[derive(Debug)]
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
    _background: Option<OwnedSemaphorePermit>,
}

// === impl Bulkhead ===

impl Bulkhead {
    /// With this many slots for artifacts, at least one, and twice as many for checksum databases.
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            artifacts: Slots::new(limit),
            databases: Slots::new(limit.saturating_mul(2).min(Semaphore::MAX_PERMITS)),
            limit,
        }
    }

    /// How many slots there are for artifacts.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether a slot lies free.
    pub(crate) fn has_room(&self, class: RequestClass) -> bool {
        self.of(class).all.available_permits() > 0
    }

    /// A slot, if one comes free in time.
    pub(crate) async fn slot(
        &self,
        class: RequestClass,
        priority: Priority,
        deadline: Instant,
    ) -> Option<Slot> {
        let slots = self.of(class);
        let queue = match priority {
            Priority::Demand => &slots.all,
            Priority::Background => &slots.background,
        };
        // The semaphores are never closed; were they, there would be no slot either.
        let wait = timeout_at(deadline, Arc::clone(queue).acquire_owned());
        let permit = wait.await.ok()?.ok()?;
        match priority {
            Priority::Demand => Some(Slot {
                _permit: permit,
                _background: None,
            }),
            Priority::Background => Some(Slot {
                _background: Some(permit),
                ..self.spare(class)?
            }),
        }
    }

    /// A slot for an extra request, if one lies free.
    pub(crate) fn spare(&self, class: RequestClass) -> Option<Slot> {
        Some(Slot {
            _permit: Arc::clone(&self.of(class).all).try_acquire_owned().ok()?,
            _background: None,
        })
    }

    fn of(&self, class: RequestClass) -> &Slots {
        match class {
            RequestClass::Sumdb => &self.databases,
            RequestClass::Metadata | RequestClass::Versions | RequestClass::Zip => &self.artifacts,
        }
    }
}

// === impl Slots ===

impl Slots {
    fn new(limit: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limit)),
            background: Arc::new(Semaphore::new((limit / 2).max(1))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Priority, Bulkhead};
    use crate::RequestClass::{Metadata, Sumdb, Versions, Zip};
    use std::time::Duration;
    use tokio::time::Instant;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(1)
    }

    #[tokio::test(start_paused = true)]
    async fn artifacts_and_databases_do_not_take_each_others_slots() {
        let bulkhead = Bulkhead::new(2);
        let mut held = Vec::new();
        for class in [Zip, Versions] {
            held.push(bulkhead.slot(class, Priority::Demand, soon()).await);
        }
        assert!(!bulkhead.has_room(Metadata) && bulkhead.has_room(Sumdb));
        let refused = bulkhead.slot(Metadata, Priority::Demand, soon()).await;
        assert!(refused.is_none());
        for _ in 0..4 {
            held.push(bulkhead.slot(Sumdb, Priority::Demand, soon()).await);
        }
        assert!(held.iter().all(Option::is_some));
        assert!(bulkhead.spare(Sumdb).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_holds_half_and_never_the_last_that_demand_needs() {
        let bulkhead = Bulkhead::new(4);
        let ahead = |class| bulkhead.slot(class, Priority::Background, soon());
        let (first, second) = (ahead(Zip).await, ahead(Zip).await);
        assert!(first.is_some() && second.is_some());
        assert!(ahead(Zip).await.is_none());
        drop(first);
        let mut demand = Vec::new();
        for _ in 0..3 {
            demand.push(bulkhead.slot(Zip, Priority::Demand, soon()).await);
        }
        assert!(demand.iter().all(Option::is_some));
        assert!(ahead(Zip).await.is_none());
    }
}
