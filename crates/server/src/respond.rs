//! Responses: status and headers of a reply or a refusal.
//!
//! Success is exactly 200, because `go` takes no other; 206 and 304 are sent only to whoever asked
//! for them by header, which `go` never does.

use crate::{
    body::Source,
    conditional::{self, Selection},
    error_body,
    request_id::RequestId,
    service::{Payload, Reply},
    stories::Told,
};
use bytes::Bytes;
use codes::Code;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts,
};
use proxy::{Freshness, Origin, Refusal};
use store::BlobId;

const MODKEEP_SOURCE: HeaderName = HeaderName::from_static("modkeep-source");
const MODKEEP_EVIDENCE: HeaderName = HeaderName::from_static("modkeep-evidence");
pub(crate) const MODKEEP_REQUEST: HeaderName = HeaderName::from_static("modkeep-request");

/// A year: the longest that caches are told anything.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Absence may end any minute (a tag is pushed), and `go` asks twice over https; shared caches in
/// front of us may keep it as long as the public proxy protocol's other implementations let them.
const ABSENT: HeaderValue = HeaderValue::from_static("public, max-age=60");

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Room for all headers of an answer, `Date` included, so that their map grows once.
const USUAL_HEADERS: usize = 12;

/// The part of a request that its answer's form depends on.
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) id: RequestId,
}

// === impl Ask ===

impl<'a> Ask<'a> {
    pub(crate) fn of(head: &'a Parts, id: RequestId) -> Self {
        Self {
            method: &head.method,
            headers: &head.headers,
            id,
        }
    }
}

/// A response head, its body, and where it came from.
pub(crate) type Made = (Response<Source>, Option<Origin>);

/// The response to a successful request of the module protocol.
pub(crate) fn reply(ask: &Ask<'_>, reply: Reply) -> Made {
    let etag = reply.hash.map(entity_tag);
    let size = if matches!(reply.payload, Payload::Arriving(_) | Payload::Announced(_)) {
        None
    } else {
        reply.payload.length()
    };
    let tag = etag.as_ref().and_then(|etag| etag.to_str().ok());
    let selection = conditional::select(ask.method, ask.headers, tag, size);
    if selection == Selection::Unsatisfiable {
        return (unsatisfiable(ask, size), None);
    }
    let length = reply.payload.length();
    let mut response = Response::new(Source::Nothing);
    *response.headers_mut() = HeaderMap::with_capacity(USUAL_HEADERS);
    let ranges = etag.is_some() && size.is_some();
    facts(response.headers_mut(), &reply, etag, ranges);
    stamp(response.headers_mut(), ask.id);
    match selection {
        Selection::NotModified => *response.status_mut() = StatusCode::NOT_MODIFIED,
        Selection::Part { first, last } => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let range = format!("bytes {first}-{last}/{}", size.unwrap_or_default());
            insert(response.headers_mut(), header::CONTENT_RANGE, &range);
            set_body(
                &mut response,
                ask,
                reply.media.content_type(),
                part(reply.payload, first, last),
                Some(last - first + 1),
            );
        }
        _ => set_body(
            &mut response,
            ask,
            reply.media.content_type(),
            whole(reply.payload),
            length,
        ),
    }
    (response, Some(reply.origin))
}

