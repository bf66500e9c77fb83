//! The selection after a change, as `go get` arrives at it.
//!
//! Three things happen in turn. What other requirements ask of the target beyond what is wanted is
//! resolved by lowering *them*, one version at a time, until they no longer do. What the named
//! package imports, through all levels, is required too where the graph is pruned, so that it can be
//! built. And after either the selection is made again.

use super::super::{APPLY, modules::ModuleSources, packages};
use super::versions::ModuleVersions;
use crate::{failure::with_causes, module_checkout::ModuleCheckout};
use checkout::source_files::SourceScan;
use gomod::{
    modfile::{ModFile, ModuleVersion},
    mvs::{ModuleSelection, MvsError},
};
use project::{
    graph::ModuleGraph,
    imports::PackageSet,
    whatif::{
        RequirementTarget, disqualified, edited, is_over, is_pruned, is_reached, requiring,
        with_version,
    },
};
use std::collections::BTreeSet;

/// The most rounds of lowering: every round lowers something, and lists have some hundred versions.
const MAX_ROUNDS: usize = 2000;

/// What it takes to select.
pub(super) struct SelectionChange<'a> {
    pub(super) checkout: &'a mut ModuleCheckout,
    pub(super) places: &'a ModuleSources,
    pub(super) versions: &'a mut ModuleVersions,
    pub(super) target: &'a RequirementTarget,
    /// What is not known, in words.
    pub(super) unknown: Vec<String>,
}

// === impl SelectionChange ===

