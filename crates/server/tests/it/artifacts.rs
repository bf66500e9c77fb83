//! Artifacts and lists: status, headers, ranges, conditions, bodies that fail.

use crate::{
    fake::{Fake, artifact, blob, flight},
    wire::{ask, rest},
};
use bytes::Bytes;
use parking_lot::Mutex;
use proxy::{Fetching, Freshness, Media, Origin, Refusal};
use server::{Payload, Reply};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const ZIP: &str = "GET /example.com/x/@v/v1.0.0.zip";

fn kept(size: usize) -> Fake {
    Fake::serving(move || artifact(blob(size).1))
}

#[tokio::test]
async fn a_kept_artifact_is_200_with_all_its_facts() {
    let server = kept(1_000_000).start();
    let answer = ask(server.address, ZIP, &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, blob(1_000_000).0);
    for (name, value) in [
        ("content-type", "application/zip"),
        ("content-length", "1000000"),
        (
            "etag",
            "\"ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12\"",
        ),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("accept-ranges", "bytes"),
        ("modkeep-source", "store"),
        ("modkeep-evidence", "first-seen"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert_eq!(answer.header("modkeep-request").map(str::len), Some(16));
    assert_eq!(answer.header("transfer-encoding"), None);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = kept(70_000).start();
    let answer = ask(
        server.address,
        "HEAD /example.com/x/@v/v1.0.0.zip",
        &["Range: bytes=0-1"],
    )
    .await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.header("content-length"), Some("70000"));
    assert_eq!(
        answer.header("etag"),
        Some("\"ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12\"")
    );
}

#[tokio::test]
async fn one_range_is_206_and_several_are_the_whole() {
    let server = kept(600_000).start();
    let part = ask(server.address, ZIP, &["Range: bytes=262140-262149"]).await;
    assert_eq!(
        (part.status, part.body.as_slice()),
        (206, &blob(600_000).0[262_140..262_150])
    );
    assert_eq!(
        part.header("content-range"),
        Some("bytes 262140-262149/600000")
    );
    assert_eq!(part.header("content-length"), Some("10"));
    let several = ask(server.address, ZIP, &["Range: bytes=0-1,5-6"]).await;
    assert_eq!((several.status, several.body.len()), (200, 600_000));
}

#[tokio::test]
async fn a_range_outside_is_416_with_the_size() {
    let server = kept(10).start();
    let answer = ask(server.address, ZIP, &["Range: bytes=10-"]).await;
    assert_eq!(
        (answer.status, answer.header("content-range")),
        (416, Some("bytes */10"))
    );
    assert!(
        answer.text().starts_with("modkeep MK1006: "),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn if_range_with_another_tag_is_the_whole() {
    let server = kept(10).start();
    let same = ask(
        server.address,
        ZIP,
        &[
            "Range: bytes=2-3",
            "If-Range: \"ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12\"",
        ],
    )
    .await;
    let other = ask(
        server.address,
        ZIP,
        &["Range: bytes=2-3", "If-Range: \"cd34\""],
    )
    .await;
    assert_eq!(
        (same.status, same.body.len(), other.status, other.body.len()),
        (206, 2, 200, 10)
    );
}

#[tokio::test]
async fn a_known_tag_is_304_without_a_body() {
    let server = kept(10).start();
    let answer = ask(
        server.address,
        ZIP,
        &["If-None-Match: \"cd34\", W/\"ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12\""],
    )
    .await;
    assert_eq!((answer.status, answer.body.len()), (304, 0));
    assert_eq!(
        answer.header("etag"),
        Some("\"ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12\"")
    );
    assert_eq!(
        answer.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
}

#[tokio::test]
async fn small_bytes_have_ranges_as_well() {
    let server =
        Fake::serving(|| artifact(Payload::Bytes(Bytes::from_static(b"0123456789")))).start();
    let answer = ask(server.address, ZIP, &["Range: bytes=-3"]).await;
    assert_eq!((answer.status, answer.text()), (206, "789"));
}

#[tokio::test]
async fn a_list_without_versions_is_200_and_empty() {
    let list = || Reply {
        media: Media::Text,
        freshness: Freshness::For(Duration::from_mins(1)),
        hash: None,
        origin: Origin::Upstream("mirror.example.com".to_owned()),
        evidence: protocol::Evidence::Unclaimed,
        payload: Payload::Bytes(Bytes::new()),
    };
    let server = Fake::serving(list).start();
    let answer = ask(
        server.address,
        "GET /example.com/x/@v/list",
        &["Range: bytes=0-1"],
    )
    .await;
    assert_eq!(
        (
            answer.status,
            answer.body.len(),
            answer.header("content-length")
        ),
        (200, 0, Some("0"))
    );
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("public, max-age=60"));
    assert_eq!(
        answer.header("modkeep-source"),
        Some("upstream mirror.example.com")
    );
    assert_eq!(
        (
            answer.header("etag"),
            answer.header("modkeep-evidence"),
            answer.header("accept-ranges")
        ),
        (None, None, None)
    );
}

#[tokio::test]
async fn a_flight_of_unknown_length_is_chunked_and_of_known_length_is_not() {
    let unknown =
        Fake::serving(|| artifact(flight(None, &[Some(Ok("ab")), Some(Ok("c"))]))).start();
    let answer = ask(unknown.address, ZIP, &["Range: bytes=0-0"]).await;
    assert_eq!(
        (
            answer.status,
            answer.header("transfer-encoding"),
            answer.header("accept-ranges")
        ),
        (200, Some("chunked"), None)
    );
    assert_eq!(answer.text(), "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
    let known =
        Fake::serving(|| artifact(flight(Some(3), &[Some(Ok("ab")), Some(Ok("c"))]))).start();
    let answer = ask(known.address, ZIP, &[]).await;
    assert_eq!(
        (answer.header("content-length"), answer.text()),
        (Some("3"), "abc")
    );
}

#[tokio::test]
async fn a_flight_that_fails_is_cut_and_never_completed() {
    for (announced, end) in [
        (None, Err("the hash is wrong")),
        (Some(4), Err("the hash is wrong")),
        (Some(4), Ok("cdef")),
        (Some(4), Ok("")),
    ] {
        let server =
            Fake::serving(move || artifact(flight(announced, &[Some(Ok("ab")), Some(end)])))
                .start();
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket
            .write_all(format!("{ZIP} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes())
            .await
            .unwrap();
        // The connection is kept alive by default: its end is the cut.
        let received = String::from_utf8(rest(&mut socket).await).unwrap();
        let body = received.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        assert!(
            !body.contains("0\r\n\r\n"),
            "{announced:?} {end:?}: the end of a chunked body was sent"
        );
        assert!(
            body.len() < 4 || announced.is_none(),
            "{announced:?} {end:?}: {body}"
        );
    }
}

/// HTTP/1.0 has no chunks: a body of unknown length ends where the connection does, so a torn one
/// must not end in order.
#[tokio::test]
async fn an_old_client_sees_a_torn_body_as_a_reset_connection() {
    for (end, torn) in [(Err("the hash is wrong"), true), (Ok("cdef"), false)] {
        let payload = move || artifact(flight(None, &[Some(Ok("ab")), Some(end)]));
        let server = Fake::serving(payload).start();
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let request = format!("{ZIP} HTTP/1.0\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        assert_eq!(socket.read_to_end(&mut all).await.is_err(), torn, "{end:?}");
    }
}

#[tokio::test]
async fn a_kept_connection_serves_the_next_request() {
    let server = kept(300_000).start();
    let head = "HTTP/1.1\r\nHost: proxy.internal\r\n";
    let requests = format!("{ZIP} {head}\r\n{ZIP} {head}\r\n{ZIP} {head}Connection: close\r\n\r\n");
    let answers = crate::wire::send(server.address, requests.as_bytes()).await;
    assert!(answers.body.len() > 900_000, "{}", answers.body.len());
}

#[tokio::test]
async fn the_cached_only_prefix_and_header_forbid_fetching() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let fake = Fake::new(move |resource, fetching| {
        record.lock().push(fetching);
        Err(Refusal::new(codes::Code::NotKept, resource.kind()))
    });
    let server = fake.start();
    for (line, header) in [
        ("GET /example.com/x/@v/list", "X: y"),
        ("GET /cached-only/example.com/x/@v/list", "X: y"),
        ("GET /example.com/x/@v/list", "Disable-Module-Fetch: true"),
        ("GET /example.com/x/@v/list", "disable-module-fetch: false"),
    ] {
        assert_eq!(ask(server.address, line, &[header]).await.status, 404);
    }
    let wanted = [
        Fetching::Allowed,
        Fetching::Never,
        Fetching::Never,
        Fetching::Allowed,
    ];
    assert_eq!(*seen.lock(), wanted);
}

#[tokio::test]
async fn head_says_that_the_head_is_enough_and_get_does_not() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let server = Fake::new(move |_, fetching| {
        seen.lock().push(fetching);
        Ok(artifact(Payload::Announced(Some(70_000))))
    })
    .start();
    let head = "HEAD /example.com/x/@v/v1.0.0.zip";
    let answer = ask(server.address, head, &["Range: bytes=0-1"]).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.header("content-length"), Some("70000"));
    assert_eq!(answer.header("accept-ranges"), None);
    drop(ask(server.address, head, &["Disable-Module-Fetch: true"]).await);
    assert_eq!(*asked.lock(), [Fetching::Head, Fetching::Never]);
}
