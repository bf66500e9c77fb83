//! Responses: status and headers of a reply or a refusal.
//!
//! Success is exactly 200, because `go` takes no other; 206 and 304 are sent only to whoever asked
//! for them by header, which `go` never does.

mod refused;

pub(crate) use refused::{
    challenged, closing, misdirected, needless_body, operators_only, refusal, too_many,
};

use crate::{
    body::BodySource,
    conditional::{self, BodySelection},
    publication::PublicationReply,
    request_id::RequestId,
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts,
};
use protocol::{Freshness, Origin};
use proxy::{Answer, Body};
use publish::PublishedVersion;
use std::sync::Arc;
use store::BlobId;

const MODKEEP_SOURCE: HeaderName = HeaderName::from_static("modkeep-source");
const MODKEEP_EVIDENCE: HeaderName = HeaderName::from_static("modkeep-evidence");
pub(crate) const MODKEEP_REQUEST: HeaderName = HeaderName::from_static("modkeep-request");

/// A year: the longest that caches are told anything.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// For whoever may see it, and no cache that others share.
const FOR_ONE_CALLER: HeaderValue = HeaderValue::from_static("private, no-store");

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Room for all headers of an answer, `Date` included, so that their map grows once.
const USUAL_HEADERS: usize = 12;

/// The part of a request that the form of its answer depends on.
pub(crate) struct ResponseContext<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) id: RequestId,
}

// === impl ResponseContext ===

impl<'a> ResponseContext<'a> {
    pub(crate) fn of(head: &'a Parts, id: RequestId) -> Self {
        Self {
            method: &head.method,
            headers: &head.headers,
            id,
        }
    }
}

/// A response head, its body, and where it came from.
pub(crate) type PreparedResponse = (Response<BodySource>, Option<Origin>);

/// The response to a successful request of the module protocol.
pub(crate) fn answer(form: &ResponseContext<'_>, answer: Answer) -> PreparedResponse {
    let etag = answer.hash.map(entity_tag);
    let size = if matches!(answer.body, Body::Flight(_) | Body::Announced(_)) {
        None
    } else {
        answer.body.length()
    };
    let tag = etag.as_ref().and_then(|etag| etag.to_str().ok());
    let selection = conditional::select(form.method, form.headers, tag, size);
    if selection == BodySelection::Unsatisfiable {
        return (refused::unsatisfiable(form, size), None);
    }
    let length = answer.body.length();
    let mut response = Response::new(BodySource::Nothing);
    *response.headers_mut() = HeaderMap::with_capacity(USUAL_HEADERS);
    let ranges = etag.is_some() && size.is_some();
    facts(response.headers_mut(), &answer, etag, ranges);
    stamp(response.headers_mut(), form.id);
    match selection {
        BodySelection::NotModified => *response.status_mut() = StatusCode::NOT_MODIFIED,
        BodySelection::Part { first, last } => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let range = format!("bytes {first}-{last}/{}", size.unwrap_or_default());
            insert(response.headers_mut(), header::CONTENT_RANGE, &range);
            set_body(
                &mut response,
                form,
                answer.media.content_type(),
                part(answer.body, first, last),
                Some(last - first + 1),
            );
        }
        _ => set_body(
            &mut response,
            form,
            answer.media.content_type(),
            whole(answer.body),
            length,
        ),
    }
    (response, Some(answer.origin))
}

/// The same response for the one caller who asked, and for no cache that others share.
pub(crate) fn for_this_caller((mut response, origin): PreparedResponse) -> PreparedResponse {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, FOR_ONE_CALLER);
    (response, origin)
}

/// A 200 with a text of ours that nobody may keep.
pub(crate) fn text(
    form: &ResponseContext<'_>,
    content_type: HeaderValue,
    body: String,
) -> Response<BodySource> {
    page(form, content_type, BodySource::Bytes(Bytes::from(body)))
}

