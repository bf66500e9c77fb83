//! Upstreams that lie: 200, complete, and wrong.
//!
//! Structure is checked before a byte counts as captured: the zip rules, the go.mod, the version
//! that a `.info` names. What fails is refused with a code, not kept, and asked again.

use std::fmt::Write as _;

use testkit::client::Answer;
use testkit::fixture::{Module, zip};
use testkit::go::Go;
use testkit::upstream::{Fault, Kind};

use crate::site::{Site, assert_not_kept, assert_refusal, module, path, url};

/// The smallest zip entry list of `example.com/a@v1.0.0`, and one more entry.
fn zip_with(name: &str, content: &[u8]) -> Vec<u8> {
    zip::stored(&[
        (
            "example.com/a@v1.0.0/go.mod".to_owned(),
            b"module example.com/a\n".to_vec(),
        ),
        (name.to_owned(), content.to_vec()),
    ])
}

/// Asks a fresh server whose upstream answers a file with `content`; claims that it is refused,
/// not kept, and right after the upstream has mended.
#[track_caller]
fn assert_thrown_away(kind: &str, content: Vec<u8>, codes: &[&str], what: &str) {
    let site = Site::with(&[module("a", 1000)]);
    site.upstream
        .always(&path("a", kind), Fault::replace(content));
    let answer = site.server.get(&url("a", kind));
    assert_never_whole(&answer, codes, what);
    assert_not_kept(&site.server, &url("a", kind));
    site.upstream.heal();
    assert!(
        site.server.get(&url("a", kind)).is_whole(),
        "{what}: not mended"
    );
}

#[track_caller]
fn assert_never_whole(answer: &Answer, codes: &[&str], what: &str) {
    assert!(!answer.is_whole(), "{what}: served as if it were right");
    if answer.status != 200 {
        let text = answer.text();
        assert_eq!(answer.status, 502, "{what}: {text}");
        assert!(
            codes
                .iter()
                .any(|code| text.starts_with(&format!("modkeep {code}: "))),
            "{what}: {text}"
        );
    }
}

#[test]
fn a_zip_that_go_would_refuse_is_thrown_away() {
    let other = Module::new("example.com/b", "v1.0.0");
    let this = module("a", 1000);
    let mut flipped = this.zip();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let torn = this.zip()[..this.zip().len() - 30].to_vec();
    let root = "example.com/a@v1.0.0/";
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("another module", other.zip()),
        ("another version", this.zip_below("example.com/a@v1.0.1/")),
        ("a torn end", torn),
        ("a wrong checksum", flipped),
        ("nothing at all", Vec::new()),
        (
            "no zip",
            b"this is not a zip file, whatever its name is".to_vec(),
        ),
        (
            "a traversal",
            zip_with(&format!("{root}../../etc/passwd"), b"x"),
        ),
        ("an absolute name", zip_with("/etc/passwd", b"x")),
        ("a backslash", zip_with(&format!("{root}a\\b.go"), b"x")),
        ("a NUL in a name", zip_with(&format!("{root}a\0b.go"), b"x")),
        ("a device name", zip_with(&format!("{root}con.go"), b"x")),
        (
            "a second go.mod in capitals",
            zip_with(&format!("{root}GO.MOD"), b"x"),
        ),
        (
            "a go.mod below the root",
            zip_with(&format!("{root}sub/go.mod"), b"module x\n"),
        ),
        (
            "the same name twice",
            zip_with(&format!("{root}go.mod"), b"module x\n"),
        ),
    ];
    for (what, content) in cases {
        assert_thrown_away("zip", content, &["MK4001", "MK2007"], what);
    }
}

#[test]
fn names_that_differ_in_case_only_are_refused() {
    let clash = zip::stored(&[
        (
            "example.com/a@v1.0.0/x.go".to_owned(),
            b"package a\n".to_vec(),
        ),
        (
            "example.com/a@v1.0.0/X.go".to_owned(),
            b"package a\n".to_vec(),
        ),
    ]);
    assert_thrown_away("zip", clash, &["MK4001"], "a case collision");
}

