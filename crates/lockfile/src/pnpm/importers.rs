//! `importers`: what each package.json of the project asks for, and what is locked for it.
//!
//! Version 5 lists the ranges apart from what is locked, in `specifiers`; later ones give both
//! together. A project of one package has its only importer at the top until version 6.

use super::GROUPS;
use crate::{
    input::{ByteRange, SourceText},
    model::{PackageDependency, RootPackage},
    tree::{MapEntry, MapFields},
};
use finding::UnreadableInput;
use std::collections::HashMap;

pub(super) fn read(top: MapFields<'_, '_>) -> Result<Vec<RootPackage>, UnreadableInput> {
    let Some(importers) = top.map("importers")? else {
        return Ok(vec![root(top, ".", top.at)?]);
    };
    let roots = importers.entries.iter().map(|entry| {
        let fields = MapFields::of(top.input, &entry.node)?;
        root(fields, &entry.key, entry.at)
    });
    roots.collect()
}

/// What ranges `catalog:NAME` stand for: each with the catalog's name before its own.
pub(super) fn catalogs(top: MapFields<'_, '_>) -> Result<Vec<PackageDependency>, UnreadableInput> {
    let mut found = Vec::new();
    let catalogs = top.map("catalogs")?.map(|catalogs| catalogs.entries);
    for catalog in catalogs.unwrap_or_default() {
        let entries = MapFields::of(top.input, &catalog.node)?.entries;
        for entry in entries {
            let one = requested_dependencies(top.input, entry, false)?;
            let name = format!("{}:{}", catalog.key, one.name);
            found.push(PackageDependency { name, ..one });
        }
    }
    Ok(found)
}

/// A range, and beside it what is locked for it.
fn requested_dependencies(
    input: &SourceText<'_>,
    entry: &MapEntry<'_>,
    is_optional: bool,
) -> Result<PackageDependency, UnreadableInput> {
    let fields = MapFields::of(input, &entry.node)?;
    Ok(PackageDependency {
        name: entry.key.to_string(),
        wanted: fields.need("specifier")?.text(input)?.to_owned(),
        locked: Some(fields.need("version")?.text(input)?.to_owned()),
        is_optional,
        span: input.span(entry.at),
    })
}

fn root(
    fields: MapFields<'_, '_>,
    path: &str,
    at: ByteRange,
) -> Result<RootPackage, UnreadableInput> {
    let dependencies = match fields.map("specifiers")? {
        Some(_) => apart(fields)?,
        None => together(fields)?,
    };
    Ok(RootPackage {
        name: None,
        bundles: Vec::new(),
        path: if path == "." { "" } else { path }.to_owned(),
        dependencies,
        span: fields.input.span(at),
    })
}

fn apart(fields: MapFields<'_, '_>) -> Result<Vec<PackageDependency>, UnreadableInput> {
    let mut locked = HashMap::new();
    for (group, is_optional) in GROUPS {
        for one in fields.dependencies(group, is_optional)? {
            locked.insert(one.name, (one.wanted, is_optional, one.span));
        }
    }
    let mut specified = fields.dependencies("specifiers", false)?;
    for one in &mut specified {
        if let Some((version, is_optional, _)) = locked.remove(&one.name) {
            one.locked = Some(version);
            one.is_optional = is_optional;
        } else {
            // What is asked for and not locked has no entry.
            one.locked = Some(String::new());
        }
    }
    // And what is locked is installed, whether or not anybody asks for it.
    let more = locked
        .into_iter()
        .map(|(name, (version, is_optional, span))| PackageDependency {
            name,
            wanted: String::new(),
            locked: Some(version),
            is_optional,
            span,
        });
    let mut more: Vec<PackageDependency> = more.collect();
    more.sort_by(|one, other| one.name.cmp(&other.name));
    specified.extend(more);
    Ok(specified)
}

fn together(fields: MapFields<'_, '_>) -> Result<Vec<PackageDependency>, UnreadableInput> {
    let input = fields.input;
    let mut specified = Vec::new();
    for (group, is_optional) in GROUPS {
        let entries = fields.map(group)?.map(|group| group.entries);
        for entry in entries.unwrap_or_default() {
            specified.push(requested_dependencies(input, entry, is_optional)?);
        }
    }
    Ok(specified)
}
