//! Subject: what a request is about, and how the log writes it.

use crate::route::{Route, RouteError};
use protocol::{Fetching, Resource};
use std::{fmt, sync::Arc};

/// What a request is about.
pub(crate) enum RequestSubject {
    /// What its parsed request line asks for.
    Routed(Result<Route, RouteError>),
    /// Something known by the spelling of its path.
    AtHand(Arc<Resource>),
}

// === impl RequestSubject ===

impl RequestSubject {
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
impl fmt::Display for RequestSubject {
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
            Self::Routed(Ok(Route::Publication(artifact))) => {
                write!(f, "publication of {artifact}")
            }
            Self::Routed(Ok(Route::Page(page))) => f.write_str(page.shown()),
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
