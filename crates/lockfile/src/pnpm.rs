//! pnpm's `pnpm-lock.yaml`, versions 5.x, 6.x and 9.x.
//!
//! `packages` lists archives by a key that holds name and version; up to 6 also what each needs and
//! with which peers, since 9 that is in `snapshots`. `importers` repeats the project's own
//! manifests; up to 6 a project of one package has its only one at the top. Newer versions of pnpm
//! keep what they need for themselves in a document of its own before that of the project: all
//! documents are read.

mod key;
mod snapshots;

use crate::{
    input::Input,
    model::{Dependency, Format, Integrity, Lockfile, Package, Root, Text},
    source::Source,
    tree::{self, Entry, Fields},
};
use finding::Unreadable;
use key::Key;

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
    match top.map("importers")? {
        Some(importers) => {
            for entry in importers.entries {
                let fields = Fields::of(top.input, &entry.node)?;
                lockfile.roots.push(root(fields, &entry.key, entry.at)?);
            }
        }
        None => lockfile.roots.push(root(top, ".", top.at)?),
    }
    let start = lockfile.packages.len();
    if let Some(packages) = top.map("packages")? {
        for entry in packages.entries {
            lockfile.packages.push(package(packages, entry, is_new)?);
        }
    }
    if is_new && let Some(list) = top.map("snapshots")? {
        let packages = lockfile.packages.get_mut(start..).unwrap_or_default();
        snapshots::read(list, top.map("packages")?, packages)?;
    }
    Ok(())
}

/// What a manifest asks for. Version 5 gives the ranges apart, in `specifiers`.
fn root(fields: Fields<'_, '_>, path: &str, at: crate::input::At) -> Result<Root, Unreadable> {
    let mut dependencies = match fields.map("specifiers")? {
        Some(_) => fields.dependencies("specifiers", false)?,
        None => Vec::new(),
    };
    if dependencies.is_empty() {
        for (group, is_optional) in GROUPS {
            dependencies.extend(specified(fields, group, is_optional)?);
        }
    }
    Ok(Root {
        path: if path == "." { "" } else { path }.to_owned(),
        dependencies,
        span: fields.input.span(at),
    })
}

fn specified(
    fields: Fields<'_, '_>,
    group: &str,
    is_optional: bool,
) -> Result<Vec<Dependency>, Unreadable> {
    let Some(group) = fields.map(group)? else {
        return Ok(Vec::new());
    };
    let input = fields.input;
    let specified = group.entries.iter().map(|entry| {
        let given = Fields::of(input, &entry.node)?;
        Ok(Dependency {
            name: entry.key.to_string(),
            wanted: given.need("specifier")?.text(input)?.to_owned(),
            is_optional,
            span: input.span(entry.at),
        })
    });
    specified.collect()
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
