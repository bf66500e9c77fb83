//! Names: an entry installs the package and version that it says, and an alias only where somebody
//! asked for it.

use super::{Expected, Seen};
use crate::{
    model::{Kind, Lockfile},
    rules::{NAME_MISMATCH, VERSION_MISMATCH},
    source::{Address, Named, Source, without_build},
    tree::shown,
    yarn::Pattern,
};
use finding::Finding;
use std::collections::HashSet;

/// The names that npm may install a package under, because a range `npm:NAME@…` asks for it.
///
/// yarn says so in each entry, and pnpm has no aliases in its list. npm has only the ranges, and
/// those of overrides are in package.json alone: without that nothing can be told.
pub(super) struct Aliases<'l> {
    is_known: bool,
    asked: HashSet<(&'l str, &'l str)>,
    overridden: HashSet<&'l str>,
}

// === impl Aliases ===

impl<'l> Aliases<'l> {
    pub(super) fn of(lockfile: &'l Lockfile, expected: &'l Expected) -> Self {
        let of_packages = lockfile.packages.iter().flat_map(|one| &one.dependencies);
        let of_roots = lockfile.roots.iter().flat_map(|one| &one.dependencies);
        let manifests = || expected.manifests.iter();
        let of_manifests = manifests().flat_map(|one| &one.dependencies);
        let needed = of_packages.chain(of_roots).chain(of_manifests);
        let asked = needed.filter_map(|one| {
            let (name, _) = crate::yarn::split(one.wanted.strip_prefix("npm:")?)?;
            Some((&*one.name, name))
        });
        let overridden = manifests().flat_map(|one| &one.overridden);
        Self {
            is_known: lockfile.format.kind() == Kind::Npm && !expected.manifests.is_empty(),
            asked: asked.collect(),
            overridden: overridden.map(|name| &**name).collect(),
        }
    }

    fn is_unasked(&self, seen: &Seen<'_>) -> bool {
        let package = seen.package;
        let Some(alias) = package.alias.as_deref().filter(|_| self.is_known) else {
            return false;
        };
        !self.asked.contains(&(alias, &*package.name)) && !self.overridden.contains(alias)
    }
}

/// What is wrong with the names of one entry.
pub(super) fn check(seen: &Seen<'_>, aliases: &Aliases<'_>) -> Vec<Finding> {
    let package = seen.package;
    let mut findings = by_address(seen);
    let others = package.wanted.iter().filter(|wanted| {
        let pattern = Pattern::parse(&wanted.value, &seen.lockfile.format);
        pattern.is_none_or(|pattern| pattern.name != package.name)
    });
    findings.extend(others.map(|wanted| {
        let (wanted_name, name) = (shown(&wanted.value), shown(&package.name));
        let message = format!("{wanted_name} is locked to the package {name}");
        seen.finding(&NAME_MISMATCH, wanted.span, message)
    }));
    if aliases.is_unasked(seen) {
        let (name, alias) = (shown(&package.name), shown(package.installed_as()));
        let message = format!("{name} is installed as {alias}, which nobody asks for");
        findings.push(seen.finding(&NAME_MISMATCH, package.span, message));
    }
    findings
}

/// What the address says otherwise than the entry.
fn by_address(seen: &Seen<'_>) -> Vec<Finding> {
    let package = seen.package;
    let Some(resolved) = package.resolved.as_ref() else {
        return Vec::new();
    };
    if package.source != Source::Registry {
        return Vec::new();
    }
    let locator = Named::of_locator(&resolved.value);
    let address = seen.address.as_ref().and_then(Address::names);
    let mut findings = Vec::new();
    for named in [locator, address].into_iter().flatten() {
        let version = package.version.as_ref().map(|text| &*text.value);
        let other =
            version.filter(|version| without_build(version) != without_build(&named.version));
        if let Some(version) = other {
            let message = format!(
                "{} is locked from the address of {}",
                shown(version),
                shown(&named.version)
            );
            findings.push(seen.finding(&VERSION_MISMATCH, resolved.span, message));
        }
        let others = named.names.iter().filter(|name| **name != package.name);
        findings.extend(others.map(|name| {
            let (ours, theirs) = (shown(&package.name), shown(name));
            let message = format!("{ours} is locked from the address of {theirs}");
            seen.finding(&NAME_MISMATCH, resolved.span, message)
        }));
    }
    findings
}
