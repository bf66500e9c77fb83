//! Tidying before printing: what `go mod edit -fmt` and `go work edit -fmt` change besides spacing.
//!
//! Duplicate lines go, blocks are sorted, an empty block vanishes and a block of one line becomes a
//! line. Comments beside the parentheses of such a block vanish with them, as in Go. The order of
//! statements, and lines outside of blocks, stay as they are.

use super::directive::DirectivePlace;
use super::error::DirectiveVerb;
use super::syntax::{
    AttachedComments, FileSyntax, LineId, SyntaxBlock, SyntaxLine, SyntaxStatement, Token,
};
use crate::semver;
use std::cmp::Ordering;
use std::collections::HashSet;

/// The Go version from which exclude blocks are sorted by version instead of by letter.
const SEMANTIC_EXCLUDE_SORT: &str = "v1.21";

/// The lines to be removed, gathered before any is, while line names still hold.
#[derive(Default)]
pub(crate) struct DuplicateLines(HashSet<LineId>);

/// How lines of a block are ordered.
#[derive(Clone, Copy)]
pub(crate) enum LineOrder {
    /// Word by word, by bytes, in every block.
    ByWords,
    /// As go.mod: retractions newest first, exclusions by version if the `go` line is new enough.
    OfGoMod {
        /// Whether exclusions are sorted by version.
        semantic_exclude: bool,
    },
}

// === impl DuplicateLines ===

impl DuplicateLines {
    /// Marks all but the first (or the last) of the lines that say the same up to a `=>`.
    ///
    /// Lines are compared by their canonical words, which tell any two values apart, even such as
    /// are not UTF-8.
    pub(crate) fn mark<'a>(
        &mut self,
        syntax: &FileSyntax,
        places: impl DoubleEndedIterator<Item = &'a DirectivePlace>,
        keep_last: bool,
    ) {
        let mut places: Vec<&DirectivePlace> = places.collect();
        if keep_last {
            places.reverse();
        }
        let mut seen = HashSet::new();
        for place in places {
            let Some(line) = syntax.line(place.line) else {
                continue;
            };
            let words = arguments(line).iter().map(|token| token.text.as_slice());
            let key: Vec<&[u8]> = words.take_while(|word| *word != b"=>").collect();
            if !seen.insert(key) {
                self.0.insert(place.line);
            }
        }
    }

    /// Removes the marked lines.
    pub(crate) fn remove(self, syntax: &mut FileSyntax) {
        let marked = |statement, line| self.0.contains(&LineId { statement, line });
        let mut index = 0..;
        syntax.statements.retain_mut(|content| {
            let statement = index.next().unwrap_or_default();
            if let SyntaxStatement::Block(block) = content {
                let mut line = 0..;
                block.lines.retain(|_| !marked(statement, line.next()));
            }
            !marked(statement, None)
        });
    }
}

/// A line's words without its verb.
fn arguments(line: &SyntaxLine) -> &[Token] {
    line.tokens
        .get(usize::from(!line.in_block)..)
        .unwrap_or_default()
}

/// Sorts the lines of every block; equal ones keep their order.
pub(crate) fn sort_blocks(syntax: &mut FileSyntax, order: LineOrder) {
    for statement in &mut syntax.statements {
        let SyntaxStatement::Block(block) = statement else {
            continue;
        };
        let verb = block
            .tokens
            .first()
            .and_then(|token| DirectiveVerb::of(&token.text));
        let pairs = block.lines.iter().all(|line| line.tokens.len() == 2);
        match (order, verb) {
            (LineOrder::OfGoMod { .. }, Some(DirectiveVerb::Retract)) => {
                block.lines.sort_by(newest_first);
            }
            (
                LineOrder::OfGoMod {
                    semantic_exclude: true,
                },
                Some(DirectiveVerb::Exclude),
            ) if pairs => {
                block.lines.sort_by(by_path_and_version);
            }
            _ => block.lines.sort_by(by_words),
        }
    }
}

/// Whether a `go` line asks for exclusions sorted by version.
pub(crate) fn sorts_excludes_by_version(go: &str) -> bool {
    semver::compare(&format!("v{go}"), SEMANTIC_EXCLUDE_SORT).is_ge()
}

fn by_words(one: &SyntaxLine, other: &SyntaxLine) -> Ordering {
    let words = one.tokens.iter().map(|token| &token.text);
    words.cmp(other.tokens.iter().map(|token| &token.text))
}

fn by_path_and_version(one: &SyntaxLine, other: &SyntaxLine) -> Ordering {
    let (path, version) = (word(one, 0), word(one, 1));
    path.cmp(word(other, 0))
        .then_with(|| compare_versions(version, word(other, 1)))
}

/// By the lower, then by the upper bound, descending.
fn newest_first(one: &SyntaxLine, other: &SyntaxLine) -> Ordering {
    let ((low, high), (other_low, other_high)) = (bounds(one), bounds(other));
    compare_versions(other_low, low).then_with(|| compare_versions(other_high, high))
}

/// The bounds of a retraction's words.
fn bounds(line: &SyntaxLine) -> (&[u8], &[u8]) {
    match line.tokens.len() {
        1 => (word(line, 0), word(line, 0)),
        5 => (word(line, 1), word(line, 3)),
        _ => (&[], &[]),
    }
}

fn word(line: &SyntaxLine, index: usize) -> &[u8] {
    line.tokens
        .get(index)
        .map(|token| token.text.as_slice())
        .unwrap_or_default()
}

/// In the order of versions; what is no version equals its like and comes first.
fn compare_versions(one: &[u8], other: &[u8]) -> Ordering {
    let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
    semver::compare(text(one), text(other))
}

/// Drops empty blocks, and makes lines of blocks of one line.
pub(crate) fn clean_up(syntax: &mut FileSyntax) {
    let statements = std::mem::take(&mut syntax.statements);
    syntax.statements = statements.into_iter().filter_map(cleaned).collect();
}

fn cleaned(statement: SyntaxStatement) -> Option<SyntaxStatement> {
    let SyntaxStatement::Block(mut block) = statement else {
        return Some(statement);
    };
    if block.lines.len() > 1 || !block.right.comments.before.is_empty() {
        return (!block.lines.is_empty()).then_some(SyntaxStatement::Block(block));
    }
    let only = block.lines.pop()?;
    Some(SyntaxStatement::Line(unfolded(*block, only)))
}

/// The one line of a block, with the block's verb and comments.
fn unfolded(block: SyntaxBlock, line: SyntaxLine) -> SyntaxLine {
    let join = |mut first: Vec<_>, second| {
        first.extend(second);
        first
    };
    let comments = AttachedComments {
        before: join(block.comments.before, line.comments.before),
        suffix: join(line.comments.suffix, block.comments.suffix),
    };
    let mut tokens = block.tokens;
    tokens.extend(line.tokens);
    SyntaxLine {
        comments,
        tokens,
        span: line.span,
        in_block: false,
    }
}
