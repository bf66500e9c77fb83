//! The packages of the project, for what is said of one of them and of its module.

use super::super::{modules::ModuleSources, packages};
use crate::module_checkout::ModuleCheckout;
use checkout::source_files;
use gomod::mvs::ModuleSelection;
use project::{
    chain::{chain, number},
    imports::{PackageId, PackageSet},
    reach::{ImportNeed, PackageReach},
};
use serde::Serialize;

/// What is said of a package.
#[derive(Serialize)]
pub(super) struct PackageAnswer {
    /// Its import path.
    pub(super) path: String,
    /// Who needs it; nothing if that is not known.
    pub(super) need: Option<ImportNeed>,
    /// One shortest way along imports from where the project begins; empty if none is known.
    pub(super) imported_through: Vec<String>,
}

/// The packages that the project reaches.
pub(super) struct ReachedPackages {
    packages: PackageSet,
    /// Paths of modules, by the numbers that the packages have them by.
    modules: Vec<String>,
    /// Packages at which the project begins besides its own.
    tools: Vec<String>,
    /// What could not be had, in words.
    pub(super) unknown: Vec<String>,
}

/// Whether a package of this path could be in one of the modules that are selected.
pub(super) fn may_be_in(selection: &ModuleSelection, path: &str) -> bool {
    let list = packages::build_list(selection);
    list.iter().any(|module| {
        let rest = path.strip_prefix(module.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

// === impl ReachedPackages ===

impl ReachedPackages {
    /// Reads the packages that the project reaches, and one more.
    pub(super) async fn load(
        checkout: &ModuleCheckout,
        selection: &ModuleSelection,
        package: Option<&str>,
    ) -> Result<Self, String> {
        let own = source_files::walk(&checkout.root, &checkout.file);
        let mut unknown = own.unreadable.clone();
        let tools = checkout.file.tool.iter().map(|tool| tool.path.clone());
        let tools: Vec<String> = tools.collect();
        let wanted = package.map(str::to_owned);
        let roots: Vec<String> = tools.iter().cloned().chain(wanted).collect();
        let places = ModuleSources::new(&checkout.root, &checkout.upstreams);
        let packages = packages::load(selection, own, &roots, &places).await?;
        let modules = packages::build_list(selection);
        let named = packages
            .unknown
            .iter()
            .filter_map(|(module, reason)| Some(format!("{}: {reason}", modules.get(*module)?)));
        unknown.extend(named);
        Ok(Self {
            packages,
            modules,
            tools,
            unknown,
        })
    }

    /// Who needs the packages of a module, if that is known.
    pub(super) fn need_of_module(&self, path: &str) -> Option<ImportNeed> {
        let id = self.modules.iter().position(|module| module == path);
        let need = id.and_then(|id| self.reach().modules(&self.packages).remove(&id));
        self.certain(need.unwrap_or(ImportNeed::Nobody))
    }

    /// What is said of a package, with the module that has it; nothing if no module has it.
    pub(super) fn package(&self, path: &str) -> Result<Option<(String, PackageAnswer)>, String> {
        let Some((id, module)) = self.find(path) else {
            return Ok(None);
        };
        let mut unknown = self.packages.unknown.iter();
        let reason = unknown.find(|(known, _)| *known == module);
        let package = self.packages.list.get(id);
        let name = self.modules.get(module).cloned().unwrap_or_default();
        if let Some((_, reason)) = reason
            && package.is_some_and(|package| package.files.is_empty())
        {
            return Err(format!(
                "whether {name} has the package {path} is not known: {reason}"
            ));
        }
        let through = chain(&self.packages, &self.tools(), path);
        let answer = PackageAnswer {
            path: path.to_owned(),
            need: self.certain(self.reach().package(id)),
            imported_through: through.unwrap_or_default(),
        };
        Ok(Some((name, answer)))
    }

    fn find(&self, path: &str) -> Option<(PackageId, usize)> {
        let id = number(&self.packages, path)?;
        Some((id, self.packages.list.get(id)?.module?))
    }

    fn reach(&self) -> PackageReach {
        PackageReach::of(&self.packages, &self.tools(), 0)
    }

    fn tools(&self) -> Vec<&str> {
        self.tools.iter().map(String::as_str).collect()
    }

    /// A need is certain only where everything could be read.
    fn certain(&self, need: ImportNeed) -> Option<ImportNeed> {
        self.unknown.is_empty().then_some(need)
    }
}
