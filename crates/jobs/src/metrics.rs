//! What is measured of jobs: runs by outcome, the last success, whether one runs.

use crate::schedule::RunOutcome;
use metric::metrics;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
};
use std::{
    sync::atomic::AtomicU64,
    time::{SystemTime, UNIX_EPOCH},
};

metrics! {
    /// Counters and gauges of all jobs of a process. Cloning shares them.
    #[derive(Debug, Clone, Default)]
    pub struct JobMetrics {
        /// Runs of the background jobs that ended, by outcome.
        runs: Family<RunLabels, Counter> = "modkeep_job_runs",
        /// When a run of this background job last succeeded, in seconds of the epoch; 0 before the first success.
        last_success: Family<JobLabels, Gauge<f64, AtomicU64>> = "modkeep_job_last_success_timestamp" in Seconds,
        /// 1 while a run of this background job is under way.
        running: Family<JobLabels, Gauge> = "modkeep_job_running",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    /// Not `job`, which Prometheus gives to every sample itself.
    name: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunLabels {
    name: &'static str,
    outcome: &'static str,
}

// === impl JobMetrics ===

impl JobMetrics {
    /// Has every series of a job there from the start.
    pub fn know(&self, job: &'static str) {
        for outcome in RunOutcome::ALL {
            drop(self.runs_of(job, outcome));
        }
        drop(self.last_success.get_or_create(&JobLabels { name: job }));
        drop(self.running.get_or_create(&JobLabels { name: job }));
    }

    pub(crate) fn begin(&self, job: &'static str) {
        self.running.get_or_create(&JobLabels { name: job }).set(1);
    }

    pub(crate) fn end(&self, job: &'static str, outcome: RunOutcome) {
        self.running.get_or_create(&JobLabels { name: job }).set(0);
        self.runs_of(job, outcome).inc();
        if outcome == RunOutcome::Succeeded {
            // A clock before 1970 is no reason to stop.
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.unwrap_or_default().as_secs_f64();
            self.last_success
                .get_or_create(&JobLabels { name: job })
                .set(now);
        }
    }

    fn runs_of(&self, job: &'static str, outcome: RunOutcome) -> Counter {
        let outcome = outcome.label();
        self.runs
            .get_or_create(&RunLabels { name: job, outcome })
            .clone()
    }

    #[cfg(test)]
    pub(crate) fn counts(&self, job: &'static str) -> [u64; 3] {
        RunOutcome::ALL.map(|outcome| self.runs_of(job, outcome).get())
    }

    #[cfg(test)]
    pub(crate) fn has_succeeded(&self, job: &'static str) -> bool {
        let last = self.last_success.get_or_create(&JobLabels { name: job });
        last.get() > 0.0
    }
}
