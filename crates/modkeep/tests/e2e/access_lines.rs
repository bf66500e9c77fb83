//! Access lines: what the log says of a request, and whom it names.

use crate::site::{BINARY, Site, module, url, wait_until};
use serde_json::Value;
use std::collections::BTreeSet;
use testkit::{
    fixture::Corpus,
    server::{Modkeep, Setup},
    upstream::FakeUpstream,
};

/// The access lines so far, without those of the health checks that wait for the server.
fn lines(server: &Modkeep) -> Vec<Value> {
    let log = server.log();
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let lines = lines.filter(|line: &Value| line["target"] == "access");
    lines.filter(|line| line["kind"] != "health").collect()
}

/// The line of the request with this id: it is written after the answer.
fn line(server: &Modkeep, request: &str) -> Value {
    let found = || {
        lines(server)
            .into_iter()
            .find(|line| line["request"] == *request)
    };
    wait_until(|| found().is_some());
    found().unwrap()
}

/// Asks, and gives the line about it.
fn asked(server: &Modkeep, path: &str, headers: &[(&str, &str)]) -> Value {
    let answer = server.request("GET", path, headers);
    line(server, answer.header("modkeep-request").unwrap())
}

fn fields(line: &Value) -> BTreeSet<&str> {
    line.as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

fn json(modules: &[testkit::fixture::Module]) -> Site {
    Site::with_options(modules, &["--log-format=json"])
}

#[test]
fn a_line_has_the_fields_that_are_promised() {
    let site = json(&[module("a", 10)]);
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/logs.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    let (_, table) = docs.split_once("\n| Field | Meaning |\n").unwrap();
    let rows = table.lines().filter_map(|row| row.strip_prefix("| `"));
    let mut promised: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    promised.extend(["timestamp", "level", "target", "message"]);
    // Nobody had to be known.
    promised.remove("caller");
    let refused = asked(&site.server, "/example.com/none/@v/v1.0.0.zip", &[]);
    assert_eq!(fields(&refused), promised, "{refused:#}");
    let answered = asked(&site.server, &url("a", "zip"), &[]);
    promised.remove("code");
    promised.remove("facts");
    assert_eq!(fields(&answered), promised, "{answered:#}");
}

#[test]
fn a_line_says_who_asked_for_what_and_why_it_was_refused() {
    let site = json(&[module("a", 10)]);
    let go = [("user-agent", "Go-http-client/1.1")];
    let line = asked(&site.server, "/example.com/a/@v/v1.0.0.info?x=secret", &go);
    assert_eq!(line["method"], "GET");
    assert_eq!(line["path"], "/example.com/a/@v/v1.0.0.info");
    assert_eq!(line["agent"], "Go-http-client/1.1");
    assert_eq!(line["client"], "127.0.0.1");
    assert_eq!(line["level"], "INFO");
    let milliseconds = line["milliseconds"].to_string();
    let digits = milliseconds
        .split_once('.')
        .map_or(0, |(_, digits)| digits.len());
    assert!((0..=3).contains(&digits), "{milliseconds}");
    let line = asked(&site.server, "/nodot/@v/list", &[]);
    assert_eq!(line["code"], "MK1002", "{line:#}");
    assert!(
        line["facts"].as_str().unwrap().contains("nodot"),
        "{line:#}"
    );
    site.upstream.refuse();
    let line = asked(&site.server, &url("cold", "zip"), &[]);
    assert_eq!(line["level"], "WARN", "{line:#}");
    assert_eq!(line["status"], 503);
    assert!(
        line["code"].as_str().unwrap().starts_with("MK20"),
        "{line:#}"
    );
    assert!(!line["facts"].as_str().unwrap().is_empty(), "{line:#}");
}

#[test]
fn what_a_client_sends_is_bounded_in_the_log() {
    let site = json(&[module("a", 10)]);
    let long = "x".repeat(1500);
    let agent = [("user-agent", long.as_str())];
    let line = asked(
        &site.server,
        &format!("/example.com/{long}/@v/list"),
        &agent,
    );
    for (field, most) in [("path", 512), ("agent", 128), ("facts", 512)] {
        let text = line[field].as_str().unwrap_or_default();
        assert!(text.len() <= most + 3, "{field}: {}", text.len());
    }
    assert!(line["agent"].as_str().unwrap().ends_with("..."));
}

#[test]
fn a_lookup_is_one_line_and_its_tiles_are_for_debugging() {
    let upstream = FakeUpstream::start(Corpus::new());
    let server = Setup::new(BINARY, &upstream.url())
        .arg("--log-format=json")
        .start();
    let lookup = "/sumdb/sum.example.com/lookup/example.com/a@v1.0.0";
    server.get("/sumdb/sum.example.com/tile/8/0/000.p/7");
    let line = asked(&server, lookup, &[]);
    assert_eq!(line["path"], lookup);
    let tiles = lines(&server).into_iter();
    let tiles: Vec<Value> = tiles
        .filter(|line| line["path"].as_str().unwrap().contains("/tile/"))
        .collect();
    assert!(tiles.is_empty(), "{tiles:#?}");
}

/// A server that keeps names of one host, and the host in front of whose names nothing may be told.
fn private(options: &[&str]) -> Modkeep {
    let upstream = FakeUpstream::start(Corpus::new());
    let setup = Setup::new(BINARY, &upstream.url())
        .arg("--log-format=json")
        .option("--private", "corp.example.com/My");
    options
        .iter()
        .fold(setup, |setup, option| setup.arg(option))
        .start()
}

/// Paths with a private name in every place.
const PRIVATE: [&str; 9] = [
    "/corp.example.com/!my/p/@v/list",
    "/corp.example.com/!my/p/@v/v1.0.0.0.zip",
    "/corp.example.com/!my/p/@v/v1.0.0.tar",
    "/corp.example.com/%21my/b%20d/@v/list",
    "/cached-only/corp.example.com/!my/p/@v/v1.0.0.0.mod",
    "/sumdb/sum.example.com/lookup/corp.example.com/!my@v1.0.0.0",
    "/-/vuln/ID/corp.example.com/My/x",
    "/x/../corp.example.com/My/x",
    "//corp.example.com/%4dy/x",
];

#[test]
fn a_private_name_is_in_no_line_wherever_it_stands() {
    let server = private(&[]);
    for path in PRIVATE {
        let line = asked(&server, path, &[]);
        assert_eq!(line["path"], "(private)", "{line:#}");
        assert!(line["code"].is_string(), "{line:#}");
        assert_eq!(line["facts"], "", "{line:#}");
    }
    let told = server.log().to_ascii_lowercase();
    let told: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("corp.example.com"))
        .collect();
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn the_owner_of_a_log_may_have_private_names_in_it() {
    let server = private(&["--log-private=on"]);
    for path in PRIVATE {
        let line = asked(&server, path, &[]);
        assert_eq!(line["path"], path, "{line:#}");
    }
    let line = asked(&server, PRIVATE[0], &[]);
    assert!(
        line["message"]
            .as_str()
            .unwrap()
            .contains("corp.example.com/My/p@list"),
        "{line:#}"
    );
}
