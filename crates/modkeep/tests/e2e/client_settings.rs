//! `modkeep env`: what it prints is what the real `go` needs, and nothing that takes a setting away.

use std::process::Command;
use std::time::Duration;

use testkit::database::Database;
use testkit::fixture::{Corpus, Module};
use testkit::go::Go;
use testkit::process;
use testkit::server::{Modkeep, Setup};
use testkit::upstream::FakeUpstream;

use crate::site::{BINARY, module};
use crate::verify::NAME;

const LIMIT: Duration = Duration::from_mins(2);
const PRIVATE: &str = "corp.example.com/p@v1.0.0";

/// A public proxy that mirrors a checksum database, and a private one that knows what that does not.
struct Company {
    public: FakeUpstream,
    private: FakeUpstream,
    database: Database,
}

// === impl Company ===

impl Company {
    fn new() -> Self {
        let public = module("a", 1000);
        let mut corpus = Corpus::new().with(&public);
        let mut database = Database::new(NAME, 1);
        database.fill(10);
        database.log(&public);
        database.publish(&mut corpus);
        let private = Corpus::new().with(&Module::new("corp.example.com/p", "v1.0.0"));
        Self {
            public: FakeUpstream::start(corpus),
            private: FakeUpstream::start(private),
            database,
        }
    }

    fn server(&self, options: &[(&str, &str)]) -> Modkeep {
        let setup = Setup::new(BINARY, &self.public.url())
            .option("--verify", "required")
            .option("--sumdb", &self.database.key())
            .option("--private", "corp.example.com")
            .option("--private-upstream", &self.private.url());
        let add = |setup: Setup, (name, value): &(&str, &str)| setup.option(name, value);
        options.iter().fold(setup, add).start()
    }
}

/// Names and values that `modkeep env ARGUMENTS` prints to somebody whose settings are these.
fn printed(go: &Go, arguments: &[&str]) -> Vec<(String, String)> {
    let mut command = Command::new(BINARY);
    go.prepare(&mut command);
    command.args(["env", "--format", "json"]).args(arguments);
    let output = process::run(&mut command, LIMIT);
    let read: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&output.assert_ok().stdout).unwrap();
    let value = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    read.into_iter()
        .map(|(name, text)| (name, value(text)))
        .collect()
}

fn of<'p>(printed: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let found = printed.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

#[test]
fn a_client_that_asks_its_server_downloads_a_private_module_and_tells_nobody_its_name() {
    let company = Company::new();
    let server = company.server(&[]);
    let user = Go::new("off").env("GOSUMDB", &company.database.key());
    let plain = Go::new(&server.url()).env("GOSUMDB", &company.database.key());
    plain.download(PRIVATE).assert_fails_with("MK4009");

    let lines = printed(&user, &["--server", &server.url()]);
    let client = lines
        .iter()
        .fold(Go::new("off"), |go, (name, value)| go.env(name, value));
    client.download(PRIVATE).assert_ok();
    client.download("example.com/a@v1.0.0").assert_ok();
    let told = |path: &String| path.contains("corp.example.com");
    assert!(!company.public.paths().iter().any(told));
    assert_eq!(of(&lines, "GONOSUMDB"), Some("corp.example.com"));
    assert_eq!(of(&lines, "GONOPROXY"), Some("none"));
}

#[test]
fn the_servers_own_options_say_the_same_as_the_server() {
    let company = Company::new();
    let server = company.server(&[("--public-url", "https://goproxy.example.com/go/")]);
    let user = Go::new("off").env("GOSUMDB", &company.database.key());
    let asked = printed(&user, &["--server", &server.url()]);
    let configured = printed(
        &user,
        &[
            "--private",
            "corp.example.com",
            "--private-upstream",
            &company.private.url(),
            "--public-url",
            "https://goproxy.example.com/go/",
        ],
    );
    assert_eq!(asked, configured);
    assert_eq!(
        of(&asked, "GOPROXY"),
        Some("https://goproxy.example.com/go")
    );
    let page = server.get("/").text();
    assert!(
        page.contains("export GOPROXY=https://goproxy.example.com/go\n"),
        "{page}"
    );
    assert!(
        page.contains("export GONOSUMDB=corp.example.com\n"),
        "{page}"
    );
}

#[test]
fn nothing_that_is_not_known_is_set_to_nothing() {
    let company = Company::new();
    let server = Setup::new(BINARY, &company.public.url())
        .option("--verify", "off")
        .start();
    for arguments in [vec![], vec!["--server".to_owned(), server.url()]] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = Command::new(BINARY);
        Go::new("off").prepare(&mut command);
        command.arg("env").args(&arguments);
        let output = process::run(&mut command, LIMIT);
        for line in output.assert_ok().stdout.lines() {
            assert!(!line.ends_with('=') && !line.ends_with("=''"), "{output}");
        }
        let own = Go::new("off").env("GOPRIVATE", "mine.example.com");
        let lines = printed(&own, &arguments);
        assert_eq!(of(&lines, "GOPRIVATE"), Some("mine.example.com"));
        // As go fills them in, so that nothing changes for this user.
        assert_eq!(of(&lines, "GONOSUMDB"), Some("mine.example.com"));
    }
}

#[test]
fn private_modules_that_the_server_does_not_fetch_go_past_it() {
    let lines = printed(&Go::new("off"), &["--private", "corp.example.com"]);
    assert_eq!(of(&lines, "GONOPROXY"), Some("corp.example.com"));
    assert_eq!(of(&lines, "GONOSUMDB"), Some("corp.example.com"));
}

#[test]
fn a_server_that_cannot_be_asked_is_said_and_nothing_is_printed() {
    let company = Company::new();
    for url in [
        "http://127.0.0.1:1",
        &company.public.url(),
        "ftp://a.example.com",
        "nowhere",
    ] {
        let mut command = Command::new(BINARY);
        Go::new("off").prepare(&mut command);
        command.args(["env", "--server", url]);
        let output = process::run(&mut command, LIMIT);
        assert_eq!(output.status.code(), Some(2), "{url}: {output}");
        assert!(output.stdout.is_empty(), "{url}: {output}");
    }
}
