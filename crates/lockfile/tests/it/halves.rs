//! Files that end too early, or from which somebody cut an entry: nobody may take them for whole.

use crate::fixtures::{self, Fixture};
use lockfile::{
    LockfileFormat, PackageManifest,
    audit::{LockExpectation, audit},
};

/// Whether anything is said of a text in place of a fixture: a refusal or a finding. Beside it is
/// the package.json that it was made for.
fn is_noticed(fixture: &Fixture, text: &str) -> bool {
    let manifest = fixtures::text(fixture.project, "package.json");
    let expected = LockExpectation {
        manifests: vec![PackageManifest::read("package.json", manifest.as_bytes()).unwrap()],
        ..LockExpectation::default()
    };
    let read = lockfile::read(fixture.kind, fixture.name, text.as_bytes());
    read.is_err() || !audit(&read.unwrap(), &expected).is_empty()
}

#[test]
fn a_file_that_ends_too_early_is_noticed_wherever_it_ends() {
    for fixture in fixtures::all().filter(|fixture| fixture.project == "site") {
        let text = fixture.text();
        let whole = fixture.read().packages.len();
        assert!(!is_noticed(&fixture, &text), "{}", fixture.name);
        let ends = text.match_indices('\n').map(|(at, _)| at);
        let ends: Vec<usize> = ends.flat_map(|at| [at.saturating_sub(9), at]).collect();
        let mut unnoticed = Vec::new();
        for &end in ends.iter().step_by(61) {
            let half = &text[..end];
            if is_noticed(&fixture, half) {
                continue;
            }
            // What is behind the last entry may be gone: a break, a bracket, a list of nothing.
            let left = fixture.read_as(half).packages.len();
            if left != whole {
                unnoticed.push((end, left));
            }
        }
        assert_eq!(unnoticed, [], "{}: of {whole} packages", fixture.name);
    }
}

#[test]
fn an_entry_that_was_cut_out_is_missed_where_it_is_needed() {
    let cuts = [
        (
            "npm3.json",
            "    \"node_modules/body-parser\": {",
            "\n    },\n",
        ),
        ("yarn1.lock", "body-parser@", "\n\n"),
        ("yarn4.lock", "\"body-parser@", "\n\n"),
        ("pnpm8.yaml", "  /body-parser@", "\n\n"),
        ("pnpm7.yaml", "  /body-parser/", "\n\n"),
    ];
    for (name, from, to) in cuts {
        let fixture = fixtures::one("site", name);
        let text = fixture.text();
        let start = text.find(from).unwrap();
        let end = start + text[start..].find(to).unwrap() + to.len();
        let lock = fixture.read_as(&format!("{}{}", &text[..start], &text[end..]));
        let findings = audit(&lock, &LockExpectation::default());
        assert_eq!(findings.len(), 1, "{name}: {findings:?}");
        assert_eq!(findings[0].rule.id, "lock/dependency-missing", "{name}");
        assert_eq!(findings[0].subject, "body-parser", "{name}");
        let line = text
            .lines()
            .nth(findings[0].place.span.unwrap().line as usize - 1);
        assert!(line.is_some(), "{name}");
    }
}

#[test]
fn what_is_optional_may_be_absent() {
    let fixture = fixtures::one("site", "npm3.json");
    let text = fixture.text();
    let start = text.find("    \"node_modules/fsevents\": {").unwrap();
    let end = start + text[start..].find("\n    },\n").unwrap() + "\n    },\n".len();
    let lock = fixture.read_as(&format!("{}{}", &text[..start], &text[end..]));
    assert_eq!(lock.format, LockfileFormat::Npm(3));
    assert_eq!(audit(&lock, &LockExpectation::default()), []);
}
