//! Assembly: the parts of the service, each made with the few others that it works with.
//!
//! The order below is the order of dependence: nothing is made before what it needs, so no part can call
//! back up. Only [`crate::Proxy`] sees all of them, to hand each request to the part it is for.

use crate::{
    ahead_fetcher::DemandFetcher,
    answer_memory::AnswerMemory,
    artifacts::{ArtifactAnswers, ZipAnnouncements},
    blocklist::Blocklist,
    body_receiver::BodyReceiver,
    capture_checks::CaptureChecks,
    capture_writer::CaptureWriter,
    confirmations::{ConfirmationParts, Confirmations},
    disagreements::Disagreements,
    gauges::GaugeObserver,
    known_absences::KnownAbsences,
    known_refusals::KnownRefusals,
    metrics::Metrics,
    mismatch_investigation::Investigator,
    options::ProxyOptions,
    repair::{BlobRepairs, LostBlobs, RepairParts},
    response_cache::ResponseCache,
    revalidation::{RenewalFlights, Revalidation},
    scrub::Scrubber,
    small_captures::{SmallCaptureParts, SmallCaptures},
    source_walks::SourceWalks,
    sources::ModuleSources,
    status::StatusReporter,
    sumdb::{
        HeadRenewals, HostedAnswers, MirroredAnswers, PROOFS_AT_ONCE, ProvenAnswers, SumdbAnswers,
    },
    versions::{Documents, VersionAnswers},
    vulnerabilities::VulnerabilityAnswers,
    wrong_versions::WrongVersions,
    zip_captures::ZipCaptures,
    zip_transfer::ZipCaptureParts,
};
use alarm::AlarmLog;
use checksumdb::{DatabaseRecords, HostedDatabases, Verification, Verifier};
use inspection::{FileReader, ZipWorkers};
use memory::{MemoryCache, VerifiedBlobs};
use parking_lot::Mutex;
use prefetch::{AheadFetcher, Prefetch};
use protocol::PrivacyRules;
use single_flight::FlightBudget;
use std::sync::Arc;
use store::{DiskRoom, Store};
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::task::TaskTracker;
use upstream::Upstreams;

/// The parts that requests, operators and upkeep reach.
pub(crate) struct ProxyParts {
    pub(crate) artifacts: Arc<ArtifactAnswers>,
    pub(crate) versions: VersionAnswers,
    pub(crate) sumdb: SumdbAnswers,
    pub(crate) verification: Arc<Verification>,
    pub(crate) vulnerabilities: VulnerabilityAnswers,
    pub(crate) prefetch: Arc<Prefetch>,
    pub(crate) fetcher: Arc<dyn AheadFetcher>,
    pub(crate) scrubber: Arc<Scrubber>,
    pub(crate) status: StatusReporter,
    pub(crate) gauges: GaugeObserver,
    pub(crate) blocklist: Arc<Blocklist>,
    pub(crate) privacy: Arc<PrivacyRules>,
    pub(crate) sources: ModuleSources,
    pub(crate) documents: Documents,
    pub(crate) memory: Arc<MemoryCache>,
    pub(crate) wrong: Arc<WrongVersions>,
    pub(crate) reader: Arc<FileReader>,
    pub(crate) disk: Arc<DiskRoom>,
    pub(crate) store: Store,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) background: TaskTracker,
    pub(crate) options: ProxyOptions,
}

/// What nearly every part is made with.
struct Foundation {
    store: Store,
    options: ProxyOptions,
    privacy: Arc<PrivacyRules>,
    sources: ModuleSources,
    metrics: Arc<Metrics>,
    alarms: AlarmLog,
    budget: FlightBudget,
    workers: ZipWorkers,
    memory: Arc<MemoryCache>,
    documents: Documents,
    verified: Arc<VerifiedBlobs>,
    bodies: Arc<BodyReceiver>,
    reader: Arc<FileReader>,
    disk: Arc<DiskRoom>,
    blocklist: Arc<Blocklist>,
    wrong: Arc<WrongVersions>,
    background: TaskTracker,
}

/// What fetches, checks, proves and keeps.
struct Ingest {
    answers: Arc<AnswerMemory>,
    absences: Arc<KnownAbsences>,
    refusals: Arc<KnownRefusals>,
    disagreements: Arc<Disagreements>,
    walks: Arc<SourceWalks>,
    checks: Arc<CaptureChecks>,
    investigator: Arc<Investigator>,
    writer: Arc<CaptureWriter>,
    small: SmallCaptures,
    zips: ZipCaptures,
}

