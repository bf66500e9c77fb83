//! Route: what a request line asks for, decided by one pure function.
//!
//! The raw path is split at `/` first and percent-decoded per element afterwards, so that an
//! encoded slash can never move an element boundary. Two kinds of refusal are kept apart, because
//! `go` treats them differently: a request that no `go` command would send (broken escapes, NUL,
//! traversal) is 400, while a module path or version that Go itself would refuse is 404. `go get`
//! probes every prefix of an import path, and only a 404 lets it go on with the others.

mod page;
pub(crate) mod percent;
pub(crate) mod protocol;
pub(crate) mod sumdb;

pub use page::PagePath;

use ::protocol::{Fetching, Refusal, Resource};
use codes::Code;
use gomod::{Artifact, ArtifactKind};
use http::Method;

/// The longest raw path that is looked at, in bytes.
/// Go sets no limit; the longest escaped path of a published module is far below a quarter of this.
pub const MAX_PATH: usize = 2048;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Something of the module protocol, and whether a source may be asked for it.
    Resource(Resource, Fetching),
    /// The zip of a version that is sent to be published.
    Publication(Artifact),
    /// A page about it, if there is one: the router of [`pages`](crate::pages) knows.
    Page(PagePath),
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
    /// Parses a request line: the method and the raw path as sent. The query belongs to whichever
    /// page it is for.
    ///
    /// Any bytes may come in; nothing is looked up. The rules are those of the GOPROXY protocol
    /// (`go help goproxy`, <https://go.dev/ref/mod#goproxy-protocol>).
    pub fn parse(method: &Method, raw_path: &str) -> Result<Self, RouteError> {
        if raw_path.len() > MAX_PATH {
            return Err(RouteError::TooLong(raw_path.len()));
        }
        let elements = percent::elements(raw_path)?;
        let elements: Vec<&str> = elements.iter().map(AsRef::as_ref).collect();
        match elements.as_slice() {
            // What is no page is found out by the router, which also knows its methods.
            page @ ([] | ["-", ..]) => Ok(Self::Page(PagePath::of(page))),
            page @ [name] if !name.contains('.') => Ok(Self::Page(PagePath::of(page))),
            ["cached-only", rest @ ..] => Self::protocol(method, rest, Fetching::Never),
            all => Self::protocol(method, all, Fetching::Allowed),
        }
    }

    fn protocol(
        method: &Method,
        elements: &[&str],
        fetching: Fetching,
    ) -> Result<Self, RouteError> {
        let resource = resource(elements)?;
        match *method {
            Method::GET | Method::HEAD => Ok(Self::Resource(resource, fetching)),
            Method::PUT => match resource {
                Resource::Artifact(artifact)
                    if artifact.kind == ArtifactKind::Zip && fetching == Fetching::Allowed =>
                {
                    Ok(Self::Publication(artifact))
                }
                _ => Err(RouteError::Method("GET, HEAD")),
            },
            _ if is_zip(&resource) => Err(RouteError::Method("GET, HEAD, PUT")),
            _ => Err(RouteError::Method("GET, HEAD")),
        }
    }

    /// A short name of the kind, for metrics and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Resource(resource, _) => resource.kind(),
            Self::Publication(_) => "publish",
            Self::Page(page) => page.kind(),
        }
    }
}

fn is_zip(resource: &Resource) -> bool {
    matches!(resource, Resource::Artifact(artifact) if artifact.kind == ArtifactKind::Zip)
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
