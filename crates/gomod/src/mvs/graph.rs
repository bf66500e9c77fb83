//! A requirement graph and the versions it selects.
//!
//! Nodes are numbered as they are met; node 0 is the main module, which has no version and is
//! selected over any other version of itself.

use super::go_version::compare_versions;
use super::main_module::sort_modules;
use crate::modfile::ModuleVersion;
use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};

/// The number of a node.
pub(super) type ModuleNodeId = usize;

/// The main module's node.
pub(super) const MAIN: ModuleNodeId = 0;

#[derive(Debug, Clone)]
pub(super) struct RequirementGraph {
    nodes: Vec<ModuleVersion>,
    ids: HashMap<ModuleVersion, ModuleNodeId>,
    /// What each node requires, once it is known.
    required: Vec<Option<Vec<ModuleNodeId>>>,
    /// The highest version met of each module.
    selected: HashMap<String, ModuleNodeId>,
}

// === impl RequirementGraph ===

impl RequirementGraph {
    pub(super) fn new(main: &str) -> Self {
        let mut graph = Self {
            nodes: Vec::new(),
            ids: HashMap::new(),
            required: Vec::new(),
            selected: HashMap::new(),
        };
        graph.node(&ModuleVersion::new(main, ""));
        graph
    }

    /// The number of a module version, which is thereby part of the graph.
    pub(super) fn node(&mut self, module: &ModuleVersion) -> ModuleNodeId {
        if let Some(&id) = self.ids.get(module) {
            return id;
        }
        let id = self.nodes.len();
        self.nodes.push(module.clone());
        self.required.push(None);
        self.ids.insert(module.clone(), id);
        let higher = self
            .selected(&module.path)
            .is_none_or(|selected| order(&module.path, &selected.version, &module.version).is_lt());
        if higher {
            self.selected.insert(module.path.clone(), id);
        }
        id
    }

    /// States what a node requires.
    pub(super) fn require<'a>(
        &mut self,
        id: ModuleNodeId,
        modules: impl IntoIterator<Item = &'a ModuleVersion>,
    ) {
        let ids = modules
            .into_iter()
            .map(|module| self.node(module))
            .collect();
        if let Some(slot) = self.required.get_mut(id) {
            *slot = Some(ids);
        }
    }

    /// The module version of a node.
    pub(super) fn module(&self, id: ModuleNodeId) -> Option<&ModuleVersion> {
        self.nodes.get(id)
    }

    pub(super) fn is_loaded(&self, id: ModuleNodeId) -> bool {
        self.required.get(id).is_some_and(Option::is_some)
    }

    /// The nodes of which it is known what they require.
    pub(super) fn loaded(&self) -> impl Iterator<Item = &ModuleVersion> {
        let known = self.nodes.iter().zip(&self.required);
        known.filter_map(|(module, required)| required.as_ref().map(|_| module))
    }

    /// What a node requires; nothing if it is pruned out.
    pub(super) fn required_by(&self, id: ModuleNodeId) -> &[ModuleNodeId] {
        self.required
            .get(id)
            .and_then(Option::as_deref)
            .unwrap_or_default()
    }

    pub(super) fn selected(&self, path: &str) -> Option<&ModuleVersion> {
        self.selected.get(path).and_then(|&id| self.nodes.get(id))
    }

    pub(super) fn selected_id(&self, path: &str) -> Option<ModuleNodeId> {
        self.selected.get(path).copied()
    }

    pub(super) fn is_selected(&self, id: ModuleNodeId) -> bool {
        let module = self.module(id);
        module.is_some_and(|module| self.selected_id(&module.path) == Some(id))
    }

    /// The selected versions but the main module's, sorted by path.
    pub(super) fn build_list(&self) -> Vec<ModuleVersion> {
        let others = self.selected.values().filter(|&&id| id != MAIN);
        let mut list: Vec<_> = others.filter_map(|&id| self.module(id)).cloned().collect();
        sort_modules(&mut list);
        list
    }

    /// All nodes that can be reached, nearest first, each with the node that it was reached by.
    pub(super) fn breadth_first(&self) -> Vec<(ModuleNodeId, Option<ModuleNodeId>)> {
        let mut met = vec![false; self.nodes.len()];
        let mut queue = VecDeque::from([(MAIN, None)]);
        let mut walk = Vec::with_capacity(self.nodes.len());
        met.iter_mut().take(1).for_each(|main| *main = true);
        while let Some((id, from)) = queue.pop_front() {
            walk.push((id, from));
            for &next in self.required_by(id) {
                if let Some(flag) = met.get_mut(next)
                    && !*flag
                {
                    *flag = true;
                    queue.push_back((next, Some(id)));
                }
            }
        }
        walk
    }

    /// A shortest chain of requirements from the main module to a node that `is_end` accepts.
    pub(super) fn find_path(&self, is_end: impl Fn(ModuleNodeId) -> bool) -> Vec<ModuleNodeId> {
        let walk = self.breadth_first();
        let from: HashMap<ModuleNodeId, Option<ModuleNodeId>> = walk.iter().copied().collect();
        let mut at = walk.iter().map(|(id, _)| *id).find(|&id| is_end(id));
        let mut path = Vec::new();
        while let Some(id) = at {
            path.push(id);
            at = from.get(&id).copied().flatten();
        }
        path.reverse();
        path
    }
}

/// Version order in a graph: the empty version, the main module's, is above all.
fn order(path: &str, one: &str, other: &str) -> Ordering {
    match (one.is_empty(), other.is_empty()) {
        (false, false) => compare_versions(path, one, other),
        (empty, other_empty) => empty.cmp(&other_empty),
    }
}
