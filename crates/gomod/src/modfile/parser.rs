//! The parser: lexemes to a syntax tree.
//!
//! One lexeme of look-ahead decides everything: a parenthesis at a line's end opens a block, `()`
//! there is an empty block, parentheses elsewhere are words. Blocks do not nest. The look-ahead is
//! read eagerly, as Go does, so that of two faults in a row the same one is reported.
//!
//! Whoever needs no tree takes the lines of some verbs in parts ([`LineParts`]) as they are read.

use super::error::{ModFileFault, ParseError};
use super::lexer::{Lexeme, LexemeKind, ModFileLexer};
use super::syntax::{
    AttachedComments, Comment, CommentBlock, FileSyntax, Parenthesis, SyntaxBlock, SyntaxLine,
    SyntaxStatement, TextPosition, TextSpan, Token,
};

/// Parses a go.mod or go.work into its syntax tree, without looking at what the lines say.
pub(crate) fn parse_syntax(source: &[u8]) -> Result<FileSyntax, ParseError> {
    let mut parser = ModFileParser::new(source, None)?;
    parser.file()?;
    let mut file = FileSyntax {
        before: Vec::new(),
        statements: parser.statements,
    };
    assign_suffix_comments(&mut file, parser.lexer.into_suffix_comments());
    Ok(file)
}

/// The same, without the lines that are taken in parts, and without end-of-line comments.
pub(super) fn parse_in_parts(
    source: &[u8],
    parts: LineParts<'_>,
) -> Result<FileSyntax, ParseError> {
    let mut parser = ModFileParser::new(source, Some(parts))?;
    parser.file()?;
    parser.take_loose(1);
    Ok(FileSyntax {
        before: Vec::new(),
        statements: parser.statements,
    })
}

/// Lines that somebody takes as they are read.
pub(super) struct LineParts<'p> {
    /// Whether lines of this verb are taken.
    pub(super) takes: fn(&[u8]) -> bool,
    /// Takes them.
    pub(super) take: &'p mut dyn FnMut(Vec<SyntaxStatement>),
    /// Such lines that stand in no block and were not taken yet.
    pub(super) loose: Vec<SyntaxStatement>,
}

/// Lines of one part.
const PART: usize = 1_000;

struct ModFileParser<'a, 'p> {
    lexer: ModFileLexer<'a>,
    ahead: Lexeme<'a>,
    statements: Vec<SyntaxStatement>,
    parts: Option<LineParts<'p>>,
}

// === impl ModFileParser ===

impl<'a, 'p> ModFileParser<'a, 'p> {
    fn new(source: &'a [u8], parts: Option<LineParts<'p>>) -> Result<Self, ParseError> {
        let mut lexer = ModFileLexer::new(source)?;
        let ahead = lexer.next()?;
        Ok(Self {
            lexer,
            ahead,
            statements: Vec::new(),
            parts,
        })
    }

    /// Whether lines with these words before them are taken in parts.
    fn are_taken(&self, words: &[Token]) -> bool {
        let takes = self.parts.as_ref().map(|parts| parts.takes);
        matches!((takes, words.first()), (Some(takes), Some(verb)) if takes(&verb.text))
    }

    /// Has the lines of a block taken.
    fn take_lines(&mut self, block: SyntaxBlock) {
        self.lexer.forget_suffix_comments();
        if let Some(parts) = &mut self.parts {
            (parts.take)(vec![SyntaxStatement::Block(Box::new(block))]);
        }
    }

    /// Has the lines that stand in no block taken, if there are `enough`.
    fn take_loose(&mut self, enough: usize) {
        if let Some(parts) = &mut self.parts
            && parts.loose.len() >= enough
        {
            self.lexer.forget_suffix_comments();
            (parts.take)(std::mem::take(&mut parts.loose));
        }
    }

