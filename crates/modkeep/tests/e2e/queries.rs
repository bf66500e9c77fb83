//! Names of revisions with characters that a URL escapes: through modkeep a source is asked what `go`
//! asks it straight, byte for byte, and the answer is the one of that name (law L15).

use crate::site::{BINARY, serve};
use std::collections::BTreeSet;
use testkit::{
    fixture::{Corpus, Module},
    go::Go,
    server::Setup,
    upstream::FakeUpstream,
};

/// Every character that Go allows in a name of a revision and that is no letter or digit, a case that
/// is escaped, and names that read as an escape.
const NAMES: [&str; 16] = [
    "rel#1", "rel%2d1", "rel%21x", "a^b", "{a}", "a b", "a$b&c", "(a)", "a,b", "a=b", "a@b", "[a]",
    "a_~b", "Rel%231", "v1.2.3+x", "%",
];

/// A name as a file of the protocol has it.
fn file(name: &str) -> String {
    format!("example.com/m/@v/{}.info", testkit::fixture::escape(name))
}

fn corpus(below: &str) -> Corpus {
    let mut corpus = Corpus::new();
    // What the names are confused with if they are decoded twice, or not at all.
    let wrong = ["rel-1", "rel", "relx", "Rel#1"].map(|name| (name, "v0.0.9"));
    let names = NAMES.map(|name| (name, "v1.0.0"));
    for (name, version) in wrong.into_iter().chain(names) {
        let info = format!("{{\"Version\":\"{version}\",\"Time\":\"2024-01-01T00:00:00Z\"}}");
        corpus.put(&format!("{below}{}", file(name)), info);
    }
    for version in ["v0.0.9", "v1.0.0"] {
        let module = Module::new("example.com/m", version);
        corpus.put(
            &format!("{below}example.com/m/@v/{version}.info"),
            module.info(),
        );
        corpus.put(
            &format!("{below}example.com/m/@v/{version}.mod"),
            module.mod_file(),
        );
    }
    corpus.put(&format!("{below}example.com/m/@v/list"), "v0.0.9\nv1.0.0\n");
    corpus
}

/// The version that `go` finds for a name, or the end of what it says.
fn found(proxy: &str, name: &str) -> String {
    let query = format!("example.com/m@{name}");
    let output = Go::new(proxy).run(
        &["list", "-m", "-f", "{{.Version}}", &query],
        std::env::temp_dir().as_path(),
    );
    if output.ok() {
        return output.stdout.trim().to_owned();
    }
    let said = output.stderr.trim();
    said.rsplit(": ").next().unwrap_or_default().to_owned()
}

/// The targets of queries that a source was asked for.
fn asked(upstream: &FakeUpstream) -> BTreeSet<String> {
    let targets = upstream.asked().into_iter().map(|asked| asked.target);
    let targets = targets.filter(|target| target.contains(".info") && !target.contains("/v1.0.0."));
    upstream.forget();
    targets.collect()
}

#[test]
fn a_name_reaches_the_source_as_go_writes_it() {
    for below in ["", "sub/"] {
        let upstream = FakeUpstream::start(corpus(below));
        let source = format!("{}/{below}", upstream.url());
        for name in NAMES {
            // A server that knows nothing: the source has to be asked.
            let server = Setup::new(BINARY, &source)
                .option("--prefetch", "off")
                .start();
            let straight = (found(&source, name), asked(&upstream));
            assert_eq!(
                (straight.0.as_str(), straight.1.len()),
                ("v1.0.0", 1),
                "{name}: {straight:?}"
            );
            let through = (found(&server.url(), name), asked(&upstream));
            assert_eq!(through, straight, "{name} below /{below}");
        }
    }
}

#[test]
fn names_that_differ_by_an_escape_only_are_not_mixed_up() {
    let upstream = FakeUpstream::start(corpus(""));
    let server = serve(&upstream.url());
    let version = |target: &str| {
        let answer = server.get(&format!("/example.com/m/@v/{target}.info"));
        let text = answer.text();
        let version = text.split('"').nth(3).unwrap_or_default().to_owned();
        (answer.status, version)
    };
    // Twice: the second time they come from memory.
    for _ in 0..2 {
        for (target, wanted) in [
            ("rel%252d1", "v1.0.0"),
            ("rel-1", "v0.0.9"),
            ("rel%2d1", "v0.0.9"),
            ("rel%231", "v1.0.0"),
            ("%21rel%231", "v0.0.9"),
            ("%21rel%25231", "v1.0.0"),
        ] {
            assert_eq!(version(target), (200, wanted.to_owned()), "{target}");
        }
    }
}

#[test]
fn a_directory_is_asked_for_the_same_names() {
    let tree = tempfile::tempdir().unwrap();
    corpus("").write_tree(tree.path());
    let source = format!("file://{}", tree.path().display());
    let server = serve(&source);
    for name in NAMES {
        assert_eq!(found(&source, name), "v1.0.0", "{name} straight");
        assert_eq!(found(&server.url(), name), "v1.0.0", "{name}");
    }
}

#[test]
fn artifacts_of_a_path_with_capitals_are_asked_for_as_by_go() {
    let module = Module::new("example.com/Big/Name", "v1.0.0-RC1");
    let upstream = FakeUpstream::start(Corpus::new().with(&module));
    let server = Setup::new(BINARY, &upstream.url())
        .option("--prefetch", "off")
        .start();
    let all = |proxy: &str| {
        Go::new(proxy)
            .download("example.com/Big/Name@v1.0.0-RC1")
            .assert_ok();
        Go::new(proxy).versions("example.com/Big/Name").assert_ok();
        let targets: BTreeSet<_> = upstream
            .asked()
            .into_iter()
            .map(|asked| asked.target)
            .collect();
        upstream.forget();
        targets
    };
    assert_eq!(all(&server.url()), all(&upstream.url()));
}
