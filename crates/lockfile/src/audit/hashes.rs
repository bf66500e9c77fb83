//! Hashes: every archive has one, a strong one, and only one.

use super::LocatedPackage;
use crate::{
    model::{LockedPackage, LockfileFormat, SpannedText},
    rules::{INTEGRITY_CONFLICT, INTEGRITY_MALFORMED, INTEGRITY_MISSING, INTEGRITY_WEAK},
    source::{PackageSource, without_build},
    sri::{Sri, SriAlgorithm, agree},
    tree::printable_name,
};
use finding::Finding;
use std::collections::HashMap;

/// What is wrong with the hashes of one entry.
pub(super) fn check(seen: &LocatedPackage<'_>) -> Vec<Finding> {
    if let LockfileFormat::YarnBerry(_) = seen.lockfile.format {
        return checksum(seen).into_iter().collect();
    }
    let package = seen.package;
    let integrity = &package.integrity;
    let Some(span) = integrity.span else {
        let missing = package.source.is_fetched();
        let message = "the entry has no hash";
        let finding = || seen.finding(&INTEGRITY_MISSING, package.span, message);
        return missing.then(finding).into_iter().collect();
    };
    let malformed = integrity.malformed.iter().map(|(written, error)| {
        let message = format!("{} {error}", printable_name(written));
        seen.finding(&INTEGRITY_MALFORMED, span, message)
    });
    let mut findings: Vec<Finding> = malformed.collect();
    let hashes = &integrity.hashes;
    match hashes.iter().map(Sri::algorithm).max() {
        Some(strongest) if !strongest.is_strong() => {
            let message = format!("{strongest} is the strongest hash here");
            findings.push(seen.finding(&INTEGRITY_WEAK, span, message));
        }
        None if findings.is_empty() => {
            findings.push(seen.finding(&INTEGRITY_MISSING, span, "the hash is empty"));
        }
        _ => {}
    }
    findings
}

/// yarn's checksum. It is absent of what is for other platforms only and was never fetched.
fn checksum(seen: &LocatedPackage<'_>) -> Option<Finding> {
    let package = seen.package;
    let Some(SpannedText { value, span }) = &package.checksum else {
        let missing = package.source.is_fetched() && !package.is_optional;
        let message = "the entry has no checksum";
        return missing.then(|| seen.finding(&INTEGRITY_MISSING, package.span, message));
    };
    let digest = value.rsplit('/').next().unwrap_or(value);
    let error = Sri::parse_hex(SriAlgorithm::Sha512, digest).err()?;
    let message = format!("the checksum {} {error}", printable_name(value));
    Some(seen.finding(&INTEGRITY_MALFORMED, *span, message))
}

/// Entries of one version that cannot be of one archive. Each is compared with the first of its
/// version, so that every entry is looked at once.
pub(super) fn conflicts(seen: &[LocatedPackage<'_>]) -> Vec<Finding> {
    let mut first: HashMap<(&str, &str), &LocatedPackage<'_>> = HashMap::new();
    let mut findings = Vec::new();
    for one in seen {
        let integrity = &one.package.integrity;
        let (Some((name, version)), Some(span)) = (same(one.package), integrity.span) else {
            continue;
        };
        let key = (name, without_build(version));
        let other = *first.entry(key).or_insert(one);
        let theirs = &other.package.integrity;
        if agree(&theirs.hashes, &integrity.hashes) == Some(false) {
            let subject = one.package.subject();
            let message = format!("{subject} has another hash here than in an entry before");
            let place = one
                .lockfile
                .place(theirs.span.unwrap_or(other.package.span));
            let finding = one.finding(&INTEGRITY_CONFLICT, span, message);
            findings.push(finding.beside(place, "the first of them"));
        }
    }
    findings
}

/// What has one archive, whoever locks it: a version of a registry, or what lies at an address.
fn same(package: &LockedPackage) -> Option<(&str, &str)> {
    let of_address = || {
        let resolved = package.resolved.as_ref()?;
        let address = resolved.value.split('#').next().unwrap_or_default();
        matches!(package.source, PackageSource::Tarball | PackageSource::File)
            .then_some(("", address))
    };
    package.registered().or_else(of_address)
}
