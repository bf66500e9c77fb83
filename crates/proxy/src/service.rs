//! Proxy: the service as the server sees it.

use crate::{
    answer::{Answer, Origin},
    caller::Caller,
    context::Context,
    deny::DenyList,
    journal::{self, JournalFile},
    metrics::{Lookup, Metrics},
    options::ProxyOptions,
    parsing::panicked,
    prefetch::{Job, Kinds, Plan, Prefetch, ReadAhead},
    refusal::{Refusal, RefusalText},
    resource::{Fetching, Resource},
    scrub::PassReport,
    status::Status,
    sumdb::is_entries,
    verify::{MirrorFailure, Mirrored, Settled, sums::Sums},
};
use bytes::Bytes;
use gomod::{Artifact, ModulePath};
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use std::{fmt, future::Future, num::NonZeroU32, sync::Arc};
use store::{IndexEntry, Store, StoreError};
use upstream::{BreakerView, CallerKey, Upstreams, Waiters};
use vulndb::Examined;

/// Whoever posts a list, until posts say whose they are: together they have one turn.
const POSTED: CallerKey = CallerKey::new(1 << 65);

/// The service; cheap to clone.
#[derive(Clone)]
pub struct Proxy {
    context: Arc<Context>,
}

/// Whether the service can do its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Whether what is kept can be answered.
    pub ready: bool,
    /// What does not work at present, in words.
    pub degraded: Vec<String>,
}

// === impl Proxy ===

impl Proxy {
    /// A service over an open store and its sources.
    pub fn new(
        store: Store,
        upstreams: Upstreams,
        options: ProxyOptions,
        metrics: Arc<Metrics>,
    ) -> Self {
        let context = Arc::new(Context::new(store, upstreams, options, metrics));
        Prefetch::start(&context);
        context.verifier.warm_up();
        Self { context }
    }

    /// Looks at the checksum databases of our own: one that must not sign any more is told of now,
    /// not when somebody asks.
    pub async fn begin(&self) {
        self.context.begin_own().await;
    }

    /// Reads which versions operators withdrew: before the first request, and after every order. A
    /// service that does not know them must not serve.
    pub async fn obey_orders(&self) -> Result<(), StoreError> {
        let withdrawn = self.context.store.withdrawn_versions().await?;
        self.context.withdraw_all(withdrawn);
        Ok(())
    }

    /// Denies this from now on, and nothing else; at once, for every request that begins after it.
    /// Says whether that is something else than before.
    pub fn set_denied(&self, denied: DenyList) -> bool {
        self.context.deny(denied)
    }

    /// Many captures came by another way than requests: what was computed without them is forgotten.
    pub fn forget_computed(&self) {
        self.context.fresh.forget_all();
    }

    /// Forgets what is in memory of an artifact whose capture was changed by an order.
    pub fn forget(&self, artifact: &Artifact) {
        self.context.hot.forget(&artifact.escaped_path());
        self.context.fresh.forget(&artifact.module.list_path());
        let latest = format!("{}/@latest", artifact.module.escaped());
        self.context.fresh.forget(&latest);
    }

