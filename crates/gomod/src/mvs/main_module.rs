//! What the main module says: its requirements, exclusions and replacements.

use super::MvsError;
use super::go_version::{self, compare_versions};
use crate::modfile::{ModFile, ModuleVersion};
use std::collections::{HashMap, HashSet};

/// The main module of a selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MainModule {
    pub(super) path: String,
    pub(super) go: String,
    pub(super) roots: Vec<ModuleVersion>,
    pub(super) direct: HashSet<String>,
    /// Whether it requires a version that it excludes: such a line is dropped.
    pub(super) requires_excluded: bool,
    exclude: HashSet<ModuleVersion>,
    replace: HashMap<ModuleVersion, ModuleVersion>,
}

/// What selection needs to know of a dependency's go.mod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoModSummary {
    /// The path on its `module` line.
    pub module: Option<String>,
    /// The version on its `go` line.
    pub go: Option<String>,
    /// Its requirements, in the order of the file.
    pub require: Vec<ModuleVersion>,
}

// === impl MainModule ===

impl MainModule {
    /// Takes what matters from a strictly parsed go.mod.
    ///
    /// A missing `go` line counts as `go 1.16`, as it does for `go mod graph` and for `go list`
    /// unless told to write one.
    pub fn new(file: &ModFile) -> Result<Self, MvsError> {
        let module = file.module.as_ref().ok_or(MvsError::NoModuleLine)?;
        let go = file
            .go
            .as_ref()
            .map_or(go_version::DEFAULT, |go| &go.version)
            .to_owned();
        let exclude: HashSet<_> = file
            .exclude
            .iter()
            .map(|line| line.module.clone())
            .collect();
        let kept = || {
            file.require
                .iter()
                .filter(|line| !exclude.contains(&line.module))
        };
        let mut roots: Vec<_> = kept().map(|line| line.module.clone()).collect();
        roots.push(ModuleVersion::new("go", &go));
        let toolchain = file.toolchain.as_ref();
        roots.extend(toolchain.map(|line| ModuleVersion::new("toolchain", &line.name)));
        sort_modules(&mut roots);
        let named = kept()
            .filter(|line| !line.indirect)
            .map(|line| line.module.path.clone());
        let direct = named.chain(["go".to_owned()]).collect();
        let path = module.path.clone();
        let replace = replacements(file)?;
        let requires_excluded = kept().count() < file.require.len();
        Ok(Self {
            path,
            go,
            roots,
            direct,
            requires_excluded,
            exclude,
            replace,
        })
    }

    /// The module's path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What replaces this version of a module: what replaces exactly it, else what replaces every
    /// version.
    pub fn replacement(&self, module: &ModuleVersion) -> Option<&ModuleVersion> {
        if self.replace.is_empty() {
            return None;
        }
        let any = || self.replace.get(&ModuleVersion::new(&module.path, ""));
        self.replace.get(module).or_else(any)
    }

    pub(super) fn excludes(&self, module: &ModuleVersion) -> bool {
        self.exclude.contains(module)
    }

    /// Whether a module is listed more than once, or is the main module itself.
    pub(super) fn has_redundant_root(&self) -> bool {
        let repeated =
            |pair: &[ModuleVersion]| matches!(pair, [one, other] if one.path == other.path);
        self.roots.iter().any(|root| root.path == self.path) || self.roots.windows(2).any(repeated)
    }
}

/// The replacements of a go.mod; two for one module must agree.
fn replacements(file: &ModFile) -> Result<HashMap<ModuleVersion, ModuleVersion>, MvsError> {
    let mut replace: HashMap<ModuleVersion, ModuleVersion> = HashMap::new();
    for line in &file.replace {
        if let Some(earlier) = replace.get(&line.old)
            && *earlier != line.new
        {
            return Err(MvsError::ConflictingReplacements(line.old.clone()));
        }
        replace.insert(line.old.clone(), line.new.clone());
    }
    Ok(replace)
}

/// Sorts by path, then by version.
pub(super) fn sort_modules(modules: &mut [ModuleVersion]) {
    modules.sort_by(|one, other| {
        let versions = || compare_versions(&one.path, &one.version, &other.version);
        one.path.cmp(&other.path).then_with(versions)
    });
}

// === impl GoModSummary ===

impl From<&ModFile> for GoModSummary {
    fn from(file: &ModFile) -> Self {
        Self {
            module: file.module.as_ref().map(|line| line.path.clone()),
            go: file.go.as_ref().map(|line| line.version.clone()),
            require: file
                .require
                .iter()
                .map(|line| line.module.clone())
                .collect(),
        }
    }
}
