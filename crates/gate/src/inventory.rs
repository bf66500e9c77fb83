//! Inventory: the files of a checkout that decide about dependencies, by kind.
//!
//! It is made of paths alone, so that the checkout on disk and the tree of a commit are sorted in the
//! same way and can be held against each other. Paths are relative to the checkout and have slashes.

use lockfile::{LockfileKind, registries};
use std::collections::BTreeSet;

/// Lock files of package managers that are known and not read.
const NOT_READ: [&str; 4] = ["bun.lock", "bun.lockb", "deno.lock", "shrinkwrap.yaml"];

/// The files that decide about dependencies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Directories with a go.mod; empty for the root.
    pub modules: BTreeSet<String>,
    /// Directories with a go.work.
    pub workspaces: BTreeSet<String>,
    /// Directories with a go.work.sum.
    pub workspace_sums: BTreeSet<String>,
    /// Lock files that are read.
    pub locks: BTreeSet<String>,
    /// Lock files that are not.
    pub unread_locks: BTreeSet<String>,
    /// Files of the name package.json.
    pub manifests: BTreeSet<String>,
    /// Configurations of package managers.
    pub configurations: BTreeSet<String>,
}

// === impl Inventory ===

impl Inventory {
    /// Adds a file, if it is of a kind that counts.
    pub fn add(&mut self, path: &str) {
        let (directory, name) = split(path);
        let of_directory = match name {
            "go.mod" => Some(&mut self.modules),
            "go.work" => Some(&mut self.workspaces),
            "go.work.sum" => Some(&mut self.workspace_sums),
            _ => None,
        };
        if let Some(directories) = of_directory {
            directories.insert(directory.to_owned());
            return;
        }
        let files = match name {
            "package.json" => &mut self.manifests,
            _ if LockfileKind::of_file_name(name).is_some() => &mut self.locks,
            _ if NOT_READ.contains(&name) => &mut self.unread_locks,
            _ if registries::FILES.iter().any(|(known, _)| *known == name) => {
                &mut self.configurations
            }
            _ => return,
        };
        files.insert(path.to_owned());
    }

    /// Whether there is nothing to judge.
    pub fn is_empty(&self) -> bool {
        let Self {
            modules,
            workspaces,
            workspace_sums,
            locks,
            unread_locks,
            manifests,
            configurations: _,
        } = self;
        let all = [
            modules,
            workspaces,
            workspace_sums,
            locks,
            unread_locks,
            manifests,
        ];
        all.iter().all(|set| set.is_empty())
    }

    /// The lock files of package managers in a directory, read or not.
    pub fn locks_in<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = &'a str> {
        let locks = self.locks.iter().chain(&self.unread_locks);
        let locks = locks.map(String::as_str);
        locks.filter(move |path| split(path).0 == directory)
    }
}

/// The directory of a path, empty for the root, and the name in it.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The path of a name in a directory, empty for the root.
pub fn join(directory: &str, name: &str) -> String {
    match directory {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Inventory;

    #[test]
    fn files_are_sorted_by_what_they_decide() {
        let mut inventory = Inventory::default();
        for path in [
            "go.mod",
            "go.work",
            "a/go.work.sum",
            "web/yarn.lock",
            "web/package.json",
            "web/.yarnrc.yml",
            "bun.lock",
            "README.md",
        ] {
            inventory.add(path);
        }
        let set = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        let expected = Inventory {
            modules: set(&[""]),
            workspaces: set(&[""]),
            workspace_sums: set(&["a"]),
            locks: set(&["web/yarn.lock"]),
            unread_locks: set(&["bun.lock"]),
            manifests: set(&["web/package.json"]),
            configurations: set(&["web/.yarnrc.yml"]),
        };
        assert_eq!(inventory, expected);
        let locks: Vec<&str> = inventory.locks_in("web").collect();
        assert_eq!(locks, ["web/yarn.lock"]);
        assert!(!inventory.is_empty() && Inventory::default().is_empty());
    }
}
