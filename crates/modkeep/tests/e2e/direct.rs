//! `direct` in the list of upstreams: modules from a forge over https, by the real git, to the real go.

use std::path::Path;
use std::time::Duration;

use testkit::fixture::Corpus;
use testkit::forge::{Forge, ForgeFault, write_repository};
use testkit::go::Go;
use testkit::server::{Modkeep, Setup};
use testkit::upstream::FakeUpstream;
use tokio::time::Instant;

use crate::site::{BINARY, assert_refusal, module};

const HOSTS: [&str; 5] = [
    "github.com",
    "code.example.com",
    "go.example.com",
    "private.example.com",
    "elsewhere.example.org",
];

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

/// Processes whose environment names a directory as their home.
fn children_in(directory: &Path) -> usize {
    let home = format!("HOME={}", directory.display());
    let is_ours = |entry: &std::fs::DirEntry| {
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(&home)
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes.filter(is_ours).count()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_server_that_is_killed_in_the_middle_of_a_clone_leaves_no_child() {
    let forge = forge();
    forge.fail("github.com/someone/a", ForgeFault::Stalls);
    let mut server = serve(&forge, "direct");
    let address = server.address();
    let client = std::thread::spawn(move || {
        testkit::client::get(address, "/github.com/someone/a/@v/v1.1.0.zip").is_ok()
    });
    // Names for the list, names before the pack, the pack.
    let mut asked = 0;
    until("no clone has begun", || {
        let requests = forge.asked();
        asked += requests.iter().filter(|of| of.starts_with("POST")).count();
        asked >= 3
    });
    let mirrors = server.data().join("vcs");
    assert!(children_in(&mirrors) > 0);
    server.kill();
    until("a child runs on", || children_in(&mirrors) == 0);
    client.join().unwrap();
}

#[test]
fn hostile_servers_are_refused_each_with_its_code_and_leave_nothing_behind() {
    let forge = forge();
    let page = |name: &str, tag: &str| {
        let place = format!("go.example.com/{name}");
        forge.page(
            &place,
            &format!("<meta name=\"go-import\" content=\"{place} {tag}\">"),
        );
    };
    // These are no tags, to go neither.
    page("ext", "git ext::sh");
    page("option", "git --upload-pack=touch");
    page("file", "git file:///etc");
    page("dash", "git https://-oProxyCommand=touch/a");
    page("plain", "git http://code.example.com/a");
    page("metadata", "git https://169.254.169.254/latest");
    page("loopback", "git https://127.0.0.1/a");
    page("mod-plain", "mod http://code.example.com");
    page("mod-inside", "mod https://10.0.0.1");
    page("garbled", "git https://code.example.com/garbled");
    page("fossil", "fossil https://code.example.com/fossil");
    forge.moves("go.example.com/circle", "go.example.com/circle");
    forge.moves("go.example.com/inside", "169.254.169.254/x");
    let place = "code.example.com/garbled";
    write_repository(
        &forge.repository(place),
        &[("go.mod", "module go.example.com/garbled\n")],
        &["v1.0.0"],
    );
    forge.fail(place, ForgeFault::Garbles);
    let server = setup(&forge, "direct").option("--govcs", "*:all").start();
    for (name, status, code) in [
        ("dash", 502, "MK2006"),
        ("plain", 502, "MK2006"),
        ("metadata", 502, "MK2006"),
        ("loopback", 502, "MK2006"),
        ("mod-plain", 502, "MK2006"),
        ("mod-inside", 502, "MK2006"),
        ("fossil", 502, "MK2006"),
        ("circle", 502, "MK2007"),
        ("inside", 502, "MK2006"),
        ("garbled", 502, "MK2007"),
    ] {
        let answer = server.get(&format!("/go.example.com/{name}/@v/v1.0.0.zip"));
        println!("{name}: {} {}", answer.status, answer.text());
        assert_refusal(&answer, status, code);
    }
    for name in ["ext", "option", "file"] {
        let answer = server.get(&format!("/go.example.com/{name}/@v/v1.0.0.zip"));
        assert_eq!(answer.status, 404, "{}", answer.text());
    }
    let mirrors = server.data().join("vcs");
    until("a child runs on", || children_in(&mirrors) == 0);
    let scratch = std::fs::read_dir(mirrors.join("scratch")).unwrap();
    assert_eq!(scratch.count(), 0);
}

#[test]
fn a_proxy_that_a_page_names_is_asked_without_credentials() {
    let forge = forge();
    let credentials = forge.root().with_file_name("netrc");
    std::fs::write(
        &credentials,
        "machine code.example.com login a password b\n",
    )
    .unwrap();
    forge.page(
        "go.example.com/m",
        "<meta name=\"go-import\" content=\"go.example.com/m mod https://code.example.com/proxy\">",
    );
    for (name, text) in [
        ("list", "v1.0.0\n"),
        (
            "v1.0.0.info",
            "{\"Version\":\"v1.0.0\",\"Time\":\"2024-01-01T00:00:00Z\"}",
        ),
        ("v1.0.0.mod", "module go.example.com/m\n"),
    ] {
        forge.page(
            &format!("code.example.com/proxy/go.example.com/m/@v/{name}"),
            text,
        );
    }
    let server = setup(&forge, "direct")
        .option("--credentials", &credentials.display().to_string())
        .option("--private", "go.example.com/m")
        .option("--private-upstream", "direct")
        .start();
    assert_eq!(server.get("/go.example.com/m/@v/list").text(), "v1.0.0\n");
    let go_mod = server.get("/go.example.com/m/@v/v1.0.0.mod");
    assert_eq!(go_mod.text(), "module go.example.com/m\n");
    assert_eq!(server.get("/go.example.com/m/@v/v1.1.0.mod").status, 404);
    assert_eq!(forge.shown(), Vec::<String>::new());
}

/// `Basic` of `robot:word`.
const ROBOT: &str = "Basic cm9ib3Q6d29yZA==";

#[test]
fn a_private_repository_is_reached_with_the_credentials_of_its_host_alone() {
    let forge = forge();
    let place = "private.example.com/team/p";
    write_repository(
        &forge.repository(place),
        &[
            ("go.mod", "module private.example.com/team/p\n"),
            ("p.go", "package p\n"),
        ],
        &["v1.0.0"],
    );
    forge.page(
        place,
        "<meta name=\"go-import\" content=\"private.example.com/team/p git https://private.example.com/team/p\">",
    );
    forge.guard("private.example.com", ROBOT, 401);
    // A page of somebody else may name it, too.
    forge.page(
        "go.example.com/thief",
        "<meta name=\"go-import\" content=\"go.example.com/thief git https://private.example.com/team/p\">",
    );
    // And what is private may lead elsewhere.
    forge.page(
        "private.example.com/team/away",
        "<meta name=\"go-import\" content=\"private.example.com/team/away git https://elsewhere.example.org/away\">",
    );
    let credentials = forge.root().with_file_name("netrc");
    let text = "machine private.example.com login robot password word\n";
    std::fs::write(&credentials, text).unwrap();
    let start = |file: &std::path::Path| {
        setup(&forge, "direct")
            .option("--credentials", &file.display().to_string())
            .option("--private", "private.example.com/*")
            .option("--private-upstream", "direct")
            .start()
    };
    let server = start(&credentials);
    let go = Go::new(&server.url());
    go.download("private.example.com/team/p@v1.0.0").assert_ok();
    let shown = forge.shown();
    assert!(!shown.is_empty() && shown.iter().all(|host| host == "private.example.com"));
    assert!(!server.log().contains("word") && !server.log().contains("cm9ib3Q6"));

    let stolen = server.get("/go.example.com/thief/@v/v1.0.0.zip");
    assert_refusal(&stolen, 502, "MK2006");
    assert!(server.get("/private.example.com/team/away/@v/list").status >= 400);
    assert!(
        forge
            .shown()
            .iter()
            .all(|host| host == "private.example.com")
    );

    // Who is not known, and who may not, are told different things.
    std::fs::write(
        &credentials,
        "machine private.example.com login robot password old\n",
    )
    .unwrap();
    let other = start(&credentials);
    let unknown = other.get("/private.example.com/team/p/@v/v1.0.0.info");
    assert_refusal(&unknown, 502, "MK2006");
    assert!(
        unknown.text().contains("--credentials"),
        "{}",
        unknown.text()
    );
    forge.guard("private.example.com", ROBOT, 403);
    let forbidden = other.get("/private.example.com/team/p/@v/list");
    assert_refusal(&forbidden, 502, "MK2006");
    assert!(
        forbidden.text().contains("may not read"),
        "{}",
        forbidden.text()
    );
}

#[test]
fn what_has_moved_is_told_with_its_new_home() {
    let forge = forge();
    write_repository(
        &forge.repository("code.example.com/new/b"),
        &[("go.mod", "module code.example.com/new/b\n")],
        &["v1.0.0"],
    );
    forge.moves("code.example.com/old/b", "code.example.com/new/b");
    for (name, content) in [
        (
            "moved",
            "go.example.com/moved git https://code.example.com/old/b",
        ),
        (
            "renamed",
            "go.example.com/renamed git https://code.example.com/new/b",
        ),
        (
            "elsewhere",
            "code.example.com/new/b git https://code.example.com/new/b",
        ),
    ] {
        let page = format!("<meta name=\"go-import\" content=\"{content}\">");
        forge.page(&format!("go.example.com/{name}"), &page);
    }
    let server = serve(&forge, "direct");
    for (name, home) in [
        ("moved", "has moved to https://code.example.com/new/b"),
        ("renamed", "declares its path as: code.example.com/new/b"),
        ("elsewhere", "code.example.com/new/b did not match"),
    ] {
        let answer = server.get(&format!("/go.example.com/{name}/@v/v9.9.9.info"));
        assert_eq!(answer.status, 404, "{}", answer.text());
        assert!(answer.text().contains(home), "{name}: {}", answer.text());
    }
}
