//! Declaration: the module path in a go.mod, and the successor that its comments name.

use super::evidence::text;
use gomod::modfile::{self, ParseMode};
use gomod::path::ModulePath;
use gomod::version::Version;
use serde::Serialize;

/// The `module` line of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModuleDeclaration {
    /// The version.
    #[serde(serialize_with = "text")]
    pub version: Version,
    /// The path that it declares.
    pub path: String,
    /// The words of its deprecation, if there is one.
    pub deprecated: Option<String>,
}

/// Paths that one deprecation may name; its author names one.
const MOST_NAMED: usize = 3;

/// Words of a deprecation that are looked at.
const MOST_WORDS: usize = 200;

// === impl ModuleDeclaration ===

impl ModuleDeclaration {
    /// Reads it; `None` if the file is no go.mod, or names no path.
    pub(super) fn read(version: &Version, go_mod: &[u8]) -> Option<Self> {
        let module = modfile::parse(go_mod, ParseMode::Lax).ok()?.module?;
        Some(Self {
            version: version.clone(),
            path: module.path,
            deprecated: module.deprecated,
        })
    }

    /// Whether it declares this path.
    pub fn is_of(&self, module: &ModulePath) -> bool {
        self.path == module.as_str()
    }

    /// The paths that its deprecation names. A word is a path if it has a host with a dot and
    /// something behind it, bare, quoted, or as an https URL.
    pub(super) fn successors(&self) -> Vec<ModulePath> {
        let words = self.deprecated.as_deref().unwrap_or_default();
        let words = words.split_whitespace().take(MOST_WORDS);
        words.filter_map(path_in).take(MOST_NAMED).collect()
    }
}

fn path_in(word: &str) -> Option<ModulePath> {
    let is_around = |character: char| !character.is_ascii_alphanumeric();
    let word = word.trim_matches(is_around);
    let word = word.strip_prefix("https://").unwrap_or(word);
    let path = word
        .split(['@', '#', '?'])
        .next()?
        .trim_end_matches(is_around);
    let path = path.strip_suffix(".git").unwrap_or(path);
    path.contains('/')
        .then(|| ModulePath::parse(path).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::ModuleDeclaration;
    use gomod::version::Version;

    fn names_in_comment(comment: &str) -> Vec<String> {
        let version = Version::parse("v1.0.0").unwrap();
        let file = format!("// Deprecated: {comment}\nmodule example.com/old\n");
        let declared = ModuleDeclaration::read(&version, file.as_bytes()).unwrap();
        let successors = declared.successors();
        successors
            .iter()
            .map(|path| path.as_str().to_owned())
            .collect()
    }

    #[test]
    fn a_deprecation_names_its_successor_in_many_ways() {
        for comment in [
            "use example.com/new/v2 instead.",
            "moved to `example.com/new/v2`.",
            "see https://example.com/new/v2.",
            "replaced by (example.com/new/v2@latest)",
            "Use \"example.com/new/v2\", e.g. today.",
        ] {
            assert_eq!(
                names_in_comment(comment),
                ["example.com/new/v2"],
                "{comment}"
            );
        }
        assert!(names_in_comment("nobody cares for it and/or uses it, e.g. me").is_empty());
        assert_eq!(names_in_comment(&"a.example/b ".repeat(1000)).len(), 3);
    }

    #[test]
    fn what_is_no_go_mod_declares_nothing() {
        let version = Version::parse("v1.0.0").unwrap();
        for file in ["<!doctype html>", "go 1.21\n", "module (\n", "\u{0}"] {
            assert_eq!(
                ModuleDeclaration::read(&version, file.as_bytes()),
                None,
                "{file}"
            );
        }
    }
}
