//! Damage: whatever becomes of a file, it is read or refused with a place inside of it.

use crate::fixtures;
use lockfile::{
    LockfileKind, PackageManifest,
    audit::{LockExpectation, audit},
    registry::RegistryMetadata,
};
use proptest::prelude::*;

const KINDS: [(LockfileKind, &str); 3] = [
    (LockfileKind::Npm, "package-lock.json"),
    (LockfileKind::Yarn, "yarn.lock"),
    (LockfileKind::Pnpm, "pnpm-lock.yaml"),
];

/// Reads a text and, if that can be, audits it. The place of a refusal has to be in the text.
fn survive(kind: LockfileKind, bytes: &[u8]) -> Result<(), TestCaseError> {
    match lockfile::read(kind, "lock", bytes) {
        Ok(lock) => {
            audit(&lock, &LockExpectation::default());
            lockfile::compare::changed(&lock, &lock);
        }
        Err(error) => {
            let span = error.place.span;
            prop_assert!(span.is_some(), "{error}");
            let lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
            if let Some(span) = span {
                for (line, column) in [(span.line, span.column), (span.end_line, span.end_column)] {
                    let found = lines.get(line as usize - 1);
                    prop_assert!(found.is_some(), "{error}");
                    let length = found.map_or(0, |line| line.len());
                    prop_assert!((1..=length + 2).contains(&(column as usize)), "{error}");
                }
            }
        }
    }
    Ok(())
}

/// One fixture of each format that is read by code of its own.
fn fixture() -> impl Strategy<Value = (LockfileKind, Vec<u8>)> {
    let names = [
        "npm1.json",
        "npm2.json",
        "npm3.json",
        "yarn1.lock",
        "yarn4.lock",
        "pnpm7.yaml",
        "pnpm8.yaml",
        "pnpm9.yaml",
    ];
    proptest::sample::select(names.to_vec()).prop_map(|name| {
        let fixture = fixtures::one("workspaces", name);
        (fixture.kind, fixture.text().into_bytes())
    })
}

