//! One source's failure at one request, and what it is called.
//!
//! A failure is everything that is neither content nor absence. The texts are for people: they name
//! the cause in a line, without URL (it may be private, or carry a token) and without anything the
//! source sent except its status.

use std::{error::Error, io::ErrorKind, time::Duration};

use codes::Code;
use vcs::VcsError;

use crate::{BodyFailure, RedirectError, inside::InsideAddress};

/// Longest cause that is quoted from a library's error.
const MAX_CAUSE: usize = 200;

/// What went wrong at one source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Name lookup, connecting, TLS, or the corporate proxy failed.
    #[error("connecting failed: {0}")]
    Unreachable(String),
    /// The connection broke before an answer, or what came was no HTTP.
    #[error("the connection broke before an answer: {0}")]
    Broken(String),
    /// No header within the deadline.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// No header for a while, and no answer to a small question either.
    #[error("no answer within {0:?}, and none to a small question either")]
    Silent(Duration),
    /// It failed too often, asked to be left alone, or an operator said so: it was not asked.
    #[error("it is left alone for now, after: {why}")]
    Open {
        /// When it may be asked again.
        again: Duration,
        /// What failed last.
        why: String,
    },
    /// Too many requests in flight at this source, and none ended within the deadline.
    #[error("{in_flight} requests are in flight already, and none ended within {waited:?}")]
    Saturated {
        /// How many.
        in_flight: usize,
        /// How long a slot was waited for.
        waited: Duration,
    },
    /// It was not asked: everybody who waited for the answer has left.
    #[error("nobody waits for the answer any more")]
    GivenUp,
    /// 401, 403 or 451; a file that may not be read.
    #[error("it refused with status {0}{hint}", hint = refusal_hint(*.0))]
    Refused(u16),
    /// 429.
    #[error("it limits the rate of requests (status 429)")]
    RateLimited {
        /// From `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// A status that says neither yes nor no.
    #[error("it answered with status {status}")]
    Status {
        /// The status.
        status: u16,
        /// From `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// A redirect that is not followed.
    #[error("it redirected wrongly: {0}")]
    Redirect(#[from] RedirectError),
    /// It answered, but this cannot be what was asked for.
    #[error("it sent what cannot be right: {0}")]
    Content(String),
    /// A file could not be opened.
    #[error("opening the file failed: {0}")]
    File(String),
    /// Version control, or the way to it, failed.
    #[error("{0}")]
    VersionControl(VcsError),
    /// The body broke, or the caller found it wrong.
    #[error(transparent)]
    Body(#[from] BodyFailure),
}

/// Failures by kind, for metrics and for whatever judges a source by its past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureClass {
    /// No connection, or none that lasted to the answer.
    Unreachable,
    /// A deadline passed.
    Timeout,
    /// It was not asked, since it failed too often or wants to be left alone.
    Open,
    /// Our own limit of requests in flight was reached.
    Saturated,
    /// It was not asked, since nobody waited any more.
    GivenUp,
    /// It wants credentials or forbids.
    Refused,
    /// It limits our rate.
    RateLimited,
    /// It answered with an error.
    Error,
    /// It sent the wrong thing.
    Content,
}

/// What a status of refusal says about credentials.
fn refusal_hint(status: u16) -> &'static str {
    match status {
        401 => ": what it was shown is missing, wrong or expired",
        403 => ": it knows who asks, who may not read this",
        _ => "",
    }
}

// === impl Failure ===

impl Failure {
    /// The stable code under which users see it.
    pub fn code(&self) -> Code {
        match self {
            Self::Unreachable(_) | Self::Broken(_) | Self::File(_) | Self::Silent(_) => {
                Code::UpstreamUnreachable
            }
            Self::Open { .. } => Code::UpstreamLeftAlone,
            Self::Timeout(_) | Self::Saturated { .. } | Self::GivenUp => Code::UpstreamTimeout,
            Self::Refused(_) => Code::UpstreamRefused,
            Self::Status {
                status: 500..=599, ..
            } => Code::UpstreamUnwell,
            Self::RateLimited { .. } | Self::Status { .. } | Self::Redirect(_) => {
                Code::UpstreamError
            }
            Self::Content(_) => Code::UpstreamBadContent,
            Self::VersionControl(error) => error.code().unwrap_or(Code::UpstreamError),
            Self::Body(body) => body.code(),
        }
    }

    /// Its class.
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Unreachable(_)
            | Self::Broken(_)
            | Self::File(_)
            | Self::Body(BodyFailure::Cut(_)) => FailureClass::Unreachable,
            Self::Timeout(_) | Self::Silent(_) | Self::Body(BodyFailure::Stalled(_)) => {
                FailureClass::Timeout
            }
            Self::Open { .. } => FailureClass::Open,
            Self::Saturated { .. } => FailureClass::Saturated,
            Self::GivenUp => FailureClass::GivenUp,
            Self::Refused(_) => FailureClass::Refused,
            Self::RateLimited { .. } => FailureClass::RateLimited,
            Self::Status { .. } | Self::Redirect(_) => FailureClass::Error,
            Self::Content(_) | Self::Body(BodyFailure::Wrong { .. }) => FailureClass::Content,
            Self::VersionControl(error) => match error {
                VcsError::Unauthenticated(_) | VcsError::Refused(_) | VcsError::Forbidden(_) => {
                    FailureClass::Refused
                }
                VcsError::Timeout(_) => FailureClass::Timeout,
                VcsError::TooLarge(_) | VcsError::MirrorTooLarge { .. } | VcsError::Content(_) => {
                    FailureClass::Content
                }
                VcsError::Unreachable(_) => FailureClass::Unreachable,
                VcsError::Absent(_) | VcsError::Local(_) => FailureClass::Error,
            },
        }
    }

    /// HTTP status of the source's answer, where there was one that counts.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(status) | Self::Status { status, .. } => Some(*status),
            Self::RateLimited { .. } => Some(429),
            _ => None,
        }
    }

    /// When the source wants to be asked again, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Status { retry_after, .. } => *retry_after,
            // Whole seconds, and not zero: that is what `Retry-After` can say.
            Self::Open { again, .. } => Some(Duration::from_secs(again.as_secs() + 1)),
            _ => None,
        }
    }

    /// Whether the source said anything at all.
    pub(crate) fn is_an_answer(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::RateLimited { .. }
                | Self::Status { .. }
                | Self::Redirect(_)
                | Self::Content(_)
        )
    }

    /// What a failed request of the HTTP client means.
    pub(crate) fn of_request(error: &reqwest::Error, connect: Duration) -> Self {
        if is_inside(error) {
            return Self::Redirect(RedirectError::Inside);
        }
        if error.is_timeout() && error.is_connect() {
            return Self::Unreachable(format!("no connection within {connect:?}"));
        }
        let cause = cause_of(error);
        if error.is_connect() {
            Self::Unreachable(cause)
        } else {
            Self::Broken(cause)
        }
    }
}

