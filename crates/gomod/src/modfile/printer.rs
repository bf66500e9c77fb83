//! The printer: a syntax tree to bytes, as Go's `modfile.Format` writes it.
//!
//! One statement after another with a blank line between, lines of a block indented by a tab, words
//! separated by one space but for brackets and commas, end-of-line comments behind their line. At
//! most one blank line in a row, none at the beginning or the end.

use super::syntax::{AttachedComments, Comment, FileSyntax, SyntaxLine, SyntaxStatement, Token};
use super::text::trim_space;

/// Writes the tree in Go's format.
pub(crate) fn print(file: &FileSyntax) -> Vec<u8> {
    let mut printer = ModFilePrinter::default();
    printer.file(file);
    let mut output = printer.output;
    while output.ends_with(b"\n\n") || output == b"\n" {
        output.pop();
    }
    output
}

#[derive(Default)]
struct ModFilePrinter<'a> {
    output: Vec<u8>,
    /// End-of-line comments to be written when the line ends.
    pending: Vec<&'a Comment>,
    /// Whether lines are indented, as those of a block are.
    indented: bool,
}

// === impl ModFilePrinter ===

impl<'a> ModFilePrinter<'a> {
    fn file(&mut self, file: &'a FileSyntax) {
        for comment in &file.before {
            self.comment(comment);
            self.newline();
        }
        for (index, statement) in file.statements.iter().enumerate() {
            if index > 0 {
                self.newline();
            }
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'a SyntaxStatement) {
        self.before(statement.comments());
        match statement {
            // Its comments were all there is; each has ended its line.
            SyntaxStatement::Comments(block) => {
                self.pending.extend(&block.comments.suffix);
                return;
            }
            SyntaxStatement::Line(line) => self.words(&line.tokens),
            SyntaxStatement::Block(block) => {
                self.words(&block.tokens);
                self.output.push(b' ');
                self.before(&block.left.comments);
                self.output.push(b'(');
                self.pending.extend(&block.left.comments.suffix);
                self.indented = true;
                for line in &block.lines {
                    self.newline();
                    self.line(line);
                }
                self.indented = false;
                self.newline();
                self.before(&block.right.comments);
                self.output.push(b')');
                self.pending.extend(&block.right.comments.suffix);
            }
        }
        self.pending.extend(&statement.comments().suffix);
        self.newline();
    }

    fn line(&mut self, line: &'a SyntaxLine) {
        self.before(&line.comments);
        self.words(&line.tokens);
        self.pending.extend(&line.comments.suffix);
    }

    /// Writes whole-line comments, on lines of their own.
    fn before(&mut self, comments: &'a AttachedComments) {
        if comments.before.is_empty() {
            return;
        }
        self.trim();
        if !self.output.is_empty() && !self.output.ends_with(b"\n") {
            self.output.push(b'\n');
        }
        self.margin();
        for comment in &comments.before {
            self.comment(comment);
            self.newline();
        }
    }

    fn comment(&mut self, comment: &Comment) {
        self.output.extend_from_slice(trim_space(&comment.text));
    }

    /// Ends the line, with the comments that belong to its end.
    fn newline(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        for (index, comment) in pending.into_iter().enumerate() {
            if index == 0 {
                self.output.push(b' ');
            } else {
                self.trim();
                self.output.push(b'\n');
                self.margin();
            }
            self.comment(comment);
        }
        self.trim();
        if !self.output.is_empty() && !self.output.ends_with(b"\n\n") {
            self.output.push(b'\n');
        }
        self.margin();
    }

    fn margin(&mut self) {
        if self.indented {
            self.output.push(b'\t');
        }
    }

    /// Removes spaces and tabs at the end of what is written.
    fn trim(&mut self) {
        while matches!(self.output.last(), Some(b' ' | b'\t')) {
            self.output.pop();
        }
    }

    fn words(&mut self, tokens: &[Token]) {
        let mut glued = true;
        for token in tokens {
            let text = token.text.as_slice();
            if !glued && !matches!(text, b"," | b")" | b"]" | b"}") {
                self.output.push(b' ');
            }
            self.output.extend_from_slice(text);
            glued = matches!(text, b"(" | b"[" | b"{");
        }
    }
}
