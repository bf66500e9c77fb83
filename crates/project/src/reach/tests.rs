//! One walk for all builds, against a walk for each.

use super::PackageReach;
use crate::configurations::{KnownConfigurations, PORTS};
use crate::imports::{GoFile, ImportedPackage, PackageId, PackageSet};
use crate::source::{BuildConstraint, parse};
use proptest::prelude::*;

const CONSTRAINTS: [&str; 8] = [
    "",
    "linux",
    "!windows",
    "cgo",
    "arm64 && !cgo",
    "unix || wasm",
    "custom || darwin",
    "linux && windows",
];

const PACKAGES: usize = 6;

/// Imports: from, to, and the constraint of a file of its own.
type Imports = Vec<(PackageId, PackageId, usize)>;

fn packages(imports: &Imports) -> PackageSet {
    let mut packages = PackageSet::default();
    for id in 0..PACKAGES {
        let (mut files, mut edges) = (Vec::new(), Vec::new());
        for &(_, to, constraint) in imports.iter().filter(|(from, ..)| *from == id) {
            let line = match CONSTRAINTS[constraint] {
                "" => String::new(),
                words => format!("//go:build {words}\n\n"),
            };
            let source = format!("{line}package x\nimport \"example.com/p{to}\"\n");
            edges.push((files.len(), 0, to));
            files.push(GoFile::new("x.go", parse(source.as_bytes()).unwrap()));
        }
        packages.list.push(ImportedPackage {
            path: format!("example.com/p{id}"),
            module: Some(id),
            is_begin: id == 0,
            files,
        });
        packages.edges.push(edges);
    }
    packages
}

/// What the main module reaches in one build.
fn reached(
    packages: &PackageSet,
    universe: &KnownConfigurations,
    port: (&str, &str),
    cgo: bool,
) -> Vec<bool> {
    let mut met = vec![false; PACKAGES];
    let mut open = vec![0];
    while let Some(id) = open.pop() {
        if std::mem::replace(&mut met[id], true) {
            continue;
        }
        for &(file, _, to) in &packages.edges[id] {
            let constraint = packages.list[id].files[file].constraint.as_ref();
            if constraint.is_none_or(|constraint| universe.holds(constraint, port, cgo)) {
                open.push(to);
            }
        }
    }
    met
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_walk_finds_what_a_walk_for_each_build_finds(
        imports in proptest::collection::vec((0..PACKAGES, 0..PACKAGES, 0..CONSTRAINTS.len()), 0..14),
    ) {
        let packages = packages(&imports);
        let reach = PackageReach::of(&packages, &[], 21);
        let universe = KnownConfigurations::new(std::iter::empty::<&BuildConstraint>(), 21);
        for port in PORTS {
            for cgo in [true, false] {
                let naive = reached(&packages, &universe, port, cgo);
                let ours: Vec<bool> = (0..PACKAGES).map(|id| reach.is_built(id, port, cgo)).collect();
                prop_assert_eq!(&ours, &naive, "{:?} {}", port, cgo);
            }
        }
    }
}