#[test]
fn version_information_that_is_wrong_is_thrown_away() {
    let cases: [(&str, &[u8]); 6] = [
        (
            "another version",
            br#"{"Version":"v1.0.1","Time":"2024-01-02T03:04:05Z"}"#,
        ),
        ("no version", br#"{"Time":"2024-01-02T03:04:05Z"}"#),
        ("a version that is none", br#"{"Version":"../../x"}"#),
        ("no JSON", b"v1.0.0"),
        ("torn JSON", br#"{"Version":"v1.0.0","#),
        ("nothing at all", b""),
    ];
    for (what, content) in cases {
        assert_thrown_away("info", content.to_vec(), &["MK4003", "MK2007"], what);
    }
}

#[test]
fn version_information_without_a_time_is_served_as_it_came() {
    let site = Site::with(&[module("a", 100)]);
    let bare = br#"{"Version":"v1.0.0"}"#;
    site.upstream.always(Kind::Info, Fault::replace(&bare[..]));
    let answer = site.server.get(&url("a", "info"));
    assert!(answer.is_whole());
    assert_eq!(answer.body, bare);
    Go::new(&site.server.url())
        .download("example.com/a@v1.0.0")
        .assert_ok();
}

#[test]
fn fields_that_we_do_not_know_are_passed_on() {
    let site = Site::with(&[module("a", 100)]);
    let rich = br#"{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z","Origin":{"VCS":"git","URL":"https://example.com/a","Hash":"0123","Ref":"refs/tags/v1.0.0"},"New":[1]}"#;
    site.upstream.always(Kind::Info, Fault::replace(&rich[..]));
    assert_eq!(site.server.get(&url("a", "info")).body, rich);
    let output = Go::new(&site.server.url()).download("example.com/a@v1.0.0");
    assert!(output.assert_ok().stdout.contains("\"Origin\""), "{output}");
}

#[test]
fn a_go_mod_that_go_cannot_read_is_thrown_away() {
    let cases: [(&str, Vec<u8>); 4] = [
        ("words", b"Please log in to read this\n".to_vec()),
        ("a syntax error", b"module (\n".to_vec()),
        ("a page", b"<html><body>hello</body></html>\n".to_vec()),
        (
            "more than 16 MiB",
            [b"module example.com/a\n".to_vec(), vec![b'\n'; 17 << 20]].concat(),
        ),
    ];
    for (what, content) in cases {
        assert_thrown_away("mod", content, &["MK4002", "MK2007"], what);
    }
}

#[test]
fn a_login_page_with_200_is_thrown_away_for_every_kind() {
    let site = Site::with(&[module("a", 1000)]);
    // The latest comes first: once a version is kept, it is computed and the page is no matter.
    for kind in ["latest", "info", "mod", "zip"] {
        site.upstream
            .first(1, &path("a", kind), Fault::login_page());
        let answer = site.server.get(&url("a", kind));
        assert_never_whole(&answer, &["MK2007", "MK4001", "MK4002", "MK4003"], kind);
        assert!(site.server.get(&url("a", kind)).is_whole(), "{kind}");
    }
}

#[test]
fn a_login_page_in_place_of_a_list_is_not_an_empty_list() {
    let site = Site::with(&[module("a", 1000)]);
    site.upstream
        .first(1, &path("a", "list"), Fault::login_page());
    let answer = site.server.get(&url("a", "list"));
    assert_refusal(&answer, 502, "MK2007");
    assert_eq!(site.server.get(&url("a", "list")).text(), "v1.0.0\n");
}

#[test]
fn lines_of_a_list_that_are_no_versions_do_no_harm() {
    let newer = Module::new("example.com/a", "v1.1.0");
    let site = Site::with(&[module("a", 1000), newer]);
    let list = "v1.0.0 2024-01-02T03:04:05Z\nmain\n\n1.2\nv1.1.0\n../../x\nv0.0.0-20240102030405-abcdefabcdef\nv1.0.0\n";
    site.upstream
        .always(&path("a", "list"), Fault::replace(list));
    let answer = site.server.get(&url("a", "list"));
    assert!(answer.is_whole());
    let text = answer.text();
    let versions: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    // A pseudo-version is the source's word too, which go leaves out by itself.
    let pseudo = "v0.0.0-20240102030405-abcdefabcdef";
    assert_eq!(versions, ["v1.0.0", "v1.1.0", pseudo]);
    let output = Go::new(&site.server.url()).versions("example.com/a");
    assert_eq!(
        output.assert_ok().stdout.trim(),
        "example.com/a v1.0.0 v1.1.0"
    );
}

#[test]
fn go_never_sees_a_lie_and_says_who_lied() {
    let site = Site::with(&[module("a", 1000)]);
    site.upstream.always(
        Kind::Zip,
        Fault::replace(Module::new("example.com/b", "v1.0.0").zip()),
    );
    let output = Go::new(&site.server.url()).download("example.com/a@v1.0.0");
    output.assert_fails_with("example.com/a");
    site.upstream.heal();
    Go::new(&site.server.url())
        .download("example.com/a@v1.0.0")
        .assert_ok();
}

#[test]
fn more_than_any_file_of_its_kind_can_be_is_not_taken_in() {
    const HUGE: usize = 96 << 20;
    for (kind, codes) in [
        ("info", ["MK4003", "MK2007"]),
        ("mod", ["MK4002", "MK2007"]),
        ("list", ["MK2007", "MK2007"]),
        ("latest", ["MK4003", "MK2007"]),
    ] {
        let site = Site::with(&[]);
        site.upstream
            .change(|corpus| corpus.put(&path("a", kind), vec![b' '; HUGE]));
        assert!(site.server.get("/readyz").is_whole());
        let before = site.server.peak_kib();
        for framing in [None, Some(Fault::Chunked { chunk: 1 << 20 })] {
            if let Some(fault) = framing {
                site.upstream.always(&path("a", kind), fault);
            }
            assert_never_whole(&site.server.get(&url("a", kind)), &codes, kind);
        }
        let grown = site.server.peak_kib() - before;
        assert!(
            grown < 48 << 10,
            "{kind}: resident memory grew by {grown} KiB"
        );
    }
}

#[test]
fn a_list_of_twenty_thousand_versions_is_served() {
    let site = Site::with(&[module("a", 10)]);
    let mut list = String::from("v1.0.0\n");
    for number in 1..20_000 {
        writeln!(list, "v0.{}.{}", number / 100, number % 100).unwrap();
    }
    site.upstream
        .change(|corpus| corpus.put(&path("a", "list"), list.clone()));
    let answer = site.server.get(&url("a", "list"));
    assert!(answer.is_whole());
    assert_eq!(answer.text().lines().count(), list.lines().count());
    let output = Go::new(&site.server.url()).versions("example.com/a");
    assert_eq!(
        output.assert_ok().stdout.split_whitespace().count(),
        list.lines().count() + 1
    );
}

#[test]
fn an_info_that_go_cannot_read_is_not_kept_in_its_way() {
    let (open, close) = ("[".repeat(10_001), "]".repeat(10_001));
    for unreadable in [
        format!(r#"{{"Version":"v1.0.0","x":{open}{close}}}"#),
        r#"{"Version":"v1.0.0","Origin":"git"}"#.to_owned(),
        r#"{"Version":"v1.0.0","origin":{"tag\u017fum":7}}"#.to_owned(),
    ] {
        let site = Site::with(&[module("a", 1000)]);
        site.upstream
            .first(1, &url("a", "info")[1..], Fault::replace(unreadable));
        let _refused_or_mended = site.server.get(&url("a", "info"));
        Go::new(&site.server.url())
            .download("example.com/a@v1.0.0")
            .assert_ok();
    }
}
