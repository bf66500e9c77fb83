//! pnpm's `pnpm-lock.yaml`, versions 5.x, 6.x and 9.x.
//!
//! `packages` lists archives by a key that holds name and version; up to 6 also what each needs and
//! with which peers, since 9 that is in `snapshots`. `importers` repeats the project's own
//! manifests. Newer versions of pnpm keep what they need for themselves in a document of its own
//! before that of the project: all documents are read.

mod importers;
mod key;
mod resolution;
mod snapshots;

use crate::{
    input::SourceText,
    manifest,
    model::{LockedPackage, Lockfile, LockfileFormat, PackageDependency, SpannedText},
    source::PackageSource,
    tree::{self, MapEntry, MapFields, TreeValue},
};
use finding::UnreadableInput;
use key::PnpmKey;

/// The lists of what a manifest asks for, and whether they may fail.
const GROUPS: [(&str, bool); 3] = [
    ("dependencies", false),
    ("devDependencies", false),
    ("optionalDependencies", true),
];

/// Before the version of a release of node itself, or of another one that runs JavaScript.
const RUNTIME: &str = "runtime:";

/// What of a package's own manifest decides on which machines it is installed, and what then runs.
const FACTS: [&str; 8] = [
    "os",
    "cpu",
    "libc",
    "hasBin",
    "requiresBuild",
    "prepare",
    "peerDependencies",
    "peerDependenciesMeta",
];

/// Reads a file of any of the versions.
pub(crate) fn read(input: &SourceText<'_>) -> Result<Lockfile, UnreadableInput> {
    let documents = tree::yaml(input)?;
    let mut found: Option<Lockfile> = None;
    for document in &documents {
        let top = MapFields::of(input, document)?;
        let format = format(top)?;
        let lockfile = found.get_or_insert_with(|| Lockfile {
            file: input.file.to_owned(),
            format: format.clone(),
            packages: Vec::new(),
            roots: Vec::new(),
            overrides: Vec::new(),
            catalogs: Vec::new(),
            patches: Vec::new(),
            cache: None,
        });
        if lockfile.format != format {
            return Err(input.refuse(document.at, "has documents of two versions"));
        }
        read_document(top, lockfile)?;
    }
    found.ok_or_else(|| input.refuse_whole("has no document"))
}

fn format(top: MapFields<'_, '_>) -> Result<LockfileFormat, UnreadableInput> {
    let node = top.need("lockfileVersion")?;
    // pnpm 5 and 6 wrote numbers; an experiment of pnpm 7 put the ranges beside what is locked, as all
    // versions since 6 do, and said so behind a hyphen.
    let written = node.scalar(top.input)?;
    let plain = written.strip_suffix("-inlineSpecifiers").unwrap_or(written);
    let parts = plain.split_once('.').or(Some((plain, "0")));
    let numbers = parts.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    if let Some((major @ (5 | 6 | 9), minor)) = numbers {
        return Ok(LockfileFormat::Pnpm { major, minor });
    }
    let shown = tree::printable_name(written);
    let problem = format!("has the unknown lockfileVersion {shown}");
    Err(top.input.refuse(node.at, problem))
}

fn read_document(top: MapFields<'_, '_>, lockfile: &mut Lockfile) -> Result<(), UnreadableInput> {
    let is_new = matches!(lockfile.format, LockfileFormat::Pnpm { major: 9, .. });
    lockfile.roots.extend(importers::read(top)?);
    lockfile
        .overrides
        .extend(manifest::overrides(top.map("overrides")?)?);
    lockfile.catalogs.extend(importers::catalogs(top)?);
    lockfile
        .patches
        .extend(manifest::patches(top.map("patchedDependencies")?)?);
    let start = lockfile.packages.len();
    let mut variants = Vec::new();
    if let Some(packages) = top.map("packages")? {
        for entry in packages.entries {
            let package = package(packages, entry, is_new, &mut variants)?;
            lockfile.packages.push(package);
        }
    }
    if is_new {
        let packages = lockfile.packages.get_mut(start..).unwrap_or_default();
        snapshots::read(top, packages)?;
    }
    lockfile.packages.extend(variants);
    Ok(())
}

/// What is locked for something: the name and the version in the key of its entry, the version
/// without peers. Nothing if it has no entry by a name, as links, git and archives have none.
pub(crate) fn target(major: u16, needed: &PackageDependency) -> Option<(&str, Option<&str>)> {
    let locked = needed.locked.as_ref().unwrap_or(&needed.wanted);
    let locked = key::without_peers(locked);
    if let Some(version) = locked.strip_prefix(RUNTIME) {
        return Some((&needed.name, Some(version)));
    }
    if locked.contains(':') {
        return None;
    }
    match (major, locked.contains('/')) {
        (9, _) if locked.contains('@') => key::new(locked).map(|key| (key.name, key.version)),
        (9, _) => Some((&needed.name, Some(locked))),
        (_, false) => Some((&needed.name, Some(key::without_old_peers(locked)))),
        (_, true) if locked.starts_with('/') => key::old(locked).map(|key| (key.name, key.version)),
        _ => None,
    }
}

