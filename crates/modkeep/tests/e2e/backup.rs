//! A copy of a store that is served meanwhile, and the way back.

use crate::site::{BINARY, Site, assert_refusal, module, serve, url, wait_until};
use std::{fs, path::Path, process::Command, thread, time::Duration};
use testkit::{
    fixture::Corpus,
    go::Go,
    process::{self, Output},
    server::Setup,
    upstream::FakeUpstream,
};

fn run(arguments: &[&str], data: &Path, crash: &str) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).arg("--data").arg(data);
    if !crash.is_empty() {
        command.env("MODKEEP_CRASH_POINT", crash);
    }
    process::run(&mut command, Duration::from_mins(2))
}

fn store(arguments: &[&str], data: &Path) -> Output {
    run(&[&["store"], arguments].concat(), data, "")
}

fn audit(url: &str, key: &str, state: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command
        .args(["audit", url, "--key", key, "--state"])
        .arg(state);
    process::run(&mut command, Duration::from_mins(1))
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_backup_made_while_captures_come_in_is_whole() {
    let names: Vec<String> = (0..40).map(|number| format!("m{number}")).collect();
    let modules: Vec<_> = names.iter().map(|name| module(name, 30_000)).collect();
    let site = Site::with(&modules);
    site.keep("example.com/m0", "v1.0.0");
    let place = tempfile::tempdir().unwrap();
    let backups: Vec<_> = (0..4)
        .map(|number| place.path().join(format!("b{number}")))
        .collect();
    thread::scope(|scope| {
        let captures = scope.spawn(|| {
            for name in &names {
                for kind in ["info", "mod", "zip"] {
                    assert!(site.server.get(&url(name, kind)).is_whole());
                }
            }
        });
        for backup in &backups {
            let output = store(&["backup", text(backup)], site.server.data());
            output.assert_ok();
            assert!(output.stdout.contains("complete as of"), "{output}");
        }
        captures.join().unwrap();
    });
    let complete = store(&["backup", text(&backups[0])], site.server.data());
    complete.assert_fails_with("holds a complete backup");
    // Each is a store in which every row has its blob.
    for (number, backup) in backups.iter().enumerate() {
        let data = place.path().join(format!("restored{number}"));
        store(&["restore", text(backup)], &data).assert_ok();
        let verified = store(&["verify", "--offline"], &data);
        verified.assert_ok();
        assert!(!verified.stdout.contains("without a record"), "{verified}");
        store(&["restore", text(backup)], &data).assert_fails_with("is not empty");
    }
    store(&["restore", text(&backups[0])], site.server.data()).assert_fails_with("is not empty");
}

#[test]
fn a_backup_that_was_killed_is_no_backup_until_it_is_run_again() {
    let site = Site::with(&NAMES.map(|name| module(name, 30_000)));
    for name in NAMES {
        site.keep(&format!("example.com/{name}"), "v1.0.0");
    }
    let place = tempfile::tempdir().unwrap();
    for point in [
        "backup-keys-copied",
        "backup-catalog-copied",
        "backup-blob-copied@3",
    ] {
        let backup = place.path().join(point);
        let data = place.path().join(format!("{point}-data"));
        let killed = run(
            &["store", "backup", text(&backup)],
            site.server.data(),
            point,
        );
        assert!(!killed.status.success(), "{killed}");
        store(&["restore", text(&backup)], &data).assert_fails_with("MK6005");
        assert!(!data.exists(), "nothing was begun");
        store(&["backup", text(&backup)], site.server.data()).assert_ok();
        store(&["restore", text(&backup)], &data).assert_ok();
        store(&["verify", "--offline"], &data).assert_ok();
    }
    // Something else is neither overwritten nor restored.
    let other = place.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("diary"), "mine").unwrap();
    store(&["backup", text(&other)], site.server.data()).assert_fails_with("is not empty");
    store(&["restore", text(&other)], &place.path().join("x")).assert_fails_with("MK6005");
    let inside = site.server.data().join("backup");
    store(&["backup", text(&inside)], site.server.data()).assert_fails_with("MK6001");
}

