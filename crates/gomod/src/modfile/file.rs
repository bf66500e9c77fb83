//! go.mod: from syntax to directives.

use super::directive::{
    ExcludeDirective, GoDirective, GodebugDirective, ModuleDirective, PathLine, ReplaceDirective,
    RequireDirective, RetractDirective, ToolchainDirective,
};
use super::error::{DirectiveVerb, ModFileFault, ParseError, ParseErrors};
use super::go_version::lax_go_version;
use super::interpret::{RawDirective, deprecation, walk};
use super::parser::parse_syntax;
use super::syntax::FileSyntax;
use super::text::lossy;

/// A parsed go.mod.
///
/// There may be no `module` line: Go's parser does not ask for one, and the go.mod of a
/// `golang.org/toolchain` has none. Whoever needs it asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModFile {
    /// The `module` line.
    pub module: Option<ModuleDirective>,
    /// The `go` line.
    pub go: Option<GoDirective>,
    /// The `toolchain` line.
    pub toolchain: Option<ToolchainDirective>,
    /// The `godebug` lines.
    pub godebug: Vec<GodebugDirective>,
    /// The `require` lines.
    pub require: Vec<RequireDirective>,
    /// The `exclude` lines.
    pub exclude: Vec<ExcludeDirective>,
    /// The `replace` lines.
    pub replace: Vec<ReplaceDirective>,
    /// The `retract` lines.
    pub retract: Vec<RetractDirective>,
    /// The `tool` lines.
    pub tool: Vec<PathLine>,
    /// The `ignore` lines.
    pub ignore: Vec<PathLine>,
    /// The syntax that all of these were read from, with words in canonical form.
    pub syntax: FileSyntax,
}

/// How a go.mod is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParseMode {
    /// As the main module's: every directive counts, what is unknown is an error.
    Strict,
    /// As a dependency's (Go's `ParseLax`): only `module`, `go`, `require`, `retract` and `ignore`
    /// count; other directives are passed over unread, so that files written for a later Go can be
    /// depended on. An unreadable retraction is passed over too, and of an odd `go` line such as
    /// `v1.20.x` the beginning counts.
    Lax,
}

/// The directives that may be written as a block.
const IN_BLOCKS: [DirectiveVerb; 8] = [
    DirectiveVerb::Module,
    DirectiveVerb::Godebug,
    DirectiveVerb::Require,
    DirectiveVerb::Exclude,
    DirectiveVerb::Replace,
    DirectiveVerb::Retract,
    DirectiveVerb::Tool,
    DirectiveVerb::Ignore,
];

/// Parses a go.mod.
///
/// Versions must be semantic versions; shortened ones (`v1`) are completed. What only the go
/// command can resolve (`master`, a commit) is an error, as it is for `go mod edit`.
pub fn parse(source: &[u8], mode: ParseMode) -> Result<ModFile, ParseErrors> {
    let mut syntax = parse_syntax(source)?;
    let (mut file, errors) = interpret(&mut syntax, mode);
    ParseErrors::check(errors)?;
    file.syntax = syntax;
    Ok(file)
}

/// Reads the directives, as far as they can be read, and collects the faults.
pub(super) fn interpret(syntax: &mut FileSyntax, mode: ParseMode) -> (ModFile, Vec<ParseError>) {
    let mut file = ModFile::default();
    let strict = mode == ParseMode::Strict;
    let errors = walk(syntax, &IN_BLOCKS, strict, |directive| {
        file.add(directive, mode)
    });
    (file, errors)
}

// === impl ModFile ===

