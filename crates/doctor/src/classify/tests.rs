use super::{MAX_TEXT, classify};
use crate::cause::{CAUSES, RemedyKind};
use crate::diagnosis::Confidence;
use crate::report::{Colour, report};
use proptest::prelude::*;

fn top(text: &str) -> String {
    classify(text)
        .top()
        .map_or_else(|| "unknown".to_owned(), |reason| reason.what.id())
}

#[test]
fn a_code_of_modkeep_wins() {
    let text = "go: example.com/a@v1.0.0: reading http://127.0.0.1:3000/example.com/a/@v/v1.0.0.zip: 502 Bad Gateway\n\tserver response: modkeep MK4004: the bytes are not the ones that the checksum database knows";
    let diagnosis = classify(text);
    let reason = diagnosis.top().unwrap();
    assert_eq!(reason.what.id(), "MK4004");
    assert_eq!(reason.subjects, ["example.com/a@v1.0.0"]);
    assert_eq!(diagnosis.reasons[1].what.id(), "http/5xx");
}

#[test]
fn a_path_that_no_module_can_have_is_in_no_fix() {
    let told = |new: &str| {
        let text = format!(
            "go: example.com/old@v1.0.0: parsing go.mod:\n\tmodule declares its path as: {new}\n\t        but was required as: example.com/old"
        );
        let diagnosis = classify(&text);
        let reason = diagnosis.top().unwrap();
        assert_eq!(reason.what.id(), "path/moved");
        reason.fixes.len()
    };
    assert!(told("example.com/new") > 0);
    assert_eq!(told("neGOSUMDB=off"), 0);
}

#[test]
fn unknown_text_is_called_unknown() {
    let diagnosis = classify("go: something that nobody has ever seen");
    assert_eq!(diagnosis.reasons, []);
    assert_eq!(diagnosis.unknown.unwrap().line, 1);
    let noise = classify("go: downloading example.com/a v1.0.0\n");
    assert_eq!((noise.reasons.len(), noise.unknown), (0, None));
}

#[test]
fn the_chain_names_what_pulled_it() {
    let text = "go: example.com/a@v1.0.0 requires\n\texample.com/b@v1.1.0: reading http://proxy.example.com/example.com/b/@v/v1.1.0.mod: 403 Forbidden\n";
    let diagnosis = classify(text);
    let reason = diagnosis.top().unwrap();
    assert_eq!(reason.what.id(), "http/403");
    assert_eq!(reason.subjects, ["example.com/b@v1.1.0"]);
    assert_eq!(reason.chain.first().unwrap().name, "example.com/a@v1.0.0");
    let seen = text.get(reason.seen.start..reason.seen.end).unwrap();
    assert!(seen.starts_with("reading http") && seen.ends_with("403 Forbidden"));
    assert_eq!((reason.seen.line, reason.seen.column), (2, 24));
}

const MOVED: &str = "go: github.example.com/old/m@v1.2.0: parsing go.mod:\n\tmodule declares its path as: example.com/new/m\n\t        but was required as: github.example.com/old/m\n";
const MISMATCH: &str = "verifying example.com/x@v1.0.0/go.mod: checksum mismatch\n\tdownloaded: h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\tgo.sum:     h1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB=\n\nSECURITY ERROR\nThis download does NOT match an earlier download recorded in go.sum.\n";

#[test]
fn a_moved_module_gets_a_line_that_go_reads() {
    let diagnosis = classify(MOVED);
    let reason = diagnosis.top().unwrap();
    assert_eq!(reason.what.id(), "path/moved");
    let fix = reason.fixes.first().unwrap();
    assert_eq!(
        fix.text,
        "replace github.example.com/old/m => example.com/new/m v1.2.0"
    );
}

#[test]
fn no_path_is_rewritten_while_hashes_disagree() {
    let diagnosis = classify(&format!("{MOVED}{MISMATCH}"));
    assert_eq!(diagnosis.top().unwrap().what.id(), "sum/go-sum-mismatch");
    assert!(diagnosis.withheld);
    let fixes = diagnosis.reasons.iter().flat_map(|reason| &reason.fixes);
    assert_eq!(fixes.filter(|fix| fix.kind.rewrites_path()).count(), 0);
}

#[test]
fn both_hashes_are_taken_out() {
    let diagnosis = classify(MISMATCH);
    let parts = &diagnosis.top().unwrap().parts;
    assert_eq!(parts.get("version"), Some("v1.0.0"));
    assert!(parts.get("downloaded").unwrap().starts_with("h1:AAA"));
    assert!(parts.get("expected").unwrap().starts_with("h1:BBB"));
}

#[test]
fn a_version_that_does_not_fit_the_new_path_makes_no_replace_line() {
    let text = "go: example.com/old@v1.2.0: parsing go.mod:\n\tmodule declares its path as: example.com/new/v3\n\t        but was required as: example.com/old\n";
    let fixes = &classify(text).reasons[0].fixes;
    assert!(fixes.iter().all(|fix| fix.kind != RemedyKind::Replace));
}

