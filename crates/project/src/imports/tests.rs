//! Walks over modules that are written down in the test.

use super::{DirectoryListing, GoFile, PackageDirectory, PackageLoader, PackageSet, PackageStep};
use crate::configurations::BuildScope;
use crate::reach::{ImportNeed, PackageReach};
use crate::source::parse;
use std::collections::BTreeMap;

/// Files by module path and by path below the module.
type Tree<'a> = &'a [(&'a str, &'a str, &'a str)];

fn files(tree: Tree<'_>, module: &str, directory: &str) -> Vec<GoFile> {
    let here = tree.iter().filter(|(owner, ..)| *owner == module);
    here.filter_map(|(_, path, source)| {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        (parent == directory).then(|| GoFile::new(name, parse(source.as_bytes()).unwrap()))
    })
    .collect()
}

/// Walks from the main module's directories; gives the packages and what was asked for.
fn walk(modules: &[&str], tree: Tree<'_>) -> (PackageSet, Vec<PackageDirectory>) {
    let mut loader = PackageLoader::new(modules.iter().map(|path| (*path).to_owned()));
    let own = tree.iter().filter(|(owner, ..)| *owner == modules[0]);
    let directories =
        own.map(|(_, path, _)| path.rsplit_once('/').map_or("", |(parent, _)| parent));
    for directory in directories.collect::<std::collections::BTreeSet<_>>() {
        loader.begin_at(directory, files(tree, modules[0], directory));
    }
    let mut asked = Vec::new();
    loop {
        match loader.step() {
            PackageStep::Done(packages) => return (packages, asked),
            PackageStep::Need(directories) => {
                for directory in directories {
                    asked.push(directory.clone());
                    let module = modules[directory.module];
                    let listing = match module {
                        "example.com/lost" => DirectoryListing::Unknown("not there".to_owned()),
                        module => DirectoryListing::Files(files(tree, module, &directory.path)),
                    };
                    loader.supply(directory, listing);
                }
            }
        }
    }
}

fn places(packages: &PackageSet) -> BTreeMap<&str, Option<usize>> {
    let list = packages.list.iter();
    list.map(|package| (package.path.as_str(), package.module))
        .collect()
}

const MAIN: &str = "example.com/main";

#[test]
fn the_longest_prefix_that_has_files_owns_a_package() {
    let tree = [
        (
            MAIN,
            "a.go",
            "package a; import (\"fmt\"; \"example.com/x/sub/p\"; \"example.com/x/sub/q\"; \"example.com/none\")",
        ),
        (
            MAIN,
            "b/b_test.go",
            "package b; import \"example.com/main\"",
        ),
        ("example.com/x", "sub/q/q.go", "package q"),
        ("example.com/x", "sub/p/p.go", "package p"),
        (
            "example.com/x/sub",
            "p/p.go",
            "package p; import \"C\"; import \"example.com/main/b\"",
        ),
    ];
    let (packages, asked) = walk(&[MAIN, "example.com/x", "example.com/x/sub"], &tree);
    let expected = [
        ("example.com/main", Some(0)),
        ("example.com/main/b", Some(0)),
        ("example.com/none", None),
        ("example.com/x/sub/p", Some(2)),
        ("example.com/x/sub/q", Some(1)),
    ];
    assert_eq!(places(&packages), expected.into());
    // The shorter prefix is looked at only where the longer one has nothing.
    let shorter: Vec<_> = asked
        .iter()
        .filter(|directory| directory.module == 1)
        .collect();
    assert_eq!(shorter.len(), 1);
}

#[test]
fn tests_of_others_and_files_that_are_never_built_are_not_followed() {
    let tree = [
        (MAIN, "a.go", "package a; import \"example.com/x\""),
        ("example.com/x", "x.go", "package x"),
        (
            "example.com/x",
            "x_test.go",
            "package x; import \"example.com/y\"",
        ),
        (
            "example.com/x",
            "gen.go",
            "//go:build ignore\n\npackage main\nimport \"example.com/y\"",
        ),
    ];
    let (packages, _) = walk(&[MAIN, "example.com/x", "example.com/y"], &tree);
    assert_eq!(places(&packages).len(), 2);
}

#[test]
fn no_import_leads_out_of_a_module() {
    let source = "package a; import (\"example.com/x/../../etc\"; \"example.com/x//y\"; \"./z.w\"; \"example.com/x/.\")";
    let (packages, asked) = walk(&[MAIN, "example.com/x"], &[(MAIN, "a.go", source)]);
    assert_eq!(asked, []);
    let lost = packages
        .list
        .iter()
        .filter(|package| package.module.is_none());
    assert_eq!(lost.count(), 4);
}

#[test]
fn what_could_not_be_read_stays_visible() {
    let tree = [(
        MAIN,
        "a.go",
        "package a; import (\"example.com/lost/a\"; \"example.com/lost/b\")",
    )];
    let (packages, _) = walk(&[MAIN, "example.com/lost"], &tree);
    assert_eq!(packages.unknown, [(1, "not there".to_owned())]);
}

#[test]
fn needs_are_told_apart_through_other_packages() {
    let tree = [
        (MAIN, "a.go", "package a; import \"example.com/code\""),
        (
            MAIN,
            "a_windows.go",
            "package a; import \"example.com/windows\"",
        ),
        (MAIN, "a_test.go", "package a; import \"example.com/tests\""),
        (
            MAIN,
            "tagged.go",
            "//go:build integration\n\npackage a\nimport \"example.com/tagged\"",
        ),
        (
            "example.com/code",
            "a.go",
            "package code; import \"example.com/below\"",
        ),
        (
            "example.com/code",
            "l_linux.go",
            "package code; import \"example.com/linux\"",
        ),
        (
            "example.com/windows",
            "a.go",
            "package w; import (\"example.com/below/w\"; \"example.com/linux\")",
        ),
        (
            "example.com/windows",
            "l_linux.go",
            "package w; import \"example.com/never\"",
        ),
        (
            "example.com/tests",
            "a.go",
            "package t; import \"example.com/below/t\"",
        ),
        ("example.com/tagged", "a.go", "package t"),
        ("example.com/below", "a.go", "package b"),
        ("example.com/below", "w/a.go", "package b"),
        ("example.com/below", "t/a.go", "package b"),
        ("example.com/linux", "a.go", "package l"),
        ("example.com/never", "a.go", "package n"),
    ];
    let modules = [
        MAIN,
        "example.com/code",
        "example.com/windows",
        "example.com/tests",
        "example.com/tagged",
        "example.com/below",
        "example.com/linux",
        "example.com/never",
    ];
    let (packages, _) = walk(&modules, &tree);
    let reach = PackageReach::of(&packages, &[], 21);
    let need = |wanted: &str| {
        let id = packages
            .list
            .iter()
            .position(|package| package.path == wanted);
        reach.package(id.unwrap())
    };
    let windows = || BuildScope::Systems(vec!["windows"]);
    assert_eq!(
        need("example.com/code"),
        ImportNeed::Code(BuildScope::Everywhere)
    );
    assert_eq!(
        need("example.com/below"),
        ImportNeed::Code(BuildScope::Everywhere)
    );
    assert_eq!(need("example.com/below/w"), ImportNeed::Code(windows()));
    assert_eq!(
        need("example.com/below/t"),
        ImportNeed::Tests(BuildScope::Everywhere)
    );
    assert_eq!(
        need("example.com/tagged"),
        ImportNeed::Code(BuildScope::Tags(vec!["integration".to_owned()]))
    );
    let linux = BuildScope::Systems(vec!["android", "linux", "windows"]);
    assert_eq!(need("example.com/linux"), ImportNeed::Code(linux));
    assert_eq!(need("example.com/never"), ImportNeed::Nobody);
    let modules = reach.modules(&packages);
    assert_eq!(modules[&5], ImportNeed::Code(BuildScope::Everywhere));
    assert_eq!(modules[&2], ImportNeed::Code(windows()));
}

#[test]
fn tools_are_needed_as_code_is() {
    let tree = [
        (MAIN, "a.go", "package a"),
        (
            "example.com/tool",
            "cmd/main.go",
            "package main; import \"example.com/below\"",
        ),
        ("example.com/below", "b.go", "package b"),
    ];
    let modules = [MAIN, "example.com/tool", "example.com/below"].map(str::to_owned);
    let mut loader = PackageLoader::new(modules.clone());
    loader.begin_at("", files(&tree, MAIN, ""));
    loader.begin_at_path("example.com/tool/cmd");
    let packages = loop {
        match loader.step() {
            PackageStep::Done(packages) => break packages,
            PackageStep::Need(needed) => {
                for directory in needed {
                    let found = files(&tree, &modules[directory.module], &directory.path);
                    loader.supply(directory, DirectoryListing::Files(found));
                }
            }
        }
    };
    let needs =
        |roots: &[&str]| PackageReach::of(&packages, roots, 21).modules(&packages)[&2].clone();
    assert_eq!(
        needs(&["example.com/tool/cmd"]),
        ImportNeed::Code(BuildScope::Everywhere)
    );
    assert_eq!(needs(&[]), ImportNeed::Nobody);
}
