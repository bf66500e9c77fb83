//! Bundles with hostile content, through the import into a store: nothing panics, what was refused
//! keeps nothing, and what was kept once is there the second time.
#![no_main]

#[path = "../harness/content.rs"]
mod content;
#[path = "../harness/input.rs"]
mod input;
#[path = "../harness/scratch.rs"]
mod scratch;

use bundle::{BundleArtifact, BundleDatabase, BundleHeader, BundleVersion, BundleWriter, Digest, ProofEntry};
use content::{MODULES, VERSIONS, artifact};
use input::Input;
use libfuzzer_sys::fuzz_target;
use exchange::{Admission, BundleReport, Intent};
use scratch::{Scratch, directory};
use std::{cell::RefCell, collections::BTreeMap, fs::File, io::{Cursor, Seek as _, Write as _}};
use store::Store;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new());
}

const DATABASE: &str = "sum.example.com";

const H1: &str = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// A bundle that is well-formed, with content that need not be; none where the writer itself refuses.
fn bundle(input: &mut Input<'_>) -> Option<Vec<u8>> {
    let has_database = input.byte() & 1 == 1;
    let head = String::from_utf8_lossy(if has_database { input.stretch() } else { &[] });
    let database = BundleDatabase {
        name: DATABASE.to_owned(),
        head: format!("{DATABASE}\n{head}"),
        tiles: 0,
    };
    let opening = BundleHeader {
        format: bundle::FORMAT.to_owned(),
        databases: has_database.then_some(database).into_iter().collect(),
    };
    let mut versions: BTreeMap<(&str, &str), Vec<(BundleArtifact, Vec<u8>)>> = BTreeMap::new();
    for _ in 0..1 + input.byte() % 4 {
        let (module, version) = (input.pick(&MODULES), input.pick(&VERSIONS));
        let kinds = input.byte();
        let mut items = Vec::new();
        for (bit, kind) in ["info", "mod", "zip"].into_iter().enumerate() {
            if kinds & (1 << bit) != 0 || bit == 1 {
                items.push(item(input, module, version, kind));
            }
        }
        versions.insert((module, version), items);
    }
    let mut writer = BundleWriter::begin(Cursor::new(Vec::new()), &opening).ok()?;
    let mut files = Vec::new();
    for items in versions.into_values() {
        let proof = input.stretch();
        let proof = (has_database && !proof.is_empty()).then_some(proof);
        let version = BundleVersion {
            proofs: proof.iter().map(|proof| of_record(input, proof)).collect(),
            artifacts: items.iter().map(|(item, _)| item.clone()).collect(),
        };
        writer.version(&version).ok()?;
        for (name, bytes) in version
            .proofs
            .iter()
            .map(|one| version.proof_path(one))
            .zip(proof)
        {
            files.push((name, bytes.to_vec()));
        }
        files.extend(items.into_iter().map(|(item, bytes)| (item.path, bytes)));
    }
    writer.end_manifest().ok()?;
    for (name, bytes) in &files {
        writer.whole(name, bytes).ok()?;
    }
    Some(writer.finish().ok()?.into_inner())
}

fn of_record(input: &mut Input<'_>, proof: &[u8]) -> ProofEntry {
    ProofEntry {
        database: DATABASE.to_owned(),
        record: u64::from(input.byte()),
        size: proof.len() as u64,
        sha256: Digest::of(proof),
    }
}

fn item(
    input: &mut Input<'_>,
    module: &str,
    version: &str,
    kind: &str,
) -> (BundleArtifact, Vec<u8>) {
    let bytes = artifact(input, kind, module, version);
    let item = BundleArtifact {
        path: format!("{module}/@v/{version}.{kind}"),
        size: bytes.len() as u64,
        sha256: Digest::of(&bytes),
        h1: (kind != "info").then(|| H1.to_owned()),
        evidence: input
            .pick(&["", "private", "unproven", DATABASE, "first seen"])
            .to_owned(),
        source: input
            .pick(&["", "https://proxy.example.com", "\u{1b}[2J"])
            .to_owned(),
        first_seen: input
            .pick(&["2026-01-01T00:00:00Z", "", "never"])
            .to_owned(),
    };
    (item, bytes)
}

fn imported(
    scratch: &Scratch,
    store: &Store,
    bytes: &[u8],
    admission: &Admission,
    intent: Intent,
) -> BundleReport {
    let place = directory();
    let path = place.path().join("bundle");
    let mut file = File::create_new(&path).expect("a file can be made");
    file.write_all(bytes)
        .and_then(|()| file.rewind())
        .expect("a file can be written");
    let file = File::open(&path).expect("a file can be read");
    let import = exchange::import_bundle(store, file, admission, intent, "import", |_, _, _| {});
    scratch
        .runtime
        .block_on(import)
        .expect("what is in a bundle is no failure of the store")
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let choice = input.byte();
    let admission = Admission {
        allow_unproven: choice & 1 == 0,
        ..Admission::default()
    };
    let Some(mut bundle) = bundle(&mut input) else {
        return;
    };
    // What is left are bytes of the file to spoil.
    while !input.is_empty() {
        let at = usize::from(input.byte()) << 8 | usize::from(input.byte());
        let mask = input.byte();
        if let Some(byte) = bundle.get_mut(at) {
            *byte ^= mask;
        }
    }
    SCRATCH.with_borrow_mut(|scratch| {
        let store = scratch.store();
        let looked = imported(scratch, &store, &bundle, &admission, Intent::Check);
        assert_eq!(looked.captured, 0, "looking keeps nothing: {looked:?}");
        let first = imported(scratch, &store, &bundle, &admission, Intent::Keep);
        assert!(
            first.is_sound() || first.captured == 0,
            "refused, and kept: {first:?}"
        );
        let second = imported(scratch, &store, &bundle, &admission, Intent::Keep);
        assert_eq!(second.captured, 0, "{first:?} {second:?}");
        assert_eq!(second.is_sound(), first.is_sound(), "{first:?} {second:?}");
    });
});