impl SelectionChange<'_> {
    /// The selection after the change; nothing if the target itself stands in its way.
    pub(super) async fn select(
        &mut self,
        before: &ModuleSelection,
    ) -> Result<Option<Box<ModuleSelection>>, String> {
        let original = self.checkout.file.clone();
        let mut file = edited(&original, before, self.target);
        let Some(mut selection) = self.lower(&mut file, before).await? else {
            return Ok(None);
        };
        let go = original.go.as_ref().map(|go| go.version.as_str());
        if !is_pruned(go) || self.target.version.is_none() {
            return Ok(Some(selection));
        }
        loop {
            let roots = std::slice::from_ref(&self.target.path);
            let loaded =
                packages::load(&selection, SourceScan::default(), roots, self.places).await?;
            let more = requiring(&file, &used(&loaded, &selection));
            if more.require.len() == file.require.len() {
                self.note_unknown(loaded);
                return Ok(Some(selection));
            }
            file = more;
            selection = self.checkout.select(&file, APPLY).await?;
            if !is_reached(&ModuleGraph::of(&selection), self.target) {
                return Ok(None);
            }
        }
    }

    /// Lowers requirements until none asks for more of the target than is wanted, and raises the
    /// others to what is selected then.
    async fn lower(
        &mut self,
        file: &mut ModFile,
        before: &ModuleSelection,
    ) -> Result<Option<Box<ModuleSelection>>, String> {
        let mut named: BTreeSet<String> = BTreeSet::new();
        for _ in 0..MAX_ROUNDS {
            named.extend(file.require.iter().map(|line| line.module.path.clone()));
            let (selection, lowered) = match self.checkout.try_select(file, APPLY).await? {
                Ok(selection) => {
                    let graph = ModuleGraph::of(&selection);
                    let lowered = self.over(file, &graph);
                    if lowered.is_empty() && !is_reached(&graph, self.target) {
                        return Ok(None);
                    }
                    (Some(selection), lowered)
                }
                Err(error) => (None, vec![self.faulty(file, before, error)?]),
            };
            for module in &lowered {
                let version = self.version_before(module, before).await?;
                *file = with_version(file, &module.path, version.as_deref());
            }
            if let Some(selection) = selection.filter(|_| lowered.is_empty()) {
                let Some(raised) = raised(file, &named, &selection) else {
                    return Ok(Some(selection));
                };
                *file = raised;
            }
        }
        Err(format!(
            "no versions that fit were found in {MAX_ROUNDS} rounds"
        ))
    }

    /// The requirements that lead to more of the target than is wanted. One that the selection has
    /// raised is not in the graph any more; there its own go.mod tells.
    fn over(&self, file: &ModFile, graph: &ModuleGraph) -> Vec<ModuleVersion> {
        let mut bad = disqualified(graph, self.target);
        let lines = file.require.iter().map(|line| &line.module);
        let others: Vec<&ModuleVersion> = lines
            .filter(|module| module.path != self.target.path)
            .collect();
        let mut raised: Vec<_> = others
            .iter()
            .copied()
            .filter(|module| !graph.contains(module))
            .collect();
        loop {
            let (now, rest) = raised.into_iter().partition::<Vec<_>, _>(|module| {
                let required = self.checkout.required(module);
                required
                    .iter()
                    .any(|module| bad.contains(module) || is_over(module, self.target))
            });
            if now.is_empty() {
                break;
            }
            bad.extend(now.into_iter().cloned());
            raised = rest;
        }
        others
            .into_iter()
            .filter(|module| bad.contains(module))
            .cloned()
            .collect()
    }

    /// The requirement behind which a go.mod cannot be used: a version that was only tried, so that
    /// another may do.
    fn faulty(
        &self,
        file: &ModFile,
        before: &ModuleSelection,
        error: MvsError,
    ) -> Result<ModuleVersion, String> {
        let told = with_causes(&error);
        let MvsError::GoMod { path, .. } = error else {
            return Err(told);
        };
        let root = path.into_iter().nth(1).filter(|root| {
            let is_listed = file.require.iter().any(|line| line.module == *root);
            let is_tried = before.version(&root.path) != Some(&root.version);
            is_listed && is_tried && root.path != self.target.path
        });
        root.ok_or(told)
    }

    /// The version to try instead: the next lower one, but not past what was selected before the
    /// change as long as that has not been tried.
    async fn version_before(
        &mut self,
        module: &ModuleVersion,
        before: &ModuleSelection,
    ) -> Result<Option<String>, String> {
        let main = &self.checkout.file;
        let lower = self
            .versions
            .before(&module.path, &module.version, main)
            .await?;
        let original = before.version(&module.path).unwrap_or_default();
        let is_over = |version: &str| gomod::semver::compare(version, original).is_gt();
        let passes = lower.as_deref().is_none_or(|lower| !is_over(lower));
        if !original.is_empty() && is_over(&module.version) && passes {
            return Ok(Some(original.to_owned()));
        }
        Ok(lower)
    }

    fn note_unknown(&mut self, loaded: PackageSet) {
        let nowhere = loaded
            .list
            .iter()
            .filter(|package| package.module.is_none());
        // The named path need not be a package.
        let nowhere = nowhere.filter(|package| package.path != self.target.path);
        let nowhere = nowhere.map(|package| format!("which module has {}", package.path));
        self.unknown.extend(nowhere);
        self.unknown
            .extend(loaded.unknown.into_iter().map(|(_, reason)| reason));
    }
}

/// The same go.mod with every requirement that was named at its selected version; nothing if that
/// is so. One for which nothing lower was found comes back if others still require it.
fn raised(
    file: &ModFile,
    named: &BTreeSet<String>,
    selection: &ModuleSelection,
) -> Option<ModFile> {
    let selected = named.iter().filter_map(|path| {
        let version = selection.version(path)?;
        Some(ModuleVersion::new(path, version))
    });
    let mut raised = requiring(file, &selected.collect::<Vec<_>>());
    for line in &mut raised.require {
        if let Some(version) = selection.version(&line.module.path) {
            version.clone_into(&mut line.module.version);
        }
    }
    (raised.require != file.require).then_some(raised)
}

/// The modules that have the packages, at their selected versions.
fn used(loaded: &PackageSet, selection: &ModuleSelection) -> Vec<ModuleVersion> {
    let list = selection.build_list();
    let modules: BTreeSet<usize> = loaded
        .list
        .iter()
        .filter_map(|package| package.module)
        .collect();
    let others = modules.into_iter().filter(|&module| module != 0);
    others
        .filter_map(|module| list.get(module).map(|selected| selected.module.clone()))
        .collect()
}
