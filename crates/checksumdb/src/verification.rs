//! Verification: who vouches for an artifact, and whether its bytes are what that knows.

use crate::{
    capture_evidence::{CaptureEvidence, CaptureObjection},
    heal,
    hosted::HostedDatabases,
    metrics::ChecksumdbMetrics,
    mirror::{self, MirrorFailure, MirrorPosition},
    records::{DatabaseRecords, ProvenRecord},
};
use alarm::{AlarmLog, AlarmMetrics};
use codes::Code;
use gomod::{Artifact, ArtifactKind, ModulePath, Version, pattern::ModulePatterns, sumhash::H1};
use inspection::{ZipWorkers, check::Wrong};
use memory::MemoryCache;
use protocol::{Evidence, PrivacyRules, Refusal, is_toolchain};
use single_flight::FlightBudget;
use std::{num::NonZeroU32, sync::Arc};
use store::{DiskRoom, Record, Store};
use tlog::note::VerifierKey;
use upstream::Waiting;

/// What must be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// No proof, no bytes.
    Required,
    /// A database that cannot be asked does not stop a capture: it is marked, and proven later.
    Available,
    /// Nothing but toolchains.
    Off,
}

/// What an operator may choose about verification.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// What must be proven.
    pub mode: Mode,
    /// The checksum database and its key; none where there is none to ask.
    pub database: Option<VerifierKey>,
    /// Modules that no public source is asked about, in the grammar of GOPRIVATE.
    pub private: ModulePatterns,
    /// Modules that no public database is asked about.
    pub no_sumdb: ModulePatterns,
}

/// Which authority has to prove an artifact, and what that knows.
pub struct Verifier {
    pub(crate) mode: Mode,
    privacy: Arc<PrivacyRules>,
    pub(crate) records: Option<DatabaseRecords>,
}

/// Proves what arrives and what is kept, against the public database and the hosted ones.
pub struct Verification {
    /// The public database.
    pub verifier: Verifier,
    /// Our own.
    pub hosted: Arc<HostedDatabases>,
    /// Which modules only our own have.
    pub privacy: Arc<PrivacyRules>,
    /// Where proofs are kept.
    pub store: Store,
    /// What forgets a capture that says something else of itself now.
    pub memory: Arc<MemoryCache>,
    /// Where kept zips are hashed.
    pub workers: ZipWorkers,
    /// What is counted.
    pub metrics: ChecksumdbMetrics,
    /// Where it is told that something was wrong.
    pub alarms: AlarmLog,
}

/// Who vouches for an artifact.
pub(crate) enum ProofAuthority<'a> {
    /// Nobody is asked; the capture says this.
    Nobody(&'static Evidence),
    /// The checksum database.
    Database(&'a DatabaseRecords),
}

/// Mirrors the log of a database without a service around it: what a command does.
pub async fn mirror_log(
    store: &Store,
    upstreams: &upstream::Upstreams,
    key: &VerifierKey,
    rate: NonZeroU32,
    progress: impl FnMut(MirrorPosition),
) -> Result<MirrorPosition, MirrorFailure> {
    let metrics = ChecksumdbMetrics::default();
    let alarms = AlarmLog::new(store, &AlarmMetrics::default());
    let budget = FlightBudget::new(FlightBudget::USUAL);
    let records = DatabaseRecords::of(key.clone(), store, upstreams, (&metrics, &alarms), &budget);
    mirror::run(&records, rate, || Ok(()), progress).await
}

// === impl VerifyOptions ===

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            mode: Mode::Off,
            database: None,
            private: ModulePatterns::default(),
            no_sumdb: ModulePatterns::default(),
        }
    }
}

// === impl Verifier ===

impl Verifier {
    /// Verifies by `records`, where there is a database to ask.
    pub fn new(mode: Mode, privacy: &Arc<PrivacyRules>, records: Option<DatabaseRecords>) -> Self {
        Self {
            mode,
            privacy: Arc::clone(privacy),
            records,
        }
    }

    /// The records of the database of this name, if it is the one that is verified. With
    /// verification off it is passed through like any other.
    pub fn database(&self, name: &str) -> Option<&DatabaseRecords> {
        let records = self
            .records
            .as_ref()
            .filter(|records| records.name() == name);
        records.filter(|_| self.mode != Mode::Off)
    }

    /// The records of the public database, for what is copied from them after proof.
    pub fn records(&self) -> Option<&DatabaseRecords> {
        self.records.as_ref().filter(|_| self.mode != Mode::Off)
    }