// === impl ProxyParts ===

impl ProxyParts {
    /// Makes all parts.
    pub(crate) fn new(
        store: Store,
        upstreams: Upstreams,
        options: ProxyOptions,
        metrics: Arc<Metrics>,
    ) -> Self {
        let base = Foundation::new(store, upstreams, options, metrics);
        let verification = base.verification();
        let prefetch = Arc::new(Prefetch::new(base.options.prefetch));
        let ingest = base.ingest(&verification, &prefetch);
        let repairs = base.repairs(&ingest);
        let artifacts = Arc::new(base.artifacts(&ingest, &verification, &repairs));
        let revalidation = Arc::new(base.revalidation(&ingest));
        let versions = base.versions(&ingest, &revalidation, &artifacts);
        let sumdb = base.sumdb(&ingest, &revalidation, &artifacts, &verification);
        let scrubber = Arc::new(base.scrubber(repairs));
        let fetcher: Arc<dyn AheadFetcher> = Arc::new(base.fetcher(&ingest, &verification));
        prefetch.start(&fetcher, &base.metrics.prefetch);
        let directory = base.options.vulnerabilities.clone();
        let vulnerabilities = VulnerabilityAnswers::new(directory, &base.workers);
        Self {
            status: StatusReporter {
                store: base.store.clone(),
                disk: Arc::clone(&base.disk),
                verification: Arc::clone(&verification),
                scrubber: Arc::clone(&scrubber),
                sources: base.sources.clone(),
                started: Instant::now(),
            },
            gauges: GaugeObserver {
                metrics: Arc::clone(&base.metrics),
                store: base.store.clone(),
                budget: base.budget.clone(),
                artifacts: Arc::clone(&artifacts),
                revalidation,
                memory: Arc::clone(&base.memory),
                verification: Arc::clone(&verification),
                scrubber: Arc::clone(&scrubber),
                sources: base.sources.clone(),
                vulnerabilities: vulnerabilities.clone(),
            },
            artifacts,
            versions,
            sumdb,
            verification,
            vulnerabilities,
            prefetch,
            fetcher,
            scrubber,
            blocklist: base.blocklist,
            privacy: base.privacy,
            sources: base.sources,
            documents: base.documents,
            memory: base.memory,
            wrong: base.wrong,
            reader: base.reader,
            disk: base.disk,
            store: base.store,
            metrics: base.metrics,
            background: base.background,
            options: base.options,
        }
    }
}

// === impl Foundation ===

impl Foundation {
    fn new(
        store: Store,
        upstreams: Upstreams,
        options: ProxyOptions,
        metrics: Arc<Metrics>,
    ) -> Self {
        let privacy = Arc::new(PrivacyRules::new(
            options.verify.private.clone(),
            options.verify.no_sumdb.clone(),
            options.log_private,
        ));
        let private = options.private_upstreams.clone();
        Self {
            sources: ModuleSources::new(upstreams, private, Arc::clone(&privacy)),
            alarms: AlarmLog::new(&store, &metrics.alarms),
            budget: FlightBudget::new(options.flights),
            workers: ZipWorkers::new(),
            memory: Arc::new(MemoryCache::new(options.memory)),
            documents: Documents {
                responses: Arc::new(ResponseCache::new()),
                ages: options.ages(),
            },
            verified: Arc::new(VerifiedBlobs::new()),
            bodies: Arc::new(BodyReceiver::new()),
            reader: Arc::default(),
            disk: Arc::new(DiskRoom::new(&options.disk, &store)),
            blocklist: Arc::new(Blocklist::new(&options.denied, &options.clock)),
            wrong: Arc::default(),
            background: TaskTracker::new(),
            privacy,
            store,
            options,
            metrics,
        }
    }

    fn verification(&self) -> Arc<Verification> {
        let options = &self.options.verify;
        let database = options.database.clone();
        let (public, budget) = (self.sources.public(), &self.budget);
        let counted = (&self.metrics.checksumdb, &self.alarms);
        let records =
            database.map(|key| DatabaseRecords::of(key, &self.store, public, counted, budget));
        let hosted = HostedDatabases::new(
            &self.options.own,
            &self.store,
            &self.privacy,
            &self.memory,
            &self.alarms,
        );
        Arc::new(Verification {
            verifier: Verifier::new(options.mode, &self.privacy, records),
            hosted: Arc::new(hosted),
            privacy: Arc::clone(&self.privacy),
            store: self.store.clone(),
            memory: Arc::clone(&self.memory),
            workers: self.workers.clone(),
            metrics: self.metrics.checksumdb.clone(),
            alarms: self.alarms.clone(),
        })
    }

