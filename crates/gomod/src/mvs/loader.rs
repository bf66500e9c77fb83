//! The loader: from a main module to its graph, asking for go.mod files as it needs them.
//!
//! It does no I/O. [`GraphLoader::step`] works with what it was given and answers either with the
//! selection or with the go.mod files that it needs next: all of them that can be fetched at the
//! same time. [`GraphLoader::supply`] hands one in. Graphs that were loaded, or partly loaded, are kept
//! between steps, so nothing is walked twice however many rounds it takes.

use super::build::{GraphBuild, GraphPruning, ModuleRequirements, RequirementLookup};
use super::go_version::{is_pseudo_module, is_strict};
use super::graph::RequirementGraph;
use super::main_module::{GoModSummary, MainModule};
use super::{GoModFault, GoModSource, MAX_GO_MODS, ModuleSelection, MvsError};
use crate::modfile::ModuleVersion;
use crate::path::ModulePath;
use crate::version::Version;
use std::collections::HashMap;

/// What to do when the main module's requirements are not the selected versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpdatePolicy {
    /// Fail, as `go list` does by default (`-mod=readonly`): go.mod needs updating first.
    #[default]
    Refuse,
    /// Select as if go.mod had been updated, as `go mod graph` and `-mod=mod` do.
    Apply,
}

/// How to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoadOptions {
    /// What to do about requirements that are not the selected versions.
    pub updates: UpdatePolicy,
    /// Load the whole graph whatever the main module's `go` line is, as `go mod graph -go=1.16`
    /// does, requirements as written. (Go refuses that from `go 1.21` on; as an analysis it makes
    /// sense for any.)
    pub unpruned: bool,
}

/// The answer of a step.
#[derive(Debug)]
pub enum LoadStep {
    /// These go.mod files are needed: supply each, then step again.
    Need(Vec<GoModSource>),
    /// The selection.
    Done(Box<ModuleSelection>),
}

/// Loads the graph of a main module.
#[derive(Debug)]
pub struct GraphLoader {
    main: MainModule,
    options: LoadOptions,
    summaries: HashMap<GoModSource, Result<GoModSummary, String>>,
    builds: Vec<(GraphPruning, Vec<ModuleVersion>, GraphBuild)>,
}

/// Why a computation on graphs stopped.
pub(super) enum GraphStop {
    /// For lack of go.mod files.
    Need(Vec<GoModSource>),
    /// For good.
    Failed(MvsError),
}

// === impl GraphLoader ===

impl GraphLoader {
    /// A loader that knows no go.mod but the main module's.
    pub fn new(main: MainModule, options: LoadOptions) -> Self {
        Self {
            main,
            options,
            summaries: HashMap::new(),
            builds: Vec::new(),
        }
    }

    /// Hands in a go.mod, or the reason why there is none, in words.
    pub fn supply(&mut self, source: GoModSource, go_mod: Result<GoModSummary, String>) {
        self.summaries.insert(source, go_mod);
    }

    /// Goes on as far as the supplied go.mod files carry.
    ///
    /// # Errors
    ///
    /// When a go.mod that counts is unusable (once everything else that counts has been read, the
    /// one nearest to the main module is reported), when go.mod would have to be updated and may
    /// not be, or when more go.mod files are needed than [`MAX_GO_MODS`].
    pub fn step(&mut self) -> Result<LoadStep, MvsError> {
        match self.select() {
            Ok(selection) => Ok(LoadStep::Done(Box::new(selection))),
            // What is needed has not been supplied, so nothing is counted twice.
            Err(GraphStop::Need(sources)) if self.summaries.len() + sources.len() > MAX_GO_MODS => {
                Err(MvsError::TooManyGoMods)
            }
            Err(GraphStop::Need(sources)) => Ok(LoadStep::Need(sources)),
            Err(GraphStop::Failed(error)) => Err(error),
        }
    }

    /// Steps until done, with every go.mod read by `read`: for callers that have all at hand.
    pub fn load(
        mut self,
        mut read: impl FnMut(&GoModSource) -> Result<GoModSummary, String>,
    ) -> Result<ModuleSelection, MvsError> {
        loop {
            match self.step()? {
                LoadStep::Done(selection) => return Ok(*selection),
                LoadStep::Need(sources) => {
                    for source in sources {
                        let go_mod = read(&source);
                        self.supply(source, go_mod);
                    }
                }
            }
        }
    }

    fn select(&mut self) -> Result<ModuleSelection, GraphStop> {
        let own = GraphPruning::of_go(Some(&self.main.go));
        let listed = self.main.roots.clone();
        let mut roots = listed.clone();
        if self.main.has_redundant_root() {
            roots = self.updated_roots(own, roots, false)?;
        }
        let pruning = if self.options.unpruned {
            GraphPruning::Unpruned
        } else {
            own
        };
        let graph = self.graph(pruning, &roots)?;
        let inconsistent = roots
            .iter()
            .any(|root| graph.selected(&root.path) != Some(root));
        if inconsistent && !self.options.unpruned {
            roots = self.updated_roots(own, roots, true)?;
            self.graph(own, &roots)?;
        }
        let dropped = self.main.requires_excluded;
        if dropped && self.options.updates == UpdatePolicy::Refuse {
            return Err(GraphStop::Failed(MvsError::NeedsUpdate));
        }
        let needs_update = dropped || inconsistent || roots != listed;
        let graph = self.take_graph(pruning, &roots);
        Ok(ModuleSelection::new(graph, self.main.clone(), needs_update))
    }

