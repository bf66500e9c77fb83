//! Which files the gate judges: everything that decides about dependencies, wherever it lies. What is
//! missing, left out or not readable is said, and is never a pass.

use crate::gate::{Bench, assert_found};
use std::fs;
use testkit::process::Output;

const PACKAGE: &str = r#"{"name": "p", "version": "1.0.0", "dependencies": {"a": "^1.0.0"}}"#;

const HASH: &str = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";

fn lock(host: &str) -> String {
    format!(
        r#"{{"lockfileVersion": 3, "packages": {{"": {{"name": "p", "version": "1.0.0",
        "dependencies": {{"a": "^1.0.0"}}}}, "node_modules/a": {{"version": "1.0.0",
        "resolved": "{host}/a/-/a-1.0.0.tgz", "integrity": "{HASH}"}}}}}}"#
    )
}

const GOOD: &str = "https://registry.example.com";

impl Bench {
    fn put(&self, name: &str, text: &str) {
        let path = self.project.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.project.path().join(name)).unwrap();
    }

    fn commit_all(&self) {
        self.git(&["init", "-q"]);
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-qm", "one"]);
    }
}

const QUIET: [&str; 2] = ["--step", "fresh=off"];

fn against_base(bench: &Bench) -> Output {
    bench.gate(&["--step", "fresh=off", "--base", "HEAD"])
}

#[track_caller]
fn assert_says(output: &Output, words: &str) {
    assert!(output.stdout.contains(words), "{words}: {output}");
}

#[test]
fn a_package_json_without_a_lock_stops_and_one_whose_lock_is_taken_away_too() {
    let bench = Bench::new();
    bench.put("web/package.json", PACKAGE);
    let missing = "lock/lock-missing";
    assert_found(&bench.gate(&QUIET), 10, "web/package.json: error", missing);
    bench.put("web/package-lock.json", &lock(GOOD));
    bench.gate(&QUIET).assert_ok();
    bench.commit_all();
    against_base(&bench).assert_ok();
    bench.remove("web/package-lock.json");
    let removed = "lock/lock-removed";
    assert_found(
        &against_base(&bench),
        10,
        "web/package.json: error",
        removed,
    );
}

#[test]
fn members_of_a_workspace_need_no_lock_of_their_own() {
    let bench = Bench::new();
    bench.put(
        "package.json",
        r#"{"name": "top", "private": true, "workspaces": ["packages/*"]}"#,
    );
    bench.put("packages/p/package.json", PACKAGE);
    let entry = format!(
        "\"a@^1.0.0\":\n  version \"1.0.0\"\n  resolved \"{GOOD}/a/-/a-1.0.0.tgz\"\n  integrity {HASH}\n"
    );
    bench.put("yarn.lock", &format!("# yarn lockfile v1\n\n\n{entry}"));
    bench.gate(&QUIET).assert_ok();
    bench.put("other/package.json", PACKAGE);
    let missing = "lock/lock-missing";
    assert_found(
        &bench.gate(&QUIET),
        10,
        "other/package.json: error",
        missing,
    );
}

#[test]
fn a_lock_that_is_not_read_has_not_passed() {
    let bench = Bench::new();
    bench.put("package.json", PACKAGE);
    bench.put("bun.lock", "{}\n");
    let rule = "lock/lock-not-read";
    assert_found(&bench.gate(&QUIET), 10, "bun.lock: error", rule);
    bench.commit_all();
    against_base(&bench).assert_ok();
    bench.put("bun.lock", "{ }\n");
    assert_found(&against_base(&bench), 10, "bun.lock: error", rule);
}

