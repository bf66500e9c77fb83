//! Context: what every part of the service works with.

use crate::{
    capture::Captured, confirm::Confirmations, damage::Sound, errand::Errands, flight::Flights,
    fresh::Fresh, hot::Hot, mend::Mends, metrics::Metrics, options::ProxyOptions, own::Own,
    parsing::Parsing, prefetch::Prefetch, refusal::Refusal, remembered::Remembered,
    resource::Resource, scrub::Scrub, sumdb::Heads, verify::Verifier,
    vulnerabilities::Vulnerabilities,
};
use codes::Code;
use gomod::ModulePath;
use std::sync::Arc;
use store::{Store, StoreError};
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::task::TaskTracker;
use upstream::Upstreams;

/// How many bodies above the usual size may be in memory at once: 4 x 16 MiB at worst.
const LARGE_BODIES: usize = 4;

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
    pub(crate) flights: Flights,
    /// Small artifacts being fetched.
    pub(crate) captures: Errands<Resource, Captured>,
    /// Lists, queries and the like being refreshed.
    pub(crate) refreshes: Errands<String, Result<Arc<Remembered>, Refusal>>,
    pub(crate) large_bodies: Semaphore,
    /// Room for work that reads a whole zip or all of its names.
    heavy: Semaphore,
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
        let verifier = Verifier::new(options.verify.clone(), &store, &upstreams, &metrics);
        Self {
            verifier,
            own: Own::new(&options.own),
            heads: Heads::default(),
            mends: Mends::default(),
            confirmations: Confirmations::default(),
            scrub: Scrub::default(),
            vulnerabilities: Vulnerabilities::new(options.vulnerabilities.clone()),
            started: Instant::now(),
            hot: Hot::new(options.memory),
            fresh: Fresh::new(),
            sound: Sound::new(),
            prefetch: Prefetch::new(options.prefetch),
            store,
            upstreams,
            options,
            flights: Flights::default(),
            captures: Errands::default(),
            refreshes: Errands::default(),
            large_bodies: Semaphore::new(LARGE_BODIES),
            proofs: Semaphore::new(PROOFS),
            heavy: Semaphore::new(processors()),
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

    /// All sources.
    pub(crate) fn all_sources(&self) -> impl Iterator<Item = &Upstreams> {
        std::iter::once(&self.upstreams).chain(&self.options.private_upstreams)
    }

    /// Does heavy work on a blocking thread, as many at once as there are processors. `None` means
    /// that it panicked.
    pub(crate) async fn heavily<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let _room = self.heavy.acquire().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }

    /// How a log line above debug shows something about a module: private names stay out (law L7).
    pub(crate) fn shown(&self, module: &ModulePath, name: impl std::fmt::Display) -> String {
        if self.verifier.is_private(module) {
            return "(private)".to_owned();
        }
        name.to_string()
    }

    /// Counts and logs a failure of the store; gives the refusal it becomes.
    pub(crate) fn store_failure(&self, error: StoreError) -> Refusal {
        self.metrics.store_failures.inc();
        tracing::error!(%error, "the store failed");
        Refusal::from(error)
    }
}
