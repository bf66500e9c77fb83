//! Selection: what goes into a bundle, and a walk over what is kept of it.
//!
//! A go.sum names hashes, not only versions, so what is kept is held against it: bytes that the lock
//! does not know would be refused by the client that they are carried to.

use gomod::{
    Artifact, ArtifactKind, ModulePath, Version,
    gosum::{GoSum, HashSubject},
};
use std::collections::{BTreeMap, VecDeque};
use store::{Key, MarkedVersion, Record, Store, StoreError, VersionMark};

/// Modules listed in one step.
const PAGE: usize = 500;

/// What is to go into a bundle.
#[derive(Debug, Clone, Default)]
pub struct BundleSelection {
    /// By escaped path; none where everything is meant.
    modules: Option<BTreeMap<String, ChosenModule>>,
}

/// A module, and which versions of it; none where all are meant.
#[derive(Debug, Clone)]
struct ChosenModule {
    module: ModulePath,
    versions: Option<BTreeMap<String, (Version, WantedModules)>>,
}

/// Which files of a version.
#[derive(Debug, Clone, Default)]
struct WantedModules {
    /// All that are kept, whatever a lock says.
    all: bool,
    /// Hashes that a lock has of the zip.
    zip: Vec<String>,
    /// Hashes that a lock has of the go.mod.
    go_mod: Vec<String>,
}

/// Why a go.sum cannot select.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct SelectionError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// A version of which something is kept.
pub(crate) struct KeptFiles {
    pub(crate) module: ModulePath,
    pub(crate) version: Version,
    /// In the order of the kinds.
    pub(crate) records: Vec<Record>,
    /// What is wanted and not there, in words.
    pub(crate) lacking: Vec<String>,
}

/// A walk over what is kept and wanted, in the order of escaped path and escaped version.
pub(crate) struct Walk<'w> {
    store: &'w Store,
    selection: &'w BundleSelection,
    modules: VecDeque<ChosenModule>,
    after: Option<ModulePath>,
    is_listed: bool,
    module: Option<ModulePath>,
    versions: VecDeque<(Version, WantedModules)>,
    /// Read before the first version.
    withdrawn: Option<Vec<MarkedVersion>>,
}

// === impl BundleSelection ===

impl BundleSelection {
    /// Everything.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Adds all of a module, or one version of it.
    pub fn add(&mut self, module: ModulePath, version: Option<Version>) {
        let all = WantedModules {
            all: true,
            ..WantedModules::default()
        };
        match version {
            None => self.chosen(module).versions = None,
            Some(version) => {
                if let Some(wanted) = self.wanted(module, version) {
                    *wanted = all;
                }
            }
        }
    }

    /// Adds what a go.sum names.
    pub fn add_go_sum(&mut self, lock: &GoSum) -> Result<(), SelectionError> {
        self.modules.get_or_insert_default();
        for entry in &lock.entries {
            let wrong = |problem: String| SelectionError {
                line: entry.span.start.line,
                problem,
            };
            let module = ModulePath::parse(&entry.path);
            let module = module.map_err(|error| wrong(format!("{}: {error}", entry.path)))?;
            let version = Version::parse(&entry.version);
            let version = version.map_err(|error| wrong(format!("{}: {error}", entry.version)))?;
            let Some(wanted) = self.wanted(module, version) else {
                continue;
            };
            let hashes = match entry.subject {
                HashSubject::Zip => &mut wanted.zip,
                HashSubject::GoMod => &mut wanted.go_mod,
            };
            hashes.push(entry.hash.clone());
        }
        Ok(())
    }

    fn chosen(&mut self, module: ModulePath) -> &mut ChosenModule {
        let modules = self.modules.get_or_insert_default();
        modules
            .entry(module.escaped())
            .or_insert_with(|| ChosenModule {
                module,
                versions: Some(BTreeMap::new()),
            })
    }

    /// None where all versions are meant already.
    fn wanted(&mut self, module: ModulePath, version: Version) -> Option<&mut WantedModules> {
        let versions = self.chosen(module).versions.as_mut()?;
        let (_, wanted) = versions
            .entry(version.escaped())
            .or_insert_with(|| (version, WantedModules::default()));
        Some(wanted)
    }
}

// === impl Walk ===

impl<'w> Walk<'w> {
    pub(crate) fn new(store: &'w Store, selection: &'w BundleSelection) -> Self {
        let modules = selection.modules.iter().flatten();
        Self {
            store,
            selection,
            modules: modules.map(|(_, chosen)| chosen.clone()).collect(),
            after: None,
            is_listed: selection.modules.is_some(),
            module: None,
            versions: VecDeque::new(),
            withdrawn: None,
        }
    }