fn package(
    packages: MapFields<'_, '_>,
    entry: &MapEntry<'_>,
    is_new: bool,
    variants: &mut Vec<LockedPackage>,
) -> Result<LockedPackage, UnreadableInput> {
    let input = packages.input;
    let fields = MapFields::of(input, &entry.node)?;
    let key = if is_new {
        key::new(&entry.key)
    } else {
        key::old(&entry.key)
    };
    let span = input.span(entry.at);
    let (name, version) = match key {
        // What the key says of a registry's package, no field may contradict.
        Some(PnpmKey {
            name,
            version: Some(version),
        }) => {
            let value = version.to_owned();
            (Some(name.to_owned()), Some(SpannedText { value, span }))
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
    let mut package = LockedPackage::new(name, PackageSource::Registry, span);
    package.version = version.map(without_runtime);
    package.facts = fields.facts(&FACTS);
    package.key = Some(plain_key(&entry.key, is_new).to_owned());
    for key in ["peerDependencies", "peerDependenciesMeta"] {
        let peers = fields.map(key)?.map(|peers| peers.entries);
        let names = peers
            .unwrap_or_default()
            .iter()
            .map(|peer| peer.key.to_string());
        package.peers.extend(names);
    }
    package.bundles = bundles(fields)?;
    package.is_dev = fields.flag("dev")?;
    package.is_optional = fields.flag("optional")?;
    let resolution = MapFields::of(input, fields.need("resolution")?)?;
    match resolution.get("variants") {
        Some(node) => resolution::variants(resolution, node, &mut package, variants)?,
        None => resolution::read(resolution, &mut package)?,
    }
    for (group, is_optional) in GROUPS {
        package
            .dependencies
            .extend(fields.dependencies(group, is_optional)?);
    }
    Ok(package)
}

/// A key without peers, as those that refer to it are compared with it.
fn plain_key(key: &str, is_new: bool) -> &str {
    let key = key::without_peers(key);
    match key.rfind('/').filter(|_| !is_new) {
        // An underscore in a version begins the peers of version 5; in a name it is one.
        Some(slash) => {
            let version = key.get(slash..).unwrap_or_default();
            let kept = key::without_old_peers(version).len();
            key.get(..slash + kept).unwrap_or(key)
        }
        None => key,
    }
}

/// The key of the entry that something is locked to; nothing for a link, which has none.
pub(crate) fn referred(format: &LockfileFormat, needed: &PackageDependency) -> Option<String> {
    let locked = needed.locked.as_ref().unwrap_or(&needed.wanted);
    let LockfileFormat::Pnpm { major, .. } = format else {
        return None;
    };
    if locked.starts_with("link:") {
        return None;
    }
    let plain = plain_key(locked, *major == 9);
    let name = &needed.name;
    let is_whole = match major {
        9 => key::new(plain)
            .is_some_and(|key| !key.name.contains(':') && plain.len() > key.name.len()),
        _ => plain.contains(['/', ':']),
    };
    Some(match major {
        _ if is_whole => plain.to_owned(),
        9 => format!("{name}@{plain}"),
        6 => format!("/{name}@{plain}"),
        _ => format!("/{name}/{}", key::without_old_peers(plain)),
    })
}

/// The names of what lies inside of an archive; `true` stands for everything, and names nothing.
fn bundles(fields: MapFields<'_, '_>) -> Result<Vec<String>, UnreadableInput> {
    let node = fields.get("bundledDependencies");
    match node.map(|node| &node.value) {
        Some(TreeValue::List(_)) => fields.texts_of(node),
        _ => Ok(Vec::new()),
    }
}

/// The address that something is locked to, where it has no entry by a name and version.
pub(crate) fn address(locked: &str) -> Option<&str> {
    let plain = key::without_peers(locked);
    match crate::yarn::split(plain) {
        Some((name, behind)) if behind.contains(':') && !name.contains(':') => Some(behind),
        _ => Some(plain).filter(|plain| plain.contains(':')),
    }
}

fn without_runtime(version: SpannedText) -> SpannedText {
    match version.value.strip_prefix(RUNTIME) {
        Some(plain) => SpannedText {
            value: plain.to_owned(),
            ..version
        },
        None => version,
    }
}
