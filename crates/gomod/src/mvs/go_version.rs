//! The order of Go's own versions.
//!
//! The pseudo-modules `go` and `toolchain` have versions that are not semantic: `1.21`, `1.21rc1`,
//! `1.21.0`, in that order from 1.21 on; before, `1.20` is `1.20.0`. Kinds of pre-release come in
//! alphabetical order before releases. What is malformed is below everything and equal to its like.

use std::cmp::Ordering;

/// The Go version at which a module's go.mod lists all it needs, so that what lies behind it can be
/// pruned from the graph.
const PRUNING: &str = "1.17";

/// The Go version from which a go.mod's `go` line is a requirement.
const STRICT: &str = "1.21";

/// The version of a go.mod without a `go` line, for ever.
pub(super) const DEFAULT: &str = "1.16";

/// A Go version taken apart; decimal numbers as text, so that none overflows.
#[derive(Debug, Default, PartialEq, Eq)]
struct GoVersionParts<'a> {
    major: &'a str,
    minor: &'a str,
    patch: &'a str,
    kind: &'a str,
    pre: &'a str,
}

/// Compares two Go versions, without their leading `go`.
pub fn compare_go(one: &str, other: &str) -> Ordering {
    let (one, other) = (
        parse(one).unwrap_or_default(),
        parse(other).unwrap_or_default(),
    );
    compare_numbers(one.major, other.major)
        .then_with(|| compare_numbers(one.minor, other.minor))
        .then_with(|| compare_numbers(one.patch, other.patch))
        .then_with(|| one.kind.cmp(other.kind))
        .then_with(|| compare_numbers(one.pre, other.pre))
}

/// Compares two versions of the module `path`: of `go` and `toolchain` as Go versions, of any other
/// as semantic versions.
pub fn compare_versions(path: &str, one: &str, other: &str) -> Ordering {
    match path {
        "go" => compare_go(one, other),
        "toolchain" => compare_go(of_toolchain(one), of_toolchain(other)),
        _ => crate::semver::compare(one, other),
    }
}

/// Whether `path` is `go` or `toolchain`: pseudo-modules that are compared, but not downloaded.
pub fn is_pseudo_module(path: &str) -> bool {
    matches!(path, "go" | "toolchain")
}

/// Whether a module with this `go` line lets its dependencies be pruned.
pub(super) fn supports_pruning(go: &str) -> bool {
    compare_go(go, PRUNING).is_ge()
}

/// Whether this `go` line is a requirement.
pub(super) fn is_strict(go: &str) -> bool {
    compare_go(go, STRICT).is_ge()
}

/// The Go version in a toolchain name: `1.21.0` of `go1.21.0-custom`; empty if there is none.
fn of_toolchain(name: &str) -> &str {
    if parse(name).is_some() {
        return name;
    }
    let version = name
        .strip_prefix("go")
        .filter(|_| !name.contains(['/', '\\']));
    let version = version.and_then(|text| text.split([' ', '\t', '-']).next());
    version
        .filter(|text| parse(text).is_some())
        .unwrap_or_default()
}

fn parse(text: &str) -> Option<GoVersionParts<'_>> {
    let (major, rest) = number(text)?;
    if rest.is_empty() {
        return Some(GoVersionParts {
            major,
            minor: "0",
            patch: "0",
            ..GoVersionParts::default()
        });
    }
    let (minor, rest) = number(rest.strip_prefix('.')?)?;
    if rest.is_empty() {
        // From 1.21 on, 1.N is the language version, below 1.N.0.
        let patch = if compare_numbers(minor, "21").is_lt() {
            "0"
        } else {
            ""
        };
        return Some(GoVersionParts {
            major,
            minor,
            patch,
            ..GoVersionParts::default()
        });
    }
    if let Some(patch) = rest.strip_prefix('.') {
        let (patch, rest) = number(patch)?;
        return rest.is_empty().then_some(GoVersionParts {
            major,
            minor,
            patch,
            ..GoVersionParts::default()
        });
    }
    let digits = rest
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (kind, pre) = rest.split_at_checked(digits)?;
    let known = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase());
    let numbered = pre.is_empty() || number(pre).is_some_and(|(_, rest)| rest.is_empty());
    (known && numbered).then_some(GoVersionParts {
        major,
        minor,
        patch: "",
        kind,
        pre,
    })
}

/// Splits a decimal number off: no superfluous zero.
fn number(text: &str) -> Option<(&str, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(length)?;
    let proper = length == 1 || length > 1 && !number.starts_with('0');
    proper.then_some((number, rest))
}

/// Compares decimal numbers without superfluous zeros; an absent one is below 0.
fn compare_numbers(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::{compare_go, compare_versions};
    use std::cmp::Ordering;

    #[test]
    fn go_versions_in_order() {
        let ascending = [
            "x", "1", "1.5", "1.20rc1", "1.20", "1.20.1", "1.21", "1.21rc1", "1.21rc2", "1.21.0",
            "1.100",
        ];
        // 1.20 is 1.20.0, which the missing patch of 1.20rc1 is below.
        for pair in ascending.windows(2) {
            assert_eq!(compare_go(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
        assert_eq!(compare_go("1.20", "1.20.0"), Ordering::Equal);
        assert_eq!(compare_go("1.021", "bad"), Ordering::Equal);
    }

    #[test]
    fn toolchains_by_the_version_in_their_name() {
        let compare = |one, other| compare_versions("toolchain", one, other);
        assert_eq!(compare("go1.21.0-custom", "go1.21.0"), Ordering::Equal);
        assert_eq!(compare("default", "go1.20"), Ordering::Less);
        assert_eq!(compare("go1.9", "go1.10"), Ordering::Less);
    }
}
