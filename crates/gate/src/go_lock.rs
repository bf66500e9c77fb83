//! Go's lock: go.mod and go.sum are complete, consistent, as go writes them, and true.
//!
//! Complete means: what go needs where it may not change files (`-mod=readonly`, the default) is
//! there. That is the hash of every go.mod in the loaded graph, and the hash of the files of every
//! requirement in go.mod, which `go mod tidy` lists only if a package of it is used. True means: the
//! checksum database says the same, or it is said that nobody knows.

use crate::{
    inventory::join,
    places::{self, RequirementPlaces},
    rules::{GO_MOD_FORMAT, GO_MOD_STALE, SUM_MISSING, SUM_MISSING_GRAPH},
    sum_file::{SumFile, SumKey, no_conflict},
};
use finding::{Finding, FindingPlace, FindingRule, UnreadableInput};
use gomod::{
    gosum::HashSubject,
    modfile::{self, ModFile, ModuleVersion},
    mvs::ModuleSelection,
};
use std::collections::HashSet;

/// The two files of a module, as they were read.
#[derive(Debug)]
pub struct GoLock {
    /// Name of the go.mod in the checkout.
    pub go_mod_name: String,
    /// go.mod.
    pub go_mod: ModFile,
    /// Whether it is formatted as go does.
    pub is_formatted: bool,
    /// go.sum; empty where there is none.
    pub go_sum: SumFile,
    /// go.work.sum of the workspace that the module belongs to: go takes hashes from there too.
    pub work_sums: Option<SumFile>,
    /// Whether it can be built by itself. Where it cannot, go.mod need not list what the workspace
    /// selects.
    pub is_alone: bool,
}

// === impl GoLock ===

impl GoLock {
    /// Reads the files of the module at `directory` of the checkout (empty for its root).
    pub fn read(directory: &str, go_mod: &[u8], go_sum: &[u8]) -> Result<Self, UnreadableInput> {
        let go_mod_name = join(directory, "go.mod");
        no_conflict(&go_mod_name, go_mod)?;
        let parsed = modfile::parse(go_mod, modfile::ParseMode::Strict).map_err(|errors| {
            let first = errors.iter().next();
            let place = first.map_or_else(
                || FindingPlace::file(&*go_mod_name),
                |error| FindingPlace::at(&*go_mod_name, places::span(error.span)),
            );
            let problem = first.map_or_else(String::new, |error| error.fault.to_string());
            UnreadableInput::new(place, problem)
        })?;
        let formatted = modfile::format(go_mod).is_ok_and(|formatted| formatted == go_mod);
        Ok(Self {
            go_sum: SumFile::read(join(directory, "go.sum"), go_sum)?,
            go_mod_name,
            go_mod: parsed,
            is_formatted: formatted,
            work_sums: None,
            is_alone: true,
        })
    }

    /// The same in a workspace with these hashes.
    #[must_use]
    pub fn with_work_sums(self, work_sums: SumFile) -> Self {
        Self {
            work_sums: Some(work_sums),
            ..self
        }
    }

    /// What can be said from the two files alone.
    pub fn check_files(&self) -> Vec<Finding> {
        let mut findings = self.go_sum.check();
        if !self.is_formatted {
            let place = FindingPlace::file(&*self.go_mod_name);
            let message = "go.mod is not what `go mod edit -fmt` writes";
            findings.push(Finding::new(&GO_MOD_FORMAT, place, "", message));
        }
        findings
    }

    /// What the selection says.
    pub fn check_selection(
        &self,
        selection: &ModuleSelection,
        places: &RequirementPlaces,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.is_alone && selection.needs_update() {
            findings.extend(self.stale(selection));
        }
        let files = [Some(&self.go_sum), self.work_sums.as_ref()];
        let known: HashSet<SumKey<'_>> = files
            .into_iter()
            .flatten()
            .flat_map(SumFile::keys)
            .collect();
        let has = |module: &ModuleVersion, subject| {
            known.contains(&(&*module.path, &*module.version, subject))
        };
        let missing = |rule: &'static FindingRule, module: &ModuleVersion, what: &str| {
            let message = format!("go.sum has no hash of {what} of {module}");
            let advice = format!("go mod download {module}");
            let place = places.module(&module.path);
            Finding::new(rule, place, module.to_string(), message).advise(advice)
        };
        for required in &self.go_mod.require {
            let Some(module) = fetched(selection, &required.module.path) else {
                continue;
            };
            if !has(&module, HashSubject::Zip) {
                findings.push(missing(&SUM_MISSING, &module, "the files"));
            }
        }
        let unlisted = selection
            .read()
            .filter_map(|module| stands_in(selection, module))
            .filter(|module| !has(module, HashSubject::GoMod));
        findings.extend(unlisted.map(|module| missing(&SUM_MISSING_GRAPH, &module, "the go.mod")));
        findings
    }

    fn stale(&self, selection: &ModuleSelection) -> Vec<Finding> {
        let wrong = self.go_mod.require.iter().filter_map(|line| {
            let selected = selection.version(&line.module.path)?;
            (selected != line.module.version).then(|| {
                let message = format!("{} is listed, {selected} is selected", line.module);
                let place = FindingPlace::at(&*self.go_mod_name, places::span(line.place.span));
                Finding::new(&GO_MOD_STALE, place, line.module.to_string(), message)
            })
        });
        let mut findings: Vec<Finding> = wrong.collect();
        if findings.is_empty() {
            let place = FindingPlace::file(&*self.go_mod_name);
            let message = "go.mod does not list what it would after `go mod tidy`";
            findings.push(Finding::new(&GO_MOD_STALE, place, "", message));
        }
        findings
    }
}

/// The module version that go fetches for a selected module; none if it is a directory.
fn fetched(selection: &ModuleSelection, path: &str) -> Option<ModuleVersion> {
    let version = selection.version(path)?;
    stands_in(selection, &ModuleVersion::new(path, version))
}

/// What go fetches for a module version of the graph: itself, or what replaces it; nothing for the
/// main module, for directories, and for what is no module.
fn stands_in(selection: &ModuleSelection, module: &ModuleVersion) -> Option<ModuleVersion> {
    if module.version.is_empty() || gomod::mvs::is_pseudo_module(&module.path) {
        return None;
    }
    let actual = selection.replacement(module).unwrap_or(module);
    (!actual.version.is_empty()).then(|| actual.clone())
}