/// A page that is made anew each time, whose bytes lie in memory.
pub(crate) fn page(
    form: &ResponseContext<'_>,
    content_type: HeaderValue,
    body: BodySource,
) -> Response<BodySource> {
    let length = body.left();
    let mut response = Response::new(BodySource::Nothing);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, NO_STORE);
    stamp(response.headers_mut(), form.id);
    set_length(&mut response, form, body, length);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

/// A 200 whose body comes as it is made.
pub(crate) fn streamed(
    form: &ResponseContext<'_>,
    content_type: HeaderValue,
    source: BodySource,
) -> Response<BodySource> {
    let mut response = text(form, content_type, String::new());
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = source;
    response
}

/// A 200 with a plain text of ours.
pub(crate) fn plain(form: &ResponseContext<'_>, body: String) -> Response<BodySource> {
    text(form, PLAIN, body)
}

/// The response to whoever published a version: 201 where it was not there.
pub(crate) fn published(
    form: &ResponseContext<'_>,
    published: &PublishedVersion,
) -> PreparedResponse {
    let json = HeaderValue::from_static("application/json");
    let mut response = text(form, json, PublicationReply::json(published));
    if published.is_new {
        *response.status_mut() = StatusCode::CREATED;
    }
    (response, None)
}

/// The hash in quotes: a strong entity tag (RFC 9110 section 8.8.3).
fn entity_tag(hash: BlobId) -> HeaderValue {
    let mut tag = [b'"'; 66];
    if let Some(inner) = tag.get_mut(1..65) {
        inner.copy_from_slice(hash.hex().as_str().as_bytes());
    }
    HeaderValue::from_bytes(&tag).unwrap_or(HeaderValue::from_static(""))
}

fn facts(headers: &mut HeaderMap, answer: &Answer, etag: Option<HeaderValue>, ranges: bool) {
    if let Some(etag) = etag {
        headers.insert(header::ETAG, etag);
    }
    if ranges {
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    match answer.freshness {
        Freshness::Immutable => drop(headers.insert(header::CACHE_CONTROL, IMMUTABLE)),
        Freshness::For(time) => insert(
            headers,
            header::CACHE_CONTROL,
            &format!("public, max-age={}", time.as_secs()),
        ),
    }
    match &answer.origin {
        Origin::Memory => drop(headers.insert(MODKEEP_SOURCE, HeaderValue::from_static("memory"))),
        origin => insert(headers, MODKEEP_SOURCE, &origin.to_string()),
    }
    if !answer.evidence.is_unclaimed() {
        insert(headers, MODKEEP_EVIDENCE, &answer.evidence.to_string());
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
    response: &mut Response<BodySource>,
    form: &ResponseContext<'_>,
    content_type: &'static str,
    source: BodySource,
    length: Option<u64>,
) {
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    set_length(response, form, source, length);
}

/// HEAD gets the headers of GET and no body.
fn set_length(
    response: &mut Response<BodySource>,
    form: &ResponseContext<'_>,
    source: BodySource,
    length: Option<u64>,
) {
    if let Some(length) = length {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if form.method != Method::HEAD {
        *response.body_mut() = source;
    }
}

fn whole(body: Body) -> BodySource {
    match body {
        Body::Bytes(bytes) => BodySource::Bytes(bytes),
        Body::Blob(blob) => {
            let size = blob.size();
            BodySource::kept(Arc::new(blob), 0, size)
        }
        Body::Flight(reader) => BodySource::arriving(Box::new(reader)),
        Body::Announced(_) => BodySource::Nothing,
    }
}

/// `first..=last` lies within the body: the selection was made with its size.
fn part(body: Body, first: u64, last: u64) -> BodySource {
    match body {
        Body::Bytes(bytes) => {
            let at = |offset: u64| {
                usize::try_from(offset)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len())
            };
            BodySource::Bytes(bytes.slice(at(first)..at(last + 1)))
        }
        Body::Blob(blob) => BodySource::kept(Arc::new(blob), first, last - first + 1),
        whole => self::whole(whole),
    }
}

#[cfg(test)]
mod tests;
