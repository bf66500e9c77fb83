//! Why a go.mod or go.work is refused.
//!
//! As Go does, a parse stops at the first fault of syntax, but the directives of a well-formed file
//! are all looked at and all their faults are reported together.

use super::quote::QuoteError;
use super::syntax::TextSpan;
use crate::path::MajorMismatch;
use std::fmt;

/// Most faults that are printed of one file: enough to see what is wrong with it, few enough for a
/// log or an answer. The rest is counted.
const SHOWN_FAULTS: usize = 100;

/// All faults found in one file, in the order of the file; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseErrors(Vec<ParseError>);

/// One fault and its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {}: {fault}", span.start.line)]
pub struct ParseError {
    /// Where: for syntax the offending place, for a directive its line. `span.start` is the
    /// position that Go reports.
    pub span: TextSpan,
    /// What is wrong.
    #[source]
    pub fault: ModFileFault,
}

/// What can be wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModFileFault {
    /// The file is larger than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("file larger than {} bytes", super::MAX_BYTES)]
    TooLarge,
    /// The file has more words and comments than [`MAX_TOKENS`](super::MAX_TOKENS).
    #[error("more than {} words and comments", super::MAX_TOKENS)]
    TooManyTokens,
    /// A character that can begin no word.
    #[error("unexpected character {0:?}")]
    UnexpectedCharacter(char),
    /// A `/*` comment.
    #[error("comments begin with //, not with /*")]
    BlockComment,
    /// A string that the file's end cuts off.
    #[error("end of file in a string")]
    UnterminatedString,
    /// A string that the line's end cuts off.
    #[error("end of line in a string")]
    NewlineInString,
    /// A block without its closing parenthesis.
    #[error("unterminated block, begun on line {0}")]
    UnterminatedBlock(usize),
    /// Words after a closing parenthesis.
    #[error("expected the end of the line after a closing parenthesis")]
    TextAfterBlock,
    /// A block of an unknown verb, or with words between verb and parenthesis.
    #[error("unknown block {0:?}")]
    UnknownBlock(String),
    /// A line of an unknown verb.
    #[error("unknown directive {0:?}")]
    UnknownDirective(String),
    /// A second line of a directive that may occur once.
    #[error("repeated {0} directive")]
    Repeated(DirectiveVerb),
    /// The wrong number of arguments.
    #[error("usage: {} {}", .0.as_str(), .0.usage())]
    Usage(DirectiveVerb),
    /// A `go` line that is no Go version.
    #[error("invalid go version {0:?}: expected a form like 1.23.0")]
    GoVersion(String),
    /// A `toolchain` line that names no toolchain.
    #[error("invalid toolchain {0:?}: expected a form like go1.23.0, or default")]
    Toolchain(String),
    /// A word with misplaced or malformed quotes.
    #[error(transparent)]
    Quote(#[from] QuoteError),
    /// A version that is not a semantic version.
    #[error("{module}: invalid version {version:?}: expected a form like v1.2.3")]
    Version {
        /// The module it is a version of; empty in a retraction.
        module: String,
        /// The word.
        version: String,
    },
    /// A module path with an impossible major version suffix.
    #[error("invalid module path {0:?}: impossible major version suffix")]
    ModulePath(String),
    /// A version whose major disagrees with the module path.
    #[error("{module}: version does not fit the path")]
    PathMajor {
        /// The module path.
        module: String,
        /// What was found and what the path asks for.
        #[source]
        mismatch: MajorMismatch,
    },
    /// A replacement written as `path@version`.
    #[error("replacement is written path version, not path@version")]
    ReplacementAt,
    /// A replacement without version that is not a directory.
    #[error("replacement without a version must be a directory, rooted or beginning with . or ..")]
    ReplacementNotDirectory,
    /// A replacement directory with backslashes.
    #[error("replacement directory looks like a Windows path")]
    ReplacementWindows,
    /// A replacement directory with a version.
    #[error("replacement directory {0:?} cannot have a version")]
    ReplacementVersion(String),
    /// A malformed retraction.
    #[error("malformed retraction: expected {0}")]
    Interval(&'static str),
    /// Words after a retraction.
    #[error("unexpected {0:?} after the version")]
    AfterInterval(String),
}

/// The directives of go.mod and go.work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DirectiveVerb {
    /// `module`
    Module,
    /// `go`
    Go,
    /// `toolchain`
    Toolchain,
    /// `godebug`
    Godebug,
    /// `require`
    Require,
    /// `exclude`
    Exclude,
    /// `replace`
    Replace,
    /// `retract`
    Retract,
    /// `tool`
    Tool,
    /// `ignore`
    Ignore,
    /// `use` (go.work only)
    Use,
}

// === impl ParseErrors ===

impl ParseErrors {
    pub(crate) fn check(errors: Vec<ParseError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self(errors))
        }
    }

    /// The faults in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, ParseError> {
        self.0.iter()
    }
}

impl From<ParseError> for ParseErrors {
    fn from(error: ParseError) -> Self {
        Self(vec![error])
    }
}

impl<'a> IntoIterator for &'a ParseErrors {
    type Item = &'a ParseError;
    type IntoIter = std::slice::Iter<'a, ParseError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ParseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().take(SHOWN_FAULTS).enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        match self.0.len().saturating_sub(SHOWN_FAULTS) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for ParseErrors {}

// === impl DirectiveVerb ===

impl DirectiveVerb {
    /// All directives.
    pub const ALL: [Self; 11] = [
        Self::Module,
        Self::Go,
        Self::Toolchain,
        Self::Godebug,
        Self::Require,
        Self::Exclude,
        Self::Replace,
        Self::Retract,
        Self::Tool,
        Self::Ignore,
        Self::Use,
    ];

    /// The word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Go => "go",
            Self::Toolchain => "toolchain",
            Self::Godebug => "godebug",
            Self::Require => "require",
            Self::Exclude => "exclude",
            Self::Replace => "replace",
            Self::Retract => "retract",
            Self::Tool => "tool",
            Self::Ignore => "ignore",
            Self::Use => "use",
        }
    }

    /// The verb of this word.
    pub(crate) fn of(word: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|verb| verb.as_str().as_bytes() == word)
    }

    const fn usage(self) -> &'static str {
        match self {
            Self::Module => "module/path",
            Self::Go => "1.23.0",
            Self::Toolchain => "go1.23.0",
            Self::Godebug => "key=value",
            Self::Require | Self::Exclude => "module/path v1.2.3",
            Self::Replace => "module/path [v1.2.3] => other/module v1.4.0, or => ../directory",
            Self::Retract => "v1.2.3, or [v1.2.3, v1.2.5]",
            Self::Tool => "package/path",
            Self::Ignore => "directory",
            Self::Use => "./directory",
        }
    }
}

impl fmt::Display for DirectiveVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
