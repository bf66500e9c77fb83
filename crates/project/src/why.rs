//! Why a module is there, and why in this version.
//!
//! The version is the highest that anybody asks for, so the answer is a table: which versions are
//! asked for, by whom, and which row decides. The chains that lead to the deciding row say how it
//! came into the build.

use crate::graph::{ModuleGraph, NodeId};
use crate::paths::{self, PathCount};
use gomod::modfile::ModuleVersion;
use gomod::mvs::compare_versions;
use serde::Serialize;
use std::collections::BTreeMap;

/// The answer for one module.
#[derive(Debug, Clone, Serialize)]
pub struct WhyAnswer {
    /// The module's path.
    pub module: String,
    /// Its selected version.
    pub selected: String,
    /// The fewest requirements from the main module to it.
    pub depth: usize,
    /// Every version that is asked for, highest first.
    pub asked: Vec<RequestedVersion>,
    /// How many chains of requirements lead to the selected version.
    pub count: PathCount,
    /// The shortest of them, shortest first; from the main module to the selected version.
    pub paths: Vec<Vec<String>>,
}

/// A version that is asked for.
#[derive(Debug, Clone, Serialize)]
pub struct RequestedVersion {
    /// The version.
    pub version: String,
    /// Whether it is the selected one.
    pub is_selected: bool,
    /// Who asks for it, sorted.
    pub by: Vec<String>,
}

/// Why `module` is selected; `None` if the graph has no version of it. At most `limit` chains.
pub fn why(graph: &ModuleGraph, module: &str, limit: usize) -> Option<WhyAnswer> {
    let target = graph.selected(module)?;
    let selected = graph.module(target)?.version.clone();
    let names = |path: Vec<NodeId>| path.into_iter().filter_map(|id| name(graph, id)).collect();
    let shortest = paths::shortest(graph, target, limit);
    Some(WhyAnswer {
        module: module.to_owned(),
        depth: shortest.first().map_or(0, |path| path.len() - 1),
        asked: requested_versions(graph, module, &selected),
        count: paths::count(graph, target),
        paths: shortest.into_iter().map(names).collect(),
        selected,
    })
}

fn requested_versions(graph: &ModuleGraph, module: &str, selected: &str) -> Vec<RequestedVersion> {
    let mut by_version: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (from, to) in graph.edges() {
        if let Some(wanted) = graph.module(to).filter(|wanted| wanted.path == module) {
            let list = by_version.entry(&wanted.version).or_default();
            list.extend(name(graph, from));
        }
    }
    let mut asked: Vec<RequestedVersion> = by_version
        .into_iter()
        .map(|(version, mut by)| {
            by.sort();
            by.dedup();
            RequestedVersion {
                version: version.to_owned(),
                is_selected: version == selected,
                by,
            }
        })
        .collect();
    asked.sort_by(|one, other| compare_versions(module, &other.version, &one.version));
    asked
}

fn name(graph: &ModuleGraph, id: NodeId) -> Option<String> {
    graph.module(id).map(ModuleVersion::to_string)
}
