//! A checksum database of the site's own, as the unmodified `go` command uses it.

mod bundles;
mod loss;

use crate::site::{BINARY, assert_refusal, module};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use testkit::{
    client,
    database::Database,
    fixture::{Corpus, Module},
    go::{Go, Project},
    process::{self, Output},
    server::{Modkeep, Setup},
    upstream::FakeUpstream,
};

const NAME: &str = "sum.corp.example.com/2026";
const NEXT: &str = "sum.corp.example.com/2027";

/// A public and a private upstream, and a server with a database of its own in front of them.
struct Site {
    public: FakeUpstream,
    private: FakeUpstream,
    server: Modkeep,
    key: String,
}

/// `corp.example.com/NAME` at v1.0.0.
fn secret(name: &str) -> Module {
    let text = format!(
        "package lib

const Name = \"{name}\"
"
    );
    Module::new(&format!("corp.example.com/{name}"), "v1.0.0").file("name.go", text)
}

fn modkeep(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).arg("--data").arg(data);
    process::run(&mut command, Duration::from_mins(1))
}

fn init(name: &str, data: &Path) -> String {
    let output = modkeep(&["sumdb", "init", name], data);
    output.assert_ok();
    let mut lines = output.stdout.lines();
    let key = lines.next().and_then(|line| line.strip_prefix("GOSUMDB="));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        ["GONOSUMDB=none", "GONOPROXY=none"]
    );
    key.unwrap().to_owned()
}

// === impl Site ===

impl Site {
    fn new(scope: &str, public: &[Module], private: &[Module]) -> Self {
        let mut database = Database::new("sum.example.com/public", 1);
        database.fill(300);
        let mut corpus = Corpus::new();
        for module in public {
            corpus.add(module);
            database.log(module);
        }
        database.log_hashes(
            "golang.org/toolchain",
            "v0.0.1-go1.99.0.linux-amd64",
            "h1:t=",
            "h1:m=",
        );
        database.fill(10);
        database.publish(&mut corpus);
        let public = FakeUpstream::start(corpus);
        let mut corpus = Corpus::new();
        for module in private {
            corpus.add(module);
        }
        let private = FakeUpstream::start(corpus);
        let mut server = Setup::new(BINARY, &public.url())
            .option("--verify", "required")
            .option("--sumdb", &database.key())
            .option("--private", "corp.example.com")
            .option("--private-upstream", &private.url())
            .option("--own-sumdb-scope", scope)
            .start();
        let key = init(NAME, server.data());
        server.stop();
        server.set_option("--own-sumdb", NAME);
        server.start();
        Self {
            public,
            private,
            server,
            key,
        }
    }

    fn go(&self) -> Go {
        self.go_with(&self.key)
    }

    fn go_with(&self, key: &str) -> Go {
        Go::new(&self.server.url())
            .env("GOSUMDB", key)
            .env("GOPRIVATE", "corp.example.com")
            .env("GONOSUMDB", "none")
            .env("GONOPROXY", "none")
    }

    /// What the private upstream has from now on.
    fn push(&self, module: &Module) {
        self.private.change(|corpus| corpus.add(module));
    }

    fn lookup(&self, module: &str) -> client::Answer {
        let path = format!("/sumdb/{NAME}/lookup/{module}@v1.0.0");
        self.server.get(&path)
    }

    fn latest(&self) -> Vec<u8> {
        let answer = self.server.get(&format!("/sumdb/{NAME}/latest"));
        assert!(answer.is_whole(), "{answer:?}");
        answer.body
    }

    fn echo(&self, note: &[u8]) -> client::Answer {
        let path = format!("/-/sumdb/{NAME}/echo");
        client::post(self.server.address(), &path, note).unwrap()
    }
}

