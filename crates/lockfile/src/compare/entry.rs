//! Entry: what else an entry says of a version than where it comes from and which hash it has.

use super::WRITTEN_LATER;
use crate::{
    model::{LockedPackage, LockfileFormat},
    tree::printable_name,
};
use std::collections::HashSet;

/// A fact that is not the same any more.
pub(super) fn facts(base: &LockedPackage, now: &LockedPackage) -> Option<String> {
    let pairs = base.facts.iter().chain(&now.facts);
    let mut keys = pairs.map(|(key, _)| key.as_str());
    let key = keys.find(|key| {
        let (now, base) = (now.fact(key), base.fact(key));
        let is_news = (now.is_none() || base.is_none()) && WRITTEN_LATER.contains(key);
        now != base && !is_news
    })?;
    let shown = |package: &LockedPackage| {
        package
            .fact(key)
            .map_or("nothing".to_owned(), printable_name)
    };
    Some(format!("{key} is {}, it was {}", shown(now), shown(base)))
}

/// Something that is needed and was not before, or the other way round.
pub(super) fn needs(
    format: &LockfileFormat,
    base: &LockedPackage,
    now: &LockedPackage,
) -> Option<String> {
    let differing = if let LockfileFormat::Pnpm { .. } = format {
        // What is locked for a name is written there, and which peers were met.
        let named = |one: &'_ LockedPackage| -> HashSet<String> {
            let own = one.dependencies.iter().map(|one| one.name.clone());
            own.filter(|name| !one.peers.contains(name)).collect()
        };
        named(base).symmetric_difference(&named(now)).min().cloned()
    } else {
        let pairs = |one: &'_ LockedPackage| -> HashSet<(String, String)> {
            let own = one.dependencies.iter();
            own.map(|one| (one.name.clone(), one.wanted.clone()))
                .collect()
        };
        let (base, now) = (pairs(base), pairs(now));
        let differing = base.symmetric_difference(&now).min();
        differing.map(|(name, wanted)| format!("{name}@{wanted}"))
    };
    let differing = differing.or_else(|| {
        let bundles =
            |one: &'_ LockedPackage| -> HashSet<String> { one.bundles.iter().cloned().collect() };
        bundles(base)
            .symmetric_difference(&bundles(now))
            .min()
            .cloned()
    })?;
    Some(format!(
        "what it needs differs from before in {}",
        printable_name(&differing)
    ))
}
