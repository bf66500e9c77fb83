//! Background jobs: what a server does beside answering, each at its own pace.

use crate::{denying::DenyListJob, sumdb_mirror::MirrorJob, vuln_command::update};
use codes::Code;
use config::Settings;
use jobs::{JobRun, JobSchedule, Jobs, PeriodicTask};
use proxy::Proxy;
use std::{mem, time::Duration};
use store::Store;

/// How long a stop waits for runs that are under way: each of them takes milliseconds.
pub(super) const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// How often old absences are swept out: they are believed for days, so an hour more is nothing.
const SWEEP_PERIOD: Duration = Duration::from_hours(1);

/// How often a store that cannot write tries again: a disk that has room again is noticed before
/// somebody looks at `/readyz` twice, and a try is one block.
const DISK_PERIOD: Duration = Duration::from_secs(5);

/// How often it is looked whether the vulnerability database is due.
const VULNERABILITY_PERIOD: Duration = Duration::from_hours(1);

/// How old the vulnerability database may be: it changes a few times a day.
const VULNERABILITY_AGE: Duration = Duration::from_hours(6);

/// How often captures that wait for their proof are looked at. An outage of a database lasts for
/// minutes; where nothing waits, looking costs one lookup.
const PROOF_PERIOD: Duration = Duration::from_secs(15);

/// Starts the jobs that these settings want.
pub(super) fn start(jobs: &mut Jobs, settings: &Settings, proxy: &Proxy, store: &Store) {
    let every = JobSchedule::every;
    let sweep = AbsenceSweep {
        proxy: proxy.clone(),
    };
    // Not at once: a start writes nothing.
    jobs.start("absence-sweep", every(SWEEP_PERIOD), sweep);
    let disk = DiskWatch {
        store: store.clone(),
        proxy: proxy.clone(),
        is_short: false,
    };
    jobs.start("disk-watch", every(DISK_PERIOD), disk);
    let proofs = LateProofs {
        proxy: proxy.clone(),
    };
    jobs.start("late-proofs", every(PROOF_PERIOD).cut_at_stop(), proofs);
    let scrub = ScrubJob {
        proxy: proxy.clone(),
    };
    // It paces itself, and a pass goes on where it was cut.
    let endless = every(SWEEP_PERIOD).from_the_start().cut_at_stop();
    jobs.start("scrub", endless, scrub);
    let repair = RebuildRepair {
        proxy: proxy.clone(),
    };
    let schedule = every(PROOF_PERIOD).from_the_start().cut_at_stop();
    jobs.start("rebuild-repair", schedule, repair);
    if settings.vulndb.is_some() {
        let schedule = every(VULNERABILITY_PERIOD).from_the_start().cut_at_stop();
        let schedule = schedule.waiting_at_most(VULNERABILITY_PERIOD);
        let update = VulnerabilityUpdate {
            settings: Box::new(settings.clone()),
        };
        jobs.start("vulnerability-update", schedule, update);
    }
    if settings.sumdb_mirror {
        let schedule = every(MirrorJob::PERIOD).from_the_start().cut_at_stop();
        let mirror = MirrorJob::new(proxy.clone(), settings.sumdb_mirror_rate);
        jobs.start("sumdb-mirror", schedule, mirror);
    }
    if let Some(file) = settings.config_file.clone() {
        let schedule = every(DenyListJob::PERIOD).from_the_start();
        let schedule = schedule.waiting_at_most(DenyListJob::PERIOD);
        jobs.start("deny-list", schedule, DenyListJob::new(file, proxy.clone()));
    }
}

/// Forgets old absences, so that what is remembered does not only grow.
struct AbsenceSweep {
    proxy: Proxy,
}

/// Tries to write while the store cannot, so that it recovers without being asked for anything. Measures
/// the disk's room as well, so that readiness and the log tell of it although nobody asks for anything
/// new.
struct DiskWatch {
    store: Store,
    proxy: Proxy,
    is_short: bool,
}

/// Proves what was captured while the database could not be asked.
struct LateProofs {
    proxy: Proxy,
}

/// Hashes everything that is kept again; one run lasts as long as the process.
struct ScrubJob {
    proxy: Proxy,
}

/// Finds again what a rebuild of the catalog lost. Its last run is the first that succeeds.
struct RebuildRepair {
    proxy: Proxy,
}

/// Fetches the vulnerability database when it is due.
struct VulnerabilityUpdate {
    settings: Box<Settings>,
}

// === impl AbsenceSweep ===

impl PeriodicTask for AbsenceSweep {
    async fn run(&mut self) -> JobRun {
        match self.proxy.sweep().await {
            Ok(0) => {}
            Ok(forgotten) => tracing::debug!(forgotten, "old absences were forgotten"),
            Err(refusal) => {
                tracing::warn!(?refusal, "old absences could not be forgotten");
                return JobRun::failed();
            }
        }
        JobRun::succeeded()
    }
}

// === impl DiskWatch ===

impl PeriodicTask for DiskWatch {
    async fn run(&mut self) -> JobRun {
        let was_short = mem::replace(&mut self.is_short, self.proxy.measure_disk().await);
        if self.is_short && !was_short {
            tracing::warn!(code = %Code::DiskReserve, "the disk is at its reserve: what is kept is served, nothing new is kept");
        } else if was_short && !self.is_short {
            tracing::info!("the disk has room again: new things are kept");
        }
        if !self.store.health().writable {
            if self.store.probe_writable().await.is_err() {
                // As soon as ever: readiness depends on it.
                return JobRun::failed().again_after(DISK_PERIOD);
            }
            tracing::info!("the store can be written again");
        }
        JobRun::succeeded()
    }
}

// === impl LateProofs ===

impl PeriodicTask for LateProofs {
    async fn run(&mut self) -> JobRun {
        match self.proxy.prove_pending().await {
            Ok(settled) if settled.proven + settled.withdrawn > 0 => {
                tracing::info!(
                    proven = settled.proven,
                    withdrawn = settled.withdrawn,
                    "captures were proven later"
                );
            }
            Ok(_) => {}
            Err(refusal) => {
                tracing::warn!(?refusal, "captures could not be proven later");
                return JobRun::failed();
            }
        }
        JobRun::succeeded()
    }
}

// === impl ScrubJob ===

impl PeriodicTask for ScrubJob {
    async fn run(&mut self) -> JobRun {
        self.proxy.scrub().await;
        // It ends only where it is turned off.
        JobRun::succeeded().for_the_last_time()
    }
}

// === impl RebuildRepair ===

impl PeriodicTask for RebuildRepair {
    async fn run(&mut self) -> JobRun {
        match self.proxy.heal().await {
            Ok(0) => {}
            Ok(proofs) => {
                tracing::info!(proofs, "what proves the kept records is complete again");
            }
            Err(refusal) => {
                tracing::debug!(?refusal, "what a rebuild lost is not found yet");
                return JobRun::failed();
            }
        }
        JobRun::succeeded().for_the_last_time()
    }
}

// === impl VulnerabilityUpdate ===

impl PeriodicTask for VulnerabilityUpdate {
    async fn run(&mut self) -> JobRun {
        if !update::is_due(&self.settings, VULNERABILITY_AGE) {
            return JobRun::succeeded();
        }
        match update::update(&self.settings, &[], None).await {
            Ok(made) => {
                tracing::info!(sources = made.sources.len(), "vulnerability data renewed");
                JobRun::succeeded()
            }
            Err(failure) => {
                let (code, facts) = (failure.code(), failure.facts().to_owned());
                tracing::warn!(%code, facts, "vulnerability data could not be renewed");
                JobRun::failed()
            }
        }
    }
}
