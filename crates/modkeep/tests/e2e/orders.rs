//! What an operator decides: `store withdraw`, `store resolve`, and `vuln update --force`.

use crate::{
    site::{BINARY, Site, assert_refusal, module, url},
    verify,
};
use std::{fs, path::Path, process::Command, time::Duration};
use testkit::{
    database::Database,
    fixture::Corpus,
    go::Go,
    process::{self, Output},
    server::Setup,
    upstream::{FakeUpstream, Fault},
};

fn store(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.arg("store").args(arguments).arg("--data").arg(data);
    process::run(&mut command, Duration::from_mins(2))
}

/// The order that a command printed to take back what it did, with a reason.
fn take_back(output: &Output) -> Vec<String> {
    let order = output
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("to take it back: modkeep store "));
    let order = order.unwrap().strip_suffix("...").unwrap();
    let words = order.split_whitespace().map(str::to_owned);
    words.chain(["it was a test".to_owned()]).collect()
}

fn ordered(words: &[String], data: &Path) -> Output {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    store(&words, data)
}

fn lie() -> Fault {
    Fault::replace(r#"{"Version":"v1.0.0","Time":"2001-01-01T00:00:00Z"}"#)
}

#[test]
fn a_wrong_capture_is_withdrawn_captured_anew_and_the_order_taken_back() {
    let mut site = Site::with(&[module("a", 1000)]);
    site.upstream.always("example.com/a/@v/v1.0.0.info", lie());
    site.keep("example.com/a", "v1.0.0");
    let wrong = site.server.get(&url("a", "info")).body;
    let right = module("a", 1000).info();
    let (info, reason) = ("example.com/a@v1.0.0", ["--kind", "info", "--reason"]);
    let running = store(
        &[&["withdraw", info], &reason[..], &["late"]].concat(),
        site.server.data(),
    );
    running.assert_ok();
    assert_eq!(
        site.server.get(&url("a", "info")).body,
        wrong,
        "captured anew"
    );
    site.server.stop();
    let nothing = store(
        &["withdraw", "example.com/b@v1.0.0", "--reason", "wrong"],
        site.server.data(),
    );
    assert_eq!(nothing.status.code(), Some(1), "{nothing:?}");
    let withdrawn = store(
        &[&["withdraw", info], &reason[..], &["its time is wrong"]].concat(),
        site.server.data(),
    );
    withdrawn.assert_ok();

    // It does not come back, by whatever way; the other two files stay.
    store(&["rebuild"], site.server.data()).assert_ok();
    store(&["verify", "--offline"], site.server.data()).assert_ok();
    let tree = tempfile::tempdir().unwrap();
    store(
        &["export", tree.path().to_str().unwrap()],
        site.server.data(),
    )
    .assert_ok();
    let exported = tree.path().join("example.com/a/@v");
    assert!(!exported.join("v1.0.0.info").exists() && exported.join("v1.0.0.zip").exists());
    let waits = store(&["resolve"], site.server.data());
    assert!(
        waits
            .stdout
            .contains("withdrawn by operator: its time is wrong"),
        "{waits:?}"
    );

    site.upstream.heal();
    site.server.start();
    assert_eq!(site.server.get(&url("a", "info")).body, right);
    site.server.stop();

    // And back, and back again.
    let back = ordered(&take_back(&withdrawn), site.server.data());
    back.assert_ok();
    site.upstream.refuse();
    site.server.start();
    let answer = site.server.get(&url("a", "info"));
    assert_eq!(answer.body, wrong);
    assert_eq!(
        answer.header("modkeep-evidence"),
        Some("accepted by an operator")
    );
    site.server.stop();
    ordered(&take_back(&back), site.server.data()).assert_ok();
    site.server.start();
    assert_eq!(site.server.get(&url("a", "info")).body, right);
    site.server.stop();
    store(&["verify", "--offline"], site.server.data()).assert_ok();
    let journal = fs::read_dir(site.server.data().join("journal")).unwrap();
    let lines: String = journal
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap_or_default())
        .collect();
    for words in [
        "its time is wrong",
        "it was a test",
        "\"kind\":\"withdrawn\"",
        "\"kind\":\"replaced\"",
    ] {
        assert!(lines.contains(words), "{words}: {lines}");
    }
}

