//! `modkeep doctor` where hashes disagree: go.sum, module cache, proxies and checksum database.

use crate::site::BINARY;
use serde_json::Value;
use std::{fs, process::Command, time::Duration};
use testkit::{
    database::Database,
    fixture::{Corpus, Module},
    go::{Go, Project},
    process::{self, Output},
    server::Setup,
    upstream::{FakeUpstream, Fault, Kind},
};

const VERSION: &str = "example.com/m@v1.0.0";
const FORGED: &str = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Two proxies that pass on the same checksum database, and a project that requires one module.
struct Site {
    first: FakeUpstream,
    second: FakeUpstream,
    database: Database,
    module: Module,
    project: Project,
}

// === impl Site ===

impl Site {
    fn new() -> Self {
        let module = Module::new("example.com/m", "v1.0.0").noise(3, 20_000);
        let mut database = Database::new("sum.example.com/2026", 1);
        database.fill(300);
        database.log(&module);
        let mut corpus = Corpus::new();
        corpus.add(&module);
        database.publish(&mut corpus);
        let go_mod = "module example.com/main\n\ngo 1.21\n\nrequire example.com/m v1.0.0\n";
        Self {
            first: FakeUpstream::start(corpus.clone()),
            second: FakeUpstream::start(corpus),
            database,
            module,
            project: Project::new(go_mod, &[]),
        }
    }

    fn user(&self) -> Go {
        let list = format!("{},{}", self.first.url(), self.second.url());
        Go::new(&list).env("GOSUMDB", &self.database.key())
    }

    /// Writes a go.sum with this hash of the zip.
    fn record(&self, zip: &str) {
        let go_mod = self.module.go_mod_h1();
        let lines = format!("example.com/m v1.0.0 {zip}\nexample.com/m v1.0.0/go.mod {go_mod}\n");
        fs::write(self.project.path().join("go.sum"), lines).unwrap();
    }

    /// Has the second proxy serve another zip of the version.
    fn retag_second(&self) {
        let other = self.module.clone().file("more.go", "package lib\n").zip();
        let path = "example.com/m/@v/v1.0.0.zip";
        self.second.change(|corpus| corpus.put(path, other));
    }

    fn doctor(&self, go: &Go, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        go.prepare(&mut command);
        command.arg("doctor").args(arguments);
        command.current_dir(self.project.path());
        // Less than the minute that a comparison may take: no test needs that.
        process::run(&mut command, Duration::from_secs(50))
    }

    #[track_caller]
    fn compared(&self, go: &Go, code: i32) -> Value {
        let told = self.doctor(go, &["--json", "--sums", VERSION]);
        assert_eq!(told.status.code(), Some(code), "{told}");
        serde_json::from_str(&told.stdout).unwrap()
    }

    /// Runs what is proposed, each in the directory of the project.
    #[track_caller]
    fn repair(&self, go: &Go, told: &Value) {
        let fixes = told["fixes"].as_array().unwrap();
        assert!(!fixes.is_empty(), "{told:#}");
        for fix in fixes {
            let mut command = Command::new("sh");
            go.prepare(&mut command);
            command.args(["-ec", fix["text"].as_str().unwrap()]);
            command.current_dir(self.project.path());
            process::run(&mut command, Duration::from_mins(1)).assert_ok();
        }
    }
}

fn rows<'t>(told: &'t Value, standing: &str) -> Vec<&'t Value> {
    let rows = told["rows"].as_array().unwrap().iter();
    rows.filter(|row| row["standing"] == standing).collect()
}

#[test]
fn a_forged_go_sum_is_found_and_its_repair_heals() {
    let site = Site::new();
    site.record(FORGED);
    let go = site.user();
    let told = site.doctor(&go, &["--", "go", "mod", "download"]);
    assert_eq!(told.status.code(), Some(1), "{told}");
    for expected in [
        "[sum/go-sum-mismatch, certain]",
        "[go-sum, certain]",
        "WRONG  go.sum:1",
    ] {
        assert!(told.stdout.contains(expected), "{expected}: {told}");
    }
    let told = site.compared(&go, 1);
    assert_eq!(told["verdict"], "go-sum");
    assert_eq!(told["cases"][0]["conclusion"]["cause"], "client-go-sum");
    let wrong = rows(&told, "wrong");
    assert_eq!((wrong.len(), &wrong[0]["line"]), (1, &1.into()), "{told:#}");
    site.repair(&go, &told);
    assert!(!site.project.read("go.sum").contains(FORGED));
    go.run(&["mod", "download"], site.project.path())
        .assert_ok();
    assert_eq!(site.compared(&go, 0)["verdict"], "agreed");
}

