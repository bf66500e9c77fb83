//! Records: what the checksum database says about versions, proven, each asked for once.
//!
//! Memory, then the proof that is kept, then the database. A kept proof is checked again when it is
//! read: it costs one signature, and a catalog that somebody edited is found out. Only what is new
//! needs a database that is believed ([`crate::halt`]).

use crate::{
    capture_evidence::CaptureEvidence,
    database::{Database, DatabaseFailure},
    evidence, halt,
    metrics::ChecksumdbMetrics,
    rebuilt_head,
};
use alarm::{Alarm, AlarmKind, AlarmLog, Severity};
use codes::Code;
use gomod::{Artifact, ModulePath, Version};
use jiff::Timestamp;
use moka::sync::Cache;
use protocol::{Evidence, Refusal};
use single_flight::{FlightBudget, SingleFlights};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use store::{Store, StoreError, VersionProof};
use tlog::{
    checkpoint::TreeHead,
    client::{LookupError, SignedHead, SumdbClient},
    note::VerifierKey,
    proof_file::LogProof,
    record::LogRecord,
};
use tokio::sync::OnceCell;
use upstream::{Upstreams, Waiting};

/// Proven records in memory: the two files of each version of a few large builds. About 3 kB each.
const KNOWN: u64 = 4096;

/// Module and version.
type Subject = (ModulePath, Version);

/// The records of one database; cheap to clone.
#[derive(Clone)]
pub struct DatabaseRecords {
    inner: Arc<Inner>,
}

struct Inner {
    client: SumdbClient<Database>,
    known: Cache<Subject, Arc<ProvenRecord>>,
    lookups: SingleFlights<Subject, Result<Arc<ProvenRecord>, ProofFailure>>,
    metrics: ChecksumdbMetrics,
    /// What was kept of the database's head and of its misbehaviour has been looked at.
    ready: OnceCell<()>,
    halted: AtomicBool,
}

/// What a database says about a version, proven.
#[derive(Debug)]
pub struct ProvenRecord {
    database: Arc<str>,
    subject: Subject,
    record: LogRecord,
    file: String,
    /// Whether the proof is in the catalog.
    kept: AtomicBool,
}

/// Why nothing is proven about a version.
#[derive(Debug, Clone)]
pub struct ProofFailure {
    kind: Kind,
    /// What whoever waits is told.
    pub refusal: Refusal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The database cannot be asked.
    Outage,
    /// It says that there is no such version.
    Absent,
    /// What it answered is not believed.
    Untrusted,
    /// It told two histories.
    Forked,
}

// === impl DatabaseRecords ===

impl DatabaseRecords {
    /// The records of the database with this key.
    pub fn of(
        key: VerifierKey,
        store: &Store,
        upstreams: &Upstreams,
        (metrics, alarms): (&ChecksumdbMetrics, &AlarmLog),
        budget: &FlightBudget,
    ) -> Self {
        let database = Database::new(
            key.name(),
            store.clone(),
            upstreams.clone(),
            (metrics, alarms),
        );
        let inner = Inner {
            client: SumdbClient::new(key, database),
            known: Cache::new(KNOWN),
            lookups: SingleFlights::within(budget),
            metrics: metrics.clone(),
            ready: OnceCell::new(),
            halted: AtomicBool::new(false),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.inner.client.key().name()
    }

    /// The client, for what the mirror serves.
    pub fn client(&self) -> &SumdbClient<Database> {
        &self.inner.client
    }

    /// What is known of a version already.
    pub(crate) fn known(
        &self,
        module: &ModulePath,
        version: &Version,
    ) -> Option<Arc<ProvenRecord>> {
        self.inner.known.get(&(module.clone(), version.clone()))
    }

    /// The proven record of a version.
    pub async fn record(
        &self,
        module: &ModulePath,
        version: &Version,
    ) -> Result<Arc<ProvenRecord>, ProofFailure> {
        if let Some(vouched) = self.known(module, version) {
            return Ok(vouched);
        }
        let subject = (module.clone(), version.clone());
        let lookup = || self.lookup(subject.clone());
        let found = self.inner.lookups.run(subject.clone(), lookup).await;
        found.unwrap_or_else(|refusal| Err(ProofFailure::outage(refusal)))
    }

    fn lookup(
        &self,
        subject: Subject,
    ) -> impl Future<Output = Result<Arc<ProvenRecord>, ProofFailure>> + Send + 'static {
        let inner = Arc::clone(&self.inner);
        async move { inner.find(subject).await }
    }

    /// The proven record of a version, if nobody has to be asked for it.
    pub async fn kept(
        &self,
        module: &ModulePath,
        version: &Version,
    ) -> Result<Option<Arc<ProvenRecord>>, Refusal> {
        if let Some(vouched) = self.known(module, version) {
            return Ok(Some(vouched));
        }
        self.inner.kept((module.clone(), version.clone())).await
    }

