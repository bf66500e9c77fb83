//! `importers`: what each package.json of the project asks for, and what is locked for it.
//!
//! Version 5 lists the ranges apart from what is locked, in `specifiers`; later ones give both
//! together. A project of one package has its only importer at the top until version 6.

use super::GROUPS;
use crate::{
    input::At,
    model::{Dependency, Root},
    tree::Fields,
};
use finding::Unreadable;
use std::collections::HashMap;

pub(super) fn read(top: Fields<'_, '_>) -> Result<Vec<Root>, Unreadable> {
    let Some(importers) = top.map("importers")? else {
        return Ok(vec![root(top, ".", top.at)?]);
    };
    let roots = importers.entries.iter().map(|entry| {
        let fields = Fields::of(top.input, &entry.node)?;
        root(fields, &entry.key, entry.at)
    });
    roots.collect()
}

fn root(fields: Fields<'_, '_>, path: &str, at: At) -> Result<Root, Unreadable> {
    let dependencies = match fields.map("specifiers")? {
        Some(_) => apart(fields)?,
        None => together(fields)?,
    };
    Ok(Root {
        path: if path == "." { "" } else { path }.to_owned(),
        dependencies,
        span: fields.input.span(at),
    })
}

fn apart(fields: Fields<'_, '_>) -> Result<Vec<Dependency>, Unreadable> {
    let mut locked = HashMap::new();
    for (group, is_optional) in GROUPS {
        for one in fields.dependencies(group, is_optional)? {
            locked.insert(one.name, (one.wanted, is_optional));
        }
    }
    let mut specified = fields.dependencies("specifiers", false)?;
    for one in &mut specified {
        if let Some((version, is_optional)) = locked.remove(&one.name) {
            one.locked = Some(version);
            one.is_optional = is_optional;
        }
    }
    Ok(specified)
}

fn together(fields: Fields<'_, '_>) -> Result<Vec<Dependency>, Unreadable> {
    let input = fields.input;
    let mut specified = Vec::new();
    for (group, is_optional) in GROUPS {
        let entries = fields.map(group)?.map(|group| group.entries);
        for entry in entries.unwrap_or_default() {
            let given = Fields::of(input, &entry.node)?;
            specified.push(Dependency {
                name: entry.key.to_string(),
                wanted: given.need("specifier")?.text(input)?.to_owned(),
                locked: Some(given.need("version")?.text(input)?.to_owned()),
                is_optional,
                span: input.span(entry.at),
            });
        }
    }
    Ok(specified)
}
