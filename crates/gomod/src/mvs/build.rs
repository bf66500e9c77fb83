//! Loading a graph: which go.mod files are read, and how far.
//!
//! Unpruned, everything reachable is read. Pruned, the roots are read; what lies behind a root is
//! read only if the root (or a module on the way) is of a Go version below 1.17, and then all of it.
//! A module can be met both ways, so visits are counted per module *and* way. Loading stops where a
//! go.mod is not at hand and goes on from there when it is.

use super::go_version::supports_pruning;
use super::graph::{MAIN, ModuleNodeId, RequirementGraph};
use super::{GoModFault, GoModSource, MvsError};
use crate::modfile::ModuleVersion;
use std::collections::{HashMap, HashSet};

/// Whether what lies behind a module counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum GraphPruning {
    Pruned,
    Unpruned,
}

/// What is known of a module version's requirements.
pub(super) enum RequirementLookup<'a> {
    /// It is all there.
    Known(ModuleRequirements<'a>),
    /// Its go.mod has not been supplied.
    Missing(GoModSource),
    /// It has none that can be used.
    Faulty(GoModFault),
}

/// What a module version requires, replacements and exclusions applied.
pub(super) struct ModuleRequirements<'a> {
    /// What its go.mod lists.
    pub(super) listed: Vec<&'a ModuleVersion>,
    /// The pseudo-module that follows from its Go version.
    pub(super) implied: Option<ModuleVersion>,
    /// The pruning that its Go version stands for.
    pub(super) pruning: GraphPruning,
}

/// A graph being loaded.
#[derive(Debug)]
pub(super) struct GraphBuild {
    graph: RequirementGraph,
    visited: HashSet<(ModuleNodeId, GraphPruning)>,
    queue: Vec<(ModuleNodeId, GraphPruning)>,
    pruning_of: HashMap<ModuleNodeId, GraphPruning>,
    faults: HashMap<ModuleNodeId, GoModFault>,
}

// === impl GraphPruning ===

impl GraphPruning {
    /// The pruning that a `go` line stands for.
    pub(super) fn of_go(go: Option<&str>) -> Self {
        if go.is_some_and(supports_pruning) {
            Self::Pruned
        } else {
            Self::Unpruned
        }
    }
}

// === impl GraphBuild ===

impl GraphBuild {
    pub(super) fn new(main: &str, pruning: GraphPruning, roots: &[ModuleVersion]) -> Self {
        let mut graph = RequirementGraph::new(main);
        graph.require(MAIN, roots);
        let ids: Vec<ModuleNodeId> = graph.required_by(MAIN).to_vec();
        let mut build = Self {
            graph,
            visited: HashSet::new(),
            queue: Vec::new(),
            pruning_of: HashMap::new(),
            faults: HashMap::new(),
        };
        for id in ids {
            build.enqueue(id, pruning);
        }
        build
    }

    /// Reads on as far as it can. Returns the go.mod files that are missing; when there are none,
    /// the graph is complete.
    pub(super) fn advance<'a>(
        &mut self,
        lookup: impl Fn(&ModuleVersion) -> RequirementLookup<'a>,
    ) -> Vec<GoModSource> {
        let mut missing = Vec::new();
        let mut waiting = Vec::new();
        while let Some((id, pruning)) = self.queue.pop() {
            if let Some(source) = self.visit(id, pruning, &lookup) {
                missing.push(source);
                waiting.push((id, pruning));
            }
        }
        self.queue = waiting;
        let mut once = HashSet::new();
        missing.retain(|source| once.insert(source.clone()));
        missing
    }

    /// The graph of a build that is complete.
    pub(super) fn into_graph(self) -> RequirementGraph {
        self.graph
    }

    /// The graph, or the fault of the nearest module that has one.
    pub(super) fn complete(&self) -> Result<&RequirementGraph, MvsError> {
        if self.faults.is_empty() {
            return Ok(&self.graph);
        }
        let path = self.graph.find_path(|id| self.faults.contains_key(&id));
        let Some(fault) = path.last().and_then(|id| self.faults.get(id)).cloned() else {
            return Ok(&self.graph);
        };
        let path = path
            .into_iter()
            .filter_map(|id| self.graph.module(id))
            .cloned()
            .collect();
        Err(MvsError::GoMod { path, fault })
    }

    fn visit<'a>(
        &mut self,
        id: ModuleNodeId,
        pruning: GraphPruning,
        lookup: impl Fn(&ModuleVersion) -> RequirementLookup<'a>,
    ) -> Option<GoModSource> {
        if !self.graph.is_loaded(id) && !self.faults.contains_key(&id) {
            match lookup(self.graph.module(id)?) {
                RequirementLookup::Missing(source) => return Some(source),
                RequirementLookup::Faulty(fault) => {
                    self.faults.insert(id, fault);
                }
                RequirementLookup::Known(known) => {
                    let required = known.listed.into_iter().chain(&known.implied);
                    self.graph.require(id, required);
                    self.pruning_of.insert(id, known.pruning);
                }
            }
        }
        let own = self.pruning_of.get(&id).copied()?;
        let unpruned = pruning == GraphPruning::Unpruned || own == GraphPruning::Unpruned;
        if unpruned {
            for next in self.graph.required_by(id).to_vec() {
                self.enqueue(next, GraphPruning::Unpruned);
            }
        }
        None
    }

    fn enqueue(&mut self, id: ModuleNodeId, pruning: GraphPruning) {
        if self.visited.insert((id, pruning)) {
            self.queue.push((id, pruning));
        }
    }
}
