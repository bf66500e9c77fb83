//! Bill of materials: the build lists of a checkout as one document, `CycloneDX` 1.6 (ECMA-424).
//!
//! Each module is a library with its package URL; the requirements between selected versions are its
//! dependencies. A checkout of one module is that module; one of several is an application that
//! depends on each of them. `hashes` are of the zip as a proxy serves it, where it was read; Go's h1 is
//! no digest of a file, so it is a property. The serial number is derived from the content, so that
//! the same build lists have the same one.

use crate::licence::RecognisedLicence;
use finding::printable;
use gomod::{modfile::ModuleVersion, mvs::ModuleSelection};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
};

/// What is known of one module of a checkout.
#[derive(Debug)]
pub struct BillOfMaterials {
    /// What it selects.
    pub selection: Box<ModuleSelection>,
    /// The versions whose code a build can contain.
    pub built: BTreeSet<ModuleVersion>,
    /// What is known of versions.
    pub known: BTreeMap<ModuleVersion, BillEntry>,
}

/// What a bill says of a version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BillEntry {
    /// Its licences.
    pub licences: Vec<RecognisedLicence>,
    /// SHA-256 of its zip, in hexadecimal digits.
    pub zip_sha256: Option<String>,
    /// The h1 of its files, as go.sum has it.
    pub h1: Option<String>,
}

/// The document about a checkout of this name. `version` is that of modkeep.
pub fn cyclonedx(bills: &[BillOfMaterials], name: &str, version: &str, made: Timestamp) -> String {
    let mains: Vec<&ModuleVersion> = bills.iter().filter_map(BillOfMaterials::main).collect();
    let mut components: BTreeMap<String, Value> = BTreeMap::new();
    let mut dependencies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for bill in bills {
        for module in &bill.built {
            let component = component("library", module, bill.known.get(module));
            components.insert(reference(module), component);
        }
        for (from, to) in bill.dependencies() {
            dependencies.entry(from).or_default().extend(to);
        }
    }
    let application = if let [main] = mains[..] {
        component("application", main, None)
    } else {
        for main in &mains {
            components.insert(reference(main), component("application", main, None));
        }
        let all = mains.iter().map(|main| reference(main)).collect();
        dependencies.insert(ROOT.to_owned(), all);
        json!({ "type": "application", "bom-ref": ROOT, "name": printable(name) })
    };
    let components: Vec<Value> = components.into_values().collect();
    let dependencies: Vec<Value> = dependencies
        .into_iter()
        .map(|(from, to)| json!({ "ref": from, "dependsOn": to }))
        .collect();
    let serial = serial(&format!("{application}{components:?}{dependencies:?}"));
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial,
        "version": 1,
        "metadata": {
            "timestamp": seconds(made),
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

/// SHA-256 of some bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The name of a checkout of several modules within the document.
const ROOT: &str = "checkout";

fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn component(kind: &str, module: &ModuleVersion, known: Option<&BillEntry>) -> Value {
    let mut value = json!({
        "type": kind,
        "bom-ref": reference(module),
        "name": printable(&module.path),
    });
    let Some(fields) = value.as_object_mut() else {
        return value;
    };
    if !module.version.is_empty() {
        fields.insert("version".to_owned(), json!(printable(&module.version)));
        fields.insert("purl".to_owned(), json!(reference(module)));
    }
    let Some(known) = known else {
        return value;
    };
    let ids: BTreeSet<&str> = known.licences.iter().map(|licence| &*licence.id).collect();
    if !ids.is_empty() {
        let named = ids.into_iter();
        let named: Vec<Value> = named.map(|id| json!({ "license": { "id": id } })).collect();
        fields.insert("licenses".to_owned(), json!(named));
    }
    if let Some(digest) = &known.zip_sha256 {
        let hashes = json!([{ "alg": "SHA-256", "content": digest }]);
        fields.insert("hashes".to_owned(), hashes);
    }
    if let Some(h1) = &known.h1 {
        let properties = json!([{ "name": "modkeep:go.sum:h1", "value": printable(h1) }]);
        fields.insert("properties".to_owned(), properties);
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

// === impl BillOfMaterials ===

impl BillOfMaterials {
    /// The main module.
    fn main(&self) -> Option<&ModuleVersion> {
        let list = self.selection.build_list();
        list.first().map(|selected| selected.module)
    }

    /// Requirements between selected versions.
    fn dependencies(&self) -> BTreeMap<String, BTreeSet<String>> {
        let list = self.selection.build_list();
        let selected: HashMap<&str, String> = list
            .iter()
            .filter_map(|selected| {
                let actual = selected.replacement.unwrap_or(selected.module);
                let is_there = actual.version.is_empty() || self.built.contains(actual);
                is_there.then(|| (&*selected.module.path, reference(actual)))
            })
            .collect();
        let urls = selected.values();
        let mut all: BTreeMap<String, BTreeSet<String>> =
            urls.map(|url| (url.clone(), BTreeSet::new())).collect();
        for (from, to) in self.selection.edges() {
            let chosen = self.selection.version(&from.path) == Some(&*from.version);
            if let (true, Some(from), Some(to)) =
                (chosen, selected.get(&*from.path), selected.get(&*to.path))
            {
                all.entry(from.clone()).or_default().insert(to.clone());
            }
        }
        all
    }
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