#[test]
fn go_builds_what_is_public_and_what_is_private_with_one_database() {
    let library = Module::new("example.com/lib", "v1.0.0");
    let secret = secret("secret").requires("example.com/lib", "v1.0.0");
    let site = Site::new(
        "all",
        std::slice::from_ref(&library),
        std::slice::from_ref(&secret),
    );
    let main = "package main\n\nimport (\n\t_ \"corp.example.com/secret\"\n\t_ \"example.com/lib\"\n)\n\nfunc main() {}\n";
    let project = Project::new("module example.com/main\n\ngo 1.21\n", &[("main.go", main)]);
    let go = site.go();
    go.run(&["mod", "tidy"], project.path()).assert_ok();
    go.run(&["build", "./..."], project.path()).assert_ok();
    let sums = project.read("go.sum");
    for module in [&library, &secret] {
        assert!(sums.contains(&module.h1()), "{sums}");
        assert!(sums.contains(&module.go_mod_h1()), "{sums}");
    }

    // The evidence of what is private is the record, and it stands by itself.
    let zip = site.server.get("/corp.example.com/secret/@v/v1.0.0.zip");
    let evidence = zip
        .header("modkeep-evidence")
        .unwrap_or_default()
        .to_owned();
    assert!(
        evidence.starts_with(&format!("sumdb {NAME} ")),
        "{evidence}"
    );
    let proof = site
        .server
        .get("/-/proof/corp.example.com/secret/@v/v1.0.0.zip");
    assert!(
        proof.text().starts_with("c2sp.org/tlog-proof@v1\n"),
        "{proof:?}"
    );
    // No private name reached the public upstream, not even in a lookup.
    let leaks: Vec<_> = site.public.paths();
    assert!(
        !leaks.iter().any(|path| path.contains("corp.example.com")),
        "{leaks:?}"
    );

    let mut site = site;
    site.server.stop();
    let output = modkeep(&["store", "verify", "--offline"], site.server.data());
    assert!(
        output
            .stdout
            .contains(&format!("2 artifacts proven by {NAME}")),
        "{output}"
    );
}

#[test]
fn toolchains_and_public_records_are_copied_after_proof() {
    let site = Site::new("all", &[module("a", 1000)], &[]);
    for what in [
        "golang.org/toolchain@v0.0.1-go1.99.0.linux-amd64",
        "example.com/a@v1.0.0",
    ] {
        let ours = site.server.get(&format!("/sumdb/{NAME}/lookup/{what}"));
        let theirs = site
            .server
            .get(&format!("/sumdb/sum.example.com/public/lookup/{what}"));
        let lines = |answer: &client::Answer| {
            let text = answer.text();
            let (record, _) = text.split_once("\n\n").unwrap();
            record.split_once('\n').unwrap().1.to_owned()
        };
        assert_eq!(lines(&ours), lines(&theirs));
    }
    // What the public database does not know has no record here either.
    site.public
        .change(|corpus| corpus.add(&module("unlogged", 1000)));
    assert_refusal(&site.lookup("example.com/unlogged"), 403, "MK4005");
}

#[test]
fn without_superset_only_private_modules_are_in_scope() {
    let site = Site::new("private", &[module("a", 1000)], &[secret("secret")]);
    assert_refusal(&site.lookup("example.com/a"), 403, "MK4033");
    assert!(site.lookup("corp.example.com/secret").is_whole());
}

#[test]
fn private_modules_are_asked_of_nobody_but_their_own_source() {
    let mut site = Site::new("private", &[secret("secret")], &[secret("secret")]);
    let paths = [
        "@v/list",
        "@latest",
        "@v/v1.0.0.info",
        "@v/v1.0.0.mod",
        "@v/v1.0.0.zip",
        "@v/main.info",
    ];
    for path in paths {
        site.server.get(&format!("/corp.example.com/secret/{path}"));
    }
    let asked: Vec<_> = site.public.paths();
    assert!(
        !asked.iter().any(|path| path.contains("corp.example.com")),
        "{asked:?}"
    );
    assert!(
        site.private.paths().len() >= paths.len(),
        "{:?}",
        site.private.paths()
    );
    site.server.stop();
    site.server.set_option("--private-upstream", "off");
    site.server.start();
    site.public.forget();
    for path in ["@v/v1.0.0.mod", "@v/v1.0.0.zip", "@v/list"] {
        let answer = site.server.get(&format!("/corp.example.com/other/{path}"));
        assert_eq!(answer.status, 404, "{answer:?}");
    }
    let lookup = "/sumdb/sum.example.com/public/lookup/corp.example.com/other@v1.0.0";
    assert_refusal(&site.server.get(lookup), 404, "MK4009");
    assert!(
        !site
            .public
            .paths()
            .iter()
            .any(|path| path.contains("corp.example.com"))
    );
}

