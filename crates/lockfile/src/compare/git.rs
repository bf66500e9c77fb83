//! Git: a repository is locked to the commit that it was locked to.

use crate::{
    model::{LockedPackage, Lockfile},
    rules::COMMIT_CHANGED,
    source::{PackageSource, SourceAddress},
};
use finding::Finding;
use std::collections::HashMap;

/// Repositories that are locked to another commit, or have come to lie elsewhere.
pub(super) fn repositories(old: &Lockfile, new: &Lockfile) -> Vec<Finding> {
    let mut before: HashMap<&str, Vec<(&LockedPackage, SourceAddress)>> = HashMap::new();
    for (package, address) in of_git(old) {
        /// Of one name real locks have one repository.
        const KEPT: usize = 16;
        let known = before.entry(package.installed_as()).or_default();
        if known.len() < KEPT {
            known.push((package, address));
        }
    }
    let mut findings = Vec::new();
    for (package, address) in of_git(new) {
        let known = before.get(package.installed_as());
        let Some(known) = known.filter(|known| {
            let mut known = known.iter();
            !known.any(|(_, one)| one.commit() == address.commit())
        }) else {
            continue;
        };
        let Some((base, was)) = known.first() else {
            continue;
        };
        let commit = |address: &SourceAddress| address.commit().unwrap_or("no commit").to_owned();
        let message = format!("{} here, it was {}", commit(&address), commit(was));
        let span = package
            .resolved
            .as_ref()
            .map_or(package.span, |text| text.span);
        let finding = Finding::new(&COMMIT_CHANGED, new.place(span), package.subject(), message);
        findings.push(finding.beside(old.place(base.span), "before"));
    }
    findings
}

fn of_git(lockfile: &Lockfile) -> impl Iterator<Item = (&LockedPackage, SourceAddress)> {
    let packages = lockfile.packages.iter();
    let packages = packages.filter(|one| one.source == PackageSource::Git);
    packages.filter_map(|one| Some((one, SourceAddress::of(&one.resolved.as_ref()?.value)?)))
}