#[test]
fn hidden_and_other_directories_are_judged_and_what_is_left_out_is_named() {
    let bench = Bench::new();
    let evil = lock(GOOD).replace(HASH, "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
    for directory in [".github/actions/x", "_tools", "testdata/app", "vendor/ui"] {
        bench.put(&format!("{directory}/package.json"), PACKAGE);
        bench.put(&format!("{directory}/package-lock.json"), &evil);
    }
    let weak = "lock/integrity-weak";
    let output = bench.gate(&QUIET);
    assert_found(&output, 10, ".github/actions/x/package-lock.json:3:", weak);
    let others = "also: _tools/package-lock.json:3:82, testdata/app/package-lock.json:3:82\n";
    assert_says(&output, others);
    assert_says(&output, "not judged, installed or vendored code: vendor\n");
    let policy = "[paths]\nexclude = [\"testdata\", \"/_tools\", \".github/actions/*\"]\n";
    bench.write("modkeep-gate.toml", policy);
    let output = bench.gate(&QUIET);
    output.assert_ok();
    let left_out = "not judged, excluded by the policy: .github/actions/x, _tools, testdata\n";
    assert_says(&output, left_out);
}

#[test]
fn a_fixture_that_cannot_be_read_hides_nothing_and_is_no_pass() {
    let bench = Bench::new();
    bench.put("testdata/broken/package-lock.json", "{");
    let output = bench.gate(&QUIET);
    assert_eq!(output.status.code(), Some(2), "{output}");
    assert_says(&output, "testdata/broken/package-lock.json:1:");
    assert!(!output.stdout.contains("passed"), "{output}");
    bench.put("web/package.json", PACKAGE);
    let missing = "lock/lock-missing";
    let output = bench.gate(&QUIET);
    assert_found(&output, 10, "web/package.json: error", missing);
    assert_says(&output, "testdata/broken/package-lock.json:1:");
    assert_says(&output, "allowed    unknown");
}

#[test]
fn nothing_to_judge_is_no_pass() {
    let bench = Bench::new();
    let empty = tempfile::tempdir().unwrap();
    let output = crate::gate::gate(&bench.site.server.url(), empty.path(), &[]);
    assert_eq!(output.status.code(), Some(2), "{output}");
    assert_says(&output, "there is nothing to judge here");
    bench.write("modkeep-gate.toml", "[paths]\nexclude = [\"**\"]\n");
    let output = bench.gate(&QUIET);
    assert_eq!(output.status.code(), Some(2), "{output}");
}

#[test]
fn another_registry_in_a_configuration_is_found_where_it_is_written() {
    let bench = Bench::new();
    bench.put("web/package.json", PACKAGE);
    bench.put("web/package-lock.json", &lock(GOOD));
    bench.put("web/.npmrc", "save-exact=true\n");
    bench.commit_all();
    bench.put(
        "web/.npmrc",
        "save-exact=true\nregistry=https://evil.example/\n",
    );
    let rule = "lock/registry-changed";
    assert_found(&against_base(&bench), 10, "web/.npmrc:2:1: error", rule);
    bench.put("web/.npmrc", "save-exact=true\n");
    bench.put("web/package-lock.json", &lock("https://evil.example"));
    let output = against_base(&bench);
    let place = "web/package-lock.json:3:";
    assert_found(&output, 10, place, "lock/source-changed");
    assert_found(&output, 10, place, "lock/host-foreign");
}

#[test]
fn without_vulnerability_data_nothing_passes_with_a_base_or_without() {
    let bench = Bench::new();
    bench.commit_all();
    for more in [&[][..], &["--base", "HEAD"]] {
        let arguments = [&QUIET[..], more].concat();
        let output = bench.gate_for_everything(&arguments);
        let rule = "vulnerable/data-missing";
        assert_found(&output, 12, "go.mod: error", rule);
    }
}

#[test]
fn the_sums_of_a_workspace_are_judged_like_those_of_a_module() {
    let bench = Bench::new();
    let go = bench.site.go();
    bench.write("go.work", "go 1.22\n\nuse .\n");
    let unused = format!("example.com/b v0.9.0 {}\n", crate::gate::old_hash());
    bench.write("go.work.sum", &unused);
    go.run(&["list", "-m", "all"], bench.project.path())
        .assert_ok();
    let output = bench.gate(&QUIET);
    output.assert_ok();
    assert_says(&output, "go.work.sum: 1 of 1 lines proven");
    bench.commit_all();
    let hash = bench.project.read("go.work.sum");
    let hash = hash.trim().rsplit(' ').next().unwrap();
    let forged = format!("h1:{}=", "A".repeat(43));
    bench.change("go.work.sum", hash, &forged);
    let output = against_base(&bench);
    assert_found(&output, 10, "go.work.sum:1:1: error", "lock/sum-changed");
    assert_found(&output, 10, "go.work.sum:1:1: error", "lock/sum-differs");
    bench.write("go.work.sum", "<<<<<<< HEAD\n");
    let output = against_base(&bench);
    assert_eq!(output.status.code(), Some(2), "{output}");
    assert_says(&output, "go.work.sum:1:1: ");
    bench.remove("go.work.sum");
    assert_found(
        &against_base(&bench),
        10,
        "go.work: error",
        "lock/lock-removed",
    );
}

#[test]
fn modules_that_are_only_built_together_are_judged_together() {
    let bench = Bench::new();
    bench.put(
        "lib/go.mod",
        "module example.com/lib\n\ngo 1.22\n\nrequire example.com/b v1.0.0\n",
    );
    bench.put("lib/lib.go", "package lib\n\nimport _ \"example.com/b\"\n");
    let sums = bench.project.read("go.sum");
    let mut lines = sums.split_inclusive('\n');
    let files = lines.find(|line| line.starts_with("example.com/b v1.0.0 "));
    let go_mod = lines.find(|line| line.starts_with("example.com/b v1.0.0/go.mod "));
    bench.put("lib/go.sum", &[files.unwrap(), go_mod.unwrap()].concat());
    bench.change(
        "go.mod",
        "example.com/b v1.0.0\n",
        "example.com/b v1.0.0\n\texample.com/lib v0.0.0\n",
    );
    bench.change(
        "main.go",
        "\t_ \"example.com/b\"\n",
        "\t_ \"example.com/b\"\n\t_ \"example.com/lib\"\n",
    );
    assert_eq!(bench.gate(&QUIET).status.code(), Some(2));
    let replace = "replace example.com/lib v0.0.0 => ./lib\n";
    let work = format!("go 1.22\n\nuse (\n\t.\n\t./lib\n)\n\n{replace}");
    bench.write("go.work", &work);
    let go = bench.site.go();
    go.run(&["build", "./..."], bench.project.path())
        .assert_ok();
    bench.gate(&QUIET).assert_ok();
    bench.write("go.work", work.replace("\t./lib", "\t./gone\n\t./lib"));
    let output = bench.gate(&QUIET);
    assert_eq!(output.status.code(), Some(2), "{output}");
    assert_says(&output, "go.work:5:2: unreadable: there is no gone/go.mod");
}
