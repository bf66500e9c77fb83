//! Import: from an export and from a module cache, without trusting either.

use crate::support::{Site, artifact, go_mod, lookup, put};
use gomod::ArtifactKind;
use std::{fs, path::Path, sync::Arc};
use store::{
    Key, StoreError,
    maintenance::{
        ExportOptions, ImportCheck, ImportChecker, ImportOptions, ImportReport, export, import,
    },
};

fn accepting() -> ImportChecker {
    Arc::new(|_, _, _| {
        Ok(ImportCheck {
            h1: Some("h1:x".to_owned()),
            ..ImportCheck::default()
        })
    })
}

async fn run(site: &Site, tree: &Path, checker: ImportChecker) -> Result<ImportReport, StoreError> {
    let options = ImportOptions {
        source: "import".to_owned(),
        evidence: protocol::Evidence::Unverified,
    };
    import(&site.store, tree, options, checker).await
}

fn write(tree: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = tree.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn what_was_exported_is_imported_whole_and_only_once() {
    let site = Site::new().await;
    let keys = [
        artifact("example.com/Upper", "v1.0.0", ArtifactKind::Info),
        go_mod("example.com/Upper", "v1.0.0"),
        artifact("example.com/Upper", "v1.0.0", ArtifactKind::Zip),
        lookup("example.com/Upper"),
    ];
    let bytes = [
        r#"{"Version":"v1.0.0"}"#,
        "module example.com/Upper\n",
        "PK...",
        "record",
    ];
    for (key, bytes) in keys.iter().zip(bytes) {
        site.put(key, bytes).await;
    }
    let tree = tempfile::tempdir().unwrap();
    export(&site.store, tree.path(), ExportOptions::default())
        .await
        .unwrap();

    let other = Site::new().await;
    let report = run(&other, tree.path(), accepting()).await.unwrap();
    let expected = ImportReport {
        captured: 4,
        skipped: 1,
        ..ImportReport::default()
    };
    assert_eq!(report, expected);
    for (key, bytes) in keys.iter().zip(bytes) {
        assert_eq!(
            other.get(key).await.unwrap().as_deref(),
            Some(bytes.as_bytes())
        );
        let record = other.store.find(key).await.unwrap().unwrap();
        assert_eq!(
            (record.source.as_str(), record.h1.as_deref()),
            ("import", Some("h1:x"))
        );
    }
    let sequence = other.store.health().sequence;
    let report = run(&other, tree.path(), accepting()).await.unwrap();
    assert_eq!(
        report,
        ImportReport {
            unchanged: 4,
            skipped: 1,
            ..ImportReport::default()
        }
    );
    assert_eq!(
        other.store.health().sequence,
        sequence,
        "a second import decides nothing"
    );
}

#[tokio::test]
async fn a_module_cache_is_imported_without_its_helper_files() {
    let site = Site::new().await;
    let cache = tempfile::tempdir().unwrap();
    let versions = "cache/download/example.com/m/@v";
    for (name, bytes) in [
        ("v1.0.0.info", r#"{"Version":"v1.0.0"}"#),
        ("v1.0.0.mod", "module example.com/m\n"),
        ("v1.0.0.zip", "PK"),
        ("v1.0.0.ziphash", "h1:y"),
        ("v1.0.0.lock", ""),
        ("v1.1.0.zip.partial", "P"),
        ("list", "v1.0.0\n"),
    ] {
        write(cache.path(), &format!("{versions}/{name}"), bytes);
    }
    write(
        cache.path(),
        "cache/download/sumdb/sum.golang.org/tile/8/0/000.p/5",
        "part",
    );
    write(
        cache.path(),
        "cache/download/sumdb/sum.golang.org/tile/8/0/000",
        "whole",
    );
    write(cache.path(), "cache/lock", "");
    write(cache.path(), "example.com/m@v1.0.0/m.go", "package m\n");
    let report = run(&site, cache.path(), accepting()).await.unwrap();
    assert_eq!(
        report,
        ImportReport {
            captured: 4,
            skipped: 5,
            ..ImportReport::default()
        }
    );
}

#[tokio::test]
async fn wrong_names_contents_and_sizes_are_refused_and_the_rest_goes_on() {
    let site = Site::new().await;
    let tree = tempfile::tempdir().unwrap();
    for (path, bytes) in [
        (
            "example.com/Upper/@v/v1.0.0.mod",
            "module example.com/Upper\n",
        ),
        ("example.com/m/@v/v1.0.mod", "module example.com/m\n"),
        ("example.com/m/@v/v1.0.0.exe", "MZ"),
        ("example.com/m/@v/v1.0.0.info", r#"{"Version":"v1.0.1"}"#),
        ("example.com/m/@v/v1.0.1.info", "{}"),
        ("example.com/m/@v/v1.0.2.info", "no JSON"),
        ("example.com/m/@v/v1.0.0.zip", "no zip"),
        ("example.com/m/@v/v1.0.0.mod", "mod\0ule"),
        (
            "example.com/good/@v/v1.0.0.mod",
            "module example.com/good\n",
        ),
    ] {
        write(tree.path(), path, bytes);
    }
    write(
        tree.path(),
        "example.com/m/@v/v1.0.3.info",
        vec![b' '; (1 << 20) + 1],
    );
    #[cfg(unix)]
    std::os::unix::fs::symlink(
        "/etc/hostname",
        tree.path().join("example.com/m/@v/v1.0.4.mod"),
    )
    .unwrap();

    let report = run(&site, tree.path(), accepting()).await.unwrap();
    assert_eq!(report.captured, 1, "{report:?}");
    let refused: Vec<_> = report
        .refused
        .first
        .iter()
        .map(|(path, _)| path.rsplit("/@v/").next().unwrap())
        .collect();
    let expected = [
        "v1.0.0.mod",
        "v1.0.mod",
        "v1.0.0.exe",
        "v1.0.0.info",
        "v1.0.1.info",
        "v1.0.2.info",
        "v1.0.3.info",
        "v1.0.4.mod",
        "v1.0.0.zip",
        "v1.0.0.mod",
    ];
    assert_eq!(sorted(refused), sorted(expected.to_vec()), "{report:?}");
    assert!(
        site.get(&go_mod("example.com/good", "v1.0.0"))
            .await
            .unwrap()
            .is_some()
    );
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

#[tokio::test]
async fn the_checker_has_the_last_word_and_sees_what_will_be_captured() {
    let site = Site::new().await;
    let tree = tempfile::tempdir().unwrap();
    write(tree.path(), "example.com/a/@v/v1.0.0.zip", "PK good");
    write(tree.path(), "example.com/b/@v/v1.0.0.zip", "PK bad!");
    let checker: ImportChecker = Arc::new(|key, file, size| {
        assert!(matches!(key, Key::Artifact(_)));
        let mut bytes = vec![0; usize::try_from(size).unwrap()];
        std::os::unix::fs::FileExt::read_exact_at(file, &mut bytes, 0).unwrap();
        if bytes == b"PK good" {
            Ok(ImportCheck::default())
        } else {
            Err("not good".to_owned())
        }
    });
    let report = run(&site, tree.path(), checker).await.unwrap();
    assert_eq!(report.captured, 1);
    assert_eq!(
        report.refused.first,
        [(
            "example.com/b/@v/v1.0.0.zip".to_owned(),
            "not good".to_owned()
        )]
    );
}

#[tokio::test]
async fn what_is_kept_stays_when_other_bytes_are_imported() {
    let site = Site::new().await;
    let key = go_mod("example.com/m", "v1.0.0");
    put(&site.store, &key, "module example.com/m\n")
        .await
        .unwrap();
    let tree = tempfile::tempdir().unwrap();
    write(
        tree.path(),
        "example.com/m/@v/v1.0.0.mod",
        "module example.com/m // changed\n",
    );
    let report = run(&site, tree.path(), accepting()).await.unwrap();
    assert_eq!(report.conflicts.first, [key.path()]);
    assert_eq!(
        site.get(&key).await.unwrap().as_deref(),
        Some(&b"module example.com/m\n"[..])
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_name_that_is_no_text_is_refused_and_the_rest_goes_on() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let site = Site::new().await;
    let tree = tempfile::tempdir().unwrap();
    write(
        tree.path(),
        "example.com/m/@v/v1.0.0.mod",
        "module example.com/m\n",
    );
    let versions = tree.path().join("example.com/m/@v");
    fs::write(versions.join(OsStr::from_bytes(b"v1.0.1\xff.mod")), "x").unwrap();
    fs::create_dir(tree.path().join(OsStr::from_bytes(b"\xff"))).unwrap();
    let report = run(&site, tree.path(), accepting()).await.unwrap();
    assert_eq!(
        (report.captured, report.refused.count),
        (1, 1),
        "{report:?}"
    );
}
