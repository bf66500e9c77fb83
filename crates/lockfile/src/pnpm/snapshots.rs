//! `snapshots` of version 9: what each package needs, once for every set of peers it was met with.

use super::{GROUPS, key::without_peers};
use crate::{model::Package, tree::Fields};
use finding::Unreadable;
use std::collections::{HashMap, HashSet};

/// Adds to each package what its snapshots say. A snapshot without a package is refused: pnpm could
/// install nothing for it either.
pub(super) fn read(
    snapshots: Fields<'_, '_>,
    listed: Option<Fields<'_, '_>>,
    packages: &mut [Package],
) -> Result<(), Unreadable> {
    let keys = listed.map(|listed| listed.entries.iter().map(|entry| &*entry.key));
    let keys = keys.into_iter().flatten();
    let mut by_key: HashMap<&str, &mut Package> = keys.zip(packages).collect();
    let mut known = HashSet::new();
    let input = snapshots.input;
    for entry in snapshots.entries {
        let fields = Fields::of(input, &entry.node)?;
        let key = without_peers(&entry.key);
        let Some(package) = by_key.get_mut(key) else {
            return Err(input.refuse(entry.at, "has a snapshot of a package that is not listed"));
        };
        package.is_optional |= fields.flag("optional")?;
        for (group, is_optional) in GROUPS {
            for needed in fields.dependencies(group, is_optional)? {
                if known.insert((key, needed.name.clone(), needed.wanted.clone())) {
                    package.dependencies.push(needed);
                }
            }
        }
    }
    Ok(())
}