    pub(crate) fn voucher(&self, artifact: &Artifact) -> ProofAuthority<'_> {
        let claim = match (&self.records, self.mode) {
            (_, Mode::Off) if !is_toolchain(&artifact.module) => &Evidence::Unverified,
            _ if artifact.kind == ArtifactKind::Info => &Evidence::FirstSeen,
            _ if self.privacy.is_unlogged(&artifact.module) => &Evidence::Private,
            (Some(records), _) => return ProofAuthority::Database(records),
            (None, _) => &Evidence::Unverified,
        };
        ProofAuthority::Nobody(claim)
    }

    /// Looks up the record of a version before it is needed, unless it is known; for as long as what
    /// is returned is held.
    pub fn ahead(&self, module: &ModulePath, version: &Version) -> Option<Waiting> {
        let artifact = Artifact {
            module: module.clone(),
            version: version.clone(),
            kind: ArtifactKind::Mod,
        };
        match self.voucher(&artifact) {
            ProofAuthority::Database(records) => records.begin(module, version),
            ProofAuthority::Nobody(_) => None,
        }
    }

    /// Whether an artifact's proof has to be looked up first.
    pub fn must_wait(&self, artifact: &Artifact) -> bool {
        let ProofAuthority::Database(records) = self.voucher(artifact) else {
            return false;
        };
        records.known(&artifact.module, &artifact.version).is_none()
    }

    /// Asks the database for its head, so that the first lookup finds the way there known.
    pub fn warm_up(&self) {
        let Some(records) = self.records.clone().filter(|_| self.mode != Mode::Off) else {
            return;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { records.warm_up().await });
        }
    }

    /// What an artifact will say of itself once it is captured, as far as it is known before.
    pub fn promise(&self, artifact: &Artifact) -> Evidence {
        match self.voucher(artifact) {
            ProofAuthority::Nobody(claim) => claim.clone(),
            ProofAuthority::Database(records) => records
                .known(&artifact.module, &artifact.version)
                .map_or(Evidence::Unproven, |vouched| vouched.evidence()),
        }
    }

    /// Whether evidence that is kept suffices to serve what it is about.
    pub fn suffices(&self, artifact: &Artifact, evidence: &Evidence) -> bool {
        let ProofAuthority::Database(_) = self.voucher(artifact) else {
            return true;
        };
        !evidence.needs_proof() || self.excuses(artifact)
    }

    /// Whether an artifact may wait for its proof while the database cannot be asked. Toolchains
    /// may where verification is off: `go` itself holds them against the database in any case.
    fn excuses(&self, artifact: &Artifact) -> bool {
        match self.mode {
            Mode::Required => false,
            Mode::Available => !is_toolchain(&artifact.module),
            Mode::Off => true,
        }
    }
}

// === impl Verification ===

impl Verification {
    /// On which grounds bytes with this hash may be captured.
    pub async fn grounds(
        &self,
        artifact: &Artifact,
        h1: &str,
    ) -> Result<CaptureEvidence, CaptureObjection> {
        if self.is_logged_here(artifact) {
            return self.own_grounds(artifact, h1).await;
        }
        let verifier = &self.verifier;
        let records = match verifier.voucher(artifact) {
            ProofAuthority::Nobody(claim) => return Ok(CaptureEvidence::claim(claim)),
            ProofAuthority::Database(records) => records,
        };
        let outcome = match records.record(&artifact.module, &artifact.version).await {
            Ok(vouched) => {
                let agreed = agree(artifact, &vouched, h1);
                self.metrics
                    .verified(if agreed.is_ok() { "proven" } else { "mismatch" });
                return match agreed {
                    Ok(()) => Ok(vouched.grounds()),
                    Err(wrong) => Err(CaptureObjection::Wrong(wrong)),
                };
            }
            Err(unproven) => unproven,
        };
        self.metrics.verified(outcome.label());
        if outcome.is_outage() && verifier.excuses(artifact) {
            return Ok(CaptureEvidence::claim(&Evidence::Unproven));
        }
        Err(CaptureObjection::Refused(outcome.refusal))
    }

    /// The hash that the checksum database knows of an artifact, where it is asked about it.
    pub async fn logged(&self, artifact: &Artifact) -> Option<H1> {
        if self.is_logged_here(artifact) {
            return self.own_hash(artifact).await;
        }
        let ProofAuthority::Database(records) = self.verifier.voucher(artifact) else {
            return None;
        };
        let vouched = records
            .record(&artifact.module, &artifact.version)
            .await
            .ok()?;
        vouched.hashes(artifact).find_map(|hash| hash.parse().ok())
    }

    /// Makes sure that something kept may be served: what was captured without proof is proven now.
    pub async fn admit(&self, record: Record) -> Result<Record, Refusal> {
        let store::Key::Artifact(artifact) = &record.key else {
            return Ok(record);
        };
        if self.verifier.suffices(artifact, &record.evidence) {
            return Ok(record);
        }
        match self.prove_kept(&record).await? {
            Some(evidence) => Ok(Record { evidence, ..record }),
            None => Err(Refusal::new(
                Code::ChecksumMismatch,
                format!("{artifact} was kept without proof, and is not what was published"),
            )),
        }
    }

    /// Mirrors the log of the verified database while the disk has room; `progress` is told now and
    /// then.
    pub async fn mirror_tiles(
        &self,
        disk: &DiskRoom,
        rate: NonZeroU32,
        progress: impl FnMut(MirrorPosition),
    ) -> Result<MirrorPosition, MirrorFailure> {
        let records = self.verifier.records().ok_or(MirrorFailure::NoDatabase)?;
        disk.room_for(0).await.map_err(MirrorFailure::Store)?;
        mirror::run(records, rate, || disk.room_as_measured(), progress).await
    }

    /// Finds again what a rebuild of the catalog lost; gives how many proofs were looked at.
    pub async fn heal(&self) -> Result<u64, Refusal> {
        match self.verifier.records() {
            Some(records) => heal::heal(records).await,
            None => Ok(0),
        }
    }

    /// Whether a database told two histories, or a hosted one must not sign any more.
    pub fn is_any_halted(&self) -> bool {
        self.verifier.is_halted() || self.hosted.is_any_halted()
    }
}

/// Whether the record holds this hash of the artifact.
fn agree(artifact: &Artifact, vouched: &ProvenRecord, h1: &str) -> Result<(), Wrong> {
    let mut hashes = vouched.hashes(artifact);
    if hashes.any(|hash| hash == h1) {
        return Ok(());
    }
    let expected = vouched.hashes(artifact).next().unwrap_or("none");
    let summary = format!(
        "its hash is {h1}, and {} has {expected}",
        vouched.database()
    );
    Err(Wrong::new(Code::ChecksumMismatch, summary))
}
