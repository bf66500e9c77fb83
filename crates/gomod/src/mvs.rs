//! Minimal version selection: which version of each module a build uses.
//!
//! Every go.mod states the least versions it can do with; of all those that are reached from the
//! main module, the highest of each module is selected, and no higher. What is reached depends on
//! pruning: from Go 1.17 on a go.mod lists everything its module needs, so what lies behind such a
//! dependency is not read. The rules are those of the go command (cmd/go's `modload` and `mvs`),
//! including the parts that show: exclusions and replacements of the main module, the
//! pseudo-modules `go` and `toolchain`, and requirements that go.mod should state but does not.
//! The tests compare with `go list -m all` and `go mod graph`.
//!
//! Nothing here reads a file: [`GraphLoader`] says which go.mod files it needs and is given them.
//! Not covered: workspaces, vendoring, and loading packages, which can add requirements.

mod build;
mod go_version;
mod graph;
mod loader;
mod main_module;
mod roots;
mod selection;
#[cfg(test)]
mod tests;

pub use go_version::{compare_go, compare_versions, is_pseudo_module};
pub use loader::{GraphLoader, LoadOptions, LoadStep, UpdatePolicy};
pub use main_module::{GoModSummary, MainModule};
pub use selection::{ModuleSelection, SelectedModule};

use crate::modfile::ModuleVersion;
use crate::path::ModulePath;
use crate::version::Version;

/// The most go.mod files that a selection reads. The largest known builds read some ten thousand;
/// ten times that is a graph made to exhaust.
pub const MAX_GO_MODS: usize = 100_000;

/// Where a go.mod is to be had.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GoModSource {
    /// That of a module version.
    Version(ModulePath, Version),
    /// That in a directory, as a replacement names it: relative to the main module's, or rooted.
    Directory(String),
}

/// Why nothing is selected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MvsError {
    /// The main module's go.mod has no `module` line.
    #[error("no module line in go.mod")]
    NoModuleLine,
    /// Two replacements for the same module.
    #[error("conflicting replacements for {0}")]
    ConflictingReplacements(ModuleVersion),
    /// A go.mod that counts cannot be used.
    #[error("{}", chain(path))]
    GoMod {
        /// The requirements from the main module to the one at fault.
        path: Vec<ModuleVersion>,
        /// What is wrong with it.
        #[source]
        fault: GoModFault,
    },
    /// The main module's requirements are not the selected versions.
    #[error("updates to go.mod needed")]
    NeedsUpdate,
    /// The graph needs more than [`MAX_GO_MODS`] files.
    #[error("more than {MAX_GO_MODS} go.mod files needed")]
    TooManyGoMods,
}

/// What is wrong with a dependency's go.mod.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GoModFault {
    /// The caller could not read or parse it.
    #[error("{0}")]
    Unavailable(String),
    /// No module can have this path, or no module this version.
    #[error("{0} is not a module version")]
    Invalid(ModuleVersion),
    /// It has no `module` line.
    #[error("missing module line in go.mod")]
    NoModuleLine,
    /// It is that of another module.
    #[error("go.mod declares its path as {declared}")]
    OtherPath {
        /// The path on its `module` line.
        declared: String,
    },
}

fn chain(path: &[ModuleVersion]) -> String {
    let names: Vec<String> = path.iter().map(ToString::to_string).collect();
    names.join(" requires ")
}
