//! What `go` is told about proxies and checksum databases in its environment and with `go env -w`:
//! a command under `run` asks what the same command asks straight, and nobody hears a name that
//! straight he would not hear (laws L7 and L15).

use crate::{
    site::{BINARY, module},
    verify::NAME,
};
use std::{path::PathBuf, process::Command, time::Duration};
use tempfile::TempDir;
use testkit::{
    database::Database,
    fixture::{Corpus, Module},
    go::Go,
    process::{self, Output},
    server::Setup,
    upstream::FakeUpstream,
};

const PRIVATE: &str = "corp.example.com/p@v1.0.0";
const PUBLIC: &str = "example.com/a@v1.0.0";
const LIMIT: Duration = Duration::from_mins(2);

/// Variables of the environment.
type Settings = &'static [(&'static str, &'static str)];

/// A proxy that has a module which its checksum database does not know.
struct Bench {
    upstream: FakeUpstream,
    database: Database,
    home: TempDir,
}

// === impl Bench ===

impl Bench {
    fn new() -> Self {
        let (public, private) = (
            module("a", 1000),
            Module::new("corp.example.com/p", "v1.0.0"),
        );
        let mut corpus = Corpus::new().with(&public).with(&private);
        let mut database = Database::new(NAME, 1);
        database.fill(10);
        database.log(&public);
        database.fill(10);
        database.publish(&mut corpus);
        Self {
            upstream: FakeUpstream::start(corpus),
            database,
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// A user with these variables, and with this file of `go env -w`.
    fn user(&self, variables: &[(&str, &str)], file: &[&str]) -> Go {
        let path = self.file();
        std::fs::write(&path, "").unwrap();
        let go = Go::new(&self.upstream.url())
            .env("GOSUMDB", &self.database.key())
            .env("GOENV", path.to_str().unwrap());
        for setting in file {
            go.run(&["env", "-w", setting], self.home.path())
                .assert_ok();
        }
        let set = |go: Go, (name, value): &(&str, &str)| go.env(name, value);
        variables.iter().fold(go, set)
    }

    fn file(&self) -> PathBuf {
        self.home.path().join("go.env")
    }

    /// The names that were told to the database, and whether the proxy was asked for the private one.
    fn heard(&self) -> (Vec<String>, bool) {
        let paths = self.upstream.paths();
        let lookups = paths.iter().filter_map(|path| path.split_once("/lookup/"));
        let lookups = lookups.map(|(_, subject)| subject.to_owned()).collect();
        let asked = paths
            .iter()
            .any(|path| path.starts_with("corp.example.com/p/"));
        self.upstream.forget();
        (lookups, asked)
    }

    fn through(&self, go: &Go, options: &[&str], what: &str) -> Output {
        let data = tempfile::tempdir().unwrap();
        let mut command = Command::new(BINARY);
        go.prepare(&mut command);
        command
            .args(["run", "--vulndb", "off", "--data"])
            .arg(data.path());
        command.args(options);
        command.args(["--", "go", "mod", "download", what]);
        command.current_dir(self.home.path());
        process::run(&mut command, LIMIT)
    }
}

#[test]
fn a_command_under_run_tells_nobody_more_than_straight() {
    let bench = Bench::new();
    let cases: [(Settings, &[&str]); 7] = [
        (&[("GONOSUMDB", "corp.example.com")], &[]),
        (&[], &["GONOSUMDB=corp.example.com"]),
        (&[("GONOSUMDB", "")], &["GONOSUMDB=corp.example.com"]),
        (&[("GONOSUMDB", "*.example.com")], &["GONOSUMDB=none"]),
        (
            &[("GOPRIVATE", "corp.example.com"), ("GONOPROXY", "none")],
            &[],
        ),
        (&[], &["GOPRIVATE=corp.example.com", "GONOPROXY=none"]),
        (&[("GONOPROXY", "none")], &["GOPRIVATE=corp.example.com/p"]),
    ];
    for (variables, file) in cases {
        let what = format!("{variables:?} and {file:?}");
        bench
            .user(variables, file)
            .run(&["mod", "download", PRIVATE], bench.home.path())
            .assert_ok();
        let straight = bench.heard();
        assert_eq!(straight, (vec![], true), "{what}");
        let through = bench.through(&bench.user(variables, file), &[], PRIVATE);
        through.assert_ok();
        assert_eq!(bench.heard(), straight, "{what}");
        let told = "no checksum database is asked about modules matching";
        assert!(through.stderr.contains(told), "{what}: {through}");
        // What the setting does not name is proven as before.
        bench
            .through(&bench.user(variables, file), &[], PUBLIC)
            .assert_ok();
        assert_eq!(bench.heard().0, ["example.com/a@v1.0.0"], "{what}");
    }
}

#[test]
fn a_command_that_keeps_a_name_from_proxies_may_still_look_its_sum_up() {
    let bench = Bench::new();
    let go = bench.user(&[("GONOPROXY", "example.com"), ("GOVCS", "*:off")], &[]);
    let lookup = format!("curl -sf $GOPROXY/sumdb/{NAME}/lookup/{PUBLIC}");
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    go.prepare(&mut command);
    command
        .args(["run", "--vulndb", "off", "--data"])
        .arg(data.path());
    command.args(["--", "sh", "-c", &lookup]);
    process::run(&mut command, LIMIT).assert_ok();
    assert_eq!(bench.heard().0, [PUBLIC]);
}

#[test]
fn an_option_that_was_given_is_not_narrowed_by_a_setting_of_gos() {
    let bench = Bench::new();
    let go = bench.user(&[("GOPRIVATE", "none"), ("GONOSUMDB", "none")], &[]);
    let refused = bench.through(&go, &["--private", "corp.example.com"], PRIVATE);
    refused.assert_fails_with("MK4009");
    assert_eq!(bench.heard(), (vec![], false));
}

#[test]
fn what_no_database_is_asked_about_says_so_and_is_in_no_log_line() {
    let bench = Bench::new();
    let server = Setup::new(BINARY, &bench.upstream.url())
        .option("--verify", "required")
        .option("--sumdb", &bench.database.key())
        .env("GONOSUMDB", "corp.example.com")
        .start();
    for kind in ["mod", "zip"] {
        let path = format!("/corp.example.com/p/@v/v1.0.0.{kind}");
        assert!(server.get(&path).is_whole());
        let kept = server.get(&path);
        assert_eq!(kept.header("modkeep-evidence"), Some("private"), "{kind}");
    }
    let lookup = server.get(&format!("/sumdb/{NAME}/lookup/{PRIVATE}"));
    assert!(
        lookup.text().starts_with("modkeep MK4009"),
        "{}",
        lookup.text()
    );
    assert_eq!(bench.heard(), (vec![], true));
    assert!(
        !server.log().contains("corp.example.com"),
        "{}",
        server.log()
    );
}

#[test]
fn env_prints_what_a_client_elsewhere_needs_to_ask_the_same() {
    let bench = Bench::new();
    let go = bench.user(&[("GONOPROXY", "none")], &["GOPRIVATE=corp.example.com"]);
    let mut command = Command::new(BINARY);
    go.prepare(&mut command);
    command.args(["env", "--url", "http://modkeep.example.com"]);
    let printed = process::run(&mut command, LIMIT);
    printed.assert_ok();
    for line in [
        "export GOPRIVATE=corp.example.com\n",
        "export GONOPROXY=none\n",
        "export GONOSUMDB=corp.example.com\n",
    ] {
        assert!(printed.stdout.contains(line), "{printed}");
    }
}
