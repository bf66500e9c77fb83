//! Skimming: what a proxy needs of a dependency's go.mod, without the tree of it.
//!
//! A go.mod may have 16 MiB, and its tree ten times as much. Whether it can be read at all, whose it
//! is and what it retracts can be told while it is read: nearly all of such a file are `require`
//! lines, which are checked some at a time and dropped. The answer is that of
//! [`parse`](super::parse) with [`ParseMode::Lax`], for every input.

use super::error::{DirectiveVerb, ParseError, ParseErrors};
use super::file::{ModFile, ParseMode, interpret};
use super::parser::{LineParts, parse_in_parts};
use super::syntax::{FileSyntax, SyntaxStatement};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModFileSummary {
    /// The path of the `module` line, if there is one.
    pub module: Option<String>,
    /// The versions that the `retract` lines mean.
    pub retracted: Vec<RetractedRange>,
}

/// A retraction; both bounds belong to it, and are as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetractedRange {
    /// The lowest version.
    pub low: String,
    /// The highest version.
    pub high: String,
}

/// Reads the go.mod of a dependency. Its errors are those of [`parse`](super::parse).
pub fn skim(source: &[u8]) -> Result<ModFileSummary, ParseErrors> {
    let mut errors: Vec<ParseError> = Vec::new();
    let mut check = |statements: Vec<SyntaxStatement>| {
        let mut syntax = FileSyntax {
            before: Vec::new(),
            statements,
        };
        errors.extend(interpret(&mut syntax, ParseMode::Lax).1);
    };
    let parts = LineParts {
        takes: is_checked_alone,
        take: &mut check,
        loose: Vec::new(),
    };
    let mut syntax = parse_in_parts(source, parts)?;
    let (file, others) = interpret(&mut syntax, ParseMode::Lax);
    errors.extend(others);
    errors.sort_by_key(|error| error.span.start);
    ParseErrors::check(errors)?;
    Ok(ModFileSummary::from(file))
}

/// Whether a line of this verb says nothing about any other line: of these there may be thousands.
fn is_checked_alone(verb: &[u8]) -> bool {
    !matches!(
        DirectiveVerb::of(verb),
        Some(DirectiveVerb::Module | DirectiveVerb::Go | DirectiveVerb::Retract)
    )
}

// === impl ModFileSummary ===

impl From<ModFile> for ModFileSummary {
    fn from(file: ModFile) -> Self {
        let range = |retract: super::RetractDirective| RetractedRange {
            low: retract.low,
            high: retract.high,
        };
        Self {
            module: file.module.map(|module| module.path),
            retracted: file.retract.into_iter().map(range).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ModFileSummary, skim};
    use crate::modfile::{ParseMode, parse};
    use std::fmt::Write as _;

    /// Pieces of files, right and wrong, of which the last ones are long.
    const PIECES: [&str; 18] = [
        "module example.com/m\n",
        "// Deprecated: no\nmodule example.com/m // mine\n",
        "go 1.21\n",
        "go v1.20.x\n",
        "go one\n",
        "require example.com/a v1.2.3 // indirect\n",
        "require example.com/a v2.0.0\n",
        "require example.com/a\n",
        "retract v1.0.0 // broken\n",
        "retract [v1.0.0, v1.2.0]\n",
        "retract (\n\tv1.3.0\n\t[v1.4.0, v1.5.0] // both\n\n\t// alone\n)\n",
        "exclude example.com/b v1\n",
        "unknown words ( here\n",
        "unknown (\n\tlines\n)\n",
        "require (\n\texample.com/c v1\n) // end\n",
        "\n// a comment\n\n",
        "MANY",
        "BLOCK",
    ];

    fn file(mut seed: u64) -> String {
        let mut text = String::new();
        for _ in 0..(2 + seed % 7) {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let number = usize::try_from(seed >> 33).unwrap();
            match PIECES[number % PIECES.len()] {
                "MANY" => {
                    (0..1_100).for_each(|n| {
                        writeln!(text, "require e.com/m{n} v1.0.{n}").unwrap();
                    });
                }
                "BLOCK" => {
                    text += "require (\n";
                    for n in 0..1_100 {
                        let version = if n == number % 4_000 { "bad" } else { "v0.1.0" };
                        writeln!(text, "\te.com/b{n} {version} // indirect").unwrap();
                    }
                    text += if number.is_multiple_of(9) {
                        ") x\n"
                    } else {
                        ")\n"
                    };
                }
                piece => text += piece,
            }
        }
        text
    }

    #[test]
    fn it_says_what_the_parser_says() {
        let (mut right, mut wrong) = (0, 0);
        for seed in 0..500 {
            let text = file(seed);
            let expected = parse(text.as_bytes(), ParseMode::Lax).map(ModFileSummary::from);
            assert_eq!(skim(text.as_bytes()), expected, "seed {seed}");
            *(if expected.is_ok() {
                &mut right
            } else {
                &mut wrong
            }) += 1;
        }
        assert!(right > 50 && wrong > 50, "{right} right, {wrong} wrong");
    }
}
