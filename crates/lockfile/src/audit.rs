//! Audit: what is wrong in a lock, told from the lock and from what is expected of it.
//!
//! Each check looks at one concern and knows nothing of the others, so one bad entry can be reported
//! by several of them. Findings come in the order of their places.

mod asked;
mod complete;
mod copied;
mod fits;
mod hashes;
mod hosts;
mod links;
mod manifests;
mod names;
mod overrides;
mod sources;
mod tree;

use crate::{
    manifest::PackageManifest,
    model::{LockedPackage, Lockfile},
    registries::ConfiguredRegistry,
    settings::PnpmSettings,
    source::SourceAddress,
};
use finding::{FileSpan, Finding, FindingRule};
use std::collections::HashSet;

/// What a lock is held against.
#[derive(Debug, Clone, Default)]
pub struct LockExpectation {
    /// The hosts that packages may come from: `registry.example.com`, or with a port if it is not
    /// the scheme's own. With an empty list, a host has to be known from what follows, or else be
    /// where most packages of the lock come from.
    pub hosts: Vec<String>,
    /// What the configuration of the package manager says; of a change, at its base.
    pub registries: Vec<ConfiguredRegistry>,
    /// The hosts that the lock at the base of a change names ([`Lockfile::hosts`]); none if there is
    /// no base, or no such lock at it.
    pub hosts_before: Option<HashSet<String>>,
    /// The package.json beside the lock, and those of the project's other packages. What is not
    /// given is not compared.
    pub manifests: Vec<PackageManifest>,
    /// What pnpm-workspace.yaml says, also that there is none; nothing if that is not known.
    pub settings: Option<PnpmSettings>,
}

/// Says what is wrong in a lock.
pub fn audit(lockfile: &Lockfile, expected: &LockExpectation) -> Vec<Finding> {
    let packages = lockfile.packages.iter();
    let seen: Vec<LocatedPackage<'_>> = packages
        .map(|package| LocatedPackage::of(lockfile, package))
        .collect();
    let hosts = hosts::AllowedHosts::of(expected, &seen);
    let tree = tree::PackageTree::of(lockfile);
    let declared = sources::DeclaredSources::of(expected);
    let mut findings = Vec::new();
    for one in &seen {
        findings.extend(hashes::check(one));
        findings.extend(sources::check(one, &hosts, &declared));
        findings.extend(names::check(one));
        findings.extend(names::key(one));
    }
    findings.extend(hosts.check(&seen));
    findings.extend(hashes::conflicts(&seen));
    findings.extend(names::halves(lockfile));
    findings.extend(complete::check(lockfile, expected, &tree));
    findings.extend(asked::check(lockfile, expected, &tree));
    findings.extend(links::check(lockfile, expected, &tree));
    findings.extend(copied::check(lockfile, expected));
    findings.extend(manifests::check(lockfile, expected));
    findings.sort_by(|one, other| one.place.cmp(&other.place));
    findings
}

/// The folder that a file lies in.
fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A package, and its address in parts.
struct LocatedPackage<'l> {
    lockfile: &'l Lockfile,
    package: &'l LockedPackage,
    address: Option<SourceAddress>,
}

// === impl LocatedPackage ===

impl<'l> LocatedPackage<'l> {
    fn of(lockfile: &'l Lockfile, package: &'l LockedPackage) -> Self {
        let resolved = package.resolved.as_ref();
        Self {
            lockfile,
            package,
            address: resolved.and_then(|text| SourceAddress::of(&text.value)),
        }
    }

    /// Where its address is, else its name.
    fn address_span(&self) -> FileSpan {
        let resolved = self.package.resolved.as_ref();
        resolved.map_or(self.package.span, |text| text.span)
    }

    fn finding(
        &self,
        rule: &'static FindingRule,
        span: FileSpan,
        message: impl Into<String>,
    ) -> Finding {
        let place = self.lockfile.place(span);
        Finding::new(rule, place, self.package.subject(), message)
    }
}
