//! An export is a proxy by itself: the real go command builds from it.

use crate::support::{Site, artifact, flip_bit, go_mod, lookup};
use bytes::Bytes;
use gomod::ArtifactKind;
use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};
use store::{
    Key, Provenance,
    maintenance::{ExportOptions, export},
};

/// A module zip as Go wants it: every name begins with `MODULE@VERSION/`. Nothing is compressed
/// (PKWARE APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16).
fn module_zip(module: &str, version: &str) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    let files = [
        ("go.mod", format!("module {module}\n")),
        ("m.go", "package m\n\nconst Word = \"kept\"\n".to_owned()),
    ];
    for (name, text) in &files {
        let (name, offset) = (format!("{module}@{version}/{name}"), zip.len() as u32);
        let (length, size) = (name.len() as u16, text.len() as u32);
        let words = [20_u16, 0, 0, 0, 0].map(u16::to_le_bytes).concat();
        let sizes = [crc32(text.as_bytes()), size, size]
            .map(u32::to_le_bytes)
            .concat();
        let common = [words, sizes, [length, 0].map(u16::to_le_bytes).concat()].concat();
        zip.extend_from_slice(
            &[b"PK\x03\x04", &common[..], name.as_bytes(), text.as_bytes()].concat(),
        );
        // Made by; the same as above; no comment, disk, attributes; where the file begins.
        directory.extend_from_slice(
            &[b"PK\x01\x02", &20_u16.to_le_bytes()[..], &common, &[0; 10]].concat(),
        );
        directory.extend_from_slice(&[&offset.to_le_bytes()[..], name.as_bytes()].concat());
    }
    let (count, size, offset) = (files.len() as u16, directory.len() as u32, zip.len() as u32);
    zip.extend_from_slice(&directory);
    zip.extend_from_slice(
        &[
            b"PK\x05\x06",
            &[0; 4][..],
            &count.to_le_bytes(),
            &count.to_le_bytes(),
        ]
        .concat(),
    );
    zip.extend_from_slice(&[&size.to_le_bytes()[..], &offset.to_le_bytes(), &[0; 2]].concat());
    zip
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}

async fn put_version(site: &Site, module: &str, version: &str) {
    let info = format!("{{\"Version\":\"{version}\",\"Time\":\"2026-01-01T00:00:00Z\"}}");
    for (kind, bytes) in [
        (ArtifactKind::Info, info.into_bytes()),
        (ArtifactKind::Mod, format!("module {module}\n").into_bytes()),
        (ArtifactKind::Zip, module_zip(module, version)),
    ] {
        let key = artifact(module, version, kind);
        site.store
            .commit_small(key, Bytes::from(bytes), Provenance::default())
            .await
            .unwrap();
    }
}

/// Runs the real go command in `directory`, with `tree` as its only source.
fn go(directory: &Path, cache: &Path, tree: &Path, arguments: &[&str]) -> Output {
    #[expect(clippy::disallowed_methods, reason = "the go command is the judge")]
    let mut command = Command::new("go");
    command
        .args(arguments)
        .current_dir(directory)
        .env("GOPROXY", format!("file://{}", tree.display()))
        .env("GOSUMDB", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off")
        .env("GOFLAGS", "-modcacherw")
        .env("GOMODCACHE", cache);
    command
        .output()
        .expect("go is installed, as the tests need it")
}

fn succeeded(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn the_go_command_builds_from_an_export() {
    let site = Site::new().await;
    let module = "example.com/Upper/m";
    put_version(&site, module, "v1.0.0").await;
    put_version(&site, module, "v1.1.0").await;
    put_version(&site, module, "v1.2.1-0.20260101000000-0123456789ab").await;
    // A version of which only the go.mod is kept is not offered for choosing.
    site.put(&go_mod(module, "v1.9.0"), &format!("module {module}\n"))
        .await;

    for hard_links in [false, true] {
        let tree = tempfile::tempdir().unwrap();
        let report = export(&site.store, tree.path(), ExportOptions { hard_links })
            .await
            .unwrap();
        assert_eq!(
            (report.written, report.lists, report.damaged.count),
            (10, 1, 0)
        );
        let list =
            std::fs::read_to_string(tree.path().join("example.com/!upper/m/@v/list")).unwrap();
        assert_eq!(list, "v1.0.0\nv1.1.0\n");
        // What is kept is its owner's; what is exported is for whoever serves it.
        let exported = tree.path().join("example.com/!upper/m/@v/v1.0.0.zip");
        let mode = std::fs::metadata(exported).unwrap().permissions().mode();
        assert_eq!(mode & 0o044, 0o044, "{mode:o}");

        let (project, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(
            project.path().join("go.mod"),
            "module example.org/app\n\ngo 1.21\n",
        )
        .unwrap();
        let main =
            format!("package main\n\nimport \"{module}\"\n\nfunc main() {{ println(m.Word) }}\n");
        std::fs::write(project.path().join("main.go"), main).unwrap();
        let run = |arguments: &[&str]| {
            succeeded(&go(project.path(), cache.path(), tree.path(), arguments))
        };
        assert_eq!(
            run(&["list", "-m", "-versions", module]).trim(),
            format!("{module} v1.0.0 v1.1.0")
        );
        run(&["get", &format!("{module}@latest")]);
        run(&["build", "./..."]);
        assert!(
            std::fs::read_to_string(project.path().join("go.mod"))
                .unwrap()
                .contains("v1.1.0")
        );
    }
}

#[tokio::test]
async fn a_second_export_writes_only_what_is_new() {
    let site = Site::new().await;
    put_version(&site, "example.com/m", "v1.0.0").await;
    site.put(&lookup("example.com/m"), "record").await;
    let tree = tempfile::tempdir().unwrap();
    export(&site.store, tree.path(), ExportOptions::default())
        .await
        .unwrap();
    put_version(&site, "example.com/n", "v1.0.0").await;
    let report = export(&site.store, tree.path(), ExportOptions::default())
        .await
        .unwrap();
    assert_eq!((report.written, report.unchanged), (3, 4));
    let record = tree
        .path()
        .join("sumdb/sum.golang.org/lookup/example.com/m@v1.0.0");
    assert_eq!(std::fs::read_to_string(record).unwrap(), "record");
    let names: Vec<_> = std::fs::read_dir(tree.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "no temporary file is left: {names:?}");
}

#[tokio::test]
async fn damaged_blobs_are_left_out_and_reported() {
    let site = Site::new().await;
    let keys: [Key; 2] = [
        go_mod("example.com/a", "v1.0.0"),
        go_mod("example.com/b", "v1.0.0"),
    ];
    let mut blobs = Vec::new();
    for key in &keys {
        blobs.push(site.put(key, &key.path()).await.record.blob);
    }
    flip_bit(&site.blob_path(blobs[0]), 0);
    for hard_links in [false, true] {
        let tree = tempfile::tempdir().unwrap();
        let report = export(&site.store, tree.path(), ExportOptions { hard_links })
            .await
            .unwrap();
        assert_eq!(report.damaged.first[0].0, keys[0].path());
        assert_eq!((report.written, report.damaged.count), (1, 1));
        assert!(!tree.path().join(keys[0].path()).exists());
        assert!(tree.path().join(keys[1].path()).exists());
    }
}