#[test]
fn a_damaged_module_cache_is_found_and_only_its_version_is_removed() {
    let site = Site::new();
    site.record(&site.module.h1());
    let go = site.user();
    go.run(&["mod", "download"], site.project.path())
        .assert_ok();
    let download = go.module_cache().join("cache/download/example.com/m/@v");
    let zip = download.join("v1.0.0.zip");
    let mut bytes = fs::read(&zip).unwrap();
    bytes[1000] ^= 4;
    fs::write(&zip, bytes).unwrap();
    let hash = download.join("v1.0.0.ziphash");
    let kept = fs::read_to_string(&hash).unwrap();
    fs::write(&hash, FORGED).unwrap();
    let verified = go.run(&["mod", "verify"], site.project.path());
    assert!(!verified.status.success(), "{verified}");

    let told = site.compared(&go, 1);
    assert_eq!(told["verdict"], "module-cache", "{told:#}");
    let wrong = rows(&told, "wrong");
    assert_eq!(wrong.len(), 2, "{told:#}");
    assert_eq!(
        told["cases"][0]["conclusion"]["cause"], "bit-flip-on-disk",
        "{told:#}"
    );
    site.repair(&go, &told);
    assert_eq!(fs::read_to_string(&hash).unwrap(), kept);
    assert!(download.join("v1.0.0.mod").exists());
    assert_eq!(site.compared(&go, 0)["verdict"], "agreed");
}

#[test]
fn a_proxy_with_a_moved_tag_is_left_out_if_another_has_the_logged_bytes() {
    let site = Site::new();
    site.record(&site.module.h1());
    site.retag_second();
    let told = site.compared(&site.user(), 1);
    assert_eq!(told["verdict"], "some-proxies", "{told:#}");
    let wrong = rows(&told, "wrong");
    assert_eq!(wrong.len(), 1, "{told:#}");
    assert_eq!(wrong[0]["name"], site.second.url().as_str());
    assert_eq!(
        told["cases"][0]["conclusion"]["cause"], "stale-mirror",
        "{told:#}"
    );
    let fix = format!("export GOPROXY={}", site.first.url());
    assert_eq!(told["fixes"][0]["text"], fix.as_str());
    assert_eq!(
        site.second.count(Kind::Zip),
        2,
        "whoever is wrong is asked again"
    );
}

#[test]
fn where_no_proxy_has_the_logged_bytes_nothing_lets_the_build_go_on() {
    let site = Site::new();
    site.retag_second();
    // go.sum has been made to go along with the proxy.
    site.record(&site.module.clone().file("more.go", "package lib\n").h1());
    let go = Go::new(&site.second.url()).env("GOSUMDB", &site.database.key());
    let told = site.compared(&go, 1);
    assert_eq!(told["verdict"], "all-proxies", "{told:#}");
    assert!(told["title"].as_str().unwrap().contains("do not build"));
    assert_eq!(told["fixes"], Value::Array(Vec::new()));
    assert_eq!(rows(&told, "wrong").len(), 2, "{told:#}");
}

#[test]
fn without_the_database_it_cannot_be_told() {
    let site = Site::new();
    site.record(FORGED);
    for upstream in [&site.first, &site.second] {
        upstream.always(Kind::Sumdb, Fault::status(503));
    }
    let told = site.compared(&site.user(), 2);
    assert_eq!(told["verdict"], "untold", "{told:#}");
    assert_eq!(told["fixes"], Value::Array(Vec::new()));
    assert!(rows(&told, "right").is_empty() && rows(&told, "wrong").is_empty());
}

