//! Conditional and range requests: which part of a body a request gets (RFC 9110 sections 13 and 14).
//!
//! Pure: headers and facts in, a decision out. Preconditions come first, then the range. What we
//! do not serve (several ranges, other units, broken syntax) is ignored as the RFC allows: the
//! whole body is always a right answer.

use http::{HeaderMap, Method, header};

/// What of the body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodySelection {
    /// All: 200.
    Whole,
    /// The client has it: 304.
    NotModified,
    /// `first..=last`: 206.
    Part {
        /// Offset of the first byte.
        first: u64,
        /// Offset of the last byte.
        last: u64,
    },
    /// The range lies outside: 416.
    Unsatisfiable,
}

/// Decides for a body with this quoted `etag`; `size` is given where ranges can be served.
pub(crate) fn select(
    method: &Method,
    headers: &HeaderMap,
    etag: Option<&str>,
    size: Option<u64>,
) -> BodySelection {
    let Some(etag) = etag else {
        return BodySelection::Whole;
    };
    if headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|value| value.to_str().is_ok_and(|list| names(list, etag)))
    {
        return BodySelection::NotModified;
    }
    match (size, headers.get(header::RANGE)) {
        (Some(size), Some(range)) if method == Method::GET && still_same(headers, etag) => range
            .to_str()
            .ok()
            .and_then(|text| part(text, size))
            .unwrap_or(BodySelection::Whole),
        _ => BodySelection::Whole,
    }
}

/// Weak comparison against a list of entity tags (section 13.1.2).
fn names(list: &str, etag: &str) -> bool {
    list.split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// `If-Range`: a strong match or none at all. We send no dates, so a date never matches (section 13.1.5).
fn still_same(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get(header::IF_RANGE)
        .is_none_or(|value| value.as_bytes() == etag.as_bytes())
}

/// `None`: to be ignored.
fn part(text: &str, size: u64) -> Option<BodySelection> {
    let (first, last) = text.strip_prefix("bytes=")?.trim().split_once('-')?;
    let (first, last) = match (first, last) {
        ("", suffix) => match number(suffix)? {
            0 => return Some(BodySelection::Unsatisfiable),
            suffix => (size.saturating_sub(suffix), u64::MAX),
        },
        (first, "") => (number(first)?, u64::MAX),
        (first, last) => (number(first)?, number(last)?),
    };
    if last < first {
        return None;
    }
    Some(if first < size {
        BodySelection::Part {
            first,
            last: last.min(size - 1),
        }
    } else {
        BodySelection::Unsatisfiable
    })
}

/// Digits only; a number too large for us is beyond every size.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{BodySelection, select};
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    const ETAG: &str = "\"abc\"";

    fn ask(pairs: &[(&'static str, &str)], size: Option<u64>) -> BodySelection {
        let headers: HeaderMap = pairs
            .iter()
            .filter_map(|(name, value)| {
                Some((
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).ok()?,
                ))
            })
            .collect();
        select(&Method::GET, &headers, Some(ETAG), size)
    }

    #[test]
    fn ranges_are_those_of_rfc_9110() {
        let table = [
            ("bytes=0-0", BodySelection::Part { first: 0, last: 0 }),
            ("bytes=0-499", BodySelection::Part { first: 0, last: 99 }),
            (
                "bytes=10-19",
                BodySelection::Part {
                    first: 10,
                    last: 19,
                },
            ),
            (
                "bytes=90-",
                BodySelection::Part {
                    first: 90,
                    last: 99,
                },
            ),
            (
                "bytes=-10",
                BodySelection::Part {
                    first: 90,
                    last: 99,
                },
            ),
            ("bytes=-1000", BodySelection::Part { first: 0, last: 99 }),
            (
                "bytes=99-18446744073709551616",
                BodySelection::Part {
                    first: 99,
                    last: 99,
                },
            ),
            ("bytes=100-", BodySelection::Unsatisfiable),
            (
                "bytes=99999999999999999999999-",
                BodySelection::Unsatisfiable,
            ),
            ("bytes=-0", BodySelection::Unsatisfiable),
            ("bytes=20-10", BodySelection::Whole),
            ("bytes=0-1,5-6", BodySelection::Whole),
            ("bytes=", BodySelection::Whole),
            ("bytes=-", BodySelection::Whole),
            ("bytes=a-b", BodySelection::Whole),
            ("bytes=+1-2", BodySelection::Whole),
            ("lines=0-1", BodySelection::Whole),
        ];
        for (range, wanted) in table {
            assert_eq!(ask(&[("range", range)], Some(100)), wanted, "{range}");
        }
    }

    #[test]
    fn nothing_lies_inside_an_empty_body() {
        for range in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
            assert_eq!(
                ask(&[("range", range)], Some(0)),
                BodySelection::Unsatisfiable,
                "{range}"
            );
        }
    }

    #[test]
    fn a_matching_tag_is_not_modified_even_with_a_range() {
        for list in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            assert_eq!(
                ask(&[("if-none-match", list), ("range", "bytes=0-0")], Some(9)),
                BodySelection::NotModified,
                "{list}"
            );
        }
        assert_eq!(
            ask(&[("if-none-match", "\"abcd\"")], Some(9)),
            BodySelection::Whole
        );
    }

    #[test]
    fn if_range_needs_a_strong_match() {
        let range = ("range", "bytes=1-2");
        assert_eq!(
            ask(&[range, ("if-range", ETAG)], Some(9)),
            BodySelection::Part { first: 1, last: 2 }
        );
        for other in ["W/\"abc\"", "\"abcd\"", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(
                ask(&[range, ("if-range", other)], Some(9)),
                BodySelection::Whole,
                "{other}"
            );
        }
    }

    #[test]
    fn without_random_access_or_a_tag_there_are_no_ranges() {
        assert_eq!(ask(&[("range", "bytes=1-2")], None), BodySelection::Whole);
        let headers =
            HeaderMap::from_iter([(http::header::RANGE, HeaderValue::from_static("bytes=1-2"))]);
        assert_eq!(
            select(&Method::GET, &headers, None, Some(9)),
            BodySelection::Whole
        );
        assert_eq!(
            select(&Method::HEAD, &headers, Some(ETAG), Some(9)),
            BodySelection::Whole
        );
    }
}
