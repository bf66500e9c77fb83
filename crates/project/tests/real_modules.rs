//! Selection of real modules, as if each were the main module, compared with the real go command.
//!
//! Their go.mod files come through the proxy that the go command is configured with, so this runs
//! only when asked for: `cargo test -p project --test real_modules -- --ignored --nocapture`.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test: it starts the go command, and a step that cannot be taken is a failure"
)]

use gomod::{
    modfile::{self, ParseMode},
    mvs::{
        GoModSource, GoModSummary, GraphLoader, LoadOptions, MainModule, ModuleSelection,
        UpdatePolicy,
    },
};
use project::{
    draw::{GraphCut, GraphFormat, draw},
    graph::ModuleGraph,
};
use std::{fs, path::Path, process::Command};
use testkit::go::Go;

const MODULES: &str = include_str!("real_modules.txt");

/// What the go command is configured with; nothing if there is none or it may ask nobody.
fn proxy() -> Option<String> {
    let output = Command::new("go").args(["env", "GOPROXY"]).output().ok()?;
    let proxy = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!proxy.is_empty() && proxy != "off").then_some(proxy)
}

/// A go.mod that the go command has fetched.
fn fetched(cache: &Path, source: &GoModSource) -> Result<GoModSummary, String> {
    let GoModSource::Version(path, version) = source else {
        return Err("a directory".to_owned());
    };
    let name = format!("{}/@v/{}.mod", path.escaped(), version.escaped());
    let bytes = fs::read(cache.join("cache/download").join(name));
    let bytes = bytes.map_err(|error| format!("{path}@{version}: {error}"))?;
    let file = modfile::parse(&bytes, ParseMode::Lax).map_err(|error| error.to_string())?;
    Ok(GoModSummary::from(&file))
}

fn select(go_mod: &[u8], cache: &Path) -> ModuleSelection {
    let file = modfile::parse(go_mod, ParseMode::Strict).unwrap();
    let options = LoadOptions {
        updates: UpdatePolicy::Apply,
        unpruned: false,
    };
    let loader = GraphLoader::new(MainModule::new(&file).unwrap(), options);
    loader.load(|source| fetched(cache, source)).unwrap()
}

/// What differs for one module.
fn differences(go: &Go, module: &str) -> Vec<String> {
    let path = module.split('@').next().unwrap();
    let downloaded = go.download(module);
    let json: serde_json::Value = serde_json::from_str(&downloaded.assert_ok().stdout).unwrap();
    let go_mod = fs::read(json["GoMod"].as_str().unwrap()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        fs::write(directory.path().join("go.mod"), &go_mod).unwrap();
        go.run(arguments, directory.path())
            .assert_ok()
            .stdout
            .clone()
    };
    let graph = run(&["mod", "graph"]);
    let list = run(&["list", "-m", "all"]);
    let ours = select(&go_mod, &go.module_cache());
    let drawn = draw(
        &ModuleGraph::of(&ours),
        GraphFormat::Text,
        GraphCut::default(),
    );
    let mut found = Vec::new();
    for (what, theirs, ours) in [
        ("go mod graph", &graph, ours.graph_text()),
        ("go mod graph, drawn", &graph, drawn),
        ("go list -m all", &list, ours.build_list_text()),
    ] {
        if *theirs != ours {
            found.push(format!(
                "{path}: {what}\n--- go\n{theirs}\n--- ours\n{ours}"
            ));
        }
    }
    found
}

#[test]
#[ignore = "asks the configured proxy for some thousand go.mod files"]
fn real_modules_are_selected_as_the_go_command_selects_them() {
    let Some(proxy) = proxy() else {
        println!("skipped: the go command has no proxy");
        return;
    };
    let go = Go::new(&proxy).env("GOFLAGS", "-mod=mod -modcacherw");
    let modules: Vec<&str> = MODULES.lines().collect();
    assert!(modules.len() >= 100);
    let found: Vec<String> = modules
        .iter()
        .flat_map(|module| differences(&go, module))
        .collect();
    for text in found.iter().take(3) {
        println!("{text}");
    }
    println!(
        "{} real modules, {} differences",
        modules.len(),
        found.len()
    );
    assert!(found.is_empty());
}
