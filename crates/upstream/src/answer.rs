//! What the header of an answer means: pure rules, no I/O.
//!
//! Success is status 200 and nothing else, as for `go`: 203, 204 and 206 carry something other than
//! the file. 404 and 410 are the two words for absence. 401, 403 and 451 mean that the source will
//! not tell us. Everything else says nothing about the module.
//!
//! `go` ignores content type and content encoding of a 200, and static file servers guess them from
//! the file name, so nothing is concluded from them here: a body is judged by what it holds. A login
//! page or a gateway's error page with status 200 is no list, no go.mod and no zip. A zip is handed on
//! while it arrives, so one whose type is that of a page is looked at first ([`doubtful_type`]).

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

/// Reads status and headers of an answer.
pub(crate) fn meaning(status: StatusCode, headers: &HeaderMap) -> Meaning {
    match status.as_u16() {
        200 => Meaning::Content,
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

/// The type of a zip, or of a database's file, that is said to be a page or a document.
pub(crate) fn doubtful_type(headers: &HeaderMap, kind: RequestKind) -> Option<String> {
    const DOUBTFUL: [&str; 6] = [
        "text/html",
        "application/xhtml+xml",
        "application/xml",
        "text/xml",
        "application/json",
        "application/problem+json",
    ];
    let is_looked_at = matches!(kind, RequestKind::Zip | RequestKind::Sumdb);
    let media_type = media_type(headers).filter(|_| is_looked_at)?;
    DOUBTFUL
        .contains(&media_type.as_str())
        .then_some(media_type)
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
    use super::{Meaning, doubtful_type, meaning};
    use crate::{Failure, RequestKind};
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    use std::time::Duration;

    fn read(status: u16, headers: &[(&'static str, &'static str)]) -> Meaning {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        meaning(StatusCode::from_u16(status).unwrap(), &headers)
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
            assert_eq!(read(status, &[]), expected, "{status}");
        }
    }

    #[test]
    fn a_redirect_needs_a_location() {
        for status in 300..400 {
            let follows = matches!(status, 301 | 302 | 303 | 307 | 308);
            let meaning = read(status, &[("location", "/x")]);
            assert_eq!(meaning == Meaning::Elsewhere, follows, "{status}");
        }
    }

    #[test]
    fn types_and_encodings_of_a_200_conclude_nothing() {
        for headers in [
            ("content-type", "text/html; charset=utf-8"),
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
            ("content-encoding", ""),
            ("content-encoding", "utf-8"),
        ] {
            assert_eq!(read(200, &[headers]), Meaning::Content);
        }
    }

    #[test]
    fn zips_that_are_said_to_be_pages_are_looked_at() {
        use RequestKind::{Mod, Zip};
        for (content_type, kind, is_doubtful) in [
            ("text/html; charset=utf-8", Zip, true),
            ("TEXT/HTML", Zip, true),
            ("text/xml", Zip, true),
            ("application/json", Zip, true),
            ("text/plain", Zip, false),
            ("application/octet-stream", Zip, false),
            ("application/xml-dtd", Zip, false),
            ("", Zip, false),
            ("text/html", Mod, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", HeaderValue::from_static(content_type));
            let doubt = doubtful_type(&headers, kind);
            assert_eq!(doubt.is_some(), is_doubtful, "{content_type}");
        }
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
                read(429, &[("retry-after", value), DATE]),
                Meaning::Failed(Failure::RateLimited { retry_after }),
                "{value}"
            );
        }
    }
}
