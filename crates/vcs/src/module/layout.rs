//! Where a module path points in a repository.

use crate::error::VcsError;
use gomod::{ModulePath, path::split_path_version};

/// The parts of a module path with respect to the root of its repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleLayout {
    /// The path of the root.
    pub(super) root: String,
    /// The module path without its major-version suffix.
    pub(super) path_prefix: String,
    /// The suffix with its separator: `/v2`, or `.v2` at gopkg.in; empty for none.
    pub(super) path_major: String,
    /// The directory below the root, before one of the major version is looked for; empty for the root.
    pub(super) directory: String,
    /// Whether the module path is that of the root.
    pub(super) is_root: bool,
}

// === impl ModuleLayout ===

impl ModuleLayout {
    /// Takes a module path apart.
    ///
    /// # Errors
    /// [`VcsError::Absent`] where a repository with this root cannot contain it.
    pub fn new(module: &ModulePath, root: &str, subdirectory: &str) -> Result<Self, VcsError> {
        let path = module.as_str();
        let is_root = path == root;
        let (stem, path_major) = split_path_version(path).unwrap_or((path, ""));
        let path_prefix = if is_root { path } else { stem };
        let below = below(path_prefix, root).ok_or_else(|| {
            VcsError::Absent(format!(
                "repository rooted at {root} cannot contain module {path}"
            ))
        })?;
        let directories = [below, subdirectory.trim_matches('/')];
        let directories = directories.into_iter().filter(|part| !part.is_empty());
        Ok(Self {
            root: root.to_owned(),
            path_prefix: path_prefix.to_owned(),
            path_major: path_major.to_owned(),
            directory: directories.collect::<Vec<_>>().join("/"),
            is_root,
        })
    }

    /// What stands before the versions in tags of this module.
    pub(super) fn tag_prefix(&self) -> String {
        if self.directory.is_empty() {
            String::new()
        } else {
            format!("{}/", self.directory)
        }
    }

    /// The major version of pseudo-versions that follow no tag: `v2`, or empty for v0.
    pub(super) fn pseudo_major(&self) -> &str {
        let major = self.path_major.strip_prefix(['/', '.']).unwrap_or_default();
        major.strip_suffix("-unstable").unwrap_or(major)
    }

    /// The directory that a major version may have of its own: `v2` of `/v2`.
    pub(super) fn major_directory(&self) -> Option<String> {
        let major = self
            .path_major
            .strip_prefix('/')
            .filter(|_| !self.is_root)?;
        Some(format!("{}{major}", self.tag_prefix()))
    }

    /// A file of the directory.
    pub(super) fn file(&self, name: &str) -> String {
        format!("{}{name}", self.tag_prefix())
    }
}

/// What of a path is below another one: all of its further elements.
fn below<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(root)?;
    if rest.is_empty() {
        return Some("");
    }
    rest.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::ModuleLayout;
    use gomod::ModulePath;

    fn layout(path: &str, root: &str, subdirectory: &str) -> Option<(String, String, String)> {
        let module = ModulePath::parse(path).unwrap();
        let layout = ModuleLayout::new(&module, root, subdirectory).ok()?;
        let pseudo_major = layout.pseudo_major().to_owned();
        Some((layout.directory, layout.path_major, pseudo_major))
    }

    #[test]
    fn a_path_is_a_directory_and_a_major_version() {
        for (path, root, subdirectory, directory, major, pseudo) in [
            ("example.com/a", "example.com/a", "", "", "", ""),
            ("example.com/a/v2", "example.com/a", "", "", "/v2", "v2"),
            ("example.com/a/b/c", "example.com/a", "", "b/c", "", ""),
            ("example.com/a/b/v3", "example.com/a", "", "b", "/v3", "v3"),
            // A repository that is itself called so.
            ("example.com/a/v2", "example.com/a/v2", "", "", "/v2", "v2"),
            ("gopkg.in/yaml.v2", "gopkg.in/yaml.v2", "", "", ".v2", "v2"),
            (
                "gopkg.in/m.v2-unstable",
                "gopkg.in/m.v2-unstable",
                "",
                "",
                ".v2-unstable",
                "v2",
            ),
            ("example.com/a/b", "example.com/a", "go", "b/go", "", ""),
        ] {
            let expected = (directory.to_owned(), major.to_owned(), pseudo.to_owned());
            assert_eq!(layout(path, root, subdirectory), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_path_beside_the_root_is_not_in_the_repository() {
        assert_eq!(layout("example.com/ab", "example.com/a", ""), None);
        assert_eq!(layout("example.com", "example.com/a", ""), None);
        // The directory that the suffix would be cut from is above the root.
        assert_eq!(layout("example.com/a/v2", "example.com/a/v2/x", ""), None);
    }
}