impl ModFile {
    fn add(
        &mut self,
        mut directive: RawDirective<'_>,
        mode: ParseMode,
    ) -> Result<(), ModFileFault> {
        let place = directive.place;
        let verb = DirectiveVerb::of(directive.verb);
        if mode == ParseMode::Lax && !verb.is_some_and(counts_in_dependency) {
            return Ok(());
        }
        match verb {
            None | Some(DirectiveVerb::Use) => {
                return Err(ModFileFault::UnknownDirective(lossy(directive.verb)));
            }
            Some(DirectiveVerb::Module) => return self.add_module(directive),
            Some(DirectiveVerb::Go) => return self.add_go(directive, mode),
            Some(DirectiveVerb::Toolchain) => {
                if self.toolchain.is_some() {
                    return Err(ModFileFault::Repeated(DirectiveVerb::Toolchain));
                }
                let name = directive.toolchain_name()?;
                self.toolchain = Some(ToolchainDirective { name, place });
            }
            Some(DirectiveVerb::Godebug) => self.godebug.push(directive.godebug()?),
            Some(DirectiveVerb::Require) => {
                let module = directive.module_version(DirectiveVerb::Require)?;
                self.require.push(RequireDirective {
                    module,
                    indirect: directive.is_indirect(),
                    place,
                });
            }
            Some(DirectiveVerb::Exclude) => {
                let module = directive.module_version(DirectiveVerb::Exclude)?;
                self.exclude.push(ExcludeDirective { module, place });
            }
            Some(DirectiveVerb::Replace) => self.replace.push(directive.replace()?),
            Some(DirectiveVerb::Retract) => return self.add_retract(directive, mode),
            Some(DirectiveVerb::Tool) => {
                let path = directive.only_value(DirectiveVerb::Tool)?;
                self.tool.push(PathLine { path, place });
            }
            Some(DirectiveVerb::Ignore) => {
                let path = directive.only_value(DirectiveVerb::Ignore)?;
                self.ignore.push(PathLine { path, place });
            }
        }
        Ok(())
    }

    fn add_module(&mut self, mut directive: RawDirective<'_>) -> Result<(), ModFileFault> {
        if self.module.is_some() {
            return Err(ModFileFault::Repeated(DirectiveVerb::Module));
        }
        let deprecated = deprecation(&directive.comment_text());
        let place = directive.place;
        // Remembered before its path is read, so that a second line is a repetition even if the
        // first is at fault.
        let module = self.module.insert(ModuleDirective {
            path: String::new(),
            deprecated,
            place,
        });
        module.path = directive.only_value(DirectiveVerb::Module)?;
        Ok(())
    }

    fn add_go(
        &mut self,
        mut directive: RawDirective<'_>,
        mode: ParseMode,
    ) -> Result<(), ModFileFault> {
        if self.go.is_some() {
            return Err(ModFileFault::Repeated(DirectiveVerb::Go));
        }
        let place = directive.place;
        if mode == ParseMode::Lax {
            let word = directive.only_argument(DirectiveVerb::Go)?;
            if !super::go_version::is_go_version(&word.text)
                && let Some(version) = lax_go_version(&word.text)
            {
                word.text = version.to_vec();
                let version = lossy(&word.text);
                self.go = Some(GoDirective { version, place });
                return Ok(());
            }
        }
        let version = directive.go_version()?;
        self.go = Some(GoDirective { version, place });
        Ok(())
    }

    fn add_retract(
        &mut self,
        mut directive: RawDirective<'_>,
        mode: ParseMode,
    ) -> Result<(), ModFileFault> {
        let rationale = directive.comment_text();
        let place = directive.place;
        let (low, high, taken) = match directive.interval() {
            Ok(interval) => interval,
            // Later Go versions may know other intervals.
            Err(_) if mode == ParseMode::Lax => return Ok(()),
            Err(fault) => return Err(fault),
        };
        if mode == ParseMode::Strict
            && let Some(word) = directive.arguments.get(taken)
        {
            return Err(ModFileFault::AfterInterval(lossy(&word.text)));
        }
        self.retract.push(RetractDirective {
            low,
            high,
            rationale,
            place,
        });
        Ok(())
    }
}

const fn counts_in_dependency(verb: DirectiveVerb) -> bool {
    matches!(
        verb,
        DirectiveVerb::Module
            | DirectiveVerb::Go
            | DirectiveVerb::Require
            | DirectiveVerb::Retract
            | DirectiveVerb::Ignore
    )
}