#[test]
fn what_a_database_proves_gives_way_to_no_order() {
    let mut site = verify::Site::new("required", &[module("a", 1000)]);
    site.server.get(&url("a", "zip"));
    let kept = site.server.get(&url("a", "mod")).body;
    site.server.stop();
    let data = site.server.data().to_owned();
    let withdrawn = store(
        &[
            "withdraw",
            "example.com/a@v1.0.0",
            "--kind",
            "mod",
            "--reason",
            "x",
        ],
        &data,
    );
    withdrawn.assert_ok();
    // Other bytes, put where an attacker or a mistake would put them.
    let other = b"module example.com/a\n\ngo 1.99\n";
    let hash = store::BlobId::of(other).to_string();
    fs::write(data.join("quarantine").join(&hash), other).unwrap();
    let order = [
        "resolve",
        "example.com/a@v1.0.0",
        "--kind",
        "mod",
        "--use",
        &hash,
        "--reason",
        "x",
    ];
    store(&order, &data).assert_ok();
    site.server.start();
    let answer = site.server.get(&url("a", "mod"));
    assert_ne!(answer.body, other, "what is not proven is not served");
    assert_eq!(site.server.get(&url("a", "mod")).body, kept);
    site.server.stop();
    let refused = store(&order, &data);
    refused.assert_fails_with("MK4004");
    let missing = "0".repeat(64);
    let order = [
        "resolve",
        "example.com/a@v1.0.0",
        "--kind",
        "mod",
        "--use",
        &missing,
        "--reason",
        "x",
    ];
    store(&order, &data).assert_fails_with("is not in quarantine");
    let order = [
        "resolve",
        "example.com/a@v1.0.0",
        "--kind",
        "mod",
        "--keep",
        "--reason",
        "x",
    ];
    store(&order, &data).assert_ok();
}

#[test]
fn the_go_command_uses_what_was_captured_anew() {
    let mut site = Site::with(&[module("a", 1000)]);
    site.upstream.always("example.com/a/@v/v1.0.0.info", lie());
    let go = Go::new(&site.server.url());
    go.download("example.com/a@v1.0.0").assert_ok();
    site.server.stop();
    let withdraw = [
        "withdraw",
        "example.com/a@v1.0.0",
        "--anew",
        "--reason",
        "all of it is wrong",
    ];
    let output = store(&withdraw, site.server.data());
    output.assert_ok();
    assert_eq!(
        output.stdout.matches("to take it back").count(),
        3,
        "{output:?}"
    );
    site.upstream.heal();
    site.upstream.forget();
    site.server.start();
    Go::new(&site.server.url())
        .download("example.com/a@v1.0.0")
        .assert_ok();
    assert_eq!(site.upstream.count_path("example.com/a/@v/v1.0.0.zip"), 1);
    assert_eq!(
        site.server.get(&url("a", "info")).body,
        module("a", 1000).info()
    );
}

/// What OSV says of a module, as of a day.
fn advisory(id: &str, day: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2026-11-{day}T00:00:00Z", "summary": "it leaks",
        "affected": [{{"package": {{"name": "example.com/a", "ecosystem": "Go"}},
        "ranges": [{{"type": "SEMVER", "events": [{{"introduced": "0"}}]}}]}}]}}"#
    )
}

