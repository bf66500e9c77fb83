//! Files of a crate that import each other, directly or around.
//!
//! An import leads to the module that declares the name, through all re-exports: a façade that only
//! passes names on is on no circle. `mod` alone is no import either. A name that is passed on counts
//! as imported where the module uses it itself.

use super::source::{ImportedName, ModuleSource};
use std::collections::{BTreeMap, BTreeSet};

/// How many re-exports are followed before a path is given up.
const DEPTH: usize = 12;

/// A module's path within its crate.
pub(crate) type ModulePathInCrate = Vec<String>;

/// All modules of one crate.
#[derive(Debug, Default)]
pub(crate) struct CrateModules {
    modules: BTreeMap<ModulePathInCrate, ModuleEntry>,
}

#[derive(Debug)]
struct ModuleEntry {
    file: String,
    source: ModuleSource,
}

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
enum PathTarget {
    Module(ModulePathInCrate),
    /// Something that this module declares.
    ItemOf(ModulePathInCrate),
}

impl CrateModules {
    /// Adds a file's module, and the `mod` blocks in it.
    pub(crate) fn add(&mut self, path: &[String], file: &str, mut source: ModuleSource) {
        for (name, inner) in std::mem::take(&mut source.blocks_of_modules) {
            let mut below = path.to_vec();
            below.push(name);
            self.add(&below, file, inner);
        }
        let file = file.to_owned();
        self.modules
            .insert(path.to_vec(), ModuleEntry { file, source });
    }

    /// All modules with their files.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &ModuleSource)> {
        self.modules
            .values()
            .map(|entry| (&*entry.file, &entry.source))
    }

    /// The circles: each the files that reach each other.
    pub(crate) fn circles(&self) -> Vec<Vec<String>> {
        let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (path, entry) in &self.modules {
            let from = edges.entry(&entry.file).or_default();
            from.extend(self.targets(path, &entry.source));
            from.remove(&*entry.file);
        }
        circles(&edges)
    }

    /// The files that a module imports from.
    fn targets(&self, path: &[String], source: &ModuleSource) -> BTreeSet<&str> {
        let mut all = BTreeSet::new();
        let uses = |name: &str| {
            source
                .paths
                .iter()
                .any(|path| path.first().is_some_and(|first| first == name))
        };
        for import in &source.imports {
            if import.is_reexport && !import.name.as_deref().is_some_and(uses) {
                continue;
            }
            all.extend(self.file_of_item(path, &import.path));
        }
        for mention in source.paths.iter().filter(|mention| mention.len() > 1) {
            all.extend(self.file_of_item(path, mention));
        }
        all
    }

    fn file_of_item(&self, from: &[String], path: &[String]) -> Option<&str> {
        match self.resolve(from, path, DEPTH)? {
            PathTarget::ItemOf(module) => Some(&self.modules.get(&module)?.file),
            PathTarget::Module(_) => None,
        }
    }

    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<PathTarget> {
        let depth = depth.checked_sub(1)?;
        let (first, mut rest) = path.split_first()?;
        let mut place = match first.as_str() {
            "crate" => PathTarget::Module(Vec::new()),
            "self" => PathTarget::Module(from.to_vec()),
            "super" => PathTarget::Module(from.split_last()?.1.to_vec()),
            name => self.member(from, name, depth)?,
        };
        while let (PathTarget::Module(module), Some((name, after))) = (&place, rest.split_first()) {
            place = match name.as_str() {
                "super" => PathTarget::Module(module.split_last()?.1.to_vec()),
                name => self
                    .member(module, name, depth)
                    .unwrap_or_else(|| PathTarget::ItemOf(module.clone())),
            };
            rest = after;
        }
        Some(place)
    }

    /// What a name means in a module, if it means something of this crate.
    fn member(&self, module: &[String], name: &str, depth: usize) -> Option<PathTarget> {
        let mut below = module.to_vec();
        below.push(name.to_owned());
        if self.modules.contains_key(&below) {
            return Some(PathTarget::Module(below));
        }
        let source = &self.modules.get(module)?.source;
        if source.types.iter().any(|declared| declared.name == name) {
            return Some(PathTarget::ItemOf(module.to_vec()));
        }
        let is_it = |import: &&ImportedName| import.name.as_deref() == Some(name);
        if let Some(import) = source.imports.iter().find(is_it) {
            // `use name;` of another crate leads nowhere in this one.
            let is_itself =
                import.path.len() == 1 && import.path.first().is_some_and(|it| it == name);
            return if is_itself {
                None
            } else {
                self.resolve(module, &import.path, depth)
            };
        }
        let mut globs = source.imports.iter().filter(|import| import.name.is_none());
        globs.find_map(|import| match self.resolve(module, &import.path, depth)? {
            PathTarget::Module(other) if other != module => self
                .declares(&other, name)
                .then_some(PathTarget::ItemOf(other)),
            _ => None,
        })
    }

    fn declares(&self, module: &[String], name: &str) -> bool {
        let entry = self.modules.get(module);
        entry.is_some_and(|entry| {
            entry
                .source
                .types
                .iter()
                .any(|declared| declared.name == name)
        })
    }
}

