//! Checksum-database paths: passed through, the immutable ones kept for ever, names with slashes.

use testkit::fixture::Corpus;
use testkit::noise;
use testkit::upstream::{FakeUpstream, Fault, Kind, Target};

use crate::site::{Site, assert_refusal};

const LOOKUP: &str = "lookup/example.com/a@v1.0.0";
const FULL_TILE: &str = "tile/8/0/x001/234";
const PARTIAL_TILE: &str = "tile/8/1/002.p/77";
const DATA_TILE: &str = "tile/8/data/000";
const ALL: [&str; 6] = [
    "supported",
    "latest",
    LOOKUP,
    FULL_TILE,
    PARTIAL_TILE,
    DATA_TILE,
];
const HASH: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const SIGNATURE: &str =
    "AAAAAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

/// What a database says under a path: the shape is right, the content is nobody's business here.
fn content(name: &str, path: &str) -> Vec<u8> {
    let head = format!("go.sum database tree\n4711\n{HASH}\n\n\u{2014} {name} {SIGNATURE}\n");
    match path {
        "supported" => Vec::new(),
        "latest" => head.into_bytes(),
        LOOKUP => {
            let lines = format!(
                "42\nexample.com/a v1.0.0 h1:{HASH}\nexample.com/a v1.0.0/go.mod h1:{HASH}\n"
            );
            format!("{lines}\n{head}").into_bytes()
        }
        FULL_TILE => noise::bytes(1, 256 * 32),
        PARTIAL_TILE => noise::bytes(2, 77 * 32),
        _ => b"record one\n\nrecord two\n\n".to_vec(),
    }
}

fn database(name: &str) -> Corpus {
    let mut corpus = Corpus::new();
    for path in ALL {
        corpus.put(&format!("sumdb/{name}/{path}"), content(name, path));
    }
    corpus
}

#[test]
fn a_name_with_slashes_reaches_its_own_database() {
    for name in [
        "sum.golang.org",
        "db.example.org/one",
        "db.example.org/one/two",
    ] {
        let site = Site::new(database(name));
        for path in ALL {
            let answer = site.server.get(&format!("/sumdb/{name}/{path}"));
            assert!(answer.is_whole(), "{name} {path}: {answer:?}");
            assert_eq!(answer.body, content(name, path), "{path}");
        }
    }
}

#[test]
fn lookups_and_full_tiles_outlive_the_upstream() {
    let name = "sum.golang.org";
    let site = Site::new(database(name));
    for path in [LOOKUP, FULL_TILE, DATA_TILE] {
        assert!(site.server.get(&format!("/sumdb/{name}/{path}")).is_whole());
    }
    site.upstream.refuse();
    for path in [LOOKUP, FULL_TILE, DATA_TILE] {
        let answer = site.server.get(&format!("/sumdb/{name}/{path}"));
        assert_eq!(answer.body, content(name, path), "{path}");
    }
}

#[test]
fn they_outlive_a_kill_too() {
    let name = "db.example.org/one";
    let mut site = Site::new(database(name));
    for path in [LOOKUP, FULL_TILE] {
        assert!(site.server.get(&format!("/sumdb/{name}/{path}")).is_whole());
    }
    site.upstream.refuse();
    site.server.kill();
    site.server.start();
    for path in [LOOKUP, FULL_TILE] {
        assert!(
            site.server.get(&format!("/sumdb/{name}/{path}")).is_whole(),
            "{path}"
        );
    }
}

#[test]
fn a_database_that_no_upstream_mirrors_is_404_so_that_go_asks_it_directly() {
    let site = Site::new(Corpus::new());
    let answer = site.server.get("/sumdb/sum.golang.org/supported");
    assert_eq!(answer.status, 404, "{answer:?}");
}

#[test]
fn an_upstream_that_fails_is_an_outage_here_too() {
    let site = Site::new(database("sum.golang.org"));
    site.upstream.always(Target::Any, Fault::status(500));
    let answer = site.server.get(&format!("/sumdb/sum.golang.org/{LOOKUP}"));
    assert_refusal(&answer, 503, "MK2012");
}

#[test]
fn malformed_database_paths_are_refused_without_asking_anybody() {
    let site = Site::new(database("sum.golang.org"));
    for path in [
        "lookup/example.com/a",
        "lookup/example.com/a@v1",
        "lookup/example.com/A@v1.0.0",
        "tile/8/0/1",
        "tile/8/0/x001",
        "tile/8/0/000.p/256",
        "tile/8/0/000.p/0",
        "tile/99/0/000",
    ] {
        let answer = site.server.get(&format!("/sumdb/sum.golang.org/{path}"));
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
    }
    let answer = site.server.get("/sumdb/supported");
    assert!((400..500).contains(&answer.status), "{answer:?}");
    site.upstream.assert_untouched();
}

#[test]
fn only_the_upstream_that_supports_a_database_is_asked_for_its_records() {
    let name = "sum.golang.org";
    let without = FakeUpstream::start(Corpus::new());
    let with = FakeUpstream::start(database(name));
    let server = crate::site::serve(&format!("{},{}", without.url(), with.url()));
    assert_eq!(server.get(&format!("/sumdb/{name}/supported")).status, 200);
    assert!(server.get(&format!("/sumdb/{name}/{LOOKUP}")).is_whole());
    assert!(with.count(Kind::Sumdb) >= 1);
}
