//! Why version control gave nothing.
//!
//! The one question that decides everything is whether something *does not exist*, as `go` understands it: then
//! it looks elsewhere (404). Everything else says nothing about existence.

use codes::Code;
use std::time::Duration;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VcsError {
    /// There is no such repository, revision, version or module; in the words of `go` where it has some.
    #[error("{0}")]
    Absent(String),
    /// The host wants credentials, or does not know those that it got (401).
    #[error("{0}; name its host in --credentials and the module in --private")]
    Unauthenticated(String),
    /// It forbids what it was asked for (403).
    #[error("{0}; what it was shown, if anything, may not read this")]
    Refused(String),
    /// A rule here forbids asking.
    #[error("{0}")]
    Forbidden(String),
    /// The host could not be reached, or broke off.
    #[error("{0}")]
    Unreachable(String),
    /// It took too long; nothing of it runs on.
    #[error("no end within {0:?}")]
    Timeout(Duration),
    /// The mirror of a repository became too large, and was removed.
    #[error("the mirror of {url} grew beyond {limit} bytes, half of --vcs-size")]
    MirrorTooLarge {
        /// The repository.
        url: String,
        /// What one mirror may have.
        limit: u64,
    },
    /// More was sent than is taken.
    #[error("{0}")]
    TooLarge(String),
    /// What came cannot be right.
    #[error("{0}")]
    Content(String),
    /// Something of this machine failed: a program is missing, a directory cannot be written.
    #[error("{0}")]
    Local(String),
}

// === impl VcsError ===

impl VcsError {
    /// The stable code under which users see it; `None` where it is an absence.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Absent(_) => None,
            Self::Unauthenticated(_) | Self::Refused(_) | Self::Forbidden(_) => {
                Some(Code::UpstreamRefused)
            }
            Self::MirrorTooLarge { .. } => Some(Code::RepositoryTooLarge),
            Self::Unreachable(_) => Some(Code::UpstreamUnreachable),
            Self::Timeout(_) => Some(Code::UpstreamTimeout),
            Self::TooLarge(_) | Self::Content(_) => Some(Code::UpstreamBadContent),
            Self::Local(_) => Some(Code::StoreUnavailable),
        }
    }

    /// Whether it says that something does not exist.
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Absent(_))
    }

    /// A failure of this machine.
    pub(crate) fn local(action: &str, error: &std::io::Error) -> Self {
        Self::Local(format!("{action}: {error}"))
    }
}
