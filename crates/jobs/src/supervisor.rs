//! The supervisor: one task a job, which runs it, counts, waits, and ends when it is told to.

use crate::{
    metrics::JobMetrics,
    schedule::{JobRun, JobSchedule, NextRun, RunOutcome},
};
use futures_util::FutureExt as _;
use std::{panic::AssertUnwindSafe, time::Duration};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Work that is done now and then.
pub trait PeriodicTask: Send + 'static {
    /// Does it once. Whatever failed is logged here, where it is known what failed.
    fn run(&mut self) -> impl Future<Output = JobRun> + Send;
}

/// All jobs of a process. They are cut when this is dropped; [`Jobs::stop`] lets them end.
#[derive(Debug)]
pub struct Jobs {
    metrics: JobMetrics,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

/// One job, inside its task.
struct SupervisedJob<T> {
    name: &'static str,
    schedule: JobSchedule,
    task: T,
    metrics: JobMetrics,
    stop: watch::Receiver<bool>,
    failures: u32,
}

// === impl Jobs ===

impl Jobs {
    /// Without any job yet.
    pub fn new(metrics: JobMetrics) -> Self {
        Self {
            metrics,
            tasks: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// Starts a job. Its name is the value of the label `name`.
    pub fn start(&mut self, name: &'static str, schedule: JobSchedule, task: impl PeriodicTask) {
        self.metrics.know(name);
        let supervised = SupervisedJob {
            name,
            schedule,
            task,
            metrics: self.metrics.clone(),
            stop: self.stop.subscribe(),
            failures: 0,
        };
        self.tasks.spawn(supervised.supervise());
    }

    /// Starts no run any more, waits so long for those that are under way, and cuts the rest; gives how
    /// many were cut.
    pub async fn stop(mut self, patience: Duration) -> usize {
        self.stop.send_replace(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        drop(timeout(patience, ended).await);
        self.tasks.len()
    }
}

// === impl SupervisedJob ===

impl<T: PeriodicTask> SupervisedJob<T> {
    async fn supervise(mut self) {
        let mut wait = self.schedule.first;
        loop {
            tokio::select! {
                biased;
                () = stopped(self.stop.clone()) => return,
                () = sleep(wait) => {}
            }
            let Some(run) = self.run().await else {
                return;
            };
            self.failures = match run.outcome {
                RunOutcome::Succeeded => 0,
                RunOutcome::Failed | RunOutcome::Panicked => self.failures.saturating_add(1),
            };
            wait = match run.next {
                NextRun::AsScheduled => self.schedule.wait(self.failures, fastrand::f64()),
                NextRun::After(wait) => wait,
                NextRun::Never => return,
            };
        }
    }

    /// One run, counted; `None` if it was cut by a stop.
    async fn run(&mut self) -> Option<JobRun> {
        self.metrics.begin(self.name);
        let stop = self.stop.clone();
        let ended = AssertUnwindSafe(self.task.run()).catch_unwind();
        let ended = if self.schedule.is_cut_at_stop {
            tokio::select! {
                biased;
                () = stopped(stop) => return None,
                ended = ended => ended,
            }
        } else {
            ended.await
        };
        let run = ended.unwrap_or_else(|_| {
            tracing::error!(
                job = self.name,
                "a background job panicked; its next run comes as after a failure"
            );
            JobRun::of(RunOutcome::Panicked)
        });
        self.metrics.end(self.name, run.outcome);
        Some(run)
    }
}

/// Ends when a stop is ordered, or nobody is left who could.
async fn stopped(mut stop: watch::Receiver<bool>) {
    drop(stop.wait_for(|is_ordered| *is_ordered).await);
}

#[cfg(test)]
mod tests {
    use super::{Jobs, PeriodicTask};
    use crate::{JobMetrics, JobRun, JobSchedule};
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering},
        },
        time::Duration,
    };
    use tokio::time::{Instant, sleep};

    const PERIOD: Duration = Duration::from_secs(10);

    /// Counts its runs, takes a time for each, and ends as the numbers of the runs say.
    struct Counted<F> {
        runs: Arc<AtomicU32>,
        takes: Duration,
        ends: F,
    }

