//! go.mod: parsing, with the place of every word, and printing as Go prints it.
//!
//! Go defines the format by its parser (golang.org/x/mod/modfile), so this one accepts and refuses
//! what that one does, reads the same values, and formats to the same bytes; the oracle test
//! compares them. It differs in two ways, both for files that nobody means: more than
//! [`MAX_TOKENS`] words are refused, so that 16 MiB of brackets cannot become gigabytes of tree;
//! and values that are not UTF-8 are read with U+FFFD in place of the stray bytes.
//!
//! [`parse`] reads strictly (for a main module) or laxly (for a dependency). The syntax stays
//! available in [`ModFile::syntax`] with comments and spans. [`skim()`] reads a dependency's without a tree. [`format()`] is `go mod edit -fmt`.
//! No version is ever looked up: what is not a semantic version is an error.
//!
//! The modules: `lexer` → `parser` → `interpret` and `file`; back by `tidy` → `printer`.

mod directive;
mod error;
mod file;
mod go_version;
mod interpret;
mod lexer;
mod parser;
mod printable;
mod printer;
mod quote;
mod skim;
mod syntax;
mod text;
mod tidy;

pub use directive::{
    DirectivePlace, ExcludeDirective, GoDirective, GodebugDirective, ModuleDirective,
    ModuleVersion, PathLine, ReplaceDirective, RequireDirective, RetractDirective,
    ToolchainDirective,
};
pub use error::{DirectiveVerb, ModFileFault, ParseError, ParseErrors};
pub use file::{ModFile, ParseMode, parse};
pub use go_version::{is_go_version, is_toolchain_name};
pub use interpret::is_directory_path;
pub use printable::{UNICODE_VERSION, is_printable};
pub use quote::{QuoteError, auto_quote, must_quote, without_escapes};
pub use skim::{ModFileSummary, RetractedRange, skim};
pub use syntax::{
    AttachedComments, Comment, CommentBlock, FileSyntax, LineId, Parenthesis, SyntaxBlock,
    SyntaxLine, SyntaxStatement, TextPosition, TextSpan, Token,
};

pub(crate) use interpret::{RawDirective, walk};
pub(crate) use parser::parse_syntax;
pub(crate) use text::{fields, lossy};
pub(crate) use tidy::{DuplicateLines, LineOrder, clean_up, sort_blocks};

/// The largest go.mod that is read, in bytes: the limit that Go sets for a go.mod in a module zip.
pub const MAX_BYTES: usize = 16 << 20;

/// The most words and comments that are read. The largest real files have some ten thousand; a
/// million keeps the tree of a hostile file in the order of 100 MB.
pub const MAX_TOKENS: usize = 1 << 20;

/// Formats a go.mod as `go mod edit -fmt` does: parsed strictly, tidied, printed.
pub fn format(source: &[u8]) -> Result<Vec<u8>, ParseErrors> {
    Ok(parse(source, ParseMode::Strict)?.into_formatted())
}

/// Prints a syntax tree in Go's format without changing what it says (`modfile.Format`).
pub fn print(syntax: &FileSyntax) -> Vec<u8> {
    printer::print(syntax)
}

// === impl File ===

impl ModFile {
    /// The bytes that `go mod edit -fmt` writes for this file.
    ///
    /// Duplicate `exclude`, `tool` and `ignore` lines lose to the first, duplicate `replace` lines
    /// to the last; blocks are sorted; blocks of at most one line are dissolved.
    pub fn into_formatted(self) -> Vec<u8> {
        let mut syntax = self.syntax;
        let mut duplicates = DuplicateLines::default();
        duplicates.mark(&syntax, self.exclude.iter().map(|line| &line.place), false);
        duplicates.mark(&syntax, self.replace.iter().map(|line| &line.place), true);
        duplicates.mark(&syntax, self.tool.iter().map(|line| &line.place), false);
        duplicates.mark(&syntax, self.ignore.iter().map(|line| &line.place), false);
        duplicates.remove(&mut syntax);
        let go = self.go.map(|go| go.version).unwrap_or_default();
        let semantic_exclude = tidy::sorts_excludes_by_version(&go);
        sort_blocks(&mut syntax, LineOrder::OfGoMod { semantic_exclude });
        clean_up(&mut syntax);
        printer::print(&syntax)
    }
}
