//! Prefetch: fetching what a client will ask for, before it asks.
//!
//! `go` keeps about as many requests under way as there are processors, so a cold build on a small
//! machine is mostly waiting. What it will ask for can be foreseen: from the go.mod files it reads
//! ([`graph`]), from the zips it begins to fetch ([`zips`]), and exactly where its go.sum is known
//! ([`plan`]). What is foreseen is fetched as demand would fetch it ([`fetch`]), within budgets,
//! by one task ([`planner`]) that demand never waits for.
//!
//! Refused here: guesses for a client that never had to wait, for requests that allow nothing to be
//! fetched, while a source is not calm, or while the store cannot be written.

mod ahead;
mod fetch;
mod forecast;
#[cfg(test)]
mod forecast_tests;
mod graph;
pub mod job;
mod lazy;
mod ledger;
mod likely;
mod metrics;
pub mod plan;
mod planner;
mod recent_requests;
mod requirements;
mod zips;

pub use fetch::{AheadFetcher, AheadOutcome};
pub use forecast::Level;
pub use job::{JobProgress, Kinds, PrefetchJob};
pub use metrics::PrefetchMetrics;
pub use plan::{Plan, PlanError};

use bytes::Bytes;
use fetch::FetchRooms;
use gomod::{Artifact, ArtifactKind};
use parking_lot::Mutex;
use planner::Planner;
use protocol::Caller;
use recent_requests::RecentRequests;
use std::{net::IpAddr, sync::Arc};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

/// Events that may wait for the planner; more are dropped, which costs foresight and nothing else.
const EVENTS: usize = 4096;

/// What was fetched ahead of demand, and what became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadAhead {
    /// Artifacts fetched ahead.
    pub fetched: u64,
    /// Their bytes.
    pub fetched_bytes: u64,
    /// Of those, the ones asked for afterwards.
    pub asked: u64,
    /// Their bytes.
    pub asked_bytes: u64,
}

/// Something that the planner should know.
#[derive(Debug)]
pub(crate) enum PrefetchEvent {
    /// A client was answered.
    Asked {
        address: IpAddr,
        artifact: Artifact,
        /// Whether it had to wait for a source.
        cold: bool,
        /// The bytes of a go.mod.
        go_mod: Option<Bytes>,
    },
    /// A client has begun to ask for a zip or a go.mod that is not at hand.
    Asking { address: IpAddr, artifact: Artifact },
    /// A go.mod has come, and still has to be proven. Whatever it says may be guessed from: what is
    /// fetched because of it is proven by itself.
    Arrived { artifact: Artifact, go_mod: Bytes },
    /// What a client will ask for is known.
    Follow { address: IpAddr, plan: Plan },
    /// An artifact was fetched by order, ahead of demand.
    Posted { artifact: Artifact, bytes: u64 },
    /// To be told when there is nothing left to do.
    Settle(oneshot::Sender<()>),
}

/// The service's side of it: notes what clients ask for.
#[derive(Debug)]
pub struct Prefetch {
    level: Level,
    seen: RecentRequests,
    events: mpsc::Sender<PrefetchEvent>,
    waiting: Mutex<Option<mpsc::Receiver<PrefetchEvent>>>,
    pub(crate) rooms: FetchRooms,
}

/// Takes go.mod files that have come and still wait for their proof.
#[derive(Debug, Clone)]
pub struct GoModSink {
    level: Level,
    events: mpsc::Sender<PrefetchEvent>,
}

// === impl GoModSink ===

impl GoModSink {
    /// A go.mod has come. Full, or nobody is there to listen: both cost foresight only.
    pub fn arrived(&self, artifact: &Artifact, bytes: &Bytes) {
        if artifact.kind == ArtifactKind::Mod && self.level != Level::Off {
            drop(self.events.try_send(PrefetchEvent::Arrived {
                artifact: artifact.clone(),
                go_mod: bytes.clone(),
            }));
        }
    }
}

// === impl Prefetch ===

impl Prefetch {
    /// Takes notes from now on; nothing is fetched before [`Self::start`].
    pub fn new(level: Level) -> Self {
        let (events, waiting) = mpsc::channel(EVENTS);
        Self {
            level,
            seen: RecentRequests::new(Instant::now()),
            events,
            waiting: Mutex::new(Some(waiting)),
            rooms: FetchRooms::new(),
        }
    }

    /// Starts the planner, where there is a runtime to run it and it has something to do. It ends with
    /// the fetcher.
    pub fn start(&self, fetcher: &Arc<dyn AheadFetcher>, metrics: &Arc<PrefetchMetrics>) {
        if self.level == Level::Off {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current()
            && let Some(events) = self.waiting.lock().take()
        {
            let (fetcher, metrics) = (Arc::downgrade(fetcher), Arc::clone(metrics));
            let planner = Planner::new(fetcher, metrics, self.level, self.rooms.clone());
            runtime.spawn(planner.run(events));
        }
    }

    /// Where go.mod files are handed in that have come and are not proven yet.
    pub fn go_mods(&self) -> GoModSink {
        GoModSink {
            level: self.level,
            events: self.events.clone(),
        }
    }

    /// Notes that a client was answered. Waits for nothing; costs next to nothing where the same
    /// client asked for the same thing a moment ago and did not have to wait.
    ///
    /// `cold` says whether it had to wait for a source; `body` is the body, if it is in memory.
    pub fn noticed(&self, caller: &Caller, artifact: &Artifact, cold: bool, body: Option<&Bytes>) {
        if self.level == Level::Off {
            return;
        }
        if !cold && !self.seen.is_new((caller.address, artifact), Instant::now()) {
            return;
        }
        let go_mod = body.filter(|_| artifact.kind == ArtifactKind::Mod).cloned();
        self.tell(PrefetchEvent::Asked {
            address: caller.address,
            artifact: artifact.clone(),
            cold,
            go_mod,
        });
    }

    /// Notes that a client begins to wait for a zip or a go.mod.
    pub fn asking(&self, caller: &Caller, artifact: &Artifact) {
        if artifact.kind != ArtifactKind::Info {
            self.tell(PrefetchEvent::Asking {
                address: caller.address,
                artifact: artifact.clone(),
            });
        }
    }

    /// Tells what a client will ask for.
    pub fn follow(&self, caller: &Caller, plan: Plan) {
        self.tell(PrefetchEvent::Follow {
            address: caller.address,
            plan,
        });
    }

    /// Waits until nothing is being fetched ahead.
    pub async fn settled(&self) {
        if self.waiting.lock().is_some() {
            return;
        }
        let (tell, told) = oneshot::channel();
        if self.events.send(PrefetchEvent::Settle(tell)).await.is_ok() {
            drop(told.await);
        }
    }

    pub(crate) fn tell(&self, event: PrefetchEvent) {
        if self.level != Level::Off {
            // Full, or nobody is there to listen: both cost foresight only.
            drop(self.events.try_send(event));
        }
    }
}
