//! The list of packages by their paths (versions 2 and 3).
//!
//! A path with `node_modules` in it is an installed package, or a link to a folder of the project.
//! Every other path is such a folder, and its entry repeats what its package.json asks for.
//!
//! An entry is believed to be bundled only where there is a package above it to hold it, and no
//! address to fetch it from: otherwise the flag would be a way around every check of a hash.

use crate::{
    model::{Dependency, Integrity, Lockfile, Package, Root},
    source::Source,
    tree::{Entry, Fields},
};
use finding::Unreadable;

const MODULES: &str = "node_modules/";

pub(super) fn read(packages: Fields<'_, '_>, lockfile: &mut Lockfile) -> Result<(), Unreadable> {
    for entry in packages.entries {
        let fields = Fields::of(packages.input, &entry.node)?;
        match entry.key.rfind(MODULES) {
            Some(at) => {
                let name = entry.key.get(at + MODULES.len()..).unwrap_or_default();
                lockfile.packages.push(package(fields, entry, name)?);
            }
            None => lockfile.roots.push(Root {
                path: entry.key.to_string(),
                dependencies: dependencies(fields, true)?,
                span: fields.input.span(entry.at),
            }),
        }
    }
    Ok(())
}

fn package(
    fields: Fields<'_, '_>,
    entry: &Entry<'_>,
    installed_as: &str,
) -> Result<Package, Unreadable> {
    let input = fields.input;
    if installed_as.is_empty() {
        return Err(input.refuse(entry.at, "has a package without a name"));
    }
    let is_on_top = entry.key.matches(MODULES).count() == 1;
    let resolved = fields.text("resolved")?;
    let source = if fields.flag("link")? {
        Source::Workspace
    } else if fields.flag("inBundle")? && !is_on_top && resolved.is_none() {
        Source::Bundled
    } else {
        let at = fields.get("resolved").map_or(entry.at, |node| node.at);
        super::source(fields, at, resolved.as_ref().map(|text| &*text.value))?
    };
    let named = fields.text("name")?.map(|text| text.value);
    let (name, alias) = match named {
        Some(name) if name != installed_as => (name, Some(installed_as.to_owned())),
        _ => (installed_as.to_owned(), None),
    };
    let integrity = fields.text("integrity")?;
    Ok(Package {
        alias,
        version: fields.text("version")?,
        resolved,
        integrity: integrity.as_ref().map(Integrity::parse).unwrap_or_default(),
        is_dev: fields.flag("dev")?,
        is_optional: fields.flag("optional")? || fields.flag("devOptional")?,
        is_on_top,
        dependencies: dependencies(fields, false)?,
        ..Package::new(name, source, input.span(entry.at))
    })
}

/// What an entry asks for. What it only wants to meet (`peerDependencies`) is not listed: who else
/// asks for it decides.
fn dependencies(fields: Fields<'_, '_>, is_root: bool) -> Result<Vec<Dependency>, Unreadable> {
    let mut needed = fields.dependencies("dependencies", false)?;
    needed.extend(fields.dependencies("optionalDependencies", true)?);
    if is_root {
        needed.extend(fields.dependencies("devDependencies", false)?);
    }
    Ok(needed)
}
