//! Uses of projects that are written down in the test.

use super::{BuildModule, PackageUse, ProjectUses};
use crate::imports::{DirectoryListing, GoFile, PackageLoader, PackageStep};
use crate::source::parse;
use std::collections::BTreeSet;

const MAIN: &str = "example.com/main";
const LIB: &str = "example.com/lib";

/// Files of modules: the module, the path below it, the source.
type Tree<'a> = &'a [(&'a str, &'a str, &'a str)];

fn files(tree: Tree<'_>, module: &str, directory: &str) -> Vec<GoFile> {
    let here = tree.iter().filter(|(owner, ..)| *owner == module);
    here.filter_map(|(_, path, source)| {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        (parent == directory).then(|| GoFile::new(name, parse(source.as_bytes()).unwrap()))
    })
    .collect()
}

/// The uses of a project; a module without files could not be read. Modules are the path, and the
/// path of what replaces it.
fn uses(modules: &[(&str, &str)], tools: &[&str], tree: Tree<'_>) -> ProjectUses {
    uses_on(&[], modules, tools, tree)
}

/// The same where it is built for these systems.
fn uses_on(
    systems: &[&str],
    modules: &[(&str, &str)],
    tools: &[&str],
    tree: Tree<'_>,
) -> ProjectUses {
    let systems: Vec<String> = systems.iter().map(|&name| name.to_owned()).collect();
    let mut loader = PackageLoader::new(modules.iter().map(|(path, _)| (*path).to_owned()));
    let own = tree.iter().filter(|(owner, ..)| *owner == MAIN);
    let parents = own.map(|(_, path, _)| path.rsplit_once('/').map_or("", |(parent, _)| parent));
    let matched = parents.filter(|parent| !parent.contains("testdata"));
    for directory in matched.collect::<BTreeSet<_>>() {
        loader.begin_at(directory, files(tree, MAIN, directory));
    }
    for tool in tools {
        loader.begin_at_path(tool);
    }
    let packages = loop {
        match loader.step() {
            PackageStep::Done(packages) => break packages,
            PackageStep::Need(directories) => {
                for directory in directories {
                    let module = modules[directory.module].0;
                    let is_there = tree.iter().any(|(owner, ..)| *owner == module);
                    let found = files(tree, module, &directory.path);
                    let listing = if is_there {
                        DirectoryListing::Files(found)
                    } else {
                        DirectoryListing::Unknown("its zip is not to be had".to_owned())
                    };
                    loader.supply(directory, listing);
                }
            }
        }
    };
    let modules = modules.iter().map(|(path, actual)| BuildModule {
        path: (*path).to_owned(),
        actual: (*actual).to_owned(),
    });
    ProjectUses::of(packages, modules.collect(), &[], 21, &systems)
}

fn built(package: &str) -> PackageUse {
    PackageUse::Built {
        package: package.to_owned(),
    }
}

fn beside(package: &str, by: &str) -> PackageUse {
    PackageUse::Beside {
        package: package.to_owned(),
        by: by.to_owned(),
    }
}

const TREE: Tree<'_> = &[
    (MAIN, "a.go", "package a; import \"example.com/lib/used\""),
    (
        MAIN,
        "a_test.go",
        "package a; import \"example.com/lib/tested\"",
    ),
    (
        MAIN,
        "a_windows.go",
        "package a; import \"example.com/lib/win\"",
    ),
    (
        MAIN,
        "tools.go",
        "//go:build tools\n\npackage a\nimport \"example.com/lib/tagged\"",
    ),
    (
        LIB,
        "used/u.go",
        "package used; import \"example.com/lib/below\"",
    ),
    (LIB, "below/b.go", "package below"),
    (LIB, "tested/t.go", "package tested"),
    (LIB, "tagged/t.go", "package tagged"),
    (LIB, "win/w.go", "package win"),
    (LIB, "tool/t.go", "package main"),
    (LIB, "idle/i.go", "package idle"),
];

#[test]
fn a_package_is_built_reached_beside_or_nowhere() {
    let uses = uses(&[(MAIN, MAIN), (LIB, LIB)], &["example.com/lib/tool"], TREE);
    let find = |name: &str| uses.find(LIB, &[&*format!("{LIB}/{name}")]);
    assert_eq!(find("used"), built("example.com/lib/used"));
    assert_eq!(find("below"), built("example.com/lib/below"));
    assert_eq!(find("win"), built("example.com/lib/win"));
    assert_eq!(find("tested"), beside("example.com/lib/tested", "tests"));
    let tagged = beside("example.com/lib/tagged", "files with the build tags tools");
    assert_eq!(find("tagged"), tagged);
    assert!(matches!(find("tool"), PackageUse::Beside { by, .. } if by.starts_with("tools")));
    assert_eq!(find("idle"), PackageUse::Nowhere);
    assert_eq!(find("gone"), PackageUse::Nowhere);
    // One that is built says more than others that are not; none named are all.
    let two = ["example.com/lib/idle", "example.com/lib/below"];
    assert_eq!(uses.find(LIB, &two), built("example.com/lib/below"));
    assert!(matches!(uses.find(LIB, &[]), PackageUse::Built { .. }));
    assert_eq!(uses.find("example.com/other", &[]), PackageUse::Nowhere);
}

#[test]
fn what_is_built_is_built_for_the_systems_that_are_named() {
    let find = |systems: &[&str], path: &str| {
        let uses = uses_on(systems, &[(MAIN, MAIN), (LIB, LIB)], &[], TREE);
        uses.find(LIB, &[path])
    };
    let win = "example.com/lib/win";
    let elsewhere = beside(win, "builds for other systems: GOOS windows");
    assert_eq!(find(&["linux", "darwin"], win), elsewhere);
    assert_eq!(find(&["linux", "windows"], win), built(win));
    let below = "example.com/lib/below";
    assert_eq!(find(&["plan9"], below), built(below));
}

#[test]
fn a_fork_is_imported_by_the_name_of_what_it_stands_in_for() {
    let uses = uses(&[(MAIN, MAIN), (LIB, "example.com/fork")], &[], TREE);
    let found = uses.find("example.com/fork", &["example.com/fork/used"]);
    assert_eq!(found, built("example.com/lib/used"));
    let idle = uses.find("example.com/fork", &["example.com/fork/idle"]);
    assert_eq!(idle, PackageUse::Nowhere);
}

#[test]
fn nothing_is_nowhere_where_something_could_not_be_read() {
    let lost = (MAIN, "lost.go", "package a; import \"example.com/lost\"");
    let tree: Vec<_> = TREE.iter().copied().chain([lost]).collect();
    let modules = [
        (MAIN, MAIN),
        (LIB, LIB),
        ("example.com/lost", "example.com/lost"),
    ];
    let uses_of = uses(&modules, &[], &tree);
    let find = |name: &str| uses_of.find(LIB, &[&*format!("{LIB}/{name}")]);
    assert_eq!(find("used"), built("example.com/lib/used"));
    let why = "example.com/lost: its zip is not to be had".to_owned();
    assert_eq!(find("idle"), PackageUse::Unknown { why: why.clone() });
    // What was only met beside a build may be in one by way of what is missing.
    assert_eq!(find("tested"), PackageUse::Unknown { why });

    let generated = (MAIN, "g.go", "package a; import \"example.com/main/gen\"");
    let tree: Vec<_> = TREE.iter().copied().chain([generated]).collect();
    let found = uses(&[(MAIN, MAIN), (LIB, LIB)], &[], &tree);
    let why = "example.com/main/gen is imported, and is not in the checkout".to_owned();
    let idle = ["example.com/lib/idle"];
    assert_eq!(found.find(LIB, &idle), PackageUse::Unknown { why });
}

#[test]
fn a_package_of_ones_own_that_no_pattern_matches_is_followed_where_it_is_imported() {
    let own = [
        (
            MAIN,
            "b/b_test.go",
            "package b; import \"example.com/main/testdata/t\"",
        ),
        (
            MAIN,
            "testdata/t/t.go",
            "package t; import \"example.com/lib/idle\"",
        ),
    ];
    let tree: Vec<_> = TREE.iter().chain(&own).copied().collect();
    let uses = uses(&[(MAIN, MAIN), (LIB, LIB)], &[], &tree);
    let idle = uses.find(LIB, &["example.com/lib/idle"]);
    assert_eq!(idle, beside("example.com/lib/idle", "tests"));
}

#[test]
fn gos_own_packages_are_followed_into_each_other() {
    let tree = [
        (
            MAIN,
            "a.go",
            "package a; import (\"net/http\"; \"example.com/lib\")",
        ),
        (MAIN, "a_test.go", "package a; import \"net/http/cgi\""),
        (
            MAIN,
            "t.go",
            "//go:build debug\n\npackage a\nimport \"net/http/pprof\"",
        ),
        (LIB, "l_plan9.go", "package lib; import \"image/gif\""),
        (LIB, "l_test.go", "package lib; import \"image/jpeg\""),
    ];
    let uses = uses(&[(MAIN, MAIN), (LIB, LIB)], &[], &tree);
    let find = |path: &str| uses.find("stdlib", &[path]);
    for package in [
        "net/http",
        "crypto/tls",
        "image/gif",
        "runtime",
        "internal/abi",
    ] {
        assert_eq!(find(package), built(package), "{package}");
    }
    assert!(matches!(find("net/http/cgi"), PackageUse::Beside { .. }));
    assert!(matches!(find("net/http/pprof"), PackageUse::Beside { .. }));
    assert_eq!(find("image/jpeg"), PackageUse::Nowhere);
    assert!(matches!(find("net/no"), PackageUse::Unknown { .. }));
    assert_eq!(uses.find("stdlib", &[]), built("runtime"));
}

#[test]
fn a_module_without_a_dot_in_its_path_is_no_package_of_gos_own() {
    let tree = [
        (MAIN, "a.go", "package a; import \"lib/used\""),
        ("lib", "used/u.go", "package used"),
    ];
    let uses = uses(&[(MAIN, MAIN), ("lib", "lib")], &[], &tree);
    assert_eq!(uses.find("lib", &["lib/used"]), built("lib/used"));
}
