//! From a site that reaches the world to one that reaches nobody, in one file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use testkit::database::Database;
use testkit::fixture::{Corpus, Module};
use testkit::go::Go;
use testkit::process::{self, Output};
use testkit::server::{Modkeep, Setup};
use testkit::upstream::FakeUpstream;

use crate::site::{BINARY, module};

const NAME: &str = "sum.example.com/2026";

/// A site that has fetched two modules with the real `go`, and the bundle it exported.
struct Exported {
    upstream: FakeUpstream,
    database: Database,
    directory: TempDir,
}

// === impl Exported ===

impl Exported {
    fn new() -> Self {
        let (mut database, mut corpus) = (Database::new(NAME, 1), Corpus::new());
        database.fill(300);
        publish(&mut database, &mut corpus, &module("a", 100_000));
        let upstream = FakeUpstream::start(corpus);
        let mut server = Setup::new(BINARY, &upstream.url())
            .option("--verify", "required")
            .option("--sumdb", &database.key())
            .start();
        let download = |what: &str, key: &str| {
            let go = Go::new(&server.url()).env("GOSUMDB", key);
            go.download(what).assert_ok();
        };
        download("example.com/a@v1.0.0", &database.key());
        // The log grows between the two: only the second is proven in the newest head.
        database.fill(700);
        upstream.change(|corpus| publish(&mut database, corpus, &module("b", 50_000)));
        download("example.com/b@v1.0.0", &database.key());
        assert!(server.stop().success());
        upstream.refuse();
        upstream.forget();
        let exported = Self {
            upstream,
            database,
            directory: tempfile::tempdir().unwrap(),
        };
        let bundle = exported.bundle();
        let arguments = [
            "export",
            "--bundle",
            bundle.to_str().unwrap(),
            "--upstream",
            "off",
        ];
        let output = exported.store(server.data(), &arguments);
        assert!(
            output.assert_ok().stdout.contains("4 artifacts proven by"),
            "{output}"
        );
        exported
    }

    fn bundle(&self) -> PathBuf {
        self.directory.path().join("modules.bundle")
    }

    /// Runs `modkeep store`, with the key of the database.
    fn store(&self, data: &Path, arguments: &[&str]) -> Output {
        store(
            data,
            &[arguments, &["--sumdb", &self.database.key()]].concat(),
            None,
        )
    }

    fn import(&self, data: &Path, bundle: &Path) -> Output {
        self.store(data, &["import", bundle.to_str().unwrap()])
    }

    /// A site that reaches nobody and keeps nothing; it does not run.
    fn far(&self) -> Modkeep {
        let mut far = Setup::new(BINARY, "off")
            .option("--verify", "required")
            .option("--sumdb", &self.database.key())
            .start();
        let end = far.stop();
        assert!(end.success(), "{end}\n{}", far.log());
        far
    }

    /// Claims that the real `go` gets everything from a site, verified, with nobody asked.
    #[track_caller]
    fn assert_served(&self, far: &mut Modkeep) {
        self.store(far.data(), &["verify", "--offline"]).assert_ok();
        far.start();
        for name in ["a", "b"] {
            let go = Go::new(&far.url()).env("GOSUMDB", &self.database.key());
            go.download(&format!("example.com/{name}@v1.0.0"))
                .assert_ok();
        }
        let both = Go::new(&far.url()).env("GOSUMDB", &self.database.key());
        both.download("example.com/b@v1.0.0").assert_ok();
        both.download("example.com/a@v1.0.0").assert_ok();
        self.upstream.assert_untouched();
    }
}

fn publish(database: &mut Database, corpus: &mut Corpus, module: &Module) {
    corpus.add(module);
    database.log(module);
    database.publish(corpus);
}

fn store(data: &Path, arguments: &[&str], crash_point: Option<&str>) -> Output {
    let mut command = Command::new(BINARY);
    command.arg("store").args(arguments).arg("--data").arg(data);
    command.envs(crash_point.map(|point| ("MODKEEP_CRASH_POINT", point)));
    process::run(&mut command, Duration::from_mins(2))
}

fn kept(data: &Path) -> usize {
    let journal = fs::read_to_string(data.join("journal/0000000001.ndjson"));
    let journal = journal.unwrap_or_default();
    journal
        .lines()
        .filter(|line| line.contains("\"captured\""))
        .count()
}

#[test]
fn what_one_site_proved_another_serves_to_go_while_everything_is_dead() {
    let exported = Exported::new();
    let mut far = exported.far();
    let output = exported.import(far.data(), &exported.bundle());
    assert!(
        output.assert_ok().stdout.contains("6 files kept"),
        "{output}"
    );
    exported.assert_served(&mut far);
    far.stop();
    let again = exported.import(far.data(), &exported.bundle());
    assert!(
        again.assert_ok().stdout.contains("6 were kept already"),
        "{again}"
    );
}

