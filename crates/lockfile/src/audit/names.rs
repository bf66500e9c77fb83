//! Names: an entry installs the package and version that it says.

use super::LocatedPackage;
use crate::{
    model::{LockedPackage, Lockfile, LockfileFormat},
    rules::{HALVES_DIFFER, KEY_DIFFERS, NAME_IMPOSSIBLE, NAME_MISMATCH, VERSION_MISMATCH},
    source::{LocatorPackage, PackageSource, SourceAddress, is_name, local_path, without_build},
    tree::printable_name,
};
use finding::Finding;
use std::collections::HashSet;

/// What is wrong with the names of one entry.
pub(super) fn check(seen: &LocatedPackage<'_>) -> Vec<Finding> {
    let mut findings = by_address(seen);
    let package = seen.package;
    // A folder of the project may bear a name that no registry takes.
    if package.source == PackageSource::Registry && !is_name(&package.name) {
        let message = format!(
            "no registry has a package {}",
            printable_name(&package.name)
        );
        findings.push(seen.finding(&NAME_IMPOSSIBLE, package.span, message));
    }
    findings
}

/// What the address says otherwise than the entry.
fn by_address(seen: &LocatedPackage<'_>) -> Vec<Finding> {
    let package = seen.package;
    let Some(resolved) = package.resolved.as_ref() else {
        return Vec::new();
    };
    if package.source != PackageSource::Registry {
        return Vec::new();
    }
    let locator = LocatorPackage::of_locator(&resolved.value);
    let address = seen.address.as_ref().and_then(SourceAddress::names);
    let mut findings = Vec::new();
    for named in [locator, address].into_iter().flatten() {
        let version = package.version.as_ref().map(|text| &*text.value);
        let other =
            version.filter(|version| without_build(version) != without_build(&named.version));
        if let Some(version) = other {
            let message = format!(
                "{} is locked from the address of {}",
                printable_name(version),
                printable_name(&named.version)
            );
            findings.push(seen.finding(&VERSION_MISMATCH, resolved.span, message));
        }
        let others = named.names.iter().filter(|name| **name != package.name);
        findings.extend(others.map(|name| {
            let (ours, theirs) = (printable_name(&package.name), printable_name(name));
            let message = format!("{ours} is locked from the address of {theirs}");
            seen.finding(&NAME_MISMATCH, resolved.span, message)
        }));
    }
    findings
}

/// What the half of a lock that old releases of npm read installs, and the other half does not know.
pub(super) fn halves(lockfile: &Lockfile) -> Vec<Finding> {
    if lockfile.format != LockfileFormat::Npm(2) {
        return Vec::new();
    }
    let (new, old): (Vec<&LockedPackage>, Vec<&LockedPackage>) =
        lockfile.packages.iter().partition(|one| one.path.is_some());
    let known: HashSet<_> = new.into_iter().map(resolved_identity).collect();
    let old = old
        .into_iter()
        .filter(|one| one.source != PackageSource::Bundled);
    let others = old.filter(|one| !known.contains(&resolved_identity(one)));
    let findings = others.map(|package| {
        let message = "only the half of the lock that npm before 7 reads says this";
        let place = lockfile.place(package.span);
        Finding::new(&HALVES_DIFFER, place, package.subject(), message)
    });
    findings.collect()
}

/// What is installed, under which name: a version, or what lies at an address, which the halves write
/// in different ways.
fn resolved_identity(package: &LockedPackage) -> (&str, String) {
    let text = package.resolved.as_ref().map(|text| &*text.value);
    let of_address = || {
        let address = SourceAddress::of(text?)?;
        Some(format!(
            "{}#{:?}",
            address.location_without_commit(),
            address.commit()
        ))
    };
    let of_path = || text.map(|text| local_path(text).trim_start_matches("./").to_owned());
    let what = match package.registered() {
        Some((name, version)) => format!("{name}@{version}"),
        None => of_address().or_else(of_path).unwrap_or_default(),
    };
    (package.installed_as(), what)
}

/// An entry of pnpm's whose key has an address says it again in its fields.
pub(super) fn key(seen: &LocatedPackage<'_>) -> Option<Finding> {
    let package = seen.package;
    let (key, resolved) = (package.key.as_deref()?, package.resolved.as_ref()?);
    let is_said = match package.source {
        PackageSource::Folder | PackageSource::File => {
            let path = local_path(&resolved.value).trim_start_matches("./");
            key.rsplit("file:")
                .next()
                .map(|path| path.trim_start_matches("./"))
                == Some(path)
        }
        PackageSource::Git => seen.address.as_ref().is_some_and(|address| {
            let location = address.location();
            let plain = location.trim_end_matches(".git");
            address.commit().is_some_and(|commit| key.contains(commit)) && key.contains(plain)
        }),
        // A registry's own address may stand in an entry by its version.
        PackageSource::Tarball
            if package
                .version
                .as_ref()
                .is_some_and(|one| key.ends_with(&one.value)) =>
        {
            true
        }
        PackageSource::Tarball => seen
            .address
            .as_ref()
            .is_some_and(|one| key.contains(&one.location())),
        _ => true,
    };
    (!is_said).then(|| {
        let message = format!(
            "{} is the key, {} is installed",
            printable_name(key),
            printable_name(&resolved.value)
        );
        seen.finding(&KEY_DIFFERS, resolved.span, message)
    })
}
