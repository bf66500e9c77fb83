//! Whether a version fits the module path it is written beside.
//!
//! The parser of go.mod asks this of paths that need not be valid otherwise, so the rules are here
//! in the loose form in which Go applies them to any text.

use super::error::Fault;
use super::semantic;

/// The canonical form of a version, `+incompatible` kept; `None` if it is no semantic version.
pub(super) fn canonical_version(version: &str) -> Option<String> {
    let mut canonical = semantic::canonical(version)?;
    if semantic::build(version) == "+incompatible" {
        canonical.push_str("+incompatible");
    }
    Some(canonical)
}

/// The major version suffix of a module path: empty, `/vN`, or for `gopkg.in/` `.vN` with an
/// optional `-unstable`. `None` if the path ends in an impossible one.
pub(super) fn path_major(path: &str) -> Option<&str> {
    if path.starts_with("gopkg.in/") {
        return gopkg_in_major(path);
    }
    let stem = path.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let numbers = path.get(stem.len()..)?;
    let Some(prefix) = stem.strip_suffix("/v").filter(|_| !numbers.is_empty()) else {
        return Some("");
    };
    let major = path.get(prefix.len()..)?;
    let impossible = numbers.contains('.') || numbers.starts_with('0') || numbers == "1";
    (!impossible).then_some(major)
}

fn gopkg_in_major(path: &str) -> Option<&str> {
    let stable = path.strip_suffix("-unstable").unwrap_or(path);
    let stem = stable.trim_end_matches(|c: char| c.is_ascii_digit());
    let prefix = stem.strip_suffix(".v")?;
    let major = path.get(prefix.len()..)?;
    // As Go has it: no leading zero, except for exactly `.v0`; `.v-unstable` slips through.
    let digit = major.as_bytes().get(2)?;
    (*digit != b'0' || major == ".v0").then_some(major)
}

/// Checks that a canonical version is one that a module of this path can have.
pub(super) fn check_path_major(path: &str, version: &str) -> Result<(), Fault> {
    let suffix = path_major(path).ok_or_else(|| Fault::ModulePath(path.to_owned()))?;
    let suffix = match suffix.strip_suffix("-unstable") {
        Some(stable) if suffix.starts_with(".v") => stable,
        _ => suffix,
    };
    // Go once generated v0.0.0- pseudo-versions for gopkg.in paths of major 1.
    if suffix == ".v1" && version.starts_with("v0.0.0-") {
        return Ok(());
    }
    let major = semantic::major(version);
    let (fits, expected) = match suffix.get(1..) {
        None => {
            let incompatible = semantic::build(version) == "+incompatible";
            (matches!(major, "v0" | "v1") || incompatible, "v0 or v1")
        }
        Some(wanted) => (major == wanted, wanted),
    };
    if fits {
        return Ok(());
    }
    Err(Fault::PathMajor {
        module: path.to_owned(),
        version: version.to_owned(),
        expected: expected.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{canonical_version, check_path_major, path_major};

    #[test]
    fn versions_are_completed() {
        assert_eq!(canonical_version("v1").as_deref(), Some("v1.0.0"));
        assert_eq!(canonical_version("v1.2.3+meta").as_deref(), Some("v1.2.3"));
        let kept = "v2.0.0+incompatible";
        assert_eq!(canonical_version(kept).as_deref(), Some(kept));
        assert_eq!(canonical_version("1.2.3"), None);
    }

    #[test]
    fn suffixes() {
        assert_eq!(path_major("example.com/a"), Some(""));
        assert_eq!(path_major("example.com/a/v2"), Some("/v2"));
        assert_eq!(path_major("example.com/a/v1"), None);
        assert_eq!(path_major("example.com/a/v02"), None);
        assert_eq!(path_major("example.com/a/v2.1"), None);
        assert_eq!(path_major("gopkg.in/a.v0"), Some(".v0"));
        assert_eq!(path_major("gopkg.in/a.v2-unstable"), Some(".v2-unstable"));
        assert_eq!(path_major("gopkg.in/a"), None);
    }

    #[test]
    fn the_version_fits_the_suffix() {
        assert!(check_path_major("a/v2", "v2.1.0").is_ok());
        assert!(check_path_major("a/v2", "v1.1.0").is_err());
        assert!(check_path_major("a", "v2.1.0").is_err());
        assert!(check_path_major("a", "v2.1.0+incompatible").is_ok());
        assert!(check_path_major("gopkg.in/a.v1", "v0.0.0-20190101000000-000000000000").is_ok());
    }
}
