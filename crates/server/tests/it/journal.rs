//! The journal's log: what its files are sent as (C2SP tlog-tiles).

use crate::{
    fake::{Fake, Running, artifact, blob},
    wire::ask,
};

fn server() -> Running {
    Fake::serving(|| artifact(blob(10).1)).start()
}

#[tokio::test]
async fn files_have_the_types_and_lifetimes_of_the_specification() {
    let server = server();
    let (text, octets) = ("text/plain; charset=utf-8", "application/octet-stream");
    let for_ever = "public, max-age=31536000, immutable";
    for (path, body, media, cache) in [
        ("checkpoint", "checkpoint", text, "public, max-age=1"),
        ("key", "the key\n", text, "public, max-age=60"),
        ("tile/0/x001/234", "tile/0/x001/234", octets, for_ever),
        ("tile/entries/000", "tile/entries/000", octets, for_ever),
    ] {
        let line = format!("GET /-/journal/{path}");
        let answer = ask(server.address, &line, &[]).await;
        assert_eq!((answer.status, answer.text()), (200, body), "{path}");
        assert_eq!(answer.header("content-type"), Some(media), "{path}");
        assert_eq!(answer.header("cache-control"), Some(cache), "{path}");
        let tag = answer.header("etag").unwrap().to_owned();
        let known = format!("If-None-Match: {tag}");
        let again = ask(server.address, &line, &[&known]).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let head = ask(server.address, &line.replace("GET", "HEAD"), &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        let length = body.len().to_string();
        assert_eq!(
            head.header("content-length"),
            Some(length.as_str()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_may_be_there_in_a_moment() {
    let answer = ask(server().address, "GET /-/journal/tile/entries/000.p/7", &[]).await;
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
    let server = server();
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
    let server = server();
    ask(server.address, "GET /-/journal/checkpoint", &[]).await;
    let metrics = ask(server.address, "GET /metrics", &[]).await;
    let line = "modkeep_http_requests_total{kind=\"journal\",outcome=\"2xx\",source=\"store\"} 1\n";
    assert!(metrics.text().contains(line), "{}", metrics.text());
}