    /// Keeps a statement, or has it taken.
    fn add(&mut self, statement: SyntaxStatement) {
        match &statement {
            SyntaxStatement::Line(line) if self.are_taken(&line.tokens) => {
                if let Some(parts) = &mut self.parts {
                    parts.loose.push(statement);
                }
                self.take_loose(PART);
            }
            _ => self.statements.push(statement),
        }
    }

    fn next(&mut self) -> Result<Lexeme<'a>, ParseError> {
        let following = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.ahead, following))
    }

    fn file(&mut self) -> Result<(), ParseError> {
        let mut pending: Option<CommentBlock> = None;
        loop {
            match self.ahead.kind {
                LexemeKind::EndOfFile => {
                    self.statements
                        .extend(pending.map(SyntaxStatement::Comments));
                    return Ok(());
                }
                LexemeKind::Newline => {
                    self.next()?;
                    self.statements
                        .extend(pending.take().map(SyntaxStatement::Comments));
                }
                LexemeKind::Comment => {
                    let lexeme = self.next()?;
                    let start = lexeme.span.start;
                    let comments = AttachedComments::default();
                    let block = pending.get_or_insert(CommentBlock { comments, start });
                    block.comments.before.push(comment(&lexeme));
                }
                _ => {
                    let mut statement = self.statement()?;
                    if let Some(block) = pending.take() {
                        statement.comments_mut().before = block.comments.before;
                    }
                    self.add(statement);
                }
            }
        }
    }

    fn statement(&mut self) -> Result<SyntaxStatement, ParseError> {
        let first = self.next()?;
        let start = first.span.start;
        let mut end = first.span.end;
        let mut tokens = vec![token(&first)];
        loop {
            let lexeme = self.next()?;
            match lexeme.kind {
                kind if kind.ends_line() => {
                    let span = TextSpan { start, end };
                    let comments = AttachedComments::default();
                    return Ok(SyntaxStatement::Line(SyntaxLine {
                        comments,
                        tokens,
                        span,
                        in_block: false,
                    }));
                }
                LexemeKind::LeftParenthesis if self.ahead.kind.ends_line() => {
                    let block = self.block(start, tokens, lexeme.span)?;
                    return Ok(SyntaxStatement::Block(Box::new(block)));
                }
                LexemeKind::LeftParenthesis if self.ahead.kind == LexemeKind::RightParenthesis => {
                    let right = self.next()?;
                    if self.ahead.kind.ends_line() {
                        self.next()?;
                        let block = new_block(start, tokens, lexeme.span, right.span);
                        return Ok(SyntaxStatement::Block(Box::new(block)));
                    }
                    tokens.extend([token(&lexeme), token(&right)]);
                }
                // A parenthesis within a line is a word, but does not extend the line's span.
                LexemeKind::LeftParenthesis => tokens.push(token(&lexeme)),
                _ => {
                    tokens.push(token(&lexeme));
                    end = lexeme.span.end;
                }
            }
        }
    }

    fn block(
        &mut self,
        start: TextPosition,
        tokens: Vec<Token>,
        left: TextSpan,
    ) -> Result<SyntaxBlock, ParseError> {
        let is_taken = self.are_taken(&tokens);
        let mut lines: Vec<SyntaxLine> = Vec::new();
        let mut comments: Vec<Comment> = Vec::new();
        loop {
            if is_taken && lines.len() >= PART {
                let mut part = new_block(start, tokens.clone(), left, left);
                part.lines = std::mem::take(&mut lines);
                self.take_lines(part);
            }
            match self.ahead.kind {
                // Set aside by the lexer, assigned when the tree is complete.
                LexemeKind::SuffixComment => drop(self.next()?),
                LexemeKind::Newline => {
                    self.next()?;
                    // One blank line between lines or comments is kept, as an empty comment.
                    let keep = match comments.last() {
                        None => !lines.is_empty(),
                        Some(last) => !last.text.is_empty(),
                    };
                    if keep {
                        comments.push(Comment::blank());
                    }
                }
                LexemeKind::Comment => comments.push(comment(&self.next()?)),
                LexemeKind::EndOfFile => {
                    return Err(self
                        .lexer
                        .fault(ModFileFault::UnterminatedBlock(start.line)));
                }
                LexemeKind::RightParenthesis => {
                    let right = self.next()?;
                    if !self.ahead.kind.ends_line() {
                        return Err(self.lexer.fault(ModFileFault::TextAfterBlock));
                    }
                    self.next()?;
                    let mut block = new_block(start, tokens, left, right.span);
                    block.lines = lines;
                    block.right.comments.before = without_last_blank(comments);
                    if is_taken {
                        let lines = std::mem::take(&mut block.lines);
                        self.take_lines(SyntaxBlock {
                            lines,
                            ..block.clone()
                        });
                    }
                    return Ok(block);
                }
                _ => {
                    let mut line = self.line()?;
                    line.comments.before = std::mem::take(&mut comments);
                    lines.push(line);
                }
            }
        }
    }

    fn line(&mut self) -> Result<SyntaxLine, ParseError> {
        let first = self.next()?;
        let mut span = first.span;
        let mut tokens = vec![token(&first)];
        loop {
            let lexeme = self.next()?;
            if lexeme.kind.ends_line() {
                return Ok(SyntaxLine {
                    comments: AttachedComments::default(),
                    tokens,
                    span,
                    in_block: true,
                });
            }
            tokens.push(token(&lexeme));
            span.end = lexeme.span.end;
        }
    }
}

