//! Selection: against the real go command, and against the definition written in Go.

use super::go_command;
use super::graphs::{self, Graph, Kind};
use gomod::modfile::{self, ModuleVersion, ParseMode};
use gomod::mvs::{
    GoModSource, GoModSummary, GraphLoader, LoadOptions, MainModule, ModuleSelection, MvsError,
    UpdatePolicy, compare_go,
};
use gomod::sumhash::h1_of_go_mod;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use testkit::oracle::{Oracle, Seed};

/// Graphs put to the real go command: three or four commands each; files
/// are what takes the time.
const REAL_GRAPHS: usize = 300;

/// Graphs put to the definition.
const MODEL_GRAPHS: usize = 20_000;

fn read(graph: &Graph, source: &GoModSource) -> Result<GoModSummary, String> {
    let text = match source {
        GoModSource::Version(path, version) => {
            graph.modules.get(&(path.to_string(), version.to_string()))
        }
        GoModSource::Directory(name) => graph.directories.get(name.trim_start_matches("./")),
    };
    let text = text.ok_or("no such file")?;
    let file =
        modfile::parse(text.as_bytes(), ParseMode::Lax).map_err(|errors| errors.to_string())?;
    Ok(GoModSummary::from(&file))
}

fn select(
    graph: &Graph,
    updates: UpdatePolicy,
    unpruned: bool,
) -> Result<ModuleSelection, MvsError> {
    let file = modfile::parse(graph.main.as_bytes(), ParseMode::Strict).unwrap();
    let main = MainModule::new(&file)?;
    let options = LoadOptions { updates, unpruned };
    GraphLoader::new(main, options).load(|source| read(graph, source))
}

/// One run of the go command in a directory with the graph's main module.
struct Workplace<'a> {
    root: &'a Path,
    directory: std::path::PathBuf,
}

impl Workplace<'_> {
    fn write(&self, graph: &Graph) {
        fs::create_dir_all(&self.directory).unwrap();
        fs::write(self.directory.join("go.mod"), &graph.main).unwrap();
        for (name, text) in &graph.directories {
            fs::create_dir_all(self.directory.join(name)).unwrap();
            fs::write(self.directory.join(name).join("go.mod"), text).unwrap();
        }
        for ((path, version), text) in &graph.modules {
            let versions = self.root.join("proxy").join(path).join("@v");
            fs::create_dir_all(&versions).unwrap();
            fs::write(versions.join(format!("{version}.mod")), text).unwrap();
            let info = format!("{{\"Version\":\"{version}\",\"Time\":\"2024-01-01T00:00:00Z\"}}");
            fs::write(versions.join(format!("{version}.info")), info).unwrap();
        }
    }

    fn go(&self, arguments: &[&str]) -> Result<String, String> {
        go_command::run(self.root, &self.directory, arguments)
    }
}

/// What differs between one command's answer and ours; both failing over the same module is
/// agreement.
fn difference(
    command: &str,
    theirs: &Result<String, String>,
    ours: &Result<String, String>,
) -> Option<String> {
    let same = match (theirs, ours) {
        (Ok(theirs), Ok(ours)) => theirs == ours,
        // The module at fault is the same: the last on the way to it.
        (Err(theirs), Err(ours)) => ours
            .rsplit(' ')
            .next()
            .is_some_and(|name| theirs.contains(name)),
        _ => false,
    };
    (!same).then(|| format!("{command}\n--- go\n{theirs:?}\n--- ours\n{ours:?}"))
}

/// Whether the go command refuses to read this go.mod as an older Go would.
fn is_strict(main: &str) -> bool {
    let file = modfile::parse(main.as_bytes(), ParseMode::Strict).unwrap();
    file.go
        .is_some_and(|go| compare_go(&go.version, "1.21").is_ge())
}

/// A go.sum of every go.mod.
fn sums(graph: &Graph) -> String {
    let mut text = String::new();
    for ((path, version), go_mod) in &graph.modules {
        let hash = h1_of_go_mod(go_mod.as_bytes());
        writeln!(text, "{path} {version}/go.mod {hash}").unwrap();
    }
    text
}

