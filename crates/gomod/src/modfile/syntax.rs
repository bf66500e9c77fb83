//! The syntax tree: lines, blocks and comments, each word with its place in the input.
//!
//! It is Go's tree (golang.org/x/mod/modfile `FileSyntax`) in shape, because formatting is defined
//! on it. Words and comments are kept as bytes: they need not be UTF-8. Go's tree also has a list
//! of comments *after* an expression; Go's parser never fills it (a comment after the last line is
//! a statement of its own), so it is not here.

/// A place in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextPosition {
    /// Byte offset, from 0.
    pub byte: usize,
    /// Line, from 1.
    pub line: usize,
    /// Character in the line, from 1; a byte that is not UTF-8 counts as a character.
    pub column: usize,
}

/// A stretch of the input: from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextSpan {
    /// The first byte.
    pub start: TextPosition,
    /// One past the last byte.
    pub end: TextPosition,
}

/// A word of a line: an identifier, a string with its quotes, or one punctuation character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What formatting prints. Interpreting a line replaces it by its canonical form: superfluous
    /// quotes go, a version is completed.
    pub text: Vec<u8>,
    /// Where it was read.
    pub span: TextSpan,
}

/// A comment, from its `//` to the end of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The text with its slashes, without the line's end. Empty for a kept blank line of a block.
    pub text: Vec<u8>,
    /// Where it begins; `None` for a blank line.
    pub start: Option<TextPosition>,
}

/// The comments that belong to a piece of syntax.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttachedComments {
    /// Whole lines before it.
    pub before: Vec<Comment>,
    /// At the end of its last line.
    pub suffix: Vec<Comment>,
}

/// A whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSyntax {
    /// End-of-line comments that belong to no statement; printed first.
    pub before: Vec<Comment>,
    /// The statements in the order of the file.
    pub statements: Vec<SyntaxStatement>,
}

/// A top-level piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyntaxStatement {
    /// Comments set apart by blank lines.
    Comments(CommentBlock),
    /// A line of words.
    Line(SyntaxLine),
    /// A parenthesised block of lines.
    Block(Box<SyntaxBlock>),
}

/// Comments that stand by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentBlock {
    /// The comments, all of them `before`.
    pub comments: AttachedComments,
    /// Where the first begins.
    pub start: TextPosition,
}

/// A line of words. It has at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxLine {
    /// Its comments.
    pub comments: AttachedComments,
    /// Its words; in a block without the block's verb.
    pub tokens: Vec<Token>,
    /// From the first to the last word.
    pub span: TextSpan,
    /// Whether it was read inside a block.
    pub in_block: bool,
}

/// A block: `verb ( lines )`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxBlock {
    /// Comments before the verb, or after the closing parenthesis of a block on one line.
    pub comments: AttachedComments,
    /// The words before the parenthesis; a known directive has exactly one.
    pub tokens: Vec<Token>,
    /// The opening parenthesis and what follows it on its line.
    pub left: Parenthesis,
    /// The lines.
    pub lines: Vec<SyntaxLine>,
    /// The closing parenthesis and what precedes it on its own lines.
    pub right: Parenthesis,
    /// From the verb to the closing parenthesis.
    pub span: TextSpan,
}

/// A parenthesis of a block: a place for comments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parenthesis {
    /// Its comments.
    pub comments: AttachedComments,
    /// Where it is.
    pub span: TextSpan,
}

/// Names a line of a file as it was parsed: by statement, and by line if that is a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineId {
    /// Index into [`FileSyntax::statements`].
    pub statement: usize,
    /// Index into [`SyntaxBlock::lines`] if the statement is a block.
    pub line: Option<usize>,
}

// === impl Comment ===

impl Comment {
    /// The stand-in for a blank line inside a block.
    pub(super) const fn blank() -> Self {
        Self {
            text: Vec::new(),
            start: None,
        }
    }
}

// === impl FileSyntax ===

impl FileSyntax {
    /// The line of this name, as long as the file has not been edited since.
    pub fn line(&self, id: LineId) -> Option<&SyntaxLine> {
        match (self.statements.get(id.statement)?, id.line) {
            (SyntaxStatement::Line(line), None) => Some(line),
            (SyntaxStatement::Block(block), Some(index)) => block.lines.get(index),
            _ => None,
        }
    }
}

// === impl SyntaxStatement ===

impl SyntaxStatement {
    /// The comments of the statement.
    pub const fn comments(&self) -> &AttachedComments {
        match self {
            Self::Comments(block) => &block.comments,
            Self::Line(line) => &line.comments,
            Self::Block(block) => &block.comments,
        }
    }

    pub(super) const fn comments_mut(&mut self) -> &mut AttachedComments {
        match self {
            Self::Comments(block) => &mut block.comments,
            Self::Line(line) => &mut line.comments,
            Self::Block(block) => &mut block.comments,
        }
    }
}
