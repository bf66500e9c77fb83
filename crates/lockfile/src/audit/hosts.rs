//! Hosts: archives come from hosts that somebody named, or else from where the rest of the lock does.
//!
//! An installer fetches from the address that an entry gives, and the hash beside it is the hash of
//! what is there. So an address at another host than its neighbours' is how a package is swapped, and
//! the layout of its path proves nothing. What makes a host known: the policy lists it; the package
//! manager's own configuration names it for the package's scope or for everything; or the lock at the
//! base of a change used it. Entries without an address are counted too, for the registry that is
//! configured: the one address in a lock that has none is the most foreign of all.
//!
//! Some tools write one registry under two names into one file. A lock that has each of them
//! throughout is one finding of a mild rule. A file alone cannot tell that from a careful swap; with
//! a base, or with the hosts in the policy, it can.
//!
//! What is the same fact is said once, with the number of entries, and not once for each entry.

use super::{LocatedPackage, LockExpectation};
use crate::{
    fold::{FEW, fold},
    rules::{HOST_FOREIGN, HOST_MIXED, HOST_NOT_ALLOWED},
    source::PackageSource,
};
use finding::{Finding, FindingRule};
use std::{cmp::Reverse, collections::HashMap};

/// Entries that a host has at least, where it is one of several that a lock uses throughout. Locks of
/// one registry under two names have as few as one entry in twenty under the second. As many entries
/// are one finding.
const THROUGHOUT: usize = FEW + 1;

/// The hosts that a lock may name.
pub(super) struct AllowedHosts<'e> {
    expected: &'e LockExpectation,
    /// What was counted; nothing if hosts are listed.
    counted: Option<HostCounts<'e>>,
}

/// How many entries come from where. Without an address it is the registry that is configured.
struct HostCounts<'e> {
    by_host: HashMap<Option<&'e str>, usize>,
    /// Where most come from; of as many, the registry that is configured, else what is first in the
    /// file.
    most: Option<&'e str>,
}

// === impl AllowedHosts ===

impl<'e> AllowedHosts<'e> {
    pub(super) fn of(expected: &'e LockExpectation, seen: &'e [LocatedPackage<'_>]) -> Self {
        let counted = expected.hosts.is_empty().then(|| HostCounts::of(seen));
        Self { expected, counted }
    }

    /// Whether somebody wrote down that this host may be used.
    pub(super) fn lists(&self, seen: &LocatedPackage<'_>) -> bool {
        let listed = &self.expected.hosts;
        host(seen).is_some_and(|host| listed.iter().any(|one| one.eq_ignore_ascii_case(host)))
    }

    pub(super) fn check(&self, seen: &[LocatedPackage<'_>]) -> Vec<Finding> {
        fold(seen.iter().filter_map(|one| {
            let (rule, message) = self.verdict(one)?;
            let host = host(one).unwrap_or_default().to_owned();
            let finding = one.finding(rule, one.address_span(), message);
            Some(((rule.id, host), finding.advise(advice(rule, host_or(one)))))
        }))
    }

    /// What is wrong with the host of an entry: the rule, and the words for it.
    fn verdict(&self, seen: &LocatedPackage<'_>) -> Option<(&'static FindingRule, String)> {
        seen.address.as_ref()?;
        let host = host_or(seen);
        let Some(counted) = &self.counted else {
            let message = || format!("{host} is not among the hosts that are allowed");
            return (!self.lists(seen)).then(|| (&HOST_NOT_ALLOWED, message()));
        };
        // Archives and repositories are findings of their own when no hosts are listed.
        if seen.package.source != PackageSource::Registry || self.is_configured(seen) {
            return None;
        }
        if let Some(before) = &self.expected.hosts_before {
            let message = || format!("nothing in this lock came from {host} at the base");
            return (!before.contains(host)).then(|| (&HOST_FOREIGN, message()));
        }
        counted.verdict(host)
    }

    /// Whether the package manager is told to fetch this package from its host.
    fn is_configured(&self, seen: &LocatedPackage<'_>) -> bool {
        let registries = &self.expected.registries;
        let mut own = registries
            .iter()
            .filter(|registry| registry.is_for(&seen.package.name));
        host(seen).is_some_and(|host| own.any(|registry| registry.host.as_deref() == Some(host)))
    }
}

// === impl HostCounts ===

impl<'e> HostCounts<'e> {
    fn of(seen: &'e [LocatedPackage<'_>]) -> Self {
        let registered = seen
            .iter()
            .filter(|one| one.package.source == PackageSource::Registry);
        let mut counts: HashMap<Option<&str>, (usize, usize)> = HashMap::new();
        for (index, host) in registered.map(host).enumerate() {
            counts.entry(host).or_insert((0, index)).0 += 1;
        }
        let most = counts
            .iter()
            .max_by_key(|(host, (count, first))| (*count, host.is_none(), Reverse(*first)));
        Self {
            most: most.and_then(|(host, _)| *host),
            by_host: counts
                .iter()
                .map(|(host, (count, _))| (*host, *count))
                .collect(),
        }
    }

    fn verdict(&self, host: &str) -> Option<(&'static FindingRule, String)> {
        if self.most == Some(host) {
            return None;
        }
        let count = self.by_host.get(&Some(host)).copied().unwrap_or_default();
        let most = self.most.unwrap_or("the registry that is configured");
        let rule = if count >= THROUGHOUT {
            &HOST_MIXED
        } else {
            &HOST_FOREIGN
        };
        let message = format!("{host} is not {most}, where most packages come from");
        Some((rule, message))
    }
}

fn host<'s>(seen: &'s LocatedPackage<'_>) -> Option<&'s str> {
    seen.address.as_ref()?.authority.as_deref()
}

fn host_or<'s>(seen: &'s LocatedPackage<'_>) -> &'s str {
    host(seen).unwrap_or("an address without a host")
}

fn advice(rule: &FindingRule, host: &str) -> String {
    format!("{} The host here is {host:?}.", rule.next)
}
