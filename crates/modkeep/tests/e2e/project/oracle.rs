//! `modkeep whatif` against `go get` and `go list -m all`, on seeded random modules.
//!
//! Modules are made as their authors would have left them: each go.mod lists what its packages
//! import, and from Go 1.17 on everything behind that too, at the versions that are selected.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use testkit::fixture::{Corpus, Module};
use testkit::go::Project;
use testkit::oracle::Seed;

use super::User;

const MODULES: usize = 7;
const VERSIONS: usize = 3;
const WORLDS: usize = 10;
const TARGETS: usize = 4;

/// Versions by number of the module.
type Required = BTreeMap<usize, usize>;

/// What `version` of each module imports, and what is selected for it.
struct World {
    seed: Seed,
    /// By module and version: what is imported and what is selected.
    modules: BTreeMap<(usize, usize), (Required, Required)>,
}

fn path(module: usize) -> String {
    format!("example.com/m{module}")
}

fn version(number: usize) -> String {
    format!("v1.{number}.0")
}

// === impl World ===

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            seed: Seed::new(seed),
            modules: BTreeMap::new(),
        };
        for module in (0..MODULES).rev() {
            for version in 0..VERSIONS {
                let imported = world.choose(module + 1);
                let selected = world.select(&imported);
                world
                    .modules
                    .insert((module, version), (imported, selected));
            }
        }
        world
    }

    fn choose(&mut self, from: usize) -> Required {
        let mut chosen = Required::new();
        for module in from..MODULES {
            if self.seed.chance(0.35) {
                chosen.insert(module, self.seed.below(VERSIONS));
            }
        }
        chosen
    }

    /// The highest that these and all behind them ask for.
    fn select(&self, imported: &Required) -> Required {
        let mut selected = imported.clone();
        let mut open: Vec<(usize, usize)> = imported.iter().map(|(&m, &v)| (m, v)).collect();
        while let Some((module, version)) = open.pop() {
            for (&other, &wanted) in &self.modules[&(module, version)].1 {
                let slot = selected.entry(other).or_insert(wanted);
                *slot = wanted.max(*slot);
                if *slot == wanted {
                    open.push((other, wanted));
                }
            }
        }
        selected
    }

    fn go_mod(name: &str, go: &str, imported: &Required, selected: &Required) -> String {
        let mut text = format!("module {name}\n\ngo {go}\n\n");
        for (&module, &number) in selected {
            let direct = imported.contains_key(&module);
            if go == "1.16" && !direct {
                continue;
            }
            let comment = if direct { "" } else { " // indirect" };
            writeln!(
                text,
                "require {} {}{comment}",
                path(module),
                version(number)
            )
            .unwrap();
        }
        text
    }

    fn imports(imported: &Required) -> String {
        let lines = imported.keys();
        let lines: Vec<String> = lines
            .map(|&module| format!("import _ \"{}\"\n", path(module)))
            .collect();
        lines.concat()
    }

    fn corpus(&self, go: &str) -> Corpus {
        let mut corpus = Corpus::new();
        for (&(module, number), (imported, selected)) in &self.modules {
            let source = format!("package lib\n{}", Self::imports(imported));
            let go_mod = Self::go_mod(&path(module), go, imported, selected);
            let module = Module::new(&path(module), &version(number));
            corpus.add(&module.go_mod(&go_mod).file("x.go", source));
        }
        corpus
    }

    fn project(&mut self, go: &str) -> Project {
        let imported = self.choose(0);
        let selected = self.select(&imported);
        let go_mod = Self::go_mod("example.com/main", go, &imported, &selected);
        let source = format!(
            "package main\n{}\nfunc main() {{}}\n",
            Self::imports(&imported)
        );
        Project::new(&go_mod, &[("main.go", &source)])
    }

    fn target(&mut self) -> String {
        let module = self.seed.below(MODULES);
        match self.seed.below(VERSIONS + 1) {
            VERSIONS => format!("{}@none", path(module)),
            number => format!("{}@{}", path(module), version(number)),
        }
    }
}

/// Selected versions, without the main module.
fn listed(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs
        .map(|(path, version)| (path.to_owned(), version.to_owned()))
        .collect()
}

/// What is selected after the changes.
fn apply(before: &BTreeMap<String, String>, changes: &Value) -> BTreeMap<String, String> {
    let mut after = before.clone();
    let each = |name: &str| changes[name].as_array().unwrap().clone();
    for change in each("removed") {
        after.remove(change["module"].as_str().unwrap());
    }
    for (list, field) in [("added", "version"), ("raised", "to"), ("lowered", "to")] {
        for change in each(list) {
            let text = |name: &str| change[name].as_str().unwrap().to_owned();
            after.insert(text("module"), text(field));
        }
    }
    after
}

/// What `modkeep whatif` and `go get` say of a target.
pub(super) enum Compared {
    /// Both refuse it.
    Refused,
    /// Both select the same; whether that is a change.
    Same(bool),
    /// They differ; how.
    Different(String),
}

/// Asks both, the go command last, because it changes the project.
pub(super) fn compare(user: &User, project: &Project, target: &str) -> Compared {
    let answer = user.json(&["whatif", target], project.path());
    let list = || {
        let output = user.go.run(&["list", "-m", "all"], project.path());
        listed(&output.assert_ok().stdout)
    };
    let before = list();
    let got = user.go.run(&["get", target], project.path());
    let is_blocked = !answer["blocked_by"].as_array().unwrap().is_empty();
    if is_blocked && !got.ok() {
        return Compared::Refused;
    }
    if is_blocked || !got.ok() {
        return Compared::Different(format!("{target}: {answer}\n{got}"));
    }
    let (ours, after) = (apply(&before, &answer["changes"]), list());
    if ours == after {
        Compared::Same(before != after)
    } else {
        Compared::Different(format!(
            "{target}\nbefore {before:?}\nours {ours:?}\ngo {after:?}"
        ))
    }
}

#[test]
fn whatif_selects_what_go_get_selects() {
    let (mut same, mut changed, mut refused) = (0, 0, 0);
    for number in 0..WORLDS {
        let go = ["1.16", "1.21"][number % 2];
        let mut world = World::new(u64::try_from(number).unwrap());
        let user = User::new(world.corpus(go));
        for _ in 0..TARGETS {
            let (project, target) = (world.project(go), world.target());
            match compare(&user, &project, &target) {
                Compared::Refused => refused += 1,
                Compared::Same(is_change) => {
                    same += 1;
                    changed += usize::from(is_change);
                }
                Compared::Different(how) => panic!("world {number}: {how}"),
            }
        }
    }
    println!("go get: {same} the same, {changed} of them changes, {refused} refused by both");
    assert!(changed >= 10);
}