#[test]
fn a_private_name_without_a_source_is_refused_and_not_asked_about() {
    let upstream = FakeUpstream::start(Corpus::new().with(&secret("secret")));
    let server = Setup::new(BINARY, &upstream.url())
        .option("--private", "corp.example.com")
        .start();
    for path in [
        "@v/list",
        "@latest",
        "@v/v1.0.0.info",
        "@v/v1.0.0.mod",
        "@v/v1.0.0.zip",
        "@v/main.info",
    ] {
        let answer = server.get(&format!("/corp.example.com/secret/{path}"));
        assert_refusal(&answer, 404, "MK4009");
    }
    upstream.assert_untouched();
}

#[test]
fn a_force_pushed_tag_changes_nothing_for_anybody() {
    let mut site = Site::new("private", &[], &[secret("secret")]);
    site.go()
        .download("corp.example.com/secret@v1.0.0")
        .assert_ok();
    let first = site
        .server
        .get("/corp.example.com/secret/@v/v1.0.0.zip")
        .body;
    let forced = secret("secret").file("more.go", "package lib\n");
    site.push(&forced);
    // A client that lost its cache gets what everybody got.
    site.go()
        .download("corp.example.com/secret@v1.0.0")
        .assert_ok();
    assert_eq!(
        site.server
            .get("/corp.example.com/secret/@v/v1.0.0.zip")
            .body,
        first
    );

    // The zip is lost with its disk, the record is not: other bytes are refused, with the story.
    site.server.stop();
    remove_largest_blob(site.server.data());
    modkeep(&["store", "rebuild"], site.server.data());
    site.server.start();
    // Its last bytes are withheld from whoever reads along; who asks again is told why.
    assert!(
        !site
            .server
            .get("/corp.example.com/secret/@v/v1.0.0.zip")
            .is_whole()
    );
    let output = site.go().download("corp.example.com/secret@v1.0.0");
    assert!(!output.status.success(), "{output}");
    let cases = site.server.get("/-/cases").text();
    assert!(
        cases.contains(&forced.h1()) && cases.contains(&secret("secret").h1()),
        "{cases}"
    );
    let lookup = site.lookup("corp.example.com/secret");
    assert!(lookup.text().contains(&secret("secret").h1()), "{lookup:?}");
}

fn remove_largest_blob(data: &Path) {
    let shelves = std::fs::read_dir(data.join("blobs/sha256")).unwrap();
    let blobs = shelves.flat_map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap());
    let largest = blobs
        .map(|blob| blob.unwrap())
        .max_by_key(|blob| blob.metadata().unwrap().len());
    std::fs::remove_file(largest.unwrap().path()).unwrap();
}

#[test]
fn a_go_mod_that_was_forced_is_refused_with_the_story() {
    let mut site = Site::new("private", &[], &[secret("secret")]);
    assert!(site.lookup("corp.example.com/secret").is_whole());
    site.server.stop();
    let go_mod = "module corp.example.com/secret\n\ngo 1.21\n";
    let kept = find_blob(site.server.data(), &secret("secret").mod_file());
    std::fs::remove_file(kept).unwrap();
    modkeep(&["store", "rebuild"], site.server.data());
    let forced = secret("secret").go_mod(&format!("{go_mod}\nretract v1.0.0\n"));
    site.push(&forced);
    // Another name goes on by now; what the old one has still counts.
    init(NEXT, site.server.data());
    site.server.set_option("--own-sumdb", NEXT);
    site.server.start();
    let refused = site.server.get("/corp.example.com/secret/@v/v1.0.0.mod");
    assert_refusal(&refused, 502, "MK4004");
    let text = refused.text();
    let source = site.private.url();
    for part in [
        "first seen: 20",
        &source,
        &secret("secret").go_mod_h1(),
        &forced.go_mod_h1(),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.lines().count() <= 8, "{text}");
    let metrics = site.server.get("/metrics").text();
    assert!(metrics.contains("kind=\"checksum-mismatch\""), "no alarm");
}

