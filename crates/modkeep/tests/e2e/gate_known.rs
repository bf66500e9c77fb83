//! `modkeep gate` with what is known of vulnerabilities, and over the lock files of other tools.

use crate::{
    gate::{Bench, assert_found, gate},
    site::{BINARY, module},
    verify::Site,
};
use jiff::Timestamp;
use std::{fs, process::Command, time::Duration};
use testkit::{go::Project, process};

/// What OSV says today of a module below a version.
pub(crate) fn advisory(id: &str, module: &str, fixed: &str) -> String {
    let today = Timestamp::now().strftime("%Y-%m-%dT00:00:00Z");
    format!(
        r#"{{"schema_version": "1.3.1", "id": "{id}", "modified": "{today}",
        "published": "{today}", "summary": "it leaks", "affected": [{{"package":
        {{"name": "{module}", "ecosystem": "Go"}}, "ranges": [{{"type": "SEMVER", "events":
        [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}], "ecosystem_specific": {{"imports":
        [{{"path": "{module}"}}]}}}}], "references": [], "database_specific":
        {{"url": "https://vuln.example.com/{id}"}}}}"#
    )
}

/// The same of one package of a module.
fn of_package(id: &str, module: &str, package: &str) -> String {
    let text = advisory(id, module, "2.0.0");
    let imports = |path: &str| format!("\"imports\":\n        [{{\"path\": \"{path}\"}}]");
    assert!(text.contains(&imports(module)), "{text}");
    text.replace(&imports(module), &imports(package))
}

impl Bench {
    /// Gives the site a public database and advisories of its own.
    pub(crate) fn know(&self, public: &[(&str, String)], private: &[(&str, String)]) {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str, entries: &[(&str, String)]| {
            let folder = root.path().join(name);
            fs::create_dir_all(&folder).unwrap();
            for (id, text) in entries {
                fs::write(folder.join(format!("{id}.json")), text).unwrap();
            }
            folder
        };
        let (public, private) = (folder("public", public), folder("private", private));
        let mut command = Command::new(BINARY);
        command
            .args(["vuln", "update"])
            .arg(public)
            .arg("--advisories")
            .arg(private)
            .arg("--data")
            .arg(self.site.server.data());
        process::run(&mut command, Duration::from_mins(1)).assert_ok();
    }
}

#[test]
fn what_is_known_to_be_vulnerable_stops_until_somebody_answers_for_it() {
    let bench = Bench::new();
    let output = bench.gate_for_everything(&[]);
    assert_found(&output, 12, "go.mod: error", "vulnerable/data-missing");
    bench.know(
        &[(
            "GO-2026-0001",
            advisory("GO-2026-0001", "example.com/b", "1.1.0"),
        )],
        &[("CORP-1", advisory("CORP-1", "example.com/c", "1.2.0"))],
    );
    let output = bench.gate_for_everything(&[]);
    assert_found(
        &output,
        12,
        "go.mod:7:2: error",
        "vulnerable/fixed-upstream",
    );
    assert!(output.stdout.contains("GO-2026-0001"), "{output}");
    assert!(
        output.stdout.contains("example.com/c@v1.0.0 has CORP-1"),
        "{output}"
    );

    let waiver = |holds: &str, until: &str| {
        format!(
            "[[waiver]]\nrule = \"vulnerable/fixed-upstream\"\nholds = \"{holds}\"\n\
             owner = \"team@example.com\"\nreason = \"not reached\"\nuntil = {until}\n"
        )
    };
    let both = waiver("GO-2026-0001", "2999-01-01") + &waiver("CORP-1", "2999-01-01");
    bench.write("modkeep-gate.toml", both);
    bench.gate_for_everything(&[]).assert_ok();
    let late = waiver("GO-2026-0001", "2020-01-01") + &waiver("CORP-1", "2999-01-01");
    bench.write("modkeep-gate.toml", late);
    let output = bench.gate_for_everything(&[]);
    assert_eq!(output.status.code(), Some(12), "{output}");
    assert!(
        output.stdout.contains("[allowed/waiver-expired]"),
        "{output}"
    );
}

