//! Questions about a graph of ten thousand modules: `cargo bench -p project`.
//!
//! Every module requires seven others at one of three versions, from a seed; modules are unpruned,
//! so that everything is read. Real projects have some hundred.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the input is made here"
)]

use divan::{Bencher, black_box};
use gomod::{
    modfile::{self, ModuleVersion, ParseMode},
    mvs::{
        GoModSource, GoModSummary, GraphLoader, LoadOptions, MainModule, ModuleSelection,
        UpdatePolicy,
    },
};
use project::{graph::ModuleGraph, paths, weight::WeightedGraph, why::why};
use std::fmt::Write as _;
use testkit::oracle::Seed;

const MODULES: usize = 10_000;

fn main() {
    divan::main();
}

fn name(index: usize) -> String {
    format!("example.com/m{index}")
}

fn go_mods() -> Vec<GoModSummary> {
    let mut seed = Seed::new(9);
    let mut all = Vec::with_capacity(MODULES);
    for index in 0..MODULES {
        let mut require = Vec::new();
        for number in 0..7 {
            let other = if number == 0 {
                (index + 1) % MODULES
            } else {
                seed.below(MODULES)
            };
            require.push(ModuleVersion::new(
                name(other),
                format!("v1.{}.0", seed.below(3)),
            ));
        }
        all.push(GoModSummary {
            module: Some(name(index)),
            go: None,
            require,
        });
    }
    all
}

fn select(go_mods: &[GoModSummary]) -> ModuleSelection {
    let mut main = "module example.com/main\ngo 1.16\n".to_owned();
    for index in 0..20 {
        writeln!(main, "require {} v1.0.0", name(index)).unwrap();
    }
    let file = modfile::parse(main.as_bytes(), ParseMode::Strict).unwrap();
    let options = LoadOptions {
        updates: UpdatePolicy::Apply,
        unpruned: false,
    };
    let loader = GraphLoader::new(MainModule::new(&file).unwrap(), options);
    let selection = loader.load(|source| {
        let GoModSource::Version(path, _) = source else {
            return Err(String::new());
        };
        let index = path
            .as_str()
            .trim_start_matches("example.com/m")
            .parse::<usize>();
        Ok(go_mods[index.unwrap()].clone())
    });
    selection.unwrap()
}

#[divan::bench(sample_count = 10)]
fn selection(bencher: Bencher<'_, '_>) {
    let go_mods = go_mods();
    bencher.bench_local(|| select(black_box(&go_mods)));
}

#[divan::bench(sample_count = 10)]
fn why_a_module_is_there(bencher: Bencher<'_, '_>) {
    let graph = ModuleGraph::of(&select(&go_mods()));
    bencher.bench_local(|| why(black_box(&graph), "example.com/m5000", 10));
}

#[divan::bench(sample_count = 10)]
fn paths_are_counted(bencher: Bencher<'_, '_>) {
    let graph = ModuleGraph::of(&select(&go_mods()));
    let to = graph.selected("example.com/m5000").unwrap();
    bencher.bench_local(|| paths::count(black_box(&graph), to));
}

#[divan::bench(sample_count = 10)]
fn weights_of_300_requirements(bencher: Bencher<'_, '_>) {
    let graph = ModuleGraph::of(&select(&go_mods()));
    let owned = WeightedGraph {
        next: (0..graph.len())
            .map(|id| graph.requires(id).to_vec())
            .collect(),
        owner: (0..graph.len())
            .map(|id| Some(id).filter(|id| *id < 300))
            .collect(),
        starts: (0..300).collect(),
    };
    bencher.bench_local(|| black_box(&owned).alone(300));
}
