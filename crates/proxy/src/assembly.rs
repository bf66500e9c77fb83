//! Assembly: the parts of the service, each made with the few others that it works with.
//!
//! The order below is the order of dependence: nothing is made before what it needs, so no part can call
//! back up. Only [`crate::Proxy`] sees all of them, to hand each request to the part it is for.

use crate::{
    ahead_fetcher::DemandFetcher,
    artifacts::{ArtifactAnswers, ZipAnnouncements},
    confirmations::{ConfirmationParts, Confirmations},
    gauges::GaugeObserver,
    metrics::Metrics,
    options::ProxyOptions,
    retired::RetiredVersions,
    revalidation::{RenewalFlights, Revalidation},
    status::StatusReporter,
    sumdb::{MirroredAnswers, PROOFS_AT_ONCE, SumdbAnswers},
    versions::{Documents, VersionAnswers},
    vulnerabilities::VulnerabilityAnswers,
};
use alarm::AlarmLog;
use checksumdb::{
    DatabaseRecords, HostedAnswers, HostedDatabases, ProvenAnswers, Verification, Verifier,
    VersionCaptures,
};
use ingest::{Blocklist, Ingest, IngestParts, ModuleSources, WrongVersions};
use inspection::{FileReader, ZipWorkers};
use memory::{MemoryCache, ResponseCache, VerifiedBlobs};
use prefetch::{AheadFetcher, Prefetch};
use protocol::PrivacyRules;
use publish::{SourceTags, VersionPublisher, VersionPublisherParts};
use repair::{BlobRepairs, LostBlobs, RepairParts, Scrubber};
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
    pub(crate) retired: Arc<RetiredVersions>,
    pub(crate) publishing: Arc<VersionPublisher>,
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
    retired: Arc<RetiredVersions>,
    documents: Documents,
    verified: Arc<VerifiedBlobs>,
    reader: Arc<FileReader>,
    disk: Arc<DiskRoom>,
    background: TaskTracker,
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
        let scrubber = Arc::new(Scrubber::new(
            &base.options.scrub,
            &base.store,
            repairs,
            &base.metrics.repair,
            &base.options.clock,
        ));
        let fetcher: Arc<dyn AheadFetcher> = Arc::new(base.fetcher(&ingest, &verification));
        prefetch.start(&fetcher, &base.metrics.prefetch);
        let publishing = Arc::new(base.publishing(&ingest, &verification));
        let directory = base.options.vulnerabilities.clone();
        let vulnerabilities = VulnerabilityAnswers::new(directory, &base.workers);
        Self {
            status: StatusReporter {
                store: base.store.clone(),
                disk: Arc::clone(&base.disk),
                verification: Arc::clone(&verification),
                scrubber: Arc::clone(&scrubber),
                sources: base.sources.clone(),
                retired: Arc::clone(&base.retired),
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
            blocklist: ingest.blocklist,
            retired: base.retired,
            publishing,
            privacy: base.privacy,
            sources: base.sources,
            documents: base.documents,
            memory: base.memory,
            wrong: ingest.wrong,
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
            workers: ZipWorkers::default(),
            memory: Arc::new(MemoryCache::new(options.memory)),
            retired: Arc::new(RetiredVersions::new(options.publish.list_retired)),
            documents: Documents {
                responses: Arc::new(ResponseCache::default()),
                ages: options.ages(),
            },
            verified: Arc::new(VerifiedBlobs::default()),
            reader: Arc::default(),
            disk: Arc::new(DiskRoom::new(&options.disk, &store)),
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
        let go_mods = prefetch.go_mods();
        Ingest::new(IngestParts {
            store: self.store.clone(),
            sources: self.sources.clone(),
            verification: Arc::clone(verification),
            privacy: Arc::clone(&self.privacy),
            denied: self.options.denied.clone(),
            ages: self.options.ages(),
            clock: self.options.clock.clone(),
            budget: self.budget.clone(),
            disk: Arc::clone(&self.disk),
            reader: Arc::clone(&self.reader),
            workers: self.workers.clone(),
            memory: Arc::clone(&self.memory),
            responses: Arc::clone(&self.documents.responses),
            verified: Arc::clone(&self.verified),
            go_mods: Box::new(move |artifact, bytes| go_mods.arrived(artifact, bytes)),
            metrics: self.metrics.ingest.clone(),
            failures: self.metrics.alarms.clone(),
            alarms: self.alarms.clone(),
        })
    }

    fn publishing(&self, ingest: &Ingest, verification: &Arc<Verification>) -> VersionPublisher {
        VersionPublisher::new(VersionPublisherParts {
            options: self.options.publish.clone(),
            store: self.store.clone(),
            verification: Arc::clone(verification),
            privacy: Arc::clone(&self.privacy),
            blocklist: Arc::clone(&ingest.blocklist),
            tags: Arc::new(SourceTags::new(&ingest.walks)),
            disk: Arc::clone(&self.disk),
            workers: self.workers.clone(),
            memory: Arc::clone(&self.memory),
            responses: Arc::clone(&self.documents.responses),
            verified: Arc::clone(&self.verified),
            clock: self.options.clock.clone(),
            metrics: self.metrics.publish.clone(),
            alarms: self.alarms.clone(),
        })
    }

    fn repairs(&self, ingest: &Ingest) -> BlobRepairs {
        BlobRepairs::new(RepairParts {
            store: self.store.clone(),
            sources: self.sources.clone(),
            walks: Arc::clone(&ingest.walks),
            bodies: Arc::clone(&ingest.bodies),
            checks: Arc::clone(&ingest.checks),
            investigator: Arc::clone(&ingest.investigator),
            writer: Arc::clone(&ingest.writer),
            memory: Arc::clone(&self.memory),
            verified: Arc::clone(&self.verified),
            workers: self.workers.clone(),
            metrics: self.metrics.repair.clone(),
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
            bodies: Arc::clone(&ingest.bodies),
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
            bodies: Arc::clone(&ingest.bodies),
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
            blocklist: Arc::clone(&ingest.blocklist),
            retired: Arc::clone(&self.retired),
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
            hosted: HostedAnswers::new(
                verification,
                Arc::clone(artifacts) as Arc<dyn VersionCaptures>,
                ages.list_max_age,
            ),
            proven: ProvenAnswers::new(
                verification,
                ages.list_max_age,
                &self.options.clock,
                &self.background,
            ),
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
