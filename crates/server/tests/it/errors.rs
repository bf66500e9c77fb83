//! Refusals on the wire, and requests that are none.

use crate::{
    fake::Fake,
    wire::{ask, send},
};
use codes::Code;
use proxy::Refusal;
use std::{sync::atomic::Ordering, time::Duration};

#[tokio::test]
async fn a_refusal_says_what_why_and_what_to_do() {
    let fake = Fake::new(|_, _| {
        let refusal = Refusal::new(
            Code::UpstreamTimeout,
            "mirror.example.com sent no header within 30s",
        );
        Err(Refusal {
            retry_after: Some(Duration::from_millis(1500)),
            ..refusal
        })
    });
    let server = fake.start();
    let answer = ask(server.address, "GET /example.com/x/@v/v1.0.0.mod", &[]).await;
    assert_eq!(answer.status, 504);
    let id = answer.header("modkeep-request").unwrap();
    assert_eq!(
        answer.text(),
        format!(
            "modkeep MK2004: the source did not answer in time\n\
             mirror.example.com sent no header within 30s\n\
             why: The source accepted the request but sent no answer, or stalled in the middle of it.\n\
             next: Run again; raise the deadlines if the source is known to be slow.\n\
             request: {id}\n"
        )
    );
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(
        (answer.header("retry-after"), answer.header("cache-control")),
        (Some("2"), Some("no-store"))
    );
}

#[tokio::test]
async fn a_sources_own_words_are_relayed_with_its_status() {
    let words = "not found: example.com/x@v1.0.0: invalid version: unknown revision v1.0.0";
    for status in [404, 410] {
        let server = Fake::new(move |_, _| Err(Refusal::relayed(status, words))).start();
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
    let fake = Fake::new(|_, _| panic!("the service was asked"));
    let asked = std::sync::Arc::clone(&fake.asked);
    let server = fake.start();
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
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn another_method_is_told_which_are_allowed() {
    let server = Fake::new(|_, _| panic!("the service was asked")).start();
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
    let server = Fake::new(|_, _| panic!("the service was asked")).start();
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
    let server = Fake::new(|_, _| panic!("the service was asked")).start();
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
