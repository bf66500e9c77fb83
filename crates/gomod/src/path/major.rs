//! Major-version suffixes: `/v2` at the end of a path, `.v2` at gopkg.in.
//!
//! The suffix and the version must name the same major version. Two exceptions are history: a path
//! without suffix takes any major version marked `+incompatible`, and gopkg.in's `.v1` takes
//! `v0.0.0-` pseudo-versions, which old versions of `go` wrote for it.

use crate::semver;

/// A version whose major version does not belong to its path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("should be {expected}, not {found}")]
pub struct MajorMismatch {
    /// What the path asks for: `v2`, or `v0 or v1`.
    pub expected: String,
    /// What the version has.
    pub found: String,
}

/// Splits a path into the part before its major-version suffix and the suffix with its separator,
/// which is empty when there is none. `None` when the suffix is malformed: `/v1`, `/v0`, `/v02`,
/// `/v1.2`; at gopkg.in, when there is none.
pub fn split_path_version(path: &str) -> Option<(&str, &str)> {
    if path.starts_with("gopkg.in/") {
        return split_gopkg_in(path);
    }
    let stem = path.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let Some(prefix) = stem.strip_suffix("/v").filter(|_| stem.len() < path.len()) else {
        return Some((path, ""));
    };
    let number = path.get(stem.len()..)?;
    let malformed = number.contains('.') || number.starts_with('0') || number == "1";
    if malformed {
        None
    } else {
        path.split_at_checked(prefix.len())
    }
}

fn split_gopkg_in(path: &str) -> Option<(&str, &str)> {
    let stable = path.strip_suffix("-unstable").unwrap_or(path);
    let stem = stable.trim_end_matches(|c: char| c.is_ascii_digit());
    let prefix = stem.strip_suffix(".v")?;
    let suffix = path.get(stem.len()..)?;
    let malformed = suffix.is_empty() || (suffix.starts_with('0') && suffix != "0");
    if malformed {
        None
    } else {
        path.split_at_checked(prefix.len())
    }
}

/// Checks that a version belongs to a path with this suffix, as [`split_path_version`] gives it.
pub fn check_path_major(version: &str, path_major: &str) -> Result<(), MajorMismatch> {
    let stable = path_major
        .strip_suffix("-unstable")
        .filter(|rest| rest.starts_with(".v"));
    let path_major = stable.unwrap_or(path_major);
    if path_major == ".v1" && version.starts_with("v0.0.0-") {
        return Ok(());
    }
    let found = semver::major(version).unwrap_or_default();
    let separated = path_major.strip_prefix(['/', '.']);
    let agrees = match separated {
        _ if path_major.is_empty() => {
            matches!(found, "v0" | "v1") || semver::build(version) == Some("+incompatible")
        }
        Some(major) => major == found,
        None => false,
    };
    if agrees {
        return Ok(());
    }
    let expected = match separated {
        _ if path_major.is_empty() => "v0 or v1",
        Some(major) => major,
        None => path_major,
    };
    Err(MajorMismatch {
        expected: expected.to_owned(),
        found: found.to_owned(),
    })
}
