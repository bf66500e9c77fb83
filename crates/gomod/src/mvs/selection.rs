//! The outcome: selected versions and the graph, and how the go command prints them.

use super::go_version::is_pseudo_module;
use super::graph::RequirementGraph;
use super::main_module::MainModule;
use crate::modfile::ModuleVersion;
use std::fmt::Write;

/// A loaded graph and the versions it selects.
#[derive(Debug, Clone)]
pub struct ModuleSelection {
    graph: RequirementGraph,
    main: MainModule,
    needs_update: bool,
}

/// A selected module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelectedModule<'a> {
    /// The module, at its selected version; the main module has an empty one.
    pub module: &'a ModuleVersion,
    /// What stands in for it.
    pub replacement: Option<&'a ModuleVersion>,
}

// === impl ModuleSelection ===

impl ModuleSelection {
    pub(super) const fn new(graph: RequirementGraph, main: MainModule, needs_update: bool) -> Self {
        Self {
            graph,
            main,
            needs_update,
        }
    }

    /// Whether the main module's go.mod would have to be updated to say what is selected here.
    pub const fn needs_update(&self) -> bool {
        self.needs_update
    }

    /// The selected version of a module, if the module is in the graph. `go` and `toolchain` are.
    pub fn version(&self, path: &str) -> Option<&str> {
        self.graph
            .selected(path)
            .map(|module| module.version.as_str())
    }

    /// The build list: the main module, then the others sorted by path; without `go` and
    /// `toolchain`.
    pub fn build_list(&self) -> Vec<SelectedModule<'_>> {
        let list = self.graph.build_list();
        let paths =
            std::iter::once(self.main.path()).chain(list.iter().map(|module| &*module.path));
        let modules = paths.filter(|path| !is_pseudo_module(path));
        let modules = modules.filter_map(|path| self.graph.selected(path));
        modules
            .map(|module| SelectedModule {
                module,
                replacement: self.replacement(module),
            })
            .collect()
    }

    /// The requirements in the graph, in the order of `go mod graph`: breadth first, each module's
    /// in the order of its go.mod.
    pub fn edges(&self) -> impl Iterator<Item = (&ModuleVersion, &ModuleVersion)> {
        let walk = self.graph.breadth_first().into_iter();
        walk.flat_map(|(id, _)| {
            self.graph
                .required_by(id)
                .iter()
                .map(move |&next| (id, next))
        })
        .filter_map(|(from, to)| Some((self.graph.module(from)?, self.graph.module(to)?)))
    }

    /// What `go list -m all` prints.
    pub fn build_list_text(&self) -> String {
        self.build_list()
            .iter()
            .fold(String::new(), |mut text, selected| {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{selected}");
                text
            })
    }

    /// What `go mod graph` prints.
    pub fn graph_text(&self) -> String {
        self.edges().fold(String::new(), |mut text, (from, to)| {
            let _ = writeln!(text, "{from} {to}");
            text
        })
    }

    /// The module versions whose go.mod files were read, the main module first.
    pub fn read(&self) -> impl Iterator<Item = &ModuleVersion> {
        self.graph.loaded()
    }

    /// What stands in for a module version of the graph.
    pub fn replacement(&self, module: &ModuleVersion) -> Option<&ModuleVersion> {
        // The main module itself is never replaced.
        if module.version.is_empty() {
            None
        } else {
            self.main.replacement(module)
        }
    }
}

impl std::fmt::Display for SelectedModule<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut words = vec![self.module.path.as_str(), &self.module.version];
        if let Some(replacement) = self.replacement {
            words.extend(["=>", &replacement.path, &replacement.version]);
        }
        words.retain(|word| !word.is_empty());
        f.write_str(&words.join(" "))
    }
}
