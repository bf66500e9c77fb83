//! Directories: which folders of a checkout a lock is for, beside its own.
//!
//! A workspace has one lock for many folders. npm since version 2 of its format, pnpm and yarn since 2
//! name them in the lock, as they name folders that something links to; yarn 1 and others leave it to
//! the patterns in package.json.

use crate::{
    manifest::PackageManifest,
    model::{Lockfile, LockfileKind},
    source::{PackageSource, local_path},
};
use serde::Deserialize;

/// `workspaces` of a package.json: a list, or yarn's map with one.
#[derive(Deserialize)]
#[serde(untagged)]
enum WorkspacesField {
    List(Vec<String>),
    Map { packages: Vec<String> },
}

/// The part of a package.json that is looked at.
#[derive(Deserialize)]
struct WithWorkspaces {
    workspaces: WorkspacesField,
}

// === impl Lockfile ===

impl Lockfile {
    /// The folders that it locks packages for, by their paths from the root of the checkout. npm names
    /// folders outside of the project too and installs nothing for them.
    pub fn members(&self) -> impl Iterator<Item = String> {
        let folder = self.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let is_npm = self.format.kind() == LockfileKind::Npm;
        let roots = self.roots.iter().map(|root| &*root.path);
        let own = roots.filter(move |path| !(is_npm && path.starts_with("..")));
        own.filter_map(move |path| joined(folder, path))
    }

    /// All folders that it names, by their paths from the root of the checkout.
    pub fn directories(&self) -> impl Iterator<Item = String> {
        let folder = self.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let roots = self.roots.iter().map(|root| &*root.path);
        let linked = self.packages.iter().filter_map(|package| {
            let is_folder = matches!(
                package.source,
                PackageSource::Folder | PackageSource::Workspace
            );
            let resolved = package.resolved.as_ref().filter(|_| is_folder)?;
            let path = local_path(&resolved.value);
            Some(path.strip_prefix("workspace:").unwrap_or(path))
        });
        roots
            .chain(linked)
            .filter_map(move |path| joined(folder, path))
    }
}

// === impl Manifest ===

impl PackageManifest {
    /// The folders that it asks for by their paths, from the root of the checkout: pnpm and yarn 1 do
    /// not name all of them in the lock.
    pub fn directories(&self) -> impl Iterator<Item = String> {
        let folder = self.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let wanted = self.dependencies.iter().map(|one| &*one.wanted);
        let folders =
            wanted.filter(|wanted| PackageSource::of(wanted) == Some(PackageSource::Folder));
        folders.filter_map(move |wanted| joined(folder, local_path(wanted)))
    }
}

/// The patterns of folders in a package.json that its lock is for too; none where it has none, or is
/// no package.json.
pub fn workspace_patterns(manifest: &[u8]) -> Vec<String> {
    match serde_json::from_slice(manifest) {
        Ok(WithWorkspaces {
            workspaces: WorkspacesField::List(list),
        }) => list,
        Ok(WithWorkspaces {
            workspaces: WorkspacesField::Map { packages },
        }) => packages,
        Err(_) => Vec::new(),
    }
}

/// A path from a folder; nothing if it leads out of the checkout.
fn joined(folder: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~', '\\']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::workspace_patterns;
    use crate::{LockfileKind, PackageManifest, read};

    #[test]
    fn a_lock_names_the_folders_that_it_is_for() {
        let text = r#"{"lockfileVersion": 3, "packages": {
            "": {"name": "x"}, "packages/a": {"name": "a"}, "../../lib": {"name": "lib"},
            "node_modules/lib": {"resolved": "../../lib", "link": true},
            "node_modules/far": {"resolved": "../../../../far", "link": true}}}"#;
        let lock = read(
            LockfileKind::Npm,
            "scripts/m/package-lock.json",
            text.as_bytes(),
        )
        .unwrap();
        let mut named: Vec<String> = lock.directories().collect();
        named.sort_unstable();
        named.dedup();
        assert_eq!(named, ["lib", "scripts/m", "scripts/m/packages/a"]);
        let members: Vec<String> = lock.members().collect();
        assert_eq!(members, ["scripts/m", "scripts/m/packages/a"]);
    }

    #[test]
    fn a_manifest_names_folders_by_their_paths() {
        let text = br#"{"dependencies": {"a": "link:../a", "b": "file:./b", "c": "portal:c",
            "d": "file:d.tgz", "e": "^1", "f": "link:../../f", "g": "workspace:*"}}"#;
        let manifest = PackageManifest::read("web/package.json", text).unwrap();
        let named: Vec<String> = manifest.directories().collect();
        assert_eq!(named, ["a", "web/b", "web/c"]);
    }

    #[test]
    fn patterns_of_workspaces_are_a_list_or_in_a_map() {
        let list = br#"{"workspaces": ["packages/*"]}"#;
        let map = br#"{"workspaces": {"packages": ["packages/*"], "nohoist": ["x"]}}"#;
        for manifest in [&list[..], &map[..]] {
            assert_eq!(workspace_patterns(manifest), ["packages/*"]);
        }
        assert_eq!(workspace_patterns(b"{}"), [""; 0]);
        assert_eq!(workspace_patterns(b"{"), [""; 0]);
    }
}
