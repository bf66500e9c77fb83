//! `POST /-/prefetch`: the one request with a body.

use crate::{
    site::{Running, Site, module},
    wire::{ask, dechunked},
};
use testkit::upstream::Kind;

/// A go.sum of the usual module.
const LIST: &str = "example.com/x v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\
    example.com/x v1.0.0/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

async fn server() -> Running {
    Site::over(&[module(10)]).await.start()
}

#[tokio::test]
async fn the_list_is_read_and_progress_streamed_as_newline_json() {
    for (query, fetches_zips) in [
        ("", true),
        ("?kinds=all", true),
        ("?kinds=mod", false),
        ("?kinds=follow", false),
    ] {
        let server = server().await;
        let line = format!("POST /-/prefetch{query}");
        let length = format!("Content-Length: {}", LIST.len());
        let answer = ask(server.address, &line, &[&length, &format!("\r\n{LIST}")]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        let progress = String::from_utf8(dechunked(&answer.body)).unwrap();
        assert!(progress.ends_with("}\n"), "{progress}");
        for line in progress.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(line.is_object(), "{line}");
        }
        let upstream = &server.site.upstream;
        assert_eq!(upstream.count(Kind::Mod), 1, "{query}");
        assert_eq!(upstream.count(Kind::Zip) > 0, fetches_zips, "{query}");
    }
}

#[tokio::test]
async fn a_list_beyond_the_bound_is_refused_announced_or_not() {
    let announced = ["Content-Length: 99999999"];
    let answer = ask(server().await.address, "POST /-/prefetch", &announced).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.header("connection"), Some("close"));
    let chunk = format!("\r\n900000\r\n{}\r\n0\r\n", "x".repeat(0x0090_0000));
    let chunked = ["Transfer-Encoding: chunked", &chunk];
    let answer = ask(server().await.address, "POST /-/prefetch", &chunked).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn other_kinds_and_methods_are_refused() {
    let answer = ask(server().await.address, "POST /-/prefetch?kinds=zip", &[]).await;
    assert_eq!(answer.status, 400);
    let answer = ask(server().await.address, "GET /-/prefetch", &[]).await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
}
