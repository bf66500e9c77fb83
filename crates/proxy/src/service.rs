//! Proxy: the service as the server sees it.

use crate::{
    answer::{Answer, Body},
    assembly::ProxyParts,
    cases,
    journal::{self, JournalFile},
    kept_proof,
    metrics::{Lookup, Metrics},
    options::ProxyOptions,
    status::Status,
};
use bytes::Bytes;
use checksumdb::{
    MirrorFailure, MirrorPosition, ProofSettlement, database_files::is_entries, sums::Sums,
};
use gomod::{Artifact, ModulePath};
use ingest::DenyList;
use inspection::panicked;
use jiff::Timestamp;
use prefetch::{Kinds, Plan, PrefetchJob, ReadAhead};
use prometheus_client::registry::Registry;
use protocol::{Caller, CallerKey, Fetching, Origin, Refusal, RefusalText, Resource};
use publish::{PublisherName, VersionUpload};
use repair::PassReport;
use std::{fmt, future::Future, num::NonZeroU32, sync::Arc};
use store::{IndexEntry, Store, StoreError, VersionMark};
use upstream::{BreakerView, Upstreams, Waiters};
use vulndb::BuildExamination;

/// Whoever posts a list, until posts say whose they are: together they have one turn.
const POSTED: CallerKey = CallerKey::new(1 << 65);

