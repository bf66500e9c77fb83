//! Status: how the service is, for people and scripts. The page of `/-/status`.
//!
//! Names of fields are promises; new ones may come. What is unknown or off is null, never left out.
//! Nothing private is in it: module names are not, sources are named as in the log.

use crate::retired::RetiredVersions;
use checksumdb::{Mode, Verification};
use ingest::ModuleSources;
use repair::{PassProgress, PassReport, Scrubber, Tally};
use serde::Serialize;
use std::sync::Arc;
use store::{DiskRoom, Store, StoreError};
use tokio::time::Instant;

/// How the service is.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The version of this program.
    pub version: &'static str,
    /// Seconds since it was started.
    pub uptime_seconds: u64,
    /// What is kept.
    pub store: StoreStatus,
    /// What is proven.
    pub verification: VerificationStatus,
    /// Whether what is kept is still whole.
    pub scrub: ScrubStatus,
    /// Versions that operators retired: served, and not listed.
    pub retired_versions: usize,
    /// Every breaker.
    pub breakers: Vec<BreakerStatus>,
}

/// What is kept.
#[derive(Debug, Clone, Serialize)]
pub struct StoreStatus {
    /// Artifacts and database records.
    pub captures: u64,
    /// Different blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether the last attempt to write succeeded.
    pub writable: bool,
    /// The code of a failure that lasts.
    pub last_error: Option<String>,
    /// Bytes that are free on the disk of the data directory; null where that cannot be measured.
    pub disk_free_bytes: Option<u64>,
    /// Bytes of it that new things leave alone (`--disk-reserve`); null as above.
    pub disk_reserve_bytes: Option<u64>,
    /// Whether new things are refused because the reserve is reached (MK3011).
    pub disk_reserve_reached: bool,
}

/// What is proven.
#[derive(Debug, Clone, Serialize)]
pub struct VerificationStatus {
    /// `required`, `available` or `off`.
    pub mode: &'static str,
    /// Name of the checksum database.
    pub database: Option<String>,
    /// Records of the largest log that was seen of it.
    pub tree_size: Option<u64>,
    /// Whether it told two histories and is not believed any more.
    pub halted: bool,
}

/// Whether what is kept is still whole.
#[derive(Debug, Clone, Serialize)]
pub struct ScrubStatus {
    /// Everything is hashed once in this time; null if it is off.
    pub period_seconds: Option<u64>,
    /// The share of one core that it may take.
    pub cpu_percent: u8,
    /// The pass under way; null between two.
    pub pass: Option<PassStatus>,
    /// The last pass that reached its end.
    pub last_full_pass: Option<PassReport>,
}

/// A pass under way.
#[derive(Debug, Clone, Serialize)]
pub struct PassStatus {
    /// When it began (RFC 3339).
    pub started: String,
    /// How much of the bytes is done, from 0 to 1.
    pub progress: f64,
    /// What it came to so far.
    #[serde(flatten)]
    pub tally: Tally,
}

/// A breaker.
#[derive(Debug, Clone, Serialize)]
pub struct BreakerStatus {
    /// The source, without credentials.
    pub upstream: String,
    /// The class of requests: `metadata`, `versions`, `zip`, `sumdb`.
    pub class: &'static str,
    /// `closed`, `half_open`, `open`, `forced_open`, `forced_closed`.
    pub state: &'static str,
    /// Why it is not closed; empty if it is.
    pub why: String,
}

// === impl PassStatus ===

impl From<PassProgress> for PassStatus {
    fn from(progress: PassProgress) -> Self {
        Self {
            started: progress.started.to_string(),
            progress: progress.ratio,
            tally: progress.tally,
        }
    }
}

/// What the status is put together from.
pub(crate) struct StatusReporter {
    pub(crate) store: Store,
    pub(crate) disk: Arc<DiskRoom>,
    pub(crate) verification: Arc<Verification>,
    pub(crate) scrubber: Arc<Scrubber>,
    pub(crate) sources: ModuleSources,
    pub(crate) retired: Arc<RetiredVersions>,
    /// When the service was started.
    pub(crate) started: Instant,
}

// === impl StatusReporter ===

impl StatusReporter {
    /// How the service is now.
    pub(crate) async fn report(&self) -> Result<Status, StoreError> {
        Ok(Status {
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds: self.started.elapsed().as_secs(),
            store: self.store_status().await,
            verification: self.verification_status().await,
            scrub: self.scrub_status().await?,
            retired_versions: self.retired.count(),
            breakers: self.breaker_status(),
        })
    }

    async fn store_status(&self) -> StoreStatus {
        let disk = self.disk.space().await;
        let health = self.store.health();
        StoreStatus {
            captures: health.captures,
            blobs: health.blobs,
            bytes: health.bytes,
            writable: health.writable,
            last_error: health.last_error.map(|code| code.to_string()),
            disk_free_bytes: disk.map(|disk| disk.free),
            disk_reserve_bytes: disk.map(|disk| self.disk.reserve_of(disk)),
            disk_reserve_reached: self.disk.is_short(),
        }
    }

    async fn verification_status(&self) -> VerificationStatus {
        let standing = self.verification.verifier.standing().await;
        VerificationStatus {
            mode: match standing.mode {
                Mode::Required => "required",
                Mode::Available => "available",
                Mode::Off => "off",
            },
            database: standing.database,
            tree_size: standing.tree_size,
            halted: standing.halted,
        }
    }

    async fn scrub_status(&self) -> Result<ScrubStatus, StoreError> {
        let options = &self.scrubber.options;
        Ok(ScrubStatus {
            period_seconds: options.period.map(|period| period.as_secs()),
            cpu_percent: options.share.as_percent(),
            pass: self.scrubber.progress().map(PassStatus::from),
            last_full_pass: self.scrubber.last_pass().await?,
        })
    }

    fn breaker_status(&self) -> Vec<BreakerStatus> {
        let breakers = self.sources.breakers();
        let status = breakers.iter().map(|breaker| BreakerStatus {
            upstream: breaker.source.to_string(),
            class: breaker.class.label(),
            state: breaker.state.label(),
            why: breaker.why.clone(),
        });
        status.collect()
    }
}
