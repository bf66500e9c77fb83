//! pnpm's `pnpm-lock.yaml`, versions 5.x, 6.x and 9.x.
//!
//! `packages` lists archives by a key that holds name and version; up to 6 also what each needs and
//! with which peers, since 9 that is in `snapshots`. `importers` repeats the project's own
//! manifests. Newer versions of pnpm keep what they need for themselves in a document of its own
//! before that of the project: all documents are read.

mod importers;
mod key;
mod snapshots;

use crate::{
    input::Input,
    manifest,
    model::{Dependency, Format, Integrity, Lockfile, Package, Text},
    source::{Address, Source},
    tree::{self, Entry, Fields},
};
use finding::Unreadable;
use key::Key;
use std::collections::HashSet;

/// The lists of what a manifest asks for, and whether they may fail.
const GROUPS: [(&str, bool); 3] = [
    ("dependencies", false),
    ("devDependencies", false),
    ("optionalDependencies", true),
];

/// Reads a file of any of the versions.
pub(crate) fn read(input: &Input<'_>) -> Result<Lockfile, Unreadable> {
    let documents = tree::yaml(input)?;
    let mut found: Option<Lockfile> = None;
    for document in &documents {
        let top = Fields::of(input, document)?;
        let format = format(top)?;
        let lockfile = found.get_or_insert_with(|| Lockfile {
            file: input.file.to_owned(),
            format: format.clone(),
            packages: Vec::new(),
            roots: Vec::new(),
            overridden: HashSet::new(),
        });
        if lockfile.format != format {
            return Err(input.refuse(document.at, "has documents of two versions"));
        }
        read_document(top, lockfile)?;
    }
    found.ok_or_else(|| input.refuse_whole("has no document"))
}

fn format(top: Fields<'_, '_>) -> Result<Format, Unreadable> {
    let node = top.need("lockfileVersion")?;
    let written = node.scalar(top.input)?;
    let parts = written.split_once('.');
    let numbers = parts.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    if let Some((major @ (5 | 6 | 9), minor)) = numbers {
        return Ok(Format::Pnpm { major, minor });
    }
    let shown = tree::shown(written);
    let problem = format!("has the unknown lockfileVersion {shown}");
    Err(top.input.refuse(node.at, problem))
}

fn read_document(top: Fields<'_, '_>, lockfile: &mut Lockfile) -> Result<(), Unreadable> {
    let is_new = matches!(lockfile.format, Format::Pnpm { major: 9, .. });
    lockfile.roots.extend(importers::read(top)?);
    if let Some(overrides) = top.map("overrides")? {
        manifest::collect(overrides, &mut lockfile.overridden)?;
    }
    let start = lockfile.packages.len();
    if let Some(packages) = top.map("packages")? {
        for entry in packages.entries {
            lockfile.packages.push(package(packages, entry, is_new)?);
        }
    }
    if is_new {
        let packages = lockfile.packages.get_mut(start..).unwrap_or_default();
        snapshots::read(top, packages)?;
    }
    Ok(())
}

/// The name of the package that is locked for something; nothing if it has no entry of that name, as
/// links and git have none. Of an alias that is the name in the key that it points to.
pub(crate) fn target(major: u16, needed: &Dependency) -> Option<&str> {
    let locked = needed.locked.as_ref().unwrap_or(&needed.wanted);
    let locked = key::without_peers(locked);
    if locked.contains(':') {
        return None;
    }
    match (major, locked.contains('/')) {
        (9, _) if locked.contains('@') => key::new(locked).map(|key| key.name),
        (9, _) | (_, false) => Some(&needed.name),
        (_, true) if locked.starts_with('/') => key::old(locked).map(|key| key.name),
        _ => None,
    }
}

fn package(
    packages: Fields<'_, '_>,
    entry: &Entry<'_>,
    is_new: bool,
) -> Result<Package, Unreadable> {
    let input = packages.input;
    let fields = Fields::of(input, &entry.node)?;
    let key = if is_new {
        key::new(&entry.key)
    } else {
        key::old(&entry.key)
    };
    let span = input.span(entry.at);
    let (name, version) = match key {
        // What the key says of a registry's package, no field may contradict.
        Some(Key {
            name,
            version: Some(version),
        }) => {
            let value = version.to_owned();
            (Some(name.to_owned()), Some(Text { value, span }))
        }
        key => {
            let named = key.filter(|_| is_new).map(|key| key.name.to_owned());
            let name = fields.text("name")?.map(|text| text.value);
            (named.or(name), fields.text("version")?)
        }
    };
    let Some(name) = name else {
        return Err(input.refuse(entry.at, "has a package without a name"));
    };
    let mut package = Package::new(name, Source::Registry, span);
    package.version = version;
    resolution(fields, &mut package)?;
    package.is_dev = fields.flag("dev")?;
    package.is_optional = fields.flag("optional")?;
    for (group, is_optional) in GROUPS {
        package
            .dependencies
            .extend(fields.dependencies(group, is_optional)?);
    }
    Ok(package)
}

/// Where a package comes from, and the hash of its archive.
fn resolution(fields: Fields<'_, '_>, package: &mut Package) -> Result<(), Unreadable> {
    let input = fields.input;
    let given = Fields::of(input, fields.need("resolution")?)?;
    let integrity = given.text("integrity")?;
    package.integrity = integrity.as_ref().map(Integrity::parse).unwrap_or_default();
    if let Some(folder) = given.text("directory")? {
        package.source = Source::Folder;
        package.resolved = Some(folder);
    } else if let Some(repository) = given.text("repo")? {
        if Address::parse(&repository.value).is_none() {
            let shown = tree::shown(&repository.value);
            return Err(input.refuse(given.at, format!("has no repository at {shown}")));
        }
        package.source = Source::Git;
        package.resolved = Some(match given.text("commit")? {
            Some(commit) => Text {
                value: format!("{}#{}", repository.value, commit.value),
                span: commit.span,
            },
            None => repository,
        });
    } else if let Some(archive) = given.text("tarball")? {
        package.source = Source::of(&archive.value).ok_or_else(|| {
            let shown = tree::shown(&archive.value);
            input.refuse(
                given.at,
                format!("has an address of no known kind: {shown}"),
            )
        })?;
        package.resolved = Some(archive);
    }
    Ok(())
}
