//! Privacy: whether what a request asks for must not be named in the log (law L7).
//!
//! The log shows paths as they were asked for. A resource is judged by the module or database that it
//! names. What does not parse, and what follows the name of a page, can hold a private name anywhere, so
//! it is judged by every place at which one could begin; better a line too many says `(private)`.

use crate::{request_span::RequestSubject, route::Route};
use protocol::Resource;
use proxy::Proxy;

/// Elements of a path at which a name could begin; of what is longer nothing is shown.
const MOST: usize = 64;

/// Whether the path of a request must not be shown.
pub(crate) fn is_private(proxy: &Proxy, subject: &RequestSubject, path: &str) -> bool {
    match subject {
        RequestSubject::AtHand(resource) => proxy.is_private(resource),
        RequestSubject::Routed(Ok(Route::Resource(resource, _))) => proxy.is_private(resource),
        RequestSubject::Routed(Ok(Route::Publication(artifact))) => {
            proxy.is_private(&Resource::Artifact(artifact.clone()))
        }
        RequestSubject::Routed(Ok(Route::Page(page))) => page
            .names()
            .is_some_and(|names| holds_a_private_name(proxy, names)),
        RequestSubject::Routed(Err(_)) => holds_a_private_name(proxy, path),
    }
}

fn holds_a_private_name(proxy: &Proxy, path: &str) -> bool {
    let path = plain(path);
    let starts = path.match_indices('/').map(|(at, _)| at + 1);
    let mut starts = std::iter::once(0).chain(starts);
    let is_private = |at| {
        let rest = path.get(at..).unwrap_or_default();
        !rest.is_empty() && proxy.is_private_text(rest)
    };
    starts.by_ref().take(MOST).any(is_private) || starts.next().is_some()
}

/// A path without its escapes: percent signs, and the `!` before upper-case letters. What stands
/// behind an `@` is an element of its own, so that a pattern fits what is before it.
fn plain(path: &str) -> String {
    let mut plain = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((byte, behind)) = unescaped(rest) {
        plain.push(if byte == b'@' { b'/' } else { byte });
        rest = behind;
    }
    let plain = String::from_utf8_lossy(&plain);
    let mut words = plain.split('!');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        text.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

/// The first byte of a text, decoded if it is an escape, and what is behind it.
fn unescaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    if let [b'%', high, low, behind @ ..] = text
        && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        && let Ok(byte) = u8::try_from(high << 4 | low)
    {
        return Some((byte, behind));
    }
    text.split_first().map(|(byte, behind)| (*byte, behind))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_name_is_seen_behind_its_escapes() {
        for (path, seen) in [
            ("/a.com/x/@v/v1", "/a.com/x//v/v1"),
            ("/%61.com/%2Fx@v1", "/a.com//x/v1"),
            ("/a.com/!my%21corp", "/a.com/MyCorp"),
            ("/%zz%4", "/%zz%4"),
            ("/!", "/"),
        ] {
            assert_eq!(plain(path), seen, "{path}");
        }
    }
}
