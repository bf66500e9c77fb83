//! Locks beside their package.json, as the tools made them and after somebody edited one of both.

use crate::fixtures::{self, Fixture};
use finding::Finding;
use lockfile::{
    LockfileKind, PackageManifest,
    audit::{LockExpectation, audit},
};

const WORKSPACES: [&str; 3] = [
    "package.json",
    "packages/left/package.json",
    "packages/right/package.json",
];

fn of_site() -> impl Iterator<Item = Fixture> {
    fixtures::all().filter(|fixture| fixture.project == "site")
}

fn against(fixture: &Fixture, manifests: &[(&str, String)]) -> Vec<Finding> {
    let manifests = manifests.iter();
    let manifests =
        manifests.map(|(file, text)| PackageManifest::read(file, text.as_bytes()).unwrap());
    let expected = LockExpectation {
        manifests: manifests.collect(),
        ..LockExpectation::default()
    };
    audit(&fixture.read(), &expected)
}

fn edited(fixture: &Fixture, from: &str, to: &str) -> Vec<Finding> {
    let text = fixtures::text("site", "package.json");
    assert!(text.contains(from));
    against(fixture, &[("package.json", text.replace(from, to))])
}

#[test]
fn a_lock_fits_what_it_was_made_for() {
    for fixture in of_site() {
        assert_eq!(edited(&fixture, "mocha", "mocha"), [], "{}", fixture.name);
    }
    for fixture in fixtures::all().filter(|fixture| fixture.project == "sources") {
        let manifest = fixtures::text("sources", "package.json");
        let mut findings = against(&fixture, &[("package.json", manifest)]);
        findings.retain(|finding| finding.rule.id != "lock/integrity-weak");
        assert_eq!(findings, [], "{}", fixture.name);
    }
    for fixture in fixtures::all().filter(|fixture| fixture.project == "workspaces") {
        let manifests = WORKSPACES.map(|file| (file, fixtures::text("workspaces", file)));
        assert_eq!(against(&fixture, &manifests), [], "{}", fixture.name);
    }
}

#[test]
fn a_new_dependency_is_not_in_the_lock() {
    for fixture in of_site() {
        let findings = edited(&fixture, r#""mocha""#, r#""chai": "^5", "mocha""#);
        assert_eq!(findings.len(), 1, "{}", fixture.name);
        assert_eq!(findings[0].rule.id, "lock/manifest-missing");
        assert_eq!(findings[0].subject, "chai");
        assert_eq!(findings[0].place.to_string(), "package.json:11:5");
    }
}

#[test]
fn another_range_is_not_the_one_of_the_lock() {
    for fixture in of_site().filter(|fixture| fixture.name != "npm1.json") {
        let findings = edited(&fixture, "^4.19.0", "^4.20.0");
        assert_eq!(findings.len(), 1, "{}: {findings:?}", fixture.name);
        assert_eq!(findings[0].rule.id, "lock/manifest-differs");
        assert_eq!(findings[0].subject, "express");
    }
}

#[test]
fn what_only_the_lock_asks_for_is_found_where_it_says_so() {
    for fixture in of_site() {
        let findings = edited(&fixture, r#""mocha": "10.4.0""#, "");
        let says_so = !["npm1.json", "yarn1.lock"].contains(&fixture.name);
        let found: Vec<_> = findings
            .iter()
            .map(|one| (one.rule.id, &*one.subject))
            .collect();
        let expected = [("lock/manifest-differs", "mocha")];
        assert_eq!(
            found,
            expected.get(..usize::from(says_so)).unwrap(),
            "{}",
            fixture.name
        );
    }
}

#[test]
fn a_range_that_pnpm_replaced_is_not_the_one_of_package_json() {
    let hash =
        "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
    let with = |overrides: &str| {
        let text = format!(
            "lockfileVersion: '9.0'\n{overrides}importers:\n  .:\n    dependencies:\n      a:\n        specifier: 1.0.1\n        version: 1.0.1\npackages:\n  a@1.0.1:\n    resolution: {{integrity: sha512-{hash}}}\nsnapshots:\n  a@1.0.1: {{}}\n"
        );
        let lock = lockfile::read(LockfileKind::Pnpm, "pnpm-lock.yaml", text.as_bytes()).unwrap();
        let manifest = br#"{"dependencies": {"a": "^1.0.0"}}"#;
        let expected = LockExpectation {
            manifests: vec![PackageManifest::read("package.json", manifest).unwrap()],
            ..LockExpectation::default()
        };
        audit(&lock, &expected).len()
    };
    assert_eq!(with(""), 1);
    assert_eq!(with("overrides:\n  b>a@1: 1.0.1\n"), 0);
}

#[test]
fn a_package_json_that_the_lock_does_not_know_is_found() {
    let fixture = fixtures::one("workspaces", "pnpm9.yaml");
    let text = fixtures::text("workspaces", WORKSPACES[1]);
    let findings = against(&fixture, &[("packages/new/package.json", text)]);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule.id, "lock/manifest-missing");
    assert_eq!(findings[0].place.to_string(), "packages/new/package.json");
}
