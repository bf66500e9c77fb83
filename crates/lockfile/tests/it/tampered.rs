//! Files of every format with one hash, host or name changed in them, as somebody would who wants
//! it to pass a review.

use crate::fixtures::{self, Fixture};
use finding::Finding;
use lockfile::{
    Lockfile, LockfileFormat,
    audit::{LockExpectation, audit},
    compare::{against, changed},
    registry::RegistryMetadata,
};
use std::collections::HashMap;

/// A package that is locked in every file of a project, in a version 4.
fn victim(fixture: &Fixture) -> &'static str {
    match fixture.project {
        "sources" => "js-tokens",
        _ => "chalk",
    }
}

/// The text of a fixture with the hash of one package changed in a character, and the line of it.
fn with_other_hash(fixture: &Fixture) -> (String, u32) {
    let text = fixture.text();
    let name = victim(fixture);
    let entries = [
        format!("\"node_modules/{name}\""),
        format!("\"{name}\": {{"),
        format!("\n\"{name}@"),
        format!("\n{name}@"),
        format!("/{name}@4"),
        format!("/{name}/4"),
        format!("  {name}@4"),
    ];
    let entry = entries.iter().find_map(|entry| text.find(entry)).unwrap();
    let marks = ["sha512-", "checksum: 10c0/", "checksum: "];
    let mark = marks
        .iter()
        .find(|mark| text[entry..].contains(**mark))
        .unwrap();
    let at = entry + text[entry..].find(*mark).unwrap() + mark.len() + 3;
    let other = if &text[at..=at] == "0" { "1" } else { "0" };
    let line = text[..at].matches('\n').count() + 1;
    let tampered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
    (tampered, u32::try_from(line).unwrap())
}

#[test]
fn a_tampered_hash_is_found_offline_in_every_format() {
    for fixture in fixtures::all() {
        let (text, line) = with_other_hash(&fixture);
        let findings = changed(&fixture.read(), &fixture.read_as(&text));
        let what = format!("{}/{}", fixture.project, fixture.name);
        assert_eq!(findings.len(), 1, "{what}: {findings:#?}");
        assert_eq!(findings[0].rule.id, "lock/integrity-changed", "{what}");
        let subject = format!("{}@4.", victim(&fixture));
        assert!(findings[0].subject.starts_with(&subject), "{what}");
        assert_eq!(findings[0].place.span.unwrap().line, line, "{what}");
    }
}

#[test]
fn a_lock_that_did_not_change_is_not_found() {
    for fixture in fixtures::all() {
        assert_eq!(changed(&fixture.read(), &fixture.read()), []);
    }
}

/// What changed between locks of two tools, without the archive of the project's own: of that yarn 1
/// has a weaker hash than the others, which is rightly said.
fn changed_between(old: &Lockfile, new: &Lockfile) -> Vec<Finding> {
    let mut findings = changed(old, new);
    findings.retain(|finding| finding.subject != "packed@1.0.0");
    findings
}

#[test]
fn locks_of_different_tools_are_compared_where_they_can_be() {
    let has_hashes = |lock: &Lockfile| !matches!(lock.format, LockfileFormat::YarnBerry(_));
    let read = fixtures::all().map(|fixture| {
        let tampered = fixture.read_as(&with_other_hash(&fixture).0);
        (fixture.read(), tampered, fixture)
    });
    let read: Vec<(Lockfile, Lockfile, Fixture)> = read.collect();
    for (old, _, one) in &read {
        for (new, tampered, _) in read.iter().filter(|(_, _, new)| new.project == one.project) {
            let what = format!("{}: {} {}", one.project, old.file, new.file);
            assert_eq!(changed_between(old, new), [], "{what}");
            let is_comparable = if has_hashes(old) {
                has_hashes(tampered)
            } else {
                old.format == tampered.format
            };
            let findings = changed_between(old, tampered);
            assert_eq!(findings.len(), usize::from(is_comparable), "{what}");
        }
    }
}

#[test]
fn a_tampered_hash_is_found_against_the_registry() {
    let truth = fixtures::one("site", "npm3.json").read();
    let truth: HashMap<_, _> = truth
        .packages
        .iter()
        .filter_map(|package| Some((package.registered()?, package.integrity.hashes.clone())))
        .collect();
    for fixture in fixtures::all().filter(|fixture| fixture.project == "site") {
        let lock = fixture.read();
        if matches!(lock.format, LockfileFormat::YarnBerry(_)) {
            continue;
        }
        let published = |name: &str, version: &str| truth.get(&(name, version)).cloned();
        // yarn 1 chose other versions of a few packages, which this registry does not know.
        let differing = |lock: &Lockfile| {
            let mut findings = against(lock, published);
            findings.retain(|finding| finding.rule.id == "lock/integrity-differs");
            findings
        };
        assert_eq!(differing(&lock), [], "{}", fixture.name);
        let tampered = fixture.read_as(&with_other_hash(&fixture).0);
        let findings = differing(&tampered);
        assert_eq!(findings.len(), 1, "{}", fixture.name);
        assert_eq!(findings[0].subject, "chalk@4.1.2");
    }
}

