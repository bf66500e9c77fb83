//! Artifacts and lists: status, headers, ranges, conditions, bodies that fail.

use crate::{
    site::{Running, Site, module, tag},
    wire::{ask, dechunked, rest},
};
use testkit::upstream::{Fault, Kind};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const ZIP: &str = "GET /example.com/x/@v/v1.0.0.zip";

/// The zip, and a server that has it.
async fn kept(length: usize) -> (Vec<u8>, Running) {
    let site = Site::kept(length).await;
    (module(length).zip(), site.start())
}

/// A server that has to fetch the zip, which comes like this.
async fn cold(length: usize, fault: Option<Fault>) -> (Vec<u8>, Running) {
    let site = Site::over(&[module(length)]).await;
    if let Some(fault) = fault {
        site.upstream.always(Kind::Zip, fault);
    }
    (module(length).zip(), site.start())
}

#[tokio::test]
async fn a_kept_artifact_is_200_with_all_its_facts() {
    let (zip, server) = kept(1_000_000).await;
    let (length, tag) = (zip.len().to_string(), tag(&zip));
    let answer = ask(server.address, ZIP, &[]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body == zip);
    for (name, value) in [
        ("content-type", "application/zip"),
        ("content-length", length.as_str()),
        ("etag", tag.as_str()),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("accept-ranges", "bytes"),
        ("modkeep-source", "store"),
        ("modkeep-evidence", "unverified"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert_eq!(answer.header("modkeep-request").map(str::len), Some(16));
    assert_eq!(answer.header("transfer-encoding"), None);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let (zip, server) = kept(70_000).await;
    let answer = ask(
        server.address,
        "HEAD /example.com/x/@v/v1.0.0.zip",
        &["Range: bytes=0-1"],
    )
    .await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(
        answer.header("content-length"),
        Some(zip.len().to_string().as_str())
    );
    assert_eq!(answer.header("etag"), Some(tag(&zip).as_str()));
}

#[tokio::test]
async fn one_range_is_206_and_several_are_the_whole() {
    let (zip, server) = kept(600_000).await;
    let part = ask(server.address, ZIP, &["Range: bytes=262140-262149"]).await;
    assert_eq!(
        (part.status, part.body.as_slice()),
        (206, &zip[262_140..262_150])
    );
    assert_eq!(
        part.header("content-range"),
        Some(format!("bytes 262140-262149/{}", zip.len()).as_str())
    );
    assert_eq!(part.header("content-length"), Some("10"));
    let several = ask(server.address, ZIP, &["Range: bytes=0-1,5-6"]).await;
    assert_eq!((several.status, several.body.len()), (200, zip.len()));
}

#[tokio::test]
async fn a_range_outside_is_416_with_the_size() {
    let (zip, server) = kept(10).await;
    let size = zip.len();
    let answer = ask(server.address, ZIP, &[&format!("Range: bytes={size}-")]).await;
    assert_eq!(
        (answer.status, answer.header("content-range")),
        (416, Some(format!("bytes */{size}").as_str()))
    );
    assert!(
        answer.text().starts_with("modkeep MK1006: "),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn if_range_with_another_tag_is_the_whole() {
    let (zip, server) = kept(10).await;
    let same = ask(
        server.address,
        ZIP,
        &["Range: bytes=2-3", &format!("If-Range: {}", tag(&zip))],
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
        (206, 2, 200, zip.len())
    );
}

#[tokio::test]
async fn a_known_tag_is_304_without_a_body() {
    let (zip, server) = kept(10).await;
    let answer = ask(
        server.address,
        ZIP,
        &[&format!("If-None-Match: \"cd34\", W/{}", tag(&zip))],
    )
    .await;
    assert_eq!((answer.status, answer.body.len()), (304, 0));
    assert_eq!(answer.header("etag"), Some(tag(&zip).as_str()));
    assert_eq!(
        answer.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
}

#[tokio::test]
async fn small_bytes_have_ranges_as_well() {
    let (_, server) = kept(10).await;
    let line = ZIP.replace(".zip", ".mod");
    let answer = ask(server.address, &line, &["Range: bytes=-3"]).await;
    assert_eq!((answer.status, answer.text()), (206, "21\n"));
}

#[tokio::test]
async fn a_list_without_versions_is_200_and_empty() {
    let (_, server) = cold(10, None).await;
    let upstream = &server.site.upstream;
    upstream.change(|corpus| corpus.put("example.com/empty/@v/list", ""));
    let line = "GET /example.com/empty/@v/list";
    let answer = ask(server.address, line, &[]).await;
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
        Some(format!("upstream {}", upstream.url()).as_str())
    );
    assert_eq!(answer.header("modkeep-evidence"), None);
}

#[tokio::test]
async fn a_flight_of_unknown_length_is_chunked_and_of_known_length_is_not() {
    let (zip, unknown) = cold(100_000, Some(Fault::Chunked { chunk: 10_000 })).await;
    let answer = ask(unknown.address, ZIP, &["Range: bytes=0-0"]).await;
    assert_eq!(
        (
            answer.status,
            answer.header("transfer-encoding"),
            answer.header("accept-ranges")
        ),
        (200, Some("chunked"), None)
    );
    assert!(dechunked(&answer.body) == zip);
    let (zip, known) = cold(100_000, None).await;
    let answer = ask(known.address, ZIP, &[]).await;
    let length = zip.len().to_string();
    assert_eq!(answer.header("content-length"), Some(length.as_str()));
    assert!(answer.body == zip);
}

#[tokio::test]
async fn a_flight_that_fails_is_cut_and_never_completed() {
    let torn = |bytes: &[u8]| {
        let mut torn = bytes.to_vec();
        torn.truncate(bytes.len() - 100);
        torn.resize(bytes.len(), 0);
        torn
    };
    for fault in [
        Fault::CutChunked { after: 90_000 },
        Fault::Cut { after: 90_000 },
        Fault::tamper(torn),
    ] {
        let name = format!("{fault:?}");
        let (zip, server) = cold(100_000, Some(fault)).await;
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket
            .write_all(format!("{ZIP} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes())
            .await
            .unwrap();
        // The connection is kept alive by default: its end is the cut.
        let received = rest(&mut socket).await;
        let head = received.windows(4).position(|end| end == b"\r\n\r\n");
        let body = &received[head.unwrap() + 4..];
        assert!(body.len() > 16 * 1024, "{name}: some of it was sent");
        assert!(
            !body.ends_with(b"0\r\n\r\n"),
            "{name}: the end of a chunked body was sent"
        );
        assert!(body.len() < zip.len(), "{name}: {}", body.len());
    }
}

/// HTTP/1.0 has no chunks: a body of unknown length ends where the connection does, so a torn one
/// must not end in order.
#[tokio::test]
async fn an_old_client_sees_a_torn_body_as_a_reset_connection() {
    for (fault, torn) in [
        (Fault::CutChunked { after: 90_000 }, true),
        (Fault::Chunked { chunk: 10_000 }, false),
    ] {
        let (_, server) = cold(100_000, Some(fault)).await;
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let request = format!("{ZIP} HTTP/1.0\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        assert_eq!(socket.read_to_end(&mut all).await.is_err(), torn);
    }
}

#[tokio::test]
async fn a_kept_connection_serves_the_next_request() {
    let (_, server) = kept(300_000).await;
    let head = "HTTP/1.1\r\nHost: proxy.internal\r\n";
    let requests = format!("{ZIP} {head}\r\n{ZIP} {head}\r\n{ZIP} {head}Connection: close\r\n\r\n");
    let answers = crate::wire::send(server.address, requests.as_bytes()).await;
    assert!(answers.body.len() > 900_000, "{}", answers.body.len());
}

#[tokio::test]
async fn the_cached_only_prefix_and_header_forbid_fetching() {
    let (_, server) = cold(10, None).await;
    for (line, header, may_fetch) in [
        ("GET /example.com/a/@v/list", "X: y", true),
        ("GET /cached-only/example.com/b/@v/list", "X: y", false),
        (
            "GET /example.com/c/@v/list",
            "Disable-Module-Fetch: true",
            false,
        ),
        (
            "GET /example.com/d/@v/list",
            "disable-module-fetch: false",
            true,
        ),
    ] {
        server.site.upstream.forget();
        assert_eq!(ask(server.address, line, &[header]).await.status, 404);
        let fetched = server.site.upstream.count(Kind::List) > 0;
        assert_eq!(fetched, may_fetch, "{line} {header}");
    }
}

#[tokio::test]
async fn head_says_that_the_head_is_enough_and_get_does_not() {
    let (zip, server) = cold(2 << 20, None).await;
    // Of the body itself nothing is waited for.
    let _hold = server.site.upstream.hold_after(1, Kind::Zip);
    let head = "HEAD /example.com/x/@v/v1.0.0.zip";
    let answer = ask(server.address, head, &["Range: bytes=0-1"]).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let length = zip.len().to_string();
    assert_eq!(answer.header("content-length"), Some(length.as_str()));
    assert_eq!(answer.header("accept-ranges"), None);
    server.site.upstream.forget();
    let answer = ask(server.address, head, &["Disable-Module-Fetch: true"]).await;
    assert_eq!(answer.status, 404);
    server.site.upstream.assert_untouched();
}
