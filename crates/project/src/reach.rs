//! In which builds a project reaches each package, and whether only for its tests.
//!
//! Two sets of builds a package: those in which the main module's code reaches it, and those in
//! which only its tests do. Both grow along imports, each import holding where one of the files with
//! it is built, until nothing grows any more: a package is entered again only when its sets grew.

use crate::configurations::{BuildScope, ConfigurationSet, KnownConfigurations};
use crate::imports::{ModuleId, PackageId, PackageSet};
use crate::source::BuildConstraint;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};

/// Who needs something, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportNeed {
    /// Nothing in the main module reaches it.
    Nobody,
    /// Only tests, in these builds.
    Tests(BuildScope),
    /// The code itself, in these builds.
    Code(BuildScope),
}

/// For every package and module, where it is reached.
#[derive(Debug)]
pub struct PackageReach {
    universe: KnownConfigurations,
    code: Vec<ConfigurationSet>,
    tests: Vec<ConfigurationSet>,
}

/// An import of a package, over all of its files.
struct ImportEdge {
    to: PackageId,
    is_test: bool,
    /// The builds in which one of the files with it takes part; `None` for all, as nearly always.
    configurations: Option<ConfigurationSet>,
}

// === impl PackageReach ===

impl PackageReach {
    /// Where the packages are reached from the main module's, and from those in `roots`. `release`
    /// is the minor version of Go that the project asks for.
    pub fn of(packages: &PackageSet, roots: &[&str], release: u32) -> Self {
        let files = packages.list.iter().zip(&packages.edges);
        let constraints = files.flat_map(|(package, edges)| {
            let constrained = edges
                .iter()
                .filter_map(|&(file, ..)| package.files.get(file));
            constrained.filter_map(|file| file.constraint.as_ref())
        });
        let mut universe = KnownConfigurations::new(constraints, release);
        let edges = edges(packages, &mut universe);
        let none = vec![universe.none(); packages.list.len()];
        let (mut code, mut tests) = (none.clone(), none);
        let mut queue = Vec::new();
        for (id, package) in packages.list.iter().enumerate() {
            if (package.is_begin || roots.contains(&package.path.as_str()))
                && let Some(set) = code.get_mut(id)
            {
                *set = universe.all();
                queue.push(id);
            }
        }
        while let Some(id) = queue.pop() {
            for edge in edges.get(id).into_iter().flatten() {
                if spread(id, edge, packages, &mut code, &mut tests) {
                    queue.push(edge.to);
                }
            }
        }
        Self {
            universe,
            code,
            tests,
        }
    }

    /// Who needs a package.
    pub fn package(&self, id: PackageId) -> ImportNeed {
        let sets = self.code.get(id).zip(self.tests.get(id));
        sets.map_or(ImportNeed::Nobody, |(code, tests)| self.need(code, tests))
    }

    /// Whether code of the main module reaches a package in one build without tags.
    pub fn is_built(&self, id: PackageId, port: (&str, &str), cgo: bool) -> bool {
        let code = self.code.get(id);
        code.is_some_and(|code| self.universe.has(code, port, cgo))
    }

    /// Whether a file of a package is in some build for a port, without tags, that contains the package.
    pub fn is_file_built(
        &self,
        id: PackageId,
        constraint: Option<&BuildConstraint>,
        port: (&str, &str),
    ) -> bool {
        [true, false].into_iter().any(|cgo| {
            self.is_built(id, port, cgo)
                && constraint.is_none_or(|it| self.universe.holds(it, port, cgo))
        })
    }

    /// Who needs the packages of each module that has any.
    pub fn modules(&self, packages: &PackageSet) -> HashMap<ModuleId, ImportNeed> {
        let mut sets: HashMap<ModuleId, (ConfigurationSet, ConfigurationSet)> = HashMap::new();
        let reached = self.code.iter().zip(&self.tests);
        for (package, (code, tests)) in packages.list.iter().zip(reached) {
            let Some(module) = package.module else {
                continue;
            };
            let none = || (self.universe.none(), self.universe.none());
            let (all_code, all_tests) = sets.entry(module).or_insert_with(none);
            all_code.unite(code);
            all_tests.unite(tests);
        }
        let needs = sets.into_iter();
        needs
            .map(|(module, (code, tests))| (module, self.need(&code, &tests)))
            .collect()
    }

    /// Whether there were more tags than are told apart.
    pub const fn is_cut(&self) -> bool {
        self.universe.is_cut()
    }

    fn need(&self, code: &ConfigurationSet, tests: &ConfigurationSet) -> ImportNeed {
        match self.universe.scope(code) {
            BuildScope::Nowhere => match self.universe.scope(tests) {
                BuildScope::Nowhere => ImportNeed::Nobody,
                scope => ImportNeed::Tests(scope),
            },
            scope => ImportNeed::Code(scope),
        }
    }
}

/// Lets an import carry on what its package has; says whether that was new.
fn spread(
    from: PackageId,
    edge: &ImportEdge,
    packages: &PackageSet,
    code: &mut [ConfigurationSet],
    tests: &mut [ConfigurationSet],
) -> bool {
    let is_main = |id: PackageId| {
        packages
            .list
            .get(id)
            .is_some_and(|package| package.is_begin)
    };
    if is_main(edge.to) {
        return false;
    }
    let through = |set: Option<&ConfigurationSet>| {
        let mut carried = set?.clone();
        if let Some(configurations) = &edge.configurations {
            carried.intersect(configurations);
        }
        Some(carried)
    };
    let by_code = through(code.get(from));
    let by_tests = through(tests.get(from));
    let (to_code, to_tests) = if edge.is_test {
        (None, by_code)
    } else {
        (by_code, by_tests)
    };
    let grow = |sets: &mut [ConfigurationSet], more: Option<ConfigurationSet>| {
        let set = sets.get_mut(edge.to).zip(more);
        set.is_some_and(|(set, more)| set.unite(&more))
    };
    grow(code, to_code) | grow(tests, to_tests)
}

/// The imports of each package, files taken together.
fn edges(packages: &PackageSet, universe: &mut KnownConfigurations) -> Vec<Vec<ImportEdge>> {
    let mut all = Vec::with_capacity(packages.list.len());
    for (package, edges) in packages.list.iter().zip(&packages.edges) {
        let mut merged: BTreeMap<(PackageId, bool), Option<ConfigurationSet>> = BTreeMap::new();
        for &(file, _, to) in edges {
            let Some(file) = package.files.get(file) else {
                continue;
            };
            let constraint = file.constraint.as_ref();
            let configurations = constraint.map(|constraint| universe.of(constraint));
            let set = merged.entry((to, file.is_test()));
            set.and_modify(|known| match (&mut *known, &configurations) {
                (Some(known), Some(configurations)) => {
                    known.unite(configurations);
                }
                _ => *known = None,
            })
            .or_insert(configurations);
        }
        let merged = merged.into_iter();
        all.push(
            merged
                .map(|((to, is_test), configurations)| ImportEdge {
                    to,
                    is_test,
                    configurations,
                })
                .collect(),
        );
    }
    all
}

impl std::fmt::Display for ImportNeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nobody => f.write_str("not imported"),
            Self::Tests(BuildScope::Everywhere) => f.write_str("only tests"),
            Self::Tests(scope) => write!(f, "only tests, {scope}"),
            Self::Code(scope) => write!(f, "{scope}"),
        }
    }
}

impl Serialize for ImportNeed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
