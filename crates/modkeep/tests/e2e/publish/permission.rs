//! Who may publish: callers with a right to the module, and operators where no rule says otherwise.

use super::{journal, ours, path, put_with};
use crate::site::{BINARY, assert_refusal, wait_until};
use std::{fs, process::Command};
use testkit::server::{Modkeep, Setup};

const RULES: &str = r#"
[[access]]
modules = "corp.example.com/ci"
groups = ["*"]
allow = ["publish"]
publish-by = ["ci"]
"#;

fn serve(rules: &tempfile::TempDir) -> Modkeep {
    let file = rules.path().join("modkeep.toml");
    fs::write(&file, RULES).unwrap();
    Setup::new(BINARY, "off")
        .option("--private", "corp.example.com")
        .option("--config", file.to_str().unwrap())
        .start()
}

fn token(server: &Modkeep, name: &str, scope: &str) -> String {
    let mut command = Command::new(BINARY);
    command.args(["token", "create", name, "--scope", scope, "--data"]);
    let done = command.arg(server.data()).output().unwrap();
    let token = String::from_utf8(done.stdout).unwrap();
    let token = format!("authorization: Bearer {}\r\n", token.trim());
    let list = path(&ours("known", "x"), "mod");
    let known = |token: &str| {
        let value = token.trim_end().strip_prefix("authorization: ").unwrap();
        server
            .request("GET", &list, &[("authorization", value)])
            .status
            != 401
    };
    wait_until(|| known(&token));
    token
}

#[test]
fn a_caller_publishes_what_it_has_a_right_to_and_the_journal_names_it() {
    let rules = tempfile::tempdir().unwrap();
    let mut server = serve(&rules);
    let (lib, other) = (ours("lib", "x"), ours("other", "x"));
    let release = token(
        &server,
        "release-bot",
        "read:corp.example.com/lib publish:corp.example.com/lib",
    );
    let reader = token(&server, "reader", "read");
    // From where no operator asks.
    let elsewhere = |token: &str| format!("{token}x-forwarded-for: 192.0.2.7\r\n");
    let address = server.address();
    let publish = |module, token: &str| {
        let zip: &testkit::fixture::Module = module;
        put_with(address, &path(zip, "zip"), &elsewhere(token), &zip.zip()).unwrap()
    };
    assert_refusal(&publish(&lib, ""), 401, "MK1021");
    assert_refusal(
        &publish(&lib, "authorization: Bearer mkt_no\r\n"),
        401,
        "MK1022",
    );
    assert_refusal(&publish(&lib, &reader), 403, "MK1023");
    assert_refusal(&publish(&other, &release), 404, "MK2002");
    assert_eq!(publish(&lib, &release).status, 201);
    server.stop();
    let journal = journal(server.data());
    let lines: Vec<_> = journal
        .lines()
        .filter(|line| line.contains("release-bot (token)"))
        .collect();
    assert!(!lines.is_empty(), "{journal}");
}

#[test]
fn what_ci_publishes_is_published_by_nobody_else_operators_included() {
    let rules = tempfile::tempdir().unwrap();
    let server = serve(&rules);
    let module = ours("ci", "x");
    let all = token(&server, "all", "read publish");
    for headers in ["", all.as_str()] {
        let refused = put_with(
            server.address(),
            &path(&module, "zip"),
            headers,
            &module.zip(),
        )
        .unwrap();
        let expected = if headers.is_empty() {
            (401, "MK1021")
        } else {
            (403, "MK1023")
        };
        assert_refusal(&refused, expected.0, expected.1);
    }
}
