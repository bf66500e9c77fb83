//! Forecasts of scripted clients. The clients behave as `go` does, by its own description of graph
//! loading (<https://go.dev/ref/mod#graph-pruning>) and as its requests were recorded.

use super::{
    forecast::{Forecast, GUESSED_ZIP, Level},
    graph::requiring,
    plan::Plan,
    requirements::{Module, Requirements},
};
use gomod::{Artifact, ArtifactKind};
use std::collections::{BTreeMap, HashSet, VecDeque};

const MIB: u64 = 1024 * 1024;

/// A world of go.mod files and one client's way through it.
struct World {
    go_mods: BTreeMap<Module, Requirements>,
    zip_size: u64,
}

/// A go.mod: path, version, whether it prunes, what it requires.
type Row<'a> = (&'a str, &'a str, bool, &'a [(&'a str, &'a str)]);

/// What a run came to.
#[derive(Debug, Default)]
struct Outcome {
    /// Asked for by the client before it was foreseen.
    missed: Vec<Artifact>,
    /// Foreseen, in order.
    offered: Vec<Artifact>,
    asked: HashSet<Artifact>,
    /// The most bytes of zips that were ahead of the client at once.
    most_ahead: u64,
}

// === impl World ===

impl World {
    fn new(go_mods: &[Row<'_>]) -> Self {
        let go_mods = go_mods.iter().map(|(path, version, prunes, requires)| {
            let module = Module::read(path, version).unwrap();
            (module, requiring(*prunes, requires))
        });
        Self {
            go_mods: go_mods.collect(),
            zip_size: MIB / 2,
        }
    }

    /// What a main module with these roots loads, in the order in which `go` does.
    fn load(&self, roots: &[Module], pruning: bool) -> Vec<Module> {
        let mut queue: VecDeque<(Module, bool)> =
            roots.iter().map(|root| (root.clone(), pruning)).collect();
        let (mut seen, mut order) = (HashSet::new(), Vec::new());
        while let Some((module, pruned)) = queue.pop_front() {
            if !seen.insert((module.clone(), pruned)) {
                continue;
            }
            let requirements = &self.go_mods[&module];
            if !order.contains(&module) {
                order.push(module);
            }
            if !pruned || !requirements.prunes {
                let next = requirements.requires.iter().cloned();
                queue.extend(next.map(|required| (required, requirements.prunes && pruned)));
            }
        }
        order
    }

    /// Lets a client ask for these artifacts in order, everything foreseen being fetched at once.
    fn run(&self, forecast: &mut Forecast, asks: &[Artifact]) -> Outcome {
        let mut outcome = Outcome::default();
        self.serve(forecast, &mut outcome);
        for ask in asks {
            if ask.kind == ArtifactKind::Zip {
                forecast.asking_zip(ask);
                self.serve(forecast, &mut outcome);
            }
            let cold = !outcome.offered.contains(ask) && outcome.asked.insert(ask.clone());
            outcome.asked.insert(ask.clone());
            if cold {
                outcome.missed.push(ask.clone());
            }
            forecast.asked(ask, cold);
            if ask.kind == ArtifactKind::Mod && forecast.wants_requirements() {
                self.tell(forecast, ask);
            }
            self.serve(forecast, &mut outcome);
        }
        outcome
    }

    fn serve(&self, forecast: &mut Forecast, outcome: &mut Outcome) {
        loop {
            let next = forecast.next_small().or_else(|| forecast.next_zip());
            outcome.most_ahead = outcome.most_ahead.max(forecast.weight());
            let Some(artifact) = next else { return };
            let size = match artifact.kind {
                ArtifactKind::Zip => self.zip_size,
                _ => 100,
            };
            forecast.fetched(&artifact, size);
            if artifact.kind == ArtifactKind::Mod {
                self.tell(forecast, &artifact);
            }
            // One that was asked for is only read.
            if !outcome.asked.contains(&artifact) {
                assert!(!outcome.offered.contains(&artifact), "twice: {artifact}");
                outcome.offered.push(artifact);
            }
        }
    }

    fn tell(&self, forecast: &mut Forecast, artifact: &Artifact) {
        let module = Module::of(artifact);
        if let Some(requirements) = self.go_mods.get(&module) {
            forecast.known(&module, requirements.clone());
        }
    }
}

// === impl Outcome ===

impl Outcome {
    fn zips(&self) -> Vec<&Artifact> {
        let is_zip = |artifact: &&Artifact| artifact.kind == ArtifactKind::Zip;
        self.offered.iter().filter(is_zip).collect()
    }

