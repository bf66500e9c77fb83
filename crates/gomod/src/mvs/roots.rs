//! Making the main module's requirements consistent.
//!
//! A go.mod may require less than what is selected, or a module twice. Then selection goes on from
//! the requirements that the go command would write. Pruned, every listed module is raised to its
//! selected version until nothing changes any more. Unpruned, the smallest list is computed from
//! which the same versions follow, keeping what was listed at its selected version and what is
//! imported directly.

use super::MvsError;
use super::build::GraphPruning;
use super::graph::{MAIN, ModuleNodeId, RequirementGraph};
use super::loader::{GraphLoader, GraphStop, UpdatePolicy};
use super::main_module::sort_modules;
use crate::modfile::ModuleVersion;
use std::collections::{HashMap, HashSet};

// === impl Loader ===

impl GraphLoader {
    /// The roots to select from instead of `roots`. `loaded` says whether their graph has been
    /// looked at; if not, a pruned graph is only loaded when a root has to be raised.
    pub(super) fn updated_roots(
        &mut self,
        pruning: GraphPruning,
        roots: Vec<ModuleVersion>,
        loaded: bool,
    ) -> Result<Vec<ModuleVersion>, GraphStop> {
        match pruning {
            GraphPruning::Pruned => self.pruned_roots(roots, loaded),
            GraphPruning::Unpruned => self.unpruned_roots(roots),
        }
    }

    fn pruned_roots(
        &mut self,
        given: Vec<ModuleVersion>,
        mut loaded: bool,
    ) -> Result<Vec<ModuleVersion>, GraphStop> {
        let main = self.main().path().to_owned();
        let mut roots = given.clone();
        loop {
            let first = one_each(&main, &roots);
            let raised: Vec<ModuleVersion> = if loaded {
                let graph = self.graph(GraphPruning::Pruned, &roots)?;
                first
                    .iter()
                    .filter_map(|root| graph.selected(&root.path))
                    .cloned()
                    .collect()
            } else {
                let highest = highest(&roots);
                first
                    .iter()
                    .filter_map(|root| highest.get(root.path.as_str()))
                    .cloned()
                    .collect()
            };
            let converged = first == raised;
            match (converged, self.updates()) {
                (true, UpdatePolicy::Refuse) => return Ok(given),
                (true, UpdatePolicy::Apply) => return Ok(raised),
                (false, UpdatePolicy::Refuse) => {
                    return Err(GraphStop::Failed(MvsError::NeedsUpdate));
                }
                (false, UpdatePolicy::Apply) => {}
            }
            roots = raised;
            loaded = true;
        }
    }

    fn unpruned_roots(
        &mut self,
        roots: Vec<ModuleVersion>,
    ) -> Result<Vec<ModuleVersion>, GraphStop> {
        let updates = self.updates();
        let direct = self.main().direct.clone();
        let graph = self.graph(GraphPruning::Unpruned, &roots)?;
        if updates == UpdatePolicy::Refuse {
            let consistent = roots
                .iter()
                .all(|root| graph.selected(&root.path) == Some(root));
            return if consistent {
                Ok(roots)
            } else {
                Err(GraphStop::Failed(MvsError::NeedsUpdate))
            };
        }
        let mut paths: Vec<&str> = Vec::new();
        let mut listed = HashSet::new();
        for root in &roots {
            if graph.selected(&root.path) == Some(root) && listed.insert(&root.path) {
                paths.push(&root.path);
            }
        }
        let kept = graph.build_list();
        for module in &kept {
            if direct.contains(&module.path) && listed.insert(&module.path) {
                paths.push(&module.path);
            }
        }
        Ok(minimal_roots(graph, &kept, &paths))
    }
}

/// The first root of each module but the main one.
fn one_each(main: &str, roots: &[ModuleVersion]) -> Vec<ModuleVersion> {
    let mut seen = HashSet::from([main]);
    roots
        .iter()
        .filter(|root| seen.insert(&root.path))
        .cloned()
        .collect()
}

/// The highest version of each module in a sorted list.
fn highest(roots: &[ModuleVersion]) -> HashMap<&str, ModuleVersion> {
    roots
        .iter()
        .map(|root| (root.path.as_str(), root.clone()))
        .collect()
}

/// The smallest list of requirements that contains `paths` and from which everything in the build
/// list follows (algorithm R of minimal version selection).
fn minimal_roots(
    graph: &RequirementGraph,
    build_list: &[ModuleVersion],
    paths: &[&str],
) -> Vec<ModuleVersion> {
    let ids = build_list
        .iter()
        .filter_map(|module| graph.selected_id(&module.path));
    let postorder = postorder(graph, ids);
    let mut implied = HashSet::from([MAIN]);
    let mut minimal = Vec::new();
    for id in paths.iter().filter_map(|path| graph.selected_id(path)) {
        minimal.push(id);
        imply(graph, id, &mut implied);
    }
    for id in postorder.into_iter().rev() {
        if graph.is_selected(id) && !implied.contains(&id) {
            minimal.push(id);
            imply(graph, id, &mut implied);
        }
    }
    let mut roots: Vec<_> = minimal
        .into_iter()
        .filter_map(|id| graph.module(id))
        .cloned()
        .collect();
    sort_modules(&mut roots);
    roots
}

/// Nodes reachable from the starts, each after what it requires.
fn postorder(
    graph: &RequirementGraph,
    starts: impl Iterator<Item = ModuleNodeId>,
) -> Vec<ModuleNodeId> {
    let mut entered = HashSet::from([MAIN]);
    let mut order = Vec::new();
    for start in starts {
        if !entered.insert(start) {
            continue;
        }
        let mut stack = vec![(start, graph.required_by(start).iter())];
        while let Some((id, rest)) = stack.last_mut() {
            match rest.next() {
                Some(&next) if entered.insert(next) => {
                    stack.push((next, graph.required_by(next).iter()));
                }
                Some(_) => {}
                None => {
                    order.push(*id);
                    stack.pop();
                }
            }
        }
    }
    order
}

/// Adds everything that can be reached from a node.
fn imply(graph: &RequirementGraph, id: ModuleNodeId, implied: &mut HashSet<ModuleNodeId>) {
    let mut stack = vec![id];
    while let Some(id) = stack.pop() {
        if implied.insert(id) {
            stack.extend(graph.required_by(id));
        }
    }
}