#[test]
fn nobody_is_asked_about_what_is_private() {
    let site = Site::new();
    site.record(FORGED);
    let told = site.compared(&site.user().env("GOPRIVATE", "example.com"), 2);
    assert_eq!(told["verdict"], "untold", "{told:#}");
    site.first.assert_untouched();
    site.second.assert_untouched();
    // A pasted error does not make them be asked either.
    let pasted = format!(
        "verifying {VERSION}: checksum mismatch\n\tdownloaded: {FORGED}\n\tgo.sum:     h1:x"
    );
    let go = site.user().env("GOPRIVATE", "example.com");
    let told = site.doctor(&go, &[&pasted]);
    assert!(told.stdout.contains("[untold, open]"), "{told}");
    site.first.assert_untouched();

    let told = site.compared(&site.user().env("GONOSUMDB", "example.com"), 2);
    assert_eq!(told["verdict"], "untold", "{told:#}");
    assert_eq!(site.first.count(Kind::Sumdb), 0);
    assert!(site.first.count(Kind::Zip) > 0);
}

#[test]
fn a_transfer_that_was_cut_once_is_told_from_a_proxy_that_keeps_wrong_bytes() {
    let site = Site::new();
    site.record(&site.module.h1());
    site.first.first(1, Kind::Zip, Fault::Cut { after: 5000 });
    let told = site.compared(&site.user(), 1);
    assert_eq!(told["verdict"], "wrong-once", "{told:#}");
    assert!(
        told["why"].as_str().unwrap().contains(&site.first.url()),
        "{told:#}"
    );
    assert_eq!(rows(&told, "recovered").len(), 1, "{told:#}");
    assert_eq!(
        told["cases"][0]["conclusion"]["cause"], "truncated",
        "{told:#}"
    );
    assert_eq!(site.compared(&site.user(), 0)["verdict"], "agreed");
}

#[test]
fn a_proxy_that_hangs_is_silent_and_keeps_nobody_waiting() {
    let site = Site::new();
    site.record(&site.module.h1());
    let hold = site.second.hold(Kind::Zip);
    let told = site.compared(&site.user(), 0);
    assert_eq!(told["verdict"], "agreed", "{told:#}");
    let silent = rows(&told, "silent");
    assert_eq!(silent.len(), 1, "{told:#}");
    assert_eq!(silent[0]["name"], site.second.url().as_str());
    hold.release();
}

#[test]
fn behind_a_modkeep_the_log_is_proven_through_it() {
    let site = Site::new();
    site.record(FORGED);
    let server = Setup::new(BINARY, &site.first.url())
        .option("--verify", "required")
        .option("--sumdb", &site.database.key())
        .start();
    let go = Go::new(&server.url()).env("GOSUMDB", &site.database.key());
    let told = site.compared(&go, 1);
    assert_eq!(told["verdict"], "go-sum", "{told:#}");
    // What it has captured it proves alone.
    site.first.refuse();
    assert_eq!(site.compared(&go, 1)["verdict"], "go-sum");
}

#[test]
fn a_refusal_of_wrong_bytes_by_a_modkeep_is_told_and_compared() {
    let site = Site::new();
    let other = "module example.com/m\n\ngo 1.20\n";
    site.second
        .change(|corpus| corpus.put("example.com/m/@v/v1.0.0.mod", other));
    let server = Setup::new(BINARY, &site.second.url())
        .option("--verify", "required")
        .option("--sumdb", &site.database.key())
        .start();
    let go = Go::new(&server.url()).env("GOSUMDB", &site.database.key());
    let told = site.doctor(&go, &["--", "go", "mod", "download"]);
    assert_eq!(told.status.code(), Some(1), "{told}");
    for expected in [
        "tells it",
        "[MK4004, certain]",
        "example.com/m@v1.0.0: it cannot be told",
        "silent http://127.0.0.1:",
    ] {
        assert!(told.stdout.contains(expected), "{expected}: {told}");
    }
    assert!(!told.stdout.contains("sed -i"), "{told}");
}

#[test]
fn what_is_no_version_of_a_module_is_refused() {
    let site = Site::new();
    for wrong in [
        "example.com/m",
        "example.com/m@latest",
        "@v1.0.0",
        "example.com/m@v2.0.0",
    ] {
        let told = site.doctor(&site.user(), &["--sums", wrong]);
        assert!(
            !told.status.success() && told.stderr.contains("MK"),
            "{told}"
        );
    }
    site.first.assert_untouched();
}