#[test]
fn a_damaged_backup_is_told_and_a_restore_that_was_killed_is_no_store() {
    let site = Site::with(&NAMES.map(|name| module(name, 30_000)));
    for name in NAMES {
        site.keep(&format!("example.com/{name}"), "v1.0.0");
    }
    let place = tempfile::tempdir().unwrap();
    let backup = place.path().join("backup");
    store(&["backup", text(&backup)], site.server.data()).assert_ok();
    let data = place.path().join("killed");
    let killed = run(
        &["store", "restore", text(&backup)],
        &data,
        "before-transaction",
    );
    assert!(!killed.status.success(), "{killed}");
    store(&["verify", "--offline"], &data).assert_fails_with("MK3012");
    store(&["restore", text(&backup)], &data).assert_ok();
    store(&["verify", "--offline"], &data).assert_ok();

    // A flipped byte of a blob: that one is left out, and said.
    let zip = module("b", 30_000).zip();
    let blob = store::BlobId::of(&zip).to_string();
    let file = backup
        .join("blobs/sha256")
        .join(&blob[..2])
        .join(&blob[2..]);
    let mut bytes = fs::read(&file).unwrap();
    bytes[1000] ^= 1;
    fs::write(&file, bytes).unwrap();
    let damaged = place.path().join("damaged");
    let output = store(&["restore", text(&backup)], &damaged);
    assert_eq!(output.status.code(), Some(1), "{output}");
    assert!(output.stdout.contains(&blob), "{output}");
    // One of the catalog: nothing of it can be believed.
    let catalog = backup.join("catalog.db");
    let mut bytes = fs::read(&catalog).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&catalog, bytes).unwrap();
    store(&["restore", text(&backup)], &place.path().join("y")).assert_fails_with("MK6005");
}

#[test]
fn a_restored_journal_is_told_from_a_fork() {
    let mut site = Site::with(&NAMES.map(|name| module(name, 1000)));
    site.keep("example.com/a", "v1.0.0");
    let key = site.server.get("/-/journal/key").text();
    let place = tempfile::tempdir().unwrap();
    let (early, late) = (place.path().join("early"), place.path().join("late"));
    let journal = format!("{}/-/journal", site.server.url());
    audit(&journal, key.trim(), &early).assert_ok();
    let backup = place.path().join("backup");
    store(&["backup", text(&backup)], site.server.data()).assert_ok();
    site.keep("example.com/b", "v1.0.0");
    // A head is signed once a second at most.
    let checkpoint = || site.server.get("/-/journal/checkpoint").text();
    let first = checkpoint();
    wait_until(|| checkpoint() != first);
    let old = checkpoint();
    audit(&journal, key.trim(), &late).assert_ok();
    site.server.stop();

    let data = site.server.data().to_owned();
    fs::remove_dir_all(&data).unwrap();
    let restored = store(&["restore", text(&backup)], &data);
    restored.assert_ok();
    assert!(
        restored.stdout.contains("goes on under another name"),
        "{restored}"
    );
    site.server.start();
    site.keep("example.com/c", "v1.0.0");
    let new = site.server.get("/-/journal/checkpoint").text();
    assert_ne!(old.lines().next(), new.lines().next(), "another name");

    // Who saw nothing that is gone is told, and satisfied; who did is told how much.
    let told = audit(&journal, key.trim(), &early);
    told.assert_ok();
    assert!(
        told.stdout
            .contains("has ended: restored from a backup of "),
        "{told}"
    );
    let lost = audit(&journal, key.trim(), &late);
    assert_eq!(lost.status.code(), Some(1), "{lost}");
    assert!(
        lost.stdout
            .contains("3 entries that were signed and seen are gone"),
        "{lost}"
    );
    let key = site.server.get("/-/journal/key").text();
    for state in [&early, &late] {
        audit(&journal, key.trim(), state).assert_ok();
    }
    assert!(late.with_extension("before").exists());
}

const OWN: &str = "sum.corp.example.com/2026";