#[test]
fn a_change_that_mends_a_vulnerability_says_so_and_an_old_one_does_not_stop_it() {
    let bench = Bench::new();
    bench.know(
        &[
            (
                "GO-2026-0001",
                advisory("GO-2026-0001", "example.com/b", "1.1.0"),
            ),
            (
                "GO-2026-0002",
                advisory("GO-2026-0002", "example.com/b", "2.0.0"),
            ),
        ],
        &[],
    );
    bench.write("modkeep-gate.toml", "[steps]\nfresh = \"off\"\n");
    bench.git(&["init", "-q"]);
    bench.git(&["add", "."]);
    bench.git(&["commit", "-qm", "one"]);
    bench.change("go.mod", "example.com/b v1.0.0", "example.com/b v1.1.0");
    let tidied = bench.site.go().run(&["mod", "tidy"], bench.project.path());
    tidied.assert_ok();
    assert_eq!(bench.gate_for_everything(&[]).status.code(), Some(12));
    let output = bench.gate_for_everything(&["--base", "HEAD"]);
    output.assert_ok();
    assert!(output.stdout.contains("mends GO-2026-0001 |"), "{output}");
}

#[test]
fn lock_files_of_other_tools_are_audited_and_compared_with_the_base() {
    let bench = Bench::new();
    let lock = |integrity: &str, host: &str| {
        format!(
            r#"{{
  "name": "web", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
  "packages": {{
    "": {{ "name": "web", "version": "1.0.0", "dependencies": {{ "left": "^1.0.0" }} }},
    "node_modules/left": {{
      "version": "1.0.3",
      "resolved": "{host}/left/-/left-1.0.3.tgz",
      "integrity": "{integrity}"
    }}
  }}
}}
"#
        )
    };
    let hash = |letter: &str| format!("sha512-{}==", letter.repeat(86));
    let host = "https://registry.example.com";
    bench.write("modkeep-gate.toml", "[steps]\nfresh = \"off\"\n");
    bench.write("package-lock.json", lock(&hash("A"), host));
    let output = bench.gate(&[]);
    output.assert_ok();
    assert!(
        output.stdout.contains("package-lock.json was audited"),
        "{output}"
    );
    bench.git(&["init", "-q"]);
    bench.git(&["add", "."]);
    bench.git(&["commit", "-qm", "one"]);

    bench.write(
        "package-lock.json",
        lock(&hash("B").replace("B==", "A=="), host),
    );
    let output = bench.gate(&["--base", "HEAD"]);
    assert_found(
        &output,
        10,
        "package-lock.json:8:20: error",
        "lock/integrity-changed",
    );
    bench.write(
        "package-lock.json",
        lock(&hash("A"), "http://registry.example.com"),
    );
    let output = bench.gate(&[]);
    assert_found(
        &output,
        10,
        "package-lock.json:7:19: error",
        "lock/not-https",
    );
    bench.write("package-lock.json", "{\n<<<<<<< ours\n");
    let output = bench.gate(&[]);
    assert_eq!(output.status.code(), Some(2), "{output}");
    assert!(
        output.stdout.contains("package-lock.json:2:1: unreadable"),
        "{output}"
    );
}

#[test]
fn what_another_version_mends_brings_and_is_licensed_under_is_told_beforehand() {
    let bench = Bench::new();
    bench.know(
        &[
            (
                "GO-2026-0001",
                advisory("GO-2026-0001", "example.com/b", "1.1.0"),
            ),
            (
                "GO-2026-0002",
                advisory("GO-2026-0002", "example.com/c", "2.0.0"),
            ),
        ],
        &[],
    );
    let whatif = |target: &str| {
        let mut command = Command::new(BINARY);
        command
            .args(["whatif", target])
            .arg(bench.project.path())
            .args(["--upstream", &bench.site.server.url(), "--data"])
            .arg(bench.site.server.data());
        process::run(&mut command, Duration::from_mins(1))
    };
    let raised = whatif("example.com/b@v1.1.0");
    raised.assert_ok();
    assert!(
        raised
            .stdout
            .contains("mends example.com/b@v1.0.0: GO-2026-0001"),
        "{raised}"
    );
    assert!(
        raised
            .stdout
            .contains("licence example.com/b: MIT => not recognised"),
        "{raised}"
    );
    assert!(!raised.stdout.contains("GO-2026-0002"), "{raised}");
    bench.change("go.mod", "example.com/b v1.0.0", "example.com/b v1.1.0");
    let lowered = whatif("example.com/b@v0.9.0");
    assert_eq!(lowered.status.code(), Some(1), "{lowered}");
    assert!(
        lowered
            .stdout
            .contains("brings example.com/b@v0.9.0: GO-2026-0001"),
        "{lowered}"
    );
}

