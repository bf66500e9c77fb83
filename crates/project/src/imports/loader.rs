//! The walk over packages.

use super::package::{
    DirectoryListing, GoFile, ImportedPackage, ModuleId, PackageDirectory, PackageId, PackageSet,
};
use super::{MAX_PACKAGES, is_standard};
use gomod::path::check_import_path;
use std::collections::{HashMap, HashSet};

/// Walks over packages, asking for directories as it needs them.
#[derive(Debug)]
pub struct PackageLoader {
    modules: HashMap<String, ModuleId>,
    main: String,
    listings: HashMap<PackageDirectory, DirectoryListing>,
    ids: HashMap<String, PackageId>,
    packages: PackageSet,
    unknown: HashSet<ModuleId>,
    /// Packages whose module has not been found yet.
    open: Vec<PackageId>,
}

/// The answer of a step.
#[derive(Debug)]
pub enum PackageStep {
    /// These directories are needed: supply each, then step again.
    Need(Vec<PackageDirectory>),
    /// Every package.
    Done(PackageSet),
}

/// What is known of the module that a package is in.
enum ModuleLookup {
    Nowhere,
    In(ModuleId, Vec<GoFile>),
    Missing(PackageDirectory),
    Unknown(ModuleId, String),
}

// === impl PackageLoader ===

impl PackageLoader {
    /// A walk in a build list of module paths, the main module first.
    pub fn new(build_list: impl IntoIterator<Item = String>) -> Self {
        let list: Vec<String> = build_list.into_iter().collect();
        Self {
            main: list.first().cloned().unwrap_or_default(),
            modules: (0..).zip(list).map(|(id, path)| (path, id)).collect(),
            listings: HashMap::new(),
            ids: HashMap::new(),
            packages: PackageSet::default(),
            unknown: HashSet::new(),
            open: Vec::new(),
        }
    }

    /// Begins at a package of the main module; its directory, with its tests.
    pub fn begin_at(&mut self, directory: &str, files: Vec<GoFile>) {
        let path = if directory.is_empty() {
            self.main.clone()
        } else {
            format!("{}/{directory}", self.main)
        };
        let id = self.package(&path);
        if let Some(package) = self.packages.list.get_mut(id) {
            package.is_begin = true;
        }
        self.place(id, Some(0), files);
    }

    /// Begins at a package of any module.
    pub fn begin_at_path(&mut self, path: &str) {
        self.package(path);
    }

    /// Hands in a directory.
    pub fn supply(&mut self, directory: PackageDirectory, listing: DirectoryListing) {
        self.listings.insert(directory, listing);
    }

    /// Goes on as far as what was supplied carries.
    pub fn step(&mut self) -> PackageStep {
        let mut missing = Vec::new();
        let mut waiting = Vec::new();
        while let Some(id) = self.open.pop() {
            // The main module's packages have their place from the start.
            let package = self.packages.list.get(id);
            let package = package.filter(|package| package.module.is_none());
            let Some(path) = package.map(|package| package.path.clone()) else {
                continue;
            };
            match self.find(&path) {
                ModuleLookup::Nowhere => {}
                ModuleLookup::In(module, files) => self.place(id, Some(module), files),
                ModuleLookup::Unknown(module, reason) => {
                    self.place(id, Some(module), Vec::new());
                    if self.unknown.insert(module) {
                        self.packages.unknown.push((module, reason));
                    }
                }
                ModuleLookup::Missing(directory) => {
                    missing.push(directory);
                    waiting.push(id);
                }
            }
        }
        self.open = waiting;
        if missing.is_empty() {
            return PackageStep::Done(std::mem::take(&mut self.packages));
        }
        missing.sort();
        missing.dedup();
        PackageStep::Need(missing)
    }

    /// The module that a package is in: of those whose path is a prefix, the longest that has files
    /// there.
    fn find(&self, path: &str) -> ModuleLookup {
        // Nothing that is no import path becomes the name of a directory.
        if check_import_path(path).is_err() {
            return ModuleLookup::Nowhere;
        }
        let mut prefix = path;
        loop {
            if let Some(&module) = self.modules.get(prefix) {
                let below = path.get(prefix.len()..).unwrap_or_default();
                let directory = PackageDirectory {
                    module,
                    path: below.trim_start_matches('/').to_owned(),
                };
                match self.listings.get(&directory) {
                    // Packages of the main module that patterns do not match, those in `testdata`
                    // say, can be imported all the same.
                    None => return ModuleLookup::Missing(directory),
                    Some(DirectoryListing::Files(files)) if files.is_empty() => {}
                    Some(DirectoryListing::Files(files)) => {
                        return ModuleLookup::In(module, files.clone());
                    }
                    Some(DirectoryListing::Unknown(reason)) => {
                        return ModuleLookup::Unknown(module, reason.clone());
                    }
                }
            }
            match prefix.rsplit_once('/') {
                Some((shorter, _)) => prefix = shorter,
                None => return ModuleLookup::Nowhere,
            }
        }
    }

    /// Settles where a package is, and goes on to what it imports.
    fn place(&mut self, id: PackageId, module: Option<ModuleId>, mut files: Vec<GoFile>) {
        let with_tests = module == Some(0);
        files.retain(|file| file.can_be_built() && (with_tests || !file.is_test()));
        let mut edges = Vec::new();
        for (number, file) in files.iter().enumerate() {
            for (index, import) in file.imports.iter().enumerate() {
                if self.is_followed(&import.path) {
                    edges.push((number, index, self.package(&import.path)));
                }
            }
        }
        if let Some(package) = self.packages.list.get_mut(id) {
            (package.module, package.files) = (module, files);
        }
        if let Some(slot) = self.packages.edges.get_mut(id) {
            *slot = edges;
        }
    }

    /// A path without a dot is one of Go's own packages, unless a module of the build list has such a
    /// path: the main module may, and so may one that is replaced.
    fn is_followed(&mut self, path: &str) -> bool {
        let follow = !is_standard(path) || self.belongs_to_module(path);
        let room = self.packages.list.len() < MAX_PACKAGES || self.ids.contains_key(path);
        self.packages.is_cut |= follow && !room;
        follow && room
    }

    fn belongs_to_module(&self, path: &str) -> bool {
        let mut ends = path.match_indices('/').map(|(end, _)| end);
        self.modules.contains_key(path)
            || ends.any(|end| {
                path.get(..end)
                    .is_some_and(|prefix| self.modules.contains_key(prefix))
            })
    }

    /// The number of a package, which is thereby one that was met.
    fn package(&mut self, path: &str) -> PackageId {
        if let Some(&id) = self.ids.get(path) {
            return id;
        }
        let id = self.packages.list.len();
        self.ids.insert(path.to_owned(), id);
        self.packages.list.push(ImportedPackage {
            path: path.to_owned(),
            module: None,
            is_begin: false,
            files: Vec::new(),
        });
        self.packages.edges.push(Vec::new());
        self.open.push(id);
        id
    }
}
