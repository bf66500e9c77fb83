//! Copied settings: pnpm repeats settings of the project in the lock; both must be the same.
//!
//! Replacements, patches and catalogs stand in package.json or pnpm-workspace.yaml, and again in the lock. A
//! lock with others was made for other settings, or edited.

use super::LockExpectation;
use crate::{
    model::{DependencyOverride, Lockfile, LockfileKind},
    rules::MANIFEST_DIFFERS,
    tree::printable_name,
};
use finding::{FileSpan, Finding, FindingPlace};
use std::collections::HashMap;

pub(super) fn check(lockfile: &Lockfile, expected: &LockExpectation) -> Vec<Finding> {
    let folder = super::folder(&lockfile.file);
    let mut manifests = expected.manifests.iter();
    let own = manifests.find(|manifest| super::folder(&manifest.file) == folder);
    let (LockfileKind::Pnpm, Some(settings), Some(own)) =
        (lockfile.format.kind(), &expected.settings, own)
    else {
        return Vec::new();
    };
    let lists = [
        &own.overrides.yarn,
        &own.overrides.pnpm,
        &settings.overrides,
    ];
    let asked: Vec<&DependencyOverride> = lists.into_iter().flatten().collect();
    let wanted = |name: &str| {
        let mut dependencies = own.dependencies.iter();
        dependencies
            .find(|one| one.name == name)
            .map(|one| &*one.wanted)
    };
    let asked = asked.iter().filter_map(|one| {
        let value = one.wanted.as_deref()?;
        let value = value.strip_prefix('$').map_or(Some(value), wanted);
        Some((&*one.selector, value))
    });
    let overrides = lockfile.overrides.iter();
    let overrides = overrides.map(|one| (&*one.selector, one.wanted.as_deref(), one.span));
    let catalogs = settings.catalogs.iter();
    let catalogs = catalogs.map(|one| (&*one.name, Some(&*one.wanted)));
    let locked = lockfile.catalogs.iter();
    let locked = locked.map(|one| (&*one.name, Some(&*one.wanted), one.span));
    let mut findings = differing(lockfile, &asked.collect(), overrides, true);
    let asked = own.patches.iter().chain(&settings.patches);
    let asked = asked.map(|one| (&*one.selector, one.wanted.as_deref()));
    let patches = lockfile.patches.iter();
    let patches = patches.map(|one| (&*one.selector, one.wanted.as_deref(), one.span));
    findings.extend(differing(lockfile, &asked.collect(), patches, true));
    // Only catalogs that somebody uses are repeated.
    findings.extend(differing(lockfile, &catalogs.collect(), locked, false));
    findings
}

/// Entries of the lock that are not those of the settings, and such that it lacks.
fn differing<'l>(
    lockfile: &Lockfile,
    asked: &HashMap<&str, Option<&str>>,
    locked: impl Iterator<Item = (&'l str, Option<&'l str>, FileSpan)>,
    is_whole: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut missing = asked.clone();
    for (name, now, span) in locked {
        missing.remove(name);
        let known = asked.get(name);
        // A replacement by a catalog is repeated as what that stands for.
        let is_told = |one: Option<&str>| one.is_none_or(|one| one.starts_with("catalog:"));
        if known.is_some_and(|one| is_told(*one) || now.is_none() || *one == now) {
            continue;
        }
        let (now, was) = (
            printable_name(now.unwrap_or_default()),
            known.copied().flatten(),
        );
        let was = was.map_or("nothing".to_owned(), printable_name);
        let message = format!(
            "{} is {now} in the lock, the settings say {was}",
            printable_name(name)
        );
        findings.push(Finding::new(
            &MANIFEST_DIFFERS,
            lockfile.place(span),
            name,
            message,
        ));
    }
    let mut missing: Vec<&str> = missing.into_keys().filter(|_| is_whole).collect();
    missing.sort_unstable();
    findings.extend(missing.into_iter().map(|name| {
        let message = format!(
            "the lock was made without what the settings say of {}",
            printable_name(name)
        );
        Finding::new(
            &MANIFEST_DIFFERS,
            FindingPlace::file(&*lockfile.file),
            name,
            message,
        )
    }));
    findings
}
