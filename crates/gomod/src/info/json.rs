//! JSON as Go's `encoding/json` reads it, one value after the other.
//!
//! No library reads as Go does: a key may come twice, bytes that are no UTF-8 and lone surrogates
//! stand for U+FFFD, and values may be nested 10,000 deep but no deeper. Where a reader and `go`
//! disagree about an `.info`, one of them fails on what the other took, so these rules are Go's to
//! the letter (`scanner.go` and `decode.go`), and tests hold them against Go itself.
//!
//! Nothing is built of what is only passed over, and depth costs a byte a level, not a stack frame.

/// The deepest nesting that Go reads (`maxNestingDepth`).
const MAX_DEPTH: usize = 10_000;

/// It is no JSON, or nested too deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MalformedJson;

/// The beginning of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueStart {
    Object,
    Text,
    Null,
    /// An array, a number, a truth value.
    Other,
}

/// A string as it stands between its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawText<'a>(&'a [u8]);

/// A document and how far it is read.
#[derive(Debug)]
pub(super) struct JsonReader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// What closes the values that are open.
    open: Vec<u8>,
}

// === impl RawText ===

impl<'a> RawText<'a> {
    /// The bytes without unescaping them.
    pub(super) const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// What it stands for.
    pub(super) fn unquoted(self) -> String {
        let mut text = Vec::with_capacity(self.0.len());
        let mut rest = self.0;
        while let Some((byte, behind)) = rest.split_first() {
            rest = behind;
            if *byte != b'\\' {
                text.push(*byte);
                continue;
            }
            let Some((escape, behind)) = rest.split_first() else {
                break;
            };
            rest = behind;
            match escape {
                b'b' => text.push(8),
                b'f' => text.push(12),
                b'n' => text.push(b'\n'),
                b'r' => text.push(b'\r'),
                b't' => text.push(b'\t'),
                b'u' => {
                    let (character, behind) = escaped_character(rest);
                    rest = behind;
                    text.extend(character.encode_utf8(&mut [0; 4]).bytes());
                }
                other => text.push(*other),
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// The character of a `\u`, behind which `rest` stands; a pair of surrogates is one character.
fn escaped_character(rest: &[u8]) -> (char, &[u8]) {
    let behind = rest.get(4..).unwrap_or_default();
    let first = four_digits(rest).unwrap_or(0);
    let second = behind.strip_prefix(b"\\u").and_then(four_digits);
    if let (0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) = (first, second) {
        let pair = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
        let character = char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER);
        return (character, behind.get(6..).unwrap_or_default());
    }
    let character = char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER);
    (character, behind)
}

fn four_digits(text: &[u8]) -> Option<u32> {
    let digits = text.get(..4)?;
    digits.iter().try_fold(0, |value, digit| {
        Some(value * 16 + char::from(*digit).to_digit(16)?)
    })
}

// === impl JsonReader ===

impl<'a> JsonReader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            open: Vec::new(),
        }
    }

    /// What begins here.
    pub(super) fn start(&mut self) -> Result<ValueStart, MalformedJson> {
        Ok(match self.peek()? {
            b'{' => ValueStart::Object,
            b'"' => ValueStart::Text,
            b'n' => ValueStart::Null,
            _ => ValueStart::Other,
        })
    }

    /// Reads an object, each value by `member`, which is told its key and must read all of it.
    pub(super) fn object<E: From<MalformedJson>>(
        &mut self,
        mut member: impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        self.open(b'{', b'}')?;
        if self.peek()? == b'}' {
            return Ok(self.close(b'}')?);
        }
        loop {
            let key = self.key()?;
            member(self, &key.unquoted())?;
            if self.peek()? == b'}' {
                return Ok(self.close(b'}')?);
            }
            self.expect(b',')?;
        }
    }

    /// Reads a string.
    pub(super) fn text(&mut self) -> Result<RawText<'a>, MalformedJson> {
        self.expect(b'"')?;
        let from = self.at;
        loop {
            match self.next()? {
                b'"' => break,
                b'\\' => self.escape()?,
                0..0x20 => return Err(MalformedJson),
                _ => {}
            }
        }
        let text = self.bytes.get(from..self.at - 1);
        text.map(RawText).ok_or(MalformedJson)
    }

    /// Reads any value and forgets it.
    pub(super) fn skip(&mut self) -> Result<(), MalformedJson> {
        let outer = self.open.len();
        loop {
            match self.peek()? {
                b'{' => {
                    self.open(b'{', b'}')?;
                    if self.peek()? != b'}' {
                        self.key()?;
                        continue;
                    }
                }
                b'[' => {
                    self.open(b'[', b']')?;
                    if self.peek()? != b']' {
                        continue;
                    }
                }
                b'"' => drop(self.text()?),
                _ => self.scalar()?,
            }
            if self.behind_value(outer)? {
                return Ok(());
            }
        }
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&mut self) -> Result<(), MalformedJson> {
        self.space();
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(MalformedJson)
        }
    }

    /// Closes what ends behind a value, down to the depth `outer`; true if that is reached, else the
    /// next value is to be read.
    fn behind_value(&mut self, outer: usize) -> Result<bool, MalformedJson> {
        while self.open.len() > outer {
            let close = *self.open.last().ok_or(MalformedJson)?;
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    if close == b'}' {
                        self.key()?;
                    }
                    return Ok(false);
                }
                _ => self.close(close)?,
            }
        }
        Ok(true)
    }

    fn open(&mut self, open: u8, close: u8) -> Result<(), MalformedJson> {
        self.expect(open)?;
        self.open.push(close);
        if self.open.len() > MAX_DEPTH {
            return Err(MalformedJson);
        }
        Ok(())
    }

    fn close(&mut self, close: u8) -> Result<(), MalformedJson> {
        self.expect(close)?;
        self.open.pop();
        Ok(())
    }

    fn key(&mut self) -> Result<RawText<'a>, MalformedJson> {
        let key = self.text()?;
        self.expect(b':')?;
        Ok(key)
    }

    /// The rest of an escape, behind its backslash.
    fn escape(&mut self) -> Result<(), MalformedJson> {
        match self.next()? {
            b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => Ok(()),
            b'u' => {
                let digits = self.bytes.get(self.at..).and_then(four_digits);
                self.at += 4;
                digits.map(drop).ok_or(MalformedJson)
            }
            _ => Err(MalformedJson),
        }
    }

    /// `null`, a truth value or a number.
    fn scalar(&mut self) -> Result<(), MalformedJson> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let words = [&b"null"[..], b"true", b"false"];
        let length = words
            .iter()
            .find(|word| rest.starts_with(word))
            .map_or_else(|| number(rest), |word| Some(word.len()));
        self.at += length.ok_or(MalformedJson)?;
        Ok(())
    }

    fn expect(&mut self, byte: u8) -> Result<(), MalformedJson> {
        if self.peek()? != byte {
            return Err(MalformedJson);
        }
        self.at += 1;
        Ok(())
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Result<u8, MalformedJson> {
        self.space();
        self.bytes.get(self.at).copied().ok_or(MalformedJson)
    }

    fn next(&mut self) -> Result<u8, MalformedJson> {
        let byte = self.bytes.get(self.at).copied().ok_or(MalformedJson)?;
        self.at += 1;
        Ok(byte)
    }

    fn space(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        self.at += rest.iter().take_while(|byte| is_space(byte)).count();
    }
}

