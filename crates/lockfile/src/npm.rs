//! npm's `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.
//!
//! Version 1 nests packages as they lie in `node_modules`, under `dependencies`. Version 3 lists
//! them flat by their paths, under `packages`. Version 2 has both, for npm before 7 and since: what
//! the old half says otherwise than the new one is kept as entries of their own, so that neither
//! half can hide something from a check of the other.

mod flat;
mod nested;

use crate::{
    input::{ByteRange, SourceText},
    model::{LockedPackage, Lockfile, LockfileFormat},
    source::PackageSource,
    sri::Sri,
    tree::{self, MapFields},
};
use finding::UnreadableInput;
use std::collections::HashSet;

/// Reads a file of any of the versions.
pub(crate) fn read(input: &SourceText<'_>) -> Result<Lockfile, UnreadableInput> {
    let tree = tree::json(input)?;
    let top = MapFields::of(input, &tree)?;
    let node = top.need("lockfileVersion")?;
    let version = match node.literal(input)? {
        "1" => 1,
        "2" => 2,
        "3" => 3,
        other => {
            let problem = format!(
                "has the unknown lockfileVersion {}",
                tree::printable_name(other)
            );
            return Err(input.refuse(node.at, problem));
        }
    };
    let mut lockfile = Lockfile {
        file: input.file.to_owned(),
        format: LockfileFormat::Npm(version),
        packages: Vec::new(),
        roots: Vec::new(),
        overrides: Vec::new(),
        catalogs: Vec::new(),
        patches: Vec::new(),
        cache: None,
    };
    if version > 1 {
        let packages = MapFields::of(input, top.need("packages")?)?;
        flat::read(packages, &mut lockfile)?;
    }
    if version < 3 {
        let mut nested = nested::NestedTree::default();
        nested::read(top, "", &mut nested)?;
        let mut packages = nested.packages;
        if version == 2 {
            // Where the old half lays something out is no place of the new one's tree.
            for one in &mut packages {
                one.path = None;
            }
        }
        add_news(&mut lockfile.packages, packages);
    }
    Ok(lockfile)
}

/// What two entries of one package must have in common to say the same.
#[derive(PartialEq, Eq, Hash)]
struct EntryIdentity<'p> {
    installed_as: &'p str,
    source: PackageSource,
    /// Of git and folders only the new half gives a version.
    registered: Option<(&'p str, &'p str)>,
    resolved: Option<&'p str>,
    hashes: &'p [Sri],
    malformed: usize,
}

/// Adds packages that are not there in exactly the same way.
fn add_news(packages: &mut Vec<LockedPackage>, more: Vec<LockedPackage>) {
    let known: HashSet<EntryIdentity<'_>> = packages.iter().map(EntryIdentity::of).collect();
    let news = more.into_iter();
    let news: Vec<LockedPackage> = news
        .filter(|one| !known.contains(&EntryIdentity::of(one)))
        .collect();
    packages.extend(news);
}

// === impl EntryIdentity ===

impl<'p> EntryIdentity<'p> {
    fn of(package: &'p LockedPackage) -> Self {
        Self {
            installed_as: package.installed_as(),
            source: package.source,
            registered: package.registered(),
            resolved: package.resolved.as_ref().map(|text| &*text.value),
            hashes: &package.integrity.hashes,
            malformed: package.integrity.malformed.len(),
        }
    }
}

/// What kind of place an address in an entry is of; without one it is a registry.
fn source(
    fields: MapFields<'_, '_>,
    at: ByteRange,
    address: Option<&str>,
) -> Result<PackageSource, UnreadableInput> {
    let Some(address) = address else {
        return Ok(PackageSource::Registry);
    };
    PackageSource::of(address).ok_or_else(|| {
        let problem = format!(
            "has an address of no known kind: {}",
            tree::printable_name(address)
        );
        fields.input.refuse(at, problem)
    })
}
