//! Ways around a check that somebody would try who knows it.

use lockfile::{
    Lockfile, LockfileKind,
    audit::{LockExpectation, audit},
    compare::changed,
};

const HASH: &str = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
const HOST: &str = "https://registry.example.com";

fn npm(entries: &str) -> Result<Lockfile, finding::UnreadableInput> {
    let text = format!("{{\"lockfileVersion\": 3, \"packages\": {{\n{entries}}}}}");
    lockfile::read(LockfileKind::Npm, "lock", text.as_bytes())
}

fn entry(path: &str, fields: &str) -> String {
    format!("\"node_modules/{path}\": {{\"version\": \"1.0.0\"{fields}}}")
}

fn rules(lock: &Lockfile) -> Vec<&'static str> {
    let findings = audit(lock, &LockExpectation::default());
    findings.iter().map(|finding| finding.rule.id).collect()
}

fn found(entries: &str) -> Vec<&'static str> {
    rules(&npm(entries).unwrap())
}

fn problem(entries: &str) -> String {
    npm(entries).unwrap_err().to_string()
}

#[test]
fn a_folder_of_one_package_and_a_file_of_another_hide_nothing() {
    for path in [
        "evil/-/a-1.0.0.tgz",
        "a/-/evil-1.0.0.tgz",
        "@evil/a/-/a-1.0.0.tgz",
    ] {
        let fields = format!(r#", "resolved": "{HOST}/{path}", "integrity": "{HASH}""#);
        assert_eq!(
            found(&entry("a", &fields)),
            ["lock/name-mismatch"],
            "{path}"
        );
    }
    let path = "a/-/evil/a-1.0.0.tgz";
    let fields = format!(r#", "resolved": "{HOST}/{path}", "integrity": "{HASH}""#);
    assert_eq!(found(&entry("a", &fields)), ["lock/source-archive"]);
    let path = "a/-/../../evil/-/evil-1.0.0.tgz";
    let fields = format!(r#", "resolved": "{HOST}/{path}", "integrity": "{HASH}""#);
    assert_eq!(found(&entry("a", &fields)), ["lock/name-mismatch"]);
}

#[test]
fn a_flag_alone_makes_nothing_bundled() {
    let missing = ["lock/integrity-missing"];
    assert_eq!(found(&entry("a", r#", "inBundle": true"#)), missing);
    let fields = format!(r#", "inBundle": true, "resolved": "{HOST}/b/-/b-1.0.0.tgz""#);
    assert_eq!(found(&entry("a/node_modules/b", &fields)), missing);
    let text =
        r#"{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0", "bundled": true}}}"#;
    let lock = lockfile::read(LockfileKind::Npm, "lock", text.as_bytes()).unwrap();
    assert_eq!(rules(&lock), missing);
}

#[test]
fn a_host_in_front_of_the_host_hides_nothing() {
    let fields = format!(
        r#", "resolved": "https://registry.example.com@evil.example.com/a/-/a-1.0.0.tgz", "integrity": "{HASH}""#
    );
    let lock = npm(&entry("a", &fields)).unwrap();
    let expected = LockExpectation {
        hosts: vec!["registry.example.com".to_owned()],
        ..LockExpectation::default()
    };
    let findings = audit(&lock, &expected);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule.id, "lock/host-not-allowed");
    assert!(findings[0].message.starts_with("evil.example.com "));
}

#[test]
fn what_is_behind_the_version_makes_no_other_version() {
    let with = |version: &str, hash: &str| {
        npm(&format!(
            r#""node_modules/a": {{"version": "{version}", "resolved": "{HOST}/a/-/a-1.0.0.tgz", "integrity": "{hash}"}}"#
        ))
        .unwrap()
    };
    let other = HASH.replace("z4Ph", "AAAA");
    let findings = changed(&with("1.0.0", HASH), &with("1.0.0+1", &other));
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule.id, "lock/integrity-changed");
}

#[test]
fn names_cannot_lead_out_of_their_folder_or_into_a_terminal() {
    assert_eq!(
        problem(&entry("../../a", "")),
        "lock:2:1: has \"../../a\", which no package can be named"
    );
    assert!(problem(&entry("a", r#", "name": "b\u001b[2J""#)).contains("no package can be named"));
    assert!(problem(&entry("a", r#", "dependencies": {"../b": "1"}"#)).contains("no package"));
    let version = r#""node_modules/a": {"version": "1.0.0\u001b[2J"}"#;
    assert!(problem(version).contains("is no version"));
}

#[test]
fn more_hashes_than_anybody_reads_are_malformed() {
    let hashes = [HASH; 20].join(" ");
    let fields = format!(r#", "resolved": "{HOST}/a/-/a-1.0.0.tgz", "integrity": "{hashes}""#);
    assert_eq!(found(&entry("a", &fields)), ["lock/integrity-malformed"]);
}

#[test]
fn fields_of_pnpm_do_not_contradict_the_key() {
    let text = format!(
        "lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {{integrity: {HASH}}}\n    name: b\n    version: 2.0.0\nsnapshots:\n  a@1.0.0: {{}}\n"
    );
    let lock = lockfile::read(LockfileKind::Pnpm, "lock", text.as_bytes()).unwrap();
    assert_eq!(lock.packages[0].subject(), "a@1.0.0");
}

#[test]
fn the_hash_behind_an_archive_of_yarn_1_is_no_commit() {
    let text = "# yarn lockfile v1\n\n\"a@https://example.com/a.tgz\":\n  version \"1.0.0\"\n  resolved \"https://example.com/a.tgz#da39a3ee5e6b4b0d3255bfef95601890afd80709\"\n";
    let lock = lockfile::read(LockfileKind::Yarn, "lock", text.as_bytes()).unwrap();
    assert_eq!(rules(&lock), ["lock/integrity-weak", "lock/source-archive"]);
}

#[test]
fn an_address_where_there_was_none_is_another_source() {
    let with = |more: &str| {
        let text = format!(
            "lockfileVersion: '6.0'\npackages:\n  /a@1.0.0:\n    resolution: {{integrity: {HASH}{more}}}\n"
        );
        lockfile::read(LockfileKind::Pnpm, "lock", text.as_bytes()).unwrap()
    };
    let moved = |old: &str, new: &str| {
        let findings = changed(&with(old), &with(new));
        findings.iter().map(|one| one.rule.id).collect::<Vec<_>>()
    };
    let archive = ", tarball: https://evil.example.com/a.tgz";
    let git = ", type: git, repo: https://evil.example.com/a.git, commit: 0";
    let own = ", tarball: https://registry.example.com/a/-/a-1.0.0.tgz";
    assert_eq!(moved("", archive), ["lock/source-changed"]);
    assert_eq!(moved("", git), ["lock/source-changed"]);
    assert_eq!(moved(archive, ""), ["lock/source-changed"]);
    assert_eq!(moved("", own), ["lock/source-changed"]);
    assert_eq!(moved(own, ""), Vec::<&str>::new());
}

#[test]
fn a_lock_of_nothing_but_one_version_is_compared_in_time() {
    let entries: Vec<String> = (0..40_000)
        .map(|at| format!("\"node_modules/p{at}/node_modules/a\": {{\"version\": \"1.0.0\", \"resolved\": \"https://h{at}.example.com/a/-/a-1.0.0.tgz\"}}"))
        .collect();
    let lock = npm(&entries.join(",\n")).unwrap();
    assert_eq!(changed(&lock, &lock), []);
    assert_eq!(rules(&lock).len(), 2 * entries.len() - 1);
}
