//! The weight of each direct requirement, over the graph of modules and that of packages.
//!
//! The module graph is taken with one node a module, at its selected version, and begins at the
//! *direct* requirements: a pruned go.mod lists everything, and what is listed twice would be
//! brought in by nobody.

use super::{RequirementWeight, TidyProject};
use crate::graph::{MAIN, NodeId, distances};
use crate::imports::ModuleId;
use crate::weight::WeightedGraph;
use gomod::mvs::is_pseudo_module;
use std::collections::HashMap;

/// The weights of the direct requirements, in the order of go.mod.
pub(super) fn weigh(
    project: &TidyProject<'_>,
    ids: &HashMap<&str, ModuleId>,
) -> Vec<RequirementWeight> {
    let direct = direct(project);
    let modules = modules(project, &direct).alone(direct.len());
    let packages = project
        .is_known()
        .then(|| packages(project, &direct, ids).alone(direct.len()));
    let mut weights: Vec<RequirementWeight> = modules
        .into_iter()
        .map(|nodes| weight(project, &nodes))
        .collect();
    for (weight, alone) in weights.iter_mut().zip(packages.into_iter().flatten()) {
        weight.packages = Some(alone.len());
    }
    weights
}

/// How deep the graph is, seen from the direct requirements.
pub(super) fn depth(project: &TidyProject<'_>) -> usize {
    let owned = modules(project, &direct(project));
    let distances = distances(&owned.next, &owned.starts)
        .into_iter()
        .enumerate();
    let is_module = |id: NodeId| {
        let module = project.graph.module(id);
        module.is_some_and(|module| !is_pseudo_module(&module.path))
    };
    let depths = distances
        .filter(|(id, _)| is_module(*id))
        .filter_map(|(_, depth)| depth);
    depths.max().map_or(0, |depth| depth + 1)
}

fn direct<'a>(project: &TidyProject<'a>) -> Vec<&'a str> {
    let lines = project.file.require.iter().filter(|line| !line.indirect);
    lines.map(|line| line.module.path.as_str()).collect()
}

fn weight(project: &TidyProject<'_>, nodes: &[NodeId]) -> RequirementWeight {
    let mut weight = RequirementWeight::default();
    let modules = nodes.iter().filter_map(|&id| project.graph.module(id));
    for module in modules.filter(|module| !is_pseudo_module(&module.path)) {
        match project.sizes.get(&module.path) {
            Some(size) => weight.bytes = weight.bytes.saturating_add(*size),
            None => weight.unknown_sizes += 1,
        }
        weight.modules.push(module.to_string());
    }
    weight.modules.sort();
    weight
}

fn modules(project: &TidyProject<'_>, direct: &[&str]) -> WeightedGraph {
    let graph = project.graph;
    let selected = |id: NodeId| graph.selected(&graph.module(id)?.path);
    let mut owned = WeightedGraph {
        next: vec![Vec::new(); graph.len()],
        owner: vec![None; graph.len()],
        starts: Vec::new(),
    };
    for (from, to) in graph.edges().filter(|&(from, _)| from != MAIN) {
        if let Some(to) = selected(to).filter(|_| graph.is_selected(from))
            && let Some(list) = owned.next.get_mut(from)
        {
            list.push(to);
        }
    }
    for (number, path) in direct.iter().enumerate() {
        if let Some(id) = graph.selected(path) {
            owned.starts.push(id);
            if let Some(slot) = owned.owner.get_mut(id) {
                *slot = Some(number);
            }
        }
    }
    owned
}

fn packages(
    project: &TidyProject<'_>,
    direct: &[&str],
    ids: &HashMap<&str, ModuleId>,
) -> WeightedGraph {
    let packages = project.packages;
    let numbers: HashMap<ModuleId, usize> = direct
        .iter()
        .enumerate()
        .filter_map(|(number, path)| Some((*ids.get(path)?, number)))
        .collect();
    let tools: Vec<&str> = project.file.tool.iter().map(|tool| &*tool.path).collect();
    let list = packages.list.iter();
    let is_start = |path: &str, module| module == Some(0) || tools.contains(&path);
    WeightedGraph {
        next: packages
            .edges
            .iter()
            .map(|edges| edges.iter().map(|&(.., to)| to).collect())
            .collect(),
        owner: list
            .clone()
            .map(|package| numbers.get(&package.module?).copied())
            .collect(),
        starts: list
            .enumerate()
            .filter(|(_, package)| is_start(&package.path, package.module))
            .map(|(id, _)| id)
            .collect(),
    }
}
