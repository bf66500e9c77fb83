//! Tree: which entry of npm's answers when a package asks for a name.
//!
//! node looks into the `node_modules` of the folder that asks, then of each folder above it. So does
//! npm, whose lock lists packages by these folders. What lies above the lock's own folder is not in
//! it: the target of a link to there installs for itself.

use super::{LockExpectation, asked::PackageNeed};
use crate::{
    manifest::PackageManifest,
    model::{LockedPackage, Lockfile, LockfileFormat},
    source::PackageSource,
};
use std::collections::HashMap;

/// The longest path that is looked up, in bytes: no system makes longer ones.
const LONGEST: usize = 1024;

/// The packages by where they lie.
pub(super) struct PackageTree<'l> {
    by_path: HashMap<&'l str, &'l LockedPackage>,
}

// === impl PackageTree ===

impl<'l> PackageTree<'l> {
    pub(super) fn of(lockfile: &'l Lockfile) -> Self {
        let mut by_path = HashMap::new();
        for package in &lockfile.packages {
            if let Some(path) = package.path.as_deref() {
                // Of a lock with two halves the one that today's npm reads comes first.
                by_path.entry(path).or_insert(package);
            }
        }
        Self { by_path }
    }

    /// What answers in a folder to a name.
    pub(super) fn find(&self, folder: &str, name: &str) -> Option<&'l LockedPackage> {
        if folder.len() > LONGEST {
            return None;
        }
        let mut folder = folder;
        loop {
            let is_modules = folder == "node_modules" || folder.ends_with("/node_modules");
            if !is_modules {
                let separator = if folder.is_empty() { "" } else { "/" };
                let path = format!("{folder}{separator}node_modules/{name}");
                if let Some(found) = self.by_path.get(&*path) {
                    return Some(found);
                }
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// Whatever is asked for by a name that is found, and what answers.
    pub(super) fn edges<'e>(
        &'e self,
        lockfile: &'e Lockfile,
        expected: &'e LockExpectation,
    ) -> Vec<(PackageNeed<'e>, &'l LockedPackage)> {
        let mut edges = Vec::new();
        for (folder, need) in needs(lockfile, expected) {
            edges.extend(self.find(folder, need.name).map(|target| (need, target)));
        }
        edges
    }
}

/// What is asked for, each with the folder that asks.
fn needs<'e>(
    lockfile: &'e Lockfile,
    expected: &'e LockExpectation,
) -> Vec<(&'e str, PackageNeed<'e>)> {
    let mut needs = Vec::new();
    for root in lockfile.roots.iter().filter(|root| !is_outside(&root.path)) {
        let dependencies = root.dependencies.iter();
        needs.extend(dependencies.map(|one| (&*root.path, PackageNeed::of(one))));
    }
    // What is bundled may be any version that was at hand when the archive was packed.
    let packages = lockfile
        .packages
        .iter()
        .filter(|one| one.source != PackageSource::Bundled);
    for (package, path) in packages.filter_map(|one| Some((one, one.path.as_deref()?))) {
        let dependencies = package.dependencies.iter();
        needs.extend(dependencies.map(|one| (path, PackageNeed::of(one))));
    }
    if lockfile.format == LockfileFormat::Npm(1) {
        let folder = super::folder(&lockfile.file);
        let own = expected.manifests.iter();
        let own = own.filter(|manifest| super::folder(&manifest.file) == folder);
        needs.extend(own.flat_map(of_manifest).map(|need| ("", need)));
    }
    needs
}

fn of_manifest(manifest: &PackageManifest) -> impl Iterator<Item = PackageNeed<'_>> {
    let dependencies = manifest.dependencies.iter();
    dependencies.map(|one| PackageNeed {
        manifest: Some(&manifest.file),
        ..PackageNeed::of(one)
    })
}

/// Whether a folder does not lie below the lock's.
pub(super) fn is_outside(path: &str) -> bool {
    path.split('/').next() == Some("..") || path.starts_with('/')
}
