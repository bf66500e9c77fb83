//! Artifact: what one version of a module consists of, as the protocol names it.
//!
//! `.info`, `.mod` and `.zip` are three artifacts, each fetched, verified, refused and served by
//! itself. An artifact has exactly one path in the protocol's URL space, which is also its path in
//! Go's module cache and in an export of the store.

use crate::{path::ModulePath, version::Version};
use std::fmt;

/// Which of the three files of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ArtifactKind {
    /// `.info`: version and time as JSON.
    Info,
    /// `.mod`: the go.mod.
    Mod,
    /// `.zip`: the source tree.
    Zip,
}

/// One file of one version of one module.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Artifact {
    /// The module.
    pub module: ModulePath,
    /// Its canonical version.
    pub version: Version,
    /// Which file.
    pub kind: ArtifactKind,
}

// === impl ArtifactKind ===

impl ArtifactKind {
    /// All kinds, in the order in which `go` usually asks.
    pub const ALL: [Self; 3] = [Self::Info, Self::Mod, Self::Zip];

    /// The file extension, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Mod => "mod",
            Self::Zip => "zip",
        }
    }
}

impl fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

// === impl Artifact ===

impl Artifact {
    /// The artifact's path in the protocol's URL space, escaped: `github.com/!user/x/@v/v1.0.0.mod`.
    pub fn escaped_path(&self) -> String {
        format!(
            "{}/@v/{}.{}",
            self.module.escaped(),
            self.version.escaped(),
            self.kind
        )
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}.{}", self.module, self.version, self.kind)
    }
}
