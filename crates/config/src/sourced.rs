//! A value as it was given, and where.

use crate::upstream_entry::UpstreamEntry;
use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueOrigin {
    /// The command line.
    Flag,
    /// This environment variable.
    Variable(String),
    /// This place in a file.
    File(FilePlace),
    /// `go env` of this variable.
    GoEnv(String),
    /// Convention of the platform.
    Platform,
    /// Built in.
    Default,
}

/// A place in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePlace {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1 on.
    pub line: usize,
    /// The column, in characters from 1 on.
    pub column: usize,
    /// Whether the key stands in a section, and not as its flag is called.
    pub is_nested: bool,
}

/// A value and where it came from. Its `Debug` shows the latter only: the value may be a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcedText {
    pub(crate) text: String,
    /// The tables of which the text was made, if it was.
    #[serde(default)]
    pub(crate) entries: Vec<UpstreamEntry>,
    pub(crate) origin: ValueOrigin,
}

// === impl SourcedText ===

impl SourcedText {
    pub(crate) fn new(text: impl Into<String>, origin: ValueOrigin) -> Self {
        Self {
            text: text.into(),
            entries: Vec::new(),
            origin,
        }
    }
}

impl fmt::Debug for SourcedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourcedText({})", self.origin)
    }
}

// === impl ValueOrigin ===

impl ValueOrigin {
    /// Whether it is a setting of the go command, and not one that somebody made for us.
    pub(crate) fn is_of_go(&self) -> bool {
        match self {
            Self::Variable(name) => !name.starts_with("MODKEEP_"),
            Self::GoEnv(_) => true,
            _ => false,
        }
    }
}

impl fmt::Display for ValueOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::File(place) => write!(f, "{}:{}", place.path.display(), place.line),
            Self::GoEnv(name) => write!(f, "go env {name}"),
            Self::Platform => f.write_str("platform"),
            Self::Default => f.write_str("default"),
        }
    }
}