#[test]
fn an_import_that_is_killed_anywhere_is_completed_by_running_it_again() {
    let exported = Exported::new();
    let mut partial = 0;
    for point in [
        "spool-created",
        "spool-sealed@2",
        "blob-renamed@3",
        "blob-dir-synced@4",
        "before-transaction@2",
        "before-transaction@4",
        "after-transaction@1",
        "after-transaction@2",
        "after-transaction@3",
        "before-journal-mirror@4",
    ] {
        let mut far = exported.far();
        let (bundle, key) = (exported.bundle(), exported.database.key());
        let arguments = ["import", bundle.to_str().unwrap(), "--sumdb", &key];
        let killed = store(far.data(), &arguments, Some(point));
        let how = process::ended_by_signal(killed.status);
        assert_eq!(how, Some(6), "{point}: {killed}");
        partial += usize::from((1..6).contains(&kept(far.data())));
        exported.import(far.data(), &bundle).assert_ok();
        assert_eq!(kept(far.data()), 6, "{point}");
        exported
            .store(far.data(), &["verify", "--offline"])
            .assert_ok();
        if point == "after-transaction@3" {
            exported.assert_served(&mut far);
        }
    }
    assert!(partial > 0, "no kill fell between two captures");
}

#[test]
fn a_bundle_with_one_bit_changed_is_refused_with_its_place_and_nothing_is_kept() {
    let exported = Exported::new();
    let far = exported.far();
    let mut bytes = fs::read(exported.bundle()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = exported.directory.path().join("damaged.bundle");
    fs::write(&damaged, bytes).unwrap();
    for arguments in [&["import"][..], &["import", "--check"]] {
        let arguments = [arguments, &[damaged.to_str().unwrap()]].concat();
        let output = exported.store(far.data(), &arguments);
        assert_eq!(output.status.code(), Some(1), "{output}");
        let problem = "  example.com/a/@v/v1.0.0.zip, byte ";
        assert!(output.stdout.contains(problem), "{output}");
        assert!(
            output.stdout.contains(": MK6002: its SHA-256 is"),
            "{output}"
        );
        assert!(output.stdout.contains("nothing was kept"), "{output}");
    }
    assert_eq!(kept(far.data()), 0);
}

#[test]
fn a_bundle_can_be_looked_at_where_there_is_no_store() {
    let exported = Exported::new();
    let nowhere = exported.directory.path().join("no-such-directory");
    let bundle = exported.bundle();
    let output = exported.store(&nowhere, &["import", "--check", bundle.to_str().unwrap()]);
    assert!(
        output
            .assert_ok()
            .stdout
            .contains("nothing is wrong with it"),
        "{output}"
    );
    assert!(!nowhere.exists());
}

#[test]
fn the_key_is_what_is_believed_and_never_the_bundle() {
    let exported = Exported::new();
    let far = exported.far();
    let (bundle, stranger) = (exported.bundle(), Database::new(NAME, 2).key());
    let path = bundle.to_str().unwrap();
    let with_another = store(far.data(), &["import", path, "--sumdb", &stranger], None);
    with_another.assert_fails_with("MK4007");
    let without = store(far.data(), &["import", path, "--sumdb", "off"], None);
    without.assert_fails_with("MK6003");
    let given = [
        "import",
        path,
        "--sumdb",
        "off",
        "--key",
        &exported.database.key(),
    ];
    store(far.data(), &given, None).assert_ok();
    assert_eq!(kept(far.data()), 6);
}

#[test]
fn an_unpacked_bundle_is_a_file_upstream_for_go() {
    let exported = Exported::new();
    let tree = exported.directory.path().join("tree");
    fs::create_dir(&tree).unwrap();
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(exported.bundle()).arg("-C").arg(&tree);
    process::run(&mut tar, Duration::from_mins(1)).assert_ok();
    let go = Go::new(&format!("file://{}", tree.display()));
    go.download("example.com/a@v1.0.0").assert_ok();
}

#[test]
fn what_is_no_bundle_and_no_directory_is_refused() {
    let exported = Exported::new();
    let far = exported.far();
    let file = exported.directory.path().join("other.tar");
    fs::write(&file, vec![0; 10_240]).unwrap();
    let output = exported.import(far.data(), &file);
    output.assert_fails_with("MK6001");
    assert_eq!(output.status.code(), Some(2), "{output}");
    exported
        .import(far.data(), Path::new("no-such-file"))
        .assert_fails_with("MK6001");
    exported
        .store(far.data(), &["export", "one", "two"])
        .assert_fails_with("MK6001");
}
