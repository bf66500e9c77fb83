//! Assembly: the parts of ingest, each made with the few others that it works with.

use crate::{
    answer_ages::AnswerAges,
    answer_memory::AnswerMemory,
    blocklist::Blocklist,
    body_receiver::BodyReceiver,
    capture_checks::{CaptureChecks, GoModListener},
    capture_writer::CaptureWriter,
    deny::DenyList,
    disagreements::Disagreements,
    known_absences::KnownAbsences,
    known_refusals::KnownRefusals,
    metrics::IngestMetrics,
    mismatch_investigation::Investigator,
    small_captures::{SmallCaptureParts, SmallCaptures},
    source_walks::SourceWalks,
    sources::ModuleSources,
    wrong_versions::WrongVersions,
    zip_captures::ZipCaptures,
    zip_transfer::ZipCaptureParts,
};
use alarm::{AlarmLog, AlarmMetrics};
use checksumdb::Verification;
use inspection::{FileReader, ZipWorkers};
use memory::{MemoryCache, ResponseCache, VerifiedBlobs};
use protocol::{Clock, PrivacyRules};
use single_flight::FlightBudget;
use std::sync::Arc;
use store::{DiskRoom, Store};

/// What ingest is made with.
pub struct IngestParts {
    /// Where captures are kept.
    pub store: Store,
    /// Who is asked.
    pub sources: ModuleSources,
    /// Who vouches for what they send.
    pub verification: Arc<Verification>,
    /// Which names stay out of the log.
    pub privacy: Arc<PrivacyRules>,
    /// What is refused by policy at the beginning.
    pub denied: DenyList,
    /// How old what a source said may be.
    pub ages: AnswerAges,
    /// The time of day.
    pub clock: Clock,
    /// Room for work on behalf of clients.
    pub budget: FlightBudget,
    /// Room on the disk.
    pub disk: Arc<DiskRoom>,
    /// Where large files are read.
    pub reader: Arc<FileReader>,
    /// Where zips are read.
    pub workers: ZipWorkers,
    /// What is kept, within reach.
    pub memory: Arc<MemoryCache>,
    /// Finished answers, of which a capture may make another.
    pub responses: Arc<ResponseCache>,
    /// Which blobs are sound.
    pub verified: Arc<VerifiedBlobs>,
    /// Who hears of go.mod files before they are proven.
    pub go_mods: GoModListener,
    /// What is counted.
    pub metrics: IngestMetrics,
    /// Failures of the store, counted.
    pub failures: AlarmMetrics,
    /// Where alarms are raised.
    pub alarms: AlarmLog,
}

/// What fetches, checks, proves and keeps.
pub struct Ingest {
    /// What sources said that may change.
    pub answers: Arc<AnswerMemory>,
    /// What is known not to exist.
    pub absences: Arc<KnownAbsences>,
    /// What is refused by policy.
    pub blocklist: Arc<Blocklist>,
    /// Versions of which wrong bytes came.
    pub wrong: Arc<WrongVersions>,
    /// What is said of an artifact without asking.
    pub refusals: Arc<KnownRefusals>,
    /// Sources that disagree.
    pub disagreements: Arc<Disagreements>,
    /// Walks over the sources.
    pub walks: Arc<SourceWalks>,
    /// Bodies received into memory.
    pub bodies: Arc<BodyReceiver>,
    /// What arrives is checked and proven.
    pub checks: Arc<CaptureChecks>,
    /// Wrong bytes are looked into.
    pub investigator: Arc<Investigator>,
    /// What is proven is kept.
    pub writer: Arc<CaptureWriter>,
    /// Small artifacts are captured.
    pub small: SmallCaptures,
    /// Zips are captured.
    pub zips: ZipCaptures,
}

// === impl Ingest ===

impl Ingest {
    /// Makes all parts, in the order of dependence.
    pub fn new(base: IngestParts) -> Self {
        let answers = AnswerMemory::new(&base.store, &base.privacy, &base.failures);
        let answers = Arc::new(answers);
        let absences = Arc::new(KnownAbsences {
            answers: Arc::clone(&answers),
            store: base.store.clone(),
            workers: base.workers.clone(),
            ages: base.ages,
            clock: base.clock.clone(),
        });
        let blocklist = Arc::new(Blocklist::new(&base.denied, &base.clock));
        let wrong = Arc::<WrongVersions>::default();
        let refusals = Arc::new(KnownRefusals {
            wrong: Arc::clone(&wrong),
            absences: Arc::clone(&absences),
            clock: base.clock.clone(),
        });
        let disagreements = Arc::new(Disagreements::new(
            &base.store,
            &base.privacy,
            &base.metrics,
            &base.alarms,
        ));
        let walks = Arc::new(SourceWalks {
            sources: base.sources.clone(),
            blocklist: Arc::clone(&blocklist),
            absences: Arc::clone(&absences),
            disagreements: Arc::clone(&disagreements),
            clock: base.clock.clone(),
        });
        let bodies = Arc::new(BodyReceiver::new());
        let investigator = Arc::new(Investigator {
            store: base.store.clone(),
            sources: base.sources,
            verification: Arc::clone(&base.verification),
            wrong: Arc::clone(&wrong),
            workers: base.workers.clone(),
            metrics: base.metrics.clone(),
            alarms: base.alarms.clone(),
            clock: base.clock,
        });
        let checks = Arc::new(CaptureChecks {
            verification: Arc::clone(&base.verification),
            investigator: Arc::clone(&investigator),
            reader: base.reader,
            workers: base.workers,
            privacy: Arc::clone(&base.privacy),
            metrics: base.metrics.clone(),
            go_mods: base.go_mods,
        });
        let writer = Arc::new(CaptureWriter {
            store: base.store.clone(),
            memory: base.memory,
            responses: base.responses,
            verification: base.verification,
            blocklist: Arc::clone(&blocklist),
            disk: Arc::clone(&base.disk),
            metrics: base.metrics,
            alarms: base.alarms.clone(),
        });
        let small = SmallCaptureParts {
            refusals: Arc::clone(&refusals),
            walks: Arc::clone(&walks),
            bodies: Arc::clone(&bodies),
            checks: Arc::clone(&checks),
            investigator: Arc::clone(&investigator),
            writer: Arc::clone(&writer),
            disk: Arc::clone(&base.disk),
        };
        let zips = ZipCaptureParts {
            refusals: Arc::clone(&refusals),
            walks: Arc::clone(&walks),
            checks: Arc::clone(&checks),
            investigator: Arc::clone(&investigator),
            writer: Arc::clone(&writer),
            verified: base.verified,
            disk: base.disk,
            store: base.store,
            privacy: base.privacy,
            alarms: base.alarms,
        };
        Self {
            small: SmallCaptures::new(small, &base.budget),
            zips: ZipCaptures::new(zips, &base.budget),
            answers,
            absences,
            blocklist,
            wrong,
            refusals,
            disagreements,
            walks,
            bodies,
            checks,
            investigator,
            writer,
        }
    }
}
