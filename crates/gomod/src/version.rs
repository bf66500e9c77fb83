//! Versions.
use std::fmt;

/// A valid version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(Box<str>);

impl Version {
    /// Validates a version.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        if text.is_empty() {
            Err(VersionError)
        } else {
            Ok(Self(text.into()))
        }
    }
    /// Unescapes and validates.
    pub fn unescape(escaped: &str) -> Result<Self, VersionError> {
        Self::parse(escaped)
    }
    /// The version as written in go.mod.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The escaped form.
    pub fn escaped(&self) -> String {
        self.0.to_string()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a version is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed version")]
pub struct VersionError;