    impl<F: Fn(u32) -> JobRun + Send + 'static> PeriodicTask for Counted<F> {
        async fn run(&mut self) -> JobRun {
            let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
            sleep(self.takes).await;
            (self.ends)(run)
        }
    }

    struct Bench {
        jobs: Jobs,
        metrics: JobMetrics,
        runs: Arc<AtomicU32>,
    }

    impl Bench {
        fn start(
            schedule: JobSchedule,
            takes: Duration,
            ends: impl Fn(u32) -> JobRun + Send + 'static,
        ) -> Self {
            let (metrics, runs) = (JobMetrics::default(), Arc::new(AtomicU32::new(0)));
            let mut jobs = Jobs::new(metrics.clone());
            let task = Counted {
                runs: Arc::clone(&runs),
                takes,
                ends,
            };
            jobs.start("counted", schedule, task);
            Self {
                jobs,
                metrics,
                runs,
            }
        }

        fn runs(&self) -> u32 {
            self.runs.load(Ordering::SeqCst)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_runs_once_a_period_and_at_once_only_where_that_is_wanted() {
        let later = Bench::start(JobSchedule::every(PERIOD), Duration::ZERO, |_| {
            JobRun::succeeded()
        });
        let at_once = JobSchedule::every(PERIOD).from_the_start();
        let at_once = Bench::start(at_once, Duration::ZERO, |_| JobRun::succeeded());
        sleep(PERIOD / 2).await;
        assert_eq!((later.runs(), at_once.runs()), (0, 1));
        assert!(!later.metrics.has_succeeded("counted"));
        assert!(at_once.metrics.has_succeeded("counted"));
        sleep(PERIOD * 3).await;
        assert_eq!((later.runs(), at_once.runs()), (3, 4));
        assert_eq!(later.metrics.counts("counted"), [3, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_is_counted_and_the_next_run_comes() {
        let panicking = |run| match run {
            1 => panic!("the first run"),
            2 => JobRun::failed(),
            _ => JobRun::succeeded(),
        };
        let schedule = JobSchedule::every(PERIOD).from_the_start();
        let bench = Bench::start(schedule, Duration::ZERO, panicking);
        // At most one period after the panic, and two after the failure.
        sleep(PERIOD * 3 + Duration::from_secs(1)).await;
        assert_eq!(bench.metrics.counts("counted"), [1, 1, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_make_the_waits_longer_and_a_run_may_name_its_own() {
        let schedule = JobSchedule::every(PERIOD).from_the_start();
        let failing = Bench::start(schedule, Duration::ZERO, |_| JobRun::failed());
        let named = Bench::start(schedule, Duration::ZERO, |_| {
            JobRun::failed().again_after(Duration::from_secs(1))
        });
        sleep(PERIOD * 10).await;
        // At 0, 1, 3, 7 and 11 periods, each wait up to a quarter shorter.
        assert!((4..=6).contains(&failing.runs()), "{}", failing.runs());
        assert!(named.runs() >= 100, "{}", named.runs());
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_run_is_the_last() {
        let schedule = JobSchedule::every(PERIOD).from_the_start();
        let bench = Bench::start(schedule, Duration::ZERO, |_| {
            JobRun::succeeded().for_the_last_time()
        });
        sleep(PERIOD * 5).await;
        assert_eq!(bench.runs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_waits_for_a_run_but_not_for_one_that_may_be_cut() {
        let begun = Instant::now();
        let schedule = JobSchedule::every(PERIOD).from_the_start();
        for (schedule, takes, cut, waited) in [
            (schedule, 3, 0, 3),
            (schedule, 60, 1, 5),
            (schedule.cut_at_stop(), 60, 0, 0),
        ] {
            let takes = Duration::from_secs(takes);
            let bench = Bench::start(schedule, takes, |_| JobRun::succeeded());
            tokio::task::yield_now().await;
            let stopping = Instant::now();
            assert_eq!(bench.jobs.stop(Duration::from_secs(5)).await, cut);
            assert_eq!(stopping.elapsed().as_secs(), waited);
        }
        assert!(begun.elapsed() < PERIOD);
    }
}
