//! GOPRIVATE, GONOPROXY and GONOSUMDB: lists of globs for module path prefixes.
//!
//! Commas separate globs. A glob of n elements is matched against the first n elements of a path,
//! with the syntax of Go's `path.Match` (`go help module-private`). Empty and malformed globs match
//! nothing: that is Go's rule, and a dangerous one, for a private name behind a malformed glob is
//! not private. So [`ModulePatterns::malformed`] tells what was ignored, and whoever reads a list from an
//! operator should refuse or say it.

mod glob;

use glob::Glob;
use std::fmt;

/// A parsed list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModulePatterns {
    text: String,
    globs: Vec<GlobPrefix>,
    malformed: Vec<String>,
}

/// A glob and the number of slashes in it, which is how much of a path it looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct GlobPrefix {
    slashes: usize,
    glob: Glob,
}

// === impl ModulePatterns ===

impl ModulePatterns {
    /// Parses a comma-separated list. A trailing slash of a glob is ignored; spaces are not.
    pub fn parse(text: &str) -> Self {
        let mut patterns = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        for item in text.split(',') {
            let item = item.strip_suffix('/').unwrap_or(item);
            if item.is_empty() {
                continue;
            }
            match Glob::parse(item) {
                Some(glob) => patterns.globs.push(GlobPrefix::new(item, glob)),
                None => patterns.malformed.push(item.to_owned()),
            }
        }
        patterns
    }

    /// Whether a prefix of the path, on element boundaries, matches one of the globs.
    pub fn matches(&self, path: &str) -> bool {
        self.globs.iter().any(|prefix| prefix.matches(path))
    }

    /// Whether no path can match.
    pub fn is_empty(&self) -> bool {
        self.globs.is_empty()
    }

    /// The globs that are ignored because they are malformed.
    pub fn malformed(&self) -> &[String] {
        &self.malformed
    }
}

impl fmt::Display for ModulePatterns {
    /// The list as it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

// === impl GlobPrefix ===

impl GlobPrefix {
    fn new(item: &str, glob: Glob) -> Self {
        Self {
            slashes: item.matches('/').count(),
            glob,
        }
    }

    fn matches(&self, path: &str) -> bool {
        let mut ends = path
            .match_indices('/')
            .map(|(at, _)| at)
            .chain([path.len()]);
        let prefix = ends.nth(self.slashes).and_then(|end| path.get(..end));
        prefix.is_some_and(|prefix| self.glob.matches(prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::ModulePatterns;

    #[test]
    fn a_glob_matches_whole_elements_of_a_prefix() {
        let private = ModulePatterns::parse("*.corp.example.com,example.org/team-?/,,");
        assert!(private.matches("git.corp.example.com/a/b"));
        assert!(private.matches("example.org/team-a/b"));
        assert!(!private.matches("example.org/team-ab"));
        assert!(!private.matches("example.org"));
        assert!(!private.matches("corp.example.com"));
    }

    #[test]
    fn a_malformed_glob_matches_nothing_and_is_told() {
        let private = ModulePatterns::parse("example.com,[a-,x\\");
        assert_eq!(private.malformed(), ["[a-", "x\\"]);
        assert!(private.matches("example.com/x"));
        assert!(!private.matches("a"));
    }
}