#[test]
fn many_places_with_one_cause_are_one_reason() {
    let one = |name: &str| {
        format!(
            "go: example.com/{name}@v1.0.0: reading http://proxy.example.com/x: 403 Forbidden\n"
        )
    };
    let text = one("a") + &one("b") + &one("c");
    let diagnosis = classify(&text);
    let reason = diagnosis.top().unwrap();
    assert_eq!((diagnosis.reasons.len(), reason.times), (1, 3));
    assert_eq!(reason.subjects.len(), 3);
}

#[test]
fn what_is_certain_comes_before_what_is_common() {
    let text = "go: example.com/a@v1.0.0: invalid version: unknown revision v1.0.0\ngo: golang.org/toolchain@v0.0.1: module lookup disabled by GOPROXY=off";
    let diagnosis = classify(text);
    assert_eq!(diagnosis.top().unwrap().confidence, Confidence::Certain);
}

#[test]
fn of_a_text_that_is_too_long_the_end_is_read() {
    let text = "x ".repeat(MAX_TEXT)
        + "\ngo: example.com/a@v1.0.0: reading http://p.example.com/x: 403 Forbidden";
    let diagnosis = classify(&text);
    assert!(diagnosis.cut);
    let seen = &diagnosis.top().unwrap().seen;
    assert_eq!(seen.line, 2);
    assert!(text.get(seen.start..).unwrap().starts_with("reading"));
}

/// Messages that need a network, a server or a client that tests do not have.
const RARE: [(&str, &str); 37] = [
    (
        "network/unreachable",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/example.com/a/@v/v1.0.0.mod\": dial tcp 192.0.2.1:443: connect: network is unreachable",
    ),
    (
        "network/no-route",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp [2001:db8::1]:443: connect: no route to host",
    ),
    (
        "network/timeout",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp 192.0.2.1:443: i/o timeout",
    ),
    (
        "network/timeout",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": net/http: TLS handshake timeout",
    ),
    (
        "network/timeout",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    ),
    (
        "network/http-proxy",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": proxyconnect tcp: dial tcp 192.0.2.1:3128: connect: connection refused",
    ),
    (
        "dns/no-such-host",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com on 192.0.2.53:53: no such host",
    ),
    (
        "dns/server-failure",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com on 192.0.2.53:53: server misbehaving",
    ),
    (
        "dns/resolver-unreachable",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com on 192.0.2.53:53: dial udp 192.0.2.53:53: connect: network is unreachable",
    ),
    (
        "tls/expired",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-01-01T00:00:00Z",
    ),
    (
        "tls/wrong-name",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": tls: failed to verify certificate: x509: certificate is valid for other.example.com, not p.example.com",
    ),
    (
        "http/407",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": Proxy Authentication Required",
    ),
    (
        "sum/fork",
        "SECURITY ERROR\ngo.sum database server misbehavior detected!\n\nold database:\n\tgo.sum database tree\n",
    ),
    (
        "sum/bad-tiles",
        "go: example.com/a@v1.0.0: verifying module: example.com/a@v1.0.0: checking tree#10 against tree#12: downloaded inconsistent tile",
    ),
    (
        "sum/database-lacks-line",
        "go: example.com/a@v1.0.0: verifying module: checksum missing from sumdb response",
    ),
    (
        "sum/unknown-algorithm",
        "warning: verifying example.com/a@v1.0.0: unknown hashes in go.sum: h2:AAAA",
    ),
    (
        "sum/cache-changed",
        "example.com/a v1.0.0: dir has been modified (/home/me/go/pkg/mod/example.com/a@v1.0.0)",
    ),
    (
        "version/newest-blocked",
        "go: loading module retractions for example.com/a@v1.0.0: example.com/a@v1.3.0: blocked",
    ),
    (
        "version/retracted",
        "go: warning: example.com/a@v1.0.0: retracted by module author: broken",
    ),
    (
        "version/deprecated",
        "go: module example.com/a is deprecated: use example.com/b",
    ),
    (
        "version/wrong-major",
        "go: example.com/a/v2@v1.0.0: invalid version: module path includes a major version suffix, so major version must match",
    ),
    (
        "version/bad-pseudo-version",
        "go: example.com/a@v0.0.0-20200101000000-abcdefabcdef: invalid pseudo-version: does not match version-control timestamp (expected 20200102000000)",
    ),
    (
        "graph/conflict",
        "go: example.com/a@v1.0.0 requires example.com/b@v1.2.0, not example.com/b@v1.1.0",
    ),
    (
        "zip/case-collision",
        "go: example.com/a@v1.0.0: create zip: case-insensitive file name collision: \"A.go\" and \"a.go\"",
    ),
    (
        "zip/too-large",
        "go: example.com/a@v1.0.0: module source tree too large (max size is 524288000 bytes)",
    ),
    (
        "toolchain/not-available",
        "go: download go1.99.0 for linux/amd64: toolchain not available",
    ),
    (
        "toolchain/download",
        "go: download go1.27.0: golang.org/toolchain@v0.0.1-go1.27.0.linux-amd64: reading https://p.example.com/golang.org/toolchain/@v/v0.0.1-go1.27.0.linux-amd64.zip: 403 Forbidden",
    ),
    (
        "vcs/auth",
        "go: example.com/a@v1.0.0: invalid version: git ls-remote -q --end-of-options https://git.example.com/a in /tmp/x: exit status 128:\n\tfatal: could not read Username for 'https://git.example.com': terminal prompts disabled\nConfirm the import path was entered correctly.\nIf this is a private repository, see https://go.dev/doc/faq#git_https for additional information.",
    ),
    (
        "vcs/ssh-key",
        "\tgit@git.example.com: Permission denied (publickey).\n\tfatal: Could not read from remote repository.",
    ),
    (
        "vcs/host-key",
        "\tHost key verification failed.\n\tfatal: Could not read from remote repository.",
    ),
    (
        "vcs/unknown-host",
        "\tfatal: unable to access 'https://git.example.com/a/': Could not resolve host: git.example.com",
    ),
    (
        "vcs/not-installed",
        "go: example.com/a@v1.0.0: exec: \"git\": executable file not found in $PATH",
    ),
    (
        "vcs/forbidden",
        "go: example.com/a: GOVCS disallows using svn for public svn.example.com/a; see 'go help vcs'",
    ),
    (
        "discovery/no-meta-tag",
        "go: example.com/a: unrecognized import path \"example.com/a\": parse https://example.com/a?go-get=1: no go-import meta tags ()",
    ),
    (
        "local/disk-full",
        "go: example.com/a@v1.0.0: write /home/me/go/pkg/mod/cache/download/x.zip: no space left on device",
    ),
    (
        "local/read-only",
        "go: could not create module cache: mkdir /go/pkg: read-only file system",
    ),
    (
        "private/asked-of-proxy",
        "go: git.example.com/a@v1.0.0: reading https://p.example.com/git.example.com/a/@v/v1.0.0.mod: 404 Not Found\n\tserver response:\n\tnot found: git.example.com/a@v1.0.0: invalid version: git ls-remote -q origin in /tmp/x: exit status 128:\n\t\tfatal: could not read Username for 'https://git.example.com': terminal prompts disabled",
    ),
];

