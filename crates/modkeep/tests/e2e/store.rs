//! The data directory from outside: verified, rebuilt, exported, imported, and damaged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use testkit::fixture::Corpus;
use testkit::fixture::Module;
use testkit::go::Go;
use testkit::process::{self, Output};
use testkit::server::Setup;
use testkit::upstream::FakeUpstream;

use crate::site::{BINARY, Site, module, serve, url};

const NAMES: [&str; 3] = ["a", "b", "c"];

fn kept() -> Site {
    let site = Site::with(&NAMES.map(|name| module(name, 50_000)));
    for name in NAMES {
        site.keep(&format!("example.com/{name}"), "v1.0.0");
        assert!(site.server.get(&url(name, "list")).is_whole());
    }
    site.upstream.refuse();
    site
}

fn store(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.arg("store").args(arguments).arg("--data").arg(data);
    process::run(&mut command, Duration::from_mins(2))
}

#[track_caller]
fn assert_all_served(site: &Site) {
    for name in NAMES {
        let answer = site.server.get(&url(name, "zip"));
        assert_eq!(answer.body, module(name, 50_000).zip(), "{name}");
    }
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// The file that holds the kept zip of `example.com/NAME`.
fn blob(site: &Site, name: &str) -> PathBuf {
    let zip = module(name, 50_000).zip();
    let holds = |path: &PathBuf| fs::read(path).is_ok_and(|bytes| bytes == zip);
    files(site.server.data()).into_iter().find(holds).unwrap()
}

#[test]
fn a_store_that_was_stopped_or_killed_verifies() {
    let mut site = kept();
    assert!(site.server.stop().success());
    store(&["verify"], site.server.data()).assert_ok();
    site.server.start();
    site.server.kill();
    store(&["verify"], site.server.data()).assert_ok();
}

#[test]
fn a_second_process_is_kept_out_of_a_data_directory_in_use() {
    let site = kept();
    let mut command = Command::new(BINARY);
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--verify",
        "off",
        "--upstream",
        "off",
    ]);
    command.arg("--data").arg(site.server.data());
    process::run(&mut command, Duration::from_secs(20)).assert_fails_with("MK3006");
    assert_all_served(&site);
}

#[test]
fn a_lost_catalog_is_rebuilt_from_blobs_and_journal() {
    let mut site = kept();
    assert!(site.server.stop().success());
    let mut lost = 0;
    for file in files(site.server.data()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name.contains("catalog") {
            fs::remove_file(&file).unwrap();
            lost += 1;
        }
    }
    assert!(lost > 0, "no catalog file found");
    store(&["rebuild"], site.server.data()).assert_ok();
    store(&["verify"], site.server.data()).assert_ok();
    site.server.start();
    assert_all_served(&site);
    Go::new(&site.server.url())
        .versions("example.com/a")
        .assert_ok();
}

#[test]
fn a_catalog_of_garbage_is_refused_by_name_and_can_be_rebuilt() {
    let mut site = kept();
    assert!(site.server.stop().success());
    for file in files(site.server.data()) {
        if file
            .extension()
            .is_some_and(|extension| extension == "sqlite" || extension == "db")
        {
            fs::write(&file, vec![0x5a; 20_000]).unwrap();
        }
    }
    let mut command = Command::new(BINARY);
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--verify",
        "off",
        "--upstream",
        "off",
    ]);
    command.arg("--data").arg(site.server.data());
    process::run(&mut command, Duration::from_secs(20)).assert_fails_with("MK3005");
    store(&["rebuild"], site.server.data()).assert_ok();
    site.server.start();
    assert_all_served(&site);
}

#[test]
fn a_damaged_blob_is_found_and_never_served_as_whole_while_the_others_are() {
    let mut site = kept();
    let file = blob(&site, "b");
    assert!(site.server.stop().success());
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    make_writable(&file);
    fs::write(&file, &bytes).unwrap();
    let output = store(&["verify"], site.server.data());
    assert!(!output.ok(), "{output}");
    assert!(format!("{output}").contains("example.com/b"), "{output}");

    site.server.start();
    let damaged = site.server.get(&url("b", "zip"));
    assert!(!damaged.is_whole(), "damaged bytes were served as whole");
    for name in ["a", "c"] {
        assert_eq!(
            site.server.get(&url(name, "zip")).body,
            module(name, 50_000).zip()
        );
    }
}

