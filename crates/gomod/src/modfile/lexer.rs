//! The lexer: bytes to words, comments and line ends, each with its place.
//!
//! The rules are those of Go's go.mod grammar: a word is any run of printable characters but space,
//! brackets, braces, parentheses and commas, ended also by `//`; a string runs from `"` or a back
//! quote to the same character on the same line, a backslash in `"` protecting what follows; `/*`
//! is refused. End-of-line comments are set aside with their place: which piece of syntax they
//! belong to is decided when the tree is complete.

use super::error::{ModFileFault, ParseError};
use super::printable::is_printable;
use super::syntax::{Comment, TextPosition, TextSpan};
use super::text::{first_char, trim_space};
use super::{MAX_BYTES, MAX_TOKENS};

/// What a lexeme is to the parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LexemeKind {
    EndOfFile,
    Newline,
    /// A comment that is alone on its line.
    Comment,
    /// A comment that ends a line of words.
    SuffixComment,
    LeftParenthesis,
    RightParenthesis,
    /// An identifier, a string, or other punctuation.
    Word,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Lexeme<'a> {
    pub(super) kind: LexemeKind,
    pub(super) text: &'a [u8],
    pub(super) span: TextSpan,
}

pub(super) struct ModFileLexer<'a> {
    source: &'a [u8],
    position: TextPosition,
    tokens: usize,
    suffix_comments: Vec<Comment>,
}

// === impl LexemeKind ===

impl LexemeKind {
    /// Whether this ends a line of words.
    pub(super) const fn ends_line(self) -> bool {
        matches!(self, Self::EndOfFile | Self::SuffixComment | Self::Newline)
    }
}

// === impl ModFileLexer ===

impl<'a> ModFileLexer<'a> {
    pub(super) fn new(source: &'a [u8]) -> Result<Self, ParseError> {
        let position = TextPosition {
            byte: 0,
            line: 1,
            column: 1,
        };
        let lexer = Self {
            source,
            position,
            tokens: 0,
            suffix_comments: Vec::new(),
        };
        if source.len() > MAX_BYTES {
            return Err(lexer.fault(ModFileFault::TooLarge));
        }
        Ok(lexer)
    }

    /// The end-of-line comments met so far.
    pub(super) fn into_suffix_comments(self) -> Vec<Comment> {
        self.suffix_comments
    }

    /// Lets the end-of-line comments met so far go.
    pub(super) fn forget_suffix_comments(&mut self) {
        self.suffix_comments.clear();
    }

    /// An error at the place reached.
    pub(super) const fn fault(&self, fault: ModFileFault) -> ParseError {
        Self::fault_at(self.position, fault)
    }

    const fn fault_at(position: TextPosition, fault: ModFileFault) -> ParseError {
        ParseError {
            span: TextSpan {
                start: position,
                end: position,
            },
            fault,
        }
    }

    /// The next lexeme; the end of the file again and again once it is reached.
    pub(super) fn next(&mut self) -> Result<Lexeme<'a>, ParseError> {
        while matches!(self.peek(), Some(' ' | '\t' | '\r')) {
            self.read();
        }
        let start = self.position;
        if self.at(b"//") {
            return self.comment(start);
        }
        if self.at(b"/*") {
            return Err(self.fault(ModFileFault::BlockComment));
        }
        let kind = match self.peek() {
            None => LexemeKind::EndOfFile,
            Some('\n') => self.punctuation(LexemeKind::Newline),
            Some('(') => self.punctuation(LexemeKind::LeftParenthesis),
            Some(')') => self.punctuation(LexemeKind::RightParenthesis),
            Some('[' | ']' | '{' | '}' | ',') => self.punctuation(LexemeKind::Word),
            Some(quote @ ('"' | '`')) => self.string(quote)?,
            Some(character) if is_word_character(character) => self.word()?,
            Some(character) => return Err(self.fault(ModFileFault::UnexpectedCharacter(character))),
        };
        if !matches!(kind, LexemeKind::EndOfFile | LexemeKind::Newline) {
            self.count()?;
        }
        Ok(self.lexeme(kind, start))
    }

    fn punctuation(&mut self, kind: LexemeKind) -> LexemeKind {
        self.read();
        kind
    }

    fn comment(&mut self, start: TextPosition) -> Result<Lexeme<'a>, ParseError> {
        self.count()?;
        let before = self.source.get(..start.byte).unwrap_or_default();
        let line_start = before
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        let is_suffix = !trim_space(before.get(line_start..).unwrap_or_default()).is_empty();
        while let Some(character) = self.read() {
            if character == '\n' {
                break;
            }
        }
        let kind = if is_suffix {
            LexemeKind::SuffixComment
        } else {
            LexemeKind::Comment
        };
        let mut lexeme = self.lexeme(kind, start);
        if let Some(text) = lexeme.text.strip_suffix(b"\n") {
            lexeme.text = text.strip_suffix(b"\r").unwrap_or(text);
        }
        if is_suffix {
            self.suffix_comments.push(Comment {
                text: lexeme.text.to_vec(),
                start: Some(start),
            });
        }
        Ok(lexeme)
    }

    fn string(&mut self, quote: char) -> Result<LexemeKind, ParseError> {
        let start = self.position;
        self.read();
        loop {
            if self.peek() == Some('\n') {
                return Err(self.fault(ModFileFault::NewlineInString));
            }
            let unterminated = || Self::fault_at(start, ModFileFault::UnterminatedString);
            let character = self.read().ok_or_else(unterminated)?;
            if character == quote {
                return Ok(LexemeKind::Word);
            }
            if character == '\\' && quote == '"' {
                self.read().ok_or_else(unterminated)?;
            }
        }
    }

    fn word(&mut self) -> Result<LexemeKind, ParseError> {
        while self.peek().is_some_and(is_word_character) && !self.at(b"//") {
            if self.at(b"/*") {
                return Err(self.fault(ModFileFault::BlockComment));
            }
            self.read();
        }
        Ok(LexemeKind::Word)
    }

    fn count(&mut self) -> Result<(), ParseError> {
        self.tokens += 1;
        if self.tokens > MAX_TOKENS {
            return Err(self.fault(ModFileFault::TooManyTokens));
        }
        Ok(())
    }

    fn lexeme(&self, kind: LexemeKind, start: TextPosition) -> Lexeme<'a> {
        let end = self.position;
        let text = self.source.get(start.byte..end.byte).unwrap_or_default();
        Lexeme {
            kind,
            text,
            span: TextSpan { start, end },
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.source.get(self.position.byte..).unwrap_or_default()
    }

    fn at(&self, prefix: &[u8]) -> bool {
        self.rest().starts_with(prefix)
    }

    fn peek(&self) -> Option<char> {
        first_char(self.rest()).map(|(character, _)| character)
    }

    fn read(&mut self) -> Option<char> {
        let (character, width) = first_char(self.rest())?;
        self.position.byte += width;
        if character == '\n' {
            self.position.line += 1;
            self.position.column = 1;
        } else {
            self.position.column += 1;
        }
        Some(character)
    }
}

fn is_word_character(character: char) -> bool {
    !matches!(character, ' ' | '(' | ')' | '[' | ']' | '{' | '}' | ',') && is_printable(character)
}
