//! Uses: how the builds of a project come to a package.
//!
//! Built is what code of the main module reaches in some build without tags, on one of the systems that
//! it is built for: what somebody is given. Beside it is what only tests, tools, tags or builds for
//! other systems reach. On which systems a vulnerability matters is not asked, as `govulncheck` does not
//! ask it of source code. Every error is on the side of more: all of the main module's packages count, every file that some setting of tags builds is
//! followed, and where something could not be read or is not there (a package that a generator writes,
//! say), nothing is said not to be imported, because it could be behind that.
//!
//! Go's own packages are in no module; what they import of each other is in [`standard`].

use crate::configurations::{BuildScope, PORTS};
use crate::imports::{GoFile, ModuleId, PackageId, PackageSet, is_standard};
use crate::reach::{ImportNeed, PackageReach};
use crate::standard;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Where nothing but tools, or several tags that no single file asks for, lead to.
const TOOLS: &str = "tools, or with several build tags at once";

/// How a project comes to one of the packages that were looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageUse {
    /// A build without tags contains it.
    Built {
        /// The package.
        package: String,
    },
    /// Something else than such a build reaches it.
    Beside {
        /// The package.
        package: String,
        /// What, in a few words.
        by: String,
    },
    /// Nothing reaches any of them.
    Nowhere,
    /// Nobody can tell, because something could not be read.
    Unknown {
        /// What, in words.
        why: String,
    },
}

/// A module of the build list, and whose files stand in for it.
#[derive(Debug, Clone)]
pub struct BuildModule {
    /// The path that imports begin with.
    pub path: String,
    /// The path of what replaces it; its own where nothing does.
    pub actual: String,
}

/// The packages of a project, and how its builds come to each.
#[derive(Debug)]
pub struct ProjectUses {
    packages: PackageSet,
    ids: HashMap<String, PackageId>,
    modules: Vec<BuildModule>,
    reach: PackageReach,
    /// Values of GOOS that it is built for; all if there are none.
    systems: Vec<String>,
    /// Go's own packages that a build without tags contains.
    standard: HashSet<&'static str>,
    /// Those that something else reaches.
    standard_beside: HashSet<&'static str>,
    gap: Option<String>,
}

// === impl ProjectUses ===

impl ProjectUses {
    /// Of packages that were walked to in this build list, the main module first. `unreadable` are
    /// files of the main module that could not be read; `release` is the minor version of Go; `systems`
    /// are the values of GOOS that it is built for, all if there are none.
    pub fn of(
        packages: PackageSet,
        modules: Vec<BuildModule>,
        unreadable: &[String],
        release: u32,
        systems: &[String],
    ) -> Self {
        let reach = PackageReach::of(&packages, &[], release);
        let ids = packages.list.iter().enumerate();
        let ids = ids
            .map(|(id, package)| (package.path.clone(), id))
            .collect();
        let mut uses = Self {
            gap: gap(&packages, &modules, unreadable),
            ids,
            modules,
            reach,
            systems: systems.to_vec(),
            standard: HashSet::new(),
            standard_beside: HashSet::new(),
            packages,
        };
        let (built, all) = uses.standard_imports();
        // What every program begins in.
        let built = built.into_iter().chain(["runtime"]);
        let (built, all) = (standard::reached(built), standard::reached(all));
        (uses.standard, uses.standard_beside) = (built, all);
        uses
    }

    /// How it comes to any of these packages of a module, by the path that the module's own go.mod
    /// has; all of its packages if none is named. `stdlib` are Go's own.
    pub fn find(&self, module: &str, wanted: &[&str]) -> PackageUse {
        let mut beside = None;
        for used in self.candidates(module, wanted) {
            match used {
                PackageUse::Beside { .. } => beside = beside.or(Some(used)),
                PackageUse::Nowhere => {}
                PackageUse::Built { .. } | PackageUse::Unknown { .. } => return used,
            }
        }
        match &self.gap {
            Some(why) => PackageUse::Unknown { why: why.clone() },
            None => beside.unwrap_or(PackageUse::Nowhere),
        }
    }

