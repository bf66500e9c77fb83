//! What the lines of a go.mod or go.work say.
//!
//! Values are text as written, unquoted: Go's parser checks little more than the shape, so a path
//! here need not be a valid module path (`ModulePath::parse` decides that). Bytes that are not
//! UTF-8 appear as U+FFFD; no valid path or version holds it.

use super::syntax::{LineId, TextSpan};

/// Where a directive stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectivePlace {
    /// The line in the syntax tree as it was parsed.
    pub line: LineId,
    /// From the first to the last word of the line.
    pub span: TextSpan,
}

/// A module path and a version; the version is empty where none is given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleVersion {
    /// The module path, or for a replacement a directory.
    pub path: String,
    /// The version in canonical form, or empty.
    pub version: String,
}

/// `module path`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleDirective {
    /// The module's path.
    pub path: String,
    /// The message of the first comment paragraph that begins with `Deprecated:`.
    pub deprecated: Option<String>,
    /// Where it stands.
    pub place: DirectivePlace,
}

/// `go 1.23.0`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoDirective {
    /// The version, without a leading `go`.
    pub version: String,
    /// Where it stands.
    pub place: DirectivePlace,
}

/// `toolchain go1.23.0`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolchainDirective {
    /// The name: `default`, or a word beginning with `go1`.
    pub name: String,
    /// Where it stands.
    pub place: DirectivePlace,
}

/// `godebug key=value`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GodebugDirective {
    /// The setting.
    pub key: String,
    /// Its value; may hold further `=`.
    pub value: String,
    /// Where it stands.
    pub place: DirectivePlace,
}

/// `require path version`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequireDirective {
    /// What is required.
    pub module: ModuleVersion,
    /// Whether the comment is `// indirect`, or begins with `// indirect;`.
    pub indirect: bool,
    /// Where it stands.
    pub place: DirectivePlace,
}

/// `exclude path version`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExcludeDirective {
    /// What is excluded.
    pub module: ModuleVersion,
    /// Where it stands.
    pub place: DirectivePlace,
}

/// `replace path [version] => path [version]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplaceDirective {
    /// What is replaced; without a version, every version.
    pub old: ModuleVersion,
    /// By what: a module with its version, or a directory without.
    pub new: ModuleVersion,
    /// Where it stands.
    pub place: DirectivePlace,
}

/// `retract version` or `retract [low, high]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetractDirective {
    /// The lowest retracted version. Not checked to be a version: Go does not either.
    pub low: String,
    /// The highest retracted version; the same as `low` for a single one.
    pub high: String,
    /// The comment of the line, else of its block; may be empty.
    pub rationale: String,
    /// Where it stands.
    pub place: DirectivePlace,
}

/// `tool path`, `ignore path`, or `use path`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathLine {
    /// A package path for `tool`, a slash-separated directory for `ignore` and `use`.
    pub path: String,
    /// Where it stands.
    pub place: DirectivePlace,
}

// === impl ModuleVersion ===

impl ModuleVersion {
    /// The pair.
    pub fn new(path: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            version: version.into(),
        }
    }
}

impl std::fmt::Display for ModuleVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)?;
        if self.version.is_empty() {
            Ok(())
        } else {
            write!(f, "@{}", self.version)
        }
    }
}