#[test]
fn a_vanished_blob_is_a_coded_failure_and_the_others_are_served() {
    let mut site = kept();
    let file = blob(&site, "b");
    site.server.kill();
    fs::remove_file(&file).unwrap();
    site.server.start();
    let answer = site.server.get(&url("b", "zip"));
    assert!(answer.status >= 500, "{answer:?}");
    assert!(answer.text().starts_with("modkeep MK"), "{}", answer.text());
    for name in ["a", "c"] {
        assert!(site.server.get(&url(name, "zip")).is_whole());
    }
    site.server.kill();
    assert!(!store(&["verify"], site.server.data()).ok());
}

fn make_writable(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
}

#[test]
fn an_export_is_a_file_upstream_for_go_and_for_another_server() {
    let mut site = kept();
    assert!(site.server.stop().success());
    let tree = tempfile::tempdir().unwrap();
    let directory = tree.path().join("export");
    store(&["export", directory.to_str().unwrap()], site.server.data()).assert_ok();

    let source = format!("file://{}", directory.display());
    for name in NAMES {
        Go::new(&source)
            .download(&format!("example.com/{name}@v1.0.0"))
            .assert_ok();
    }
    let versions = Go::new(&source).versions("example.com/a");
    assert_eq!(versions.assert_ok().stdout.trim(), "example.com/a v1.0.0");
    let other = serve(&source);
    assert_eq!(other.get(&url("a", "zip")).body, module("a", 50_000).zip());
}

/// Straight, `go` takes the newest pseudo-version of a list without any other.
#[test]
fn an_export_has_a_latest_where_there_are_only_pseudo_versions() {
    const OLDER: &str = "v0.0.0-20240102030405-abcdefabcdef";
    const NEWER: &str = "v0.0.0-20250102030405-0123456789ab";
    let versions = [OLDER, NEWER].map(|version| Module::new("example.com/a", version));
    let mut site = Site::with(&versions);
    for version in [OLDER, NEWER] {
        site.keep("example.com/a", version);
    }
    assert!(site.server.stop().success());
    let tree = tempfile::tempdir().unwrap();
    let directory = tree.path().join("export");
    store(&["export", directory.to_str().unwrap()], site.server.data()).assert_ok();
    let source = format!("file://{}", directory.display());
    for url in [source.clone(), serve(&source).url()] {
        let output = Go::new(&url).get("example.com/a@latest");
        assert!(output.assert_ok().stderr.contains(NEWER), "{url}: {output}");
    }
}

#[test]
fn the_module_cache_of_go_can_be_imported() {
    let upstream = Site::with(&NAMES.map(|name| module(name, 50_000)));
    let go = Go::new(&upstream.upstream.url());
    for name in NAMES {
        go.download(&format!("example.com/{name}@v1.0.0"))
            .assert_ok();
    }
    let mut site = Site::with(&[]);
    site.server.kill();
    let cache = go.module_cache().join("cache/download");
    store(&["import", cache.to_str().unwrap()], site.server.data()).assert_ok();
    site.server.start();
    site.upstream.refuse();
    assert_all_served(&site);
    Go::new(&site.server.url())
        .download("example.com/a@v1.0.0")
        .assert_ok();
}

#[test]
fn writes_that_fail_are_a_coded_5xx_while_what_is_kept_is_served() {
    // SQLite's files stay below this, a big zip does not.
    const LARGEST: u64 = 4 << 20;
    let upstream = FakeUpstream::start(
        Corpus::new()
            .with(&module("small", 10_000))
            .with(&module("big", 8 << 20)),
    );
    let server = Setup::new(BINARY, &upstream.url())
        .largest_file(LARGEST)
        .start();
    let small = server.get(&url("small", "zip"));
    assert!(small.is_whole(), "{small:?}");
    for _ in 0..3 {
        let big = server.get(&url("big", "zip"));
        assert!(!big.is_whole(), "kept more than fits");
        assert!(
            big.status == 200 || big.text().starts_with("modkeep MK300"),
            "{big:?}"
        );
        assert_eq!(server.get(&url("small", "zip")).body, small.body);
    }
    assert!(
        server.get(&url("big", "mod")).is_whole(),
        "a small file still fits"
    );
    let left: u64 = files(server.data())
        .iter()
        // A spool may go between the listing and the question.
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum();
    assert!(left < 2 * LARGEST, "{left} bytes are left behind");
}
