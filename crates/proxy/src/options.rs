//! Options of the service, each with the reason for its default.

use checksumdb::{OwnOptions, VerifyOptions};
use ingest::{AnswerAges, DenyList};
use prefetch::Level;
use protocol::Clock;
use publish::PublishOptions;
use repair::ScrubOptions;
use single_flight::FlightBudget;
use std::{path::PathBuf, time::Duration};
use store::DiskOptions;
use upstream::Upstreams;

/// What an operator may tune. [`ProxyOptions::default`] is meant to be right for most.
#[derive(Debug, Clone)]
pub struct ProxyOptions {
    /// How old a `list`, `@latest` or query answer may be before a source is asked again.
    pub list_max_age: Duration,
    /// For how long after that an old answer is still given at once while a source is asked in
    /// the background.
    pub list_stale: Duration,
    /// How old a lookup or full tile of a database that nobody here verifies may be before it is asked
    /// for again.
    pub record_max_age: Duration,
    /// How long a client waits for a refresh when an old answer is at hand.
    pub refresh_patience: Duration,
    /// For how long a source's "does not exist" is believed without asking again.
    pub absence_max_age: Duration,
    /// For how long it is believed of a path of which nothing is known while no source can be asked.
    pub absence_stale: Duration,
    /// Memory for small artifacts and checksum-database records, in bytes.
    pub memory: u64,
    /// Pieces of work on behalf of clients that may wait for sources at once; half of it for one.
    pub flights: usize,
    /// What is fetched before clients ask for it.
    pub prefetch: Level,
    /// What must be proven before it is served.
    pub verify: VerifyOptions,
    /// How everything kept is hashed again.
    pub scrub: ScrubOptions,
    /// Where private modules come from; nowhere without it.
    pub private_upstreams: Option<Upstreams>,
    /// Room on the disk that is left alone.
    pub disk: DiskOptions,
    /// What is refused by policy, until [`crate::Proxy::set_denied`] says otherwise.
    pub denied: DenyList,
    /// Checksum databases of our own.
    pub own: OwnOptions,
    /// The data directory in which a vulnerability database may be kept.
    pub vulnerabilities: Option<PathBuf>,
    /// Whether the log names private modules.
    pub log_private: bool,
    /// What may be published, and how.
    pub publish: PublishOptions,
    /// The clock; tests put another one in.
    pub clock: Clock,
}

// === impl ProxyOptions ===

impl ProxyOptions {
    /// One minute: what other proxies tell caches for lists, and short against the time in which
    /// somebody who has just pushed a tag tries again.
    pub const LIST_MAX_AGE: Duration = Duration::from_mins(1);
    /// One more minute: covers the bursts of a CI run without showing anybody a list of yesterday.
    pub const LIST_STALE: Duration = Duration::from_mins(1);
    /// A day: a wrong one is gone tomorrow, and a right one costs one question a day.
    pub const RECORD_MAX_AGE: Duration = Duration::from_hours(24);
    /// Two seconds: long for a healthy source, short for a person.
    pub const REFRESH_PATIENCE: Duration = Duration::from_secs(2);
    /// Half a minute: a version that was asked for too early appears soon after it is pushed, while
    /// a build that probes prefixes asks for the same absence many times within seconds.
    pub const ABSENCE_MAX_AGE: Duration = Duration::from_secs(30);
    /// A week: a path that was no module yesterday seldom is one today, and an outage rarely lasts.
    pub const ABSENCE_STALE: Duration = Duration::from_hours(7 * 24);
    /// 4,096 pieces of work.
    pub const FLIGHTS: usize = FlightBudget::USUAL;
    /// 64 MiB hold the go.mod and .info files of about 20,000 versions.
    pub const MEMORY: u64 = 64 * 1024 * 1024;
}

impl ProxyOptions {
    /// The ages alone.
    pub(crate) fn ages(&self) -> AnswerAges {
        AnswerAges {
            list_max_age: self.list_max_age,
            list_stale: self.list_stale,
            record_max_age: self.record_max_age,
            refresh_patience: self.refresh_patience,
            absence_max_age: self.absence_max_age,
            absence_stale: self.absence_stale,
        }
    }
}

impl Default for ProxyOptions {
    fn default() -> Self {
        Self {
            list_max_age: Self::LIST_MAX_AGE,
            list_stale: Self::LIST_STALE,
            record_max_age: Self::RECORD_MAX_AGE,
            refresh_patience: Self::REFRESH_PATIENCE,
            absence_max_age: Self::ABSENCE_MAX_AGE,
            absence_stale: Self::ABSENCE_STALE,
            memory: Self::MEMORY,
            flights: Self::FLIGHTS,
            prefetch: Level::On,
            verify: VerifyOptions::default(),
            scrub: ScrubOptions::default(),
            private_upstreams: None,
            disk: DiskOptions::default(),
            denied: DenyList::default(),
            own: OwnOptions::default(),
            vulnerabilities: None,
            log_private: false,
            publish: PublishOptions::default(),
            clock: Clock::system(),
        }
    }
}
