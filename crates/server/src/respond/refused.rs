//! Refusals as responses: status, text, and what clients are told about trying again.

use super::{NO_STORE, PLAIN, PreparedResponse, ResponseContext, insert, text};
use crate::{
    body::BodySource, error_body, limits::SOON, request_log::RefusalRecord, route::RouteError,
};
use access::{AuthenticationFailure, FailureReason};
use codes::Code;
use http::{HeaderValue, Response, StatusCode, header};
use protocol::Refusal;

/// What the credentials are for.
const REALM: &str = "modkeep";
const BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"modkeep\"");

/// Absence may end any minute (a tag is pushed), and `go` asks twice over https; shared caches in
/// front of us may keep it as long as the public proxy protocol's other implementations let them.
const ABSENT: HeaderValue = HeaderValue::from_static("public, max-age=60");

/// The response to a refusal.
pub(crate) fn refusal(form: &ResponseContext<'_>, refusal: &Refusal) -> PreparedResponse {
    let mut response = text(form, PLAIN, error_body::render(refusal, form.id.as_str()));
    *response.status_mut() =
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.extensions_mut().insert(RefusalRecord {
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

/// The path or the query of a request is not one that is read here.
pub(crate) fn misdirected(form: &ResponseContext<'_>, error: &RouteError) -> PreparedResponse {
    let (mut response, origin) = refusal(form, &error.refusal());
    if let RouteError::Method(allowed) = error {
        let allowed = HeaderValue::from_static(allowed);
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response.extensions_mut().insert(error.clone());
    (response, origin)
}

/// The response to a request with a body that is too large, though none is read.
pub(crate) fn needless_body(form: &ResponseContext<'_>) -> PreparedResponse {
    let facts = "no request here needs a body";
    closing(refusal(form, &Refusal::new(Code::RequestTooLarge, facts)))
}

/// A 401 that says how to prove who calls: Basic, which `go` makes of netrc (RFC 7617), and Bearer with the
/// error of RFC 6750 section 3.
pub(crate) fn challenged(
    form: &ResponseContext<'_>,
    refusal: &Refusal,
    failure: Option<&AuthenticationFailure>,
) -> PreparedResponse {
    let (mut response, origin) = self::refusal(form, refusal);
    let bearer = match failure {
        None => format!("Bearer realm=\"{REALM}\""),
        Some(failure) => {
            let error = match failure.reason {
                FailureReason::Malformed => "invalid_request",
                FailureReason::Scope => "insufficient_scope",
                _ => "invalid_token",
            };
            let detail = quotable(&failure.detail);
            format!("Bearer realm=\"{REALM}\", error=\"{error}\", error_description=\"{detail}\"")
        }
    };
    let headers = response.headers_mut();
    headers.append(header::WWW_AUTHENTICATE, BASIC);
    if let Ok(bearer) = HeaderValue::from_str(&bearer) {
        headers.append(header::WWW_AUTHENTICATE, bearer);
    }
    (response, origin)
}

/// The characters that RFC 6750 section 3 allows in a description.
fn quotable(text: &str) -> String {
    let is_allowed = |letter: &char| matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\');
    text.chars().filter(is_allowed).take(200).collect()
}

/// The response to whoever is no operator.
pub(crate) fn operators_only(form: &ResponseContext<'_>, kind: &str) -> PreparedResponse {
    let facts = format!("{kind} is asked from elsewhere");
    refusal(form, &Refusal::new(Code::OperatorsOnly, facts))
}

/// The response to a caller whose budget is used up.
pub(crate) fn too_many(form: &ResponseContext<'_>, facts: &str) -> PreparedResponse {
    let busy = Refusal::new(Code::TooManyAtOnce, facts).with_retry_after(SOON);
    refusal(form, &busy)
}

/// A body that is announced and not read would have to be skipped before the next request.
pub(crate) fn closing((mut response, origin): PreparedResponse) -> PreparedResponse {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    (response, origin)
}

/// The response to a range that lies outside of a body of this size.
pub(super) fn unsatisfiable(form: &ResponseContext<'_>, size: Option<u64>) -> Response<BodySource> {
    let size = size.unwrap_or_default();
    let (mut response, _) = refusal(
        form,
        &Refusal::new(Code::RangeNotSatisfiable, format!("it has {size} bytes")),
    );
    insert(
        response.headers_mut(),
        header::CONTENT_RANGE,
        &format!("bytes */{size}"),
    );
    response
}