    fn wasted(&self) -> usize {
        let vain = |artifact: &&Artifact| !self.asked.contains(artifact);
        self.offered.iter().filter(vain).count()
    }
}

fn forecast() -> Forecast {
    Forecast::new(Level::On, 64 * MIB)
}

fn module(name: &str) -> Module {
    Module::read(&format!("example.com/{name}"), "v1.0.0").unwrap()
}

fn mods(modules: &[Module]) -> Vec<Artifact> {
    let modules = modules.iter();
    modules
        .map(|module| module.artifact(ArtifactKind::Mod))
        .collect()
}

/// `.info` and zip of each, as `go mod download` asks.
fn downloads(modules: &[Module]) -> Vec<Artifact> {
    let both =
        |module: &Module| [ArtifactKind::Info, ArtifactKind::Zip].map(|kind| module.artifact(kind));
    modules.iter().flat_map(both).collect()
}

fn zips(modules: &[Module]) -> Vec<Artifact> {
    let modules = modules.iter();
    modules
        .map(|module| module.artifact(ArtifactKind::Zip))
        .collect()
}

/// `count` modules that require nothing, all of them roots.
fn flat(count: usize) -> (World, Vec<Module>) {
    let names: Vec<String> = (0..count)
        .map(|number| format!("example.com/m{number:03}"))
        .collect();
    let rows: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), "v1.0.0", true, &[][..]))
        .collect();
    let roots = names
        .iter()
        .map(|name| Module::read(name, "v1.0.0").unwrap())
        .collect();
    (World::new(&rows), roots)
}

/// A chain of modules below go 1.17: `c0` requires `c1`, and so on.
fn chain(length: usize, prunes: bool) -> (World, Vec<Module>) {
    let names: Vec<String> = (0..=length)
        .map(|number| format!("example.com/c{number:03}"))
        .collect();
    let next: Vec<Vec<(&str, &str)>> = (0..length)
        .map(|number| vec![(names[number + 1].as_str(), "v1.0.0")])
        .collect();
    let rows: Vec<_> = (0..length)
        .map(|number| {
            let requires = if number + 1 < length {
                &next[number][..]
            } else {
                &[]
            };
            (names[number].as_str(), "v1.0.0", prunes, requires)
        })
        .collect();
    (World::new(&rows), vec![module("c000")])
}

#[test]
fn below_go_1_17_everything_is_foreseen_and_nothing_else() {
    let (world, roots) = chain(20, false);
    let order = world.load(&roots, true);
    assert_eq!(order.len(), 20);
    let outcome = world.run(&mut forecast(), &mods(&order));
    assert_eq!(
        (outcome.missed.len(), outcome.wasted()),
        (1, 0),
        "{outcome:?}"
    );
}

#[test]
fn what_a_pruned_graph_leaves_out_is_guessed_to_a_small_depth_only() {
    let (world, roots) = chain(20, true);
    let order = world.load(&roots, true);
    assert_eq!(order.len(), 1);
    let outcome = world.run(&mut forecast(), &mods(&order));
    assert_eq!(outcome.offered.len(), 2, "{outcome:?}");
}

#[test]
fn the_highest_version_known_of_a_path_ahead_is_guessed() {
    let world = World::new(&[
        (
            "example.com/a",
            "v1.0.0",
            true,
            &[("example.com/z", "v1.1.0")],
        ),
        (
            "example.com/b",
            "v1.0.0",
            true,
            &[("example.com/z", "v1.2.0"), ("example.com/a", "v0.9.0")],
        ),
        ("example.com/z", "v1.1.0", true, &[]),
        ("example.com/z", "v1.2.0", true, &[]),
    ]);
    let [a, b] = ["a", "b"].map(module);
    let z = |version| Module::read("example.com/z", version).unwrap();
    let asks = mods(&[a, b, z("v1.2.0")]);
    let outcome = world.run(&mut forecast(), &asks);
    assert_eq!(outcome.offered, mods(&[z("v1.1.0"), z("v1.2.0")]));
    assert_eq!(outcome.missed, asks[..2]);
}

