//! Context: what every part of the service works with.

use crate::{
    artifacts::Announcement,
    blocklist::Blocklist,
    capture::Captured,
    confirm::Confirmations,
    damage::Sound,
    disagreement::Disagreements,
    disk_reserve::Disk,
    flight::Flights,
    flight_budget::FlightBudget,
    fresh::Fresh,
    hot::Hot,
    mend::Mends,
    metrics::Metrics,
    options::ProxyOptions,
    own::Own,
    parsing::Parsing,
    prefetch::Prefetch,
    refusal::Refusal,
    remembered::Remembered,
    resource::Resource,
    scrub::Scrub,
    single_flight::SingleFlights,
    sumdb::{self, Heads},
    verify::Verifier,
    vulnerabilities::Vulnerabilities,
    wrong_versions::WrongVersions,
};
use codes::Code;
use gomod::{Artifact, ModulePath};
use std::sync::Arc;
use store::{Store, StoreError};
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::task::TaskTracker;
use upstream::{BreakerView, Slots, Upstreams};

/// How many bodies above the usual size may be received at once: 2 x 16 MiB at worst.
const LARGE_BODIES: usize = 2;

/// How many records' proofs are completed at once: one after the other, so that the largest log
/// seen grows in order, and the source is spared.
const PROOFS: usize = 1;

/// The parts of the service, shared by all requests.
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) upstreams: Upstreams,
    pub(crate) options: ProxyOptions,
    pub(crate) hot: Hot,
    pub(crate) fresh: Fresh,
    pub(crate) sound: Sound,
    /// The room on the disk.
    pub(crate) disk: Disk,
    /// What is refused by policy.
    pub(crate) blocklist: Blocklist,
    /// Room for all work on behalf of clients that asks a source.
    pub(crate) budget: FlightBudget,
    pub(crate) flights: Flights,
    /// Small artifacts being fetched.
    pub(crate) captures: SingleFlights<Resource, Captured>,
    /// Lists, queries and the like being refreshed.
    pub(crate) refreshes: SingleFlights<String, Result<Arc<Remembered>, Refusal>>,
    /// Zips of which it is asked whether they are to be had.
    pub(crate) announcements: SingleFlights<Artifact, Result<Announcement, Refusal>>,
    pub(crate) large_bodies: Semaphore,
    /// Room for work that reads a whole zip or all of its names.
    heavy: Arc<Slots>,
    /// Room for reading large files.
    pub(crate) parsing: Parsing,
    /// Room for keeping the proofs of captured database records.
    pub(crate) proofs: Semaphore,
    /// Work behind answers that were given already.
    pub(crate) background: TaskTracker,
    /// Fetching ahead of demand.
    pub(crate) prefetch: Prefetch,
    pub(crate) metrics: Arc<Metrics>,
    /// What was asked about because nothing had confirmed it.
    pub(crate) confirmations: Confirmations,
    /// Who vouches for what arrives.
    pub(crate) verifier: Verifier,
    /// Checksum databases of our own.
    pub(crate) own: Own,
    /// How fresh the verified database's head is.
    pub(crate) heads: Heads,
    /// Damaged blobs that are being mended.
    pub(crate) mends: Mends,
    /// Versions that were found wrong at their sources.
    pub(crate) wrong: WrongVersions,
    /// Sources that disagreed about what exists.
    pub(crate) disagreements: Disagreements,
    /// Known vulnerabilities.
    pub(crate) vulnerabilities: Vulnerabilities,
    /// How far the scrubber is.
    pub(crate) scrub: Scrub,
    /// When the service was started.
    pub(crate) started: Instant,
}

/// How many zips may be read through at once: more than there are processors would only take
/// turns, and each may need a quarter of a gigabyte for its names.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

// === impl Context ===

