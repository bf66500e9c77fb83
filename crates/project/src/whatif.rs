//! What `go get MODULE@VERSION` would change, without changing anything.
//!
//! Of go.mod with the one requirement put in, the selection is made again, and the two are compared.
//! Where that begins depends on pruning, as in cmd/go: with a pruned graph at the requirements of
//! go.mod, without at the whole build list, so that nothing is lowered by the way.
//!
//! Going down, or doing without, others may still ask for more. Then the go command looks through
//! *their* older versions for ones that ask for less; [`disqualified`] says which have to be lowered,
//! and whoever calls knows which versions there are. If that leads nowhere, [`blockers`] says who
//! asks. Not computed is a change that takes the main module over Go 1.17, where pruning begins.

use crate::graph::{MAIN, ModuleGraph};
use gomod::modfile::{
    DirectivePlace, ModFile, ModuleVersion, RequireDirective, TextPosition, TextSpan,
};
use gomod::mvs::{ModuleSelection, compare_go, compare_versions, is_pseudo_module};
use gomod::semver;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// The Go version from which graphs are pruned.
const PRUNING: &str = "1.17";

/// What is to be required: a version, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementTarget {
    /// The module's path.
    pub path: String,
    /// The version; `None` to do without it.
    pub version: Option<String>,
}

/// What differs between two selections.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SelectionChanges {
    /// Modules that were not there.
    pub added: Vec<ModuleAt>,
    /// Modules that are there no more.
    pub removed: Vec<ModuleAt>,
    /// Modules that are selected higher.
    pub raised: Vec<ModuleMove>,
    /// Modules that are selected lower.
    pub lowered: Vec<ModuleMove>,
    /// The main module's Go version.
    pub go: Option<ModuleMove>,
    /// The toolchain that it asks for.
    pub toolchain: Option<ModuleMove>,
}

/// A module at a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModuleAt {
    /// Its path.
    pub module: String,
    /// Its version.
    pub version: String,
}

/// A module that goes from one version to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModuleMove {
    /// Its path.
    pub module: String,
    /// The version before; empty if there was none.
    pub from: String,
    /// The version after; empty if there is none.
    pub to: String,
}

/// What the authors of a module say of a version of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuthorVerdict {
    /// Why the version was withdrawn; the reason may be empty.
    pub retracted: Option<String>,
    /// Why the module should not be used any more.
    pub deprecated: Option<String>,
}

/// Whether a go.mod's graph is pruned.
pub fn is_pruned(go: Option<&str>) -> bool {
    go.is_some_and(|go| compare_go(go, PRUNING).is_ge())
}

/// The go.mod from which `go get` selects.
pub fn edited(file: &ModFile, before: &ModuleSelection, target: &RequirementTarget) -> ModFile {
    let mut edited = file.clone();
    let go = file.go.as_ref().map(|go| go.version.as_str());
    if !is_pruned(go) {
        let listed = before.build_list();
        let others = listed.into_iter().skip(1).map(|selected| selected.module);
        edited.require = others.map(|module| requirement(module.clone())).collect();
    }
    edited
        .require
        .retain(|line| line.module.path != target.path);
    let wanted = target.version.as_ref();
    let wanted = wanted.map(|version| requirement(ModuleVersion::new(&target.path, version)));
    edited.require.extend(wanted);
    edited
}

/// The same go.mod, requiring these modules too where it does not name them.
pub fn requiring(file: &ModFile, modules: &[ModuleVersion]) -> ModFile {
    let mut edited = file.clone();
    for module in modules {
        if edited
            .require
            .iter()
            .all(|line| line.module.path != module.path)
        {
            edited.require.push(requirement(module.clone()));
        }
    }
    edited
}

/// A requirement that stands nowhere.
fn requirement(module: ModuleVersion) -> RequireDirective {
    let nowhere = TextPosition {
        byte: 0,
        line: 1,
        column: 1,
    };
    RequireDirective {
        module,
        indirect: false,
        place: DirectivePlace {
            line: gomod::modfile::LineId {
                statement: 0,
                line: None,
            },
            span: TextSpan {
                start: nowhere,
                end: nowhere,
            },
        },
    }
}

/// The same go.mod with another version of a module, or without it.
pub fn with_version(file: &ModFile, path: &str, version: Option<&str>) -> ModFile {
    let mut edited = file.clone();
    edited.require.retain_mut(|line| {
        if line.module.path != path {
            return true;
        }
        version
            .unwrap_or_default()
            .clone_into(&mut line.module.version);
        version.is_some()
    });
    edited
}