fn compare_one(root: &Path, index: usize, graph: &Graph) -> (Vec<String>, bool) {
    let place = Workplace {
        root,
        directory: root.join(format!("work{index}")),
    };
    place.write(graph);
    let applied = select(graph, UpdatePolicy::Apply, false).map_err(|error| error.to_string());
    let mut differences = Vec::new();
    let theirs = place.go(&["mod", "graph"]);
    let ours = applied
        .as_ref()
        .map(ModuleSelection::graph_text)
        .map_err(Clone::clone);
    differences.extend(difference("go mod graph", &theirs, &ours));
    if !is_strict(&graph.main) {
        let theirs = place.go(&["mod", "graph", "-go=1.16"]);
        let whole = select(graph, UpdatePolicy::Apply, true).map_err(|error| error.to_string());
        let ours = whole
            .as_ref()
            .map(ModuleSelection::graph_text)
            .map_err(Clone::clone);
        // Repeated requirements may already have raised the go line to one that Go refuses.
        let refused = theirs
            .as_ref()
            .is_err_and(|text| text.contains("(requires Go >= "));
        if !refused {
            differences.extend(difference("go mod graph -go=1.16", &theirs, &ours));
        }
    }
    let theirs = place.go(&["list", "-mod=mod", "-m", "all"]);
    let ours = applied
        .as_ref()
        .map(ModuleSelection::build_list_text)
        .map_err(Clone::clone);
    differences.extend(difference("go list -mod=mod -m all", &theirs, &ours));
    let succeeded = theirs.is_ok();
    if succeeded && index.is_multiple_of(2) {
        // The run before has updated go.mod; and a read-only one wants every hash.
        fs::write(place.directory.join("go.mod"), &graph.main).unwrap();
        fs::write(place.directory.join("go.sum"), sums(graph)).unwrap();
        let theirs = place.go(&["list", "-mod=readonly", "-m", "all"]);
        let refused = select(graph, UpdatePolicy::Refuse, false).map_err(|error| error.to_string());
        let ours = refused
            .as_ref()
            .map(ModuleSelection::build_list_text)
            .map_err(Clone::clone);
        differences.extend(difference("go list -mod=readonly -m all", &theirs, &ours));
    }
    (differences, succeeded)
}

#[test]
fn the_go_command_selects_the_same() {
    if !go_command::is_here() {
        return;
    }
    let mut seed = Seed::new(7);
    let graphs: Vec<Graph> = (0..REAL_GRAPHS)
        .map(|index| {
            let kind = Kind::ALL[index % 3];
            let size = 5 + seed.below(56);
            graphs::random(&mut seed, kind, &format!("g{index}.example.com"), size)
        })
        .collect();
    let root = go_command::temporary("selection");
    let (next, succeeded) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut found = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(graph) = graphs.get(index) else {
                return found;
            };
            let (differences, success) = compare_one(&root, index, graph);
            succeeded.fetch_add(usize::from(success), Ordering::Relaxed);
            let main = &graph.main;
            found.extend(
                differences
                    .iter()
                    .map(|text| format!("graph {index}\n{main}\n{text}")),
            );
        }
    };
    let start = Instant::now();
    let found: Vec<String> = std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    for text in found.iter().take(3) {
        println!("{text}");
    }
    println!(
        "go command, selection: {REAL_GRAPHS} graphs ({} selected by go), {} differences, {:.1} s",
        succeeded.into_inner(),
        found.len(),
        start.elapsed().as_secs_f64()
    );
    fs::remove_dir_all(&root).unwrap();
    assert!(found.is_empty());
}

/// Requirements by module version; the main module's are at its empty version.
type Plain = Vec<(ModuleVersion, Vec<ModuleVersion>)>;

/// A small unpruned graph without replacements, cycles included.
fn plain(seed: &mut Seed) -> Plain {
    let versions = ["v0.1.0", "v1.0.0-rc.1", "v1.0.0", "v1.10.0", "v1.9.3"];
    let mut names = Vec::new();
    for index in 0..3 + seed.below(12) {
        for version in versions {
            if seed.chance(0.4) {
                names.push(ModuleVersion::new(format!("example.com/m{index}"), version));
            }
        }
    }
    names.push(ModuleVersion::new("example.com/last", "v1.0.0"));
    let main = ModuleVersion::new("example.com/main", "");
    let all = std::iter::once(main).chain(names.iter().cloned());
    all.map(|name| {
        (
            name,
            (0..seed.below(5))
                .map(|_| seed.pick(&names).clone())
                .collect(),
        )
    })
    .collect()
}