#[test]
fn the_document_of_a_registry_confirms_the_locks() {
    let document = fixtures::text("registry", "chalk-4.1.2.json");
    let chalk = RegistryMetadata::read("chalk@4.1.2", document.as_bytes()).unwrap();
    assert_eq!((&*chalk.name, &*chalk.version), ("chalk", "4.1.2"));
    for fixture in fixtures::all().filter(|fixture| fixture.project != "sources") {
        let lock = fixture.read();
        if matches!(lock.format, LockfileFormat::YarnBerry(_)) {
            continue;
        }
        let differing = |lock: &Lockfile| {
            let told = against(lock, |name, version| {
                let is_chalk = (name, version) == ("chalk", "4.1.2");
                is_chalk.then(|| chalk.hashes.clone())
            });
            let of_chalk = told.into_iter().filter(|one| one.subject == "chalk@4.1.2");
            of_chalk.map(|one| one.rule.id).collect::<Vec<_>>()
        };
        assert_eq!(differing(&lock), Vec::<&str>::new(), "{}", fixture.name);
        let tampered = fixture.read_as(&with_other_hash(&fixture).0);
        assert_eq!(
            differing(&tampered),
            ["lock/integrity-differs"],
            "{}",
            fixture.name
        );
    }
}

/// What an audit finds in a fixture after an edit, by rule.
fn found(name: &str, from: &str, to: &str) -> Vec<&'static str> {
    let fixture = fixtures::one("site", name);
    let text = fixture.text();
    assert!(text.contains(from), "{name}: {from}");
    let lock = fixture.read_as(&text.replacen(from, to, 1));
    let findings = audit(&lock, &LockExpectation::default());
    findings.iter().map(|finding| finding.rule.id).collect()
}

#[test]
fn an_archive_of_another_host_is_found() {
    let from = "https://registry.example.com/lodash/";
    for name in ["npm1.json", "npm3.json", "yarn1.lock"] {
        let to = "https://evil.example.com/lodash/";
        assert_eq!(found(name, from, to), ["lock/host-foreign"], "{name}");
        let to = "http://registry.example.com/lodash/";
        assert_eq!(found(name, from, to), ["lock/not-https"], "{name}");
    }
}

#[test]
fn both_halves_of_a_lock_for_old_and_new_npm_are_looked_at() {
    let text = fixtures::one("site", "npm2.json").text();
    let from = "https://registry.example.com/chalk/";
    assert_eq!(text.matches(from).count(), 2);
    let halves = text.match_indices(from).map(|(at, _)| at);
    for at in halves {
        let rest = text[at..].replacen("registry", "evil", 1);
        let lock = fixtures::one("site", "npm2.json").read_as(&format!("{}{rest}", &text[..at]));
        let findings = audit(&lock, &LockExpectation::default());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].rule.id, "lock/host-foreign");
    }
}

#[test]
fn a_package_swapped_for_another_is_found() {
    let swap = "https://registry.example.com/evil/-/evil-4.1.2.tgz";
    let from = "https://registry.example.com/chalk/-/chalk-4.1.2.tgz";
    for name in ["npm1.json", "npm3.json", "yarn1.lock"] {
        assert_eq!(found(name, from, swap), ["lock/name-mismatch"], "{name}");
    }
    let from = "resolution: \"chalk@npm:4.1.2\"";
    let to = "resolution: \"evil@npm:4.1.2\"";
    assert_eq!(found("yarn4.lock", from, to), ["lock/name-mismatch"]);
}

#[test]
fn an_archive_in_place_of_the_registry_is_found_in_pnpm() {
    let integrity = fixtures::one("site", "pnpm9.yaml").text();
    let start = integrity.find("  chalk@4.1.2:\n    resolution: {").unwrap();
    let at = integrity[start..].find('{').unwrap() + start + 1;
    let to = |more: &str| format!("{}{more}, {}", &integrity[..at], &integrity[at..]);
    let found = |more: &str| {
        let lock = fixtures::one("site", "pnpm9.yaml").read_as(&to(more));
        let findings = audit(&lock, &LockExpectation::default());
        findings
            .iter()
            .map(|finding| finding.rule.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found("tarball: https://evil.example.com/a.tgz"),
        ["lock/source-archive"]
    );
    let swap = "tarball: https://registry.example.com/evil/-/evil-4.1.2.tgz";
    assert_eq!(found(swap), ["lock/name-mismatch", "lock/host-foreign"]);
    let git = "type: git, repo: https://example.com/a.git, commit: main";
    assert_eq!(
        found(git),
        ["lock/source-git", "lock/not-pinned", "lock/key-differs"]
    );
}

#[test]
fn a_hash_that_was_taken_out_is_found() {
    let missing = "lock/integrity-missing";
    // yarn 1 keeps a SHA-1 in the address, which is a hash, but a weak one.
    let rules = [
        ("npm3.json", missing),
        ("yarn1.lock", "lock/integrity-weak"),
        ("yarn4.lock", missing),
        ("pnpm9.yaml", missing),
    ];
    for (name, rule) in rules {
        let fixture = fixtures::one("site", name);
        let text = fixture.text();
        let line = with_other_hash(&fixture).1 as usize - 1;
        let without = match name {
            "npm3.json" => "\"x\": 1,",
            "pnpm9.yaml" => "    resolution: {}",
            _ => "",
        };
        let lines = text.lines().enumerate();
        let lines = lines.map(|(at, old)| if at == line { without } else { old });
        let lock = fixture.read_as(&lines.collect::<Vec<_>>().join("\n"));
        let findings = audit(&lock, &LockExpectation::default());
        let rules: Vec<_> = findings.iter().map(|finding| finding.rule.id).collect();
        assert_eq!(rules, [rule], "{name}");
    }
}
