//! Hosts: packages come from those that are allowed, or else from one.

use super::{Expected, Seen};
use crate::{
    rules::{HOST_MIXED, HOST_NOT_ALLOWED},
    source::Source,
};
use finding::Finding;
use std::collections::HashMap;

/// The hosts that a lock may name.
pub(super) enum Hosts<'e> {
    /// These.
    Listed(&'e [String]),
    /// The one that most packages of registries come from; nothing if no address names one.
    Common(Option<&'e str>),
}

// === impl Hosts ===

impl<'e> Hosts<'e> {
    pub(super) fn of(expected: &'e Expected, seen: &'e [Seen<'_>]) -> Self {
        match expected.hosts.as_slice() {
            [] => Self::Common(most_common(seen)),
            listed => Self::Listed(listed),
        }
    }

    /// Whether somebody wrote down that this host may be used.
    pub(super) fn lists(&self, seen: &Seen<'_>) -> bool {
        let host = host(seen);
        match self {
            Self::Listed(listed) => {
                host.is_some_and(|host| listed.iter().any(|one| one.eq_ignore_ascii_case(host)))
            }
            Self::Common(_) => false,
        }
    }

    pub(super) fn check(&self, seen: &Seen<'_>) -> Option<Finding> {
        let address = seen.address.as_ref()?;
        let host = address
            .authority
            .as_deref()
            .unwrap_or("an address without a host");
        let span = seen.address_span();
        match self {
            Self::Listed(_) if !self.lists(seen) => {
                let message = format!("{host} is not among the hosts that are allowed");
                Some(seen.finding(&HOST_NOT_ALLOWED, span, message))
            }
            // Archives and repositories are findings of their own when no hosts are listed.
            Self::Common(Some(common))
                if host != *common && seen.package.source == Source::Registry =>
            {
                let message = format!("{host} is not {common}, where most packages come from");
                Some(seen.finding(&HOST_MIXED, span, message))
            }
            _ => None,
        }
    }
}

fn host<'s>(seen: &'s Seen<'_>) -> Option<&'s str> {
    seen.address.as_ref()?.authority.as_deref()
}

fn most_common<'s>(seen: &'s [Seen<'_>]) -> Option<&'s str> {
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    let registered = seen
        .iter()
        .filter(|one| one.package.source == Source::Registry);
    for (index, host) in registered.filter_map(host).enumerate() {
        let (count, _) = counts.entry(host).or_insert((0, index));
        *count += 1;
    }
    let counts = counts.into_iter();
    let best = counts.max_by_key(|(_, (count, index))| (*count, std::cmp::Reverse(*index)));
    best.map(|(host, _)| host)
}
