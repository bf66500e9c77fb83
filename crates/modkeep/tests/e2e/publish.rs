//! Versions that are published to the server: once and for all, or not at all.

mod bad_uploads;
mod command;
mod crash;
mod permission;
mod retire;

use crate::site::{BINARY, assert_refusal};
use std::{
    fs, net::SocketAddr, path::Path, process::Command, sync::Barrier, thread, time::Duration,
};
use testkit::{
    client::{self, Answer},
    fixture::{Corpus, Module},
    go::Go,
    process::{self, Output},
    server::{Modkeep, Setup},
    upstream::FakeUpstream,
};

const SUMDB: &str = "sum.corp.example.com/2026";

/// Names how many there are to be.
const RACES: &str = "MODKEEP_PUBLISH_ROUNDS";

/// Rounds of publishers against each other.
const ROUNDS: usize = 20;

fn setup() -> Setup {
    Setup::new(BINARY, "off")
        .option("--private", "corp.example.com")
        .option("--verify", "off")
}

fn serve() -> Modkeep {
    setup().start()
}

/// `corp.example.com/NAME` at v1.0.0.
fn ours(name: &str, text: &str) -> Module {
    version(name, "v1.0.0", text)
}

fn version(name: &str, version: &str, text: &str) -> Module {
    let text = format!("package lib\n\nconst Text = {text:?}\n");
    Module::new(&format!("corp.example.com/{name}"), version).file("text.go", text)
}

fn path(module: &Module, kind: &str) -> String {
    format!("/{}/@v/{}.{kind}", module.path(), module.version())
}

fn put_with(
    address: SocketAddr,
    path: &str,
    headers: &str,
    body: &[u8],
) -> std::io::Result<Answer> {
    let length = body.len();
    let head = format!(
        "PUT {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    let bytes = [head.as_bytes(), body].concat();
    client::exchange(address, &bytes, Duration::from_mins(1))
}

fn put(address: SocketAddr, path: &str, body: &[u8]) -> Answer {
    put_with(address, path, "", body).unwrap()
}

fn publish(server: &Modkeep, module: &Module) -> Answer {
    put(server.address(), &path(module, "zip"), &module.zip())
}

fn modkeep(arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments);
    // A variable that is no option is refused; these are the tests' own.
    command.env_remove(RACES).env_remove(crash::KILLS);
    process::run(&mut command, Duration::from_mins(1))
}

fn on_data(arguments: &[&str], data: &Path) -> Output {
    modkeep(&[arguments, &["--data", data.to_str().unwrap()]].concat())
}

fn journal(data: &Path) -> String {
    let files = fs::read_dir(data.join("journal")).unwrap();
    files
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap_or_default())
        .collect()
}

/// A server with a checksum database of its own, and the key of that.
fn with_database() -> (Modkeep, String) {
    let mut server = serve();
    server.stop();
    let output = on_data(&["sumdb", "init", SUMDB], server.data());
    output.assert_ok();
    let mut lines = output.stdout.lines();
    let key = lines.next().and_then(|line| line.strip_prefix("GOSUMDB="));
    let key = key.unwrap().to_owned();
    server.set_option("--own-sumdb", SUMDB);
    server.start();
    (server, key)
}

