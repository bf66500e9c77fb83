//! Checksum databases through a source that mirrors them.

use crate::site::Site;
use proxy::{Origin, Resource};
use testkit::{
    fixture::Corpus,
    upstream::{FakeUpstream, Fault, Kind, Target},
};

/// A database whose name holds a slash.
const NAME: &str = "db.example.org/go/sums";
const RECORD: &str = "5\nexample.com/m v1.0.0 h1:x\nexample.com/m v1.0.0/go.mod h1:y\n\ngo.sum database tree\n6\nhash\n\n\u{2014} db sig\n";

fn at(path: &str) -> Resource {
    Resource::Sumdb { name: NAME.to_owned(), path: path.to_owned() }
}

fn tile() -> Vec<u8> {
    testkit::noise::bytes(3, 8192)
}

fn mirror() -> FakeUpstream {
    let mut corpus = Corpus::new();
    corpus.put(&format!("sumdb/{NAME}/supported"), "");
    corpus.put(&format!("sumdb/{NAME}/latest"), "go.sum database tree\n6\nhash\n\n\u{2014} db sig\n");
    corpus.put(&format!("sumdb/{NAME}/lookup/example.com/m@v1.0.0"), RECORD);
    corpus.put(&format!("sumdb/{NAME}/tile/8/0/000"), tile());
    corpus.put(&format!("sumdb/{NAME}/tile/8/1/000.p/1"), vec![1; 32]);
    FakeUpstream::start(corpus)
}

#[tokio::test]
async fn lookups_and_full_tiles_are_asked_for_once_for_ever() {
    let upstream = mirror();
    let site = Site::over(&upstream).await;
    for path in ["supported", "lookup/example.com/m@v1.0.0", "tile/8/0/000", "tile/8/1/000.p/1"] {
        site.bytes(at(path)).await;
    }
    upstream.refuse();
    site.later(365 * 24 * 3600);
    assert_eq!(site.text(at("lookup/example.com/m@v1.0.0")).await, RECORD);
    assert_eq!(site.bytes(at("tile/8/0/000")).await, tile());
    assert_eq!(site.ask(at("tile/8/1/000.p/1")).await.unwrap().origin, Origin::Stale);
    assert_eq!(site.text(at("supported")).await, "", "the mirror keeps answering");
}

#[tokio::test]
async fn a_missing_partial_tile_is_cut_from_the_full_one() {
    let upstream = mirror();
    let site = Site::over(&upstream).await;
    site.bytes(at("tile/8/0/000")).await;
    upstream.refuse();
    assert_eq!(site.bytes(at("tile/8/0/000.p/3")).await, &tile()[..96]);
}

#[tokio::test]
async fn a_tree_head_is_short_lived() {
    let upstream = mirror();
    let site = Site::over(&upstream).await;
    site.bytes(at("latest")).await;
    upstream.change(|corpus| corpus.put(&format!("sumdb/{NAME}/latest"), "go.sum database tree\n7\nhash\n\n\u{2014} db sig\n"));
    site.later(3600);
    assert!(site.text(at("latest")).await.contains("\n7\n"));
}

#[tokio::test]
async fn a_database_that_nobody_mirrors_is_404_so_that_clients_go_direct() {
    let upstream = FakeUpstream::start(Corpus::new());
    let site = Site::over(&upstream).await;
    assert_eq!(site.refusal(at("supported")).await.status, 404);
    assert_eq!(site.refusal(at("lookup/example.com/m@v1.0.0")).await.status, 404);
}

#[tokio::test]
async fn an_outage_is_not_a_missing_mirror() {
    let upstream = mirror();
    upstream.always(Target::Any, Fault::status(503));
    let site = Site::over(&upstream).await;
    for path in ["supported", "lookup/example.com/m@v1.0.0", "latest"] {
        assert!(site.refusal(at(path)).await.status >= 500, "{path}");
    }
}

#[tokio::test]
async fn a_login_page_is_no_record() {
    let upstream = mirror();
    upstream.always(format!("sumdb/{NAME}/lookup/example.com/m@v1.0.0").as_str(), Fault::replace("<html>sign in</html>"));
    let site = Site::over(&upstream).await;
    assert_eq!(site.refusal(at("lookup/example.com/m@v1.0.0")).await.status, 502);
    assert_eq!(upstream.count(Kind::Sumdb), upstream.asked().len());
}
