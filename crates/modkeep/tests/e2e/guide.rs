//! The CI guide: each block is run as it stands there, in the surroundings that it expects.

use crate::{gate::Bench, gate_known::advisory};
use std::{env, fs, path::Path, process::Command, time::Duration};
use tempfile::TempDir;
use testkit::{
    document::Document,
    process::{self, Output},
};

/// The fenced blocks of the guide in which this is done, each with its language.
fn blocks_with(what: &str) -> Vec<(String, String)> {
    let blocks = Document::read("docs/ci.md").blocks().into_iter();
    let blocks = blocks.filter(|block| block.body.contains(what));
    blocks.map(|block| (block.language, block.body)).collect()
}

/// Those that judge a change.
fn blocks() -> Vec<(String, String)> {
    blocks_with("modkeep gate")
}

/// What a block hands to a shell.
fn script(language: &str, block: &str) -> String {
    match language {
        "sh" => block.to_owned(),
        // The text below `run: |` or `script: |`, as far as it is indented more.
        "yaml" => {
            let mut lines = block.lines();
            let head = lines
                .find(|line| line.ends_with("run: |") || line.ends_with("script: |"))
                .unwrap();
            let depth = head.len() - head.trim_start().len();
            let inner = lines.take_while(|line| line.len() - line.trim_start().len() > depth);
            inner.map(str::trim).collect::<Vec<_>>().join("\n")
        }
        "groovy" => block.split("'''").nth(1).unwrap().trim().to_owned(),
        _ => String::new(),
    }
}

fn run(bench: &Bench, script: &str) -> Output {
    let binary = Path::new(crate::site::BINARY).parent().unwrap();
    let path = format!("{}:{}", binary.display(), env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command
        .args(["-e", "-c", script])
        .current_dir(bench.project.path())
        .env("PATH", path)
        .env("MODKEEP_SERVER", bench.site.server.url())
        .env("GITHUB_BASE_REF", "main")
        .env("CHANGE_TARGET", "main")
        .env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main");
    process::run(&mut command, Duration::from_mins(1))
}

#[test]
fn every_block_of_the_guide_passes_a_sound_change_and_stops_a_tampered_one() {
    let blocks = blocks();
    assert_eq!(blocks.len(), 5);
    let (bench, _origin) = cloned();
    let sound = bench.project.read("go.sum");
    for (language, block) in &blocks {
        let script = script(language, block);
        assert!(script.contains("modkeep gate"), "{block}");
        run(&bench, &script).assert_ok();
        bench.write("go.sum", sound.replacen("h1:", "h1:x", 1));
        let stopped = run(&bench, &script);
        assert_eq!(stopped.status.code(), Some(10), "{script}: {stopped}");
        bench.write("go.sum", &sound);
    }
    for report in ["gate.xml", "gate.sarif", "gate.json"] {
        assert!(block_names(report), "{report}");
        let text = fs::read_to_string(bench.project.path().join(report)).unwrap();
        assert!(text.contains("lock/sum-"), "{report}: {text}");
    }
}

/// A branch `work` of a repository whose `main` is at the same commit.
fn cloned() -> (Bench, TempDir) {
    let bench = Bench::new();
    let advisory = advisory("GO-2026-0009", "example.com/other", "1.0.0");
    bench.know(&[("GO-2026-0009", advisory)], &[]);
    bench.write("modkeep-gate.toml", "[steps]\nfresh = \"off\"\n");
    bench.git(&["init", "-q", "-b", "main"]);
    bench.git(&["add", "."]);
    bench.git(&["commit", "-qm", "one"]);
    let origin = tempfile::tempdir().unwrap();
    let path = origin.path().to_str().unwrap();
    bench.git(&["clone", "-q", "--bare", ".", path]);
    bench.git(&["remote", "add", "origin", path]);
    bench.git(&["fetch", "-q", "origin"]);
    bench.git(&["checkout", "-q", "-b", "work"]);
    (bench, origin)
}

/// On a machine that was used before and knows an old `main`.
#[test]
fn no_block_of_the_guide_passes_a_branch_that_is_older_than_the_policy() {
    let (bench, _origin) = cloned();
    bench.git(&["checkout", "-q", "--detach"]);
    let policy = "[steps]\nfresh = \"off\"\n[allowed]\ndenied = \"example.com/b\"\n";
    bench.write("modkeep-gate.toml", policy);
    bench.git(&["commit", "-qam", "two"]);
    bench.git(&["push", "-q", "origin", "HEAD:refs/heads/main"]);
    bench.git(&["checkout", "-q", "work"]);
    bench.change("go.mod", "example.com/b v1.0.0", "example.com/b v1.1.0");
    let tidied = bench.site.go().run(&["mod", "tidy"], bench.project.path());
    tidied.assert_ok();
    bench.git(&["commit", "-qam", "three"]);
    let mut stopped = 0;
    for (language, block) in &blocks() {
        let script = script(language, block);
        if script.contains("--base HEAD") {
            continue;
        }
        bench.git(&["update-ref", "refs/remotes/origin/main", "work~1"]);
        // What the platform's own step does.
        if block.contains("actions/checkout") && block.contains("fetch-depth: 0") {
            bench.git(&[
                "fetch",
                "-q",
                "origin",
                "+refs/heads/*:refs/remotes/origin/*",
            ]);
        }
        let output = run(&bench, &script);
        assert_eq!(output.status.code(), Some(14), "{script}: {output}");
        stopped += 1;
    }
    assert_eq!(stopped, 4);
}

#[test]
fn a_build_without_a_ci_cache_fetches_everything_through_the_server() {
    let bench = Bench::new();
    let blocks = blocks_with("/-/prefetch");
    assert_eq!(blocks.len(), 3);
    for (language, block) in &blocks {
        let home = tempfile::tempdir().unwrap();
        let url = bench.site.server.url();
        let mut command = Command::new("sh");
        bench.site.go().prepare(&mut command);
        command
            .args(["-e", "-c", &script(language, block)])
            .current_dir(bench.project.path())
            .env("GOMODCACHE", home.path().join("modules"))
            .env("GOFLAGS", "-modcacherw")
            .env("GOPROXY", &url);
        process::run(&mut command, Duration::from_mins(1)).assert_ok();
        let kept = home
            .path()
            .join("modules/cache/download/example.com/a/@v/v1.0.0.zip");
        assert!(kept.exists(), "{block}");
    }
}

fn block_names(file: &str) -> bool {
    blocks().iter().any(|(_, block)| block.contains(file))
}