fn find_blob(data: &Path, content: &[u8]) -> PathBuf {
    let shelves = std::fs::read_dir(data.join("blobs/sha256")).unwrap();
    let mut blobs = shelves.flat_map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap());
    blobs
        .find_map(|blob| {
            let path = blob.unwrap().path();
            (std::fs::read(&path).unwrap() == content).then_some(path)
        })
        .unwrap()
}

#[test]
fn a_tag_that_moves_between_go_mod_and_zip_is_never_logged_as_a_mixture() {
    let site = Site::new("private", &[], &[secret("secret")]);
    let go_mod = site.server.get("/corp.example.com/secret/@v/v1.0.0.mod");
    assert!(go_mod.is_whole());
    site.push(&secret("secret").requires("example.com/evil", "v1.0.0"));
    assert_refusal(&site.lookup("corp.example.com/secret"), 502, "MK3008");
    site.push(&secret("secret"));
    assert!(site.lookup("corp.example.com/secret").is_whole());
}

#[test]
fn a_name_is_rotated_and_its_clients_keep_what_they_have() {
    let mut site = Site::new("private", &[], &[secret("old"), secret("new")]);
    let faithful = site.go();
    faithful.download("corp.example.com/old@v1.0.0").assert_ok();
    site.server.stop();
    let next = init(NEXT, site.server.data());
    modkeep(&["sumdb", "retire", NAME], site.server.data()).assert_ok();
    site.server.set_option("--own-sumdb", NEXT);
    site.server.start();
    // Clients of the old name, old and new ones, keep what it had; it takes nothing further.
    site.go()
        .download("corp.example.com/old@v1.0.0")
        .assert_ok();
    let output = faithful.download("corp.example.com/new@v1.0.0");
    assert!(!output.status.success());
    assert!(output.to_string().contains("MK4032"), "{output}");
    assert!(!output.to_string().contains("SECURITY ERROR"), "{output}");
    let fresh = site.go_with(&next);
    for module in ["old", "new"] {
        fresh
            .download(&format!("corp.example.com/{module}@v1.0.0"))
            .assert_ok();
    }
    let listed = modkeep(&["sumdb", "list"], site.server.data());
    assert_eq!(listed.stdout, format!("{}  retired\n{next}\n", site.key));
}

#[test]
fn a_database_that_told_two_histories_is_believed_again_on_an_operators_word_only() {
    let mut database = Database::new("sum.example.com/public", 1);
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
    assert!(server.get("/example.com/a/@v/v1.0.0.mod").is_whole());
    let mut other = Database::new("sum.example.com/public", 1);
    other.log(&module("b", 1000));
    other.fill(400);
    upstream.change(|corpus| other.publish(corpus));
    assert_refusal(&server.get("/example.com/b/@v/v1.0.0.mod"), 503, "MK4008");
    database.log(&module("b", 1000));
    upstream.change(|corpus| database.publish(corpus));
    server.stop();
    server.start();
    assert_refusal(&server.get("/example.com/b/@v/v1.0.0.mod"), 503, "MK4008");
    server.stop();
    let resume = || {
        modkeep(
            &["sumdb", "resume", "sum.example.com/public"],
            server.data(),
        )
    };
    let output = resume();
    output.assert_ok();
    assert!(
        output
            .stdout
            .contains("new database:\ngo.sum database tree\n401\n"),
        "{output}"
    );
    assert_eq!(resume().status.code(), Some(1), "there is nothing any more");
    server.start();
    assert!(server.get("/example.com/b/@v/v1.0.0.mod").is_whole());
}
