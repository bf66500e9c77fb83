//! Probe: which layer fails, for each source that `go` would ask for a module.
//!
//! The message of `go` tells of one request to one source, with everything below it folded into one
//! line. So the same question is put to all sources of the GOPROXY list at the same time, layer by
//! layer: name, connection, TLS, HTTP, credentials, protocol, checksum database. The first step that
//! fails is the answer for that source; what `go` itself would make of all of them is the verdict.
//!
//! * [`mod@plan`] says whom to ask, by the rules of GOPROXY, GOPRIVATE and GONOPROXY; pure.
//! * [`probe`] asks, over a [`ProbeNetwork`] that tests replace; all of it within [`LIMIT`].
//! * `judge` tells from status and content what is wrong; pure.
//! * [`mod@verdict`] walks the answers as `go` does; pure.
//!
//! Nothing is changed and nothing is kept. Names of modules go only where `go` itself would send
//! them, and credentials only to the host that they are for.

mod judge;
mod network;
mod place;
mod plan;
mod run;
mod verdict;

pub use network::{ProbeNetwork, SystemNetwork};
pub use plan::{ProbeTarget, plan};
pub use run::probe;
/// What certificates are checked with; named here, so that callers need no library for TLS.
pub use rustls::ClientConfig;
pub use verdict::{ProbeVerdict, render, verdict};

use crate::cause::FailureCause;
use serde::{Serialize, Serializer};
use std::time::Duration;

/// How long all of it may take.
pub const LIMIT: Duration = Duration::from_secs(5);

/// What is seen where nothing came in time.
const LATE: &str = "no answer in time";

/// A layer that a request goes through, from the bottom up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeLayer {
    /// The host name becomes addresses.
    Name,
    /// A connection to one of them.
    Connection,
    /// The handshake, with the certificate's chain, names and dates.
    Tls,
    /// An answer to a request.
    Http,
    /// An answer that does not ask who we are.
    Authentication,
    /// Content as a module proxy sends it.
    Protocol,
    /// The checksum database.
    Database,
}

/// What a source is to `go`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeRole {
    /// A proxy of the GOPROXY list.
    Proxy,
    /// The checksum database at its own address, asked if no proxy passes it on.
    Database,
}

/// One step of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeStep {
    /// The layer.
    pub layer: ProbeLayer,
    /// What was asked: a host, an address, a file of the protocol.
    pub what: String,
    /// How long it took.
    #[serde(serialize_with = "milliseconds")]
    pub took: Duration,
    /// What went wrong, if anything.
    pub fault: Option<ProbeFault>,
}

/// What went wrong in a step.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeFault {
    /// What that means.
    pub cause: &'static FailureCause,
    /// What was seen.
    pub seen: String,
}

/// Everything that was seen of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceProbe {
    /// The source, without secrets.
    pub source: String,
    /// What it is to `go`.
    pub role: ProbeRole,
    /// Whether `go` goes on to the next source after any error, and not only after "not found".
    pub goes_on: bool,
    /// The steps, in their order; nothing was tried behind one that failed, except that each file
    /// of the protocol is asked for by itself.
    pub steps: Vec<ProbeStep>,
}

fn milliseconds<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(took.as_secs_f64() * 1000.0)
}

// === impl ProbeLayer ===

impl ProbeLayer {
    /// In a word or two.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Connection => "connection",
            Self::Tls => "TLS",
            Self::Http => "HTTP",
            Self::Authentication => "credentials",
            Self::Protocol => "protocol",
            Self::Database => "database",
        }
    }
}

// === impl ProbeFault ===

impl ProbeFault {
    pub(crate) fn new(cause: &'static FailureCause, seen: impl Into<String>) -> Self {
        Self {
            cause,
            seen: seen.into(),
        }
    }

    /// What is seen of a source that takes longer than the probe waits.
    pub(crate) fn late() -> Self {
        Self::new(judge::find("network/timeout"), LATE)
    }

    pub(crate) fn is_late(&self) -> bool {
        self.seen == LATE
    }
}

impl PartialEq for ProbeFault {
    fn eq(&self, other: &Self) -> bool {
        self.cause.id == other.cause.id && self.seen == other.seen
    }
}

impl Eq for ProbeFault {}

// === impl SourceProbe ===

impl SourceProbe {
    /// Whether it passes the checksum database on.
    pub(crate) fn passes_database_on(&self) -> bool {
        let is_database = |step: &ProbeStep| step.layer == ProbeLayer::Database;
        self.role == ProbeRole::Proxy && self.steps.iter().any(is_database)
    }

    /// The first step that failed.
    pub fn failed(&self) -> Option<&ProbeStep> {
        self.steps.iter().find(|step| step.fault.is_some())
    }
}