#[test]
fn what_is_published_is_listed_proven_and_built_with_at_once() {
    let (mut server, key) = with_database();
    let module = ours("lib", "first");
    let published = publish(&server, &module);
    assert_eq!(published.status, 201, "{}", published.text());
    let reply: serde_json::Value = serde_json::from_slice(&published.body).unwrap();
    assert_eq!(reply["outcome"], "published");
    assert_eq!(reply["h1"], module.h1().split(' ').next_back().unwrap());
    assert_eq!(reply["database"], SUMDB);

    let zip = server.get(&path(&module, "zip"));
    assert_eq!(zip.body, module.zip());
    let evidence = zip.header("modkeep-evidence").unwrap().to_owned();
    let proven = format!("sumdb {SUMDB} 0");
    assert!(
        ["publication", &proven].contains(&evidence.as_str()),
        "{evidence}"
    );
    assert_eq!(server.get(&path(&module, "mod")).body, module.mod_file());
    let info = server.get(&path(&module, "info"));
    assert_eq!(info.header("modkeep-evidence"), Some("publication"));
    assert!(info.text().starts_with(r#"{"Version":"v1.0.0","Time":"20"#));
    let list = server.get("/corp.example.com/lib/@v/list");
    assert_eq!(list.text(), "v1.0.0\n");
    let latest = server.get("/corp.example.com/lib/@latest");
    assert_eq!(latest.body, info.body);

    let go = Go::new(&server.url())
        .env("GOSUMDB", &key)
        .env("GOPRIVATE", "corp.example.com")
        .env("GONOSUMDB", "none")
        .env("GONOPROXY", "none");
    go.get("corp.example.com/lib@latest").assert_ok();
    // Without a database of its own, go takes it as well.
    Go::new(&server.url())
        .get("corp.example.com/lib")
        .assert_ok();

    let next = version("lib", "v1.1.0", "second");
    assert_eq!(publish(&server, &next).status, 201);
    assert_eq!(
        server.get("/corp.example.com/lib/@v/list").text(),
        "v1.0.0\nv1.1.0\n"
    );
    go.get("corp.example.com/lib@v1.1.0").assert_ok();

    server.stop();
    let lines = journal(server.data());
    let entry = r#""event":"published","subject":"corp.example.com/lib/@v/v1.0.0","detail":"by operator at 127.0.0.1; zip h1:"#;
    assert!(lines.contains(entry), "{lines}");
    on_data(&["store", "verify", "--offline"], server.data()).assert_ok();
    // Everything is in the journal: a catalog that is lost takes nothing along.
    fs::remove_file(server.data().join("catalog.db")).unwrap();
    on_data(&["store", "rebuild"], server.data()).assert_ok();
    server.start();
    assert_eq!(server.get(&path(&module, "zip")).body, module.zip());
    assert_eq!(
        server.get("/corp.example.com/lib/@v/list").text(),
        "v1.0.0\nv1.1.0\n"
    );
}

#[test]
fn a_version_is_published_once() {
    let mut server = serve();
    let module = ours("lib", "first");
    assert_eq!(publish(&server, &module).status, 201);
    let info = server.get(&path(&module, "info")).body;
    assert_eq!(publish(&server, &module).status, 200);
    // The same files in another zip are the same version.
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in module.files() {
        fs::write(directory.path().join(name), content).unwrap();
    }
    fs::write(directory.path().join("go.mod"), module.mod_file()).unwrap();
    let target = tempfile::tempdir().unwrap();
    let packed = target.path().join("packed.zip");
    let packed = packed.to_str().unwrap();
    let source = directory.path().to_str().unwrap();
    modkeep(&[
        "zip",
        "create",
        source,
        "corp.example.com/lib@v1.0.0",
        "-o",
        packed,
    ])
    .assert_ok();
    let packed = fs::read(packed).unwrap();
    assert_ne!(packed, module.zip());
    let again = put(server.address(), &path(&module, "zip"), &packed);
    assert_eq!(again.status, 200, "{}", again.text());

    let other = ours("lib", "second");
    let refused = publish(&server, &other);
    assert_refusal(&refused, 409, "MK1032");
    let text = refused.text();
    let hash = |line: &str| line.split(' ').next_back().unwrap().to_owned();
    for hash in [&module, &other].map(|module| hash(&module.h1())) {
        assert!(text.contains(&hash), "{hash}: {text}");
    }
    let other_go_mod = ours("lib", "first").go_mod("module corp.example.com/lib\n\ngo 1.22\n");
    assert_refusal(&publish(&server, &other_go_mod), 409, "MK1032");
    assert_eq!(server.get(&path(&module, "zip")).body, module.zip());
    assert_eq!(server.get(&path(&module, "info")).body, info);
    server.stop();
    let lines = journal(server.data());
    assert_eq!(lines.matches(r#""event":"publication-refused""#).count(), 2);
    let blobs = fs::read_dir(server.data().join("spool")).unwrap();
    assert_eq!(blobs.count(), 0, "nothing of what was refused is left");
    on_data(&["store", "verify", "--offline"], server.data()).assert_ok();
}

#[test]
fn a_module_without_a_go_mod_gets_the_one_that_go_makes_up() {
    let server = serve();
    let module = Module::new("corp.example.com/old", "v2.0.0+incompatible").without_go_mod();
    let published = publish(&server, &module);
    assert_eq!(published.status, 201, "{}", published.text());
    let go_mod = server.get(&path(&module, "mod"));
    assert_eq!(go_mod.text(), "module corp.example.com/old\n");
    Go::new(&server.url())
        .get("corp.example.com/old@v2.0.0+incompatible")
        .assert_ok();
}

#[test]
fn what_a_source_gave_is_compared_and_completed() {
    let first = ours("lib", "first");
    let upstream = FakeUpstream::start(Corpus::new().with(&first));
    let server = setup()
        .option("--private-upstream", &upstream.url())
        .start();
    for kind in ["info", "mod", "zip"] {
        assert!(server.get(&path(&first, kind)).is_whole());
    }
    assert_eq!(publish(&server, &first).status, 200);
    assert_refusal(&publish(&server, &ours("lib", "other")), 409, "MK1032");
    // What the source does not have is listed beside what it has, and is the latest.
    let next = version("lib", "v1.1.0", "next");
    assert!(server.get("/corp.example.com/lib/@latest").is_whole());
    assert_eq!(publish(&server, &next).status, 201);
    assert_eq!(
        server.get("/corp.example.com/lib/@v/list").text(),
        "v1.0.0\nv1.1.0\n"
    );
    let latest = server.get("/corp.example.com/lib/@latest").text();
    assert!(latest.contains("v1.1.0"), "{latest}");
    let alone = ours("alone", "x");
    assert_eq!(server.get("/corp.example.com/alone/@v/list").status, 404);
    assert_eq!(publish(&server, &alone).status, 201);
    let list = server.get("/corp.example.com/alone/@v/list");
    assert_eq!(
        list.text(),
        "v1.0.0\n",
        "though its source has no such module"
    );
}

#[test]
fn a_tag_is_asked_for_where_that_is_required() {
    let tagged = ours("lib", "first");
    let upstream = FakeUpstream::start(Corpus::new().with(&tagged));
    let server = setup()
        .option("--private-upstream", &upstream.url())
        .option("--publish-require-tag", "on")
        .start();
    let untagged = version("lib", "v1.1.0", "next");
    assert_refusal(&publish(&server, &untagged), 422, "MK1035");
    assert_eq!(publish(&server, &tagged).status, 201);
    assert_eq!(upstream.count_path("corp.example.com/lib/@v/v1.0.0.zip"), 0);
    upstream.refuse();
    let answer = publish(&server, &version("lib", "v1.2.0", "later"));
    assert!(
        answer.status >= 500,
        "unknown is not absent: {}",
        answer.text()
    );
}

#[test]
fn of_two_publishers_of_one_version_exactly_one_wins() {
    let rounds = std::env::var(RACES).ok();
    let rounds = rounds.and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let mut server = serve();
    for round in 0..rounds {
        let name = format!("race{round}");
        let offers = [0, 1, 2].map(|who| ours(&name, &format!("by {who}")).noise(who, 50_000));
        let start = Barrier::new(offers.len());
        let address = server.address();
        let statuses: Vec<u16> = thread::scope(|scope| {
            let publishers = offers.each_ref().map(|offer| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    put(address, &path(offer, "zip"), &offer.zip()).status
                })
            });
            let ended = publishers.into_iter().map(thread::ScopedJoinHandle::join);
            ended.map(Result::unwrap).collect()
        });
        let winners: Vec<usize> = (0..3).filter(|at| statuses[*at] == 201).collect();
        assert_eq!(winners.len(), 1, "{statuses:?}");
        let lost = statuses.iter().filter(|status| **status == 409).count();
        assert_eq!(lost, 2, "{statuses:?}");
        let kept = server.get(&path(&offers[0], "zip"));
        assert_eq!(kept.body, offers[winners[0]].zip());
    }
    server.stop();
    on_data(&["store", "verify", "--offline"], server.data()).assert_ok();
    println!("{rounds} rounds of three publishers of one version, one winner each");
}
