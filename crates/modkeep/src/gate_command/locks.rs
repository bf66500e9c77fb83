//! Lock files of npm, yarn and pnpm in the checkout, now and at the base.

use super::{
    base::Base,
    checkout::{Checkout, read_below},
};
use finding::{Finding, Place, Unreadable};
use gate::{change, policy::Policy};
use lockfile::{
    Beside, Kind, Lockfile,
    audit::{Expected, audit},
    compare::changed,
};
use std::io;

/// What there is to say about a lock file: with a base, only what the change brings.
pub(super) fn look(
    checkout: &Checkout,
    base: Option<&Base>,
    policy: &Policy,
    name: &str,
) -> Result<Vec<Finding>, Unreadable> {
    let Some(now) = read(name, |name| through_no_link(checkout, name), policy)? else {
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

/// Reads a file of the checkout; one that is not there is none. A lock names directories, and one of
/// them may be a link to somewhere else.
fn through_no_link(checkout: &Checkout, name: &str) -> Result<Option<Vec<u8>>, Unreadable> {
    match read_below(&checkout.path(""), name) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Unreadable::new(Place::file(name), error.to_string())),
    }
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
    let beside = Beside::read(&lock, &read)?;
    let expected = Expected {
        hosts: policy.lock.hosts.clone(),
        manifests: beside.manifests,
        settings: beside.settings,
    };
    let findings = audit(&lock, &expected);
    Ok(Some(Audited { lock, findings }))
}