fn as_question(graph: &Plain) -> Vec<u8> {
    let mut text = String::new();
    for (name, required) in graph {
        if !name.version.is_empty() {
            writeln!(text, "= {} {}", name.path, name.version).unwrap();
        }
        for module in required {
            writeln!(text, "{} {}", module.path, module.version).unwrap();
        }
    }
    text.into_bytes()
}

fn select_plain(graph: &Plain) -> Vec<Vec<u8>> {
    let mut main = "module example.com/main\n".to_owned();
    for module in &graph[0].1 {
        writeln!(main, "require {} {}", module.path, module.version).unwrap();
    }
    let file = modfile::parse(main.as_bytes(), ParseMode::Strict).unwrap();
    let options = LoadOptions {
        updates: UpdatePolicy::Apply,
        unpruned: false,
    };
    let selection = GraphLoader::new(MainModule::new(&file).unwrap(), options).load(|source| {
        let GoModSource::Version(path, version) = source else {
            panic!("{source:?}")
        };
        let wanted = ModuleVersion::new(path.as_str(), version.as_str());
        let (_, require) = graph.iter().find(|(name, _)| *name == wanted).unwrap();
        Ok(GoModSummary {
            module: Some(path.to_string()),
            go: None,
            require: require.clone(),
        })
    });
    let selection = selection.unwrap();
    let others = selection.build_list().into_iter().skip(1);
    others
        .map(|selected| selected.to_string().into_bytes())
        .collect()
}

#[test]
fn the_definition_selects_the_same() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(8);
    let graphs: Vec<Plain> = (0..MODEL_GRAPHS).map(|_| plain(&mut seed)).collect();
    let inputs: Vec<_> = graphs
        .iter()
        .map(|graph| vec![as_question(graph)])
        .collect();
    let (mut different, mut modules) = (0, 0);
    for (graph, theirs) in graphs.iter().zip(oracle.ask("mvs.unpruned", &inputs)) {
        let (ours, theirs) = (select_plain(graph), theirs.unwrap());
        modules += ours.len();
        if ours != theirs {
            different += 1;
            println!("{graph:?}\n  go   {theirs:?}\n  ours {ours:?}");
        }
    }
    println!(
        "oracle mvs.unpruned: {MODEL_GRAPHS} graphs, {modules} modules selected, {different} differences"
    );
    assert_eq!(different, 0);
}

/// Prints how long it takes; what is asserted is only that it comes to an end with everything.
#[test]
fn ten_thousand_modules() {
    const MODULES: usize = 10_000;
    let mut seed = Seed::new(9);
    let name = |index: usize| format!("example.com/m{index}");
    let require = |text: &mut Vec<ModuleVersion>, index, seed: &mut Seed| {
        let version = format!("v1.{}.0", seed.below(3));
        text.push(ModuleVersion::new(name(index), version));
    };
    let mut main = "module example.com/main\ngo 1.16\n".to_owned();
    for index in 0..20 {
        writeln!(main, "require {} v1.0.0", name(index)).unwrap();
    }
    let mut go_mods = Vec::new();
    for index in 0..MODULES {
        let mut list = Vec::new();
        require(&mut list, (index + 1) % MODULES, &mut seed);
        for _ in 0..6 {
            let other = seed.below(MODULES);
            require(&mut list, other, &mut seed);
        }
        go_mods.push(list);
    }
    let file = modfile::parse(main.as_bytes(), ParseMode::Strict).unwrap();
    let loader = GraphLoader::new(
        MainModule::new(&file).unwrap(),
        LoadOptions {
            updates: UpdatePolicy::Apply,
            unpruned: false,
        },
    );
    let start = Instant::now();
    let selection = loader
        .load(|source| {
            let GoModSource::Version(path, _) = source else {
                return Err(String::new());
            };
            let index: usize = path
                .as_str()
                .trim_start_matches("example.com/m")
                .parse()
                .unwrap();
            let require = go_mods[index].clone();
            Ok(GoModSummary {
                module: Some(path.to_string()),
                go: None,
                require,
            })
        })
        .unwrap();
    let elapsed = start.elapsed();
    assert_eq!(selection.build_list().len(), MODULES + 1);
    println!(
        "selection of {MODULES} modules, {} edges: {elapsed:?}",
        selection.edges().count()
    );
}
