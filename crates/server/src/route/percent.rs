//! Strict percent-decoding, one path element at a time (RFC 3986 section 2.1).
//!
//! `go` escapes each element by itself and leaves `/` alone; so an encoded slash, a slash at the end, a
//! dot element or a control byte is never its work, and is refused.

use super::RouteError;
use std::borrow::Cow;

/// Decodes `text`, which holds no `/`. Refuses a `%` without two hexadecimal digits, and bytes
/// that are not UTF-8 once decoded.
pub(crate) fn decode(text: &str) -> Result<Cow<'_, str>, RouteError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        decoded.push(if byte == b'%' {
            pair(&mut rest).ok_or(BROKEN)?
        } else {
            byte
        });
    }
    String::from_utf8(decoded)
        .map(Cow::Owned)
        .map_err(|_| RouteError::Malformed("the path is not UTF-8 once decoded"))
}

const BROKEN: RouteError =
    RouteError::Malformed("a % in the path is not followed by two hexadecimal digits");

fn pair(rest: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let mut nibble = || {
        char::from(rest.next()?)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    Some(nibble()? << 4 | nibble()?)
}

/// Splits an absolute path into its decoded elements; slashes alone have none. Several slashes are one,
/// as `go` and most servers have it: a base URL and a path were joined carelessly on the way.
pub(super) fn elements(raw_path: &str) -> Result<Vec<Cow<'_, str>>, RouteError> {
    let path = raw_path
        .strip_prefix('/')
        .ok_or(RouteError::Malformed("the path does not begin with /"))?;
    let path = path.trim_start_matches('/');
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let last = path.rsplit('/').next().filter(|last| last.is_empty());
    let named = path.split('/').filter(|raw| !raw.is_empty());
    named.chain(last).map(|raw| checked(decode(raw)?)).collect()
}

fn checked(element: Cow<'_, str>) -> Result<Cow<'_, str>, RouteError> {
    match element.as_ref() {
        "" => Err(RouteError::Malformed("the path ends with a slash")),
        "." | ".." => Err(RouteError::Malformed("the path has an element . or ..")),
        text if text.chars().any(char::is_control) => {
            Err(RouteError::Malformed("the path has a control character"))
        }
        text if text.contains('/') => Err(RouteError::Malformed("the path has an encoded slash")),
        _ => Ok(element),
    }
}
