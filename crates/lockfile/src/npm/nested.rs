//! The tree of packages as they lie in each other's `node_modules` (versions 1 and 2).
//!
//! The version of an entry is a version, an address, or `npm:NAME@VERSION` for another package that
//! is installed under this name.

use crate::{
    model::{Integrity, LockedPackage, PackageDependency, SpannedText},
    source::{PackageSource, is_version},
    tree::{MapEntry, MapFields, TreeValue},
};
use finding::UnreadableInput;

/// How long all paths together can be, in bytes: they are not in the file, but made. The largest real
/// locks stay below a hundredth.
const MAX_PATHS: usize = 256 << 20;

/// What lies in a tree.
#[derive(Default)]
pub(super) struct NestedTree {
    pub(super) packages: Vec<LockedPackage>,
    /// Of all paths.
    bytes: usize,
}

/// Reads what lies below an entry; how deep that can be was bounded when the tree was made.
pub(super) fn read(
    below: MapFields<'_, '_>,
    path: &str,
    nested: &mut NestedTree,
) -> Result<(), UnreadableInput> {
    let Some(group) = below.map("dependencies")? else {
        return Ok(());
    };
    for entry in group.entries {
        let fields = MapFields::of(group.input, &entry.node)?;
        let package = package(fields, entry, !path.is_empty())?;
        let separator = if path.is_empty() { "" } else { "/" };
        let path = format!("{path}{separator}node_modules/{}", entry.key);
        nested.bytes += path.len();
        if nested.bytes > MAX_PATHS {
            return Err(group
                .input
                .refuse(entry.at, "has longer paths than any system takes"));
        }
        nested.packages.push(LockedPackage {
            path: Some(path.clone()),
            ..package
        });
        read(fields, &path, nested)?;
    }
    Ok(())
}

fn package(
    fields: MapFields<'_, '_>,
    entry: &MapEntry<'_>,
    is_nested: bool,
) -> Result<LockedPackage, UnreadableInput> {
    let input = fields.input;
    let node = fields.need("version")?;
    let written = SpannedText {
        value: node.text(input)?.to_owned(),
        span: input.span(node.at),
    };
    let key = entry.key.to_string();
    let mut package = LockedPackage::new(key, PackageSource::Registry, input.span(entry.at));
    package.resolved = fields.text_unless_false("resolved")?;
    let aliased = written.value.strip_prefix("npm:");
    if let Some((name, version)) = aliased.and_then(|locator| locator.rsplit_once('@')) {
        package.alias = Some(std::mem::replace(&mut package.name, name.to_owned()));
        package.version = Some(SpannedText {
            value: version.to_owned(),
            span: written.span,
        });
    } else if is_version(&written.value) || PackageSource::of(&written.value).is_none() {
        package.version = Some(written);
    } else {
        // An address in place of a version; `resolved`, if there is one, says the same.
        package.resolved = Some(written);
    }
    let resolved = package.resolved.as_ref().map(|text| &*text.value);
    // As in the list of later versions, a flag alone is not believed.
    let is_bare = resolved.is_none() && fields.get("integrity").is_none();
    package.source = if fields.flag("bundled")? && is_nested && is_bare {
        PackageSource::Bundled
    } else {
        super::source(fields, node.at, resolved)?
    };
    let integrity = fields.text("integrity")?;
    package.integrity = integrity.as_ref().map(Integrity::parse).unwrap_or_default();
    package.is_dev = fields.flag("dev")?;
    package.is_optional = fields.flag("optional")?;
    package.dependencies = requires(fields)?;
    Ok(package)
}

/// What an entry asks for; early versions of npm write a flag where there is nothing to list.
fn requires(fields: MapFields<'_, '_>) -> Result<Vec<PackageDependency>, UnreadableInput> {
    match fields.get("requires").map(|node| &node.value) {
        Some(TreeValue::Literal("true" | "false")) => Ok(Vec::new()),
        _ => fields.dependencies("requires", false),
    }
}
