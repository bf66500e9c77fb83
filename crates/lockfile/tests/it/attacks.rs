//! What somebody would do to a lock of a healthy project who wants other code to be installed: none of
//! it passes.

use crate::healthy::{self, Case};
use finding::Finding;
use lockfile::{
    Lockfile, LockfileFormat, LockfileKind, PackageManifest, audit::audit, compare::changed,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

const OTHER: &str = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";

/// An attack: its name, and what it makes of a lock where there is something to attack.
type Attack = (&'static str, fn(&Case) -> Option<String>);

const ATTACKS: [Attack; 11] = [
    ("another hash", other_hash),
    ("no hash", no_hash),
    ("another package at the address", other_package),
    ("another version at the address", other_version),
    ("one more dependency, with its entry", one_more),
    ("no encryption", no_encryption),
    ("a link to a folder", link),
    ("bundled, so that nothing is fetched by a hash", bundled),
    (
        "a version out of the range, with a hash of its own",
        out_of_range,
    ),
    ("another commit", other_commit),
    ("a replacement in the lock", replacement),
];

fn replaced(case: &Case, from: &str, to: &str) -> Option<String> {
    let text = case.text.replacen(from, to, 1);
    (text != case.text).then_some(text)
}

fn other_hash(case: &Case) -> Option<String> {
    let text = &case.text;
    if let Some(at) = text.find("sha512-") {
        let end = at + text[at..].find("==")? + 2;
        return Some(format!("{}{OTHER}{}", &text[..at], &text[end..]));
    }
    let at = text.find("checksum: ")? + 30;
    let other = if &text[at..=at] == "0" { "1" } else { "0" };
    Some(format!("{}{other}{}", &text[..at], &text[at + 1..]))
}

fn no_hash(case: &Case) -> Option<String> {
    let text = &case.text;
    let line = text
        .lines()
        .find(|line| line.contains("sha512-") || line.contains("checksum: "))?;
    let without = match case.kind {
        LockfileKind::Npm => "\"x\": 0,".to_owned(),
        LockfileKind::Yarn => String::new(),
        LockfileKind::Pnpm => {
            let start = line.find("integrity: ")?;
            let end = start + line[start..].find("==")? + 2;
            format!("{}{}", &line[..start], line[end..].trim_start_matches(", "))
        }
    };
    // The last field of an entry of npm's has no comma behind it.
    let without = if line.ends_with(',') {
        without
    } else {
        without.trim_end_matches(',').to_owned()
    };
    Some(text.replacen(line, &without, 1))
}

fn other_package(case: &Case) -> Option<String> {
    match case.kind {
        LockfileKind::Yarn if case.text.contains("__metadata") => {
            replaced(case, "resolution: \"ms@npm:", "resolution: \"evil@npm:")
        }
        LockfileKind::Npm | LockfileKind::Yarn => replaced(case, "/ms/-/ms-", "/evil/-/evil-"),
        LockfileKind::Pnpm => replaced(
            case,
            "resolution: {integrity:",
            "resolution: {tarball: https://registry.example.com/evil/-/evil-1.0.0.tgz, integrity:",
        ),
    }
}

fn other_version(case: &Case) -> Option<String> {
    match case.kind {
        LockfileKind::Yarn if case.text.contains("__metadata") => {
            replaced(case, "resolution: \"ms@npm:2", "resolution: \"ms@npm:1")
        }
        LockfileKind::Npm | LockfileKind::Yarn => replaced(case, "/-/ms-2", "/-/ms-1"),
        LockfileKind::Pnpm => replaced(
            case,
            "resolution: {integrity:",
            "resolution: {tarball: https://registry.example.com/ms/-/ms-0.0.1.tgz, integrity:",
        ),
    }
}

/// The lock as a value, if it is npm's.
fn value(case: &Case) -> Option<Value> {
    (case.kind == LockfileKind::Npm).then(|| serde_json::from_str(&case.text).unwrap())
}

/// The entries of npm's list, and the path of one from the registry.
fn victim(whole: &Value) -> Option<String> {
    let packages = whole.get("packages")?.as_object()?;
    let mut paths = packages.iter().filter(|(path, entry)| {
        path.starts_with("node_modules/")
            && entry.get("integrity").is_some()
            && entry.get("resolved").is_some()
    });
    paths.next().map(|(path, _)| path.clone())
}

fn one_more(case: &Case) -> Option<String> {
    if let Some(mut whole) = value(case) {
        let evil = json!({"version": "1.0.0", "resolved": "https://registry.example.com/evil/-/evil-1.0.0.tgz", "integrity": OTHER});
        if let Some(path) = victim(&whole) {
            whole["packages"][&path]["dependencies"]["evil"] = json!("1.0.0");
            whole["packages"]["node_modules/evil"] = evil;
        } else {
            let map = whole["dependencies"].as_object()?;
            let mut names = map
                .iter()
                .filter(|(_, entry)| entry.get("integrity").is_some());
            let name = names.next()?.0.clone();
            whole["dependencies"][&name]["requires"]["evil"] = json!("1.0.0");
            whole["dependencies"]["evil"] = evil;
        }
        return Some(serde_json::to_string_pretty(&whole).unwrap());
    }
    let text = &case.text;
    let lock = case.read().unwrap();
    match lock.format {
        LockfileFormat::YarnClassic => {
            let text = replaced(
                case,
                "  dependencies:\n",
                "  dependencies:\n    evil \"1.0.0\"\n",
            )?;
            Some(format!(
                "{text}\nevil@1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.example.com/evil/-/evil-1.0.0.tgz#da39a3ee5e6b4b0d3255bfef95601890afd80709\"\n  integrity {OTHER}\n"
            ))
        }
        LockfileFormat::YarnBerry(_) => {
            let at = text.find("linkType: hard")?;
            let start = text[..at].rfind("\n\n")?;
            let before = &text[..start];
            let entry = text[start..].replacen(
                "  checksum:",
                "  dependencies:\n    evil: 1.0.0\n  checksum:",
                1,
            );
            let checksum = text.split("checksum: ").nth(1)?.split('\n').next()?;
            Some(format!(
                "{before}{entry}\n\"evil@npm:1.0.0\":\n  version: 1.0.0\n  resolution: \"evil@npm:1.0.0\"\n  checksum: {checksum}\n  languageName: node\n  linkType: hard\n"
            ))
        }
        LockfileFormat::Pnpm { major, .. } => {
            let (key, at) = match major {
                9 => ("  evil@1.0.0:\n", "snapshots:\n"),
                6 => ("  /evil@1.0.0:\n", "packages:\n"),
                _ => ("  /evil/1.0.0:\n", "packages:\n"),
            };
            let entry = format!("{key}    resolution: {{integrity: {OTHER}}}\n");
            let text = text.replacen("packages:\n", &format!("packages:\n{entry}"), 1);
            let text = if major == 9 {
                text.replacen(at, &format!("{at}{}", key.replace(":\n", ": {}\n")), 1)
            } else {
                text
            };
            let behind = text.rfind("    dependencies:\n")? + "    dependencies:\n".len();
            let is_in_packages = behind > text.find(at)?;
            is_in_packages
                .then(|| format!("{}      evil: 1.0.0\n{}", &text[..behind], &text[behind..]))
        }
        LockfileFormat::Npm(_) => None,
    }
}

fn no_encryption(case: &Case) -> Option<String> {
    match case.kind {
        LockfileKind::Pnpm => replaced(
            case,
            "resolution: {integrity:",
            "resolution: {tarball: http://registry.example.com/ms/-/ms-2.1.3.tgz, integrity:",
        ),
        _ => replaced(
            case,
            "\"https://registry.example.com",
            "\"http://registry.example.com",
        ),
    }
}

fn link(case: &Case) -> Option<String> {
    if let Some(mut whole) = value(case) {
        let path = victim(&whole)?;
        whole["packages"][&path] = json!({"resolved": "docs/evil", "link": true});
        whole["packages"]["docs/evil"] = json!({"name": "evil", "version": "1.0.0"});
        return Some(serde_json::to_string_pretty(&whole).unwrap());
    }
    let lock = case.read().unwrap();
    match lock.format {
        LockfileFormat::YarnBerry(_) => replaced(
            case,
            "resolution: \"ms@npm:2.1.3\"",
            "resolution: \"ms@workspace:docs/evil\"",
        ),
        LockfileFormat::Pnpm { major: 6 | 9, .. } => {
            let at = case
                .text
                .find("        version: 2.1")
                .or_else(|| case.text.find("    version: 2.1"))?;
            let end = at + case.text[at..].find('\n')?;
            let line = &case.text[at..end];
            let other = format!("{}link:docs/evil", &line[..line.find("2.1")?]);
            Some(format!("{}{other}{}", &case.text[..at], &case.text[end..]))
        }
        _ => None,
    }
}

fn bundled(case: &Case) -> Option<String> {
    let mut whole = value(case)?;
    let path = victim(&whole)?;
    let entry = whole["packages"][&path].as_object_mut()?;
    entry.remove("resolved");
    entry.remove("integrity");
    entry.insert("inBundle".to_owned(), json!(true));
    Some(serde_json::to_string_pretty(&whole).unwrap())
}

fn out_of_range(case: &Case) -> Option<String> {
    let is_plain = |text: String| text.replace("2.1.2", "0.7.0");
    let from = match case.kind {
        LockfileKind::Npm => "\"version\": \"2.1.2\",\n",
        LockfileKind::Yarn if case.text.contains("__metadata") => "version: 2.1.2\n",
        LockfileKind::Yarn => "version \"2.1.2\"\n",
        LockfileKind::Pnpm => return None,
    };
    let at = case.text.find(from)?;
    let end = (at + 260).min(case.text.len());
    Some(format!(
        "{}{}{}",
        &case.text[..at],
        is_plain(case.text[at..end].to_owned()),
        &case.text[end..]
    ))
}

fn other_commit(case: &Case) -> Option<String> {
    let commit = "68a6c7b145a401eea2f20c9f513538cd9edfa6e2";
    let text = case
        .text
        .replace(commit, "0123456789abcdef0123456789abcdef01234567");
    (text != case.text).then_some(text)
}

fn replacement(case: &Case) -> Option<String> {
    let lock = case.read().unwrap();
    let LockfileFormat::Pnpm { major, .. } = lock.format else {
        return None;
    };
    let top = if major == 5 && !case.text.contains("\nimporters:") {
        "specifiers:\n"
    } else if case.text.contains("\nimporters:") {
        "importers:\n"
    } else {
        "dependencies:\n"
    };
    replaced(
        case,
        &format!("\n{top}"),
        &format!("\noverrides:\n  is-number: npm:evil@1.0.0\n\n{top}"),
    )
}

fn stops(case: &Case, base: &Lockfile, known: &[Finding], text: &str) -> bool {
    let Ok(lock) = lockfile::read(case.kind, &case.file, text.as_bytes()) else {
        return true;
    };
    let same = |one: &Finding| (one.rule.id, one.subject.clone(), one.message.clone());
    let old: HashSet<_> = known.iter().map(same).collect();
    let findings = case.stopping(audit(&lock, &case.expected));
    let is_new = findings.iter().any(|one| !old.contains(&same(one)));
    is_new || !case.stopping(changed(base, &lock)).is_empty()
}

#[test]
fn no_tampered_lock_passes() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut passed = Vec::new();
    for case in healthy::all() {
        let base = case.read().unwrap();
        let known = case.stopping(audit(&base, &case.expected));
        for (name, attack) in ATTACKS {
            let Some(text) = attack(&case) else {
                continue;
            };
            *counts.entry(name).or_default() += 1;
            if !stops(&case, &base, &known, &text) {
                passed.push(format!("{}: {name}", case.name));
            }
        }
    }
    let all: usize = counts.values().sum();
    println!("{all} tampered locks: {counts:#?}");
    assert!(
        passed.is_empty(),
        "{} passed\n{}",
        passed.len(),
        passed.join("\n")
    );
    assert!(all >= 60 && counts.len() == ATTACKS.len(), "{counts:?}");
}

/// package.json asks for another package under a name, and the lock repeats the wish and installs what
/// it did before.
#[test]
fn a_lock_that_installs_something_else_than_package_json_asks_for_is_found() {
    let mut tried = 0;
    for case in healthy::all() {
        let from = "npm:is-odd@2.0.0";
        let Some(manifest) = case
            .expected
            .manifests
            .iter()
            .find(|one| one.dependencies.iter().any(|one| one.wanted == from))
        else {
            continue;
        };
        let mut manifest = manifest.clone();
        for one in &mut manifest.dependencies {
            if one.wanted == from {
                "npm:is-number@6.0.0".clone_into(&mut one.wanted);
            }
        }
        let mut expected = case.expected.clone();
        expected.manifests = vec![manifest];
        let text = case.text.replace(from, "npm:is-number@6.0.0");
        // yarn 3 writes no protocol before a range, so the entry is locked for what is asked.
        let lock = lockfile::read(case.kind, &case.file, text.as_bytes()).unwrap();
        let findings = audit(&lock, &expected);
        let about =
            |one: &Finding| matches!(one.rule.id, "lock/asked-differs" | "lock/name-mismatch");
        assert!(findings.iter().any(about), "{}: {findings:#?}", case.name);
        tried += 1;
    }
    println!("{tried} locks");
    assert!(tried >= 8, "{tried}");
}

#[test]
fn a_replacement_that_the_lock_does_not_follow_is_found() {
    let mut tried = 0;
    for case in healthy::all()
        .into_iter()
        .filter(|case| case.shape() == "plain")
    {
        let mut expected = case.expected.clone();
        let text = r#"{"name": "top", "dependencies": {"debug": "4.3.4", "is-odd": "^3.0.1"}, "devDependencies": {"ms": "^2.0.0", "semver": "5.x || >=6.2 <7"},
            "overrides": {"is-number": "7.0.0"}, "resolutions": {"is-number": "7.0.0"}, "pnpm": {"overrides": {"is-number": "7.0.0"}}}"#;
        expected.manifests = vec![PackageManifest::read("package.json", text.as_bytes()).unwrap()];
        let findings = audit(&case.read().unwrap(), &expected);
        let about =
            |one: &Finding| matches!(one.rule.id, "lock/asked-differs" | "lock/manifest-differs");
        assert!(findings.iter().any(about), "{}: {findings:#?}", case.name);
        tried += 1;
    }
    assert!(tried >= 8, "{tried}");
}