#[test]
fn older_vulnerability_data_takes_nothing_from_newer() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let source = |name: &str, entries: &[(&str, &str)]| {
        let folder = root.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        for (id, day) in entries {
            fs::write(folder.join(format!("{id}.json")), advisory(id, day)).unwrap();
        }
        folder
    };
    let vuln = |arguments: &[&str]| {
        let mut command = Command::new(BINARY);
        command.arg("vuln").args(arguments).arg("--data").arg(&data);
        process::run(&mut command, Duration::from_mins(1))
    };
    let path = |folder: &Path| folder.to_str().unwrap().to_owned();
    let new = path(&source("new", &[("GO-1", "10"), ("GO-2", "20")]));
    let old = path(&source("old", &[("GO-1", "10")]));
    let mixed = path(&source("mixed", &[("GO-1", "09"), ("GO-2", "21")]));
    vuln(&["update", &new]).assert_ok();
    vuln(&["update", &new]).assert_ok();
    for older in [&old, &mixed] {
        let output = vuln(&["update", older]);
        output.assert_fails_with("MK7004");
        assert!(
            vuln(&["show", "example.com/a@v1.0.0"])
                .stdout
                .contains("GO-2")
        );
    }
    let forced = vuln(&["update", &old, "--force", "GO-2 was an error"]);
    forced.assert_ok();
    assert!(
        forced.stdout.contains("forced: GO-2 was an error"),
        "{forced:?}"
    );
    assert!(vuln(&["status"]).stdout.contains("GO-2 was an error"));
    assert!(
        !vuln(&["show", "example.com/a@v1.0.0"])
            .stdout
            .contains("GO-2")
    );
    let journal = fs::read_dir(data.join("journal")).unwrap();
    let lines: String = journal
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap_or_default())
        .collect();
    assert!(lines.contains("vulnerability-data-forced"), "{lines}");
    // What cannot be read may be newer.
    fs::write(data.join("vulnerabilities"), "damaged").unwrap();
    vuln(&["update", &new]).assert_fails_with("MK7004");
    vuln(&["update", &new, "--force", "the disk was replaced"]).assert_ok();
    assert!(
        vuln(&["show", "example.com/a@v1.0.0"])
            .stdout
            .contains("GO-2")
    );
}

#[test]
fn a_database_is_believed_again_and_the_order_taken_back() {
    const NAME: &str = "sum.example.com/public";
    let mut database = Database::new(NAME, 1);
    database.log(&module("a", 1000));
    database.fill(300);
    let mut corpus = Corpus::new()
        .with(&module("a", 1000))
        .with(&module("b", 1000));
    database.publish(&mut corpus);
    let upstream = FakeUpstream::start(corpus);
    let mut server = Setup::new(BINARY, &upstream.url())
        .option("--verify", "required")
        .option("--sumdb", &database.key())
        .start();
    assert!(server.get(&url("a", "mod")).is_whole());
    let mut other = Database::new(NAME, 1);
    other.log(&module("b", 1000));
    other.fill(400);
    upstream.change(|corpus| other.publish(corpus));
    assert_refusal(&server.get(&url("b", "mod")), 503, "MK4008");
    database.log(&module("b", 1000));
    upstream.change(|corpus| database.publish(corpus));
    server.stop();
    let data = server.data().to_owned();
    let waits = store(&["resolve", "--sumdb", &database.key()], &data);
    assert_eq!(waits.status.code(), Some(1), "{waits:?}");
    assert!(waits.stdout.contains("it told two histories"), "{waits:?}");
    let resolve = ["resolve", "--database", NAME, "--reason", "a test"];
    let resolved = store(&resolve, &data);
    resolved.assert_ok();
    assert!(resolved.stdout.contains("new database:\n"), "{resolved:?}");
    assert_eq!(store(&resolve, &data).status.code(), Some(1));
    // Taken back, and decided again.
    let back = ordered(&take_back(&resolved), &data);
    back.assert_ok();
    server.start();
    assert_refusal(&server.get(&url("b", "mod")), 503, "MK4008");
    server.stop();
    ordered(&take_back(&back), &data).assert_ok();
    server.start();
    assert!(server.get(&url("b", "mod")).is_whole());
}
