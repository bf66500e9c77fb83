//! npm's `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.
//!
//! Version 1 nests packages as they lie in `node_modules`, under `dependencies`. Version 3 lists
//! them flat by their paths, under `packages`. Version 2 has both, for npm before 7 and since: what
//! the old half says otherwise than the new one is kept as entries of their own, so that neither
//! half can hide something from a check of the other.

mod flat;
mod nested;

use crate::{
    input::{At, Input},
    model::{Format, Lockfile, Package},
    source::Source,
    sri::Sri,
    tree::{self, Fields},
};
use finding::Unreadable;
use std::collections::HashSet;

/// Reads a file of any of the versions.
pub(crate) fn read(input: &Input<'_>) -> Result<Lockfile, Unreadable> {
    let tree = tree::json(input)?;
    let top = Fields::of(input, &tree)?;
    let node = top.need("lockfileVersion")?;
    let version = match node.literal(input)? {
        "1" => 1,
        "2" => 2,
        "3" => 3,
        other => {
            let problem = format!("has the unknown lockfileVersion {}", tree::shown(other));
            return Err(input.refuse(node.at, problem));
        }
    };
    let mut lockfile = Lockfile {
        file: input.file.to_owned(),
        format: Format::Npm(version),
        packages: Vec::new(),
        roots: Vec::new(),
        overrides: Vec::new(),
        catalogs: Vec::new(),
        patches: Vec::new(),
        cache: None,
    };
    if version > 1 {
        let packages = Fields::of(input, top.need("packages")?)?;
        flat::read(packages, &mut lockfile)?;
    }
    if version < 3 {
        let mut nested = nested::Nested::default();
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
struct Said<'p> {
    installed_as: &'p str,
    source: Source,
    /// Of git and folders only the new half gives a version.
    registered: Option<(&'p str, &'p str)>,
    resolved: Option<&'p str>,
    hashes: &'p [Sri],
    malformed: usize,
}

/// Adds packages that are not there in exactly the same way.
fn add_news(packages: &mut Vec<Package>, more: Vec<Package>) {
    let known: HashSet<Said<'_>> = packages.iter().map(Said::of).collect();
    let news = more.into_iter();
    let news: Vec<Package> = news.filter(|one| !known.contains(&Said::of(one))).collect();
    packages.extend(news);
}

// === impl Said ===

impl<'p> Said<'p> {
    fn of(package: &'p Package) -> Self {
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
fn source(fields: Fields<'_, '_>, at: At, address: Option<&str>) -> Result<Source, Unreadable> {
    let Some(address) = address else {
        return Ok(Source::Registry);
    };
    Source::of(address).ok_or_else(|| {
        let problem = format!("has an address of no known kind: {}", tree::shown(address));
        fields.input.refuse(at, problem)
    })
}
