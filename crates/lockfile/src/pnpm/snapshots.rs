//! `snapshots` of version 9: what each package needs, once for every set of peers it was met with.

use super::{GROUPS, key::without_peers};
use crate::{model::LockedPackage, tree::MapFields};
use finding::UnreadableInput;
use std::collections::{HashMap, HashSet};

/// Adds to each package what its snapshots say. One without the other is refused: pnpm writes both
/// of every package, so the file is not whole, and pnpm could not install from it either.
pub(super) fn read(
    top: MapFields<'_, '_>,
    packages: &mut [LockedPackage],
) -> Result<(), UnreadableInput> {
    let entries = |key| {
        top.map(key)
            .map(|map| map.map(|map| map.entries).unwrap_or_default())
    };
    let (listed, snapshots) = (entries("packages")?, entries("snapshots")?);
    let keys = listed.iter().map(|entry| &*entry.key);
    let mut by_key: HashMap<&str, &mut LockedPackage> = keys.zip(packages).collect();
    let mut known = HashSet::new();
    let mut met = HashSet::new();
    let input = top.input;
    for entry in snapshots {
        let fields = MapFields::of(input, &entry.node)?;
        let key = without_peers(&entry.key);
        let Some(package) = by_key.get_mut(key) else {
            return Err(input.refuse(entry.at, "has a snapshot of a package that is not listed"));
        };
        met.insert(key);
        package.is_optional |= fields.flag("optional")?;
        for (group, is_optional) in GROUPS {
            for needed in fields.dependencies(group, is_optional)? {
                if known.insert((key, needed.name.clone(), needed.wanted.clone())) {
                    package.dependencies.push(needed);
                }
            }
        }
    }
    match listed.iter().find(|entry| !met.contains(&*entry.key)) {
        Some(entry) => Err(input.refuse(entry.at, "has a package that has no snapshot")),
        None => Ok(()),
    }
}
