//! Bill of materials: the build list as `CycloneDX` 1.6 (ECMA-424).
//!
//! Each module is a library with its package URL; the requirements between selected versions are its
//! dependencies. There are no hashes: `CycloneDX` knows digests of files, and Go's h1 is none. The
//! serial number is derived from the content, so that the same build list gives the same document.

use crate::licence::Licence;
use finding::printable;
use gomod::{modfile::ModuleVersion, mvs::Selection};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The document. `built` are the versions whose code a build can contain, `licences` has what is known of each `MODULE@VERSION`.
pub fn cyclonedx(
    selection: &Selection,
    built: &BTreeSet<ModuleVersion>,
    licences: &BTreeMap<String, Vec<Licence>>,
    version: &str,
) -> String {
    let list = selection.build_list();
    let Some(main) = list.first() else {
        return String::new();
    };
    let components: Vec<Value> = built
        .iter()
        .map(|actual| {
            let known = licences.get(&actual.to_string());
            component("library", actual, known.map_or(&[][..], Vec::as_slice))
        })
        .collect();
    let application = component("application", main.module, &[]);
    let dependencies = dependencies(selection, built);
    let serial = serial(&format!("{application}{components:?}{dependencies:?}"));
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial,
        "version": 1,
        "metadata": {
            "tools": { "components": [
                { "type": "application", "name": "modkeep", "version": version },
            ]},
            "component": application,
        },
        "components": components,
        "dependencies": dependencies,
    });
    format!("{document:#}\n")
}

fn component(kind: &str, module: &ModuleVersion, licences: &[Licence]) -> Value {
    let mut value = json!({
        "type": kind,
        "bom-ref": reference(module),
        "name": printable(&module.path),
    });
    if let Some(fields) = value.as_object_mut() {
        if !module.version.is_empty() {
            fields.insert("version".to_owned(), json!(printable(&module.version)));
            fields.insert("purl".to_owned(), json!(reference(module)));
        }
        let ids: BTreeSet<&str> = licences.iter().map(|licence| &*licence.id).collect();
        if !ids.is_empty() {
            let named: Vec<Value> = ids
                .into_iter()
                .map(|id| json!({ "license": { "name": id } }))
                .collect();
            fields.insert("licenses".to_owned(), json!(named));
        }
    }
    value
}

/// What stands in a package URL as it is.
const NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The package URL of a module version; the main module has no version.
pub(crate) fn reference(module: &ModuleVersion) -> String {
    let path = utf8_percent_encode(&module.path, NAME);
    if module.version.is_empty() {
        return format!("pkg:golang/{path}");
    }
    let version = utf8_percent_encode(&module.version, NAME);
    format!("pkg:golang/{path}@{version}")
}

/// Requirements between selected versions.
fn dependencies(selection: &Selection, built: &BTreeSet<ModuleVersion>) -> Vec<Value> {
    let list = selection.build_list();
    let selected: HashMap<&str, String> = list
        .iter()
        .filter_map(|selected| {
            let actual = selected.replacement.unwrap_or(selected.module);
            let is_there = actual.version.is_empty() || built.contains(actual);
            is_there.then(|| (&*selected.module.path, reference(actual)))
        })
        .collect();
    let mut all: BTreeMap<&str, BTreeSet<&str>> = selected
        .values()
        .map(|url| (&**url, BTreeSet::new()))
        .collect();
    for (from, to) in selection.edges() {
        let chosen = selection.version(&from.path) == Some(&*from.version);
        if let (true, Some(from), Some(to)) =
            (chosen, selected.get(&*from.path), selected.get(&*to.path))
        {
            all.entry(from).or_default().insert(to);
        }
    }
    all.into_iter()
        .map(|(from, to)| json!({ "ref": from, "dependsOn": to }))
        .collect()
}

/// A name-based UUID in the form that `CycloneDX` asks for.
fn serial(content: &str) -> String {
    let digest = Sha256::digest(content);
    let mut hex: Vec<char> = Vec::with_capacity(32);
    for byte in digest.iter().take(16) {
        hex.extend(format!("{byte:02x}").chars());
    }
    // Version 8 (RFC 9562): made by a rule of one's own.
    if let Some(digit) = hex.get_mut(12) {
        *digit = '8';
    }
    if let Some(digit) = hex.get_mut(16) {
        *digit = 'a';
    }
    let mut serial = String::from("urn:uuid:");
    for (index, digit) in hex.into_iter().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            serial.push('-');
        }
        serial.push(digit);
    }
    serial
}