    fn candidates<'a>(
        &'a self,
        module: &'a str,
        wanted: &'a [&'a str],
    ) -> Box<dyn Iterator<Item = PackageUse> + 'a> {
        let is_all = wanted.is_empty() || wanted.iter().any(|path| path.is_empty());
        if module == "stdlib" {
            let anything = is_all.then_some("runtime").into_iter();
            let paths = anything.chain(wanted.iter().copied());
            return Box::new(paths.map(|path| self.of_standard(path)));
        }
        let selected = self.modules.iter().enumerate();
        let selected = selected.filter(move |(_, selected)| selected.actual == module);
        if is_all {
            let ids: HashSet<ModuleId> = selected.map(|(id, _)| id).collect();
            let list = self.packages.list.iter().enumerate();
            let inside =
                list.filter(move |(_, package)| package.module.is_some_and(|id| ids.contains(&id)));
            return Box::new(inside.map(move |(id, _)| self.of_package(id)));
        }
        // A fork's packages are imported by the names of what it stands in for.
        Box::new(selected.flat_map(move |(_, selected)| {
            wanted.iter().map(move |wanted| {
                let below = wanted.strip_prefix(module).unwrap_or_default();
                let path = format!("{}{below}", selected.path);
                let id = self.ids.get(&path);
                id.map_or(PackageUse::Nowhere, |&id| self.of_package(id))
            })
        }))
    }

    fn of_package(&self, id: PackageId) -> PackageUse {
        let package = self.packages.list.get(id);
        let package = package.map_or_else(String::new, |package| package.path.clone());
        let by = match self.reach.package(id) {
            ImportNeed::Code(BuildScope::Tags(tags)) => {
                format!("files with the build tags {}", tags.join(" or "))
            }
            ImportNeed::Code(_) if self.is_built(id) => return PackageUse::Built { package },
            ImportNeed::Code(scope) => format!("builds for other systems: {scope}"),
            ImportNeed::Tests(BuildScope::Everywhere) => "tests".to_owned(),
            ImportNeed::Tests(scope) => format!("tests, {scope}"),
            ImportNeed::Nobody => TOOLS.to_owned(),
        };
        PackageUse::Beside { package, by }
    }

    /// Whether a build without tags contains a package.
    fn is_built(&self, id: PackageId) -> bool {
        self.ports()
            .any(|port| self.reach.is_built(id, port, true) || self.reach.is_built(id, port, false))
    }

    /// What it is built for.
    fn ports(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let is_one = |system: &str| self.systems.iter().any(|name| name == system);
        let is_any = self.systems.is_empty();
        PORTS
            .into_iter()
            .filter(move |(system, _)| is_any || is_one(system))
    }

    fn of_standard(&self, path: &str) -> PackageUse {
        let package = path.to_owned();
        if !standard::is_known(path) {
            let why = format!("{path} is none of Go's packages that are known here");
            PackageUse::Unknown { why }
        } else if self.standard.contains(path) {
            PackageUse::Built { package }
        } else if self.standard_beside.contains(path) {
            let by = format!("tests, build tags, {TOOLS}");
            PackageUse::Beside { package, by }
        } else {
            PackageUse::Nowhere
        }
    }

    /// Go's own packages that files import: in builds without tags, and in any.
    fn standard_imports(&self) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let (mut built, mut all) = (BTreeSet::new(), BTreeSet::new());
        for (id, package) in self.packages.list.iter().enumerate() {
            for file in &package.files {
                let paths = file.imports.iter().map(|import| import.path.as_str());
                let paths: Vec<&str> = paths.filter(|path| is_standard(path)).collect();
                if paths.iter().any(|path| !built.contains(path)) && self.is_file_built(id, file) {
                    built.extend(paths.iter().copied());
                }
                all.extend(paths);
            }
        }
        (built, all)
    }

    fn is_file_built(&self, id: PackageId, file: &GoFile) -> bool {
        let mut ports = self.ports();
        let constraint = file.constraint.as_ref();
        !file.is_test() && ports.any(|port| self.reach.is_file_built(id, constraint, port))
    }
}

/// Why there may be more than was walked to, if there may be.
fn gap(packages: &PackageSet, modules: &[BuildModule], unreadable: &[String]) -> Option<String> {
    if let Some(first) = unreadable.first() {
        return Some(first.clone());
    }
    if let Some((module, why)) = packages.unknown.first() {
        let path = modules.get(*module).map_or("", |module| &*module.path);
        return Some(format!("{path}: {why}"));
    }
    if packages.is_cut {
        return Some("there are more packages than are followed".to_owned());
    }
    let main = modules.first().map_or("", |module| &*module.path);
    let own = |path: &str| {
        let below = path.strip_prefix(main);
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    };
    let mut lost = packages
        .list
        .iter()
        .filter(|package| package.module.is_none() && own(&package.path));
    let lost = lost.next()?;
    Some(format!(
        "{} is imported, and is not in the checkout",
        lost.path
    ))
}

#[cfg(test)]
mod tests;
