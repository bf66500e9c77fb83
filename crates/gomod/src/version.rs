//! Canonical versions: what may stand behind a module path in go.mod, go.sum and protocol URLs.
//!
//! Canonical is `vX.Y.Z`, with a pre-release or without, and with no build metadata but
//! `+incompatible` (Go Modules Reference, "Versions"). Whatever else names a revision, `v1`,
//! `master`, `>=v1.2.0`, is a [query](crate::query), not a version. Whether a version belongs to a
//! given path is a question about both: [`check_agreement`].
//!
//! The order is Go's: semantic precedence, then the bytes, so that versions that differ in
//! `+incompatible` only are different and still ordered.

use crate::{
    escape::{self, EscapeError},
    path::{self, MajorMismatch, ModulePath},
    pseudo,
    semver::{self, Semver},
};
use std::{cmp::Ordering, fmt, str::FromStr, sync::Arc};

/// The only build metadata that a version may have: a major version above 1 of a module that has
/// no go.mod and so no `/vN` in its path.
pub const INCOMPATIBLE: &str = "+incompatible";

/// A canonical version. Clones share their text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(Arc<str>);

/// Why a version is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Not a semantic version with a leading `v`.
    #[error("not a semantic version")]
    NotSemver,
    /// A semantic version, but not in the one form that names a version.
    #[error("not canonical: should be {canonical}")]
    NotCanonical {
        /// What the same version looks like in canonical form.
        canonical: String,
    },
    /// The escaped form is malformed.
    #[error(transparent)]
    Escape(#[from] EscapeError),
}

// === impl Version ===

impl Version {
    /// Validates a canonical version.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let parsed = Semver::parse(text).ok_or(VersionError::NotSemver)?;
        if parsed.is_short() || !matches!(parsed.build, "" | INCOMPATIBLE) {
            let canonical = parsed.canonical().into_owned();
            return Err(VersionError::NotCanonical { canonical });
        }
        Ok(Self(text.into()))
    }

    /// Reads the escaped form that URLs and the module cache use: `v1.0.0-!r!c1`.
    pub fn unescape(escaped: &str) -> Result<Self, VersionError> {
        Self::parse(&escape::unescape(escaped)?)
    }

    /// The version as written in go.mod.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The escaped form, in which no two versions differ by case only.
    pub fn escaped(&self) -> String {
        escape::escape(&self.0)
    }

    /// Whether it names a commit instead of a tag.
    pub fn is_pseudo(&self) -> bool {
        pseudo::is_pseudo(&self.0)
    }

    /// Whether it has a pre-release part; pseudo-versions have one.
    pub fn is_prerelease(&self) -> bool {
        semver::prerelease(&self.0).is_some_and(|prerelease| !prerelease.is_empty())
    }

    /// Whether it is marked `+incompatible`.
    pub fn is_incompatible(&self) -> bool {
        self.0.ends_with(INCOMPATIBLE)
    }

    /// The major version with its `v`: `v2`.
    pub fn major(&self) -> &str {
        semver::major(&self.0).unwrap_or_default()
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        semver::compare_total(&self.0, &other.0)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

impl AsRef<str> for Version {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Checks that the major version belongs to the path, as `go` does before it asks for anything:
/// `example.com/x/v2` has `v2.…` only, `example.com/x` has `v0`, `v1` and what is marked
/// `+incompatible`, `gopkg.in/x.v3` has `v3.…`.
pub fn check_agreement(module: &ModulePath, version: &Version) -> Result<(), MajorMismatch> {
    path::check_path_major(version.as_str(), module.path_major())
}

/// The canonical form of any semantic version, keeping `+incompatible`; `None` when the text is no
/// semantic version.
pub fn canonical(text: &str) -> Option<String> {
    let parsed = Semver::parse(text)?;
    let mut canonical = parsed.canonical().into_owned();
    if parsed.build == INCOMPATIBLE {
        canonical.push_str(INCOMPATIBLE);
    }
    Some(canonical)
}

#[cfg(test)]
mod tests {
    use super::{Version, VersionError, check_agreement};
    use crate::path::ModulePath;

    fn agreement(path: &str, version: &str) -> Result<(), String> {
        let (path, version) = (
            ModulePath::parse(path).unwrap(),
            Version::parse(version).unwrap(),
        );
        check_agreement(&path, &version).map_err(|error| error.to_string())
    }

    #[test]
    fn only_canonical_versions_are_versions() {
        assert!(Version::parse("v1.2.3-rc.1+incompatible").is_ok());
        assert_eq!(Version::parse("1.2.3"), Err(VersionError::NotSemver));
        let should_be = |text: &str| {
            Err(VersionError::NotCanonical {
                canonical: text.to_owned(),
            })
        };
        assert_eq!(Version::parse("v1"), should_be("v1.0.0"));
        assert_eq!(Version::parse("v1.2.3+meta"), should_be("v1.2.3"));
    }

    #[test]
    fn the_major_version_belongs_to_the_path() {
        assert_eq!(agreement("x.y/z", "v1.0.0"), Ok(()));
        assert_eq!(agreement("x.y/z", "v2.0.0+incompatible"), Ok(()));
        assert_eq!(
            agreement("gopkg.in/check.v1", "v0.0.0-20161208181325-20d25e280405"),
            Ok(())
        );
        assert_eq!(
            agreement("x.y/z/v2", "v1.0.0"),
            Err("should be v2, not v1".to_owned())
        );
        assert_eq!(
            agreement("x.y/z", "v2.0.0"),
            Err("should be v0 or v1, not v2".to_owned())
        );
    }

    #[test]
    fn versions_order_by_precedence_and_then_by_text() {
        let texts = [
            "v1.0.0-rc.2",
            "v1.0.0-rc.10",
            "v1.0.0",
            "v2.0.0",
            "v2.0.0+incompatible",
        ];
        let mut versions: Vec<Version> = texts
            .iter()
            .rev()
            .map(|text| Version::parse(text).unwrap())
            .collect();
        versions.sort();
        let sorted: Vec<&str> = versions.iter().map(Version::as_str).collect();
        assert_eq!(sorted, texts);
    }
}
