//! go.mod: from syntax to directives.

use super::directive::{
    Exclude, Go, Godebug, Module, PathLine, Replace, Require, Retract, Toolchain,
};
use super::error::{Fault, ParseError, ParseErrors, Verb};
use super::go_version::lax_go_version;
use super::interpret::{Directive, deprecation, walk};
use super::parser::parse_syntax;
use super::syntax::FileSyntax;
use super::text::lossy;

/// A parsed go.mod.
///
/// There may be no `module` line: Go's parser does not ask for one, and the go.mod of a
/// `golang.org/toolchain` has none. Whoever needs it asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// The `module` line.
    pub module: Option<Module>,
    /// The `go` line.
    pub go: Option<Go>,
    /// The `toolchain` line.
    pub toolchain: Option<Toolchain>,
    /// The `godebug` lines.
    pub godebug: Vec<Godebug>,
    /// The `require` lines.
    pub require: Vec<Require>,
    /// The `exclude` lines.
    pub exclude: Vec<Exclude>,
    /// The `replace` lines.
    pub replace: Vec<Replace>,
    /// The `retract` lines.
    pub retract: Vec<Retract>,
    /// The `tool` lines.
    pub tool: Vec<PathLine>,
    /// The `ignore` lines.
    pub ignore: Vec<PathLine>,
    /// The syntax that all of these were read from, with words in canonical form.
    pub syntax: FileSyntax,
}

/// How a go.mod is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// As the main module's: every directive counts, what is unknown is an error.
    Strict,
    /// As a dependency's (Go's `ParseLax`): only `module`, `go`, `require`, `retract` and `ignore`
    /// count; other directives are passed over unread, so that files written for a later Go can be
    /// depended on. An unreadable retraction is passed over too, and of an odd `go` line such as
    /// `v1.20.x` the beginning counts.
    Lax,
}

/// The directives that may be written as a block.
const IN_BLOCKS: [Verb; 8] = [
    Verb::Module,
    Verb::Godebug,
    Verb::Require,
    Verb::Exclude,
    Verb::Replace,
    Verb::Retract,
    Verb::Tool,
    Verb::Ignore,
];

/// Parses a go.mod.
///
/// Versions must be semantic versions; shortened ones (`v1`) are completed. What only the go
/// command can resolve (`master`, a commit) is an error, as it is for `go mod edit`.
pub fn parse(source: &[u8], mode: Mode) -> Result<File, ParseErrors> {
    let mut syntax = parse_syntax(source)?;
    let (mut file, errors) = interpret(&mut syntax, mode);
    ParseErrors::check(errors)?;
    file.syntax = syntax;
    Ok(file)
}

/// Reads the directives, as far as they can be read, and collects the faults.
pub(super) fn interpret(syntax: &mut FileSyntax, mode: Mode) -> (File, Vec<ParseError>) {
    let mut file = File::default();
    let strict = mode == Mode::Strict;
    let errors = walk(syntax, &IN_BLOCKS, strict, |directive| {
        file.add(directive, mode)
    });
    (file, errors)
}

// === impl File ===

impl File {
    fn add(&mut self, mut directive: Directive<'_>, mode: Mode) -> Result<(), Fault> {
        let place = directive.place;
        let verb = Verb::of(directive.verb);
        if mode == Mode::Lax && !verb.is_some_and(counts_in_dependency) {
            return Ok(());
        }
        match verb {
            None | Some(Verb::Use) => {
                return Err(Fault::UnknownDirective(lossy(directive.verb)));
            }
            Some(Verb::Module) => return self.add_module(directive),
            Some(Verb::Go) => return self.add_go(directive, mode),
            Some(Verb::Toolchain) => {
                if self.toolchain.is_some() {
                    return Err(Fault::Repeated(Verb::Toolchain));
                }
                let name = directive.toolchain_name()?;
                self.toolchain = Some(Toolchain { name, place });
            }
            Some(Verb::Godebug) => self.godebug.push(directive.godebug()?),
            Some(Verb::Require) => {
                let module = directive.module_version(Verb::Require)?;
                self.require.push(Require {
                    module,
                    indirect: directive.is_indirect(),
                    place,
                });
            }
            Some(Verb::Exclude) => {
                let module = directive.module_version(Verb::Exclude)?;
                self.exclude.push(Exclude { module, place });
            }
            Some(Verb::Replace) => self.replace.push(directive.replace()?),
            Some(Verb::Retract) => return self.add_retract(directive, mode),
            Some(Verb::Tool) => {
                let path = directive.only_value(Verb::Tool)?;
                self.tool.push(PathLine { path, place });
            }
            Some(Verb::Ignore) => {
                let path = directive.only_value(Verb::Ignore)?;
                self.ignore.push(PathLine { path, place });
            }
        }
        Ok(())
    }

    fn add_module(&mut self, mut directive: Directive<'_>) -> Result<(), Fault> {
        if self.module.is_some() {
            return Err(Fault::Repeated(Verb::Module));
        }
        let deprecated = deprecation(&directive.comment_text());
        let place = directive.place;
        // Remembered before its path is read, so that a second line is a repetition even if the
        // first is at fault.
        let module = self.module.insert(Module {
            path: String::new(),
            deprecated,
            place,
        });
        module.path = directive.only_value(Verb::Module)?;
        Ok(())
    }

    fn add_go(&mut self, mut directive: Directive<'_>, mode: Mode) -> Result<(), Fault> {
        if self.go.is_some() {
            return Err(Fault::Repeated(Verb::Go));
        }
        let place = directive.place;
        if mode == Mode::Lax {
            let word = directive.only_argument(Verb::Go)?;
            if !super::go_version::is_go_version(&word.text)
                && let Some(version) = lax_go_version(&word.text)
            {
                word.text = version.to_vec();
                let version = lossy(&word.text);
                self.go = Some(Go { version, place });
                return Ok(());
            }
        }
        let version = directive.go_version()?;
        self.go = Some(Go { version, place });
        Ok(())
    }

    fn add_retract(&mut self, mut directive: Directive<'_>, mode: Mode) -> Result<(), Fault> {
        let rationale = directive.comment_text();
        let place = directive.place;
        let (low, high, taken) = match directive.interval() {
            Ok(interval) => interval,
            // Later Go versions may know other intervals.
            Err(_) if mode == Mode::Lax => return Ok(()),
            Err(fault) => return Err(fault),
        };
        if mode == Mode::Strict
            && let Some(word) = directive.arguments.get(taken)
        {
            return Err(Fault::AfterInterval(lossy(&word.text)));
        }
        self.retract.push(Retract {
            low,
            high,
            rationale,
            place,
        });
        Ok(())
    }
}

const fn counts_in_dependency(verb: Verb) -> bool {
    matches!(
        verb,
        Verb::Module | Verb::Go | Verb::Require | Verb::Retract | Verb::Ignore
    )
}
