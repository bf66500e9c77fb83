//! Text, and what tools do to it that take any bytes for text.
//!
//! A rewriting is recognised by undoing it: the hash of the undone content must be the one that
//! should be. That needs no right copy, and a guess cannot pass. Where a right copy is at hand, both
//! are brought into one plain form and compared entry by entry; that also covers files that were
//! mixed before, some with CRLF and some without.

use crate::copy::TextRewrite;
use std::borrow::Cow;

/// How far git looks for a zero byte to tell binary from text (`buffer_is_binary`).
const LOOKED_AT: usize = 8000;

/// The mark in front of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Rewritings that are done to a whole tree of files.
pub(super) const OF_A_TREE: [TextRewrite; 8] = [
    TextRewrite::LfBecameCrlf,
    TextRewrite::CrlfBecameLf,
    TextRewrite::MarkAdded,
    TextRewrite::MarkAddedAndLfBecameCrlf,
    TextRewrite::BecameUtf16,
    TextRewrite::BecameUtf16AndLfBecameCrlf,
    TextRewrite::BecameLatin1,
    TextRewrite::EncodedTwice,
];

/// Rewritings that an editor does to a single file besides.
pub(super) const OF_A_FILE: [TextRewrite; 2] = [
    TextRewrite::FinalNewlineAdded,
    TextRewrite::FinalNewlineLost,
];

/// Whether a tool would take it for text.
pub(super) fn is_text(content: &[u8]) -> bool {
    let front = content.get(..LOOKED_AT).unwrap_or(content);
    utf16(content).is_some() || !front.contains(&0)
}

/// The content before the rewriting; `None` if it cannot be the result of it.
pub(super) fn undo(rewrite: TextRewrite, content: &[u8]) -> Option<Vec<u8>> {
    match rewrite {
        TextRewrite::LfBecameCrlf => to_lf(content),
        TextRewrite::CrlfBecameLf => to_crlf(content),
        TextRewrite::MarkAdded => content.strip_prefix(MARK).map(<[u8]>::to_vec),
        TextRewrite::MarkAddedAndLfBecameCrlf => to_lf(content.strip_prefix(MARK)?),
        TextRewrite::BecameUtf16 => utf16(content),
        TextRewrite::BecameUtf16AndLfBecameCrlf => to_lf(&utf16(content)?),
        TextRewrite::BecameLatin1 => match std::str::from_utf8(content) {
            Ok(_) => None,
            Err(_) => Some(from_latin1(content)),
        },
        TextRewrite::EncodedTwice => once(content),
        TextRewrite::FinalNewlineAdded => content.strip_suffix(b"\n").map(<[u8]>::to_vec),
        TextRewrite::FinalNewlineLost => Some([content, b"\n"].concat()),
    }
}

/// The plain form: UTF-8, no mark, line feeds, nothing but one newline at the end.
pub(super) fn plain(content: &[u8]) -> Vec<u8> {
    let decoded: Cow<'_, [u8]> = match (utf16(content), std::str::from_utf8(content)) {
        (Some(decoded), _) => decoded.into(),
        (None, Ok(_)) => content.strip_prefix(MARK).unwrap_or(content).into(),
        (None, Err(_)) => from_latin1(content).into(),
    };
    let mut plain = to_lf(&decoded).unwrap_or_else(|| decoded.into_owned());
    while plain.last() == Some(&b'\n') {
        plain.pop();
    }
    plain.push(b'\n');
    plain
}

/// With LF for each CRLF; `None` if there is no CRLF.
fn to_lf(content: &[u8]) -> Option<Vec<u8>> {
    let mut result = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = rest.array_windows().position(|pair| pair == b"\r\n") {
        result.extend_from_slice(rest.get(..at)?);
        rest = rest.get(at + 1..)?;
    }
    if result.is_empty() && rest.len() == content.len() {
        return None;
    }
    result.extend_from_slice(rest);
    Some(result)
}

