//! Each rule, with a case that it is for and one that it is not for.

use crate::fixtures;
use lockfile::{
    Lockfile, LockfileKind, PackageManifest, RULES,
    audit::{LockExpectation, audit},
    compare::{against, changed},
};
use std::collections::BTreeSet;

const SHA512: &str = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
const OTHER: &str = "sha512-AAAANX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
const SHA1: &str = "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=";
const HOST: &str = "https://registry.example.com";

/// A lock of npm with these entries under `packages`.
fn npm(entries: &str) -> Lockfile {
    let text = format!(r#"{{"lockfileVersion": 3, "packages": {{{entries}}}}}"#);
    lockfile::read(LockfileKind::Npm, "package-lock.json", text.as_bytes()).unwrap()
}

/// An entry that nothing is wrong with, but for the fields that are given.
fn entry(path: &str, resolved: &str, more: &str) -> String {
    format!(r#""node_modules/{path}": {{"version": "1.0.0", "resolved": "{resolved}"{more}}}"#)
}

fn good(name: &str) -> String {
    let resolved = format!("{HOST}/{name}/-/{name}-1.0.0.tgz");
    entry(name, &resolved, &hash(SHA512))
}

fn hash(integrity: &str) -> String {
    format!(r#", "integrity": "{integrity}""#)
}

fn ids(findings: &[finding::Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.rule.id).collect()
}

fn found(entries: &str) -> Vec<&'static str> {
    ids(&audit(&npm(entries), &LockExpectation::default()))
}

fn found_of(resolved: &str) -> Vec<&'static str> {
    found(&entry("a", resolved, &hash(SHA512)))
}

#[test]
fn every_lock_of_a_real_tool_is_clean() {
    for fixture in fixtures::all() {
        let expected = LockExpectation {
            hosts: vec!["registry.example.com".to_owned()],
            ..LockExpectation::default()
        };
        // Of a file of the project yarn 1 only writes the SHA-1.
        let known: &[&str] = match (fixture.project, fixture.name) {
            ("sources", "yarn1.lock") => &["lock/integrity-weak"],
            _ => &[],
        };
        for expected in [expected, LockExpectation::default()] {
            let findings = audit(&fixture.read(), &expected);
            assert_eq!(
                ids(&findings),
                known,
                "{}/{}",
                fixture.project,
                fixture.name
            );
        }
    }
}

#[test]
fn rules_have_names_of_their_own_and_of_this_step() {
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(names.len(), RULES.len());
    for rule in RULES {
        assert!(rule.id.starts_with("lock/"), "{}", rule.id);
        assert!(
            rule.why.ends_with('.') && rule.next.ends_with('.'),
            "{}",
            rule.id
        );
    }
}

#[test]
fn a_package_without_a_hash_is_found() {
    let resolved = format!("{HOST}/a/-/a-1.0.0.tgz");
    assert_eq!(
        found(&entry("a", &resolved, "")),
        ["lock/integrity-missing"]
    );
    assert_eq!(
        found(&entry("a", &resolved, &hash(" "))),
        ["lock/integrity-missing"]
    );
    assert_eq!(found(&good("a")), Vec::<&str>::new());
}

#[test]
fn what_needs_no_hash_is_not_said_to_lack_one() {
    let bundled = format!(
        r#"{}, "node_modules/a/node_modules/b": {{"version": "1.0.0", "inBundle": true}}"#,
        entry(
            "a",
            &format!("{HOST}/a/-/a-1.0.0.tgz"),
            &format!(r#", "bundleDependencies": ["b"]{}"#, hash(SHA512))
        )
    );
    let link = r#""node_modules/b": {"resolved": "packages/b", "link": true}, "packages/b": {}"#;
    assert_eq!(found(&bundled), Vec::<&str>::new());
    assert_eq!(found(link), Vec::<&str>::new());
}

#[test]
fn a_weak_hash_is_found_unless_a_strong_one_is_beside_it() {
    let resolved = format!("{HOST}/a/-/a-1.0.0.tgz");
    let of = |integrity: &str| found(&entry("a", &resolved, &hash(integrity)));
    assert_eq!(of(SHA1), ["lock/integrity-weak"]);
    assert_eq!(of("md5-1B2M2Y8AsgTpgAmY7PhCfg=="), ["lock/integrity-weak"]);
    assert_eq!(of(&format!("{SHA1} {SHA512}")), Vec::<&str>::new());
}

#[test]
fn what_is_no_hash_is_found() {
    let resolved = format!("{HOST}/a/-/a-1.0.0.tgz");
    for wrong in [
        "sha512-AAAA",
        "sha512-****",
        "sha3-AAAA",
        "abc",
        &SHA512.replace("==", "="),
    ] {
        let entry = entry("a", &resolved, &hash(wrong));
        assert_eq!(found(&entry), ["lock/integrity-malformed"], "{wrong}");
    }
}

#[test]
fn a_version_with_two_hashes_is_found_at_the_second() {
    let resolved = format!("{HOST}/a/-/a-1.0.0.tgz");
    let second = |integrity: &str| entry("b/node_modules/a", &resolved, &hash(integrity));
    let same = format!("{}, {}", good("a"), second(SHA512));
    assert_eq!(found(&same), Vec::<&str>::new());
    let other = format!("{},\n{}", good("a"), second(OTHER));
    let findings = audit(&npm(&other), &LockExpectation::default());
    assert_eq!(ids(&findings), ["lock/integrity-conflict"]);
    assert_eq!(findings[0].place.span.unwrap().line, 2);
    assert_eq!(findings[0].related[0].place.span.unwrap().line, 1);
}

#[test]
fn only_listed_hosts_are_allowed() {
    let lock = npm(&good("a"));
    let with = |hosts: &[&str]| {
        let hosts = hosts.iter().map(|&host| host.to_owned()).collect();
        let expected = LockExpectation {
            hosts,
            ..LockExpectation::default()
        };
        ids(&audit(&lock, &expected))
    };
    assert_eq!(with(&["registry.example.com", "x"]), Vec::<&str>::new());
    assert_eq!(with(&["example.com"]), ["lock/host-not-allowed"]);
    assert_eq!(
        with(&["registry.example.com:8443"]),
        ["lock/host-not-allowed"]
    );
}

#[test]
fn without_a_list_the_host_of_most_packages_is_meant() {
    let other = entry(
        "c",
        "https://evil.example.com/c/-/c-1.0.0.tgz",
        &hash(SHA512),
    );
    let entries = format!("{other}, {}, {}", good("a"), good("b"));
    assert_eq!(found(&entries), ["lock/host-foreign"]);
    // Of as many, the first is.
    let findings = audit(
        &npm(&format!("{},\n{other}", good("a"))),
        &LockExpectation::default(),
    );
    assert_eq!(ids(&findings), ["lock/host-foreign"]);
    assert_eq!(findings[0].place.span.unwrap().line, 2);
}

#[test]
fn what_is_not_encrypted_is_found() {
    let name = "a/-/a-1.0.0.tgz";
    assert_eq!(
        found_of(&format!("http://registry.example.com/{name}")),
        ["lock/not-https"]
    );
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let both = ["lock/source-git", "lock/not-https"];
    for address in [
        "git://example.com/a.git",
        "git+http://example.com/a.git",
        "github:a/b",
    ] {
        assert_eq!(found_of(&format!("{address}#{commit}")), both, "{address}");
    }
    // The key of the host is known to ssh, as its certificate to a browser; a pin is still wanted.
    for address in [
        "git+ssh://git@example.com/a.git",
        "git@example.com:a/b.git",
        "ssh://git@example.com/a.git",
    ] {
        assert_eq!(
            found_of(&format!("{address}#{commit}")),
            ["lock/source-git"],
            "{address}"
        );
        assert_eq!(
            found_of(&format!("{address}#main")),
            ["lock/source-git", "lock/not-pinned"],
            "{address}"
        );
    }
    assert_eq!(
        found_of(&format!("git+https://example.com/a.git#{commit}")),
        ["lock/source-git"]
    );
}

#[test]
fn an_archive_of_no_registry_is_found_unless_its_host_is_listed() {
    let resolved = "https://files.example.com/a.tgz";
    assert_eq!(found_of(resolved), ["lock/source-archive"]);
    let lock = npm(&entry("a", resolved, &hash(SHA512)));
    let hosts = vec!["files.example.com".to_owned()];
    let expected = LockExpectation {
        hosts,
        ..LockExpectation::default()
    };
    assert_eq!(audit(&lock, &expected), []);
}

#[test]
fn files_and_folders_outside_of_the_checkout_are_found() {
    assert_eq!(found_of("file:../a.tgz"), ["lock/source-outside"]);
    assert_eq!(found_of("file:/tmp/a.tgz"), ["lock/source-outside"]);
    assert_eq!(found_of("file:vendor/a.tgz"), Vec::<&str>::new());
    let link = |to: &str| {
        found(&format!(
            r#""node_modules/a": {{"resolved": "{to}", "link": true}}, "{to}": {{}}"#
        ))
    };
    assert_eq!(link("../a"), ["lock/source-outside"]);
    assert_eq!(link("a"), Vec::<&str>::new());
}

#[test]
fn an_address_of_another_package_or_version_is_found() {
    assert_eq!(
        found_of(&format!("{HOST}/evil/-/evil-1.0.0.tgz")),
        ["lock/name-mismatch"]
    );
    assert_eq!(
        found_of(&format!("{HOST}/a/-/evil-1.0.0.tgz")),
        ["lock/name-mismatch"]
    );
    assert_eq!(
        found_of(&format!("{HOST}/a/-/a-1.0.1.tgz")),
        ["lock/version-mismatch"]
    );
    assert_eq!(
        found_of(&format!("{HOST}/@a/a/-/a-1.0.0.tgz")),
        ["lock/name-mismatch"]
    );
}

#[test]
fn an_alias_is_fine_where_somebody_asks_for_it() {
    let name = format!(r#", "name": "real"{}"#, hash(SHA512));
    let alias = entry("alias", &format!("{HOST}/real/-/real-1.0.0.tgz"), &name);
    let manifest = |text: &str| LockExpectation {
        manifests: vec![PackageManifest::read("package.json", text.as_bytes()).unwrap()],
        ..LockExpectation::default()
    };
    let with = |dependencies: &str, more: &str| {
        let root = format!(r#""": {{"dependencies": {{{dependencies}}}}}"#);
        let text = format!(r#"{{"dependencies": {{{dependencies}}}{more}}}"#);
        ids(&audit(&npm(&format!("{root}, {alias}")), &manifest(&text)))
    };
    assert_eq!(
        with(r#""alias": "npm:real@^1.0.0""#, ""),
        Vec::<&str>::new()
    );
    assert_eq!(with(r#""alias": "^1.0.0""#, ""), ["lock/asked-differs"]);
    assert_eq!(
        with(r#""alias": "npm:other@^1.0.0""#, ""),
        ["lock/asked-differs"]
    );
    let overrides = r#", "overrides": {"alias": "npm:real@1.0.0"}"#;
    assert_eq!(with(r#""alias": "^1.0.0""#, overrides), Vec::<&str>::new());
    // Who asks is not known without package.json.
    assert_eq!(found(&alias), Vec::<&str>::new());
}

#[test]
fn a_yarn_entry_that_is_locked_to_another_package_is_found() {
    let of = |key: &str, resolution: &str| {
        let text = format!(
            "__metadata:\n  version: 8\n\n\"{key}\":\n  version: 1.0.0\n  resolution: \"{resolution}\"\n  checksum: 10c0/{}\n",
            "0".repeat(128)
        );
        let lock = lockfile::read(LockfileKind::Yarn, "yarn.lock", text.as_bytes()).unwrap();
        ids(&audit(&lock, &LockExpectation::default()))
    };
    assert_eq!(of("a@npm:^1, a@npm:1", "a@npm:1.0.0"), Vec::<&str>::new());
    assert_eq!(of("b@npm:a@^1", "a@npm:1.0.0"), Vec::<&str>::new());
    assert_eq!(of("a@npm:^1", "evil@npm:1.0.0"), ["lock/name-mismatch"]);
    assert_eq!(
        of("a@npm:^1, b@npm:^1", "a@npm:1.0.0"),
        ["lock/name-mismatch"]
    );
    assert_eq!(of("a@npm:^1", "a@npm:1.0.1"), ["lock/version-mismatch"]);
    let carried = "a@npm:1.0.0::__archiveUrl=http%3A%2F%2Fevil.example.com%2Fa.tgz";
    assert_eq!(of("a@npm:^1", carried), ["lock/not-https"]);
}

#[test]
fn an_alias_of_yarn_1_needs_no_range() {
    let of = |key: &str, name: &str| {
        let text = format!(
            "# yarn lockfile v1\n\n\"{key}\":\n  version \"1.0.0\"\n  resolved \"{HOST}/{name}/-/{name}-1.0.0.tgz\"\n  integrity {SHA512}\n"
        );
        let lock = lockfile::read(LockfileKind::Yarn, "yarn.lock", text.as_bytes()).unwrap();
        ids(&audit(&lock, &LockExpectation::default()))
    };
    assert_eq!(of("b@npm:a", "a"), Vec::<&str>::new());
    assert_eq!(of("b@npm:a@^1", "a"), Vec::<&str>::new());
    assert_eq!(of("b@^1", "a"), ["lock/name-mismatch"]);
    assert_eq!(of("b@^1\", \"a@^1", "b"), ["lock/name-mismatch"]);
}

#[test]
fn what_pins_nothing_is_found() {
    let pinned = "lock/not-pinned";
    let git = "lock/source-git";
    for fragment in ["", "#main", "#semver:^1", "#0123456"] {
        let address = format!("git+https://example.com/a.git{fragment}");
        assert_eq!(found_of(&address), [git, pinned], "{fragment}");
    }
    let open = |version: &str| {
        let version = format!(
            r#""node_modules/a": {{"version": "{version}"{}}}"#,
            hash(SHA512)
        );
        found(&version)
    };
    assert_eq!(open("^1.0.0"), [pinned]);
    assert_eq!(open("1.x"), [pinned]);
    assert_eq!(open("1.0.0-rc.1"), Vec::<&str>::new());
}

#[test]
fn a_hash_that_changed_or_became_weaker_is_found() {
    let resolved = format!("{HOST}/a/-/a-1.0.0.tgz");
    let with = |integrity: &str| npm(&entry("a", &resolved, &hash(integrity)));
    let both = format!("{SHA1} {SHA512}");
    let compare = |old: &str, new: &str| ids(&changed(&with(old), &with(new)));
    for (old, new) in [
        (SHA512, SHA512),
        (SHA1, SHA512),
        (&both, SHA512),
        (SHA512, &both),
    ] {
        assert_eq!(compare(old, new), Vec::<&str>::new(), "{old} {new}");
    }
    for (old, new) in [
        (SHA512, OTHER),
        (SHA512, SHA1),
        (SHA512, " "),
        (&both, OTHER),
    ] {
        assert_eq!(compare(old, new), ["lock/integrity-changed"], "{old} {new}");
    }
}

#[test]
fn a_source_that_changed_is_found() {
    let with = |resolved: &str| npm(&entry("a", resolved, &hash(SHA512)));
    let compare = |old: &str, new: &str| ids(&changed(&with(old), &with(new)));
    let registry = "https://registry.example.com/a/-/a-1.0.0.tgz";
    assert_eq!(compare(registry, registry), Vec::<&str>::new());
    let moved = ["lock/source-changed"];
    assert_eq!(
        compare(registry, "https://evil.example.com/a/-/a-1.0.0.tgz"),
        moved
    );
    assert_eq!(
        compare(registry, "https://registry.example.com/a.tgz"),
        moved
    );
    let repository = |name: &str, digit: &str| {
        format!("git+https://example.com/{name}.git#{}", digit.repeat(40))
    };
    assert_eq!(compare(&repository("a", "0"), &repository("b", "0")), moved);
    assert_eq!(
        compare(&repository("a", "0"), &repository("a", "1")),
        ["lock/commit-changed"]
    );
}

#[test]
fn what_the_registry_says_otherwise_or_not_at_all_is_found() {
    let lock = npm(&good("a"));
    let told = |integrity: Option<&str>| {
        let hash = integrity.map(|text| lockfile::Sri::parse(text).unwrap());
        ids(&against(&lock, |name, version| {
            assert_eq!((name, version), ("a", "1.0.0"));
            hash.clone().map(|hash| vec![hash])
        }))
    };
    assert_eq!(told(Some(SHA512)), Vec::<&str>::new());
    assert_eq!(told(Some(OTHER)), ["lock/integrity-differs"]);
    assert_eq!(told(Some(SHA1)), ["lock/integrity-unproven"]);
    assert_eq!(told(None), ["lock/integrity-unproven"]);
    let yarn = fixtures::one("site", "yarn4.lock").read();
    assert_eq!(
        ids(&against(&yarn, |_, _| None)),
        ["lock/integrity-unproven"]
    );
}