#[test]
fn modules_that_require_each_other_are_judged_as_go_builds_them() {
    let importing = |name: &str, other: &str| {
        let import = format!("package lib\n\nimport _ \"example.com/{other}/sub\"\n");
        module(name, 500)
            .requires(&format!("example.com/{other}"), "v1.0.0")
            .file("x.go", import)
            .file("sub/y.go", "package sub\n")
    };
    let site = Site::new("required", &[importing("p", "q"), importing("q", "p")]);
    let go_mod = "module example.com/app\n\ngo 1.22\n\nrequire example.com/p v1.0.0\n";
    let main = "package main\n\nimport _ \"example.com/p\"\n\nfunc main() {}\n";
    let project = Project::new(go_mod, &[("main.go", main)]);
    site.go().run(&["mod", "tidy"], project.path()).assert_ok();
    let policy =
        "[steps]\nfresh = \"off\"\nminimal = \"block\"\n[minimal]\ndepth = 2\nusage = true\n";
    fs::write(project.path().join("modkeep-gate.toml"), policy).unwrap();
    let output = gate(&site.server.url(), project.path(), &[]);
    output.assert_ok();
    assert!(output.stdout.contains("lines proven"), "{output}");
}

/// A site with a module of several packages, and a project that imports some of them.
fn packages(main: &str) -> Bench {
    let p = module("p", 500)
        .file(
            "code/c.go",
            "package code\n\nimport _ \"example.com/p/below\"\n",
        )
        .file("below/b.go", "package below\n")
        .file("tests/t.go", "package tests\n")
        .file("idle/i.go", "package idle\n");
    let site = Site::new("required", &[p]);
    let go_mod = "module example.com/app\n\ngo 1.22\n\nrequire example.com/p v1.0.0\n";
    let test = "package main\n\nimport _ \"example.com/p/tests\"\n";
    let project = Project::new(go_mod, &[("main.go", main), ("main_test.go", test)]);
    site.go().run(&["mod", "tidy"], project.path()).assert_ok();
    let bench = Bench { site, project };
    bench.write("modkeep-gate.toml", "[steps]\nfresh = \"off\"\n");
    bench.write(".gitignore", ".public\n.private\n");
    bench
}

const IMPORTS_CODE: &str = "package main\n\nimport _ \"example.com/p/code\"\n\nfunc main() {}\n";

fn known(bench: &Bench, packages: &[&str]) {
    let entries: Vec<(String, String)> = (1..)
        .zip(packages)
        .map(|(number, name)| {
            let id = format!("GO-2026-000{number}");
            let package = format!("example.com/p/{name}");
            let text = of_package(&id, "example.com/p", &package);
            (id, text)
        })
        .collect();
    let entries: Vec<(&str, String)> = entries
        .iter()
        .map(|(id, text)| (id.as_str(), text.clone()))
        .collect();
    bench.know(&entries, &[]);
}