    /// The next version; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<KeptFiles>, StoreError> {
        loop {
            if let (Some(module), Some((version, wanted))) =
                (&self.module, self.versions.pop_front())
            {
                let module = module.clone();
                let Some(reason) = self.withdrawn(&module, &version).await? else {
                    return self.files(module, version, &wanted).await.map(Some);
                };
                if self.selection.modules.is_some() {
                    let lacking = vec![format!("{module}@{version}: it was withdrawn: {reason}")];
                    return Ok(Some(KeptFiles {
                        module,
                        version,
                        records: Vec::new(),
                        lacking,
                    }));
                }
                continue;
            }
            let Some(chosen) = self.next_module().await? else {
                return Ok(None);
            };
            self.versions = match chosen.versions {
                Some(versions) => versions.into_values().collect(),
                None => self.kept_versions(&chosen.module).await?,
            };
            self.module = Some(chosen.module);
        }
    }

    /// Why a version was withdrawn, if it was.
    async fn withdrawn(
        &mut self,
        module: &ModulePath,
        version: &Version,
    ) -> Result<Option<String>, StoreError> {
        if self.withdrawn.is_none() {
            self.withdrawn = Some(self.store.marked_versions(VersionMark::Withdrawn).await?);
        }
        let mut withdrawn = self.withdrawn.iter().flatten();
        let found = withdrawn.find(|known| known.module == *module && known.version == *version);
        Ok(found.map(|found| found.reason.clone()))
    }

    async fn next_module(&mut self) -> Result<Option<ChosenModule>, StoreError> {
        if self.modules.is_empty() && !self.is_listed {
            let page = self.store.modules(self.after.clone(), PAGE).await?;
            self.is_listed = page.is_empty();
            self.after = page.last().cloned();
            let all = page.into_iter().map(|module| ChosenModule {
                module,
                versions: None,
            });
            self.modules.extend(all);
        }
        Ok(self.modules.pop_front())
    }

    async fn kept_versions(
        &self,
        module: &ModulePath,
    ) -> Result<VecDeque<(Version, WantedModules)>, StoreError> {
        let all = WantedModules {
            all: true,
            ..WantedModules::default()
        };
        let kept = self.store.kept_versions(module).await?;
        Ok(kept
            .into_iter()
            .map(|kept| (kept.version, all.clone()))
            .collect())
    }

    async fn files(
        &self,
        module: ModulePath,
        version: Version,
        wanted: &WantedModules,
    ) -> Result<KeptFiles, StoreError> {
        let (mut records, mut lacking) = (Vec::new(), Vec::new());
        for kind in ArtifactKind::ALL {
            let artifact = Artifact {
                module: module.clone(),
                version: version.clone(),
                kind,
            };
            let record = self.store.find(&Key::Artifact(artifact.clone())).await?;
            match wanted.judge(kind, record.as_ref()) {
                Ok(true) => records.extend(record),
                Ok(false) => {}
                Err(why) => lacking.push(format!("{}: {why}", artifact.escaped_path())),
            }
        }
        if records.is_empty() && lacking.is_empty() && self.selection.modules.is_some() {
            lacking.push(format!("{module}@{version}: nothing of it is kept"));
        }
        Ok(KeptFiles {
            module,
            version,
            records,
            lacking,
        })
    }
}

// === impl WantedModules ===

impl WantedModules {
    /// Whether a file goes along, or why it should and cannot.
    fn judge(&self, kind: ArtifactKind, kept: Option<&Record>) -> Result<bool, String> {
        let hashes = match kind {
            // No lock names it, and `go` asks for it.
            ArtifactKind::Info => return Ok(true),
            ArtifactKind::Mod => &self.go_mod,
            ArtifactKind::Zip => &self.zip,
        };
        if self.all {
            return Ok(true);
        }
        // Whoever takes a zip takes its go.mod first.
        if hashes.is_empty() {
            return Ok(kind == ArtifactKind::Mod);
        }
        let Some(kept) = kept else {
            return Err("it is not kept here".to_owned());
        };
        match &kept.h1 {
            Some(h1) if !hashes.contains(h1) => Err(format!(
                "it is kept as {h1}, and the lock knows {}",
                hashes.join(", ")
            )),
            _ => Ok(true),
        }
    }
}
