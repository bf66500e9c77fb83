//! go.work: parsing and printing.
//!
//! The syntax is that of go.mod ([`crate::modfile`]); the directives are `go`, `toolchain`,
//! `godebug`, `use` and `replace`. There is no lax reading: a go.work always belongs to whoever
//! runs the command, so what is unknown is an error.

use crate::modfile::{
    DirectiveVerb, DuplicateLines, FileSyntax, GoDirective, GodebugDirective, LineOrder,
    ModFileFault, ParseErrors, PathLine, RawDirective, ReplaceDirective, ToolchainDirective,
    clean_up, lossy, parse_syntax, print, sort_blocks, walk,
};

/// A parsed go.work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkFile {
    /// The `go` line.
    pub go: Option<GoDirective>,
    /// The `toolchain` line.
    pub toolchain: Option<ToolchainDirective>,
    /// The `godebug` lines.
    pub godebug: Vec<GodebugDirective>,
    /// The `use` lines: directories of modules.
    pub r#use: Vec<PathLine>,
    /// The `replace` lines.
    pub replace: Vec<ReplaceDirective>,
    /// The syntax that all of these were read from, with words in canonical form.
    pub syntax: FileSyntax,
}

/// The directives that may be written as a block.
const IN_BLOCKS: [DirectiveVerb; 3] = [
    DirectiveVerb::Godebug,
    DirectiveVerb::Use,
    DirectiveVerb::Replace,
];

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
        let mut duplicates = DuplicateLines::default();
        duplicates.mark(&syntax, self.replace.iter().map(|line| &line.place), true);
        duplicates.remove(&mut syntax);
        sort_blocks(&mut syntax, LineOrder::ByWords);
        clean_up(&mut syntax);
        print(&syntax)
    }

    fn add(&mut self, mut directive: RawDirective<'_>) -> Result<(), ModFileFault> {
        let place = directive.place;
        match DirectiveVerb::of(directive.verb) {
            Some(DirectiveVerb::Go) => {
                if self.go.is_some() {
                    return Err(ModFileFault::Repeated(DirectiveVerb::Go));
                }
                let version = directive.go_version()?;
                self.go = Some(GoDirective { version, place });
            }
            Some(DirectiveVerb::Toolchain) => {
                if self.toolchain.is_some() {
                    return Err(ModFileFault::Repeated(DirectiveVerb::Toolchain));
                }
                let name = directive.toolchain_name()?;
                self.toolchain = Some(ToolchainDirective { name, place });
            }
            Some(DirectiveVerb::Godebug) => self.godebug.push(directive.godebug()?),
            Some(DirectiveVerb::Use) => {
                let path = directive.only_value(DirectiveVerb::Use)?;
                self.r#use.push(PathLine { path, place });
            }
            Some(DirectiveVerb::Replace) => self.replace.push(directive.replace()?),
            _ => return Err(ModFileFault::UnknownDirective(lossy(directive.verb))),
        }
        Ok(())
    }
}
