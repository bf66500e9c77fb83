//! The journal's log: what its files are sent as (C2SP tlog-tiles).

use crate::{
    site::{Running, Site, tag},
    wire::ask,
};
use testkit::fixture::Module;

/// Entries of a full tile.
const FULL: usize = 256;

async fn server() -> Running {
    Site::kept(10).await.start()
}

/// A server whose journal has as many captures as a full tile.
async fn with_a_full_tile() -> Running {
    let versions = 0..FULL.div_ceil(3);
    let modules: Vec<Module> = versions
        .map(|patch| Module::new("example.com/x", &format!("v1.0.{patch}")))
        .collect();
    let site = Site::over(&modules).await;
    for module in &modules {
        site.keep(module.path(), module.version()).await;
    }
    site.start()
}

#[tokio::test]
async fn files_have_the_types_and_lifetimes_of_the_specification() {
    let server = with_a_full_tile().await;
    let (text, octets) = ("text/plain; charset=utf-8", "application/octet-stream");
    let for_ever = "public, max-age=31536000, immutable";
    for (path, media, cache) in [
        ("checkpoint", text, "public, max-age=1"),
        ("key", text, "public, max-age=60"),
        ("tile/0/000", octets, for_ever),
        ("tile/0/001.p/1", octets, for_ever),
        ("tile/entries/000", octets, for_ever),
    ] {
        let line = format!("GET /-/journal/{path}");
        let answer = ask(server.address, &line, &[]).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.body.is_empty(), "{path}");
        assert_eq!(answer.header("content-type"), Some(media), "{path}");
        assert_eq!(answer.header("cache-control"), Some(cache), "{path}");
        assert_eq!(
            answer.header("etag"),
            Some(tag(&answer.body).as_str()),
            "{path}"
        );
        let known = format!("If-None-Match: {}", tag(&answer.body));
        let again = ask(server.address, &line, &[&known]).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let head = ask(server.address, &line.replace("GET", "HEAD"), &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        let length = answer.body.len().to_string();
        assert_eq!(
            head.header("content-length"),
            Some(length.as_str()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_may_be_there_in_a_moment() {
    let answer = ask(
        server().await.address,
        "GET /-/journal/tile/entries/000.p/7",
        &[],
    )
    .await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(
        answer.text().starts_with("modkeep MK1007: "),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_journal_is_read_and_not_written() {
    let server = server().await;
    let posted = ask(server.address, "POST /-/journal/checkpoint", &[]).await;
    assert_eq!(
        (posted.status, posted.header("allow")),
        (405, Some("GET, HEAD"))
    );
    let malformed = ask(server.address, "GET /-/journal/tile/0/1", &[]).await;
    assert!(
        malformed.text().starts_with("modkeep MK1001: "),
        "{}",
        malformed.text()
    );
    assert_eq!(malformed.status, 400);
}

#[tokio::test]
async fn requests_for_it_are_counted_as_such() {
    let server = server().await;
    ask(server.address, "GET /-/journal/checkpoint", &[]).await;
    let metrics = ask(server.address, "GET /metrics", &[]).await;
    let line = "modkeep_http_requests_total{kind=\"journal\",outcome=\"2xx\",source=\"store\"} 1\n";
    assert!(metrics.text().contains(line), "{}", metrics.text());
}