/// Two versions of every path, so that reading them all tells an unpruned main module.
#[test]
fn a_main_module_below_go_1_17_is_recognised() {
    let names: Vec<String> = (0..40)
        .map(|number| format!("example.com/m{number:03}"))
        .collect();
    let requires: Vec<Vec<(&str, &str)>> = (0..40)
        .map(|number: usize| {
            let near = &names[(number + 1) % 40];
            vec![(near.as_str(), "v0.1.0")]
        })
        .collect();
    let mut rows: Vec<_> = (0..40)
        .map(|number| {
            (
                names[number].as_str(),
                "v1.0.0",
                true,
                &requires[number][..],
            )
        })
        .collect();
    rows.extend(
        names
            .iter()
            .map(|name| (name.as_str(), "v0.1.0", true, &[][..])),
    );
    let world = World::new(&rows);
    let roots: Vec<Module> = names
        .iter()
        .map(|name| Module::read(name, "v1.0.0").unwrap())
        .collect();
    let order = world.load(&roots, false);
    assert_eq!(order.len(), 80);
    let outcome = world.run(&mut forecast(), &mods(&order));
    let late: Vec<_> = outcome
        .missed
        .iter()
        .filter(|missed| missed.version.as_str() == "v0.1.0")
        .collect();
    assert!(late.len() <= 3, "{late:?}");
    assert_eq!(outcome.wasted(), 0);
}

/// `go mod tidy` of a pruning main module looks around in versions that look like an unpruned graph.
#[test]
fn a_wrong_conclusion_about_pruning_costs_little() {
    let names: Vec<String> = (0..500)
        .map(|number| format!("example.com/m{number:03}"))
        .collect();
    let requires: Vec<Vec<(&str, &str)>> = (0..500)
        .map(|number: usize| {
            let others = (1..5).map(|step| (names[(number + step) % 500].as_str(), "v0.1.0"));
            others.collect()
        })
        .collect();
    let versions = ["v1.0.0", "v0.1.0"];
    let rows = versions.iter().flat_map(|version| {
        let requires = &requires;
        names
            .iter()
            .enumerate()
            .map(move |(number, name)| (name.as_str(), *version, true, &requires[number][..]))
    });
    let world = World::new(&rows.collect::<Vec<_>>());
    let at = |version: &'static str| {
        let modules = names.iter().map(move |name| Module::read(name, version));
        modules.map(Option::unwrap)
    };
    let asks: Vec<Module> = at("v1.0.0").take(40).chain(at("v0.1.0").take(4)).collect();
    let outcome = world.run(&mut forecast(), &mods(&asks));
    assert!(outcome.wasted() <= 160, "{} wasted", outcome.wasted());
}

/// `go build` with a complete go.sum: zip, then go.mod, in the order of imports; the `.info` at last.
#[test]
fn of_a_client_that_loads_no_graph_the_companions_of_each_zip_are_foreseen_and_nothing_else() {
    let (world, _) = chain(40, false);
    let order: Vec<Module> = (0..40)
        .map(|number| module(&format!("c{:03}", number * 7 % 40)))
        .collect();
    let both =
        |module: &Module| [ArtifactKind::Zip, ArtifactKind::Mod].map(|kind| module.artifact(kind));
    let mut asks: Vec<Artifact> = order.iter().flat_map(both).collect();
    let infos = order
        .iter()
        .map(|module| module.artifact(ArtifactKind::Info));
    asks.extend(infos);
    let outcome = world.run(&mut forecast(), &asks);
    let missed = |kind| {
        outcome
            .missed
            .iter()
            .filter(|missed| missed.kind == kind)
            .count()
    };
    assert_eq!(missed(ArtifactKind::Zip), 40);
    assert_eq!(missed(ArtifactKind::Mod), 1, "the first, unknown yet");
    assert!(missed(ArtifactKind::Info) <= 3);
    assert!(outcome.wasted() <= 40, "{} wasted", outcome.wasted());
}

