//! Complete: what an entry needs has an entry itself.
//!
//! A file that ends too early at the end of an entry, or from which one was cut, can still be read;
//! what is gone is asked for by what is left. Only names are looked up: which entry of a name is
//! meant depends on rules of each tool that an audit must not repeat.
//!
//! What is optional may be absent. Version 1 of npm's format does not say what that is, so nothing
//! is said of it.

use super::Expected;
use crate::{
    model::{Dependency, Format, Lockfile},
    pnpm,
    rules::DEPENDENCY_MISSING,
    tree::shown,
};
use finding::Finding;
use std::collections::HashSet;

pub(super) fn check(lockfile: &Lockfile, expected: &Expected) -> Vec<Finding> {
    if lockfile.format == Format::Npm(1) {
        return Vec::new();
    }
    let manifests = expected.manifests.iter();
    let own = manifests.filter_map(|manifest| manifest.name.as_deref());
    let known: HashSet<&str> = installed(lockfile).chain(own).collect();
    let packages = lockfile.packages.iter().flat_map(|one| &one.dependencies);
    let roots = lockfile.roots.iter().flat_map(|root| &root.dependencies);
    let needed = packages.chain(roots);
    let missing = needed.filter(|one| {
        let target = target(&lockfile.format, one);
        !one.is_optional && target.is_some_and(|name| !known.contains(name))
    });
    let mut seen = HashSet::new();
    let first = missing.filter(|one| seen.insert((&*one.name, one.span)));
    let findings = first.map(|one| {
        let message = format!("{} has no entry", shown(&one.name));
        let place = lockfile.place(one.span);
        Finding::new(&DEPENDENCY_MISSING, place, &*one.name, message)
    });
    findings.collect()
}

/// The names that entries are installed under, and those that yarn locked them for.
fn installed(lockfile: &Lockfile) -> impl Iterator<Item = &str> {
    lockfile.packages.iter().flat_map(|package| {
        let wanted = package.wanted.iter();
        let patterns = wanted.filter_map(|text| crate::yarn::split(&text.value));
        let names = patterns.map(|(name, _)| name);
        std::iter::once(package.installed_as()).chain(names)
    })
}

/// The name of the entry that is needed; nothing if what is needed has none.
fn target<'d>(format: &Format, needed: &'d Dependency) -> Option<&'d str> {
    match format {
        Format::Pnpm { major, .. } => pnpm::target(*major, needed),
        // A link is made and never locked.
        _ if needed.wanted.starts_with("link:") => None,
        _ => Some(&needed.name),
    }
}
