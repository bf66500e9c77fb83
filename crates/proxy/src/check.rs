//! Check: whether what a source sent is what was asked for. Structure only, no trust.
//!
//! How strict is decided per file, and never more strictly than the `go` command itself would be:
//!
//! * `.info` must be JSON and name the version that was asked for, if that was a canonical one: `go`
//!   fails otherwise. A missing time is fine.
//! * `.mod` must be a go.mod as `go` reads those of dependencies: unknown directives are fine, and
//!   so is another module path, because a fork that is used through `replace` keeps its old one. A
//!   toolchain module's go.mod may be empty.
//! * `.zip` must keep every rule of module zips; it is checked in the spool, after its last byte.
//!
//! Whether the bytes are the ones everybody else got is the checksum database's business.

use crate::positioned::Positioned;
use codes::Code;
use gomod::{Artifact, ArtifactKind, ModulePath, Version, info::VersionInfo, modfile, sumhash};
use std::fs::File;
use upstream::BodyFailure;

/// A problem with content: a code, and words for a log line and an error body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{summary}")]
pub(crate) struct Wrong {
    pub(crate) code: Code,
    pub(crate) summary: String,
}

impl Wrong {
    pub(crate) fn new(code: Code, summary: impl Into<String>) -> Self {
        Self {
            code,
            summary: summary.into(),
        }
    }
}

impl From<Wrong> for BodyFailure {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong {
            code: wrong.code,
            summary: wrong.summary,
        }
    }
}

/// The largest answer of a kind that is not a zip. `go` reads at most 16 MiB of a go.mod; the
/// others are lines of text.
pub(crate) const fn limit(kind: ArtifactKind) -> u64 {
    match kind {
        ArtifactKind::Info => INFO_LIMIT,
        ArtifactKind::Mod => MOD_LIMIT,
        ArtifactKind::Zip => ZIP_LIMIT,
    }
}

/// `.info` and `@latest`: a version and a time, with an `Origin` of a few hundred bytes.
pub(crate) const INFO_LIMIT: u64 = 1024 * 1024;
/// Go's own limit for go.mod.
const MOD_LIMIT: u64 = 16 * 1024 * 1024;
/// Go's own limit for module zips.
const ZIP_LIMIT: u64 = 500 * 1024 * 1024;

/// Checks a small artifact; gives its `h1:` hash if go.sum knows one for its kind.
pub(crate) fn small(artifact: &Artifact, bytes: &[u8]) -> Result<Option<String>, Wrong> {
    match artifact.kind {
        ArtifactKind::Info => info(&artifact.version, bytes).map(|()| None),
        ArtifactKind::Mod => go_mod(&artifact.module, bytes).map(Some),
        ArtifactKind::Zip => Err(Wrong::new(Code::BadZip, "a zip is no small artifact")),
    }
}

/// The hashes of a zip, and of the go.mod in it.
#[derive(Debug, Clone)]
pub(crate) struct ZipHashes {
    pub(crate) h1: String,
    pub(crate) go_mod: Option<String>,
}

/// Checks a zip in a file; gives its `h1:` hash. Blocks: reads and inflates all of it.
pub(crate) fn zip(artifact: &Artifact, file: &File, size: u64) -> Result<String, Wrong> {
    zip_hashes(artifact, file, size).map(|hashes| hashes.h1)
}

/// [`zip`] for a part of a file.
pub(crate) fn zip_within(artifact: &Artifact, content: Positioned<'_>) -> Result<String, Wrong> {
    hashes_within(artifact, content).map(|hashes| hashes.h1)
}

/// [`zip`], with the hash of the go.mod that lies in it.
pub(crate) fn zip_hashes(artifact: &Artifact, file: &File, size: u64) -> Result<ZipHashes, Wrong> {
    hashes_within(artifact, Positioned::new(file, size))
}

fn hashes_within(artifact: &Artifact, content: Positioned<'_>) -> Result<ZipHashes, Wrong> {
    let checked = gomod::zip::check_zip(content, &artifact.module, &artifact.version)
        .map_err(|problem| Wrong::new(Code::BadZip, problem.to_string()))?;
    let go_mod = checked.go_mod().map(sumhash::h1_of_go_mod);
    Ok(ZipHashes {
        h1: checked.h1().to_string(),
        go_mod: go_mod.map(|h1| h1.to_string()),
    })
}

/// Checks the answer to a version query; gives the version it resolved to.
pub(crate) fn resolved(bytes: &[u8]) -> Result<Version, Wrong> {
    parse_info(bytes).map(|info| info.version)
}

fn info(version: &Version, bytes: &[u8]) -> Result<(), Wrong> {
    let info = parse_info(bytes)?;
    if info.version == *version {
        Ok(())
    } else {
        Err(Wrong::new(
            Code::BadInfo,
            format!("it names {} instead of {version}", info.version),
        ))
    }
}

fn parse_info(bytes: &[u8]) -> Result<VersionInfo, Wrong> {
    VersionInfo::parse(bytes).map_err(|error| Wrong::new(Code::BadInfo, error.to_string()))
}

fn go_mod(module: &ModulePath, bytes: &[u8]) -> Result<String, Wrong> {
    let skimmed =
        modfile::skim(bytes).map_err(|error| Wrong::new(Code::BadGoMod, error.to_string()))?;
    if skimmed.module.is_none() && module.as_str() != TOOLCHAIN {
        return Err(Wrong::new(Code::BadGoMod, "it has no module line"));
    }
    Ok(sumhash::h1_of_go_mod(bytes).to_string())
}

/// The module of Go's own distributions.
const TOOLCHAIN: &str = "golang.org/toolchain";