#[test]
fn a_vulnerability_in_packages_that_nothing_imports_stops_nothing() {
    let bench = packages(IMPORTS_CODE);
    known(&bench, &["idle", "tests"]);
    let output = bench.gate(&[]);
    assert_found(&output, 0, "go.mod:5:1: warning", "vulnerable/not-imported");
    assert_found(&output, 0, "go.mod:5:1: warning", "vulnerable/not-built");
    known(&bench, &["idle", "below"]);
    let output = bench.gate(&[]);
    assert_found(
        &output,
        12,
        "go.mod:5:1: error",
        "vulnerable/fixed-upstream",
    );
    let command =
        "Run `go get example.com/p@v2.0.0`: it ends all 2 vulnerabilities of example.com/p";
    assert!(output.stdout.contains(command), "{output}");
    let imported = "; example.com/p/below is imported [";
    assert!(output.stdout.contains(imported), "{output}");
}

#[test]
fn a_vulnerability_stops_where_nobody_can_tell_what_is_imported() {
    let bench = packages(IMPORTS_CODE);
    known(&bench, &["idle"]);
    bench.gate(&[]).assert_ok();
    bench.write("broken.go", "packet main\n");
    let output = bench.gate(&[]);
    assert_found(
        &output,
        12,
        "go.mod:5:1: error",
        "vulnerable/fixed-upstream",
    );
    let why = "whether example.com/p/idle is imported is not known: broken.go:1: expected a package clause";
    assert!(output.stdout.contains(why), "{output}");
}

#[test]
fn a_change_that_begins_to_import_what_is_vulnerable_stops() {
    let bench = packages(IMPORTS_CODE);
    known(&bench, &["idle", "below"]);
    bench.git(&["init", "-q"]);
    bench.git(&["add", "."]);
    bench.git(&["commit", "-qm", "one"]);
    assert_eq!(bench.gate(&[]).status.code(), Some(12));
    bench.gate(&["--base", "HEAD"]).assert_ok();
    let both = IMPORTS_CODE.replace("code\"", "code\"\nimport _ \"example.com/p/idle\"");
    bench.write("main.go", both);
    let output = bench.gate(&["--base", "HEAD"]);
    assert_found(
        &output,
        12,
        "go.mod:5:1: error",
        "vulnerable/fixed-upstream",
    );
    assert!(output.stdout.contains("GO-2026-0001"), "{output}");
    assert!(!output.stdout.contains("GO-2026-0002"), "{output}");
}

#[test]
fn exceptions_of_govulncheck_wrappers_count_with_an_owner_and_an_end() {
    let bench = packages(IMPORTS_CODE);
    known(&bench, &["idle", "below"]);
    let entry = "[[IgnoredVulns]]\nid = \"GO-2026-0002\"\nreason = \"no input from strangers\"\n";
    bench.write(".govulncheck-ignore.toml", entry);
    let output = bench.gate(&[]);
    let place = ".govulncheck-ignore.toml:1:1: warning";
    assert_found(&output, 12, place, "allowed/waiver-incomplete");
    let whole = format!("{entry}owner = \"team@example.com\"\nignoreUntil = 2999-12-31\n");
    bench.write(".govulncheck-ignore.toml", &whole);
    let vex = bench.project.path().join("vex.json");
    let output = bench.gate(&["--vex", vex.to_str().unwrap()]);
    output.assert_ok();
    let waived =
        "waived by team@example.com until 2999-12-31: example.com/p@v1.0.0 has GO-2026-0002";
    assert!(output.stdout.contains(waived), "{output}");
    let document: serde_json::Value =
        serde_json::from_str(&bench.project.read("vex.json")).unwrap();
    let told: Vec<_> = document["statements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (
                it["vulnerability"]["name"].as_str().unwrap(),
                it["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("GO-2026-0001", "not_affected"),
            ("GO-2026-0002", "affected")
        ]
    );

    // A change does not bring its own exceptions.
    bench.write(".govulncheck-ignore.toml", "");
    bench.git(&["init", "-q"]);
    bench.git(&["add", "."]);
    bench.git(&["commit", "-qm", "one"]);
    bench.write(".govulncheck-ignore.toml", &whole);
    let output = bench.gate(&["--policy-from", "HEAD"]);
    let place =
        ".govulncheck-ignore.toml: warning: the policy here is another one than that of HEAD";
    assert_found(&output, 12, place, "change/policy-changed");
}
