//! Answers and refusals as they are written, whatever made them.

use super::{PreparedResponse, ResponseContext, answer, refusal};
use crate::{body::BodySource, request_id::RequestIds};
use bytes::Bytes;
use codes::Code;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use protocol::{Freshness, Media, Origin, Refusal};
use proxy::{Answer, Body};
use std::time::Duration;

fn prepared(prepare: impl FnOnce(&ResponseContext<'_>) -> PreparedResponse) -> PreparedResponse {
    // A range of what has no entity tag is the whole.
    let headers = HeaderMap::from_iter([(http::header::RANGE, "bytes=0-1".parse().unwrap())]);
    let form = ResponseContext {
        method: &Method::GET,
        headers: &headers,
        id: RequestIds::new().next(Timestamp::UNIX_EPOCH),
    };
    prepare(&form)
}

fn header<'r>((response, _): &'r PreparedResponse, name: &str) -> Option<&'r str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

fn text((response, _): &PreparedResponse) -> String {
    match response.body() {
        BodySource::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        _ => String::new(),
    }
}

#[test]
fn a_refusal_says_what_why_and_what_to_do() {
    let facts = "mirror.example.com sent no header within 30s";
    let refused = Refusal {
        retry_after: Some(Duration::from_millis(1500)),
        ..Refusal::new(Code::UpstreamTimeout, facts)
    };
    let response = prepared(|form| refusal(form, &refused));
    assert_eq!(response.0.status(), 504);
    let id = header(&response, "modkeep-request").unwrap();
    assert_eq!(
        text(&response),
        format!(
            "modkeep MK2004: the source did not answer in time\n\
             mirror.example.com sent no header within 30s\n\
             why: The source accepted the request but sent no answer, or stalled in the middle of it.\n\
             next: Run again; raise the deadlines if the source is known to be slow.\n\
             request: {id}\n"
        )
    );
    assert_eq!(
        header(&response, "content-type"),
        Some("text/plain; charset=utf-8")
    );
    // A second and a half is two: nobody comes back too early.
    assert_eq!(
        (
            header(&response, "retry-after"),
            header(&response, "cache-control")
        ),
        (Some("2"), Some("no-store"))
    );
}

#[test]
fn a_list_without_versions_is_200_and_empty() {
    let list = Answer {
        media: Media::Text,
        freshness: Freshness::For(Duration::from_mins(1)),
        hash: None,
        origin: Origin::Upstream("mirror.example.com".to_owned()),
        evidence: protocol::Evidence::Unclaimed,
        body: Body::Bytes(Bytes::new()),
    };
    let response = prepared(|form| answer(form, list));
    assert_eq!(
        (response.0.status().as_u16(), text(&response)),
        (200, String::new())
    );
    for (name, value) in [
        ("content-length", Some("0")),
        ("content-type", Some("text/plain; charset=utf-8")),
        ("cache-control", Some("public, max-age=60")),
        ("modkeep-source", Some("upstream mirror.example.com")),
        ("etag", None),
        ("modkeep-evidence", None),
        ("accept-ranges", None),
    ] {
        assert_eq!(header(&response, name), value, "{name}");
    }
}
