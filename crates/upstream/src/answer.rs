//! What the header of an answer means: pure rules, no I/O.
//!
//! Success is status 200 and nothing else, as for `go`: 203, 204 and 206 carry something other than
//! the file. 404 and 410 are the two words for absence. 401, 403 and 451 mean that the source will
//! not tell us. Everything else says nothing about the module.
//!
//! `go` ignores the content type of a 200, and static file servers guess it from the file name, so
//! little can be concluded from it. But a login page or a gateway's error page with status 200 must
//! not become an empty version list: HTML is implausible everywhere, and JSON or XML wherever the
//! protocol has another form. The types are compared in full: file servers know `.mod` as
//! `application/xml-dtd` or `audio/x-mod`.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use jiff::fmt::rfc2822::DateTimeParser;

use crate::{Failure, RequestKind};

/// Longest `Retry-After` that is believed. Beyond an hour it is a mistake or an attempt to keep us away.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The body is what was asked for, as far as can be told.
    Content,
    /// It does not exist there.
    Absent,
    /// A redirect with somewhere to go.
    Elsewhere,
    /// Neither.
    Failed(Failure),
}

/// Reads status and headers of an answer to a request of this kind.
pub(crate) fn meaning(status: StatusCode, headers: &HeaderMap, kind: RequestKind) -> Meaning {
    match status.as_u16() {
        200 => implausible(headers, kind).map_or(Meaning::Content, |why| {
            Meaning::Failed(Failure::Content(why))
        }),
        404 | 410 => Meaning::Absent,
        301 | 302 | 303 | 307 | 308 if headers.contains_key(header::LOCATION) => Meaning::Elsewhere,
        status @ 200..=399 => {
            Meaning::Failed(Failure::Content(format!("status {status} instead of 200")))
        }
        status @ (401 | 403 | 451) => Meaning::Failed(Failure::Refused(status)),
        429 => Meaning::Failed(Failure::RateLimited {
            retry_after: retry_after(headers),
        }),
        status => Meaning::Failed(Failure::Status {
            status,
            retry_after: retry_after(headers),
        }),
    }
}

/// The content type without parameters, lower case, if there is one.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next().unwrap_or_default().trim();
    (!media_type.is_empty()).then(|| media_type.to_ascii_lowercase())
}

fn implausible(headers: &HeaderMap, kind: RequestKind) -> Option<String> {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Some("a content encoding nobody asked for".to_owned());
    }
    let media_type = media_type(headers)?;
    let wrong = match media_type.as_str() {
        "text/html" | "application/xhtml+xml" => true,
        "application/xml" | "text/xml" => kind != RequestKind::Other,
        "application/json" | "application/problem+json" => !matches!(
            kind,
            RequestKind::Info | RequestKind::Latest | RequestKind::Other
        ),
        _ => false,
    };
    wrong.then(|| format!("content type {media_type}"))
}

/// `Retry-After` as a duration (RFC 9110 section 10.2.3). A date is read against the answer's own
/// `Date`, so neither side's clock matters.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = if let Ok(seconds) = value.parse() {
        seconds
    } else {
        until(value, headers)?
    };
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// Seconds from the answer's `Date` to another one.
fn until(later: &str, headers: &HeaderMap) -> Option<u64> {
    let sent = date(headers.get(header::DATE)?.to_str().ok()?)?;
    u64::try_from(date(later)?.checked_sub(sent)?).ok()
}

/// Seconds since the epoch of an HTTP date.
fn date(text: &str) -> Option<i64> {
    DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
        .map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::{Meaning, meaning};
    use crate::{Failure, RequestKind};
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    use std::time::Duration;

    fn read(status: u16, headers: &[(&'static str, &'static str)], kind: RequestKind) -> Meaning {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        meaning(StatusCode::from_u16(status).unwrap(), &headers, kind)
    }

    #[test]
    fn only_200_is_success_and_only_404_and_410_are_absence() {
        for status in 200..1000 {
            let expected = match status {
                200 => Meaning::Content,
                404 | 410 => Meaning::Absent,
                401 | 403 | 451 => Meaning::Failed(Failure::Refused(status)),
                429 => Meaning::Failed(Failure::RateLimited { retry_after: None }),
                201..=399 => {
                    Meaning::Failed(Failure::Content(format!("status {status} instead of 200")))
                }
                _ => Meaning::Failed(Failure::Status {
                    status,
                    retry_after: None,
                }),
            };
            assert_eq!(read(status, &[], RequestKind::Mod), expected, "{status}");
        }
    }

    #[test]
    fn a_redirect_needs_a_location() {
        for status in 300..400 {
            let follows = matches!(status, 301 | 302 | 303 | 307 | 308);
            let meaning = read(status, &[("location", "/x")], RequestKind::Mod);
            assert_eq!(meaning == Meaning::Elsewhere, follows, "{status}");
        }
    }

    #[test]
    fn pages_are_not_files() {
        use RequestKind::{Info, Latest, List, Mod, Sumdb, Zip};
        for (content_type, plausible_for) in [
            ("text/html; charset=utf-8", &[][..]),
            ("TEXT/HTML", &[]),
            ("application/xhtml+xml", &[]),
            ("text/xml", &[]),
            ("application/json", &[Info, Latest]),
            (
                "text/plain; charset=utf-8",
                &[Info, Latest, List, Mod, Sumdb, Zip],
            ),
            (
                "application/octet-stream",
                &[Info, Latest, List, Mod, Sumdb, Zip],
            ),
            (
                "application/xml-dtd",
                &[Info, Latest, List, Mod, Sumdb, Zip],
            ),
            ("", &[Info, Latest, List, Mod, Sumdb, Zip]),
        ] {
            for kind in [Info, Latest, List, Mod, Sumdb, Zip] {
                let plausible =
                    read(200, &[("content-type", content_type)], kind) == Meaning::Content;
                assert_eq!(
                    plausible,
                    plausible_for.contains(&kind),
                    "{content_type} {kind:?}"
                );
            }
        }
    }

    #[test]
    fn encoded_bodies_are_refused() {
        assert!(matches!(
            read(200, &[("content-encoding", "gzip")], RequestKind::Mod),
            Meaning::Failed(_)
        ));
        assert_eq!(
            read(200, &[("content-encoding", "Identity")], RequestKind::Mod),
            Meaning::Content
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_bounded() {
        const DATE: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        for (value, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            ("999999999", Some(3600)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", None),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            let retry_after = seconds.map(Duration::from_secs);
            assert_eq!(
                read(429, &[("retry-after", value), DATE], RequestKind::Zip),
                Meaning::Failed(Failure::RateLimited { retry_after }),
                "{value}"
            );
        }
    }
}
