//! Route: what a request line asks for, decided by one pure function.
//!
//! The raw path is split at `/` first and percent-decoded per element afterwards, so that an
//! encoded slash can never move an element boundary. Two kinds of refusal are kept apart, because
//! `go` treats them differently: a request that no `go` command would send (broken escapes, NUL,
//! traversal) is 400, while a module path or version that Go itself would refuse is 404. `go get`
//! probes every prefix of an import path, and only a 404 lets it go on with the others.

mod admin;
mod journal;
mod percent;
mod protocol;
mod query;
mod sumdb;

use codes::Code;
use gomod::ModulePath;
use http::Method;
use jiff::Timestamp;
use proxy::{Fetching, JournalFile, Refusal, Resource, prefetch::Kinds};

/// The longest raw path that is looked at, in bytes.
/// Go sets no limit; the longest escaped path of a published module is far below a quarter of this.
pub const MAX_PATH: usize = 2048;

/// The most lines that one page of `/index` holds, and its default: as the public index.
pub const INDEX_LIMIT: usize = 2000;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Something of the module protocol, and whether a source may be asked for it.
    Resource(Resource, Fetching),
    /// `GET /index?since=RFC3339&limit=N`: captured versions in order of capture.
    Index {
        /// Entries at or after this instant.
        since: Timestamp,
        /// At most this many.
        limit: usize,
    },
    /// `POST /-/refresh/MODULE`: ask anew for its list and every absence known of it.
    Refresh(ModulePath),
    /// `POST /-/prefetch?kinds=…`: fetch what the go.mod, the go.sum or both in the body name.
    Prefetch(Kinds),
    /// `POST /-/sums`: hold the go.sum in the body against the checksum databases.
    Sums,
    /// Below `/-/vuln/`: a file of the vulnerability database.
    Vulnerabilities(String),
    /// `POST /-/vuln/examine`: what is known about the modules in the body.
    Examine,
    /// `/-/requests/ID`: what became of a request that failed.
    Request(String),
    /// `/-/client`: what a client of this server sets, as JSON.
    Client,
    /// `/-/status`: how the service is, as JSON.
    Status,
    /// `POST /-/sumdb/NAME/echo`: compare the head in the body, which a client has seen, with ours.
    Echo(String),
    /// Below `/-/journal/`: a file of the journal's log.
    Journal(JournalFile),
    /// `/livez`: 200 while the process is alive.
    Live,
    /// `/readyz`: 200 while requests should be sent here.
    Ready,
    /// `/metrics`, `OpenMetrics` text.
    Metrics,
    /// `/`: what this is and how to use it.
    Home,
}

/// Why a request line is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// No `go` command sends this.
    #[error("{0}")]
    Malformed(&'static str),
    /// Longer than [`MAX_PATH`].
    #[error("the path is {0} bytes long, at most {MAX_PATH} are read")]
    TooLong(usize),
    /// Go refuses this module path, so no module has it.
    #[error("module path {0:?}: {1}")]
    InvalidModulePath(String, String),
    /// Go refuses this version, or refuses it for this module path.
    #[error("version {0:?}: {1}")]
    InvalidVersion(String, String),
    /// Another method than the ones named is needed.
    #[error("allowed: {0}")]
    Method(&'static str),
    /// No part of this server.
    #[error("the path is no module path, and none of ours")]
    NoSuchPage,
}

// === impl Route ===

impl Route {
    /// Parses a request line: the method, the raw path as sent, and the query without its `?`.
    ///
    /// Any bytes may come in; nothing is looked up. The rules are those of the GOPROXY protocol
    /// (`go help goproxy`, <https://go.dev/ref/mod#goproxy-protocol>).
    pub fn parse(method: &Method, raw_path: &str, query: Option<&str>) -> Result<Self, RouteError> {
        if raw_path.len() > MAX_PATH {
            return Err(RouteError::TooLong(raw_path.len()));
        }
        let elements = percent::elements(raw_path)?;
        let elements: Vec<&str> = elements.iter().map(AsRef::as_ref).collect();
        let route = Self::of_elements(&elements, query)?;
        let allowed = route.methods();
        if allowed.split(", ").any(|name| name == method.as_str()) {
            Ok(route)
        } else {
            Err(RouteError::Method(allowed))
        }
    }

    fn of_elements(elements: &[&str], query: Option<&str>) -> Result<Self, RouteError> {
        match elements {
            [] => Ok(Self::Home),
            ["livez"] => Ok(Self::Live),
            ["readyz"] => Ok(Self::Ready),
            ["metrics"] => Ok(Self::Metrics),
            ["index"] => query::index(query),
            ["-", "journal", rest @ ..] => journal::parse(rest).map(Self::Journal),
            ["-", rest @ ..] => admin::parse(rest, query),
            ["cached-only", rest @ ..] => Ok(Self::Resource(resource(rest)?, Fetching::Never)),
            all => Ok(Self::Resource(resource(all)?, Fetching::Allowed)),
        }
    }

    fn methods(&self) -> &'static str {
        match self {
            Self::Refresh(_) => "POST",
            route if route.takes_a_body() => "POST",
            _ => "GET, HEAD",
        }
    }

    /// Whether the request's body is read.
    pub fn takes_a_body(&self) -> bool {
        matches!(
            self,
            Self::Prefetch(_) | Self::Sums | Self::Examine | Self::Echo(_)
        )
    }

    /// Whether only operators are answered, because it tells of others or changes what they are
    /// answered.
    pub fn is_for_operators(&self) -> bool {
        matches!(
            self,
            Self::Refresh(_)
                | Self::Request(_)
                | Self::Status
                | Self::Journal(_)
                | Self::Resource(Resource::Cases(_), _)
        )
    }

    /// A short name of the kind, for metrics and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Resource(resource, _) => resource.kind(),
            Self::Index { .. } => "index",
            Self::Journal(_) => "journal",
            Self::Vulnerabilities(_) => "vuln",
            Self::Refresh(_)
            | Self::Prefetch(_)
            | Self::Sums
            | Self::Examine
            | Self::Request(_)
            | Self::Status
            | Self::Client
            | Self::Echo(_) => "admin",
            Self::Live | Self::Ready => "health",
            Self::Metrics => "metrics",
            Self::Home => "page",
        }
    }
}

fn resource(elements: &[&str]) -> Result<Resource, RouteError> {
    match elements {
        ["sumdb", rest @ ..] => sumdb::parse(rest),
        elements => protocol::parse(elements),
    }
}

// === impl RouteError ===

impl RouteError {
    /// The stable code of this refusal.
    pub const fn code(&self) -> Code {
        match self {
            Self::Malformed(_) => Code::MalformedRequest,
            Self::TooLong(_) => Code::RequestTooLarge,
            Self::InvalidModulePath(..) => Code::InvalidModulePath,
            Self::InvalidVersion(..) => Code::InvalidVersion,
            Self::Method(_) => Code::MethodNotAllowed,
            Self::NoSuchPage => Code::NotFoundHere,
        }
    }

    /// The refusal that is sent.
    pub fn refusal(&self) -> Refusal {
        Refusal::new(self.code(), self.to_string())
    }
}

#[cfg(test)]
mod tests;
