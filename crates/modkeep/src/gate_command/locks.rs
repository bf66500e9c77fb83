//! Lock files of npm, yarn and pnpm in the checkout, now and at the base.

use super::{
    base::Base,
    checkout::{Checkout, join},
};
use finding::{Finding, Unreadable};
use gate::{change, policy::Policy};
use lockfile::{
    Kind, Lockfile, Manifest,
    audit::{Expected, audit},
    compare::changed,
};

/// What there is to say about a lock file: with a base, only what the change brings.
pub(super) fn look(
    checkout: &Checkout,
    base: Option<&Base>,
    policy: &Policy,
    name: &str,
) -> Result<Vec<Finding>, Unreadable> {
    let Some(now) = read(name, |name| checkout.read(name), policy)? else {
        return Ok(Vec::new());
    };
    let Some(base) = base else {
        return Ok(now.findings);
    };
    let Some(before) = read(name, |name| base.read(name), policy)? else {
        return Ok(now.findings);
    };
    let mut findings = change::introduced(now.findings, &before.findings);
    findings.extend(changed(&before.lock, &now.lock));
    Ok(findings)
}

/// A lock file and what is wrong with it.
struct Audited {
    lock: Lockfile,
    findings: Vec<Finding>,
}

fn read(
    name: &str,
    read: impl Fn(&str) -> Result<Option<Vec<u8>>, Unreadable>,
    policy: &Policy,
) -> Result<Option<Audited>, Unreadable> {
    let (Some(kind), Some(bytes)) = (Kind::of_file_name(name), read(name)?) else {
        return Ok(None);
    };
    let lock = lockfile::read(kind, name, &bytes)?;
    let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory);
    let manifest = join(directory, "package.json");
    let manifests = match read(&manifest)? {
        Some(bytes) => vec![Manifest::read(&manifest, &bytes)?],
        None => Vec::new(),
    };
    let expected = Expected {
        hosts: policy.lock.hosts.clone(),
        manifests,
    };
    let findings = audit(&lock, &expected);
    Ok(Some(Audited { lock, findings }))
}