fn token(lexeme: &Lexeme<'_>) -> Token {
    Token {
        text: lexeme.text.to_vec(),
        span: lexeme.span,
    }
}

fn comment(lexeme: &Lexeme<'_>) -> Comment {
    Comment {
        text: lexeme.text.to_vec(),
        start: Some(lexeme.span.start),
    }
}

fn new_block(
    start: TextPosition,
    tokens: Vec<Token>,
    left: TextSpan,
    right: TextSpan,
) -> SyntaxBlock {
    let parenthesis = |span| Parenthesis {
        comments: AttachedComments::default(),
        span,
    };
    SyntaxBlock {
        comments: AttachedComments::default(),
        tokens,
        left: parenthesis(left),
        lines: Vec::new(),
        right: parenthesis(right),
        span: TextSpan {
            start,
            end: right.end,
        },
    }
}

/// A blank line before the closing parenthesis is dropped, unless comments stand there too.
fn without_last_blank(comments: Vec<Comment>) -> Vec<Comment> {
    match comments.as_slice() {
        [only] if only.text.is_empty() => Vec::new(),
        _ => comments,
    }
}

/// Gives every end-of-line comment to the piece of syntax that ends last before it, looking from
/// the file's end to its start. A piece that begins on an earlier line than it ends is passed over,
/// so that a comment goes to the last element inside.
fn assign_suffix_comments(file: &mut FileSyntax, mut pending: Vec<Comment>) {
    for statement in file.statements.iter_mut().rev() {
        match statement {
            SyntaxStatement::Comments(block) => {
                let span = TextSpan {
                    start: block.start,
                    end: block.start,
                };
                attach(&mut block.comments, span, &mut pending);
            }
            SyntaxStatement::Line(line) => attach(&mut line.comments, line.span, &mut pending),
            SyntaxStatement::Block(block) => {
                attach(&mut block.comments, block.span, &mut pending);
                attach(&mut block.right.comments, block.right.span, &mut pending);
                for line in block.lines.iter_mut().rev() {
                    attach(&mut line.comments, line.span, &mut pending);
                }
                attach(&mut block.left.comments, block.left.span, &mut pending);
            }
        }
    }
    file.before = pending;
}

fn attach(comments: &mut AttachedComments, span: TextSpan, pending: &mut Vec<Comment>) {
    if span.start.line != span.end.line {
        return;
    }
    let follows = |comment: &Comment| comment.start.is_some_and(|at| span.end.byte <= at.byte);
    let first = pending
        .iter()
        .rposition(|comment| !follows(comment))
        .map_or(0, |at| at + 1);
    comments.suffix = pending.split_off(first);
}