/// With CRLF for each lone LF; `None` if there is none.
fn to_crlf(content: &[u8]) -> Option<Vec<u8>> {
    let mut result = Vec::with_capacity(content.len() + content.len() / 16);
    let mut before = 0;
    for &byte in content {
        if byte == b'\n' && before != b'\r' {
            result.push(b'\r');
        }
        result.push(byte);
        before = byte;
    }
    (result.len() > content.len()).then_some(result)
}

/// UTF-16 with its mark, as UTF-8.
fn utf16(content: &[u8]) -> Option<Vec<u8>> {
    let read: fn([u8; 2]) -> u16 = match content.first_chunk()? {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, rest) = content.get(2..)?.as_chunks();
    let units = pairs.iter().map(|pair| read(*pair));
    let text: Option<String> = char::decode_utf16(units).map(Result::ok).collect();
    text.filter(|_| rest.is_empty()).map(String::into_bytes)
}

fn from_latin1(content: &[u8]) -> Vec<u8> {
    let text: String = content.iter().copied().map(char::from).collect();
    text.into_bytes()
}

/// UTF-8 whose characters are the bytes of UTF-8 again.
fn once(content: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(content).ok()?;
    let bytes: Option<Vec<u8>> = text.chars().map(|each| u8::try_from(each).ok()).collect();
    let bytes = bytes.filter(|bytes| bytes.len() < content.len())?;
    std::str::from_utf8(&bytes).is_ok().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{OF_A_FILE, OF_A_TREE, is_text, plain, undo};
    use crate::copy::TextRewrite;

    const TEXT: &str = "module example.com/ä\n\n// grüße\n";

    fn utf16le(text: &str) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    }

    /// What each tool makes of the text.
    fn done(rewrite: TextRewrite) -> Vec<u8> {
        let crlf = TEXT.replace('\n', "\r\n");
        match rewrite {
            TextRewrite::LfBecameCrlf => crlf.into_bytes(),
            TextRewrite::CrlfBecameLf => TEXT.as_bytes().to_vec(),
            TextRewrite::MarkAdded => format!("\u{feff}{TEXT}").into_bytes(),
            TextRewrite::MarkAddedAndLfBecameCrlf => format!("\u{feff}{crlf}").into_bytes(),
            TextRewrite::BecameUtf16 => utf16le(TEXT),
            TextRewrite::BecameUtf16AndLfBecameCrlf => utf16le(&crlf),
            TextRewrite::BecameLatin1 => TEXT.chars().map(|c| u8::try_from(c).unwrap()).collect(),
            TextRewrite::EncodedTwice => {
                let text: String = TEXT.bytes().map(char::from).collect();
                text.into_bytes()
            }
            TextRewrite::FinalNewlineAdded => format!("{TEXT}\n").into_bytes(),
            TextRewrite::FinalNewlineLost => TEXT.trim_end().as_bytes().to_vec(),
        }
    }

    #[test]
    fn what_each_tool_does_is_undone() {
        for rewrite in OF_A_TREE.into_iter().chain(OF_A_FILE) {
            let before = match rewrite {
                TextRewrite::CrlfBecameLf => TEXT.replace('\n', "\r\n"),
                _ => TEXT.to_owned(),
            };
            let undone = undo(rewrite, &done(rewrite));
            assert_eq!(undone, Some(before.into_bytes()), "{rewrite:?}");
        }
    }

    #[test]
    fn the_plain_form_is_the_same_whatever_was_done() {
        for rewrite in OF_A_TREE.into_iter().chain(OF_A_FILE) {
            if rewrite != TextRewrite::EncodedTwice {
                assert_eq!(plain(&done(rewrite)), TEXT.as_bytes(), "{rewrite:?}");
            }
        }
        assert_ne!(plain(b"a\n"), plain(b"b\n"));
    }

    #[test]
    fn a_zero_byte_makes_it_binary_unless_it_is_utf16() {
        assert!(is_text(TEXT.as_bytes()) && is_text(&utf16le(TEXT)));
        assert!(!is_text(b"\x7fELF\0\0") && !is_text(b"\xff\xfe\0"));
    }
}
