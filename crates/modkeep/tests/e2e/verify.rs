//! Verification: nothing reaches a client before the checksum database vouches for it.

use testkit::{
    database::Database,
    fixture::{Corpus, Module},
    go::Go,
    process,
    server::{Modkeep, Setup},
    upstream::{FakeUpstream, Fault, Kind, Target},
};

use crate::site::{BINARY, assert_not_kept, assert_refusal, module, path, url};

pub(crate) const NAME: &str = "sum.example.com/2026";

/// An upstream that mirrors its own checksum database, and a server that verifies with it.
pub(crate) struct Site {
    pub(crate) upstream: FakeUpstream,
    pub(crate) database: Database,
    pub(crate) server: Modkeep,
}

// === impl Site ===

impl Site {
    pub(crate) fn new(mode: &str, modules: &[Module]) -> Self {
        let mut database = Database::new(NAME, 1);
        database.fill(300);
        let mut corpus = Corpus::new();
        for module in modules {
            corpus.add(module);
            database.log(module);
        }
        database.fill(10);
        database.publish(&mut corpus);
        let upstream = FakeUpstream::start(corpus);
        let server = Setup::new(BINARY, &upstream.url())
            .option("--verify", mode)
            .option("--sumdb", &database.key())
            .start();
        Self {
            upstream,
            database,
            server,
        }
    }

    /// Logs more, signs a new head, and lets the upstream have it.
    pub(crate) fn grow(&mut self, count: usize) {
        self.database.fill(count);
        self.upstream.change(|corpus| self.database.publish(corpus));
    }

    pub(crate) fn go(&self) -> Go {
        Go::new(&self.server.url()).env("GOSUMDB", &self.database.key())
    }

    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.server.get("/metrics").text();
        let lines = text.lines().filter_map(|line| line.strip_prefix(name));
        lines
            .filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }
}

#[test]
fn what_is_served_is_proven_and_says_by_which_record() {
    let site = Site::new("required", &[module("a", 3 << 20)]);
    for kind in ["info", "mod", "zip"] {
        let answer = site.server.get(&url("a", kind));
        assert!(answer.is_whole(), "{kind}: {answer:?}");
        let again = site.server.get(&url("a", kind));
        let evidence = again.header("modkeep-evidence").unwrap_or_default();
        let expected = if kind == "info" {
            "first-seen"
        } else {
            "sumdb sum.example.com/2026 300"
        };
        assert_eq!(evidence, expected, "{kind}");
    }
    assert!((site.metric("modkeep_verifications_total{outcome=\"proven\"}") - 2.0).abs() < 0.1);
}

#[test]
fn go_verifies_through_us_and_again_when_everything_behind_is_dead() {
    let mut site = Site::new("required", &[module("a", 100_000), module("b", 50_000)]);
    site.go().download("example.com/a@v1.0.0").assert_ok();
    // The log grows between the two: the second answer has a newer head.
    site.grow(700);
    site.go().download("example.com/b@v1.0.0").assert_ok();
    site.upstream.refuse();
    site.upstream.forget();
    for module in ["example.com/a@v1.0.0", "example.com/b@v1.0.0"] {
        site.go().download(module).assert_ok();
    }
    let both = site.go();
    both.download("example.com/a@v1.0.0").assert_ok();
    both.download("example.com/b@v1.0.0").assert_ok();
    site.server.kill();
    site.server.start();
    site.go().download("example.com/b@v1.0.0").assert_ok();
    site.upstream.assert_untouched();
}

#[test]
fn a_tampered_zip_is_cut_short_put_aside_and_told_of() {
    let site = Site::new("required", &[module("a", 1 << 20)]);
    let wrong = module("a", 1 << 20).file("more.go", "package lib\n").zip();
    site.upstream
        .change(|corpus| corpus.put(&path("a", "zip"), wrong.clone()));
    let answer = site.server.get(&url("a", "zip"));
    assert!(!answer.is_whole(), "an unproven zip was served whole");
    assert!(answer.body.len() < wrong.len());
    assert_not_kept(&site.server, &url("a", "zip"));
    assert!(site.metric("modkeep_alarms_total{severity=\"p1\",kind=\"checksum-mismatch\"}") > 0.5);
    let aside = std::fs::read_dir(site.server.data().join("quarantine")).unwrap();
    let aside: Vec<_> = aside
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    assert_eq!(aside, [wrong]);

    let output = site.go().download("example.com/a@v1.0.0");
    assert!(!output.status.success());
}