    fn ingest(&self, verification: &Arc<Verification>, prefetch: &Prefetch) -> Ingest {
        let answers = AnswerMemory::new(&self.store, &self.privacy, &self.metrics);
        let answers = Arc::new(answers);
        let absences = Arc::new(KnownAbsences {
            answers: Arc::clone(&answers),
            store: self.store.clone(),
            workers: self.workers.clone(),
            ages: self.options.ages(),
            clock: self.options.clock.clone(),
        });
        let refusals = Arc::new(KnownRefusals {
            wrong: Arc::clone(&self.wrong),
            absences: Arc::clone(&absences),
            clock: self.options.clock.clone(),
        });
        let disagreements = Arc::new(Disagreements::new(
            &self.store,
            &self.privacy,
            &self.metrics,
            &self.alarms,
        ));
        let walks = Arc::new(SourceWalks {
            sources: self.sources.clone(),
            blocklist: Arc::clone(&self.blocklist),
            absences: Arc::clone(&absences),
            disagreements: Arc::clone(&disagreements),
            clock: self.options.clock.clone(),
        });
        let investigator = self.investigator(verification);
        let checks = Arc::new(CaptureChecks {
            verification: Arc::clone(verification),
            investigator: Arc::clone(&investigator),
            reader: Arc::clone(&self.reader),
            workers: self.workers.clone(),
            privacy: Arc::clone(&self.privacy),
            metrics: Arc::clone(&self.metrics),
            go_mods: prefetch.go_mods(),
        });
        let writer = Arc::new(CaptureWriter {
            store: self.store.clone(),
            memory: Arc::clone(&self.memory),
            responses: Arc::clone(&self.documents.responses),
            verification: Arc::clone(verification),
            blocklist: Arc::clone(&self.blocklist),
            disk: Arc::clone(&self.disk),
            metrics: Arc::clone(&self.metrics),
        });
        let small = SmallCaptureParts {
            refusals: Arc::clone(&refusals),
            walks: Arc::clone(&walks),
            bodies: Arc::clone(&self.bodies),
            checks: Arc::clone(&checks),
            investigator: Arc::clone(&investigator),
            writer: Arc::clone(&writer),
            disk: Arc::clone(&self.disk),
        };
        let zips = ZipCaptureParts {
            refusals: Arc::clone(&refusals),
            walks: Arc::clone(&walks),
            checks: Arc::clone(&checks),
            investigator: Arc::clone(&investigator),
            writer: Arc::clone(&writer),
            verified: Arc::clone(&self.verified),
            disk: Arc::clone(&self.disk),
            store: self.store.clone(),
            privacy: Arc::clone(&self.privacy),
            metrics: Arc::clone(&self.metrics),
        };
        Ingest {
            small: SmallCaptures::new(small, &self.budget),
            zips: ZipCaptures::new(zips, &self.budget),
            answers,
            absences,
            refusals,
            disagreements,
            walks,
            checks,
            investigator,
            writer,
        }
    }

    fn investigator(&self, verification: &Arc<Verification>) -> Arc<Investigator> {
        Arc::new(Investigator {
            store: self.store.clone(),
            sources: self.sources.clone(),
            verification: Arc::clone(verification),
            wrong: Arc::clone(&self.wrong),
            workers: self.workers.clone(),
            metrics: Arc::clone(&self.metrics),
            alarms: self.alarms.clone(),
            clock: self.options.clock.clone(),
        })
    }

    fn repairs(&self, ingest: &Ingest) -> BlobRepairs {
        BlobRepairs::new(RepairParts {
            store: self.store.clone(),
            sources: self.sources.clone(),
            walks: Arc::clone(&ingest.walks),
            bodies: Arc::clone(&self.bodies),
            checks: Arc::clone(&ingest.checks),
            investigator: Arc::clone(&ingest.investigator),
            writer: Arc::clone(&ingest.writer),
            memory: Arc::clone(&self.memory),
            verified: Arc::clone(&self.verified),
            workers: self.workers.clone(),
            metrics: Arc::clone(&self.metrics),
            alarms: self.alarms.clone(),
            lost: LostBlobs::default(),
        })
    }