#[test]
fn companions_that_cannot_be_fetched_do_not_pile_up() {
    let mut client = forecast();
    client.asked(&module("first").artifact(ArtifactKind::Zip), true);
    for number in 0..10_000 {
        client.asking_zip(&module(&format!("m{number}")).artifact(ArtifactKind::Zip));
    }
    let waiting = std::iter::from_fn(|| client.next_small()).count();
    assert!((1..=65).contains(&waiting), "{waiting}");
}

#[test]
fn guesses_that_fail_are_given_up() {
    let names: Vec<String> = (0..400)
        .map(|number| format!("example.com/m{number:03}"))
        .collect();
    let rest: Vec<Vec<(String, &str)>> = (0..400)
        .map(|number| vec![(format!("example.com/m{number:03}x"), "v1.0.0")])
        .collect();
    let rest: Vec<Vec<(&str, &str)>> = rest
        .iter()
        .map(|list| {
            list.iter()
                .map(|(path, version)| (path.as_str(), *version))
                .collect()
        })
        .collect();
    let rows: Vec<_> = (0..400)
        .map(|number: usize| (names[number].as_str(), "v1.0.0", true, &rest[number][..]))
        .collect();
    let world = World::new(&rows);
    let roots: Vec<Module> = names
        .iter()
        .map(|name| Module::read(name, "v1.0.0").unwrap())
        .collect();
    let outcome = world.run(&mut forecast(), &mods(&roots));
    assert!(outcome.wasted() <= 60, "{} wasted", outcome.wasted());
}

#[test]
fn a_client_that_reads_graphs_costs_no_zip() {
    let (world, roots) = flat(100);
    let mut client = forecast();
    assert!(world.run(&mut client, &mods(&roots)).zips().is_empty());
    // Nor one that goes on to ask for versions' times.
    let infos: Vec<_> = roots
        .iter()
        .map(|root| root.artifact(ArtifactKind::Info))
        .collect();
    assert!(world.run(&mut client, &infos).zips().is_empty());
}

#[test]
fn a_download_is_foreseen_after_its_first_module() {
    let (world, roots) = flat(200);
    let asks = [mods(&roots), downloads(&roots)].concat();
    let outcome = world.run(&mut forecast(), &asks);
    let missed = outcome
        .missed
        .iter()
        .filter(|missed| missed.kind != ArtifactKind::Mod);
    assert!(missed.count() <= 4, "{:?}", outcome.missed);
    assert_eq!(outcome.wasted(), 0);
}

/// `go mod download` of today asks for every `.info` before the first zip: enough to believe it.
#[test]
fn infos_of_the_whole_list_open_the_window_at_once() {
    let (world, roots) = flat(100);
    let all = |kind| roots.iter().map(move |root| root.artifact(kind));
    let mut client = Forecast::new(Level::On, 256 * MIB);
    let infos: Vec<_> = all(ArtifactKind::Info).collect();
    let begun = world.run(&mut client, &[mods(&roots), infos].concat());
    let missed: Vec<_> = begun
        .missed
        .iter()
        .filter(|m| m.kind == ArtifactKind::Info)
        .collect();
    assert_eq!((begun.zips().len(), missed.len()), (0, 1), "{missed:?}");
    let first: Vec<_> = all(ArtifactKind::Zip).take(2).collect();
    assert!(world.run(&mut client, &first).zips().len() >= 64);
}

/// `go mod download` takes direct requirements first, then the indirect ones, each in path order.
#[test]
fn two_rounds_in_path_order_are_as_good_as_one() {
    let (world, roots) = flat(200);
    let (direct, indirect): (Vec<_>, Vec<_>) = roots
        .iter()
        .cloned()
        .enumerate()
        .partition(|(number, _)| number % 2 == 1);
    let order: Vec<Module> = direct
        .into_iter()
        .chain(indirect)
        .map(|(_, module)| module)
        .collect();
    let asks = [mods(&roots), downloads(&order)].concat();
    let outcome = world.run(&mut Forecast::new(Level::On, 256 * MIB), &asks);
    let missed = outcome
        .missed
        .iter()
        .filter(|missed| missed.kind == ArtifactKind::Zip);
    assert!(missed.count() <= 4, "{:?}", outcome.missed);
    assert_eq!(outcome.wasted(), 0);
}

