//! The module graph of a selection, numbered, so that questions about it are walks over integers.
//!
//! It has the nodes and edges of `go mod graph`, the pseudo-modules `go` and `toolchain` among
//! them: they are selected by the same rule, and "why this Go version" is asked as often as any.
//! Node 0 is the main module.

use gomod::modfile::ModuleVersion;
use gomod::mvs::ModuleSelection;
use std::collections::{HashMap, VecDeque};

/// The number of a node.
pub type NodeId = usize;

/// The main module's node.
pub const MAIN: NodeId = 0;

/// Module versions, what each requires, and which are selected.
#[derive(Debug, Clone, Default)]
pub struct ModuleGraph {
    modules: Vec<ModuleVersion>,
    requires: Vec<Vec<NodeId>>,
    ids: HashMap<ModuleVersion, NodeId>,
    selected: HashMap<String, NodeId>,
}

// === impl ModuleGraph ===

impl ModuleGraph {
    /// The graph that a selection was made from.
    pub fn of(selection: &ModuleSelection) -> Self {
        let mut graph = Self::default();
        for selected in selection.build_list().iter().take(1) {
            graph.node(selected.module);
        }
        for (from, to) in selection.edges() {
            let (from, to) = (graph.node(from), graph.node(to));
            if let Some(requires) = graph.requires.get_mut(from) {
                requires.push(to);
            }
        }
        for (id, module) in graph.modules.iter().enumerate() {
            if selection.version(&module.path) == Some(&module.version) {
                graph.selected.insert(module.path.clone(), id);
            }
        }
        graph
    }

    /// A graph of requirements between numbered modules, every one selected.
    #[cfg(test)]
    pub(crate) fn of_edges(nodes: usize, edges: &[(NodeId, NodeId)]) -> Self {
        let mut graph = Self::default();
        for id in 0..nodes {
            let version = if id == MAIN { "" } else { "v1.0.0" };
            let path = format!("example.com/m{id}");
            graph.node(&ModuleVersion::new(&path, version));
            graph.selected.insert(path, id);
        }
        for &(from, to) in edges {
            graph.requires[from].push(to);
        }
        graph
    }

    fn node(&mut self, module: &ModuleVersion) -> NodeId {
        if let Some(&id) = self.ids.get(module) {
            return id;
        }
        let id = self.modules.len();
        self.modules.push(module.clone());
        self.requires.push(Vec::new());
        self.ids.insert(module.clone(), id);
        id
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.modules.len()
    }

    /// Whether there is not even a main module.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }

    /// Every node with its number.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &ModuleVersion)> {
        self.modules.iter().enumerate()
    }

    /// The module version of a node.
    pub fn module(&self, id: NodeId) -> Option<&ModuleVersion> {
        self.modules.get(id)
    }

    /// Whether this version of a module is in it.
    pub fn contains(&self, module: &ModuleVersion) -> bool {
        self.ids.contains_key(module)
    }

    /// What a node requires, in the order of its go.mod.
    pub fn requires(&self, id: NodeId) -> &[NodeId] {
        self.requires.get(id).map_or(&[], Vec::as_slice)
    }

    /// The node of a module's selected version.
    pub fn selected(&self, path: &str) -> Option<NodeId> {
        self.selected.get(path).copied()
    }

    /// Whether this is the selected version of its module.
    pub fn is_selected(&self, id: NodeId) -> bool {
        let path = self.module(id).map(|module| module.path.as_str());
        path.and_then(|path| self.selected(path)) == Some(id)
    }

    /// Every requirement, in the order of `go mod graph` as far as nodes were met in it.
    pub fn edges(&self) -> impl Iterator<Item = (NodeId, NodeId)> {
        let lists = self.requires.iter().enumerate();
        lists.flat_map(|(from, list)| list.iter().map(move |&to| (from, to)))
    }

    /// Who requires each node.
    pub fn required_by(&self) -> Vec<Vec<NodeId>> {
        let mut lists = vec![Vec::new(); self.len()];
        for (from, to) in self.edges() {
            if let Some(list) = lists.get_mut(to) {
                list.push(from);
            }
        }
        lists
    }

    /// The fewest requirements from the main module to each node.
    pub fn depths(&self) -> Vec<Option<usize>> {
        distances(&self.requires, &[MAIN])
    }

    /// The fewest requirements from each node to one of `ends`.
    pub fn distances_to(&self, ends: &[NodeId]) -> Vec<Option<usize>> {
        distances(&self.required_by(), ends)
    }
}

/// The fewest edges from one of `starts` to each node.
pub(crate) fn distances(next: &[Vec<NodeId>], starts: &[NodeId]) -> Vec<Option<usize>> {
    let mut found = vec![None; next.len()];
    let mut queue: VecDeque<(NodeId, usize)> = starts.iter().map(|&start| (start, 0)).collect();
    while let Some((id, distance)) = queue.pop_front() {
        let Some(slot @ None) = found.get_mut(id) else {
            continue;
        };
        *slot = Some(distance);
        let list = next.get(id).map_or(&[][..], Vec::as_slice);
        queue.extend(list.iter().map(|&to| (to, distance + 1)));
    }
    found
}