    fn artifacts(
        &self,
        ingest: &Ingest,
        verification: &Arc<Verification>,
        repairs: &BlobRepairs,
    ) -> ArtifactAnswers {
        let confirmations = Confirmations::new(ConfirmationParts {
            store: self.store.clone(),
            walks: Arc::clone(&ingest.walks),
            bodies: Arc::clone(&self.bodies),
            writer: Arc::clone(&ingest.writer),
            memory: Arc::clone(&self.memory),
            privacy: Arc::clone(&self.privacy),
            clock: self.options.clock.clone(),
            background: self.background.clone(),
        });
        ArtifactAnswers {
            memory: Arc::clone(&self.memory),
            responses: Arc::clone(&self.documents.responses),
            verified: Arc::clone(&self.verified),
            store: self.store.clone(),
            verification: Arc::clone(verification),
            confirmations,
            repairs: repairs.clone(),
            refusals: Arc::clone(&ingest.refusals),
            small: ingest.small.clone(),
            zips: ingest.zips.clone(),
            announcements: ZipAnnouncements::new(&ingest.walks, &self.budget),
            metrics: Arc::clone(&self.metrics),
            clock: self.options.clock.clone(),
        }
    }

    fn revalidation(&self, ingest: &Ingest) -> Revalidation {
        Revalidation {
            answers: Arc::clone(&ingest.answers),
            absences: Arc::clone(&ingest.absences),
            disagreements: Arc::clone(&ingest.disagreements),
            sources: self.sources.clone(),
            bodies: Arc::clone(&self.bodies),
            responses: Arc::clone(&self.documents.responses),
            writer: Arc::clone(&ingest.writer),
            ages: self.options.ages(),
            clock: self.options.clock.clone(),
            renewals: RenewalFlights::within(&self.budget),
        }
    }

    fn versions(
        &self,
        ingest: &Ingest,
        revalidation: &Arc<Revalidation>,
        artifacts: &Arc<ArtifactAnswers>,
    ) -> VersionAnswers {
        VersionAnswers {
            answers: Arc::clone(&ingest.answers),
            revalidation: Arc::clone(revalidation),
            artifacts: Arc::clone(artifacts),
            blocklist: Arc::clone(&self.blocklist),
            sources: self.sources.clone(),
            documents: self.documents.clone(),
            reader: Arc::clone(&self.reader),
            store: self.store.clone(),
            metrics: Arc::clone(&self.metrics),
            ages: self.options.ages(),
            clock: self.options.clock.clone(),
        }
    }

    fn sumdb(
        &self,
        ingest: &Ingest,
        revalidation: &Arc<Revalidation>,
        artifacts: &Arc<ArtifactAnswers>,
        verification: &Arc<Verification>,
    ) -> SumdbAnswers {
        let ages = self.options.ages();
        SumdbAnswers {
            hosted: HostedAnswers {
                databases: Arc::clone(&verification.hosted),
                verification: Arc::clone(verification),
                artifacts: Arc::clone(artifacts),
                privacy: Arc::clone(&self.privacy),
                ages,
                metrics: Arc::clone(&self.metrics),
            },
            proven: ProvenAnswers {
                verification: Arc::clone(verification),
                heads: HeadRenewals::default(),
                ages,
                clock: self.options.clock.clone(),
                metrics: Arc::clone(&self.metrics),
                background: self.background.clone(),
            },
            mirrored: Arc::new(MirroredAnswers {
                answers: Arc::clone(&ingest.answers),
                revalidation: Arc::clone(revalidation),
                artifacts: Arc::clone(artifacts),
                documents: self.documents.clone(),
                ages,
                clock: self.options.clock.clone(),
                background: self.background.clone(),
                proofs: Semaphore::new(PROOFS_AT_ONCE),
            }),
            privacy: Arc::clone(&self.privacy),
            sources: self.sources.clone(),
        }
    }

    fn scrubber(&self, repairs: BlobRepairs) -> Scrubber {
        Scrubber {
            options: self.options.scrub.clone(),
            store: self.store.clone(),
            repairs,
            metrics: Arc::clone(&self.metrics),
            clock: self.options.clock.clone(),
            progress: Mutex::default(),
        }
    }

    fn fetcher(&self, ingest: &Ingest, verification: &Arc<Verification>) -> DemandFetcher {
        DemandFetcher {
            store: self.store.clone(),
            memory: Arc::clone(&self.memory),
            absences: Arc::clone(&ingest.absences),
            verification: Arc::clone(verification),
            small: ingest.small.clone(),
            zips: ingest.zips.clone(),
            sources: self.sources.clone(),
            disk: Arc::clone(&self.disk),
        }
    }
}