#[test]
fn a_restored_database_of_our_own_signs_nothing_until_somebody_says_that_nothing_is_missing() {
    let private = FakeUpstream::start(
        Corpus::new()
            .with(&module("one", 1000))
            .with(&module("two", 1000)),
    );
    let mut server = Setup::new(BINARY, "off")
        .option("--private", "example.com")
        .option("--private-upstream", &private.url())
        .start();
    run(&["sumdb", "init", OWN], server.data(), "").assert_ok();
    server.stop();
    server.set_option("--own-sumdb", OWN);
    server.start();
    let lookup = |name: &str| format!("/sumdb/{OWN}/lookup/example.com/{name}@v1.0.0");
    assert!(server.get(&lookup("one")).is_whole());
    let place = tempfile::tempdir().unwrap();
    let backup = place.path().join("backup");
    store(&["backup", text(&backup)], server.data()).assert_ok();
    server.stop();
    let data = server.data().to_owned();
    fs::remove_dir_all(&data).unwrap();
    let restored = store(&["restore", text(&backup)], &data);
    restored.assert_ok();
    assert!(
        restored.stdout.contains(&format!("{OWN} is stopped")),
        "{restored}"
    );
    server.start();
    let answer = server.get(&lookup("two"));
    assert_refusal(&answer, 503, "MK4031");
    let words = "restored from a backup";
    assert!(answer.text().contains(words), "{}", answer.text());
    assert!(
        server.get(&url("one", "zip")).is_whole(),
        "modules are served"
    );
    server.stop();
    let resolve = [
        "resolve",
        "--database",
        OWN,
        "--reason",
        "the old server was down",
    ];
    store(&resolve, &data).assert_ok();
    server.start();
    assert!(server.get(&lookup("two")).is_whole());
}

/// `store verify`, `export` and `import` while a server has the directory.
#[test]
fn what_is_kept_is_checked_and_copied_beside_a_running_server() {
    let from = Site::with(&NAMES.map(|name| module(name, 20_000)));
    for name in ["a", "b"] {
        from.keep(&format!("example.com/{name}"), "v1.0.0");
    }
    store(&["verify"], from.server.data()).assert_ok();
    let place = tempfile::tempdir().unwrap();
    let (tree, bundle) = (place.path().join("tree"), place.path().join("a.bundle"));
    store(&["export", text(&tree)], from.server.data()).assert_ok();
    store(&["export", "--bundle", text(&bundle)], from.server.data()).assert_ok();
    assert!(
        !from.server.log().contains("ERROR"),
        "{}",
        from.server.log()
    );

    // Into servers that reach nobody; the real go gets it from there at once.
    for (what, further) in [(&tree, &[][..]), (&bundle, &["--allow-unproven"][..])] {
        let to = serve("off");
        assert!(!to.get(&url("a", "list")).is_whole());
        if what == &bundle {
            let check = ["import", "--check", "--allow-unproven", text(what)];
            store(&check, to.data()).assert_ok();
            assert!(!to.get(&url("a", "mod")).is_whole(), "only looked at");
        }
        let import = [&["import"], further, &[text(what)]].concat();
        let output = store(&import, to.data());
        output.assert_ok();
        assert!(output.stdout.contains("6 files kept"), "{output}");
        assert_eq!(to.get(&url("a", "list")).text(), "v1.0.0\n");
        Go::new(&to.url()).get("example.com/b@latest").assert_ok();
        let missing = place.path().join("missing");
        store(&["import", text(&missing)], to.data()).assert_fails_with("MK6001");
    }
}

#[test]
fn a_backup_that_finds_no_room_says_so_and_is_completed_later() {
    let site = Site::with(&[module("small", 1000), module("big", 4 << 20)]);
    for name in ["small", "big"] {
        site.keep(&format!("example.com/{name}"), "v1.0.0");
    }
    let place = tempfile::tempdir().unwrap();
    let backup = place.path().join("backup");
    // As on a full disk, every write beyond a size fails.
    let mut command = Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\"";
    command.args(["-c", script, BINARY, "store", "backup"]);
    command.arg(&backup).arg("--data").arg(site.server.data());
    process::run(&mut command, Duration::from_mins(1)).assert_fails_with("MK3002");
    let data = place.path().join("data");
    store(&["restore", text(&backup)], &data).assert_fails_with("MK6005");
    store(&["backup", text(&backup)], site.server.data()).assert_ok();
    store(&["restore", text(&backup)], &data).assert_ok();
    store(&["verify", "--offline"], &data).assert_ok();
}
