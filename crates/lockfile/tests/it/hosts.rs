//! Where archives come from: a host that nobody named and nothing else uses is found, however its
//! address is written, and what is one fact is one finding.

use lockfile::{
    Lockfile, LockfileKind,
    audit::{LockExpectation, audit},
    compare::changed,
    registries::{self, RegistryConfigForm},
};

const HASH: &str = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";

/// What is locked: a name, and the address that is written for it, if one is.
type Entry = (String, Option<String>);

fn entries(count: usize, address: impl Fn(usize) -> Option<String>) -> Vec<Entry> {
    (0..count)
        .map(|at| (format!("p{at}"), address(at)))
        .collect()
}

fn archive(host: &str, name: &str) -> String {
    format!("https://{host}/{name}/-/{}-1.0.0.tgz", base(name))
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap()
}

fn npm(entries: &[Entry]) -> Lockfile {
    let written = entries.iter().map(|(name, address)| {
        let resolved = address
            .as_ref()
            .map(|address| format!(r#", "resolved": "{address}""#));
        format!(
            r#""node_modules/{name}": {{"version": "1.0.0", "integrity": "{HASH}"{}}}"#,
            resolved.unwrap_or_default()
        )
    });
    let written: Vec<String> = written.collect();
    let text = format!(
        r#"{{"lockfileVersion": 3, "packages": {{{}}}}}"#,
        written.join(",\n")
    );
    lockfile::read(LockfileKind::Npm, "package-lock.json", text.as_bytes()).unwrap()
}

fn pnpm(entries: &[Entry]) -> Lockfile {
    let written = entries.iter().map(|(name, address)| {
        let tarball = address
            .as_ref()
            .map(|address| format!(", tarball: {address}"));
        format!(
            "  '{name}@1.0.0':\n    resolution: {{integrity: {HASH}{}}}\n",
            tarball.unwrap_or_default()
        )
    });
    let written: String = written.collect();
    let snapshots = entries
        .iter()
        .map(|(name, _)| format!("  '{name}@1.0.0': {{}}\n"));
    let snapshots: String = snapshots.collect();
    let text = format!("lockfileVersion: '9.0'\npackages:\n{written}snapshots:\n{snapshots}");
    lockfile::read(LockfileKind::Pnpm, "pnpm-lock.yaml", text.as_bytes()).unwrap()
}

fn berry(entries: &[Entry]) -> Lockfile {
    let written = entries.iter().map(|(name, address)| {
        let address = address.as_ref().map(|address| {
            let address = address.replace(':', "%3A").replace('/', "%2F");
            format!("::__archiveUrl={address}")
        });
        format!(
            "\"{name}@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"{name}@npm:1.0.0{}\"\n  checksum: 10c0/00\n\n",
            address.unwrap_or_default()
        )
    });
    let written: String = written.collect();
    let text = format!("__metadata:\n  version: 8\n  cacheKey: 10c0\n\n{written}");
    lockfile::read(LockfileKind::Yarn, "yarn.lock", text.as_bytes()).unwrap()
}

const WRITERS: [fn(&[Entry]) -> Lockfile; 3] = [npm, pnpm, berry];

/// The rules about hosts that an audit finds, with the subject of each.
fn found(lock: &Lockfile, expected: &LockExpectation) -> Vec<(&'static str, String)> {
    let findings = audit(lock, expected);
    let about = findings
        .into_iter()
        .filter(|one| one.rule.id.starts_with("lock/host"));
    about.map(|one| (one.rule.id, one.subject)).collect()
}

fn foreign(subject: &str) -> (&'static str, String) {
    ("lock/host-foreign", subject.to_owned())
}

#[test]
fn the_one_address_of_a_lock_without_addresses_is_found() {
    for write in WRITERS {
        let evil = |at| (at == 1).then(|| archive("evil.example", "p1"));
        let lock = write(&entries(3, evil));
        let findings = found(&lock, &LockExpectation::default());
        assert_eq!(findings, [foreign("p1@1.0.0")], "{}", lock.file);
        let half = write(&entries(2, |at| {
            (at == 0).then(|| archive("evil.example", "p0"))
        }));
        assert_eq!(
            found(&half, &LockExpectation::default()),
            [foreign("p0@1.0.0")]
        );
    }
}

#[test]
fn one_host_among_hundreds_of_entries_of_another_is_found() {
    for write in WRITERS {
        let host = |at| match at {
            150 => "evil.example",
            _ => "registry.example.com",
        };
        let lock = write(&entries(300, |at| {
            Some(archive(host(at), &format!("p{at}")))
        }));
        let findings = found(&lock, &LockExpectation::default());
        assert_eq!(findings, [foreign("p150@1.0.0")], "{}", lock.file);
    }
}

#[test]
fn two_hosts_throughout_are_one_finding() {
    let host = |at: usize| {
        ["registry.example.com", "mirror.example.com"][usize::from(at.is_multiple_of(3))]
    };
    let lock = npm(&entries(300, |at| {
        Some(archive(host(at), &format!("p{at}")))
    }));
    let findings = audit(&lock, &LockExpectation::default());
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule.id, "lock/host-mixed");
    assert!(findings[0].message.contains("mirror.example.com"));
    assert!(findings[0].message.contains("100 entries"));
    // Real locks have as few under the second name.
    let host = |at| match at {
        0..6 => "mirror.example.com",
        _ => "registry.example.com",
    };
    let lock = npm(&entries(300, |at| {
        Some(archive(host(at), &format!("p{at}")))
    }));
    let mixed = ("lock/host-mixed", String::new());
    assert_eq!(found(&lock, &LockExpectation::default()), [mixed]);
}

#[test]
fn a_host_that_was_not_at_the_base_is_found_however_often_it_is_used() {
    let of = |host: &'static str| move |at| Some(archive(host, &format!("p{at}")));
    let lock = npm(&entries(300, of("evil.example")));
    let before = npm(&entries(3, of("registry.example.com")));
    let expected = LockExpectation {
        hosts_before: Some(before.hosts()),
        ..LockExpectation::default()
    };
    assert_eq!(found(&lock, &expected), [foreign("")]);
    let expected = LockExpectation {
        hosts_before: Some(lock.hosts()),
        ..LockExpectation::default()
    };
    assert_eq!(found(&lock, &expected), []);
}

#[test]
fn the_host_of_a_scope_may_be_used_for_that_scope_alone() {
    let npmrc = b"@corp:registry=https://npm.corp.example.com/\n";
    let expected = LockExpectation {
        registries: registries::read(RegistryConfigForm::Lines, ".npmrc", npmrc).unwrap(),
        ..LockExpectation::default()
    };
    for write in WRITERS {
        let at_corp = |name: &str| {
            let address = archive("npm.corp.example.com", name);
            (name.to_owned(), Some(address))
        };
        let mut all = entries(5, |_| None);
        all.push(at_corp("@corp/a"));
        assert_eq!(found(&write(&all), &expected), []);
        all.push(at_corp("@corporate/b"));
        all.push(at_corp("c"));
        let foreign = [foreign("@corporate/b@1.0.0"), foreign("c@1.0.0")];
        assert_eq!(found(&write(&all), &expected), foreign);
    }
}

#[test]
fn a_registry_that_moved_is_one_finding_and_a_swapped_entry_another() {
    for write in WRITERS {
        let at = |host: &'static str| move |at| Some(archive(host, &format!("p{at}")));
        let old = write(&entries(300, at("registry.example.com")));
        let mut moved = entries(300, at("new.example.com"));
        moved[7].1 = Some(archive("evil.example", "p7"));
        let findings = changed(&old, &write(&moved));
        let told: Vec<_> = findings
            .iter()
            .map(|one| (one.rule.id, &*one.subject))
            .collect();
        let rule = "lock/source-changed";
        assert_eq!(told, [(rule, ""), (rule, "p7@1.0.0")]);
        assert!(findings[0].message.contains("299 entries"));
    }
}

#[test]
fn an_address_where_there_was_none_is_a_change() {
    for write in WRITERS {
        let evil = |at| (at == 1).then(|| archive("evil.example", "p1"));
        let (old, new) = (write(&entries(3, |_| None)), write(&entries(3, evil)));
        let findings = changed(&old, &new);
        assert_eq!(findings.len(), 1, "{}", new.file);
        assert_eq!(findings[0].rule.id, "lock/source-changed");
        assert_eq!(changed(&new, &new), []);
    }
}
