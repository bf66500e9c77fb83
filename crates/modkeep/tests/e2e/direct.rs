//! `direct` in the list of upstreams: modules from a forge over https, by the real git, to the real go.

use std::time::Duration;

use testkit::fixture::Corpus;
use testkit::forge::{Forge, write_repository};
use testkit::go::Go;
use testkit::server::{Modkeep, Setup};
use testkit::upstream::FakeUpstream;

use crate::site::{BINARY, assert_refusal, module};

const HOSTS: [&str; 3] = ["github.com", "code.example.com", "go.example.com"];

fn forge() -> Forge {
    let forge = Forge::start(&HOSTS);
    write_repository(
        &forge.repository("github.com/someone/a"),
        &[
            ("go.mod", "module github.com/someone/a\n\ngo 1.20\n"),
            ("a.go", "package a\n"),
        ],
        &["v1.0.0", "v1.1.0", "not-a-version"],
    );
    forge
}

fn serve(forge: &Forge, list: &str) -> Modkeep {
    setup(forge, list).start()
}

fn setup(forge: &Forge, list: &str) -> Setup {
    Setup::new(BINARY, list)
        .option("--ca", &forge.root().display().to_string())
        .env("HTTPS_PROXY", &forge.proxy())
        .env("https_proxy", &forge.proxy())
        .env("NO_PROXY", "127.0.0.1")
}

#[test]
fn go_builds_from_a_forge_behind_a_proxy_that_has_not_the_module() {
    let forge = forge();
    let proxy = FakeUpstream::start(Corpus::new().with(&module("a", 1_000)));
    let server = serve(&forge, &format!("{},direct", proxy.url()));
    let go = Go::new(&server.url());
    go.download("github.com/someone/a@v1.0.0").assert_ok();
    go.download("github.com/someone/a@main").assert_ok();
    let versions = go.versions("github.com/someone/a");
    assert_eq!(versions.stdout.trim(), "github.com/someone/a v1.0.0 v1.1.0");
    go.download("example.com/a@v1.0.0").assert_ok();
    let info = server.get("/github.com/someone/a/@v/v1.0.0.info").text();
    assert!(
        info.contains("\"VCS\":\"git\"") && info.contains("\"Ref\":\"refs/tags/v1.0.0\""),
        "{info}"
    );

    // What is kept needs nobody any more.
    forge.asked();
    let other = Go::new(&server.url());
    other.download("github.com/someone/a@v1.0.0").assert_ok();
    assert_eq!(forge.asked(), Vec::<String>::new());
}

#[test]
fn a_path_is_found_by_its_page_and_a_repository_where_its_host_says_that_it_moved_to() {
    let forge = forge();
    write_repository(
        &forge.repository("code.example.com/new/b"),
        &[
            ("sub/go.mod", "module go.example.com/b\n"),
            ("sub/b.go", "package b\n"),
        ],
        &["sub/v0.3.0"],
    );
    forge.moves("code.example.com/old/b", "code.example.com/new/b");
    forge.page(
        "go.example.com/b",
        "<html><head><meta name=\"go-import\" content=\"go.example.com/b git https://code.example.com/old/b sub\"></head>",
    );
    let server = serve(&forge, "direct");
    let go = Go::new(&server.url());
    go.download("go.example.com/b@v0.3.0").assert_ok();
    assert!(
        server.log().contains("a repository has moved"),
        "{}",
        server.log()
    );
}

#[test]
fn what_is_not_there_is_404_and_what_cannot_be_asked_is_not() {
    let forge = forge();
    let server = serve(&forge, "direct");
    for path in [
        "/github.com/someone/a/@v/v9.9.9.info",
        "/github.com/someone/a/sub/@v/v1.0.0.info",
        "/github.com/someone/nothing/@v/list",
        "/code.example.com/none/@v/list",
        "/github.com/someone/@v/list",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
    // The forge has no certificate of this name.
    let answer = server.get("/elsewhere.example.com/x/@v/list");
    assert_refusal(&answer, 503, "MK2003");
}

#[test]
fn many_clients_at_once_cost_one_clone() {
    let forge = forge();
    let server = serve(&forge, "direct");
    let address = server.address();
    let clients: Vec<_> = (0..32)
        .map(|_| {
            std::thread::spawn(move || {
                testkit::client::get(address, "/github.com/someone/a/@v/v1.1.0.zip").unwrap()
            })
        })
        .collect();
    let bodies: Vec<_> = clients
        .into_iter()
        .map(|client| client.join().unwrap())
        .collect();
    assert!(bodies.iter().all(testkit::client::Answer::is_whole));
    let asked = forge.asked();
    let packs = asked.iter().filter(|asked| asked.starts_with("POST"));
    // Names once, and the one commit once.
    assert!(packs.count() <= 3, "{asked:#?}");
}

#[test]
fn a_killed_server_begins_again_on_its_data() {
    let forge = forge();
    let mut server = serve(&forge, "direct");
    assert!(server.get("/github.com/someone/a/@v/list").is_whole());
    server.kill();
    server.start();
    let go = Go::new(&server.url()).limit(Duration::from_mins(2));
    go.download("github.com/someone/a@v1.1.0").assert_ok();
}

#[test]
fn rules_of_govcs_are_kept_and_wrong_ones_stop_the_start() {
    let forge = forge();
    let server = setup(&forge, "direct")
        .option("--govcs", "github.com:off")
        .start();
    let answer = server.get("/github.com/someone/a/@v/v1.0.0.info");
    assert_refusal(&answer, 502, "MK2006");
    assert!(answer.text().contains("GOVCS"), "{}", answer.text());
    assert!(forge.asked().iter().all(|asked| asked.starts_with("GET")));

    let mut wrong = setup(&forge, "direct")
        .option("--govcs", "github.com:cvs")
        .launch();
    assert!(wrong.ready_or_ended().is_some());
    assert!(wrong.log().contains("cvs"), "{}", wrong.log());
}
