//! go.work: parsing and printing.
//!
//! The syntax is that of go.mod ([`crate::modfile`]); the directives are `go`, `toolchain`,
//! `godebug`, `use` and `replace`. There is no lax reading: a go.work always belongs to whoever
//! runs the command, so what is unknown is an error.

use crate::modfile::{
    Directive, Duplicates, Fault, FileSyntax, Go, Godebug, Order, ParseErrors, PathLine, Replace,
    Toolchain, Verb, clean_up, lossy, parse_syntax, print, sort_blocks, walk,
};

/// A parsed go.work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkFile {
    /// The `go` line.
    pub go: Option<Go>,
    /// The `toolchain` line.
    pub toolchain: Option<Toolchain>,
    /// The `godebug` lines.
    pub godebug: Vec<Godebug>,
    /// The `use` lines: directories of modules.
    pub r#use: Vec<PathLine>,
    /// The `replace` lines.
    pub replace: Vec<Replace>,
    /// The syntax that all of these were read from, with words in canonical form.
    pub syntax: FileSyntax,
}

/// The directives that may be written as a block.
const IN_BLOCKS: [Verb; 3] = [Verb::Godebug, Verb::Use, Verb::Replace];

/// Parses a go.work.
pub fn parse(source: &[u8]) -> Result<WorkFile, ParseErrors> {
    let mut syntax = parse_syntax(source)?;
    let mut file = WorkFile::default();
    let errors = walk(&mut syntax, &IN_BLOCKS, true, |directive| {
        file.add(directive)
    });
    ParseErrors::check(errors)?;
    file.syntax = syntax;
    Ok(file)
}

/// Formats a go.work as `go work edit -fmt` does.
pub fn format(source: &[u8]) -> Result<Vec<u8>, ParseErrors> {
    Ok(parse(source)?.into_formatted())
}

// === impl WorkFile ===

impl WorkFile {
    /// The bytes that `go work edit -fmt` writes for this file: of duplicate `replace` lines the
    /// last stays, blocks are sorted, blocks of at most one line are dissolved.
    pub fn into_formatted(self) -> Vec<u8> {
        let mut syntax = self.syntax;
        let mut duplicates = Duplicates::default();
        duplicates.mark(&syntax, self.replace.iter().map(|line| &line.place), true);
        duplicates.remove(&mut syntax);
        sort_blocks(&mut syntax, Order::ByWords);
        clean_up(&mut syntax);
        print(&syntax)
    }

    fn add(&mut self, mut directive: Directive<'_>) -> Result<(), Fault> {
        let place = directive.place;
        match Verb::of(directive.verb) {
            Some(Verb::Go) => {
                if self.go.is_some() {
                    return Err(Fault::Repeated(Verb::Go));
                }
                let version = directive.go_version()?;
                self.go = Some(Go { version, place });
            }
            Some(Verb::Toolchain) => {
                if self.toolchain.is_some() {
                    return Err(Fault::Repeated(Verb::Toolchain));
                }
                let name = directive.toolchain_name()?;
                self.toolchain = Some(Toolchain { name, place });
            }
            Some(Verb::Godebug) => self.godebug.push(directive.godebug()?),
            Some(Verb::Use) => {
                let path = directive.only_value(Verb::Use)?;
                self.r#use.push(PathLine { path, place });
            }
            Some(Verb::Replace) => self.replace.push(directive.replace()?),
            _ => return Err(Fault::UnknownDirective(lossy(directive.verb))),
        }
        Ok(())
    }
}