    /// Begins to look a version up, for as long as what is returned is held.
    pub(crate) fn begin(&self, module: &ModulePath, version: &Version) -> Option<Waiting> {
        if self.known(module, version).is_some() {
            return None;
        }
        let subject = (module.clone(), version.clone());
        let lookup = || self.lookup(subject.clone());
        self.inner.lookups.begin(&subject, lookup)
    }

    /// Renews the database's head; what fails is found out again by whoever looks something up.
    pub(crate) async fn warm_up(&self) {
        if let Err(refusal) = self.ready().await {
            tracing::debug!(?refusal, "what is kept of the database could not be read");
            return;
        }
        if self.inner.halted.load(Ordering::Acquire) {
            return;
        }
        match self.inner.client.refresh().await {
            Ok(_) => self.inner.heard(),
            Err(error) => tracing::debug!(%error, "the database's head could not be renewed"),
        }
    }

    /// Keeps a proof that no capture has brought along.
    pub async fn keep(&self, vouched: &ProvenRecord) -> Result<(), StoreError> {
        if !vouched.kept.load(Ordering::Acquire) {
            self.inner
                .client
                .operations()
                .store()
                .prove(vouched.proof(), Vec::new())
                .await?;
            vouched.kept.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Whether the database told two histories, as far as is known.
    pub(crate) fn is_halted(&self) -> bool {
        self.inner.halted.load(Ordering::Acquire)
    }

    /// Asks the database for its head and makes it the newest, if it is.
    pub async fn refresh(&self) -> Result<TreeHead, Refusal> {
        let refreshed = self.inner.client.refresh().await;
        refreshed.inspect(|_| self.inner.heard()).map_err(|error| {
            if matches!(error, LookupError::Fork(_)) {
                self.inner.halted.store(true, Ordering::Release);
            }
            self.refusal(&error)
        })
    }

    /// The newest head; it is durable, and so are the tiles under it.
    pub async fn latest(&self) -> Result<Arc<SignedHead>, Refusal> {
        self.ready().await?;
        let latest = self.inner.client.latest().await;
        let latest = latest.map_err(|error| self.refusal(&error))?;
        if latest.note.is_empty() {
            let facts = format!("{}: no head of it was ever seen", self.name());
            return Err(Refusal::new(Code::SumdbUnreachable, facts));
        }
        Ok(latest)
    }

    /// Refuses if the database told two histories.
    pub(crate) fn believed(&self) -> Result<(), Refusal> {
        if self.inner.halted.load(Ordering::Acquire) {
            return Err(self.inner.forked().refusal);
        }
        Ok(())
    }

    /// Why nothing more is proven, for whoever waits.
    pub(crate) fn refusal(&self, error: &LookupError<DatabaseFailure>) -> Refusal {
        match error {
            LookupError::Operation(DatabaseFailure::Refused(refusal)) => refusal.clone(),
            LookupError::Fork(_) => self.inner.forked().refusal,
            error => self.untrusted(&error.to_string()),
        }
    }

    pub(crate) fn untrusted(&self, why: &str) -> Refusal {
        Refusal::new(Code::SumdbUntrusted, format!("{}: {why}", self.name()))
    }

    /// Looks at what is kept of the database's past; done once.
    pub async fn ready(&self) -> Result<(), Refusal> {
        self.inner.ready().await
    }
}

// === impl Inner ===

impl Inner {
    async fn find(&self, subject: Subject) -> Result<Arc<ProvenRecord>, ProofFailure> {
        let kept = self.kept(subject.clone()).await;
        if let Some(vouched) = kept.map_err(ProofFailure::outage)? {
            return Ok(vouched);
        }
        self.ready().await.map_err(ProofFailure::outage)?;
        if self.halted.load(Ordering::Acquire) {
            return Err(self.forked());
        }
        let (module, version) = &subject;
        let escaped = format!("{}@{}", module.escaped(), version.escaped());
        let proven = self
            .client
            .lookup(&escaped, module.as_str(), version.as_str())
            .await;
        match proven {
            Ok(proven) => {
                self.heard();
                let file = proven.proof.to_string();
                Ok(self.learn(subject, proven.record, file, false))
            }
            Err(error) => Err(self.disbelieve(&subject, error).await),
        }
    }

    /// The database has just said something that is believed.
    fn heard(&self) {
        let now = Timestamp::now().as_duration().as_secs_f64();
        self.metrics.heard.set(now);
    }

    async fn kept(&self, subject: Subject) -> Result<Option<Arc<ProvenRecord>>, Refusal> {
        let database = self.client.operations();
        let kept = database
            .store()
            .proof(&subject.0, &subject.1, database.name())
            .await?;
        let Some(proof) = kept else { return Ok(None) };
        match LogProof::parse(proof.file.as_bytes())
            .and_then(|file| file.record(std::slice::from_ref(self.client.key())))
        {
            Ok(record) => Ok(Some(self.learn(subject, record, proof.file, true))),
            Err(error) => {
                // The database is asked again; the row stays for whoever wants to know.
                tracing::error!(%error, database = %database.name(), "a kept proof does not hold");
                Ok(None)
            }
        }
    }

    fn learn(
        &self,
        subject: Subject,
        record: LogRecord,
        file: String,
        kept: bool,
    ) -> Arc<ProvenRecord> {
        let vouched = Arc::new(ProvenRecord {
            database: Arc::clone(self.client.operations().name()),
            subject: subject.clone(),
            record,
            file,
            kept: AtomicBool::new(kept),
        });
        self.known.insert(subject, Arc::clone(&vouched));
        vouched
    }

    async fn ready(&self) -> Result<(), Refusal> {
        let database = self.client.operations();
        let look = async || {
            if halt::read(database.store(), database.name())
                .await?
                .is_some()
                || rebuilt_head::was_forked(database).await?
            {
                self.halted.store(true, Ordering::Release);
            }
            rebuilt_head::restore_head(database.store(), self.client.key()).await
        };
        Ok(self.ready.get_or_try_init(look).await.map(|&()| ())?)
    }

    fn forked(&self) -> ProofFailure {
        let facts = format!(
            "{}: both histories are kept as evidence",
            self.client.key().name()
        );
        ProofFailure {
            kind: Kind::Forked,
            refusal: Refusal::new(Code::SumdbForked, facts),
        }
    }

    async fn disbelieve(
        &self,
        subject: &Subject,
        error: LookupError<DatabaseFailure>,
    ) -> ProofFailure {
        let name = self.client.key().name();
        let version = format!("{}@{}", subject.0, subject.1);
        let (severity, kind) = match error {
            LookupError::Operation(DatabaseFailure::Refused(refusal)) => {
                return ProofFailure::outage(refusal);
            }
            LookupError::Operation(DatabaseFailure::Absent { text, .. }) => {
                let words = text.lines().next().unwrap_or_default();
                let facts = format!("{name} has no {version}: {words}");
                return ProofFailure {
                    kind: Kind::Absent,
                    refusal: Refusal::new(Code::NotInSumdb, facts),
                };
            }
            LookupError::Fork(_) => {
                self.halted.store(true, Ordering::Release);
                return self.forked();
            }
            LookupError::Forged { .. } | LookupError::Note(_) => {
                (Severity::P1, AlarmKind::DatabaseLies)
            }
            _ => (Severity::P2, AlarmKind::DatabaseUntrusted),
        };
        let detail: String = format!("{version}: {error}").chars().take(500).collect();
        let database = self.client.operations();
        let alarm = Alarm {
            severity,
            kind,
            subject: name.to_owned(),
            detail: detail.clone(),
        };
        database.alarms().raise(alarm).await;
        let refusal = Refusal::new(Code::SumdbUntrusted, format!("{name}: {detail}"));
        ProofFailure {
            kind: Kind::Untrusted,
            refusal,
        }
    }
}

// === impl ProvenRecord ===

impl ProvenRecord {
    /// The hashes that the record has of a go.mod or a zip.
    pub(crate) fn hashes(&self, artifact: &Artifact) -> impl Iterator<Item = &str> {
        let version = evidence::logged_version(artifact);
        let hashes: Vec<&str> = self
            .record
            .hashes(artifact.module.as_str(), &version)
            .collect();
        hashes.into_iter()
    }

    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// The record.
    pub fn record(&self) -> &LogRecord {
        &self.record
    }

    /// What a capture says of itself that this record vouches for.
    pub fn evidence(&self) -> Evidence {
        Evidence::checksum_database(&self.database, self.record.id)
    }

    /// The proof as it is kept.
    pub(crate) fn proof(&self) -> VersionProof {
        VersionProof {
            module: self.subject.0.clone(),
            version: self.subject.1.clone(),
            database: self.database.to_string(),
            record: self.record.id,
            file: self.file.clone(),
            evidence: self.evidence(),
        }
    }

    pub(crate) fn grounds(&self) -> CaptureEvidence {
        let proof = (!self.kept.load(Ordering::Acquire)).then(|| self.proof());
        CaptureEvidence {
            evidence: self.evidence(),
            proof,
            log: None,
        }
    }
}

// === impl ProofFailure ===

impl ProofFailure {
    fn outage(refusal: Refusal) -> Self {
        Self {
            kind: Kind::Outage,
            refusal,
        }
    }

    pub(crate) fn is_absent(&self) -> bool {
        self.kind == Kind::Absent
    }

    pub(crate) fn is_outage(&self) -> bool {
        self.kind == Kind::Outage
    }

    /// For metrics.
    pub(crate) fn label(&self) -> &'static str {
        match self.kind {
            Kind::Outage => "unreachable",
            Kind::Absent => "absent",
            Kind::Untrusted => "untrusted",
            Kind::Forked => "forked",
        }
    }
}
