//! Chain: by which imports a project comes to a package.
//!
//! As `go mod why` shows it: one shortest way along imports, from a package of the main module, or
//! from a tool that go.mod names, to the package. Tests of the main module count, tests of others do
//! not, as for `go mod why -vendor`. In which builds the way exists is [`crate::reach`]'s business.

use crate::imports::{PackageId, PackageSet};
use std::collections::VecDeque;

/// Import paths from where the project begins to the package; `None` if nothing leads there.
/// `roots` are packages at which it begins besides those of the main module.
pub fn chain(packages: &PackageSet, roots: &[&str], path: &str) -> Option<Vec<String>> {
    let target = number(packages, path)?;
    let mut importer: Vec<Option<PackageId>> = vec![None; packages.list.len()];
    let mut open: VecDeque<PackageId> = begins(packages, roots).collect();
    let mut is_seen = vec![false; packages.list.len()];
    for &id in &open {
        mark(&mut is_seen, id);
    }
    while let Some(id) = open.pop_front() {
        if id == target {
            return Some(names(packages, &importer, id));
        }
        for &(_, _, to) in packages.edges.get(id).into_iter().flatten() {
            if mark(&mut is_seen, to) {
                if let Some(slot) = importer.get_mut(to) {
                    *slot = Some(id);
                }
                open.push_back(to);
            }
        }
    }
    None
}

/// The number of a package, if the walk met it.
pub fn number(packages: &PackageSet, path: &str) -> Option<PackageId> {
    packages
        .list
        .iter()
        .position(|package| package.path == path)
}

fn begins<'a>(packages: &'a PackageSet, roots: &'a [&str]) -> impl Iterator<Item = PackageId> + 'a {
    let numbered = packages.list.iter().enumerate();
    numbered
        .filter(|(_, package)| package.is_begin || roots.contains(&package.path.as_str()))
        .map(|(id, _)| id)
}

/// Whether it was not seen before.
fn mark(is_seen: &mut [bool], id: PackageId) -> bool {
    is_seen
        .get_mut(id)
        .is_some_and(|seen| !std::mem::replace(seen, true))
}

fn names(packages: &PackageSet, importer: &[Option<PackageId>], target: PackageId) -> Vec<String> {
    let before = |&id: &PackageId| importer.get(id).copied().flatten();
    let ids = std::iter::successors(Some(target), before);
    let paths = ids.filter_map(|id| packages.list.get(id));
    let mut names: Vec<String> = paths.map(|package| package.path.clone()).collect();
    names.reverse();
    names
}

#[cfg(test)]
mod tests {
    use super::chain;
    use crate::imports::{ImportedPackage, PackageSet};

    /// Packages by their paths, with the numbers of what each imports; the first is where it begins.
    fn packages(graph: &[(&str, &[usize])]) -> PackageSet {
        let package = |(id, (path, _)): (usize, &(&str, &[usize]))| ImportedPackage {
            path: (*path).to_owned(),
            module: Some(id),
            is_begin: id == 0,
            files: Vec::new(),
        };
        let edges = |(_, imported): &(&str, &[usize])| {
            imported.iter().map(|&to| (0, 0, to)).collect::<Vec<_>>()
        };
        PackageSet {
            list: graph.iter().enumerate().map(package).collect(),
            edges: graph.iter().map(edges).collect(),
            ..PackageSet::default()
        }
    }

    #[test]
    fn the_shortest_way_is_shown_and_none_where_nothing_leads() {
        let packages = packages(&[
            ("m", &[1, 2]),
            ("a", &[2, 3]),
            ("b", &[1, 4]),
            ("c", &[4]),
            ("d", &[0]),
            ("idle", &[4]),
        ]);
        let way = |path, roots: &[&str]| chain(&packages, roots, path).map(|way| way.join(" "));
        assert_eq!(way("m", &[]).as_deref(), Some("m"));
        assert_eq!(way("d", &[]).as_deref(), Some("m b d"));
        assert_eq!(way("idle", &[]), None);
        assert_eq!(way("idle", &["idle"]).as_deref(), Some("idle"));
        assert_eq!(way("unknown", &[]), None);
    }
}