#[test]
fn a_case_is_listed_and_explained_while_the_server_runs_and_after() {
    let mut site = Site::new("required", &[module("a", 1000)]);
    site.upstream.always(Kind::Mod, Fault::gzip());
    let refused = site.server.get(&url("a", "mod"));
    assert_refusal(&refused, 502, "MK4004");
    let listed = site.server.get("/-/cases").text();
    assert!(
        listed.contains("\"cause\":\"double-compression\""),
        "{listed}"
    );
    let number = listed
        .split("\"number\":")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    let one = site.server.get(&format!("/-/cases/{number}"));
    assert!(one.is_whole() && one.text().contains("double-compression"));
    assert_refusal(&site.server.get("/-/cases/999"), 404, "MK4011");
    let doctor = |what: &str| {
        let mut command = std::process::Command::new(BINARY);
        command
            .args(["doctor", what, "--data"])
            .arg(site.server.data());
        process::run(&mut command, std::time::Duration::from_secs(30))
    };
    for what in [number, "MK4004"] {
        let output = doctor(what);
        output.assert_ok();
        assert!(output.stdout.contains("compressed"), "{output}");
    }
    site.server.stop();
    let mut command = std::process::Command::new(BINARY);
    command
        .args(["doctor", number, "--data"])
        .arg(site.server.data());
    let output = process::run(&mut command, std::time::Duration::from_secs(30));
    output.assert_ok();
    assert!(output.stdout.contains("compressed"), "{output}");
}

#[test]
fn a_tampered_go_mod_is_refused_with_both_hashes() {
    let site = Site::new("required", &[module("a", 1000)]);
    let wrong = "module example.com/a\n\ngo 1.21\n\nrequire evil.example.com v1.0.0\n";
    site.upstream
        .change(|corpus| corpus.put(&path("a", "mod"), wrong));
    let answer = site.server.get(&url("a", "mod"));
    assert_refusal(&answer, 502, "MK4004");
    let text = answer.text();
    assert!(text.contains(&module("a", 1000).go_mod_h1()), "{text}");
    assert_not_kept(&site.server, &url("a", "mod"));
}

#[test]
fn a_version_that_the_database_does_not_know_is_refused() {
    let site = Site::new("required", &[module("a", 1000)]);
    site.upstream
        .change(|corpus| corpus.add(&module("unlogged", 1000)));
    assert_refusal(&site.server.get(&url("unlogged", "mod")), 403, "MK4005");
    assert_refusal(&site.server.get(&url("unlogged", "zip")), 403, "MK4005");
    assert!(site.server.get(&url("unlogged", "info")).is_whole());
}

#[test]
fn a_database_that_cannot_be_asked_stops_what_is_new_and_nothing_else() {
    let site = Site::new("required", &[module("a", 1000), module("b", 1000)]);
    assert!(site.server.get(&url("a", "zip")).is_whole());
    site.upstream.always(Kind::Sumdb, Fault::status(503));
    assert!(site.server.get(&url("a", "zip")).is_whole());
    assert_refusal(&site.server.get(&url("b", "mod")), 503, "MK4006");
    assert_refusal(
        &site
            .server
            .get(&format!("/sumdb/{NAME}/lookup/example.com/b@v1.0.0")),
        503,
        "MK4006",
    );
}

#[test]
fn where_it_suffices_that_a_database_is_available_proof_follows_later() {
    let site = Site::new("available", &[module("a", 1000), module("b", 1000)]);
    site.upstream
        .always(Target::Prefix("sumdb/".to_owned()), Fault::status(503));
    let answer = site.server.get(&url("a", "zip"));
    assert!(answer.is_whole());
    let again = site.server.get(&url("a", "zip"));
    assert_eq!(again.header("modkeep-evidence"), Some("unproven"));
}

#[test]
fn what_was_captured_before_is_proven_before_it_is_served() {
    let mut site = Site::new("off", &[module("a", 1000), module("b", 1000)]);
    let wrong = module("b", 1000).file("more.go", "package lib\n").zip();
    site.upstream
        .change(|corpus| corpus.put(&path("b", "zip"), wrong.clone()));
    for name in ["a", "b"] {
        let answer = site.server.get(&url(name, "zip"));
        assert!(answer.is_whole());
        assert_eq!(answer.header("modkeep-evidence"), Some("unverified"));
    }
    site.server.stop();
    site.server.set_option("--verify", "required");
    site.server.start();
    assert!(site.server.get(&url("a", "zip")).is_whole());
    let refused = site.server.get(&url("b", "zip"));
    assert_refusal(&refused, 502, "MK4004");
    let journal = std::fs::read_to_string(site.server.data().join("journal/0000000001.ndjson"));
    assert!(journal.unwrap().contains("\"kind\":\"withdrawn\""));
}

/// Law L7: a private name is in no line above debug.
#[test]
fn the_log_does_not_name_private_modules() {
    let private = Module::new("corp.example.com/secret", "v1.0.0");
    let upstream = FakeUpstream::start(Corpus::new().with(&private));
    let server = Setup::new(BINARY, &upstream.url())
        .option("--private", "corp.example.com")
        .option("--private-upstream", &upstream.url())
        .start();
    for kind in ["list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"] {
        let answer = server.get(&format!("/corp.example.com/secret/@v/{kind}"));
        assert!(answer.is_whole(), "{kind}: {answer:?}");
    }
    upstream.always(Kind::Zip, Fault::gzip());
    server.get("/corp.example.com/secret/@v/v1.1.0.zip");
    server.get("/sumdb/sum.golang.org/lookup/corp.example.com/secret@v1.0.0");
    let log = server.log();
    assert!(log.contains("(private)"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}
