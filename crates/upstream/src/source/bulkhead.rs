//! How many requests may be under way at a source at once.
//!
//! A source that hangs holds its own slots and nobody else's. What it mirrors of checksum databases
//! is a service of its own behind it, so that has slots of its own as well: each artifact that has
//! to be proven brings a lookup and a tile along, and these must neither take the slots of artifacts
//! away nor wait for them. So there are twice as many of these: both are small answers from a cache.
//! Whose turn it is among those who wait is the business of [`Slots`].

use std::{sync::Arc, time::Duration};

use super::Priority;
use crate::{
    RequestClass,
    slots::{NoSlot, Slot, Slots, Worth},
};

/// The slots of one source.
#[derive(Debug)]
pub(crate) struct Bulkhead {
    artifacts: Arc<Slots>,
    databases: Arc<Slots>,
    limit: usize,
}

// === impl Bulkhead ===

impl Bulkhead {
    /// With this many slots for artifacts, at least one, and twice as many for checksum databases.
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.max(1);
        Self {
            artifacts: Slots::new(limit),
            databases: Slots::new(limit.saturating_mul(2)),
            limit,
        }
    }

    /// How many slots there are for artifacts.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether a slot lies free.
    pub(crate) fn has_room(&self, class: RequestClass) -> bool {
        self.of(class).has_room()
    }

    /// A slot, if one comes free in time.
    pub(crate) async fn slot(
        &self,
        class: RequestClass,
        priority: Priority,
        patience: Duration,
    ) -> Result<Slot, NoSlot> {
        let worth = match priority {
            Priority::Demand => Worth::Waiting,
            Priority::Background => Worth::AGuess,
        };
        self.of(class).slot(worth, patience).await
    }

    /// A slot for an extra request, if one lies free and nobody waits for it.
    pub(crate) fn spare(&self, class: RequestClass) -> Option<Slot> {
        self.of(class).spare()
    }

    fn of(&self, class: RequestClass) -> &Arc<Slots> {
        match class {
            RequestClass::Sumdb => &self.databases,
            RequestClass::Metadata | RequestClass::Versions | RequestClass::Zip => &self.artifacts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Priority, Bulkhead, Slot};
    use crate::RequestClass::{self, Metadata, Sumdb, Versions, Zip};
    use std::time::Duration;

    const SOON: Duration = Duration::from_secs(1);

    async fn demand(bulkhead: &Bulkhead, class: RequestClass) -> Option<Slot> {
        bulkhead.slot(class, Priority::Demand, SOON).await.ok()
    }

    #[tokio::test(start_paused = true)]
    async fn artifacts_and_databases_do_not_take_each_others_slots() {
        let bulkhead = Bulkhead::new(2);
        let mut held = Vec::new();
        for class in [Zip, Versions] {
            held.push(demand(&bulkhead, class).await);
        }
        assert!(!bulkhead.has_room(Metadata) && bulkhead.has_room(Sumdb));
        let refused = demand(&bulkhead, Metadata).await;
        assert!(refused.is_none());
        for _ in 0..4 {
            held.push(demand(&bulkhead, Sumdb).await);
        }
        assert!(held.iter().all(Option::is_some));
        assert!(bulkhead.spare(Sumdb).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_holds_half_and_never_the_last_that_demand_needs() {
        let bulkhead = Bulkhead::new(4);
        let ahead = async |class| {
            let slot = bulkhead.slot(class, Priority::Background, SOON);
            slot.await.ok()
        };
        let (first, second) = (ahead(Zip).await, ahead(Zip).await);
        assert!(first.is_some() && second.is_some());
        assert!(ahead(Zip).await.is_none());
        drop(first);
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(demand(&bulkhead, Zip).await);
        }
        assert!(held.iter().all(Option::is_some));
        assert!(ahead(Zip).await.is_none());
    }
}
