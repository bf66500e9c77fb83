//! What yarn 2 and later say of an entry.
//!
//! `resolution` is a locator, `NAME@PROTOCOL:…`. There is no hash of what a registry has: `checksum`
//! is of the archive that yarn packed from it for its own cache, and changes with the version of
//! that cache, which is written before it (`10c0/…`) or, until yarn 3, at the top (`cacheKey`).

use super::{patterns, source, split};
use crate::{
    input::SourceText,
    model::{LockedPackage, Lockfile, LockfileFormat, PackageDependency, RootPackage, SpannedText},
    source::PackageSource,
    tree::{self, MapEntry, MapFields},
};
use finding::UnreadableInput;
use std::collections::HashSet;

const METADATA: &str = "__metadata";

/// What of a package's own manifest decides on which machines it is installed, and what of it is
/// linked from where it can be run.
const FACTS: [&str; 6] = [
    "conditions",
    "bin",
    "peerDependencies",
    "peerDependenciesMeta",
    "dependenciesMeta",
    "linkType",
];

pub(super) fn read(input: &SourceText<'_>) -> Result<Lockfile, UnreadableInput> {
    let documents = tree::yaml(input)?;
    let [tree] = documents.as_slice() else {
        return Err(input.refuse_whole("has not exactly one document"));
    };
    let top = MapFields::of(input, tree)?;
    let metadata = MapFields::of(input, top.need(METADATA)?)?;
    let version = metadata.need("version")?.scalar(input)?;
    let cache = metadata.get("cacheKey").map(|node| {
        Ok(SpannedText {
            value: node.scalar(input)?.to_owned(),
            span: input.span(node.at),
        })
    });
    let cache = cache.transpose()?;
    let mut lockfile = Lockfile {
        file: input.file.to_owned(),
        format: LockfileFormat::YarnBerry(version.to_owned()),
        packages: Vec::new(),
        roots: Vec::new(),
        overrides: Vec::new(),
        catalogs: Vec::new(),
        patches: Vec::new(),
        cache,
    };
    for entry in top.entries.iter().filter(|entry| entry.key != METADATA) {
        let package = package(input, entry)?;
        if package.source == PackageSource::Workspace {
            lockfile.roots.push(root(&package));
        }
        lockfile.packages.push(package);
    }
    Ok(lockfile)
}

fn package(input: &SourceText<'_>, entry: &MapEntry<'_>) -> Result<LockedPackage, UnreadableInput> {
    let fields = MapFields::of(input, &entry.node)?;
    let node = fields.need("resolution")?;
    let locator = node.text(input)?;
    let Some((name, reference)) = split(locator).filter(|(_, rest)| !rest.is_empty()) else {
        return Err(input.refuse(node.at, "has no locator here: NAME@PROTOCOL:…"));
    };
    let wanted = patterns(input, &entry.key, entry.at);
    let first = wanted.first().and_then(|text| split(&text.value));
    let installed_as = first.map_or(name, |(installed_as, _)| installed_as);
    let alias = (installed_as != name).then(|| installed_as.to_owned());
    let optional = optional(fields)?;
    let mut dependencies = fields.dependencies("dependencies", false)?;
    for dependency in &mut dependencies {
        dependency.is_optional = optional.contains(&*dependency.name);
    }
    Ok(LockedPackage {
        alias,
        version: fields.text("version")?,
        resolved: Some(SpannedText {
            value: reference.to_owned(),
            span: input.span(node.at),
        }),
        checksum: fields.text("checksum")?,
        facts: fields.facts(&FACTS),
        // Only for some platforms, so that others do not fetch it.
        is_optional: fields.get("conditions").is_some(),
        dependencies,
        ..LockedPackage::new(
            name,
            source(input, node.at, reference)?,
            input.span(entry.at),
        )
    }
    .wanted_as(wanted))
}

/// The names of dependencies that may fail.
fn optional<'f>(fields: MapFields<'f, '_>) -> Result<HashSet<&'f str>, UnreadableInput> {
    let Some(meta) = fields.map("dependenciesMeta")? else {
        return Ok(HashSet::new());
    };
    let mut names = HashSet::new();
    for entry in meta.entries {
        if MapFields::of(fields.input, &entry.node)?.flag("optional")? {
            names.insert(&*entry.key);
        }
    }
    Ok(names)
}

/// The entry of one of the project's own packages repeats its package.json.
fn root(package: &LockedPackage) -> RootPackage {
    let locator = package.resolved.as_ref().map(|text| &*text.value);
    let path = locator.and_then(|locator| locator.strip_prefix("workspace:"));
    let plain = package
        .dependencies
        .iter()
        .map(|dependency| PackageDependency {
            // yarn 4 writes the protocol before every range.
            wanted: plain(&dependency.wanted).to_owned(),
            ..dependency.clone()
        });
    RootPackage {
        path: path
            .filter(|path| *path != ".")
            .unwrap_or_default()
            .to_owned(),
        name: Some(package.name.clone()),
        bundles: Vec::new(),
        dependencies: plain.collect(),
        span: package.span,
    }
}

/// A range without the protocol that is the default; an alias keeps it.
fn plain(wanted: &str) -> &str {
    match wanted.strip_prefix("npm:") {
        Some(range) if super::aliased(range).is_none() => range,
        _ => wanted,
    }
}
