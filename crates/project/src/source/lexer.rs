//! Words of the head of a Go file.
//!
//! Comments and white space vanish, but a line end behind a name, a string or a bracket becomes a
//! semicolon, as the Go specification says. Behind the last import anything may follow, so a byte
//! that begins no word of a head is a word of its own kind, not an error.

use super::header::HeaderFault;

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GoWord<'a> {
    Name(&'a str),
    Text(&'a str),
    Open,
    Close,
    Dot,
    Semicolon,
    Other,
    End,
}

/// A reader of words.
pub(super) struct GoLexer<'a> {
    rest: &'a [u8],
    line: u32,
    /// Whether a line end here would end a statement.
    ends: bool,
}

// === impl GoLexer ===

impl<'a> GoLexer<'a> {
    pub(super) fn new(source: &'a [u8]) -> Self {
        let rest = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
        Self {
            rest,
            line: 1,
            ends: false,
        }
    }

    /// The line of the word that was read last.
    pub(super) const fn line(&self) -> u32 {
        self.line
    }

    pub(super) fn word(&mut self) -> Result<GoWord<'a>, HeaderFault> {
        if self.skip()? {
            self.ends = false;
            return Ok(GoWord::Semicolon);
        }
        let Some(&first) = self.rest.first() else {
            let word = if self.ends {
                GoWord::Semicolon
            } else {
                GoWord::End
            };
            self.ends = false;
            return Ok(word);
        };
        let word = match first {
            b'(' => self.one(GoWord::Open),
            b')' => self.one(GoWord::Close),
            b'.' => self.one(GoWord::Dot),
            b';' => self.one(GoWord::Semicolon),
            b'"' => self.interpreted()?,
            b'`' => self.raw()?,
            _ => self.name()?,
        };
        self.ends = matches!(word, GoWord::Name(_) | GoWord::Text(_) | GoWord::Close);
        Ok(word)
    }

    fn one(&mut self, word: GoWord<'a>) -> GoWord<'a> {
        self.advance(1);
        word
    }

    fn advance(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .unwrap_or((self.rest, b""));
        self.rest = rest;
        taken
    }

    /// Passes over white space and comments; says whether a statement ended there.
    fn skip(&mut self) -> Result<bool, HeaderFault> {
        loop {
            match self.rest {
                [b'\n', ..] => {
                    self.advance(1);
                    self.line = self.line.saturating_add(1);
                    if self.ends {
                        return Ok(true);
                    }
                }
                [b' ' | b'\t' | b'\r', ..] => {
                    self.advance(1);
                }
                [b'/', b'/', ..] => {
                    let end = self.rest.iter().position(|&byte| byte == b'\n');
                    self.advance(end.unwrap_or(self.rest.len()));
                }
                [b'/', b'*', ..] => {
                    if self.block_comment()? && self.ends {
                        return Ok(true);
                    }
                }
                _ => return Ok(false),
            }
        }
    }

    /// Passes over a comment in `/* */`; says whether it spans lines.
    fn block_comment(&mut self) -> Result<bool, HeaderFault> {
        let body = self.rest.get(2..).unwrap_or_default();
        let end = body.windows(2).position(|pair| pair == b"*/");
        let length = end.ok_or(HeaderFault::OpenComment)? + 4;
        let taken = self.advance(length);
        Ok(self.count_lines(taken))
    }

    fn count_lines(&mut self, taken: &[u8]) -> bool {
        let lines = taken.split(|&byte| byte == b'\n').count() - 1;
        self.line = self
            .line
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        lines > 0
    }

    fn interpreted(&mut self) -> Result<GoWord<'a>, HeaderFault> {
        let body = self.rest.get(1..).unwrap_or_default();
        let end = body
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\n' | b'\\'));
        let end = end.ok_or(HeaderFault::OpenString)?;
        match body.get(end) {
            Some(b'"') => {}
            Some(b'\\') => return Err(HeaderFault::Escape),
            _ => return Err(HeaderFault::OpenString),
        }
        self.text(end)
    }

    fn raw(&mut self) -> Result<GoWord<'a>, HeaderFault> {
        let body = self.rest.get(1..).unwrap_or_default();
        let end = body.iter().position(|&byte| byte == b'`');
        self.text(end.ok_or(HeaderFault::OpenString)?)
    }

    /// Takes a string of this many bytes with its quotes.
    fn text(&mut self, length: usize) -> Result<GoWord<'a>, HeaderFault> {
        let quoted = self.advance(length + 2);
        let body = quoted.get(1..=length).unwrap_or_default();
        self.count_lines(body);
        str::from_utf8(body)
            .map(GoWord::Text)
            .map_err(|_| HeaderFault::NotUtf8)
    }

    fn name(&mut self) -> Result<GoWord<'a>, HeaderFault> {
        let is_part = |&byte: &u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        let length = self.rest.iter().take_while(|byte| is_part(byte)).count();
        if length == 0 {
            return Ok(self.one(GoWord::Other));
        }
        let name = str::from_utf8(self.advance(length)).map_err(|_| HeaderFault::NotUtf8)?;
        let letters = |c: char| c.is_alphanumeric() || c == '_';
        let begins = !name.starts_with(|c: char| c.is_numeric());
        if begins && name.chars().all(letters) {
            Ok(GoWord::Name(name))
        } else {
            Ok(GoWord::Other)
        }
    }
}