/// How long the number is with which `text` begins.
fn number(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut at = usize::from(text.first() == Some(&b'-'));
    at += match (text.get(at)?, digits(at)) {
        (b'0', _) => 1,
        (_, 0) => return None,
        (_, count) => count,
    };
    if text.get(at) == Some(&b'.') {
        let count = digits(at + 1);
        at += (count > 0).then_some(1 + count)?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let count = digits(at + 1 + sign);
        at += (count > 0).then_some(1 + sign + count)?;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::{JsonReader, MAX_DEPTH, MalformedJson, RawText};

    fn skip(json: &[u8]) -> Result<(), MalformedJson> {
        let mut reader = JsonReader::new(json);
        reader.skip()?;
        reader.end()
    }

    #[test]
    fn nesting_ends_where_gos_does() {
        for (open, close) in [("[", "]"), ("{\"x\":", "}")] {
            let nested = |depth: usize| {
                let end = if open == "[" { "" } else { "1" };
                format!("{}{end}{}", open.repeat(depth), close.repeat(depth))
            };
            assert_eq!(skip(nested(MAX_DEPTH).as_bytes()), Ok(()), "{open}");
            assert_eq!(skip(nested(MAX_DEPTH + 1).as_bytes()), Err(MalformedJson));
        }
    }

    #[test]
    fn a_string_stands_for_what_go_makes_of_it() {
        for (json, expected) in [
            (&br#""a\u0041\n\/""#[..], "aA\n/"),
            (br#""\ud83d\ude00""#, "\u{1f600}"),
            (br#""\ud83d\u0041""#, "\u{fffd}A"),
            (br#""\ude00""#, "\u{fffd}"),
            (b"\"\xff\"", "\u{fffd}"),
        ] {
            let text = JsonReader::new(json).text().map(RawText::unquoted);
            assert_eq!(text.as_deref(), Ok(expected));
        }
    }
}
