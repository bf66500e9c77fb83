//! Refusals on the wire, and requests that are none.

use crate::{
    site::{Running, Site, module},
    wire::{ask, send},
};
use testkit::upstream::{Fault, Kind};

async fn cold() -> Running {
    Site::over(&[module(10)]).await.start()
}

#[tokio::test]
async fn a_refusal_says_what_why_and_what_to_do() {
    let site = Site::impatient(&[module(10)]).await;
    site.upstream.always(Kind::Mod, Fault::Hang);
    let source = site.upstream.address();
    let server = site.start();
    let answer = ask(server.address, "GET /example.com/x/@v/v1.0.0.mod", &[]).await;
    assert_eq!(answer.status, 504);
    let id = answer.header("modkeep-request").unwrap();
    let (first, last) = (
        "modkeep MK2004: the source did not answer in time\n",
        format!(
            "why: The source accepted the request but sent no answer, or stalled in the middle of it.\n\
             next: Run again; raise the deadlines if the source is known to be slow.\n\
             request: {id}\n"
        ),
    );
    let facts = answer
        .text()
        .strip_prefix(first)
        .and_then(|rest| rest.strip_suffix(&last));
    let facts = facts.unwrap_or_else(|| panic!("{}", answer.text()));
    assert!(facts.contains(&source.to_string()), "{facts}");
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_sources_own_words_are_relayed_with_its_status() {
    let words = "not found: example.com/x@v1.0.0: invalid version: unknown revision v1.0.0";
    for status in [404, 410] {
        let server = cold().await;
        server
            .site
            .upstream
            .always(Kind::Info, Fault::text(status, words));
        let answer = ask(server.address, "GET /example.com/x/@v/v1.0.0.info", &[]).await;
        assert_eq!((answer.status, answer.text()), (status, words));
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        assert_eq!(answer.header("cache-control"), Some("public, max-age=60"));
        assert!(answer.header("modkeep-request").is_some());
    }
}

#[tokio::test]
async fn bad_requests_are_refused_before_the_service_hears_of_them() {
    let server = cold().await;
    let long = format!("GET /example.com/{}/@v/list", "a".repeat(3000));
    for (line, status, code) in [
        ("GET /example.com/%zz/@v/list", 400, "MK1001"),
        ("GET /example.com/%00/@v/list", 400, "MK1001"),
        ("GET /example.com/../x/@v/list", 400, "MK1001"),
        ("GET /example.com/%2e%2e%2fx/@v/list", 400, "MK1001"),
        ("GET /example.com/x/@v/list/", 400, "MK1001"),
        ("GET //@v/list", 404, "MK1007"),
        ("GET /nodot/@v/list", 404, "MK1002"),
        ("GET /example.com/x/@v/v2.0.0.zip", 404, "MK1003"),
        ("POST /example.com/x/@v/list", 405, "MK1004"),
        (long.as_str(), 413, "MK1005"),
        ("GET /favicon.ico", 404, "MK1007"),
        ("GET /sumdb/sum.golang.org/lookup/x", 400, "MK1001"),
    ] {
        let answer = ask(server.address, line, &[]).await;
        assert_eq!(answer.status, status, "{line}");
        assert!(
            answer.text().starts_with(&format!("modkeep {code}: ")),
            "{line}: {}",
            answer.text()
        );
        assert!(
            answer.body.len() <= 600 && answer.text().lines().count() <= 7,
            "{line}"
        );
    }
    assert!(server.site.requests.results.lock().is_empty());
    server.site.upstream.assert_untouched();
}

#[tokio::test]
async fn another_method_is_told_which_are_allowed() {
    let server = cold().await;
    assert_eq!(
        ask(server.address, "DELETE /example.com/x/@v/list", &[])
            .await
            .header("allow"),
        Some("GET, HEAD")
    );
    assert_eq!(
        ask(server.address, "GET /-/refresh/example.com/x", &[])
            .await
            .header("allow"),
        Some("POST")
    );
}

#[tokio::test]
async fn what_is_no_http_is_refused_by_the_protocol_itself() {
    let server = cold().await;
    assert_eq!(
        send(server.address, b"\x16\x03\x01\x02\x00 a TLS hello\r\n\r\n")
            .await
            .status,
        400
    );
    let headers = format!(
        "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "A: b\r\n".repeat(500)
    );
    assert_eq!(send(server.address, headers.as_bytes()).await.status, 431);
    let header = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n",
        "b".repeat(100_000)
    );
    assert_eq!(send(server.address, header.as_bytes()).await.status, 431);
}

#[tokio::test]
async fn an_announced_large_body_is_refused_unread() {
    let server = cold().await;
    let answer = ask(
        server.address,
        "POST /-/refresh/example.com/x",
        &["Content-Length: 1000000000"],
    )
    .await;
    assert_eq!(answer.status, 413);
    assert!(
        answer.text().starts_with("modkeep MK1005: "),
        "{}",
        answer.text()
    );
}
