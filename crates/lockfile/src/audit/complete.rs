//! Complete: each dependency of an entry has an entry itself.
//!
//! A file that ends too early at the end of an entry, or from which one was cut, can still be read;
//! what is gone is asked for by what is left. Only names are looked up, and versions where they are
//! written beside the names (pnpm): which of several entries is meant is for another check.
//!
//! What is optional may be absent. Version 1 of npm's format does not say what that is, so nothing
//! is said of it.

use super::{LockExpectation, tree::PackageTree, tree::is_outside};
use crate::{
    model::{LockedPackage, Lockfile, LockfileFormat, PackageDependency},
    pnpm,
    rules::DEPENDENCY_MISSING,
    source::{PackageSource, local_path},
    tree::printable_name,
    yarn::split,
};
use finding::Finding;
use std::collections::HashSet;

pub(super) fn check(
    lockfile: &Lockfile,
    expected: &LockExpectation,
    tree: &PackageTree<'_>,
) -> Vec<Finding> {
    if lockfile.format == LockfileFormat::Npm(1) {
        return Vec::new();
    }
    let known = LockEntries::of(lockfile, expected);
    let missing = needed(lockfile).filter(|(folder, one)| {
        let is_there = || folder.is_some_and(|folder| tree.find(folder, &one.name).is_some());
        // pnpm locks what is optional for all platforms.
        let is_needed = !one.is_optional || !known.keys.is_empty();
        is_needed && !known.has(one) && !is_there()
    });
    let mut seen = HashSet::new();
    let first = missing.filter(|(_, one)| seen.insert((&*one.name, one.span)));
    let findings = first.map(|(_, one)| {
        let message = format!("{} has no entry", printable_name(&one.name));
        let place = lockfile.place(one.span);
        Finding::new(&DEPENDENCY_MISSING, place, &*one.name, message)
    });
    findings.collect()
}

/// What has to have an entry, and the folder that it is looked for from. What is bundled lies in the
/// archive that bundles it, with all that it needs itself; and the target of a link to somewhere
/// above the lock installs for itself.
fn needed(lockfile: &Lockfile) -> impl Iterator<Item = (Option<&str>, &PackageDependency)> {
    let packages = lockfile.packages.iter();
    let packages = packages.filter(|one| one.source != PackageSource::Bundled && !is_above(one));
    let of_packages = packages.flat_map(|package| {
        let dependencies = package.dependencies.iter();
        let others = dependencies.filter(|one| !package.bundles.contains(&one.name));
        others.map(|one| (package.path.as_deref(), one))
    });
    let roots = lockfile.roots.iter().filter(|root| !is_outside(&root.path));
    let of_roots = roots.flat_map(|root| {
        let path = Some(&*root.path).filter(|_| matches!(lockfile.format, LockfileFormat::Npm(_)));
        root.dependencies.iter().map(move |one| (path, one))
    });
    of_packages.chain(of_roots)
}

/// Whether a package is a folder that does not lie below the lock's.
fn is_above(package: &LockedPackage) -> bool {
    let resolved = package
        .resolved
        .as_ref()
        .map(|text| local_path(&text.value));
    package.source == PackageSource::Folder && resolved.is_some_and(is_outside)
}

/// What has an entry.
struct LockEntries<'l> {
    format: &'l LockfileFormat,
    names: HashSet<&'l str>,
    /// What others refer to entries by (pnpm).
    keys: HashSet<&'l str>,
}

// === impl LockEntries ===

impl<'l> LockEntries<'l> {
    fn of(lockfile: &'l Lockfile, expected: &'l LockExpectation) -> Self {
        let manifests = expected.manifests.iter();
        let own = manifests.filter_map(|manifest| manifest.name.as_deref());
        let packages = lockfile.packages.iter();
        Self {
            format: &lockfile.format,
            names: installed(lockfile).chain(own).collect(),
            keys: packages.filter_map(|one| one.key.as_deref()).collect(),
        }
    }

    /// Whether what is needed has an entry, or needs none.
    fn has(&self, needed: &PackageDependency) -> bool {
        if let LockfileFormat::Pnpm { .. } = self.format {
            let key = pnpm::referred(self.format, needed);
            return key.is_none_or(|key| self.keys.contains(&*key));
        }
        // A link is made and never locked.
        needed.wanted.starts_with("link:") || self.names.contains(&*needed.name)
    }
}

/// The names that entries are installed under, and those that yarn locked them for.
fn installed(lockfile: &Lockfile) -> impl Iterator<Item = &str> {
    lockfile.packages.iter().flat_map(|package| {
        let wanted = package.wanted.iter();
        let patterns = wanted.filter_map(|text| split(&text.value));
        let names = patterns.map(|(name, _)| name);
        std::iter::once(package.installed_as()).chain(names)
    })
}
