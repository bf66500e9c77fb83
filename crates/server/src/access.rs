//! Exchange: one request from its head to the last byte of its answer, counted and logged once.
//!
//! The record is written when the exchange is dropped, whatever ended it: the answer was sent, the
//! source of its body failed, the client left, the connection was cut. One line a request, no
//! query string, no header of the client; module names appear as the protocol spells them.

use crate::{
    HttpMetrics,
    budget::Allowance,
    connection::Peer,
    metrics::{CutLabels, RequestLabels},
    request_id::RequestId,
    route::{Route, RouteError},
    stories::{Stories, Story, Told},
};
use http::{Method, StatusCode, Version};
use jiff::Timestamp;
use proxy::{Fetching, Origin, Resource};
use std::{borrow::Cow, fmt, sync::Arc};
use tokio::time::Instant;

/// One request and what became of it.
pub(crate) struct Exchange {
    metrics: Arc<HttpMetrics>,
    stories: Arc<Stories>,
    pub(crate) id: RequestId,
    peer: Arc<Peer>,
    at: Timestamp,
    told: Option<Told>,
    pub(crate) method: Method,
    pub(crate) subject: Subject,
    /// Whether its subject is named at debug level only (law L7).
    pub(crate) is_private: bool,
    began: Instant,
    status: Option<StatusCode>,
    origin: Option<Origin>,
    sent: u64,
    ending: Ending,
}

/// What a request is about.
pub(crate) enum Subject {
    /// What its parsed request line asks for.
    Routed(Result<Route, RouteError>),
    /// Something known by the spelling of its path.
    AtHand(Arc<Resource>),
}

/// How the body ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ending {
    /// Not at all: whoever took it left.
    Open,
    /// With its last byte.
    Complete,
    /// Its source failed.
    Failed(String),
}

/// What an exchange is told about its connection and surroundings.
pub(crate) struct Surroundings {
    pub(crate) metrics: Arc<HttpMetrics>,
    pub(crate) stories: Arc<Stories>,
    pub(crate) id: RequestId,
    pub(crate) peer: Arc<Peer>,
    pub(crate) at: Timestamp,
}

// === impl Exchange ===

impl Exchange {
    pub(crate) fn begin(
        around: Surroundings,
        version: Version,
        method: Method,
        subject: Subject,
    ) -> Self {
        let Surroundings {
            metrics,
            stories,
            id,
            peer,
            at,
        } = around;
        metrics.in_flight.inc();
        peer.request_began(version);
        Self {
            metrics,
            stories,
            id,
            peer,
            at,
            told: None,
            method,
            subject,
            is_private: false,
            began: Instant::now(),
            status: None,
            origin: None,
            sent: 0,
            ending: Ending::Open,
        }
    }

    /// The answer's head is decided.
    pub(crate) fn answered(&mut self, status: StatusCode, origin: Option<Origin>) {
        let temperature = match &origin {
            Some(Origin::Upstream(_)) => "cold",
            Some(_) => "warm",
            None => "none",
        };
        self.metrics
            .first_byte(self.kind(), temperature, self.began.elapsed());
        self.status = Some(status);
        self.origin = origin;
    }

    /// The answer is a refusal that says this.
    pub(crate) fn refused(&mut self, told: Told) {
        self.told = Some(told);
    }