/// The service; cheap to clone.
#[derive(Clone)]
pub struct Proxy {
    parts: Arc<ProxyParts>,
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
        let parts = ProxyParts::new(store, upstreams, options, metrics);
        parts.verification.verifier.warm_up();
        Self {
            parts: Arc::new(parts),
        }
    }

    /// Looks at the checksum databases of our own: one that must not sign any more is told of now,
    /// not when somebody asks.
    pub async fn begin(&self) {
        self.parts.verification.hosted.begin().await;
    }

    /// Reads which versions operators withdrew or retired: before the first request, and after every order. A
    /// service that does not know them must not serve.
    pub async fn obey_orders(&self) -> Result<(), StoreError> {
        let store = &self.parts.store;
        let withdrawn = store.marked_versions(VersionMark::Withdrawn).await?;
        let retired = store.marked_versions(VersionMark::Retired).await?;
        self.parts.blocklist.withdraw_all(withdrawn);
        self.parts.retired.set(retired);
        self.forget_computed();
        Ok(())
    }

    /// Denies this from now on, and nothing else; at once, for every request that begins after it.
    /// Says whether that is something else than before.
    pub fn set_denied(&self, denied: DenyList) -> bool {
        let is_new = self.parts.blocklist.deny(denied);
        if is_new {
            self.forget_computed();
        }
        is_new
    }

    /// Many captures came by another way than requests: what was computed without them is forgotten.
    pub fn forget_computed(&self) {
        self.parts.documents.responses.forget_all();
    }

    /// Forgets what is in memory of an artifact whose capture was changed by an order.
    pub fn forget(&self, artifact: &Artifact) {
        self.parts.memory.forget(&artifact.escaped_path());
        let responses = &self.parts.documents.responses;
        responses.forget(&artifact.module.list_path());
        let latest = format!("{}/@latest", artifact.module.escaped());
        responses.forget(&latest);
    }

    /// Compares a head of a checksum database of our own that a client has seen with what is here.
    pub async fn echo(&self, name: &str, note: &[u8]) -> Result<&'static str, Refusal> {
        self.parts.verification.hosted.compare(name, note).await
    }

    /// Answers what is at hand under this path of the URL space, without leading slash, in its
    /// canonical spelling; says nothing about anything else. Waits for nothing.
    pub fn at_hand(&self, caller: &Caller, path: &str) -> Option<(Arc<Resource>, Answer)> {
        let (resource, answer) = self.parts.artifacts.at_hand(path)?;
        if self.parts.blocklist.refusal_of(&resource).is_some() {
            return None;
        }
        let found = of_origin(&answer.origin);
        self.count(&resource, found);
        if let Resource::Artifact(artifact) = &*resource {
            self.notice(caller, artifact, &answer);
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
        let fetching = fetching.of(resource);
        if let Some(refusal) = self.parts.blocklist.refusal_of(resource) {
            self.count(resource, "refused");
            return Err(refusal);
        }
        if let (Resource::Artifact(artifact), Fetching::Allowed) = (resource, fetching) {
            self.parts.prefetch.asking(caller, artifact);
        }
        let request = Waiters::of_request(caller.key());
        // Boxed: what may have to be fetched and mended makes it large.
        let found_out = Box::pin(self.find(resource, fetching));
        let result = request.scope(found_out).await;
        self.count(resource, found(&result));
        if let (Resource::Artifact(artifact), Ok(answer), Fetching::Allowed) =
            (resource, &result, fetching)
        {
            self.notice(caller, artifact, answer);
        }
        result
    }

    async fn find(&self, resource: &Resource, fetching: Fetching) -> Result<Answer, Refusal> {
        let parts = &self.parts;
        match resource {
            Resource::Artifact(artifact) => parts.artifacts.artifact(artifact, fetching).await,
            Resource::List(module) => parts.versions.list(module, fetching).await,
            Resource::Latest(module) => parts.versions.latest(module, fetching).await,
            Resource::Query { module, query } => {
                parts.versions.query(module, query, fetching).await
            }
            Resource::Proof(artifact) => {
                kept_proof::answer(&parts.store, &parts.metrics, artifact).await
            }
            Resource::Cases(number) => cases::answer(&parts.store, &parts.metrics, *number).await,
            Resource::Sumdb { name, path } => parts.sumdb.answer(name, path, fetching).await,
        }
    }

    /// Lets what is fetched ahead know that a client was answered.
    fn notice(&self, caller: &Caller, artifact: &Artifact, answer: &Answer) {
        let cold = matches!(answer.origin, Origin::Upstream(_));
        let body = match &answer.body {
            Body::Bytes(bytes) => Some(bytes),
            _ => None,
        };
        self.parts.prefetch.noticed(caller, artifact, cold, body);
    }

    fn count(&self, resource: &Resource, found: &'static str) {
        let kind = resource.kind();
        let lookups = &self.parts.metrics.lookups;
        lookups.get_or_create(&Lookup { kind, found }).inc();
    }

    /// Tells what this caller is about to ask for: its go.mod files are fetched now, the rest once
    /// it begins to ask for it.
    pub fn follow(&self, caller: &Caller, plan: Plan) {
        self.parts.prefetch.follow(caller, plan);
    }

    /// What was fetched ahead of demand so far, and what became of it.
    pub fn read_ahead(&self) -> ReadAhead {
        self.parts.metrics.prefetch.read_ahead()
    }

    /// Fetches what a go.sum, a go.mod, or a go.mod with its go.sum behind it names; the work is driven by reading the progress.
    pub async fn prefetch(
        &self,
        caller: &Caller,
        list: Bytes,
        kinds: Kinds,
    ) -> Result<PrefetchJob, Refusal> {
        let parts = Arc::clone(&self.parts);
        let read = move |list: &Bytes| {
            let job = PrefetchJob::new(&parts.fetcher, &parts.prefetch, list, kinds)?;
            let plan = (kinds == Kinds::Follow).then(|| Plan::read(list).ok());
            Ok((job, plan.flatten()))
        };
        let read = self.parts.reader.read(list, read).await;
        let (job, plan) = read.unwrap_or_else(|| Err(panicked()))?;
        if let Some(plan) = plan {
            self.follow(caller, plan);
        }
        Ok(job)
    }

    /// Begins to publish a version: takes the zip of it.
    pub async fn publish(
        &self,
        artifact: &Artifact,
        publisher: PublisherName,
        announced: Option<u64>,
    ) -> Result<VersionUpload, Refusal> {
        let publishing = &self.parts.publishing;
        publishing.begin(artifact, publisher, announced).await
    }

    /// Holds a go.sum against what the checksum databases say, line by line.
    pub async fn sums(&self, list: Bytes) -> Result<Sums, Refusal> {
        let request = Waiters::of_request(POSTED);
        let parts = &self.parts;
        request
            .scope(parts.verification.sums(&parts.reader, list))
            .await
    }

    /// A file of the vulnerability database's protocol.
    pub async fn vulnerability_file(&self, path: &str) -> Result<Answer, Refusal> {
        self.parts.vulnerabilities.protocol_file(path).await
    }

    /// What is known about the modules of a list: a module and a version a line.
    pub async fn examine(&self, list: &[u8]) -> Result<BuildExamination, Refusal> {
        self.parts.vulnerabilities.examine(list).await
    }

    /// Makes the lists, queries and absences of one module old, and forgets its wrong versions, so
    /// that the next request asks a source; gives how many there are. Nothing is lost by it: where
    /// no source can be asked, the old answers serve.
    pub async fn refresh(&self, module: &ModulePath) -> Result<u64, Refusal> {
        let parts = &self.parts;
        let clock = &parts.options.clock;
        let wrong = parts.wrong.forget(module, clock.now());
        let mark = parts.options.ages().stale_mark(clock);
        let aged = parts.store.age_cached_answers(module, mark).await;
        let aged = aged.map_err(|error| parts.metrics.store_failure(error))?;
        // These two are also made without an answer of a source.
        for path in [module.list_path(), format!("{}/@latest", module.escaped())]
            .iter()
            .chain(&aged)
        {
            parts.documents.responses.forget(path);
        }
        Ok(aged.len() as u64 + wrong)
    }

    /// What was captured since a time, in order, at most `limit` entries.
    pub async fn index(&self, since: Timestamp, limit: usize) -> Result<Vec<IndexEntry>, Refusal> {
        let index = self.parts.store.index(since, limit).await;
        index.map_err(|error| self.parts.metrics.store_failure(error))
    }

    /// A file of the journal's log.
    pub async fn journal(&self, file: JournalFile) -> Result<Answer, Refusal> {
        journal::answer(&self.parts.store, &self.parts.metrics, file).await
    }

    /// Whether the service can do its work.
    pub fn readiness(&self) -> Readiness {
        let health = self.parts.store.health();
        let mut degraded = Vec::new();
        if !health.writable {
            degraded.push(
                "the store cannot be written: what is kept is served, nothing new is kept"
                    .to_owned(),
            );
        }
        degraded.extend(self.parts.disk.trouble());
        if let Some(code) = health.last_error {
            degraded.push(format!("{code}: {}", code.entry().title));
        }
        degraded.extend(self.parts.verification.hosted.troubles());
        degraded.extend(
            self.parts
                .sources
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
        self.parts.disk.space().await;
        self.parts.disk.is_short()
    }

    /// Forgets absences that are too old to be believed even in an outage; gives how many.
    pub async fn sweep(&self) -> Result<u64, Refusal> {
        let parts = &self.parts;
        let oldest = parts.options.clock.ago(parts.options.absence_stale);
        let swept = parts.store.sweep_cached_absences(oldest).await;
        self.forget_computed();
        swept.map_err(|error| parts.metrics.store_failure(error))
    }

    /// Proves what was captured without proof, or withdraws it; keeps the proofs of records of our own.
    pub async fn prove_pending(&self) -> Result<ProofSettlement, Refusal> {
        let verification = &self.parts.verification;
        if let Err(refusal) = verification.hosted.vouch_for_all().await {
            tracing::warn!(code = %refusal.code, "records of our own wait for their proofs");
        }
        let settled = unasked(verification.prove_pending()).await;
        settled.map_err(|error| self.parts.metrics.store_failure(error))
    }

    /// Hashes everything kept again and again, at its own pace, and mends what is damaged. Ends only
    /// where that is turned off.
    pub async fn scrub(&self) {
        unasked(self.parts.scrubber.run()).await;
    }

    /// Goes through one scrubbing pass, or what is left of one that was interrupted.
    pub async fn scrub_once(&self) -> Result<PassReport, Refusal> {
        let ended = unasked(self.parts.scrubber.run_once()).await;
        ended.map_err(|error| self.parts.metrics.store_failure(error))
    }

    /// How the service is.
    pub async fn status(&self) -> Result<Status, Refusal> {
        let status = self.parts.status.report().await;
        status.map_err(|error| self.parts.metrics.store_failure(error))
    }

    /// Finds again what a rebuild of the catalog lost of the checksum database; gives how many proofs
    /// were looked at. Costs next to nothing where there was no rebuild.
    pub async fn heal(&self) -> Result<u64, Refusal> {
        self.parts.verification.heal().await
    }

    /// Mirrors the log of the verified checksum database up to its present head, with at most
    /// `rate` requests a second; `progress` is told now and then.
    pub async fn mirror_tiles(
        &self,
        rate: NonZeroU32,
        progress: impl FnMut(MirrorPosition),
    ) -> Result<MirrorPosition, MirrorFailure> {
        let parts = &self.parts;
        let mirroring = parts.verification.mirror_tiles(&parts.disk, rate, progress);
        mirroring.await
    }

    /// Whether the names in a resource must stay out of log lines (law L7).
    pub fn is_private(&self, resource: &Resource) -> bool {
        let privacy = &self.parts.privacy;
        match resource {
            Resource::Sumdb { name, path } => privacy.is_confidential_database_path(name, path),
            resource => resource
                .module()
                .is_some_and(|module| privacy.is_confidential(module)),
        }
    }

    /// Whether a text, which is no resource, begins with a name that must stay out of log lines.
    pub fn is_private_text(&self, text: &str) -> bool {
        self.parts.privacy.is_confidential_text(text)
    }

    /// Whether the answer to a resource names modules that the question does not: the entries of a
    /// checksum database of our own do, and most of them are private (law L7).
    pub fn names_others(&self, resource: &Resource) -> bool {
        let Resource::Sumdb { name, path } = resource else {
            return false;
        };
        is_entries(path) && self.parts.verification.hosted.named(name).is_some()
    }

    /// Waits until the work behind answers that were given already is done.
    pub async fn settled(&self) {
        self.parts.prefetch.settled().await;
        self.parts.background.close();
        self.parts.background.wait().await;
        self.parts.background.reopen();
    }

    /// Puts the metrics into a registry.
    pub fn register(&self, registry: &mut Registry) {
        self.parts.metrics.register(registry);
    }

    /// Brings the gauges up to date; called before the metrics are written.
    pub async fn observe(&self) {
        self.parts.gauges.observe().await;
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("upstreams", self.parts.sources.public())
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