    /// The graph of these roots, which has been loaded; it is not kept.
    fn take_graph(&mut self, pruning: GraphPruning, roots: &[ModuleVersion]) -> RequirementGraph {
        let is_it =
            |kept: &(GraphPruning, Vec<_>, GraphBuild)| kept.0 == pruning && kept.1 == roots;
        match self.builds.iter().position(is_it) {
            Some(index) => self.builds.swap_remove(index).2.into_graph(),
            None => RequirementGraph::new(&self.main.path),
        }
    }

    pub(super) const fn main(&self) -> &MainModule {
        &self.main
    }

    pub(super) const fn updates(&self) -> UpdatePolicy {
        self.options.updates
    }

    /// The graph of these roots; loaded once, kept for the next step.
    pub(super) fn graph(
        &mut self,
        pruning: GraphPruning,
        roots: &[ModuleVersion],
    ) -> Result<&RequirementGraph, GraphStop> {
        let is_it =
            |kept: &(GraphPruning, Vec<_>, GraphBuild)| kept.0 == pruning && kept.1 == roots;
        let known = self.builds.iter().position(is_it);
        let index = known.unwrap_or(self.builds.len());
        if known.is_none() {
            let build = GraphBuild::new(&self.main.path, pruning, roots);
            self.builds.push((pruning, roots.to_vec(), build));
        }
        let Self {
            builds,
            summaries,
            main,
            ..
        } = self;
        let Some((_, _, build)) = builds.get_mut(index) else {
            return Err(GraphStop::Need(Vec::new()));
        };
        let missing = build.advance(|module| look_up(main, summaries, module));
        if !missing.is_empty() {
            return Err(GraphStop::Need(missing));
        }
        build.complete().map_err(GraphStop::Failed)
    }
}

/// What a module version requires, with replacements and exclusions applied.
fn look_up<'a>(
    main: &MainModule,
    summaries: &'a HashMap<GoModSource, Result<GoModSummary, String>>,
    module: &ModuleVersion,
) -> RequirementLookup<'a> {
    if is_pseudo_module(&module.path) {
        return RequirementLookup::Known(ModuleRequirements {
            listed: Vec::new(),
            implied: implied_toolchain(module),
            pruning: GraphPruning::Pruned,
        });
    }
    let actual = main.replacement(module).unwrap_or(module);
    let source = match source_of(actual) {
        Ok(source) => source,
        Err(fault) => return RequirementLookup::Faulty(fault),
    };
    let summary = match summaries.get(&source) {
        None => return RequirementLookup::Missing(source),
        Some(Err(reason)) => {
            return RequirementLookup::Faulty(GoModFault::Unavailable(reason.clone()));
        }
        Some(Ok(summary)) => summary,
    };
    if let Some(fault) = identity_fault(summary, module, actual) {
        return RequirementLookup::Faulty(fault);
    }
    let kept = summary
        .require
        .iter()
        .filter(|required| !main.excludes(required));
    let go = summary.go.as_deref();
    let strict = go.filter(|version| is_strict(version));
    RequirementLookup::Known(ModuleRequirements {
        listed: kept.collect(),
        implied: strict.map(|version| ModuleVersion::new("go", version)),
        pruning: GraphPruning::of_go(go),
    })
}

/// The Go language from 1.21 on requires the toolchain of that version.
fn implied_toolchain(module: &ModuleVersion) -> Option<ModuleVersion> {
    let version = Some(&module.version).filter(|version| module.path == "go" && is_strict(version));
    version.map(|version| ModuleVersion::new("toolchain", format!("go{version}")))
}

fn source_of(actual: &ModuleVersion) -> Result<GoModSource, GoModFault> {
    if actual.version.is_empty() {
        return Ok(GoModSource::Directory(actual.path.clone()));
    }
    let invalid = || GoModFault::Invalid(actual.clone());
    let path = ModulePath::parse(&actual.path).map_err(|_| invalid())?;
    let version = Version::parse(&actual.version).map_err(|_| invalid())?;
    Ok(GoModSource::Version(path, version))
}

/// Whether the go.mod calls itself something else. A replacement directory may.
fn identity_fault(
    summary: &GoModSummary,
    module: &ModuleVersion,
    actual: &ModuleVersion,
) -> Option<GoModFault> {
    if actual.version.is_empty() {
        return None;
    }
    match summary.module.as_deref().unwrap_or_default() {
        "" => Some(GoModFault::NoModuleLine),
        declared if declared == module.path || declared == actual.path => None,
        declared => Some(GoModFault::OtherPath {
            declared: declared.to_owned(),
        }),
    }
}