#[test]
fn rare_messages_have_the_right_cause() {
    for (id, message) in RARE {
        assert_eq!(top(message), id, "{message}");
    }
}

#[test]
fn every_cause_is_found_by_its_own_patterns() {
    for cause in CAUSES {
        let pattern = cause.patterns.first().unwrap();
        let text = example(pattern.template);
        let found = classify(&text);
        let is_found = found
            .reasons
            .iter()
            .any(|reason| reason.what.id() == cause.id);
        assert!(is_found || pattern.guard.is_some(), "{}: {text}", cause.id);
    }
}

/// A template with something in each of its holes.
fn example(template: &str) -> String {
    let mut text = String::new();
    for piece in template.split_inclusive('}') {
        let (words, hole) = piece.split_once('{').unwrap_or((piece, ""));
        text.push_str(words);
        text.push_str(match hole.trim_end_matches(['}', '2']) {
            "" => "",
            "..." => "anything at all",
            "module" | "package" | "importer" | "old" => "example.com/a",
            "new" => "example.com/b",
            "version" => "v1.0.0",
            "url" => "http://p.example.com/x",
            "host" => "p.example.com",
            "line" | "number" => "7",
            "status" => "418 I'm a teapot",
            "toolchain" => "go1.27.0",
            "mode" | "system" => "mod",
            _ => "word",
        });
    }
    text
}

#[test]
fn hostile_text_of_a_mebibyte_is_read_in_time() {
    let floods = [
        "reading http://p.example.com/x: ",
        "a@b: verifying module: ",
        "missing go.sum entry for module providing package ",
        "\u{1b}[",
        "x@",
        "a requires ",
        "\"Error\":\"\\u",
        "dial tcp: lookup ",
        "\n",
    ];
    for flood in floods {
        let text = flood.repeat(MAX_TEXT / flood.len());
        let begin = tokio::time::Instant::now();
        report(&classify(&text), Colour::Never);
        // A debug build on a busy machine; quadratic work would take minutes.
        assert!(begin.elapsed().as_secs() < 20, "{flood:?}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "(?s)(.{0,20}|go: |reading |: 404 Not Found|@v1\\.0\\.0|checksum mismatch|MK4004|\n|\u{1b}\\[31m){0,30}") {
        let diagnosis = classify(&text);
        for reason in &diagnosis.reasons {
            prop_assert!(text.get(reason.seen.start..reason.seen.end).is_some());
        }
        let printed = report(&diagnosis, Colour::Never);
        prop_assert!(!printed.contains(|c: char| c != '\n' && crate::text::is_invisible(c)));
        serde_json::to_string(&diagnosis).unwrap();
    }
}
