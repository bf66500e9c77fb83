//! The list of packages by their paths (versions 2 and 3).
//!
//! A path with `node_modules` in it is an installed package, or a link to a folder of the project.
//! Every other path is such a folder, and its entry repeats what its package.json asks for.
//!
//! An entry is believed to be bundled only where a package above it says that it bundles something,
//! and neither address nor hash to fetch it by are there: otherwise the flag would be a way around
//! every check of a hash.

use crate::{
    model::{Integrity, LockedPackage, Lockfile, PackageDependency, RootPackage},
    source::PackageSource,
    tree::{MapEntry, MapFields, TreeValue},
};
use finding::UnreadableInput;
use std::collections::HashSet;

const MODULES: &str = "node_modules/";

/// What of a package's own manifest decides on which machines it is installed, and what then runs.
const FACTS: [&str; 7] = [
    "os",
    "cpu",
    "libc",
    "bin",
    "hasInstallScript",
    "peerDependencies",
    "peerDependenciesMeta",
];

pub(super) fn read(
    packages: MapFields<'_, '_>,
    lockfile: &mut Lockfile,
) -> Result<(), UnreadableInput> {
    for entry in packages.entries {
        let fields = MapFields::of(packages.input, &entry.node)?;
        if let Some(at) = entry.key.rfind(MODULES) {
            let name = entry.key.get(at + MODULES.len()..).unwrap_or_default();
            lockfile.packages.push(package(fields, entry, name)?);
        } else {
            lockfile.roots.push(root(fields, entry)?);
        }
    }
    let holders = lockfile
        .packages
        .iter()
        .filter(|one| !one.bundles.is_empty());
    let holders = holders.filter_map(|one| one.path.clone());
    let roots = lockfile
        .roots
        .iter()
        .filter(|root| !root.bundles.is_empty());
    let holders: HashSet<String> = holders.chain(roots.map(|root| root.path.clone())).collect();
    for package in &mut lockfile.packages {
        let has_holder = |path: &str| above(path).any(|above| holders.contains(above));
        if package.source == PackageSource::Bundled
            && !package.path.as_deref().is_some_and(has_holder)
        {
            package.source = PackageSource::Registry;
        }
    }
    Ok(())
}

fn root(fields: MapFields<'_, '_>, entry: &MapEntry<'_>) -> Result<RootPackage, UnreadableInput> {
    let dependencies = dependencies(fields, true)?;
    Ok(RootPackage {
        path: entry.key.to_string(),
        name: fields.text("name")?.map(|text| text.value),
        bundles: bundles(fields, &dependencies)?,
        dependencies,
        span: fields.input.span(entry.at),
    })
}

/// The packages that a path lies in, from the nearest on.
fn above(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.rmatch_indices(MODULES);
    ends.filter_map(|(at, _)| path.get(..at.saturating_sub(1)))
}

fn package(
    fields: MapFields<'_, '_>,
    entry: &MapEntry<'_>,
    installed_as: &str,
) -> Result<LockedPackage, UnreadableInput> {
    let input = fields.input;
    if installed_as.is_empty() {
        return Err(input.refuse(entry.at, "has a package without a name"));
    }
    let is_on_top = entry.key.starts_with(MODULES) && entry.key.matches(MODULES).count() == 1;
    let resolved = fields.text_unless_false("resolved")?;
    let integrity = fields.text("integrity")?;
    let is_bare = resolved.is_none() && integrity.is_none();
    let source = if fields.flag("link")? {
        PackageSource::Workspace
    } else if fields.flag("inBundle")? && !is_on_top && is_bare {
        PackageSource::Bundled
    } else {
        let at = fields.get("resolved").map_or(entry.at, |node| node.at);
        super::source(fields, at, resolved.as_ref().map(|text| &*text.value))?
    };
    let named = fields.text("name")?.map(|text| text.value);
    let (name, alias) = match named {
        Some(name) if name != installed_as => (name, Some(installed_as.to_owned())),
        _ => (installed_as.to_owned(), None),
    };
    let dependencies = dependencies(fields, false)?;
    Ok(LockedPackage {
        alias,
        version: fields.text("version")?,
        resolved,
        integrity: integrity.as_ref().map(Integrity::parse).unwrap_or_default(),
        is_dev: fields.flag("dev")?,
        is_optional: fields.flag("optional")? || fields.flag("devOptional")?,
        path: Some(entry.key.to_string()),
        bundles: bundles(fields, &dependencies)?,
        facts: fields.facts(&FACTS),
        dependencies,
        ..LockedPackage::new(name, source, input.span(entry.at))
    })
}

/// What an entry asks for. What it only wants to meet (`peerDependencies`) is not listed: who else
/// asks for it decides.
fn dependencies(
    fields: MapFields<'_, '_>,
    is_root: bool,
) -> Result<Vec<PackageDependency>, UnreadableInput> {
    let mut needed = fields.dependencies("dependencies", false)?;
    needed.extend(fields.dependencies("optionalDependencies", true)?);
    if is_root {
        needed.extend(fields.dependencies("devDependencies", false)?);
    }
    Ok(needed)
}

/// The names of what lies inside of an archive; `true` stands for everything that is needed.
fn bundles(
    fields: MapFields<'_, '_>,
    dependencies: &[PackageDependency],
) -> Result<Vec<String>, UnreadableInput> {
    let node = fields
        .get("bundleDependencies")
        .or_else(|| fields.get("bundledDependencies"));
    match node.map(|node| &node.value) {
        None | Some(TreeValue::Literal("false")) => Ok(Vec::new()),
        Some(TreeValue::Literal("true")) => {
            Ok(dependencies.iter().map(|one| one.name.clone()).collect())
        }
        Some(_) => fields.texts_of(node),
    }
}