    /// Compares a head of a checksum database of our own that a client has seen with what is here.
    pub async fn echo(&self, name: &str, note: &[u8]) -> Result<&'static str, Refusal> {
        self.context.echo(name, note).await
    }

    /// Answers what is at hand under this path of the URL space, without leading slash, in its
    /// canonical spelling; says nothing about anything else. Waits for nothing.
    pub fn at_hand(&self, caller: &Caller, path: &str) -> Option<(Arc<Resource>, Answer)> {
        let (resource, answer) = self.context.at_hand(path)?;
        if self.context.blocked(&resource).is_some() {
            return None;
        }
        let found = of_origin(&answer.origin);
        self.count(&resource, found);
        if let Resource::Artifact(artifact) = &*resource {
            self.context.prefetch.noticed(caller, artifact, &answer);
        }
        Some((resource, answer))
    }

    /// Answers a request.
    pub async fn answer(
        &self,
        caller: &Caller,
        resource: &Resource,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let context = &self.context;
        let fetching = fetching.of(resource);
        if let Some(refusal) = context.blocked(resource) {
            self.count(resource, "refused");
            return Err(refusal);
        }
        if let (Resource::Artifact(artifact), Fetching::Allowed) = (resource, fetching) {
            context.prefetch.asking(caller, artifact);
        }
        let request = Waiters::of_request(caller.key());
        // Boxed: what may have to be fetched and mended makes it large.
        let found_out = Box::pin(self.find(resource, fetching));
        let result = request.scope(found_out).await;
        self.count(resource, found(&result));
        if let (Resource::Artifact(artifact), Ok(answer), Fetching::Allowed) =
            (resource, &result, fetching)
        {
            context.prefetch.noticed(caller, artifact, answer);
        }
        result
    }

    async fn find(&self, resource: &Resource, fetching: Fetching) -> Result<Answer, Refusal> {
        let context = &self.context;
        match resource {
            Resource::Artifact(artifact) => context.artifact(artifact, fetching).await,
            Resource::List(module) => context.list(module, fetching).await,
            Resource::Latest(module) => context.latest(module, fetching).await,
            Resource::Query { module, query } => context.query(module, query, fetching).await,
            Resource::Proof(artifact) => context.kept_proof(artifact).await,
            Resource::Cases(number) => context.cases(*number).await,
            Resource::Sumdb { name, path } => context.sumdb(name, path, fetching).await,
        }
    }

    fn count(&self, resource: &Resource, found: &'static str) {
        let kind = resource.kind();
        let lookups = &self.context.metrics.lookups;
        lookups.get_or_create(&Lookup { kind, found }).inc();
    }

    /// Tells what this caller is about to ask for: its go.mod files are fetched now, the rest once
    /// it begins to ask for it.
    pub fn follow(&self, caller: &Caller, plan: Plan) {
        self.context.prefetch.follow(caller, plan);
    }

    /// What was fetched ahead of demand so far, and what became of it.
    pub fn read_ahead(&self) -> ReadAhead {
        self.context.metrics.read_ahead()
    }

    /// Fetches what a go.sum, a go.mod, or a go.mod with its go.sum behind it names; the work is driven by reading the progress.
    pub async fn prefetch(
        &self,
        caller: &Caller,
        list: Bytes,
        kinds: Kinds,
    ) -> Result<Job, Refusal> {
        let context = Arc::clone(&self.context);
        let read = move |list: &Bytes| {
            let job = Job::new(&context, list, kinds)?;
            let plan = (kinds == Kinds::Follow).then(|| Plan::read(list).ok());
            Ok((job, plan.flatten()))
        };
        let read = self.context.parsing.read(list, read).await;
        let (job, plan) = read.unwrap_or_else(|| Err(panicked()))?;
        if let Some(plan) = plan {
            self.follow(caller, plan);
        }
        Ok(job)
    }

    /// Holds a go.sum against what the checksum databases say, line by line.
    pub async fn sums(&self, list: Bytes) -> Result<Sums, Refusal> {
        let request = Waiters::of_request(POSTED);
        request.scope(self.context.sums(list)).await
    }

    /// A file of the vulnerability database's protocol.
    pub async fn vulnerability_file(&self, path: &str) -> Result<Answer, Refusal> {
        self.context.vulnerability_file(path).await
    }

    /// What is known about the modules of a list: a module and a version a line.
    pub async fn examine(&self, list: &[u8]) -> Result<Examined, Refusal> {
        self.context.examine(list).await
    }

    /// Makes the lists, queries and absences of one module old, and forgets its wrong versions, so
    /// that the next request asks a source; gives how many there are. Nothing is lost by it: where
    /// no source can be asked, the old answers serve.
    pub async fn refresh(&self, module: &ModulePath) -> Result<u64, Refusal> {
        let context = &self.context;
        let wrong = context.wrong.forget(module, context.options.clock.now());
        let mark = context.options.stale_mark();
        let aged = context.store.memo_age_module(module, mark).await;
        let aged = aged.map_err(|error| context.store_failure(error))?;
        // These two are also made without an answer of a source.
        for path in [module.list_path(), format!("{}/@latest", module.escaped())]
            .iter()
            .chain(&aged)
        {
            context.fresh.forget(path);
        }
        Ok(aged.len() as u64 + wrong)
    }

    /// What was captured since a time, in order, at most `limit` entries.
    pub async fn index(&self, since: Timestamp, limit: usize) -> Result<Vec<IndexEntry>, Refusal> {
        self.context
            .store
            .index(since, limit)
            .await
            .map_err(|error| self.context.store_failure(error))
    }

    /// A file of the journal's log.
    pub async fn journal(&self, file: JournalFile) -> Result<Answer, Refusal> {
        journal::answer(&self.context, file).await
    }

    /// Whether the service can do its work.
    pub fn readiness(&self) -> Readiness {
        let health = self.context.store.health();
        let mut degraded = Vec::new();
        if !health.writable {
            degraded.push(
                "the store cannot be written: what is kept is served, nothing new is kept"
                    .to_owned(),
            );
        }
        degraded.extend(self.context.disk_trouble());
        if let Some(code) = health.last_error {
            degraded.push(format!("{code}: {}", code.entry().title));
        }
        degraded.extend(self.context.own.troubles());
        degraded.extend(
            self.context
                .breakers()
                .iter()
                .filter(|breaker| breaker.state.is_open())
                .map(left_alone),
        );
        Readiness {
            ready: true,
            degraded,
        }
    }

    /// Measures the disk, so that readiness knows of a reserve that is reached although nobody asks for
    /// anything new. Says whether new things are refused for want of room.
    pub async fn measure_disk(&self) -> bool {
        self.context.disk_space().await;
        self.context.is_short_of_room()
    }

    /// Forgets absences that are too old to be believed even in an outage; gives how many.
    pub async fn sweep(&self) -> Result<u64, Refusal> {
        let context = &self.context;
        let oldest = context.options.clock.ago(context.options.absence_stale);
        let swept = context.store.memo_sweep(oldest).await;
        context.fresh.forget_all();
        swept.map_err(|error| context.store_failure(error))
    }

    /// Proves what was captured without proof, or withdraws it; keeps the proofs of records of our own.
    pub async fn prove_pending(&self) -> Result<Settled, Refusal> {
        if let Err(refusal) = self.context.vouch_for_all().await {
            tracing::warn!(code = %refusal.code, "records of our own wait for their proofs");
        }
        let settled = unasked(self.context.prove_pending()).await;
        settled.map_err(|error| self.context.store_failure(error))
    }

    /// Hashes everything kept again and again, at its own pace, and mends what is damaged. Ends only
    /// where that is turned off.
    pub async fn scrub(&self) {
        unasked(self.context.scrub()).await;
    }

    /// Goes through one scrubbing pass, or what is left of one that was interrupted.
    pub async fn scrub_once(&self) -> Result<PassReport, Refusal> {
        let ended = unasked(self.context.scrub_once()).await;
        ended.map_err(|error| self.context.store_failure(error))
    }

    /// How the service is.
    pub async fn status(&self) -> Result<Status, Refusal> {
        let status = self.context.status().await;
        status.map_err(|error| self.context.store_failure(error))
    }

    /// Finds again what a rebuild of the catalog lost of the checksum database; gives how many proofs
    /// were looked at. Costs next to nothing where there was no rebuild.
    pub async fn heal(&self) -> Result<u64, Refusal> {
        self.context.heal().await
    }

    /// Mirrors the log of the verified checksum database up to its present head, with at most
    /// `rate` requests a second; `progress` is told now and then.
    pub async fn mirror_tiles(
        &self,
        rate: NonZeroU32,
        progress: impl FnMut(Mirrored),
    ) -> Result<Mirrored, MirrorFailure> {
        self.context.mirror_tiles(rate, progress).await
    }

    /// Whether the names in a resource must stay out of log lines (law L7).
    pub fn is_private(&self, resource: &Resource) -> bool {
        let is_private = |module: &ModulePath| self.context.verifier.is_confidential(module);
        match resource {
            Resource::Sumdb { name, path } => {
                let lookup = path.strip_prefix("lookup/");
                self.context.verifier.is_private_name(name)
                    || lookup
                        .is_some_and(|lookup| self.context.verifier.is_confidential_lookup(lookup))
            }
            resource => resource.module().is_some_and(is_private),
        }
    }

    /// Whether a text, which is no resource, begins with a name that must stay out of log lines.
    pub fn is_private_text(&self, text: &str) -> bool {
        self.context.verifier.is_confidential_text(text)
    }

    /// Whether the answer to a resource names modules that the question does not: the entries of a
    /// checksum database of our own do, and most of them are private (law L7).
    pub fn names_others(&self, resource: &Resource) -> bool {
        let Resource::Sumdb { name, path } = resource else {
            return false;
        };
        is_entries(path) && self.context.own.named(name).is_some()
    }

    /// Waits until the work behind answers that were given already is done.
    pub async fn settled(&self) {
        self.context.prefetch.settled().await;
        self.context.background.close();
        self.context.background.wait().await;
        self.context.background.reopen();
    }

    /// Puts the metrics into a registry.
    pub fn register(&self, registry: &mut Registry) {
        self.context.metrics.register(registry);
    }

    /// Brings the gauges up to date; called before the metrics are written.
    pub async fn observe(&self) {
        self.context.observe().await;
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("upstreams", &self.context.upstreams)
            .finish_non_exhaustive()
    }
}

/// Does something that no client asked for: it gives way to what clients wait for.
async fn unasked<F: Future>(work: F) -> F::Output {
    Waiters::of_unasked().scope(work).await
}

/// An open breaker in words. What failed may be private only as far as a source's own name is.
fn left_alone(breaker: &BreakerView) -> String {
    let BreakerView {
        source,
        class,
        state,
        why,
    } = breaker;
    let (class, state) = (class.label(), state.label());
    format!("{source} is left alone for {class} ({state}): {why}")
}

fn of_origin(origin: &Origin) -> &'static str {
    match origin {
        Origin::Memory => "memory",
        Origin::Store => "store",
        Origin::Stale => "stale",
        Origin::Computed => "computed",
        Origin::Kept { .. } => "kept",
        Origin::Upstream(_) => "upstream",
    }
}

fn found(result: &Result<Answer, Refusal>) -> &'static str {
    match result {
        Ok(answer) => of_origin(&answer.origin),
        Err(
            Refusal {
                text: RefusalText::Relayed(_),
                ..
            }
            | Refusal {
                status: 404 | 410, ..
            },
        ) => "absent",
        Err(_) => "refused",
    }
}
