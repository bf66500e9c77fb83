//! The real data, small made-up entries, and the programs to hold them against.

use crate::raw_zip::{Descriptor, Entry as ZipEntry, RawZip};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use vulndb::{DatabaseSource, FeedFile, SourceOrigin, VulnerabilityDatabase};

/// The real database as a zip; where the folder of shared data is absent, says so.
pub(crate) fn real_zip() -> Option<Vec<u8>> {
    let path = root().join("../shared/data/go-vulndb/vulndb-2026-08-21.zip");
    let zip = fs::read(path);
    if zip.is_err() {
        println!("skipped: the folder with the real vulnerability database is absent");
    }
    zip.ok()
}

/// The real database, merged.
pub(crate) fn real_database() -> Option<VulnerabilityDatabase> {
    let source = DatabaseSource::from_zip("go", SourceOrigin::Public, &real_zip()?).unwrap();
    Some(VulnerabilityDatabase::merge(vec![source]).unwrap())
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where programs that tests build are kept between runs.
pub(crate) fn programs() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let directory = root().join(target).join("vulndb");
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// Writes files below a directory.
pub(crate) fn write_files(directory: &Path, files: &[FeedFile]) {
    for FeedFile { name, bytes } in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// An entry about one module, as a value to change further.
pub(crate) fn entry(id: &str, module: &str, events: &[(&str, &str)]) -> Value {
    let events: Vec<Value> = events
        .iter()
        .map(|&(kind, at)| json!({ kind: at }))
        .collect();
    json!({
        "id": id,
        "modified": "2026-05-20T16:03:47Z",
        "summary": format!("{id} in short"),
        "affected": [{
            "package": {"name": module, "ecosystem": "Go"},
            "ranges": [{"type": "SEMVER", "events": events}],
        }],
    })
}

/// The file of an entry in the flat layout.
pub(crate) fn file(entry: &Value) -> FeedFile {
    FeedFile {
        name: format!("{}.json", entry["id"].as_str().unwrap()),
        bytes: entry.to_string().into_bytes(),
    }
}

/// A source in the flat layout.
pub(crate) fn source(name: &str, origin: SourceOrigin, entries: &[Value]) -> DatabaseSource {
    DatabaseSource::from_files(name, origin, entries.iter().map(file).collect()).unwrap()
}

/// A database of one public source.
pub(crate) fn database(entries: &[Value]) -> VulnerabilityDatabase {
    VulnerabilityDatabase::merge(vec![source("osv", SourceOrigin::Public, entries)]).unwrap()
}

/// A zip of files.
pub(crate) fn zip<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let entry = |(name, bytes): (&str, &[u8])| {
        ZipEntry::new(name.as_bytes(), bytes, true, Descriptor::None)
    };
    let zip = RawZip {
        entries: files.into_iter().map(entry).collect(),
        ..RawZip::default()
    };
    zip.write()
}

/// The ids of what a version of a module has.
pub(crate) fn ids(database: &VulnerabilityDatabase, module: &str, version: &str) -> Vec<String> {
    let hits = database.affecting(module, version).unwrap();
    hits.into_iter().map(|hit| hit.id.to_string()).collect()
}
