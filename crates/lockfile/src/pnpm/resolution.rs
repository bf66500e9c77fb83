//! `resolution`: where a package comes from, and the hash of its archive.
//!
//! What pnpm writes there is a registry's archive (only a hash), an archive of the web (`tarball`), a
//! repository (`repo` and `commit`), a folder (`directory`) or a release of a runtime (`url`), and
//! says which in `type` where that is not clear. A runtime has one archive a platform: `variants`.

use crate::{
    model::{Integrity, LockedPackage, SpannedText},
    source::{PackageSource, SourceAddress},
    tree::{self, MapFields, TreeNode},
};
use finding::UnreadableInput;

/// The types that pnpm writes, and the field that each of them has to have.
const TYPES: [(&str, &str); 4] = [
    ("directory", "directory"),
    ("git", "repo"),
    ("binary", "url"),
    ("tarball", "tarball"),
];

/// What else decides which file is installed, and as what.
const FACTS: [&str; 4] = ["path", "archive", "bin", "prefix"];

/// Reads one resolution.
pub(super) fn read(
    given: MapFields<'_, '_>,
    package: &mut LockedPackage,
) -> Result<(), UnreadableInput> {
    let input = given.input;
    let integrity = given.text("integrity")?;
    package.integrity = integrity.as_ref().map(Integrity::parse).unwrap_or_default();
    let kind = given.text("type")?;
    let kind = kind.as_ref().map(|text| &*text.value);
    if let Some(kind) = kind
        && !TYPES.iter().any(|(name, _)| *name == kind)
    {
        let shown = tree::printable_name(kind);
        return Err(input.refuse(given.at, format!("has the unknown type {shown}")));
    }
    // Without its type pnpm takes a folder or repository for a package of the registry by that name.
    for (name, field) in TYPES {
        let is_there = given.get(field).is_some();
        if is_there != (kind == Some(name)) && (is_there || kind.is_some()) && field != "tarball" {
            let problem =
                format!("has {field:?} and not the type {name:?}, or the other way round");
            return Err(input.refuse(given.at, problem));
        }
    }
    if let Some(folder) = given.text("directory")? {
        package.source = PackageSource::Folder;
        package.resolved = Some(folder);
    } else if let Some(repository) = given.text("repo")? {
        if SourceAddress::parse(&repository.value).is_none() {
            let shown = tree::printable_name(&repository.value);
            return Err(input.refuse(given.at, format!("has no repository at {shown}")));
        }
        package.source = PackageSource::Git;
        package.resolved = Some(match given.text("commit")? {
            Some(commit) => SpannedText {
                value: format!("{}#{}", repository.value, commit.value),
                span: commit.span,
            },
            None => repository,
        });
    } else if let Some(archive) = given.text("tarball")?.or(given.text("url")?) {
        package.source = PackageSource::of(&archive.value).ok_or_else(|| {
            let shown = tree::printable_name(&archive.value);
            let problem = format!("has an address of no known kind: {shown}");
            input.refuse(given.at, problem)
        })?;
        package.resolved = Some(archive);
    }
    package.facts.extend(given.facts(&FACTS));
    Ok(())
}

/// Reads one archive a platform: each is a package of its own, so that no check forgets one of them.
/// The first takes the place of the entry, the others come behind.
pub(super) fn variants(
    resolution: MapFields<'_, '_>,
    node: &TreeNode<'_>,
    package: &mut LockedPackage,
    more: &mut Vec<LockedPackage>,
) -> Result<(), UnreadableInput> {
    let input = resolution.input;
    let kind = resolution.need("type")?;
    if kind.text(input)? != "variations" {
        return Err(input.refuse(kind.at, "has variants and not the type \"variations\""));
    }
    let elements = node.list(input)?;
    if elements.is_empty() {
        return Err(input.refuse(node.at, "has no variant here"));
    }
    let plain = package.clone();
    for (index, element) in elements.iter().enumerate() {
        let fields = MapFields::of(input, element)?;
        let mut variant = plain.clone();
        variant.facts.extend(fields.facts(&["targets"]));
        read(
            MapFields::of(input, fields.need("resolution")?)?,
            &mut variant,
        )?;
        if index == 0 {
            *package = variant;
        } else {
            more.push(variant);
        }
    }
    Ok(())
}
