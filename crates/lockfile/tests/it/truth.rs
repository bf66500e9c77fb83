//! Every tool was asked what its lock file locks; here the readers are asked the same.

use crate::fixtures::{self, Fixture};
use lockfile::{LockedPackage, Lockfile, LockfileFormat, LockfileKind, PackageSource};
use std::collections::BTreeSet;

/// What is locked of others, as the tool that wrote the file names it.
fn locked(lockfile: &Lockfile) -> BTreeSet<String> {
    let packages = lockfile.packages.iter();
    let is_listed = |source| matches!(source, PackageSource::Registry | PackageSource::Bundled);
    packages
        .filter(|package| is_listed(package.source))
        .map(|package| {
            let name = match lockfile.format {
                // These list an alias by the name that it is installed under.
                LockfileFormat::Npm(_) | LockfileFormat::YarnClassic => package.installed_as(),
                _ => &*package.name,
            };
            format!("{name}@{}", package.version.as_ref().unwrap().value)
        })
        .collect()
}

/// What the tool said, without the project's own packages.
fn truth(fixture: &Fixture) -> BTreeSet<String> {
    let stem = fixture.name.split('.').next().unwrap();
    let text = fixtures::text(fixture.project, &format!("{stem}.truth"));
    let ours = [
        "@example/left@1.2.0",
        "right@2.0.0",
        "folder@1.0.0",
        "packed@1.0.0",
    ];
    let lines = text.lines().filter(|line| !ours.contains(line));
    lines.map(str::to_owned).collect()
}

#[test]
fn readers_and_tools_name_the_same_packages() {
    for fixture in fixtures::all() {
        let ours = locked(&fixture.read());
        let theirs = truth(&fixture);
        let what = format!("{}/{}", fixture.project, fixture.name);
        println!("{what}: {} packages", theirs.len());
        assert!(!theirs.is_empty(), "{what}");
        let missing: Vec<_> = theirs.difference(&ours).collect();
        let invented: Vec<_> = ours.difference(&theirs).collect();
        assert!(missing.is_empty(), "{what} lacks {missing:?}");
        assert!(invented.is_empty(), "{what} invents {invented:?}");
    }
}

#[test]
fn formats_are_told_with_their_version() {
    let format = |name| fixtures::one("site", name).read().format.to_string();
    assert_eq!(format("npm1.json"), "npm 1");
    assert_eq!(format("npm3.json"), "npm 3");
    assert_eq!(format("yarn1.lock"), "yarn 1");
    assert_eq!(format("yarn3.lock"), "yarn berry 6");
    assert_eq!(format("yarn4.lock"), "yarn berry 8");
    assert_eq!(format("pnpm7.yaml"), "pnpm 5.4");
    assert_eq!(format("pnpm8.yaml"), "pnpm 6.0");
    assert_eq!(format("pnpm10.yaml"), "pnpm 9.0");
}

fn find<'l>(lockfile: &'l Lockfile, name: &str) -> &'l LockedPackage {
    let mut packages = lockfile.packages.iter();
    packages.find(|package| package.name == name).unwrap()
}

#[test]
fn entries_and_values_have_exact_places() {
    for fixture in fixtures::all() {
        let text = fixture.text();
        let lines: Vec<&str> = text.lines().collect();
        let stretch = |span: finding::FileSpan| {
            assert_eq!(span.line, span.end_line, "{}", fixture.name);
            let line = lines[span.line as usize - 1];
            &line[span.column as usize - 1..span.end_column as usize - 1]
        };
        for package in &fixture.read().packages {
            let name = package.installed_as();
            assert!(
                stretch(package.span).contains(name),
                "{name} in {}",
                fixture.name
            );
            if let Some(version) = &package.version {
                assert!(stretch(version.span).contains(&version.value), "{name}");
            }
            if let Some(span) = package.integrity.span {
                let written = stretch(span);
                let is_in = |sri: &lockfile::Sri| written.contains(&sri.to_string());
                let is_there = package.integrity.hashes.iter().any(is_in);
                // Of a file of the project yarn 1 only has the hash in its address.
                assert!(is_there || written.starts_with("\"file:"), "{name}");
            }
        }
    }
}

#[test]
fn an_alias_keeps_both_of_its_names() {
    for fixture in fixtures::all().filter(|fixture| fixture.project == "site") {
        let lockfile = fixture.read();
        let package = find(&lockfile, "lodash");
        if lockfile.format.kind() != LockfileKind::Pnpm {
            assert_eq!(package.installed_as(), "lodash-four", "{}", fixture.name);
        }
        assert_eq!(package.source, PackageSource::Registry);
    }
}

#[test]
fn development_and_optional_packages_are_told_where_the_file_tells() {
    let lockfile = fixtures::one("site", "npm3.json").read();
    assert!(find(&lockfile, "mocha").is_dev);
    assert!(!find(&lockfile, "express").is_dev);
    assert!(find(&lockfile, "fsevents").is_optional);
    let lockfile = fixtures::one("site", "pnpm9.yaml").read();
    assert!(find(&lockfile, "fsevents").is_optional);
}

#[test]
fn what_packages_need_is_kept_as_written() {
    for fixture in fixtures::all().filter(|fixture| fixture.project == "site") {
        let lockfile = fixture.read();
        let mut needed = find(&lockfile, "body-parser").dependencies.iter();
        let bytes = needed.find(|dependency| dependency.name == "bytes");
        let wanted = &bytes.unwrap().wanted;
        let expected = match lockfile.format {
            LockfileFormat::Pnpm { .. } => "3.1.2",
            LockfileFormat::YarnBerry(ref version) if version == "8" => "npm:~3.1.2",
            _ => "~3.1.2",
        };
        assert_eq!(wanted, expected, "{}", fixture.name);
    }
}

#[test]
fn manifests_that_a_lock_repeats_are_read() {
    for fixture in fixtures::all().filter(|fixture| fixture.project == "workspaces") {
        let lockfile = fixture.read();
        let mut paths: Vec<&str> = lockfile.roots.iter().map(|root| &*root.path).collect();
        paths.sort_unstable();
        match lockfile.format {
            LockfileFormat::Npm(1) | LockfileFormat::YarnClassic => assert!(paths.is_empty()),
            _ => assert_eq!(paths, ["", "packages/left", "packages/right"]),
        }
    }
}

#[test]
fn line_endings_of_windows_change_nothing() {
    for fixture in fixtures::all() {
        let text = fixture.text().replace('\n', "\r\n");
        assert_eq!(fixture.read_as(&text), fixture.read(), "{}", fixture.name);
    }
}
