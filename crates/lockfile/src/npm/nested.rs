//! The tree of packages as they lie in each other's `node_modules` (versions 1 and 2).
//!
//! The version of an entry is a version, an address, or `npm:NAME@VERSION` for another package that
//! is installed under this name.

use crate::{
    model::{Dependency, Integrity, Package, Text},
    source::{Source, is_version},
    tree::{Entry, Fields, Value},
};
use finding::Unreadable;

/// Reads what lies below an entry; how deep that can be was bounded when the tree was made.
pub(super) fn read(
    below: Fields<'_, '_>,
    depth: usize,
    packages: &mut Vec<Package>,
) -> Result<(), Unreadable> {
    let Some(group) = below.map("dependencies")? else {
        return Ok(());
    };
    for entry in group.entries {
        let fields = Fields::of(group.input, &entry.node)?;
        let package = package(fields, entry, depth > 0)?;
        packages.push(Package {
            is_on_top: depth == 0,
            ..package
        });
        read(fields, depth + 1, packages)?;
    }
    Ok(())
}

fn package(
    fields: Fields<'_, '_>,
    entry: &Entry<'_>,
    is_nested: bool,
) -> Result<Package, Unreadable> {
    let input = fields.input;
    let node = fields.need("version")?;
    let written = Text {
        value: node.text(input)?.to_owned(),
        span: input.span(node.at),
    };
    let key = entry.key.to_string();
    let mut package = Package::new(key, Source::Registry, input.span(entry.at));
    package.resolved = fields.text("resolved")?;
    let aliased = written.value.strip_prefix("npm:");
    if let Some((name, version)) = aliased.and_then(|locator| locator.rsplit_once('@')) {
        package.alias = Some(std::mem::replace(&mut package.name, name.to_owned()));
        package.version = Some(Text {
            value: version.to_owned(),
            span: written.span,
        });
    } else if is_version(&written.value) || Source::of(&written.value).is_none() {
        package.version = Some(written);
    } else {
        // An address in place of a version; `resolved`, if there is one, says the same.
        package.resolved = Some(written);
    }
    let resolved = package.resolved.as_ref().map(|text| &*text.value);
    // As in the list of later versions, a flag alone is not believed.
    package.source = if fields.flag("bundled")? && is_nested && resolved.is_none() {
        Source::Bundled
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
fn requires(fields: Fields<'_, '_>) -> Result<Vec<Dependency>, Unreadable> {
    match fields.get("requires").map(|node| &node.value) {
        Some(Value::Literal("true" | "false")) => Ok(Vec::new()),
        _ => fields.dependencies("requires", false),
    }
}