/// Groups of more than one node that reach each other.
fn circles(edges: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<Vec<String>> {
    let reach: BTreeMap<&str, BTreeSet<&str>> = edges
        .keys()
        .map(|&node| (node, reachable(edges, node)))
        .collect();
    let reaches = |from: &str, to: &str| reach.get(from).is_some_and(|all| all.contains(to));
    let mut done = BTreeSet::new();
    let mut all = Vec::new();
    for &node in edges.keys() {
        if done.contains(node) || !reaches(node, node) {
            continue;
        }
        let circle: Vec<&str> = edges
            .keys()
            .copied()
            .filter(|&other| reaches(node, other) && reaches(other, node))
            .collect();
        done.extend(circle.iter().copied());
        all.push(circle.into_iter().map(str::to_owned).collect());
    }
    all
}

fn reachable<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&str> = edges.get(from).into_iter().flatten().copied().collect();
    while let Some(node) = next.pop() {
        if seen.insert(node) {
            next.extend(edges.get(node).into_iter().flatten().copied());
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::CrateModules;
    use crate::names::source::read;

    fn house(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let mut modules = CrateModules::default();
        for (path, text) in files {
            let segments: Vec<String> = path
                .split("::")
                .filter(|segment| !segment.is_empty())
                .map(str::to_owned)
                .collect();
            modules.add(&segments, path, read(text).unwrap());
        }
        modules.circles()
    }

    #[test]
    fn modules_that_import_each_other_are_a_circle() {
        let circles = house(&[
            ("", "mod a; mod b; mod c;"),
            ("a", "use crate::b::B; pub struct A;"),
            ("b", "pub struct B; fn f() -> crate::c::C {}"),
            ("c", "use super::a::A; pub struct C;"),
        ]);
        assert_eq!(circles, [["a", "b", "c"]]);
    }

    #[test]
    fn a_facade_is_on_no_circle() {
        let circles = house(&[
            ("", "mod a; mod b; pub use a::A; pub use b::B;"),
            ("a", "pub struct A;"),
            ("b", "use crate::A; pub struct B;"),
        ]);
        assert_eq!(circles, Vec::<Vec<String>>::new());
    }

    #[test]
    fn a_facade_that_uses_what_it_passes_on_is_on_one() {
        let circles = house(&[
            ("", "mod a; pub use a::A; pub struct R; fn f(a: A) {}"),
            ("a", "use crate::R; pub struct A;"),
        ]);
        assert_eq!(circles, [["", "a"]]);
    }

    #[test]
    fn an_imported_module_counts_for_what_is_used_of_it() {
        let circles = house(&[
            ("", "mod a; mod b;"),
            ("a", "use crate::b; fn f() -> b::B {}\npub struct A;"),
            ("b", "use crate::a; pub struct B;"),
        ]);
        assert_eq!(circles, Vec::<Vec<String>>::new());
    }
}