/// The response to a refusal.
pub(crate) fn refusal(ask: &Ask<'_>, refusal: &Refusal) -> Made {
    let mut response = text(ask, PLAIN, error_body::render(refusal, ask.id.as_str()));
    *response.status_mut() =
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.extensions_mut().insert(Told {
        code: refusal.code,
        facts: refusal.facts(),
    });
    let cache = match refusal.code {
        Code::Absent | Code::InvalidModulePath | Code::InvalidVersion => ABSENT,
        _ => NO_STORE,
    };
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    if let Some(time) = refusal.retry_after {
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    (response, None)
}

/// A 200 with a text of ours that nobody may keep.
pub(crate) fn text(ask: &Ask<'_>, content_type: HeaderValue, body: String) -> Response<Source> {
    page(ask, content_type, Source::Bytes(Bytes::from(body)))
}

/// A page that is made anew each time, whose bytes lie in memory.
pub(crate) fn page(ask: &Ask<'_>, content_type: HeaderValue, body: Source) -> Response<Source> {
    let length = body.left();
    let mut response = Response::new(Source::Nothing);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, NO_STORE);
    stamp(response.headers_mut(), ask.id);
    set_length(&mut response, ask, body, length);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

/// A 200 whose body comes as it is made.
pub(crate) fn streamed(
    ask: &Ask<'_>,
    content_type: HeaderValue,
    source: Source,
) -> Response<Source> {
    let mut response = text(ask, content_type, String::new());
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = source;
    response
}

/// A 200 with a plain text of ours.
pub(crate) fn plain(ask: &Ask<'_>, body: String) -> Response<Source> {
    text(ask, PLAIN, body)
}

fn unsatisfiable(ask: &Ask<'_>, size: Option<u64>) -> Response<Source> {
    let size = size.unwrap_or_default();
    let (mut response, _) = refusal(
        ask,
        &Refusal::new(Code::RangeNotSatisfiable, format!("it has {size} bytes")),
    );
    insert(
        response.headers_mut(),
        header::CONTENT_RANGE,
        &format!("bytes */{size}"),
    );
    response
}

/// The hash in quotes: a strong entity tag (RFC 9110 section 8.8.3).
fn entity_tag(hash: BlobId) -> HeaderValue {
    let mut tag = [b'"'; 66];
    if let Some(inner) = tag.get_mut(1..65) {
        inner.copy_from_slice(hash.hex().as_str().as_bytes());
    }
    HeaderValue::from_bytes(&tag).unwrap_or(HeaderValue::from_static(""))
}

fn facts(headers: &mut HeaderMap, reply: &Reply, etag: Option<HeaderValue>, ranges: bool) {
    if let Some(etag) = etag {
        headers.insert(header::ETAG, etag);
    }
    if ranges {
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    match reply.freshness {
        Freshness::Immutable => drop(headers.insert(header::CACHE_CONTROL, IMMUTABLE)),
        Freshness::For(time) => insert(
            headers,
            header::CACHE_CONTROL,
            &format!("public, max-age={}", time.as_secs()),
        ),
    }
    match &reply.origin {
        Origin::Memory => drop(headers.insert(MODKEEP_SOURCE, HeaderValue::from_static("memory"))),
        origin => insert(headers, MODKEEP_SOURCE, &origin.to_string()),
    }
    if !reply.evidence.is_unclaimed() {
        insert(headers, MODKEEP_EVIDENCE, &reply.evidence.to_string());
    }
}

/// What every answer has: the request's id, and that a browser must not take it for anything but
/// what its type says (Fetch Standard, `X-Content-Type-Options`).
fn stamp(headers: &mut HeaderMap, id: RequestId) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    insert(headers, MODKEEP_REQUEST, id.as_str());
}

/// Leaves a header out that its value does not fit; all of them are additions.
fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn set_body(
    response: &mut Response<Source>,
    ask: &Ask<'_>,
    content_type: &'static str,
    source: Source,
    length: Option<u64>,
) {
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    set_length(response, ask, source, length);
}

/// HEAD gets the headers of GET and no body.
fn set_length(response: &mut Response<Source>, ask: &Ask<'_>, source: Source, length: Option<u64>) {
    if let Some(length) = length {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if ask.method != Method::HEAD {
        *response.body_mut() = source;
    }
}

fn whole(payload: Payload) -> Source {
    match payload {
        Payload::Bytes(bytes) => Source::Bytes(bytes),
        Payload::Kept(kept) => {
            let size = kept.size();
            Source::kept(kept, 0, size)
        }
        Payload::Arriving(arriving) => Source::arriving(arriving),
        Payload::Announced(_) => Source::Nothing,
    }
}

/// `first..=last` lies within the payload: the selection was made with its size.
fn part(payload: Payload, first: u64, last: u64) -> Source {
    match payload {
        Payload::Bytes(bytes) => {
            let at = |offset: u64| {
                usize::try_from(offset)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len())
            };
            Source::Bytes(bytes.slice(at(first)..at(last + 1)))
        }
        Payload::Kept(kept) => Source::kept(kept, first, last - first + 1),
        Payload::Arriving(arriving) => Source::arriving(arriving),
        Payload::Announced(_) => Source::Nothing,
    }
}