impl Context {
    pub(crate) fn new(
        store: Store,
        upstreams: Upstreams,
        options: ProxyOptions,
        metrics: Arc<Metrics>,
    ) -> Self {
        let budget = FlightBudget::new(options.flights);
        let verifier = Verifier::new(
            options.verify.clone(),
            &store,
            &upstreams,
            &metrics,
            &budget,
        );
        Self {
            verifier,
            own: Own::new(&options.own),
            heads: Heads::default(),
            mends: Mends::default(),
            wrong: WrongVersions::default(),
            disagreements: Disagreements::default(),
            confirmations: Confirmations::default(),
            scrub: Scrub::default(),
            vulnerabilities: Vulnerabilities::new(options.vulnerabilities.clone()),
            started: Instant::now(),
            hot: Hot::new(options.memory),
            fresh: Fresh::new(),
            sound: Sound::new(),
            disk: Disk::default(),
            blocklist: Blocklist::new(&options.denied),
            prefetch: Prefetch::new(options.prefetch),
            store,
            upstreams,
            options,
            flights: Flights::within(&budget),
            announcements: SingleFlights::within(&budget),
            captures: SingleFlights::within(&budget),
            refreshes: SingleFlights::within(&budget),
            budget,
            large_bodies: Semaphore::new(LARGE_BODIES),
            proofs: Semaphore::new(PROOFS),
            heavy: Slots::new(processors()),
            parsing: Parsing::default(),
            background: TaskTracker::new(),
            metrics,
        }
    }

    /// Who is asked about a module. A private one is asked of nobody else (law L7).
    pub(crate) fn sources(&self, module: &ModulePath) -> Result<&Upstreams, Refusal> {
        if !self.verifier.is_private(module) {
            return Ok(&self.upstreams);
        }
        let private = self.options.private_upstreams.as_ref();
        private
            .ok_or_else(|| Refusal::new(Code::PrivateName, "no source for private modules is set"))
    }

    /// Who is asked about a checksum database. One whose name is private is asked of nobody else, but
    /// by its own URL if it has one (law L7).
    pub(crate) fn database_sources(&self, name: &str) -> Result<&Upstreams, Refusal> {
        if !self.verifier.is_private_name(name) || self.upstreams.asks_directly(name) {
            return Ok(&self.upstreams);
        }
        let private = self.options.private_upstreams.as_ref();
        private.ok_or_else(|| Refusal::new(Code::PrivateName, "no source for private names is set"))
    }

    /// All sources.
    pub(crate) fn all_sources(&self) -> impl Iterator<Item = &Upstreams> {
        std::iter::once(&self.upstreams).chain(&self.options.private_upstreams)
    }

    /// The state of every breaker.
    pub(crate) fn breakers(&self) -> Vec<BreakerView> {
        self.all_sources().flat_map(Upstreams::breakers).collect()
    }

    /// Does heavy work on a blocking thread, as many at once as there are processors, in turns by
    /// caller. `None` means that it panicked.
    pub(crate) async fn heavily<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let _turn = self.heavy.turn().await?;
        tokio::task::spawn_blocking(work).await.ok()
    }

    /// How a log line above debug shows something about a module: private names stay out (law L7).
    pub(crate) fn shown(&self, module: &ModulePath, name: impl std::fmt::Display) -> String {
        if !self.options.log_private && self.verifier.is_confidential(module) {
            return "(private)".to_owned();
        }
        name.to_string()
    }

    /// How a log line above debug shows a path below `sumdb/`.
    pub(crate) fn shown_database_path(&self, path: &str) -> String {
        let (name, rest) = sumdb::split(path);
        let lookup = rest.strip_prefix("lookup/");
        let is_private = self.verifier.is_private_name(name)
            || lookup.is_some_and(|lookup| self.verifier.is_confidential_lookup(lookup));
        if is_private && !self.options.log_private {
            return "(private)".to_owned();
        }
        path.to_owned()
    }

    /// Counts and logs a failure of the store; gives the refusal it becomes.
    pub(crate) fn store_failure(&self, error: StoreError) -> Refusal {
        self.metrics.store_failures.inc();
        tracing::error!(%error, "the store failed");
        Refusal::from(error)
    }
}
