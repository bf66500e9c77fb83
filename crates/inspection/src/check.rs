//! Check: whether what a source sent is what was asked for. Structure only, no trust.
//!
//! How strict is decided per file, and never more strictly than the `go` command itself would be:
//!
//! * `.info` must be JSON and name the version that was asked for, if that was a canonical one: `go`
//!   fails otherwise. A missing time is fine.
//! * `.mod` is handed on by `go mod download` whatever is in it, and `go get` passes over a version
//!   whose go.mod it cannot read. So what the checksum database proves is taken as it is. Without a
//!   proof it must look like a go.mod, or a page that asks for a password would be one for ever: it is
//!   read as `go` reads those of dependencies, where unknown directives are fine, and so is another
//!   module path, because a fork that is used through `replace` keeps its old one. A module line may be
//!   missing if everything in it is known, and so may everything.
//! * `.zip` must keep every rule of module zips; it is checked in the spool, after its last byte.
//!
//! Whether the bytes are the ones everybody else got is the checksum database's business.

use crate::positioned::PositionedFile;
use codes::Code;
use gomod::{Artifact, ArtifactKind, Version, info::VersionInfo, modfile, semver, sumhash};
use std::{
    fs::File,
    io::{self, Read},
};
use upstream::BodyFailure;

/// A problem with content: a code, and words for a log line and an error body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{summary}")]
pub struct Wrong {
    /// What clients are told it is.
    pub code: Code,
    /// What is wrong, in a line.
    pub summary: String,
}

impl Wrong {
    /// A problem of this code.
    pub fn new(code: Code, summary: impl Into<String>) -> Self {
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
pub const fn limit(kind: ArtifactKind) -> u64 {
    match kind {
        ArtifactKind::Info => INFO_LIMIT,
        ArtifactKind::Mod => MOD_LIMIT,
        ArtifactKind::Zip => ZIP_LIMIT,
    }
}

/// `.info` and `@latest`: a version and a time, with an `Origin` of a few hundred bytes.
pub const INFO_LIMIT: u64 = 1024 * 1024;
/// Go's own limit for go.mod.
const MOD_LIMIT: u64 = 16 * 1024 * 1024;
/// Go's own limit for module zips.
const ZIP_LIMIT: u64 = 500 * 1024 * 1024;

/// A small artifact that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallCheck {
    /// Its `h1:` hash if go.sum knows one for its kind.
    pub h1: Option<String>,
    /// Why it is taken only with a proof, if it is.
    pub doubt: Option<Wrong>,
}

impl SmallCheck {
    /// The hash, if it may be taken without a proof.
    pub fn unproven(self) -> Result<Option<String>, Wrong> {
        match self.doubt {
            None => Ok(self.h1),
            Some(doubt) => Err(doubt),
        }
    }
}

/// Checks a small artifact.
pub fn small(artifact: &Artifact, bytes: &[u8]) -> Result<SmallCheck, Wrong> {
    match artifact.kind {
        ArtifactKind::Info => info(&artifact.version, bytes).map(|()| SmallCheck {
            h1: None,
            doubt: None,
        }),
        ArtifactKind::Mod => Ok(SmallCheck {
            h1: Some(sumhash::h1_of_go_mod(bytes).to_string()),
            doubt: go_mod(bytes).err(),
        }),
        ArtifactKind::Zip => Err(Wrong::new(Code::BadZip, "a zip is no small artifact")),
    }
}

/// The hashes of a zip, and of the go.mod in it.
#[derive(Debug, Clone)]
pub struct ZipHashes {
    /// That of the zip.
    pub h1: String,
    /// That of its go.mod, if it has one.
    pub go_mod: Option<String>,
}

/// Checks a zip in a file; gives its `h1:` hash. Blocks: reads and inflates all of it.
pub fn zip(artifact: &Artifact, file: &File, size: u64) -> Result<String, Wrong> {
    zip_hashes(artifact, file, size).map(|hashes| hashes.h1)
}

/// [`zip`] for a part of a file.
fn zip_within(artifact: &Artifact, content: PositionedFile<'_>) -> Result<String, Wrong> {
    hashes_within(artifact, content).map(|hashes| hashes.h1)
}

/// [`zip`], with the hash of the go.mod that lies in it.
pub fn zip_hashes(artifact: &Artifact, file: &File, size: u64) -> Result<ZipHashes, Wrong> {
    hashes_within(artifact, PositionedFile::new(file, size))
}

fn hashes_within(artifact: &Artifact, content: PositionedFile<'_>) -> Result<ZipHashes, Wrong> {
    let checked = gomod::zip::check_zip(content, &artifact.module, &artifact.version)
        .map_err(|problem| Wrong::new(Code::BadZip, problem.to_string()))?;
    let go_mod = checked.go_mod().map(sumhash::h1_of_go_mod);
    Ok(ZipHashes {
        h1: checked.h1().to_string(),
        go_mod: go_mod.map(|h1| h1.to_string()),
    })
}

/// Checks an artifact that is a part of a file; gives its `h1:` hash if go.sum knows one for its
/// kind. Blocks: reads all of it.
pub fn artifact_within(
    artifact: &Artifact,
    content: PositionedFile<'_>,
) -> Result<Option<String>, Wrong> {
    if artifact.kind == ArtifactKind::Zip {
        return zip_within(artifact, content).map(Some);
    }
    let bytes = read(content, limit(artifact.kind))?;
    small(artifact, &bytes)?.unproven()
}

/// All of a small file, of at most `limit` bytes.
pub fn read(content: PositionedFile<'_>, limit: u64) -> Result<Vec<u8>, Wrong> {
    let size = content.size();
    if size > limit {
        return Err(Wrong::new(
            Code::BadInputFile,
            format!("it is {size} bytes, more than {limit}"),
        ));
    }
    let mut bytes = Vec::new();
    let unreadable = |error: io::Error| Wrong::new(Code::BadInputFile, error.to_string());
    content
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

/// Whether this can be a list: blank, or with a version in it. `go` takes any text for one, and
/// what is not a version for nothing; a page that asks for a password would be an empty list.
pub fn is_list(text: &str) -> bool {
    let mut words = text
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    text.trim().is_empty() || words.any(semver::is_valid)
}

/// Checks the answer to a version query; gives the version it resolved to.
pub fn resolved(bytes: &[u8]) -> Result<Version, Wrong> {
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

/// Whether it looks like a go.mod.
fn go_mod(bytes: &[u8]) -> Result<(), Wrong> {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let bad = |problem: String| Wrong::new(Code::BadGoMod, problem);
    let skimmed = modfile::skim(text).map_err(|error| bad(error.to_string()))?;
    if skimmed.module.is_some() || modfile::parse(text, modfile::ParseMode::Strict).is_ok() {
        return Ok(());
    }
    Err(bad("it has no module line".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::go_mod;

    #[test]
    fn what_go_passes_on_looks_like_a_go_mod_and_a_page_does_not() {
        for text in [
            "",
            "\n",
            "module example.com/m\n",
            "\u{feff}module example.com/m\n",
            "module example.com/other\nfrobnicate on\n",
            "go 1.21\n",
            "require example.com/d v1.0.0\n",
        ] {
            assert!(go_mod(text.as_bytes()).is_ok(), "{text:?}");
        }
        for text in [
            "<html>moved</html>\n",
            "{\"error\": \"please log in\"}\n",
            "Please log in to read this\n",
            "go 1.21\nfrobnicate on\n",
        ] {
            assert!(go_mod(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