    /// Body bytes were handed over.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
        self.metrics.sent.inc_by(bytes as u64);
    }

    /// What its connection may use.
    pub(crate) fn allowance(&self) -> &Allowance {
        &self.peer.allowance
    }

    /// Body bytes that were handed over.
    pub(crate) fn sent_so_far(&self) -> u64 {
        self.sent
    }

    /// The body ended as it should.
    pub(crate) fn completed(&mut self) {
        self.ending = Ending::Complete;
    }

    /// The body's source failed.
    pub(crate) fn failed(&mut self, why: &dyn fmt::Display) {
        self.ending = Ending::Failed(why.to_string());
        self.peer.pulse.tear();
    }

    fn kind(&self) -> &'static str {
        match &self.subject {
            Subject::Routed(Ok(route)) => route.kind(),
            Subject::Routed(Err(_)) => "invalid",
            Subject::AtHand(resource) => resource.kind(),
        }
    }

    fn outcome(&self) -> &'static str {
        match (&self.ending, self.status.map(|status| status.as_u16())) {
            (Ending::Open | Ending::Failed(_), _) | (_, None) => "cut",
            (_, Some(..300)) => "2xx",
            (_, Some(..400)) => "3xx",
            (_, Some(..500)) => "4xx",
            (_, Some(_)) => "5xx",
        }
    }

    fn source(&self) -> &'static str {
        match &self.origin {
            Some(Origin::Memory) => "memory",
            Some(Origin::Store) => "store",
            Some(Origin::Stale) => "stale",
            Some(Origin::Computed) => "computed",
            Some(Origin::Kept { .. }) => "kept",
            Some(Origin::Upstream(_)) => "upstream",
            None => "none",
        }
    }

    /// Why the body did not end as it should; empty where it did.
    fn why(&self) -> Cow<'_, str> {
        match &self.ending {
            Ending::Failed(_) if self.is_private => "its source failed".into(),
            Ending::Failed(why) => why.into(),
            Ending::Open => match self.peer.cut.get() {
                Some(reason) => format!("cut by this server: {reason}").into(),
                None if self.status.is_none() => "the client left before the answer".into(),
                None => "the client left within the answer".into(),
            },
            Ending::Complete => "".into(),
        }
    }

    /// Keeps the story of a request that failed. The absence of what `go` only probes for is none.
    fn tell(&self) {
        let outcome = self.outcome();
        if !matches!(outcome, "4xx" | "5xx" | "cut") {
            return;
        }
        let told = self.told.as_ref();
        let facts = told.filter(|_| !self.is_private);
        self.stories.keep(Story {
            request: self.id.to_string(),
            at: self.at,
            asked: format!("{} {}", self.method, Shown(self)),
            status: self.status.map_or(0, |status| status.as_u16()),
            code: told.map(|told| told.code.clone()),
            facts: facts.map_or_else(String::new, |told| told.facts.clone()),
            outcome,
            why: self.why().into_owned(),
            upstream: self.upstream().to_owned(),
            bytes: self.sent,
            milliseconds: self.began.elapsed().as_secs_f64() * 1e3,
        });
    }

    fn log(&self) {
        let outcome = self.outcome();
        let status = self.status.map_or(0, |status| status.as_u16());
        let milliseconds = self.began.elapsed().as_secs_f64() * 1e3;
        let why = self.why();
        let why = &*why;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "access",
                    request = self.id.as_str(),
                    peer = %self.peer.address,
                    via = self.via(),
                    kind = self.kind(),
                    status,
                    outcome,
                    source = self.source(),
                    upstream = self.upstream(),
                    bytes = self.sent,
                    milliseconds,
                    why,
                    "{} {}", self.method, Shown(self),
                )
            };
        }
        if self.is_private {
            tracing::debug!(target: "access", request = self.id.as_str(), subject = %self.subject);
        }
        match (self.kind(), &self.ending) {
            (_, Ending::Failed(_)) => line!(warn),
            ("health" | "metrics", _) => line!(debug),
            _ => line!(info),
        }
    }

    /// The proxy that asked for the client; empty where the client asked itself.
    fn via(&self) -> String {
        self.peer.via.map(|via| via.to_string()).unwrap_or_default()
    }

    fn upstream(&self) -> &str {
        match &self.origin {
            Some(Origin::Upstream(name)) => name,
            _ => "",
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        self.peer.request_ended();
        let labels = RequestLabels {
            kind: self.kind(),
            outcome: self.outcome(),
            source: self.source(),
        };
        self.metrics.requests.get_or_create(&labels).inc();
        self.log();
        self.tell();
    }
}

/// Counts a connection that this server ended.
pub(crate) fn cut(metrics: &HttpMetrics, reason: &'static str) {
    metrics.cut.get_or_create(&CutLabels { reason }).inc();
}

/// What an access line says that a request is about.
struct Shown<'e>(&'e Exchange);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_private {
            return f.write_str("(private)");
        }
        self.0.subject.fmt(f)
    }
}

// === impl Subject ===

impl Subject {
    /// The resource that is asked for, if one is.
    pub(crate) fn resource(&self) -> Option<&Resource> {
        match self {
            Self::AtHand(resource) => Some(resource),
            Self::Routed(Ok(Route::Resource(resource, _))) => Some(resource),
            Self::Routed(_) => None,
        }
    }
}

/// On one line, for the log.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtHand(resource) => write_resource(f, resource),
            Self::Routed(Ok(Route::Resource(resource, fetching))) => {
                write_resource(f, resource)?;
                f.write_str(if *fetching == Fetching::Never {
                    " (cached only)"
                } else {
                    ""
                })
            }
            Self::Routed(Ok(Route::Refresh(module))) => write!(f, "refresh {module}"),
            Self::Routed(Ok(Route::Sums)) => f.write_str("sums"),
            Self::Routed(Ok(Route::Prefetch(_))) => f.write_str("prefetch"),
            Self::Routed(Ok(other)) => f.write_str(other.kind()),
            Self::Routed(Err(error)) => write!(f, "{}: {error}", error.code()),
        }
    }
}

fn write_resource(f: &mut fmt::Formatter<'_>, resource: &Resource) -> fmt::Result {
    match resource {
        Resource::List(module) => write!(f, "{module}@list"),
        Resource::Latest(module) => write!(f, "{module}@latest"),
        Resource::Query { module, query } => write!(f, "{module}@{query}"),
        Resource::Artifact(artifact) => write!(f, "{artifact}"),
        Resource::Cases(Some(number)) => write!(f, "case {number}"),
        Resource::Cases(None) => f.write_str("cases"),
        Resource::Proof(artifact) => write!(f, "proof of {artifact}"),
        Resource::Sumdb { name, path } => write!(f, "{name}/{path}"),
    }
}
