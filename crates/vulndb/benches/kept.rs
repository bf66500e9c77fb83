//! A kept database from cold to the answer, with the real data: `cargo bench -p vulndb`.
//!
//! The build has 300 modules, half of them ones that the database knows, which is more than any
//! real build has.

#![expect(clippy::unwrap_used, reason = "the input is made here")]

use divan::{Bencher, black_box};
use std::path::Path;
use vulndb::{DatabaseSnapshot, DatabaseSource, SourceOrigin, VulnerabilityDatabase};

const DATA: &str = "../../../shared/data/go-vulndb/vulndb-2026-08-21.zip";

fn main() {
    divan::main();
}

fn zip() -> Option<Vec<u8>> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA)).ok()
}

fn read(zip: &[u8]) -> VulnerabilityDatabase {
    let source = DatabaseSource::from_zip("go", SourceOrigin::Public, zip).unwrap();
    VulnerabilityDatabase::merge(vec![source]).unwrap()
}

/// 150 modules that the database knows, spread over it, with the standard library among them, and
/// 150 that it does not know.
fn build(database: &VulnerabilityDatabase) -> Vec<(String, String)> {
    let index = database.answer("index/modules.json").unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index.bytes).unwrap();
    let known = index.as_array().unwrap();
    let spread = known.iter().step_by(known.len() / 149).take(149);
    let spread = spread.map(|line| {
        (
            line["path"].as_str().unwrap().to_owned(),
            "v1.0.0".to_owned(),
        )
    });
    let others = (0..150).map(|number| (format!("example.com/m{number}"), "v1.0.0".to_owned()));
    let library = ("stdlib".to_owned(), "go1.21.3".to_owned());
    spread.chain(others).chain([library]).collect()
}

#[divan::bench]
fn import_a_zip(bencher: Bencher<'_, '_>) {
    let Some(zip) = zip() else { return };
    bencher.bench(|| read(black_box(&zip)));
}

#[divan::bench]
fn open(bencher: Bencher<'_, '_>) {
    let Some(zip) = zip() else { return };
    let directory = tempfile::tempdir().unwrap();
    let kept = DatabaseSnapshot::in_directory(directory.path());
    kept.replace(&read(&zip)).unwrap();
    bencher.bench(|| black_box(&kept).open().unwrap());
}

#[divan::bench]
fn open_and_examine_300_modules(bencher: Bencher<'_, '_>) {
    let Some(zip) = zip() else { return };
    let directory = tempfile::tempdir().unwrap();
    let kept = DatabaseSnapshot::in_directory(directory.path());
    let database = read(&zip);
    kept.replace(&database).unwrap();
    let modules = build(&database);
    bencher.bench(|| {
        let database = black_box(&kept).open().unwrap().unwrap();
        let pairs = modules.iter().map(|(path, version)| (&**path, &**version));
        database.examine(pairs).unwrap()
    });
}
