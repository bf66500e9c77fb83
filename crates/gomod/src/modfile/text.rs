//! Text as Go sees it: bytes that are UTF-8 where they can be.
//!
//! A go.mod may hold bytes that are not UTF-8, in comments and even in words; Go reads each such
//! byte as U+FFFD, one character wide, and writes it back unchanged. So syntax keeps bytes, and
//! these helpers walk them the way Go's `unicode/utf8`, `bytes` and `strings` do.

/// The longest UTF-8 sequence, in bytes.
const LONGEST_SEQUENCE: usize = 4;

/// The first character and its width in bytes; U+FFFD and 1 for a byte that starts no valid
/// sequence; `None` at the end.
pub(crate) fn first_char(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first.is_ascii() {
        return Some((char::from(first), 1));
    }
    for width in 2..=LONGEST_SEQUENCE {
        if let Some(character) = bytes.get(..width).and_then(single) {
            return Some((character, width));
        }
    }
    Some((char::REPLACEMENT_CHARACTER, 1))
}

/// The last character and its width, as [`first_char`].
pub(crate) fn last_char(bytes: &[u8]) -> Option<(char, usize)> {
    let last = *bytes.last()?;
    if last.is_ascii() {
        return Some((char::from(last), 1));
    }
    for width in 2..=LONGEST_SEQUENCE.min(bytes.len()) {
        let tail = bytes.get(bytes.len() - width..);
        if let Some(character) = tail.and_then(single) {
            return Some((character, width));
        }
    }
    Some((char::REPLACEMENT_CHARACTER, 1))
}

/// The one character that these bytes are.
fn single(bytes: &[u8]) -> Option<char> {
    let mut characters = std::str::from_utf8(bytes).ok()?.chars();
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}

/// Without leading and trailing Unicode white space (`bytes.TrimSpace`).
pub(crate) fn trim_space(mut bytes: &[u8]) -> &[u8] {
    while let Some((character, width)) = first_char(bytes)
        && character.is_whitespace()
    {
        bytes = bytes.get(width..).unwrap_or_default();
    }
    while let Some((character, width)) = last_char(bytes)
        && character.is_whitespace()
    {
        bytes = bytes.get(..bytes.len() - width).unwrap_or_default();
    }
    bytes
}

/// The runs of bytes between Unicode white space, with their offsets (`strings.Fields`).
pub(crate) fn fields(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at = skip(bytes, at, true);
        let start = at;
        at = skip(bytes, at, false);
        let field = bytes.get(start..at).unwrap_or_default();
        (!field.is_empty()).then_some((start, field))
    })
}

/// Where white space, or what is none, ends that begins at a place.
fn skip(bytes: &[u8], mut at: usize, white_space: bool) -> usize {
    while let Some((character, width)) = first_char(bytes.get(at..).unwrap_or_default())
        && character.is_whitespace() == white_space
    {
        at += width;
    }
    at
}

/// As a `String`, with U+FFFD for what is not UTF-8.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{fields, first_char, last_char, trim_space};

    #[test]
    fn a_stray_byte_is_one_replacement_character() {
        assert_eq!(first_char(b"\xff\x61"), Some(('\u{FFFD}', 1)));
        assert_eq!(first_char("é".as_bytes()), Some(('é', 2)));
        assert_eq!(first_char(b"\xc3"), Some(('\u{FFFD}', 1)));
        assert_eq!(last_char("a\u{1F600}".as_bytes()), Some(('\u{1F600}', 4)));
        assert_eq!(last_char(b"a\x80"), Some(('\u{FFFD}', 1)));
        assert_eq!(first_char(b""), None);
    }

    #[test]
    fn white_space_is_unicode_white_space() {
        assert_eq!(trim_space("\u{a0} x\u{2028}\r\n".as_bytes()), b"x");
        let found: Vec<_> = fields("a\u{3000}bc  \x0bd".as_bytes()).collect();
        assert_eq!(found, [(0, &b"a"[..]), (4, b"bc"), (9, b"d")]);
    }
}
