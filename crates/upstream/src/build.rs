//! Why a list or the options cannot be used. Found once, at start, before anything is asked.

use std::path::PathBuf;

use codes::Code;

use crate::SourceName;

/// Why [`crate::Upstreams::new`] failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// An entry is no URL.
    #[error("upstream {entry} is not a usable URL: {why}")]
    Url {
        /// The entry, without credentials.
        entry: String,
        /// Why.
        why: String,
    },
    /// The scheme is none of http, https and file.
    #[error("upstream {0} has a scheme other than http, https and file")]
    Scheme(SourceName),
    /// Credentials would travel in the open; `go` refuses the same.
    #[error("upstream {0} has credentials on plain http, where anybody can read them")]
    InsecureCredentials(SourceName),
    /// A file URL with a host, credentials or a query.
    #[error("upstream {0} must be a file URL with an absolute path and nothing else")]
    FileUrl(SourceName),
    /// The file of further trusted roots cannot be read.
    #[error("trusted roots cannot be read from {}", path.display())]
    ReadRoots {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file of further trusted roots holds no usable certificate.
    #[error("{} holds no usable certificate: {why}", path.display())]
    BadRoots {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The file of credentials cannot be read.
    #[error("credentials cannot be read from {}", path.display())]
    ReadCredentials {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file of credentials is wrong. What is in it is not repeated.
    #[error("{}: {why}", path.display())]
    BadCredentials {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The corporate proxy cannot be used.
    #[error("the proxy on the way out cannot be used: {0}")]
    Egress(String),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client for {name} cannot be set up: {why}")]
    Client {
        /// The source.
        name: SourceName,
        /// Why.
        why: String,
    },
}

// === impl BuildError ===

impl BuildError {
    /// The stable code under which users see it.
    pub fn code(&self) -> Code {
        match self {
            Self::Url { .. }
            | Self::Scheme(_)
            | Self::InsecureCredentials(_)
            | Self::FileUrl(_) => Code::BadUpstreamList,
            Self::ReadCredentials { .. } | Self::BadCredentials { .. } => Code::BadCredentials,
            Self::ReadRoots { .. } | Self::BadRoots { .. } => Code::BadTrustRoots,
            Self::Tls(_) | Self::Egress(_) | Self::Client { .. } => Code::BadConfiguration,
        }
    }
}
