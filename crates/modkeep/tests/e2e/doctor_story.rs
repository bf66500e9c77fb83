//! `modkeep doctor ID`: the server's own story of a request that failed.

use crate::site::{BINARY, Site, module};
use serde_json::Value;
use std::{
    io::Write as _,
    process::{Command, Stdio},
    time::Duration,
};
use testkit::{
    go::Go,
    process::{self, Output},
    upstream::{Fault, Target},
};

/// What `go` printed when its request failed at the server, and the id in it.
fn failure(site: &Site) -> (String, String) {
    site.upstream.always(Target::Any, Fault::status(503));
    let output = Go::new(&site.server.url()).download("example.com/a@v1.0.0");
    assert!(!output.status.success(), "{output}");
    let printed = format!("{}{}", output.stdout, output.stderr);
    let (_, behind) = printed.split_once("request: ").expect("no id was printed");
    let id = behind.chars().take(16).collect();
    (printed, id)
}

fn doctor(go: &Go, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    go.prepare(&mut command);
    command.arg("doctor").args(arguments);
    process::run(&mut command, Duration::from_mins(1))
}

#[test]
fn an_id_that_go_printed_leads_to_the_servers_story() {
    let site = Site::with(&[module("a", 1000)]);
    let (_, id) = failure(&site);
    let go = Go::new(&site.server.url());
    let told = doctor(&go, &[&id]);
    assert_eq!(told.status.code(), Some(0), "{told}");
    for expected in ["asked:", "example.com/a@v1.0.0", "facts:", "503", "why: "] {
        assert!(told.stdout.contains(expected), "{expected}: {told}");
    }
    let json = doctor(&go, &["--json", &id]);
    let heard: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(heard[0]["story"]["request"], id.as_str(), "{json}");
    assert!(
        heard[0]["story"]["code"]
            .as_str()
            .unwrap()
            .starts_with("MK"),
        "{json}"
    );
}

#[test]
fn a_pasted_error_with_an_id_has_the_story_as_its_first_evidence() {
    let site = Site::with(&[module("a", 1000)]);
    let (printed, id) = failure(&site);
    let mut command = Command::new(BINARY);
    Go::new(&site.server.url()).prepare(&mut command);
    command.args(["doctor", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(printed.as_bytes()).unwrap();
    drop(input);
    let told = child.wait_with_output().unwrap();
    let page = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told.status.code(), Some(1), "{page}");
    assert!(
        page.starts_with(&format!("request {id}, as http")),
        "{page}"
    );
    assert!(page.contains("1. ") && page.contains("[MK"), "{page}");

    let go = Go::new(&site.server.url());
    let json = doctor(&go, &["--json", &format!("go: x: 503\n\trequest: {id}")]);
    let told: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(told["requests"][0]["story"]["status"], 503, "{json}");
    assert!(told["reasons"].is_array(), "{json}");
}

#[test]
fn the_server_of_the_data_directory_is_asked_too() {
    let site = Site::with(&[module("a", 1000)]);
    let (_, id) = failure(&site);
    let data = site.server.data().display().to_string();
    let told = doctor(&Go::new("off"), &[&id, "--data", &data]);
    assert_eq!(told.status.code(), Some(0), "{told}");
    assert!(told.stdout.contains(&site.server.url()), "{told}");
}

#[test]
fn a_server_that_does_not_know_the_id_is_said_to() {
    let site = Site::with(&[module("a", 1000)]);
    let go = Go::new(&site.server.url());
    let told = doctor(&go, &["06a1b2c3d4e5f6g7"]);
    assert_eq!(told.status.code(), Some(2), "{told}");
    assert!(
        told.stdout.contains("it does not know this request"),
        "{told}"
    );
    let nobody = doctor(&Go::new("off"), &["06a1b2c3d4e5f6g7"]);
    assert_eq!(nobody.status.code(), Some(2), "{nobody}");
    assert!(nobody.stderr.contains("no server is known"), "{nobody}");
}
