//! Paths, versions, lists, patterns, queries, infos.

mod laws;

use testkit::oracle::Seed;

/// How many inputs each parser gets.
const INPUTS: usize = 100_000;

const NAMES: &[&str] = &[
    "github.com/!user/repo/v2",
    "github.com/User/Repo",
    "gopkg.in/yaml.v3",
    "gopkg.in/a.v1-unstable",
    "example.com",
    "a.b/c~1/con.txt",
    "example.com/x/@v/v1.0.0-!r!c.zip",
    "a.b/v2/@v/v2.0.0.info",
    "a.b/@v/v0.0.0-20240229235959-abcdefabcdef.mod",
    "internal/\u{e9}t\u{e9} file.go",
];
const VERSIONS: &[&str] = &[
    "v1",
    "v1.2",
    "v1.2.3",
    "v1.2.3-rc.1+incompatible",
    "v0.0.0-20240229235959-abcdefabcdef",
    "v1.2.10-0.20240229235959-abcdefabcdef+incompatible",
    "v1.2.3-pre.0.20240229235959-abcdefabcdef",
    "v1.0.0-!r!c1",
    "v9.99.999-0a.00b.-",
    "v10.0.0-20230229000000-a",
    "v2.0.1-0.00000101000000-0",
];
const QUERIES: &[&str] = &[
    "latest",
    "upgrade",
    "patch",
    "none",
    "master",
    "feature/x",
    "!main",
    "<v1.2.3",
    "<=v1",
    ">v1.2",
    ">=v1.2.3-rc",
    "v1",
    "v1.2",
    "v1.2.3+meta",
    "abcdefabcdef",
    "v1.2.3",
];
const LISTS: &[&str] = &[
    "https://user:pass@example.com/go?token=x|http://[fe80::1%25en0]:80,direct",
    "off",
    "direct,off",
    "example.com:8080/x , | file:///srv/proxy#x",
    "https://u%40:@[::ffff:1.2.3.4]/%20|a.b/?x#y",
];
const GLOBS: &[&str] = &[
    "*.example.com,a.b/[a-z]*/?",
    "[^a-c\\]]*[*]x,**/\\*",
    "\u{e9}*[\u{e9}-\u{fd}]?",
    "a*b*c*d*,*",
];
const INFOS: &[&str] = &[
    r#"{"Version":"v1.2.3","Time":"2024-02-29T23:59:59.123Z"}"#,
    r#"{"version":"v0.0.0-20240229235959-abcdefabcdef","TIME":"2024-02-29T23:59:59+07:00","Origin":{"VCS":"git","URL":"x"}}"#,
    r#"{"Version":"v1.0.0","Time":null,"x":[[[{"y":[1.5e3,"\u0041",true]}]]]}"#,
];

/// Mutations of a corpus: most of one entry, some of two glued together.
fn each(number: u64, corpus: &[&str], check: impl Fn(&mut Seed, &[u8])) {
    let mut seed = Seed::new(number);
    for _ in 0..INPUTS {
        let mut input = seed.pick::<&str>(corpus).as_bytes().to_vec();
        if seed.chance(0.1) {
            input.extend(seed.pick::<&str>(corpus).bytes());
        }
        let input = seed.mutate(&input);
        check(&mut seed, &input);
    }
}

/// As [`each`], of what is text after mutation or made text.
fn each_text(number: u64, corpus: &[&str], check: impl Fn(&mut Seed, &str)) {
    each(number, corpus, |seed, bytes| {
        check(seed, &String::from_utf8_lossy(bytes));
    });
}

#[test]
fn paths_come_back() {
    each_text(11, NAMES, |_, text| laws::paths(text));
}

#[test]
fn versions_come_back_and_are_ordered() {
    each_text(12, VERSIONS, |seed, text| {
        laws::versions(text);
        let (other, third) = (seed.pick::<&str>(VERSIONS), seed.mutate(text.as_bytes()));
        laws::order([text, other, &String::from_utf8_lossy(&third)]);
    });
}

#[test]
fn queries_come_back() {
    each_text(13, QUERIES, |_, text| laws::queries(text));
}

#[test]
fn lists_come_back_and_keep_their_secrets() {
    each_text(14, LISTS, |_, text| {
        laws::proxies(text);
        laws::secrets(text.get(..4).unwrap_or_default());
    });
}

#[test]
fn patterns_match_or_not() {
    each_text(15, GLOBS, |seed, globs| {
        let path = seed.pick::<&str>(NAMES);
        laws::patterns(globs, path);
    });
}

#[test]
fn infos_come_back() {
    each(16, INFOS, |_, json| laws::infos(json));
}

#[test]
fn long_inputs_take_no_longer_than_their_length_deserves() {
    let (digits, letters) = ("9".repeat(1 << 16), "a".repeat(1 << 16));
    laws::versions(&format!(
        "v{digits}.{digits}.{digits}-0.20240229235959-{letters}"
    ));
    laws::versions(&format!("v0.0.0-{}", "0.".repeat(1 << 15)));
    laws::paths(&format!("a.b/{}", "a/".repeat(1 << 15)));
    laws::paths(&format!("a.b/{}", "~".repeat(1 << 16)));
    laws::patterns(&format!("{}b", "*a".repeat(1 << 9)), &letters[..1 << 12]);
    laws::patterns(&"a,".repeat(1 << 12), &letters[..1 << 8]);
    laws::proxies(&"https://example.com|".repeat(1 << 12));
    laws::infos(&b"[".repeat(1 << 20));
    laws::infos(&br#"{"x":"#.repeat(1 << 17));
}
