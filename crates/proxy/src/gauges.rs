//! Gauges: what is not counted as it happens is looked at before each scrape.
//!
//! Most of it lies in memory. The rest is on disk, and a disk that hangs must not take the metrics along
//! that tell of it: each look has [`PATIENCE`]. What could not be looked at is NaN, never zero: a rule
//! that compares it does not hold, and one that asks for its absence can be written (law L12).

use crate::{
    artifacts::ArtifactAnswers, metrics::Metrics, revalidation::Revalidation,
    vulnerabilities::VulnerabilityAnswers,
};
use checksumdb::Verification;
use ingest::ModuleSources;
use jiff::Timestamp;
use memory::MemoryCache;
use repair::Scrubber;
use single_flight::FlightBudget;
use std::{future::Future, io, sync::Arc, time::Duration};
use store::Store;
use tokio::time::timeout;

/// How long the disk may take to say something: a scrape has ten seconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is looked at before a scrape.
pub(crate) struct GaugeObserver {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) store: Store,
    pub(crate) budget: FlightBudget,
    pub(crate) artifacts: Arc<ArtifactAnswers>,
    pub(crate) revalidation: Arc<Revalidation>,
    pub(crate) memory: Arc<MemoryCache>,
    pub(crate) verification: Arc<Verification>,
    pub(crate) scrubber: Arc<Scrubber>,
    pub(crate) sources: ModuleSources,
    pub(crate) vulnerabilities: VulnerabilityAnswers,
}

// === impl GaugeObserver ===

impl GaugeObserver {
    /// Brings the gauges up to date.
    pub(crate) async fn observe(&self) {
        self.observe_memory();
        tokio::join!(
            self.observe_backlog(),
            self.observe_disk(),
            self.observe_advisories()
        );
    }

    fn observe_memory(&self) {
        let (metrics, health) = (&self.metrics, self.store.health());
        metrics.flights.set(count(self.artifacts.zips.running()));
        metrics.flights_waiting.set(count(self.budget.taken()));
        let renewals = self.revalidation.renewals.running();
        metrics
            .single_flights
            .set(count(renewals + self.artifacts.small.running()));
        metrics.memory.set(signed(self.memory.weight()));
        metrics.kept.set(signed(health.captures));
        metrics.kept_size.set(signed(health.bytes));
        metrics.writable.set(i64::from(health.writable));
        let is_halted = self.verification.is_any_halted();
        metrics.verification_halted.set(i64::from(is_halted));
        self.scrubber.observe();
        metrics.observe_breakers(&self.sources.breakers());
    }

    async fn observe_backlog(&self) {
        let metrics = &self.metrics;
        let backlog = patiently(self.store.backlog()).await;
        let oldest = backlog.map(|backlog| backlog.oldest_unproven.map_or(0.0, seconds));
        metrics
            .unproven
            .set(or_nan(backlog.map(|backlog| float(backlog.unproven))));
        metrics.unproven_oldest.set(or_nan(oldest));
        metrics
            .cases_open
            .set(or_nan(backlog.map(|backlog| float(backlog.cases))));
    }

    async fn observe_disk(&self) {
        let space = patiently(self.store.disk_space()).await.flatten();
        let metrics = &self.metrics;
        metrics
            .disk_free
            .set(or_nan(space.map(|space| float(space.free))));
        metrics
            .disk_size
            .set(or_nan(space.map(|space| float(space.size))));
    }

    async fn observe_advisories(&self) {
        let renewed = match self.vulnerabilities.file() {
            None => Some(0.0),
            Some(file) => match timeout(PATIENCE, tokio::fs::metadata(file)).await {
                Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Some(0.0),
                Ok(Ok(metadata)) => metadata.modified().ok().and_then(since_epoch),
                Ok(Err(_)) | Err(_) => None,
            },
        };
        self.metrics.advisories_renewed.set(or_nan(renewed));
    }
}

/// What a look at the disk says, if it says it in time.
async fn patiently<T, E>(look: impl Future<Output = Result<T, E>>) -> Option<T> {
    timeout(PATIENCE, look).await.ok()?.ok()
}

fn or_nan(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

fn since_epoch(time: std::time::SystemTime) -> Option<f64> {
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(since.as_secs_f64())
}

/// Seconds of the epoch.
pub(crate) fn seconds(time: Timestamp) -> f64 {
    time.as_duration().as_secs_f64()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 2^53: eight million gigabytes"
)]
fn float(value: u64) -> f64 {
    value as f64
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
