//! Module: one Go module of the checkout, now or at the base, with everything known about it.

use super::{facts, site::GateSite};
use crate::{module_checkout::ModuleCheckout, output, project_command};
use checkout::{CheckoutFiles, GoWorkspace, workspaces};
use finding::{Finding, FindingPlace, GateStep, UnreadableInput};
use gate::{
    allowed,
    go_lock::GoLock,
    inventory::join,
    places::RequirementPlaces,
    policy::{GatePolicy, StepMode},
    sbom::{BillEntry, BillOfMaterials},
    steps::{self, GateFacts},
};
use gomod::{
    gosum::HashSubject,
    modfile::{ModFile, ModuleVersion},
    mvs::{LoadOptions, ModuleSelection, UpdatePolicy},
};
use jiff::Timestamp;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};
use vulndb::ReachabilityReport;

/// What is asked for beside what the policy needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct ExtraOutputs<'a> {
    /// Licences, for a bill of materials.
    pub(super) licences: bool,
    /// The release of Go that is installed.
    pub(super) go: Option<&'a str>,
    /// What `govulncheck` found out about calls.
    pub(super) reachability: Option<&'a ReachabilityReport>,
}

/// What every module of a run is looked at with.
#[derive(Clone, Copy)]
pub(super) struct ModuleInspector<'a> {
    pub(super) site: &'a GateSite,
    pub(super) policy: &'a GatePolicy,
    pub(super) wanted: ExtraOutputs<'a>,
    pub(super) now: Timestamp,
}

/// The files of a module.
pub(super) struct ModuleFiles {
    /// Its directory in the checkout; empty for the root.
    pub(super) directory: String,
    go_mod: Vec<u8>,
    go_sum: Vec<u8>,
    /// The workspace that it is built in.
    workspace: Option<GoWorkspace>,
}

/// A module that was looked at.
pub(super) struct InspectedModule {
    /// What a reader should know of the facts.
    pub(super) notes: Vec<String>,
    /// What its go.mod selects.
    pub(super) selection: Box<ModuleSelection>,
    /// Its files.
    pub(super) lock: GoLock,
    /// What is known of its dependencies.
    pub(super) facts: GateFacts,
    /// Where its files are.
    pub(super) root: PathBuf,
}

// === impl ModuleFiles ===

impl ModuleFiles {
    /// Reads the files of a module; none where there is no go.mod.
    pub(super) fn read(
        directory: &str,
        files: &dyn CheckoutFiles,
        workspaces: &[GoWorkspace],
    ) -> Result<Option<Self>, UnreadableInput> {
        let Some(go_mod) = files.read(&join(directory, "go.mod"))? else {
            return Ok(None);
        };
        let go_sum = files.read(&join(directory, "go.sum"))?;
        Ok(Some(Self {
            directory: directory.to_owned(),
            go_mod,
            go_sum: go_sum.unwrap_or_default(),
            workspace: workspaces::of_module(workspaces, directory).cloned(),
        }))
    }
}

// === impl InspectedModule ===

impl InspectedModule {
    /// Looks at a module, whose replacements by directories begin at `root`.
    pub(super) async fn at(
        with: ModuleInspector<'_>,
        files: &ModuleFiles,
        root: &Path,
    ) -> Result<Self, UnreadableInput> {
        let mut lock = GoLock::read(&files.directory, &files.go_mod, &files.go_sum)?;
        if let Some(workspace) = &files.workspace {
            lock = lock.with_work_sums(workspace.work.sums.clone());
        }
        output::doing(&format!("{}: loading the module graph", lock.go_mod_name));
        let selection = match select(with.site, &lock, lock.go_mod.clone(), root).await {
            Ok(selection) => selection,
            Err(unreadable) => {
                // Only built together with its workspace; go.mod need not fit by itself then.
                let Some(workspace) = &files.workspace else {
                    return Err(unreadable);
                };
                let applied = workspace.work.applied_to(&files.directory, &lock.go_mod);
                lock.is_alone = false;
                select(with.site, &lock, applied, root).await?
            }
        };
        let mut notes = Vec::new();
        let mut facts = facts::gather(with, &lock, &selection, &mut notes).await;
        let minimal = with.policy.steps.of(GateStep::Minimal) != StepMode::Off;
        if minimal && with.policy.minimal.usage {
            output::doing(&format!("{}: reading packages", lock.go_mod_name));
            let upstreams = with.site.upstreams().clone();
            let checkout = ModuleCheckout::of(root.to_owned(), lock.go_mod.clone(), upstreams);
            facts.usage = Some(project_command::report(checkout).await);
        }
        Ok(Self {
            notes,
            selection,
            lock,
            facts,
            root: root.to_owned(),
        })
    }

    /// What the steps find.
    pub(super) fn findings(&self, with: ModuleInspector<'_>) -> Vec<Finding> {
        steps::findings(
            with.policy,
            &self.lock,
            &self.selection,
            &self.facts,
            with.now,
        )
    }

    /// What is found of vulnerabilities.
    pub(super) fn vulnerable(&self, with: ModuleInspector<'_>) -> Vec<Finding> {
        steps::vulnerable(
            with.policy,
            &self.lock,
            &self.selection,
            &self.facts,
            with.now,
        )
    }

    /// The versions whose code a build can contain.
    pub(super) fn built(&self) -> BTreeSet<ModuleVersion> {
        steps::built(&self.lock, &self.selection)
    }

    /// The lines of its modules.
    pub(super) fn places(&self) -> RequirementPlaces {
        steps::places(&self.lock, &self.selection)
    }

    /// What a bill of materials lists.
    pub(super) fn bill(&self) -> BillOfMaterials {
        let built = self.built();
        let known = built.iter().map(|module| {
            let licences = match self.facts.licences.get(module) {
                Some(allowed::ModuleLicences::Licences(licences)) => licences.clone(),
                _ => Vec::new(),
            };
            let sums = &self.lock.go_sum.sums;
            let mut h1 = sums.hashes(&module.path, &module.version, HashSubject::Zip);
            let known = BillEntry {
                licences,
                zip_sha256: self.facts.digests.get(module).cloned(),
                h1: h1.next().map(str::to_owned),
            };
            (module.clone(), known)
        });
        BillOfMaterials {
            known: known.collect(),
            selection: self.selection.clone(),
            built,
        }
    }
}

/// The selection, through the site. Without it hardly anything can be said about a module.
async fn select(
    site: &GateSite,
    lock: &GoLock,
    go_mod: ModFile,
    root: &Path,
) -> Result<Box<ModuleSelection>, UnreadableInput> {
    let unreadable = |problem: String| {
        UnreadableInput::new(FindingPlace::file(lock.go_mod_name.clone()), problem)
    };
    let options = LoadOptions {
        updates: UpdatePolicy::Apply,
        unpruned: false,
    };
    let (root, upstreams) = (root.to_owned(), site.upstreams().clone());
    let mut checkout = ModuleCheckout::of(root, go_mod.clone(), upstreams);
    let loaded = checkout.select(&go_mod, options).await;
    loaded.map_err(|error| unreadable(format!("its module graph cannot be loaded: {error}")))
}
