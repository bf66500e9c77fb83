//! Plan: what a go.sum or go.mod says will be asked for. Pure.
//!
//! A go.sum has a line for every go.mod and every zip that its builds read: nothing needs to be
//! guessed. Its lines are put into the order in which `go` will ask: go.mod files of the highest
//! version of each path first, since those stand in the main module's own list, then the rest;
//! zips in path order, those that the go.mod requires directly before the others.
//!
//! A go.sum also has the zips that only `go mod tidy` looks into: a tenth of the bytes of a large
//! build. With the go.mod beside it they can be told, if it supports graph pruning, since it lists
//! every module that its builds need; they are left to demand then. So a list may be both files, the
//! go.mod first.

use super::requirements::{Module, prunes};
use gomod::{
    gosum::{self, HashSubject},
    modfile::{self, ModuleVersion, ParseMode},
};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a go.sum or go.mod that are read. The largest known go.sum has 1.5 MiB.
pub const LARGEST_LIST: usize = 8 * 1024 * 1024;

/// Artifacts that one list may ask for: ten times those of the largest known build.
pub const MOST: usize = 100_000;

/// What will be asked for, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub(crate) mods: Vec<Module>,
    pub(crate) zips: Vec<Module>,
    /// If this is a main module's own list, of which the rest of the graph is still to be found:
    /// whether that module's go line supports graph pruning.
    pub(crate) roots_of: Option<bool>,
}

/// Why a list is no list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Neither a go.sum nor a go.mod.
    #[error("neither a go.sum nor a go.mod: {0}")]
    Unreadable(String),
    /// More artifacts than [`MOST`].
    #[error("more than {MOST} artifacts")]
    TooMany,
}

// === impl Plan ===

impl Plan {
    /// Reads a go.sum or a go.mod, whichever it is, or a go.mod with its go.sum behind it.
    pub fn read(list: &[u8]) -> Result<Self, PlanError> {
        match both(list) {
            Some((go_mod, go_sum)) => Self::of_project(Some(go_mod), Some(go_sum)),
            None => Self::read_one(list),
        }
    }

    fn read_one(list: &[u8]) -> Result<Self, PlanError> {
        // Strictly first: only a main module's replacements count, and only so are they read.
        let file = modfile::parse(list, ParseMode::Strict);
        let plan = match file.or_else(|_| modfile::parse(list, ParseMode::Lax)) {
            Ok(file) if file.module.is_some() => Self::of_go_mod(&file),
            _ => Self::of_go_sum(list)?,
        };
        if plan.mods.len() + 2 * plan.zips.len() > MOST {
            return Err(PlanError::TooMany);
        }
        Ok(plan)
    }

    /// Reads a go.sum together with the go.mod that it belongs to; either may be missing.
    pub fn of_project(go_mod: Option<&[u8]>, go_sum: Option<&[u8]>) -> Result<Self, PlanError> {
        let Some(go_sum) = go_sum else {
            return go_mod.map_or_else(|| Ok(Self::default()), Self::read_one);
        };
        let mut plan = Self::read_one(go_sum)?;
        // Strictly, or nothing may be left out: what is replaced stands in go.sum by its other name.
        if let Some(file) = go_mod.and_then(|bytes| modfile::parse(bytes, ParseMode::Strict).ok()) {
            if prunes(&file) {
                let listed: BTreeSet<Module> = Self::of_go_mod(&file).zips.into_iter().collect();
                plan.zips.retain(|module| listed.contains(module));
            }
            let direct = file.require.iter().filter(|line| !line.indirect);
            let direct: BTreeSet<_> = direct.map(|line| line.module.path.as_str()).collect();
            plan.zips
                .sort_by_key(|module| !direct.contains(module.path.as_str()));
        }
        Ok(plan)
    }

    /// Leaves out every module whose path does not pass.
    pub fn retain(&mut self, passes: impl Fn(&str) -> bool) {
        self.mods.retain(|module| passes(module.path.as_str()));
        self.zips.retain(|module| passes(module.path.as_str()));
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.mods.is_empty() && self.zips.is_empty()
    }

    fn of_go_mod(file: &modfile::ModFile) -> Self {
        let requires = file.require.iter().map(|line| &line.module);
        let mods: Vec<Module> = requires
            .map(|module| replaced(file, module))
            .filter_map(|module| Module::read(&module.path, &module.version))
            .collect();
        Self {
            zips: mods.clone(),
            mods,
            roots_of: Some(prunes(file)),
        }
    }

    fn of_go_sum(list: &[u8]) -> Result<Self, PlanError> {
        let unreadable = |why: &dyn std::fmt::Display| PlanError::Unreadable(why.to_string());
        let sum = gosum::parse(list).map_err(|error| unreadable(&error))?;
        let (mut mods, mut zips) = (BTreeSet::new(), BTreeSet::new());
        let mut read = 0;
        for entry in &sum.entries {
            let Some(module) = Module::read(&entry.path, &entry.version) else {
                continue;
            };
            read += 1;
            match entry.subject {
                HashSubject::GoMod => mods.insert(module),
                HashSubject::Zip => zips.insert(module),
            };
        }
        if read == 0 && !sum.entries.is_empty() {
            return Err(unreadable(&"no line names a module"));
        }
        Ok(Self {
            mods: highest_first(mods),
            zips: zips.into_iter().collect(),
            roots_of: None,
        })
    }
}

