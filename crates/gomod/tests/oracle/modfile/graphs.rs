//! Seeded requirement graphs.

use std::collections::BTreeMap;
use std::fmt::Write;
use testkit::oracle::Seed;

/// A module version: its path and version.
pub(crate) type Name = (String, String);

/// A graph as files.
pub(crate) struct Graph {
    /// The main module's go.mod.
    pub(crate) main: String,
    /// The go.mod of every module version.
    pub(crate) modules: BTreeMap<Name, String>,
    /// The go.mod of every replacement directory, by the directory's name.
    pub(crate) directories: BTreeMap<String, String>,
}

/// Which go lines occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Unpruned,
    Pruned,
    Mixed,
}

const VERSIONS: &[&str] = &[
    "0.1.0",
    "0.9.0",
    "1.0.0-rc.1",
    "1.0.0",
    "1.2.0",
    "1.10.0",
    "1.9.3",
];

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Unpruned, Self::Pruned, Self::Mixed];

    fn go_line(self, seed: &mut Seed) -> String {
        let old: &[&str] = &["", "go 1.11\n", "go 1.16\n", "go 1.15\n"];
        let new: &[&str] = &[
            "go 1.17\n",
            "go 1.20\n",
            "go 1.21\n",
            "go 1.21.0\n",
            "go 1.22.3\n",
            "go 1.23rc1\n",
            "go 1.24.0\n",
        ];
        let is_old = match self {
            Self::Unpruned => true,
            Self::Pruned => false,
            Self::Mixed => seed.chance(0.4),
        };
        (*if is_old {
            seed.pick(old)
        } else {
            seed.pick(new)
        })
        .to_owned()
    }
}

/// A graph of `size` modules whose paths lie below `host`.
pub(crate) fn random(seed: &mut Seed, kind: Kind, host: &str, size: usize) -> Graph {
    let mut names: Vec<Name> = Vec::new();
    for index in 0..size {
        let second = index > 0 && seed.chance(0.15);
        let path = format!("{host}/m{index}{}", if second { "/v2" } else { "" });
        for _ in 0..=seed.below(3) {
            let version = seed.pick(VERSIONS);
            let version = if second {
                format!("v2{}", &version[1..])
            } else {
                format!("v{version}")
            };
            names.push((path.clone(), version));
        }
    }
    // Others may require versions of the main module.
    let main_path = format!("{host}/main");
    names.push((main_path.clone(), "v1.0.0".to_owned()));
    names.sort();
    names.dedup();
    let density = 1 + seed.below(4);
    let modules = names.iter().map(|name| {
        let mut text = format!("module {}\n\n{}", name.0, kind.go_line(seed));
        requirements(seed, &mut text, &names, density);
        (name.clone(), text)
    });
    let modules = modules.collect();
    let mut graph = Graph {
        main: String::new(),
        modules,
        directories: BTreeMap::new(),
    };
    graph.main = main(seed, kind, &main_path, &names, &mut graph.directories);
    damage(seed, &mut graph);
    graph
}

fn requirements(seed: &mut Seed, text: &mut String, names: &[Name], most: usize) {
    for _ in 0..seed.below(most + 1) {
        let (path, version) = seed.pick(names);
        let mark = *seed.pick(&["", "", " // indirect"]);
        writeln!(text, "require {path} {version}{mark}").unwrap();
    }
}

fn main(
    seed: &mut Seed,
    kind: Kind,
    path: &str,
    names: &[Name],
    directories: &mut BTreeMap<String, String>,
) -> String {
    let others: Vec<Name> = names
        .iter()
        .filter(|name| name.0 != path)
        .cloned()
        .collect();
    let may_name = if seed.chance(0.05) { names } else { &others };
    let mut text = format!("module {path}\n\n{}", kind.go_line(seed));
    if seed.chance(0.2) {
        text.push_str("toolchain go1.22.1\n");
    }
    let most = 2 + seed.below(12);
    requirements(seed, &mut text, may_name, most);
    if seed.chance(0.5) {
        for _ in 0..seed.below(4) {
            let (path, version) = seed.pick(&others);
            writeln!(text, "exclude {path} {version}").unwrap();
        }
    }
    if seed.chance(0.5) {
        for index in 0..seed.below(4) {
            let (old, version) = seed.pick(&others);
            let old = if seed.chance(0.5) {
                format!("{old} {version}")
            } else {
                old.clone()
            };
            let (new, version) = seed.pick(&others);
            if seed.chance(0.6) {
                writeln!(text, "replace {old} => {new} {version}").unwrap();
                continue;
            }
            writeln!(text, "replace {old} => ./local{index}").unwrap();
            let mut local = kind.go_line(seed);
            if seed.chance(0.8) {
                local.insert_str(0, "module anything.example.com/x\n");
            }
            requirements(seed, &mut local, &others, 3);
            directories.insert(format!("local{index}"), local);
        }
    }
    text
}

/// Now and then a go.mod is missing, or another module's.
fn damage(seed: &mut Seed, graph: &mut Graph) {
    if !seed.chance(0.1) {
        return;
    }
    let names: Vec<Name> = graph.modules.keys().cloned().collect();
    let name = seed.pick(&names).clone();
    match seed.below(3) {
        0 => drop(graph.modules.remove(&name)),
        1 => drop(
            graph
                .modules
                .insert(name, "module other.example.com/x\n".to_owned()),
        ),
        _ => drop(graph.modules.insert(name, "go 1.20\n".to_owned())),
    }
}