#[derive(Debug, Clone)]
enum Mutation {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, usize),
    Insert(prop::sample::Index, &'static str),
    Swap(prop::sample::Index, prop::sample::Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<prop::sample::Index>;
    let pieces = [
        "\n",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        ":",
        "\n<<<<<<< HEAD\n",
        "&a ",
        "*a",
        "!!x ",
        "\t",
        "\0",
        "\u{feff}",
        "\u{2028}",
        "null",
        "- ",
        "? ",
        "| ",
        "\\",
        "@",
        "#",
        "node_modules/",
        "npm:",
        "::",
        "%",
        "(",
        "/",
        "__metadata:\n",
        "---\n",
        "...\n",
        "0",
        "sha512-",
    ];
    prop_oneof![
        (index(), any::<u8>()).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        index().prop_map(Mutation::Cut),
        (index(), 1usize..200).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (index(), prop::sample::select(pieces.to_vec()))
            .prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        (index(), index()).prop_map(|(one, other)| Mutation::Swap(one, other)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    match mutation {
        Mutation::Flip(at, bits) => bytes[at.index(length)] ^= bits,
        Mutation::Cut(at) => bytes.truncate(at.index(length)),
        Mutation::Remove(at, count) => {
            let start = at.index(length);
            bytes.drain(start..(start + count).min(length));
        }
        Mutation::Insert(at, piece) => {
            let at = at.index(length);
            bytes.splice(at..at, piece.bytes());
        }
        Mutation::Swap(one, other) => bytes.swap(one.index(length), other.index(length)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_mutated_lock_is_read_or_refused_with_its_place(
        (kind, mut bytes) in fixture(),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        for mutation in &mutations {
            mutate(&mut bytes, mutation);
        }
        survive(kind, &bytes)?;
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for (kind, _) in KINDS {
            survive(kind, &bytes)?;
        }
        let _ = PackageManifest::read("package.json", &bytes);
        let _ = RegistryMetadata::read("a@1", &bytes);
    }

    #[test]
    fn any_text_of_a_lock_s_letters_is_read_or_refused(text in "[a-c:@/ \"'\\n{}\\[\\],#?&*!|>%.0-]{0,120}") {
        for (kind, _) in KINDS {
            survive(kind, text.as_bytes())?;
            survive(kind, format!("# yarn lockfile v1\n{text}").as_bytes())?;
            survive(kind, format!("lockfileVersion: '9.0'\npackages:\n  {text}").as_bytes())?;
        }
    }
}

fn problem(kind: LockfileKind, text: &str) -> String {
    lockfile::read(kind, "lock", text.as_bytes())
        .unwrap_err()
        .to_string()
}

#[test]
fn names_of_files_tell_their_kind() {
    for (kind, name) in KINDS {
        assert_eq!(
            LockfileKind::of_file_name(&format!("web/{name}")),
            Some(kind)
        );
    }
    assert_eq!(
        LockfileKind::of_file_name("npm-shrinkwrap.json"),
        Some(LockfileKind::Npm)
    );
    assert_eq!(LockfileKind::of_file_name("yarn.lock.orig"), None);
    assert_eq!(LockfileKind::of_file_name("package.json"), None);
}

#[test]
fn an_unfinished_merge_is_named_with_its_line_in_every_format() {
    for fixture in fixtures::all() {
        let text = fixture.text().replacen('\n', "\n<<<<<<< HEAD\n", 1);
        let said = problem(fixture.kind, &text);
        assert!(
            said.starts_with("lock:2:1: has an unfinished merge"),
            "{said}"
        );
    }
}

#[test]
fn wrong_types_are_refused_where_they_are() {
    let npm = |text: &str| problem(LockfileKind::Npm, text);
    assert_eq!(npm("[]"), "lock:1:1: has a list where a map belongs");
    assert!(npm("{}").contains("has no \"lockfileVersion\""));
    assert!(npm(r#"{"lockfileVersion": "3"}"#).contains("has text where a number"));
    assert!(npm(r#"{"lockfileVersion": 4}"#).contains("unknown lockfileVersion \"4\""));
    assert!(npm(r#"{"lockfileVersion": 3}"#).contains("has no \"packages\""));
    let entry = |fields: &str| {
        npm(&format!(
            "{{\"lockfileVersion\": 3, \"packages\": {{\"node_modules/a\":\n{fields}}}}}"
        ))
    };
    assert_eq!(
        entry("1"),
        "lock:2:1: has a number, flag or null where a map belongs"
    );
    assert_eq!(
        entry(r#"{"version": 1}"#),
        "lock:2:13: has a number, flag or null where text belongs"
    );
    assert!(entry(r#"{"integrity": ["x"]}"#).starts_with("lock:2:15: has a list"));
    assert!(entry(r#"{"dev": "true"}"#).starts_with("lock:2:9: has text where true"));
    assert!(entry(r#"{"resolved": "xyz"}"#).starts_with("lock:2:14: has an address of no known"));
    assert!(
        entry(r#"{"version": "1", "version": "2"}"#)
            .starts_with("lock:2:18: has \"version\" twice")
    );

    let yarn = |text: &str| problem(LockfileKind::Yarn, text);
    assert!(yarn("a@1:\n  version: 1\n").contains("has no \"__metadata\""));
    assert!(yarn("# yarn lockfile v1\na@1:\n  x 1\n").contains("has no \"version\""));
    let berry = |text: &str| yarn(&format!("__metadata:\n  version: 8\n{text}"));
    assert!(berry("\"a@npm:1\": 1\n").starts_with("lock:3:12: has a word"));
    assert!(berry("\"a@npm:1\":\n  resolution: a\n").starts_with("lock:4:15: has no locator"));
    assert!(berry("\"a@npm:1\":\n  resolution: a@x:1\n").contains("no known kind"));

    let pnpm = |text: &str| problem(LockfileKind::Pnpm, text);
    assert!(pnpm("lockfileVersion: '3'\n").contains("unknown lockfileVersion"));
    assert!(pnpm("packages: {}\n").contains("has no \"lockfileVersion\""));
    let pnpm = |text: &str| pnpm(&format!("lockfileVersion: '9.0'\n{text}"));
    assert!(pnpm("packages:\n  a@1.0.0: {}\n").contains("has no \"resolution\""));
    assert!(pnpm("snapshots:\n  a@1.0.0: {}\n").starts_with("lock:3:3: has a snapshot"));
    let lonely = pnpm("packages:\n  a@1.0.0: {resolution: {}}\n");
    assert_eq!(lonely, "lock:3:3: has a package that has no snapshot");
    assert!(
        pnpm("importers:\n  .:\n    dependencies:\n      a: 1.0.0\n")
            .starts_with("lock:5:10: has a word")
    );
}
