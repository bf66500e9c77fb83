//! Quoted words, by Go's rules (`strconv.Unquote` for `"…"`, `strconv.Quote`).
//!
//! Only the double quote is a quote in go.mod. Back quotes and single quotes are read by the lexer
//! but refused wherever a value is expected: they are kept for later extensions of the format.

use super::printable::is_printable;
use super::text::first_char;

/// Why a word is not a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// The text between double quotes holds a malformed escape or an early quote.
    #[error("invalid quoted string")]
    Malformed,
    /// A quote character in a word that does not begin with a double quote.
    #[error("an unquoted string cannot contain a quote, and only double quotes quote")]
    StrayQuote,
}

/// The value of a word: unquoted if it begins with a double quote, else as it is.
pub(super) fn value_of(word: &[u8]) -> Result<Vec<u8>, QuoteError> {
    if word.starts_with(b"\"") {
        return unquote(word).ok_or(QuoteError::Malformed);
    }
    if word.iter().any(|byte| matches!(byte, b'"' | b'\'' | b'`')) {
        return Err(QuoteError::StrayQuote);
    }
    Ok(word.to_vec())
}

/// The word that stands for `value`: quoted only if it has to be.
pub fn auto_quote(value: &[u8]) -> Vec<u8> {
    if must_quote(value) {
        quote(value)
    } else {
        value.to_vec()
    }
}

/// Reports whether `value` needs quotes to be one word of a go.mod line.
pub fn must_quote(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some((character, width)) = first_char(rest) {
        let special = match character {
            ' ' | '"' | '\'' | '`' => true,
            '(' | ')' | '[' | ']' | '{' | '}' | ',' => value.len() > 1,
            _ => !is_printable(character),
        };
        if special {
            return true;
        }
        rest = rest.get(width..).unwrap_or_default();
    }
    let opens_comment = |pair: &[u8]| pair == b"//" || pair == b"/*";
    value.is_empty() || value.windows(2).any(opens_comment)
}

fn quote(value: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    let mut rest = value;
    while let Some((character, width)) = first_char(rest) {
        let (head, tail) = rest.split_at_checked(width).unwrap_or((rest, &[]));
        if let ([byte], char::REPLACEMENT_CHARACTER) = (head, character) {
            quoted.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        } else {
            quoted.extend_from_slice(escaped(character).as_bytes());
        }
        rest = tail;
    }
    quoted.push(b'"');
    quoted
}

fn escaped(character: char) -> String {
    let code = u32::from(character);
    match character {
        '"' | '\\' => format!("\\{character}"),
        _ if is_printable(character) => character.to_string(),
        '\x07' => "\\a".to_owned(),
        '\x08' => "\\b".to_owned(),
        '\x0c' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\x0b' => "\\v".to_owned(),
        _ if character.is_ascii_control() => format!("\\x{code:02x}"),
        _ if code < 0x1_0000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// A text in which each escape of a string is what it stands for; what is no escape stays as it is.
pub fn without_escapes(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        let length = plain.len();
        if byte == b'\\'
            && let Some(next) = unescape(behind, &mut plain)
        {
            rest = next;
            continue;
        }
        plain.truncate(length);
        plain.push(byte);
        rest = behind;
    }
    plain
}

/// The text of a double-quoted string, or `None` if it is malformed.
fn unquote(word: &[u8]) -> Option<Vec<u8>> {
    let mut rest = word.strip_prefix(b"\"")?;
    let mut value = Vec::with_capacity(rest.len());
    loop {
        match rest.first()? {
            b'"' => return (rest.len() == 1).then_some(value),
            b'\n' => return None,
            b'\\' => rest = unescape(rest.get(1..)?, &mut value)?,
            _ => {
                let (character, width) = first_char(rest)?;
                push_char(&mut value, character);
                rest = rest.get(width..)?;
            }
        }
    }
}

/// Reads one escape after its backslash, appends what it stands for, and returns what follows.
fn unescape<'a>(text: &'a [u8], value: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&kind, rest) = text.split_first()?;
    let byte = match kind {
        b'a' => b'\x07',
        b'b' => b'\x08',
        b'f' => b'\x0c',
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => b'\x0b',
        b'\\' | b'"' => kind,
        b'x' => {
            let (code, rest) = number(rest, 2, 16)?;
            value.push(u8::try_from(code).ok()?);
            return Some(rest);
        }
        b'u' | b'U' => {
            let (code, rest) = number(rest, if kind == b'u' { 4 } else { 8 }, 16)?;
            push_char(value, char::from_u32(code)?);
            return Some(rest);
        }
        b'0'..=b'7' => {
            let (code, rest) = number(text, 3, 8)?;
            value.push(u8::try_from(code).ok()?);
            return Some(rest);
        }
        _ => return None,
    };
    value.push(byte);
    Some(rest)
}

/// Reads exactly `digits` digits of the radix.
fn number(text: &[u8], digits: usize, radix: u32) -> Option<(u32, &[u8])> {
    let (head, rest) = text.split_at_checked(digits)?;
    let mut code = 0_u32;
    for &byte in head {
        code = (code << radix.ilog2()) | char::from(byte).to_digit(radix)?;
    }
    Some((code, rest))
}

fn push_char(value: &mut Vec<u8>, character: char) {
    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::{QuoteError, auto_quote, value_of};

    #[test]
    fn escapes_are_those_of_go() {
        let value = value_of(br#""a\n\x41\101\u00e9\U0001F600\\\"""#).unwrap();
        assert_eq!(value, "a\nAA\u{e9}\u{1F600}\\\"".as_bytes());
        for bad in [
            &br#""\q""#[..],
            br#""\x4""#,
            br#""\400""#,
            br#""\uD800""#,
            br#""a"b""#,
            b"\"",
        ] {
            assert_eq!(value_of(bad), Err(QuoteError::Malformed), "{bad:?}");
        }
    }

    #[test]
    fn other_quotes_are_refused() {
        for bad in [&b"`a`"[..], b"'a'", b"a\"b"] {
            assert_eq!(value_of(bad), Err(QuoteError::StrayQuote));
        }
    }

    #[test]
    fn quotes_only_what_must_be_quoted() {
        assert_eq!(auto_quote(b"example.com/a"), b"example.com/a");
        assert_eq!(auto_quote(b""), b"\"\"");
        assert_eq!(auto_quote(b"a b"), b"\"a b\"");
        assert_eq!(auto_quote(b"a//b"), b"\"a//b\"");
        assert_eq!(auto_quote(b"("), b"(");
        assert_eq!(auto_quote(b"a \xff\x01"), b"\"a \\xff\\x01\"");
    }
}
