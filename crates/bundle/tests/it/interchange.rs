//! What is written is read again, by us and by the system's `tar`.

use crate::sample::{self, Sample, TILE, samples, write};
use bundle::{BundleHeader, BundleReader, BundleWriter, FORMAT, MANIFEST, is_bundle};
use std::{fs, io::Cursor, process::Command};

#[test]
fn a_bundle_is_read_as_it_was_written() {
    let bytes = write(&samples());
    assert!(is_bundle(&&bytes[..]));
    let files = sample::read(&bytes).unwrap();
    assert_eq!(files[0].1, TILE);
    let mut wanted = Vec::new();
    for sample in samples() {
        let version = sample.version();
        for (proof, (_, content)) in version.proofs.iter().zip(sample.proofs) {
            wanted.push((version.proof_path(proof), content));
        }
        wanted.extend(sample.artifacts);
    }
    assert_eq!(files[1..], wanted);
}

#[test]
fn the_same_contents_are_the_same_bytes() {
    assert_eq!(write(&samples()), write(&samples()));
}

#[test]
fn a_bundle_of_nothing_is_one() {
    let bytes = write(&[]);
    assert_eq!(sample::read(&bytes).unwrap().len(), 1);
}

#[test]
fn the_longest_line_that_can_be_written_can_be_read() {
    let with_source = |length: usize| {
        let mut versions = ["a", "b"].map(|name| {
            let sample = Sample::of(&format!("example.com/{name}"), "v1.0.0");
            sample.version()
        });
        for version in &mut versions {
            version.artifacts.truncate(1);
            version.proofs.clear();
            version.artifacts[0].source = "s".repeat(length);
        }
        let opening = BundleHeader {
            format: FORMAT.to_owned(),
            databases: Vec::new(),
        };
        let mut writer = BundleWriter::begin(Cursor::new(Vec::new()), &opening).unwrap();
        for version in &versions {
            writer.version(version).ok()?;
        }
        writer.end_manifest().unwrap();
        for version in &versions {
            writer.whole(&version.artifacts[0].path, b"{}").unwrap();
        }
        Some(writer.finish().unwrap().into_inner())
    };
    let longest = (0..=65_536).rev().find_map(with_source).unwrap();
    sample::read(&longest).unwrap();
}

#[test]
fn versions_out_of_order_are_refused() {
    for order in [["b", "a"], ["a", "a"]] {
        let samples = order.map(|name| Sample::of(&format!("example.com/{name}"), "v1.0.0"));
        let refused = sample::read(&write(&samples)).unwrap_err();
        assert_eq!(refused.entry, MANIFEST);
        assert!(refused.problem.contains("order"), "{refused}");
    }
}

#[test]
fn other_files_are_no_bundles() {
    for other in [&b""[..], b"modkeep-bundle.json", b"PK\x03\x04", &[0; 4096]] {
        assert!(!is_bundle(&other));
        assert!(BundleReader::open(other, other.len() as u64).is_err());
    }
}

#[test]
fn tar_unpacks_a_bundle_and_sha256sum_agrees_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.bundle");
    fs::write(&file, write(&samples())).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        let output = command
            .args(arguments)
            .current_dir(directory.path())
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    };
    run("tar", &["-xf", "a.bundle"]);
    run("sha256sum", &["-c", "modkeep-bundle.sha256"]);
    for sample in samples() {
        for (path, content) in sample.artifacts {
            assert_eq!(fs::read(directory.path().join(path)).unwrap(), content);
        }
    }
    let manifest = fs::read(directory.path().join(MANIFEST)).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(
        manifest["versions"].as_array().unwrap().len(),
        samples().len()
    );
}
