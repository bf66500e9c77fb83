//! The escaped form of paths and versions, in which case is spelled out.
//!
//! Two module paths may differ by case only, two files on many file systems may not. So the module
//! cache and the protocol's URLs write each ASCII upper-case letter as `!` and the lower-case one
//! (Go Modules Reference, "Goproxy protocol"). Neither `!` nor anything beyond ASCII may be in what
//! is escaped, which makes the two directions exact inverses.
//!
//! Refused when unescaping: upper case, `!` before anything but `a-z` or at the end, non-ASCII.
//! Accepting them would give one name two spellings, and a cache two entries.

use crate::path::{self, ModulePathError, PathKind};

/// Why an escaped text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// Only ASCII can be in an escaped text.
    #[error("non-ASCII character {0:?} in escaped text")]
    NonAscii(char),
    /// Upper case is written with an exclamation mark.
    #[error("unescaped upper-case letter {0:?}")]
    UpperCase(char),
    /// An exclamation mark escapes a lower-case letter, nothing else.
    #[error("exclamation mark before {0:?}")]
    NotALetter(char),
    /// The text ends inside an escape.
    #[error("exclamation mark at the end")]
    Unfinished,
}

/// Escapes what is known to hold neither `!` nor non-ASCII: a checked module path or version.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    escaped
}

/// Reads an escaped text, without looking at what it says.
pub fn unescape(escaped: &str) -> Result<String, EscapeError> {
    let mut text = String::with_capacity(escaped.len());
    let mut rest = escaped.chars();
    while let Some(c) = rest.next() {
        text.push(match c {
            '!' => unescape_letter(rest.next())?,
            'A'..='Z' => return Err(EscapeError::UpperCase(c)),
            c if c.is_ascii() => c,
            c => return Err(EscapeError::NonAscii(c)),
        });
    }
    Ok(text)
}

fn unescape_letter(letter: Option<char>) -> Result<char, EscapeError> {
    match letter {
        Some(c @ 'a'..='z') => Ok(c.to_ascii_uppercase()),
        Some(c) if c.is_ascii() => Err(EscapeError::NotALetter(c)),
        Some(c) => Err(EscapeError::NonAscii(c)),
        None => Err(EscapeError::Unfinished),
    }
}

/// Escapes a version or any other name of a revision that may stand in a protocol path: one file
/// name element without `!` and non-ASCII. A branch called `a/b` cannot be named there.
pub fn escape_version(version: &str) -> Result<String, ModulePathError> {
    path::check_element(version, PathKind::File)?;
    match version.chars().find(|&c| c == '!' || !c.is_ascii()) {
        Some(c) => Err(ModulePathError::InvalidCharacter(c)),
        None => Ok(escape(version)),
    }
}

/// Reads the escaped form of a version or of another name of a revision.
pub fn unescape_version(escaped: &str) -> Result<String, ModulePathError> {
    let version = unescape(escaped)?;
    path::check_element(&version, PathKind::File)?;
    Ok(version)
}

/// Writes the path of a protocol URL as `go` sends it: every byte that Go's `url.PathEscape` does not
/// leave alone becomes `%XX`, slashes stay. A name of a revision may hold `#`, `%`, `^`, braces, spaces.
pub fn percent_encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len() + 8);
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+:=@/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend([byte >> 4, byte & 15].map(hex_digit));
        }
    }
    encoded
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).map_or('0', |digit| digit.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::{EscapeError, unescape};

    #[test]
    fn each_refusal_names_its_reason() {
        assert_eq!(unescape("a!bc"), Ok("aBc".to_owned()));
        assert_eq!(unescape("aB"), Err(EscapeError::UpperCase('B')));
        assert_eq!(unescape("a!"), Err(EscapeError::Unfinished));
        assert_eq!(unescape("!!a"), Err(EscapeError::NotALetter('!')));
        assert_eq!(unescape("!A"), Err(EscapeError::NotALetter('A')));
        assert_eq!(unescape("\u{e9}"), Err(EscapeError::NonAscii('\u{e9}')));
    }
}
