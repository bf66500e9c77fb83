//! Artifact: what one version of a module consists of, as the protocol names it.
//!
//! `.info`, `.mod` and `.zip` are three artifacts, each fetched, verified, refused and served by
//! itself. An artifact has exactly one path in the protocol's URL space, which is also its path in
//! Go's module cache and in an export of the store.

use crate::{
    path::{MajorMismatch, ModulePath, ModulePathError},
    version::{self, Version, VersionError},
};
use std::{fmt, str::FromStr};

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

/// Why a path is not one of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactPathError {
    /// It has not the shape `MODULE/@v/VERSION.info`, `.mod` or `.zip`.
    #[error("not the path of an artifact")]
    Shape,
    /// The module path is refused.
    #[error("invalid module path")]
    Module(#[source] ModulePathError),
    /// The version is refused; a query, as `.info` may have, is none.
    #[error("invalid version")]
    Version(#[source] VersionError),
    /// The version cannot be one of this module.
    #[error("invalid version for this module path")]
    Agreement(#[source] MajorMismatch),
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

impl FromStr for ArtifactKind {
    type Err = ArtifactPathError;

    /// From the file extension, without the dot.
    fn from_str(extension: &str) -> Result<Self, ArtifactPathError> {
        let known = Self::ALL
            .into_iter()
            .find(|kind| kind.extension() == extension);
        known.ok_or(ArtifactPathError::Shape)
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

    /// Reads what [`escaped_path`](Self::escaped_path) writes: the name of an artifact in an export,
    /// in Go's module cache, in a URL. Whatever is accepted is written back the same.
    pub fn from_escaped_path(path: &str) -> Result<Self, ArtifactPathError> {
        let (module, file) = path.split_once("/@v/").ok_or(ArtifactPathError::Shape)?;
        let (version, extension) = file.rsplit_once('.').ok_or(ArtifactPathError::Shape)?;
        let kind = extension.parse()?;
        let module = ModulePath::unescape(module).map_err(ArtifactPathError::Module)?;
        let version = Version::unescape(version).map_err(ArtifactPathError::Version)?;
        version::check_agreement(&module, &version).map_err(ArtifactPathError::Agreement)?;
        Ok(Self {
            module,
            version,
            kind,
        })
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}.{}", self.module, self.version, self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::{Artifact, ArtifactKind, ArtifactPathError};

    #[test]
    fn a_path_comes_back() {
        for path in [
            "github.com/!user/x/@v/v1.0.0-!r!c.mod",
            "example.com/x/v2/@v/v2.0.0.zip",
        ] {
            assert_eq!(
                Artifact::from_escaped_path(path).unwrap().escaped_path(),
                path
            );
        }
        let artifact = Artifact::from_escaped_path("a.b/@v/v1.0.0.info").unwrap();
        assert_eq!(
            (artifact.kind, artifact.version.as_str()),
            (ArtifactKind::Info, "v1.0.0")
        );
    }

    #[test]
    fn what_is_no_artifact_is_refused() {
        let error = |path| Artifact::from_escaped_path(path).unwrap_err();
        for path in [
            "",
            "a.b/@v/list",
            "a.b/@latest",
            "a.b/@v/v1.0.0.ziphash",
            "a.b/@v/v1.0.0",
        ] {
            assert_eq!(error(path), ArtifactPathError::Shape, "{path}");
        }
        assert!(matches!(
            error("A.b/@v/v1.0.0.zip"),
            ArtifactPathError::Module(_)
        ));
        assert!(matches!(
            error("a.b/@v/master.info"),
            ArtifactPathError::Version(_)
        ));
        assert!(matches!(
            error("a.b/@v/../v1.0.0.zip"),
            ArtifactPathError::Version(_)
        ));
        assert!(matches!(
            error("a.b/@v/v2.0.0.zip"),
            ArtifactPathError::Agreement(_)
        ));
    }
}