// === impl FailureClass ===

impl FailureClass {
    /// Every class.
    pub const ALL: [Self; 9] = [
        Self::Unreachable,
        Self::Timeout,
        Self::Open,
        Self::Saturated,
        Self::GivenUp,
        Self::Refused,
        Self::RateLimited,
        Self::Error,
        Self::Content,
    ];

    /// The class as a metric label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Open => "open",
            Self::Saturated => "saturated",
            Self::GivenUp => "given_up",
            Self::Refused => "refused",
            Self::RateLimited => "rate_limited",
            Self::Error => "error",
            Self::Content => "content",
        }
    }
}

/// Whether a name was not looked up for what its addresses are.
pub(crate) fn is_inside(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        if error.is::<InsideAddress>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether the connection ended before an answer, and what came of one, if anything, was no nonsense.
/// Errors of HTTP/2 tell no more than that.
pub(crate) fn ended_without_a_word(error: &reqwest::Error) -> bool {
    if error.is_connect() {
        return false;
    }
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>()
            && !error.is_parse()
            && !error.is_user()
        {
            return true;
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>()
            && matches!(
                error.kind(),
                ErrorKind::ConnectionReset
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::BrokenPipe
                    | ErrorKind::TimedOut
            )
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The innermost cause in one bounded line: outer errors of HTTP clients repeat the URL.
pub(crate) fn cause_of(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let text = match innermost.downcast_ref::<reqwest::Error>() {
        // Alone among all causes, this one writes the URL that was asked.
        Some(error) if error.is_timeout() => "it took too long".to_owned(),
        Some(error) if error.is_builder() => "the request cannot be made".to_owned(),
        Some(_) => "the request failed".to_owned(),
        None => innermost.to_string(),
    };
    text.chars()
        .map(|c| if c.is_ascii_graphic() { c } else { ' ' })
        .take(MAX_CAUSE)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Failure;
    use std::time::Duration;

    /// An outage is never reported as absence: no failure of a source becomes a 404 or 410.
    #[test]
    fn no_failure_has_the_status_of_absence() {
        let failures = [
            Failure::Unreachable(String::new()),
            Failure::Broken(String::new()),
            Failure::Timeout(Duration::ZERO),
            Failure::Silent(Duration::ZERO),
            Failure::Open {
                again: Duration::ZERO,
                why: String::new(),
            },
            Failure::Saturated {
                in_flight: 1,
                waited: Duration::ZERO,
            },
            Failure::GivenUp,
            Failure::Refused(403),
            Failure::RateLimited { retry_after: None },
            Failure::Status {
                status: 500,
                retry_after: None,
            },
            Failure::Content(String::new()),
            Failure::File(String::new()),
        ];
        for failure in failures {
            assert!(
                failure
                    .code()
                    .entry()
                    .status
                    .is_some_and(|status| status >= 500),
                "{failure}"
            );
        }
    }
}
