//! Failure: why what was presented proves nothing.
//!
//! The reasons are a fixed set: each is a value of a metric's label, and a wrong setting on either side
//! shows as one of them. The details are for the person at the client; they never hold what was presented.

use std::fmt;

/// Why a caller is not who it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct AuthenticationFailure {
    /// The kind.
    pub reason: FailureReason,
    /// What exactly, in one short ASCII line: which claim, which time.
    pub detail: String,
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureReason {
    /// `Authorization` cannot be read.
    Malformed,
    /// No token of this site, and no issuer is configured that could have made it.
    UnknownToken,
    /// It was taken back.
    Revoked,
    /// Its time is over, or has not begun.
    Expired,
    /// The signature is wrong, or its algorithm is not allowed.
    BadSignature,
    /// Another issuer made it.
    WrongIssuer,
    /// It is meant for somebody else.
    WrongAudience,
    /// It has not the scopes that every token needs here.
    Scope,
    /// The issuer does not know it, or could not be asked.
    Introspection,
    /// The issuer has no key of its name.
    UnknownKey,
    /// A claim that is needed is missing or is not what it must be.
    Claim,
    /// It was used before, and may be used once.
    Replayed,
    /// No mapping of CI tokens fits, or two do.
    Mapping,
}

// === impl AuthenticationFailure ===

impl AuthenticationFailure {
    /// A failure with its detail.
    pub fn new(reason: FailureReason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }

    /// Whether asking again may help without another credential: somebody else could not be asked.
    pub fn is_passing(&self) -> bool {
        self.reason == FailureReason::Introspection
    }
}

// === impl FailureReason ===

impl FailureReason {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Malformed,
        Self::UnknownToken,
        Self::Revoked,
        Self::Expired,
        Self::BadSignature,
        Self::WrongIssuer,
        Self::WrongAudience,
        Self::Scope,
        Self::Introspection,
        Self::UnknownKey,
        Self::Claim,
        Self::Replayed,
        Self::Mapping,
    ];

    /// Its name in the metric.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownToken => "unknown_token",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::BadSignature => "bad_signature",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::Scope => "scope",
            Self::Introspection => "introspection",
            Self::UnknownKey => "unknown_key",
            Self::Claim => "claim",
            Self::Replayed => "replayed",
            Self::Mapping => "mapping",
        }
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