/// Whether what is wanted is what is selected.
pub fn is_reached(graph: &ModuleGraph, target: &RequirementTarget) -> bool {
    let selected = graph.selected(&target.path).and_then(|id| graph.module(id));
    selected.map(|module| &module.version) == target.version.as_ref()
}

/// The module versions that lead to more of the target than is wanted: as long as one of them is
/// required, so is too much.
pub fn disqualified(graph: &ModuleGraph, target: &RequirementTarget) -> HashSet<ModuleVersion> {
    let over = graph.nodes().filter(|(_, module)| is_over(module, target));
    let ends: Vec<_> = over.map(|(id, _)| id).collect();
    let leads = graph.distances_to(&ends);
    let nodes = graph.nodes().filter(|(id, _)| *id != MAIN);
    nodes
        .filter(|(id, _)| leads.get(*id).is_some_and(Option::is_some))
        .map(|(_, module)| module.clone())
        .collect()
}

/// Whether this is more of the target than is wanted.
pub fn is_over(module: &ModuleVersion, target: &RequirementTarget) -> bool {
    let is_more = |wanted: &String| compare_versions(&target.path, &module.version, wanted).is_gt();
    module.path == target.path && target.version.as_ref().is_none_or(is_more)
}

/// Who else asks for more than the target, so that it would not be selected.
pub fn blockers(after: &ModuleGraph, target: &RequirementTarget) -> Vec<String> {
    let mut names = Vec::new();
    for (from, to) in after.edges() {
        let asks = after
            .module(to)
            .is_some_and(|module| is_over(module, target));
        if asks && from != MAIN {
            names.extend(after.module(from).map(ToString::to_string));
        }
    }
    names.sort();
    names.dedup();
    names
}

/// Whether the change takes the main module to where graphs are pruned.
pub fn begins_pruning(before: &ModuleSelection, after: &ModuleSelection) -> bool {
    !is_pruned(before.version("go")) && is_pruned(after.version("go"))
}

/// What differs between two selections.
pub fn changes(before: &ModuleSelection, after: &ModuleSelection) -> SelectionChanges {
    let moved = |path: &str| {
        let from = before.version(path).unwrap_or_default().to_owned();
        let to = after.version(path).unwrap_or_default().to_owned();
        (from != to).then(|| ModuleMove {
            module: path.to_owned(),
            from,
            to,
        })
    };
    // A go line implies the toolchain of its version; that is said once.
    let implied = after.version("go").map(|go| format!("go{go}"));
    let is_own = |toolchain: &ModuleMove| implied.as_ref() != Some(&toolchain.to);
    let mut changes = SelectionChanges {
        go: moved("go"),
        toolchain: moved("toolchain").filter(is_own),
        ..SelectionChanges::default()
    };
    let (old, new) = (versions(before), versions(after));
    for path in old
        .keys()
        .chain(new.keys().filter(|path| !old.contains_key(*path)))
    {
        let Some(moved) = moved(path) else { continue };
        if moved.from.is_empty() {
            changes.added.push(at(path, &moved.to));
        } else if moved.to.is_empty() {
            changes.removed.push(at(path, &moved.from));
        } else if compare_versions(path, &moved.from, &moved.to).is_lt() {
            changes.raised.push(moved);
        } else {
            changes.lowered.push(moved);
        }
    }
    changes
}

fn at(path: &str, version: &str) -> ModuleAt {
    ModuleAt {
        module: path.to_owned(),
        version: version.to_owned(),
    }
}

fn versions(selection: &ModuleSelection) -> BTreeMap<String, String> {
    let list = selection.build_list().into_iter();
    list.filter(|selected| !selected.module.version.is_empty())
        .filter(|selected| !is_pseudo_module(&selected.module.path))
        .map(|selected| {
            (
                selected.module.path.clone(),
                selected.module.version.clone(),
            )
        })
        .collect()
}

/// What the latest go.mod of a module says of one of its versions.
pub fn verdict(latest: &ModFile, version: &str) -> AuthorVerdict {
    let within = |low: &str, high: &str| {
        semver::compare(low, version).is_le() && semver::compare(version, high).is_le()
    };
    let retracted = latest
        .retract
        .iter()
        .find(|line| within(&line.low, &line.high));
    let module = latest.module.as_ref();
    AuthorVerdict {
        retracted: retracted.map(|line| line.rationale.clone()),
        deprecated: module.and_then(|module| module.deprecated.clone()),
    }
}

