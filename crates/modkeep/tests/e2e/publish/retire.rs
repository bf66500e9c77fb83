//! Retired versions: served as ever, and nobody is pointed to them.

use super::{journal, on_data, ours, path, publish, serve, setup, version};
use testkit::{fixture::Corpus, go::Go, server::Modkeep, upstream::FakeUpstream};

const LIST: &str = "/corp.example.com/lib/@v/list";
const LATEST: &str = "/corp.example.com/lib/@latest";

fn retire(server: &Modkeep, version: &str, undo: bool) -> testkit::process::Output {
    let name = format!("corp.example.com/lib@{version}");
    let mut order = vec!["store", "retire", &name, "--reason", "v1.0.0 is better"];
    if undo {
        order.push("--undo");
    }
    on_data(&order, server.data())
}

#[test]
fn a_retired_version_is_served_but_neither_listed_nor_the_latest() {
    let mut server = serve();
    let (old, new) = (ours("lib", "old"), version("lib", "v1.1.0", "new"));
    for module in [&old, &new] {
        assert_eq!(publish(&server, module).status, 201);
    }
    let retired = retire(&server, "v1.1.0", false);
    retired.assert_ok();
    assert!(
        retired
            .stdout
            .contains("to take it back: modkeep store retire")
    );
    assert_eq!(server.get(LIST).text(), "v1.0.0\n");
    assert!(server.get(LATEST).text().contains("v1.0.0"));
    assert_eq!(server.get(&path(&new, "zip")).body, new.zip());
    let go = Go::new(&server.url());
    go.get("corp.example.com/lib@v1.1.0").assert_ok();
    let versions = go.versions("corp.example.com/lib");
    assert_eq!(versions.stdout.trim(), "corp.example.com/lib v1.0.0");
    let status = server.get("/-/status").text();
    assert!(status.contains("\"retired_versions\": 1"), "{status}");

    // It holds after a restart, and in a catalog that was made again from the journal.
    server.stop();
    on_data(&["store", "rebuild"], server.data()).assert_ok();
    assert!(journal(server.data()).contains("v1.0.0 is better"));
    server.start();
    assert_eq!(server.get(LIST).text(), "v1.0.0\n");
    retire(&server, "v1.0.0", false).assert_ok();
    assert_eq!(server.get(LIST).text(), "");
    assert_eq!(server.get(LATEST).status, 404);

    // An export has its files and does not list it.
    let tree = tempfile::tempdir().unwrap();
    let root = tree.path().to_str().unwrap();
    on_data(&["store", "export", root], server.data()).assert_ok();
    let exported = tree.path().join("corp.example.com/lib/@v");
    assert!(exported.join("v1.1.0.zip").exists());
    let list = std::fs::read_to_string(exported.join("list"));
    assert_eq!(list.unwrap(), "");

    // Where the policy is to list them, they are.
    server.stop();
    server.set_option("--list-retired", "on");
    server.start();
    assert_eq!(server.get(LIST).text(), "v1.0.0\nv1.1.0\n");
    assert!(server.get(LATEST).text().contains("v1.1.0"));
    server.stop();
    server.remove_option("--list-retired");
    server.start();
    for version in ["v1.0.0", "v1.1.0"] {
        retire(&server, version, true).assert_ok();
    }
    assert_eq!(retire(&server, "v1.1.0", true).status.code(), Some(1));
    assert_eq!(server.get(LIST).text(), "v1.0.0\nv1.1.0\n");
    let nothing = retire(&server, "v9.9.9", false);
    assert_eq!(nothing.status.code(), Some(1));
}

#[test]
fn a_version_of_a_source_can_be_retired_too() {
    let (old, new) = (ours("lib", "old"), version("lib", "v1.1.0", "new"));
    let upstream = FakeUpstream::start(Corpus::new().with(&old).with(&new));
    let server = setup()
        .option("--private-upstream", &upstream.url())
        .start();
    for kind in ["info", "mod", "zip"] {
        assert!(server.get(&path(&new, kind)).is_whole());
    }
    assert_eq!(server.get(LIST).text(), "v1.0.0\nv1.1.0\n");
    assert!(server.get(LATEST).is_whole());
    retire(&server, "v1.1.0", false).assert_ok();
    assert_eq!(server.get(LIST).text(), "v1.0.0\n");
    let latest = server.get(LATEST).text();
    assert!(latest.contains("v1.0.0"), "{latest}");
}
