//! Packages as the walk knows them.

use crate::source::{BuildConstraint, GoFileHeader, implied, is_test};

/// A module of the build list, by its place in it; 0 is the main module.
pub type ModuleId = usize;

/// A package, by the order in which the walk met it.
pub type PackageId = usize;

/// A directory of a module.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackageDirectory {
    /// The module.
    pub module: ModuleId,
    /// Path below the module's root with `/`; empty for the root.
    pub path: String,
}

/// What a directory holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryListing {
    /// Its Go files. None makes it no package.
    Files(Vec<GoFile>),
    /// The module's files are not to be had; why, in words.
    Unknown(String),
}

/// A Go file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoFile {
    /// Its name.
    pub name: String,
    /// When it is built: its constraint, its name's suffixes, and cgo if it uses it.
    pub constraint: Option<BuildConstraint>,
    /// What it imports, `C` left out.
    pub imports: Vec<GoImport>,
}

/// An import in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoImport {
    /// The import path.
    pub path: String,
    /// The line that it stands on, from 1.
    pub line: u32,
}

/// A package that the walk met.
#[derive(Debug, Clone)]
pub struct ImportedPackage {
    /// Its import path.
    pub path: String,
    /// The module that it is in; `None` if no module of the build list has it.
    pub module: Option<ModuleId>,
    /// Whether the walk began there: one of the main module's that patterns such as `./...` match.
    pub is_begin: bool,
    /// Its files; of the main module with tests, of others without.
    pub files: Vec<GoFile>,
}

/// All packages that were met, by their numbers.
#[derive(Debug, Default)]
pub struct PackageSet {
    /// The packages.
    pub list: Vec<ImportedPackage>,
    /// For each package, the packages that its files import: number of the file, of the import in
    /// it, and of the package.
    pub edges: Vec<Vec<(usize, usize, PackageId)>>,
    /// Modules whose files could not be had, each with the reason.
    pub unknown: Vec<(ModuleId, String)>,
    /// Whether there were more packages than are followed.
    pub is_cut: bool,
}

// === impl GoFile ===

impl GoFile {
    /// A file of this name with this head.
    pub fn new(name: impl Into<String>, header: GoFileHeader) -> Self {
        let name = name.into();
        let uses_cgo = header.imports.iter().any(|import| import.path == "C");
        let cgo = uses_cgo.then(|| BuildConstraint::Tag("cgo".to_owned()));
        let terms = header
            .constraint
            .into_iter()
            .chain(implied(&name))
            .chain(cgo);
        let imports = header
            .imports
            .into_iter()
            .filter(|import| import.path != "C");
        Self {
            constraint: BuildConstraint::all(terms.collect()),
            imports: imports
                .map(|import| GoImport {
                    path: import.path,
                    line: import.line,
                })
                .collect(),
            name,
        }
    }

    /// Whether it is part of the package's tests.
    pub fn is_test(&self) -> bool {
        is_test(&self.name)
    }

    /// Whether some setting of tags builds it.
    pub(super) fn can_be_built(&self) -> bool {
        self.constraint
            .as_ref()
            .is_none_or(BuildConstraint::may_hold)
    }
}
