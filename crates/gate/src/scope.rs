//! Scope: which files of a checkout are judged.
//!
//! Everywhere is the default, because what runs is decided in hidden directories, in directories that
//! `go` passes over and in test data too: a runner installs what `.github/actions/x/package-lock.json`
//! says, with its secrets. Two things are left out, and counted so that nobody takes them for judged:
//! trees of other people's code that were installed or vendored, which have locks of their own that
//! nothing reads, and what the policy excludes. git's own directory is no part of the checkout.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Names of directories that hold other people's code.
const FOREIGN: [&str; 2] = ["node_modules", "vendor"];

/// What git keeps beside the files.
const GIT: &str = ".git";

/// Which files of a checkout are judged.
#[derive(Debug, Clone, Default)]
pub struct CheckoutScope {
    excluded: GlobSet,
}

/// Why something is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeExclusion {
    /// It is git's own.
    Git,
    /// It is other people's code, installed or vendored.
    Foreign,
    /// The policy excludes it.
    Policy,
}

// === impl CheckoutScope ===

impl CheckoutScope {
    /// A scope without what patterns match: paths from the checkout's root, with the wildcards `*`,
    /// `?`, `[…]`, `{…}` within a name and `**` for any directories. A pattern without a slash is a
    /// name, wherever it is.
    ///
    /// # Errors
    /// The pattern that is none, and why.
    pub fn without(patterns: &[String]) -> Result<Self, String> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            set.add(glob(pattern).map_err(|error| format!("{pattern:?}: {}", error.kind()))?);
        }
        let excluded = set.build().map_err(|error| error.kind().to_string())?;
        Ok(Self { excluded })
    }

    /// Why a directory is not looked into, if it is not; the ones above it are.
    pub fn directory(&self, path: &str) -> Option<ScopeExclusion> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name == GIT {
            return Some(ScopeExclusion::Git);
        }
        let is_foreign = FOREIGN.contains(&name);
        let by_policy = self.file(path);
        by_policy.or_else(|| is_foreign.then_some(ScopeExclusion::Foreign))
    }

    /// Why a file is not judged, if it is not; the directories above it are.
    pub fn file(&self, path: &str) -> Option<ScopeExclusion> {
        let is_excluded = self.excluded.is_match(path);
        is_excluded.then_some(ScopeExclusion::Policy)
    }

    /// Whether a file is judged, and every directory above it.
    pub fn holds(&self, path: &str) -> bool {
        let mut above = path.match_indices('/');
        let is_left_out = above.any(|(end, _)| {
            let directory = path.get(..end).unwrap_or_default();
            self.directory(directory).is_some()
        });
        !is_left_out && self.file(path).is_none()
    }
}

fn glob(pattern: &str) -> Result<Glob, globset::Error> {
    let plain = pattern.trim_end_matches('/');
    let text = match plain.strip_prefix('/').or_else(|| plain.strip_prefix("./")) {
        Some(from_root) => from_root.to_owned(),
        None if plain.contains('/') => plain.to_owned(),
        None => format!("**/{plain}"),
    };
    GlobBuilder::new(&text).literal_separator(true).build()
}

#[cfg(test)]
mod tests {
    use super::{CheckoutScope, ScopeExclusion};

    fn scope(patterns: &[&str]) -> CheckoutScope {
        let patterns: Vec<String> = patterns.iter().map(|one| (*one).to_owned()).collect();
        CheckoutScope::without(&patterns).unwrap()
    }

    #[test]
    fn everything_is_judged_but_installed_and_vendored_code() {
        let scope = scope(&[]);
        for file in [
            "go.mod",
            ".github/actions/x/package-lock.json",
            "_tools/go.mod",
            "a/testdata/b/package-lock.json",
            "vendor",
            "a/vendored/go.mod",
        ] {
            assert!(scope.holds(file), "{file}");
        }
        for file in [
            "vendor/example.com/x/go.mod",
            "web/node_modules/left/package-lock.json",
            ".git/go.mod",
        ] {
            assert!(!scope.holds(file), "{file}");
        }
        assert_eq!(scope.directory("web/vendor"), Some(ScopeExclusion::Foreign));
        assert_eq!(scope.directory(".git"), Some(ScopeExclusion::Git));
    }

    #[test]
    fn a_name_is_excluded_anywhere_and_a_path_from_the_root_alone() {
        let by_name = scope(&["testdata/", "*.tmpl"]);
        assert!(!by_name.holds("testdata/go.mod") && !by_name.holds("a/b/testdata/x/go.mod"));
        assert!(!by_name.holds("a/package.json.tmpl") && by_name.holds("a/test/go.mod"));
        let by_path = scope(&["/examples", "docs/*/old"]);
        assert!(!by_path.holds("examples/go.mod") && by_path.holds("a/examples/go.mod"));
        assert!(!by_path.holds("docs/x/old/go.mod") && by_path.holds("docs/x/y/old/go.mod"));
        let deep = scope(&["**/fixtures/**"]);
        assert!(!deep.holds("fixtures/a/go.mod") && !deep.holds("a/fixtures/b/c/go.mod"));
        assert_eq!(deep.directory("a/fixtures/b"), Some(ScopeExclusion::Policy));
    }

    #[test]
    fn a_pattern_that_is_none_is_refused() {
        let refused = CheckoutScope::without(&["a[".to_owned()]).unwrap_err();
        assert!(refused.starts_with("\"a[\": "), "{refused}");
    }
}