// === impl SelectionChanges ===

impl SelectionChanges {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{RequirementTarget, blockers, changes, edited, verdict};
    use crate::graph::ModuleGraph;
    use gomod::modfile::{self, ModFile, ParseMode};
    use gomod::mvs::{
        GoModSource, GoModSummary, GraphLoader, LoadOptions, MainModule, ModuleSelection,
        UpdatePolicy,
    };

    const GO_MODS: &[(&str, &str)] = &[
        ("a@v1.0.0", "require example.com/c v1.1.0"),
        (
            "a@v1.1.0",
            "require (\nexample.com/c v1.2.0\nexample.com/d v1.0.0\n)",
        ),
        ("b@v1.0.0", "require example.com/c v1.1.0"),
        ("c@v1.1.0", ""),
        ("c@v1.2.0", "go 1.25"),
        ("d@v1.0.0", ""),
    ];

    fn file(text: &str) -> ModFile {
        modfile::parse(text.as_bytes(), ParseMode::Strict).unwrap()
    }

    fn select(file: &ModFile) -> ModuleSelection {
        let options = LoadOptions {
            updates: UpdatePolicy::Apply,
            unpruned: false,
        };
        let read = |source: &GoModSource| {
            let GoModSource::Version(path, version) = source else {
                return Err(String::new());
            };
            let short = path.as_str().trim_start_matches("example.com/");
            let name = format!("{short}@{version}");
            let found = GO_MODS.iter().find(|(known, _)| *known == name);
            let (_, rest) = found.ok_or("unknown")?;
            let text = format!("module {path}\n{rest}\n");
            let file = modfile::parse(text.as_bytes(), ParseMode::Lax)
                .map_err(|error| error.to_string())?;
            Ok(GoModSummary::from(&file))
        };
        GraphLoader::new(MainModule::new(file).unwrap(), options)
            .load(read)
            .unwrap()
    }

    fn whatif(
        go: &str,
        path: &str,
        version: Option<&str>,
    ) -> (ModuleSelection, ModuleSelection, RequirementTarget) {
        let main = file(&format!(
            "module example.com/m\ngo {go}\nrequire (\nexample.com/a v1.0.0\nexample.com/b v1.0.0\n)\n"
        ));
        let before = select(&main);
        let target = RequirementTarget {
            path: path.to_owned(),
            version: version.map(str::to_owned),
        };
        let after = select(&edited(&main, &before, &target));
        (before, after, target)
    }

    #[test]
    fn an_upgrade_drags_along_what_it_requires() {
        for go in ["1.16", "1.21"] {
            let (before, after, target) = whatif(go, "example.com/a", Some("v1.1.0"));
            let changes = changes(&before, &after);
            let raised: Vec<_> = changes.raised.iter().map(|moved| &*moved.module).collect();
            assert_eq!(raised, ["example.com/a", "example.com/c"]);
            assert_eq!(changes.added[0].module, "example.com/d");
            assert_eq!(changes.go.unwrap().to, "1.25");
            assert_eq!(changes.toolchain, None);
            assert!(blockers(&ModuleGraph::of(&after), &target).is_empty());
        }
    }

    #[test]
    fn what_others_ask_for_blocks_a_removal_and_is_named() {
        let (before, after, target) = whatif("1.21", "example.com/b", None);
        assert_eq!(changes(&before, &after).removed[0].module, "example.com/b");
        assert!(blockers(&ModuleGraph::of(&after), &target).is_empty());
        let (_, after, target) = whatif("1.21", "example.com/c", None);
        let names = blockers(&ModuleGraph::of(&after), &target);
        assert_eq!(names, ["example.com/a@v1.0.0", "example.com/b@v1.0.0"]);
    }

    #[test]
    fn the_latest_go_mod_withdraws_versions() {
        let latest = file(
            "// Deprecated: use example.com/b.\nmodule example.com/a\nretract [v1.0.0, v1.2.0] // loses data\n",
        );
        let found = verdict(&latest, "v1.1.0");
        assert_eq!(found.retracted.as_deref(), Some("loses data"));
        assert_eq!(found.deprecated.as_deref(), Some("use example.com/b."));
        assert_eq!(verdict(&latest, "v1.3.0").retracted, None);
    }
}