/// A build of a few packages: every ninth module, in path order but far apart.
#[test]
fn a_build_that_needs_few_zips_wastes_few() {
    let (world, roots) = flat(200);
    let needed: Vec<Module> = roots.iter().step_by(9).cloned().collect();
    let asks = [mods(&roots), zips(&needed)].concat();
    let outcome = world.run(&mut forecast(), &asks);
    assert!(outcome.zips().is_empty(), "{outcome:?}");
}

#[test]
fn a_build_that_needs_most_zips_is_followed() {
    let (world, roots) = flat(200);
    let needed: Vec<Module> = roots
        .iter()
        .enumerate()
        .filter(|(number, _)| number % 16 != 7)
        .map(|(_, root)| root.clone())
        .collect();
    let asks = [mods(&roots), zips(&needed)].concat();
    let outcome = world.run(&mut forecast(), &asks);
    let missed = outcome
        .missed
        .iter()
        .filter(|missed| missed.kind == ArtifactKind::Zip);
    assert!(missed.count() < 40, "{} missed", outcome.missed.len());
    assert!(outcome.wasted() <= 13, "{} wasted", outcome.wasted());
}

#[test]
fn never_more_than_the_budget_is_ahead() {
    for (budget, zip_size) in [(4, MIB), (16, MIB / 3), (10, 100)] {
        let (mut world, roots) = flat(300);
        world.zip_size = zip_size;
        let budget = budget * MIB;
        let asks = [mods(&roots), downloads(&roots)].concat();
        let outcome = world.run(&mut Forecast::new(Level::On, budget), &asks);
        assert!(
            outcome.most_ahead <= budget.max(GUESSED_ZIP),
            "{}",
            outcome.most_ahead
        );
        assert!(!outcome.zips().is_empty());
    }
}

#[test]
fn a_level_below_zips_offers_none() {
    let (world, roots) = flat(50);
    let asks = [mods(&roots), downloads(&roots)].concat();
    let outcome = world.run(&mut Forecast::new(Level::Mod, 64 * MIB), &asks);
    assert!(outcome.zips().is_empty() && !outcome.offered.is_empty());
    let outcome = world.run(&mut Forecast::new(Level::Off, 64 * MIB), &asks);
    assert!(outcome.offered.is_empty());
}

#[test]
fn the_same_requests_give_the_same_forecast() {
    let run = || {
        let (world, roots) = flat(120);
        let asks = [mods(&roots), downloads(&roots)].concat();
        world.run(&mut forecast(), &asks).offered
    };
    assert_eq!(run(), run());
}

fn go_sum(roots: &[Module]) -> Plan {
    let lines = roots.iter().map(|module| {
        let (path, version) = (&module.path, &module.version);
        format!("{path} {version} h1:A=\n{path} {version}/go.mod h1:B=\n")
    });
    Plan::read(lines.collect::<String>().as_bytes()).unwrap()
}

#[test]
fn with_a_go_sum_nothing_is_missed_and_zips_wait_for_the_first_request() {
    let (world, roots) = flat(150);
    let mut client = forecast();
    client.follow(go_sum(&roots));
    let graph = world.run(&mut client, &mods(&roots));
    assert!(
        graph.missed.is_empty() && graph.zips().is_empty(),
        "{graph:?}"
    );
    let download = world.run(&mut client, &downloads(&roots));
    assert_eq!(download.missed.len(), 1, "{:?}", download.missed);
    assert_eq!(download.wasted(), 0);
}

#[test]
fn a_go_mod_alone_leads_to_its_graph() {
    let (world, _) = chain(20, false);
    let mut client = forecast();
    client.follow(
        Plan::read(b"module example.com/main\ngo 1.20\nrequire example.com/c000 v1.0.0\n").unwrap(),
    );
    let outcome = world.run(&mut client, &mods(&world.load(&[module("c000")], true)));
    assert!(outcome.missed.is_empty(), "{:?}", outcome.missed);
}

#[test]
fn another_builds_go_sum_does_not_stop_the_guessing() {
    let (world, roots) = chain(40, false);
    let mut client = forecast();
    client.follow(go_sum(&[module("other")]));
    let outcome = world.run(&mut client, &mods(&world.load(&roots, true)));
    assert!(outcome.missed.len() <= 4, "{:?}", outcome.missed);
}
