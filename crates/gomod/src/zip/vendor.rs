//! Which files are copies of other modules' packages, left out of a zip.
//!
//! A package whose import path has an element `vendor` that is not the last is vendored. Until Go
//! 1.23 the position of that element was miscounted in all but the root's vendor directory, and
//! `vendor/modules.txt` was kept. Hashes of published modules depend on both, so Go keeps the
//! mistake for modules whose go.mod says less than `go 1.24`, and so do we: **the hash of a zip
//! depends on the go line.**

use crate::modfile::{self, ParseMode};

/// Which rule a module's go line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VendorRule {
    /// Before `go 1.24`, or no go line at all.
    Before124,
    /// From `go 1.24` on.
    Since124,
}

// === impl VendorRule ===

impl VendorRule {
    /// The rule for a module with this go.mod. One that cannot be parsed, or has no go line, asks
    /// for the old rule.
    pub fn of_go_mod(content: &[u8]) -> Self {
        match go_language(content) {
            Some(language) if language >= (1, 24) => Self::Since124,
            _ => Self::Before124,
        }
    }

    /// Whether a path is a vendored package's, or a directory's above only such.
    #[must_use]
    pub fn is_vendored(self, path: &[u8]) -> bool {
        const ROOT: &[u8] = b"vendor/";
        const NESTED: &[u8] = b"/vendor/";
        if self == Self::Since124 && path == b"vendor/modules.txt" {
            return true;
        }
        let below = match path.strip_prefix(ROOT) {
            Some(below) => Some(below),
            None => path
                .windows(NESTED.len())
                .position(|window| window == NESTED)
                .and_then(|at| match self {
                    Self::Since124 => path.get(at + NESTED.len()..),
                    // The old mistake: as if the element stood at the beginning.
                    Self::Before124 => path.get(NESTED.len()..),
                }),
        };
        below.is_some_and(|below| below.contains(&b'/'))
    }
}

/// The language version of a go.mod: major and minor of its go line. `None` if Go's lax parser
/// refuses the file, or if the go line passes its pattern and yet is no Go version (`1.24.0rc1`).
fn go_language(content: &[u8]) -> Option<(u64, u64)> {
    let version = modfile::parse(content, ParseMode::Lax).ok()?.go?.version;
    let (major, rest) = version.split_once('.')?;
    let end = rest.find(|character: char| !character.is_ascii_digit());
    let (minor, rest) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
    let patch = rest.strip_prefix('.').unwrap_or_default();
    if !patch.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A number too long for us is larger than any that matters.
    let number = |digits: &str| digits.parse().unwrap_or(u64::MAX);
    Some((number(major), number(minor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Path, vendored before Go 1.24, vendored since.
    const PATHS: [(&str, bool, bool); 9] = [
        ("vendor/modules.txt", false, true),
        ("vendor/a.go", false, false),
        ("vendor/a/a.go", true, true),
        ("pkg/vendor/vendor.go", true, false),
        ("pkg/vendor/foo/foo.go", true, true),
        ("longer/name/vendor/x.go", true, false),
        ("vendored/a/b.go", false, false),
        ("a/vendor", false, false),
        ("a/Vendor/b/c.go", false, false),
    ];

    #[test]
    fn the_go_line_decides_what_counts_as_vendored() {
        for (path, before, since) in PATHS {
            let path = path.as_bytes();
            assert_eq!(VendorRule::Before124.is_vendored(path), before);
            assert_eq!(VendorRule::Since124.is_vendored(path), since);
        }
    }

    #[test]
    fn no_go_line_means_the_old_rule() {
        for (content, rule) in [
            ("module a.b\n", VendorRule::Before124),
            ("module a.b\ngo 1.23.9\n", VendorRule::Before124),
            ("module a.b\ngo 1.24\n", VendorRule::Since124),
            ("module a.b\ngo 1.24rc1\n", VendorRule::Since124),
            ("module a.b\ngo 2.0\n", VendorRule::Since124),
            ("module a.b\ngo 1.100.1\n", VendorRule::Since124),
            ("module a.b\ngo 1.24.0rc1\n", VendorRule::Before124),
            ("module a.b\ngo 1.24\ngo 1.24\n", VendorRule::Before124),
            ("nonsense {", VendorRule::Before124),
        ] {
            assert_eq!(VendorRule::of_go_mod(content.as_bytes()), rule, "{content}");
        }
    }
}