/// A go.mod and the go.sum behind it: from the first line on that ends in a hash.
fn both(list: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_hash = |field: &[u8]| field.starts_with(b"h1:") && field.ends_with(b"=");
    let mut before = 0;
    for line in list.split_inclusive(|byte| *byte == b'\n') {
        let mut fields = line.trim_ascii().rsplit(|byte| *byte == b' ');
        if fields.next().is_some_and(is_hash) && fields.count() == 2 {
            return (before > 0).then(|| list.split_at(before));
        }
        before += line.len();
    }
    None
}

/// What stands in for a module. A directory has no version, so nothing is made of it.
fn replaced<'a>(file: &'a modfile::ModFile, module: &'a ModuleVersion) -> &'a ModuleVersion {
    let mut lines = file.replace.iter().filter(|line| {
        let old = &line.old;
        old.path == module.path && (old.version.is_empty() || old.version == module.version)
    });
    lines.next_back().map_or(module, |line| &line.new)
}

/// The highest version of each path in path order, then the others.
fn highest_first(modules: BTreeSet<Module>) -> Vec<Module> {
    let mut highest = BTreeMap::new();
    for module in &modules {
        highest.insert(module.path.clone(), module.version.clone());
    }
    let is_highest = |module: &Module| highest.get(&module.path) == Some(&module.version);
    let (mut first, rest): (Vec<_>, Vec<_>) = modules.into_iter().partition(is_highest);
    first.extend(rest);
    first
}

#[cfg(test)]
mod tests {
    use super::{Plan, PlanError};

    fn names(modules: &[super::Module]) -> Vec<String> {
        let name = |module: &super::Module| format!("{}@{}", module.path, module.version);
        modules.iter().map(name).collect()
    }

    const GO_SUM: &str = "example.com/b v1.0.0 h1:A=\nexample.com/b v1.0.0/go.mod h1:B=\n\
        example.com/a v1.0.0/go.mod h1:C=\nexample.com/a v1.2.0 h1:D=\nexample.com/a v1.2.0/go.mod h1:E=\n";

    #[test]
    fn a_go_sum_names_everything_in_the_order_in_which_go_asks() {
        let plan = Plan::read(GO_SUM.as_bytes()).unwrap();
        assert_eq!(
            names(&plan.mods),
            [
                "example.com/a@v1.2.0",
                "example.com/b@v1.0.0",
                "example.com/a@v1.0.0"
            ]
        );
        assert_eq!(
            names(&plan.zips),
            ["example.com/a@v1.2.0", "example.com/b@v1.0.0"]
        );
    }

    #[test]
    fn what_the_go_mod_requires_directly_comes_first() {
        let go_mod = "module example.com/m\ngo 1.20\nrequire example.com/b v1.0.0\n\
                      require example.com/a v1.2.0 // indirect\n";
        let plan = Plan::of_project(Some(go_mod.as_bytes()), Some(GO_SUM.as_bytes())).unwrap();
        assert_eq!(
            names(&plan.zips),
            ["example.com/b@v1.0.0", "example.com/a@v1.2.0"]
        );
        let alone = Plan::of_project(Some(go_mod.as_bytes()), None).unwrap();
        assert!(alone.roots_of == Some(true) && alone.mods.len() == 2);
    }

    #[test]
    fn with_a_go_mod_that_prunes_only_what_it_lists_is_read_ahead() {
        for (go, zips) in [
            ("1.17", &["example.com/b@v1.0.0"][..]),
            ("1.16", &["example.com/b@v1.0.0", "example.com/a@v1.2.0"]),
        ] {
            let list =
                format!("module example.com/m\ngo {go}\nrequire example.com/b v1.0.0\n{GO_SUM}");
            let plan = Plan::read(list.as_bytes()).unwrap();
            assert_eq!(names(&plan.zips), zips, "{go}");
            assert_eq!((plan.mods.len(), plan.roots_of), (3, None));
        }
    }

    #[test]
    fn what_lies_in_a_directory_of_the_client_is_not_asked_for() {
        let go_mod = "module example.com/m\ngo 1.20\nrequire example.com/a v1.0.0\n\
                      require example.com/b v1.0.0\nreplace example.com/a => ../a\n\
                      replace example.com/b v1.0.0 => example.com/fork v1.1.0\n";
        let mut plan = Plan::read(go_mod.as_bytes()).unwrap();
        assert_eq!(names(&plan.mods), ["example.com/fork@v1.1.0"]);
        plan.retain(|path| !path.ends_with("fork"));
        assert!(plan.is_empty());
    }

    #[test]
    fn other_files_are_refused() {
        for other in ["<html>\n<body>no</body>\n", "a b c\n", "\u{0}\u{1} x"] {
            assert!(
                matches!(Plan::read(other.as_bytes()), Err(PlanError::Unreadable(_))),
                "{other}"
            );
        }
        assert!(Plan::read(b"").unwrap().is_empty());
    }
}
