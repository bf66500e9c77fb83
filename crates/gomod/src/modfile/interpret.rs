//! From lines to directives: what go.mod and go.work have in common.
//!
//! A directive is interpreted in place: its words are replaced by their canonical form, because that
//! is what formatting prints. The order of the checks is Go's where it decides what is reported.

use super::directive::{DirectivePlace, GodebugDirective, ModuleVersion, ReplaceDirective};
use super::error::{DirectiveVerb, ModFileFault, ParseError};
use super::go_version::{is_go_version, is_toolchain_name};
use super::quote::{QuoteError, auto_quote, value_of};
use super::syntax::{
    AttachedComments, Comment, FileSyntax, LineId, SyntaxLine, SyntaxStatement, Token,
};
use super::text::{lossy, trim_space};
use crate::path::{check_path_major, split_path_version};
use crate::version::canonical;

/// One line with its verb and surroundings.
pub(crate) struct RawDirective<'a> {
    pub(crate) verb: &'a [u8],
    pub(crate) arguments: &'a mut [Token],
    pub(crate) place: DirectivePlace,
    pub(super) comments: &'a AttachedComments,
    /// The comments of the block around the line.
    pub(super) block: Option<&'a AttachedComments>,
}

/// Visits every line of the file, inside and outside of blocks, and collects the faults. Blocks of
/// other verbs than `in_blocks` are passed over, and reported if `strict`.
pub(crate) fn walk(
    syntax: &mut FileSyntax,
    in_blocks: &[DirectiveVerb],
    strict: bool,
    mut visit: impl FnMut(RawDirective<'_>) -> Result<(), ModFileFault>,
) -> Vec<ParseError> {
    let mut errors = Vec::new();
    let mut report = |span, result: Result<(), ModFileFault>| {
        errors.extend(result.err().map(|fault| ParseError { span, fault }));
    };
    for (statement, content) in syntax.statements.iter_mut().enumerate() {
        match content {
            SyntaxStatement::Comments(_) => {}
            SyntaxStatement::Line(SyntaxLine {
                comments,
                tokens,
                span,
                ..
            }) => {
                let place = DirectivePlace {
                    line: LineId {
                        statement,
                        line: None,
                    },
                    span: *span,
                };
                let Some((verb, arguments)) = tokens.split_first_mut() else {
                    continue;
                };
                let verb = &verb.text;
                let directive = RawDirective {
                    verb,
                    arguments,
                    place,
                    comments,
                    block: None,
                };
                report(*span, visit(directive));
            }
            SyntaxStatement::Block(block) => {
                let known = match block.tokens.as_slice() {
                    [verb] => DirectiveVerb::of(&verb.text).filter(|verb| in_blocks.contains(verb)),
                    _ => None,
                };
                let Some(verb) = known else {
                    if strict {
                        report(
                            block.span,
                            Err(ModFileFault::UnknownBlock(joined(&block.tokens))),
                        );
                    }
                    continue;
                };
                for (index, line) in block.lines.iter_mut().enumerate() {
                    let line_id = LineId {
                        statement,
                        line: Some(index),
                    };
                    let directive = RawDirective {
                        verb: verb.as_str().as_bytes(),
                        arguments: &mut line.tokens,
                        place: DirectivePlace {
                            line: line_id,
                            span: line.span,
                        },
                        comments: &line.comments,
                        block: Some(&block.comments),
                    };
                    report(line.span, visit(directive));
                }
            }
        }
    }
    errors
}

fn joined(tokens: &[Token]) -> String {
    let words: Vec<String> = tokens.iter().map(|token| lossy(&token.text)).collect();
    words.join(" ")
}

// === impl RawDirective ===

impl RawDirective<'_> {
    /// The text of the comments on the line, else on its block: one line each, without slashes.
    pub(super) fn comment_text(&self) -> String {
        let own = self.comments;
        let bare = own.before.is_empty() && own.suffix.is_empty();
        let comments = self.block.filter(|_| bare).unwrap_or(own);
        let all = comments.before.iter().chain(&comments.suffix);
        let lines: Vec<String> = all.filter_map(comment_body).map(lossy).collect();
        lines.join("\n")
    }

    /// Whether the line is marked `// indirect`, alone or followed by `;` and more.
    pub(super) fn is_indirect(&self) -> bool {
        let Some(body) = self.comments.suffix.first().and_then(comment_body) else {
            return false;
        };
        let mut words = super::text::fields(body).map(|(_, word)| word);
        match (words.next(), words.next()) {
            (Some(only), None) => only == b"indirect",
            (Some(first), Some(_)) => first == b"indirect;",
            _ => false,
        }
    }

    /// The single argument of a directive that has exactly one.
    pub(crate) fn only_argument(
        &mut self,
        verb: DirectiveVerb,
    ) -> Result<&mut Token, ModFileFault> {
        match &mut *self.arguments {
            [only] => Ok(only),
            _ => Err(ModFileFault::Usage(verb)),
        }
    }

    /// The single argument of a directive that has exactly one, as a value.
    pub(crate) fn only_value(&mut self, verb: DirectiveVerb) -> Result<String, ModFileFault> {
        let value = value(self.only_argument(verb)?)?;
        Ok(lossy(&value))
    }

    pub(crate) fn go_version(&mut self) -> Result<String, ModFileFault> {
        let word = &self.only_argument(DirectiveVerb::Go)?.text;
        if is_go_version(word) {
            Ok(lossy(word))
        } else {
            Err(ModFileFault::GoVersion(lossy(word)))
        }
    }

    pub(crate) fn toolchain_name(&mut self) -> Result<String, ModFileFault> {
        let word = &self.only_argument(DirectiveVerb::Toolchain)?.text;
        if is_toolchain_name(word) {
            Ok(lossy(word))
        } else {
            Err(ModFileFault::Toolchain(lossy(word)))
        }
    }

    pub(crate) fn godebug(&mut self) -> Result<GodebugDirective, ModFileFault> {
        let place = self.place;
        let word = lossy(&self.only_argument(DirectiveVerb::Godebug)?.text);
        match word.split_once('=') {
            Some((key, value)) if !word.contains(['"', '\'', '`', ',']) => Ok(GodebugDirective {
                key: key.to_owned(),
                value: value.to_owned(),
                place,
            }),
            _ => Err(ModFileFault::Usage(DirectiveVerb::Godebug)),
        }
    }

    /// The module and version of a `require` or `exclude`.
    pub(super) fn module_version(
        &mut self,
        verb: DirectiveVerb,
    ) -> Result<ModuleVersion, ModFileFault> {
        let [path, version] = &mut *self.arguments else {
            return Err(ModFileFault::Usage(verb));
        };
        let path = lossy(&value(path)?);
        let version = version_of(&path, version)?;
        check_major(&path, &version)?;
        Ok(ModuleVersion { path, version })
    }

    pub(crate) fn replace(&mut self) -> Result<ReplaceDirective, ModFileFault> {
        let usage = ModFileFault::Usage(DirectiveVerb::Replace);
        let place = self.place;
        let is_arrow = |token: &Token| token.text == b"=>";
        let (path, version, new) = match &mut *self.arguments {
            [path, arrow, new @ ..] if is_arrow(arrow) => (path, None, new),
            [path, version, arrow, new @ ..] if is_arrow(arrow) => (path, Some(version), new),
            _ => return Err(usage),
        };
        if !(1..=2).contains(&new.len()) {
            return Err(usage);
        }
        let path = lossy(&value(path)?);
        if split_path_version(&path).is_none() {
            return Err(ModFileFault::ModulePath(path));
        }
        let version = match version {
            Some(token) => version_of(&path, token)?,
            None => String::new(),
        };
        if !version.is_empty() {
            check_major(&path, &version)?;
        }
        Ok(ReplaceDirective {
            old: ModuleVersion { path, version },
            new: replacement(new)?,
            place,
        })
    }

    /// The bounds of a retraction, and how many words they took.
    pub(super) fn interval(&mut self) -> Result<(String, String, usize), ModFileFault> {
        let (first, rest) = self
            .arguments
            .split_first_mut()
            .ok_or(ModFileFault::Interval("[ or a version"))?;
        match first.text.as_slice() {
            b"(" => return Err(ModFileFault::Interval("[ or a version")),
            b"[" => {}
            _ => {
                let version = raw_version(first)?;
                return Ok((version.clone(), version, 1));
            }
        }
        let (low, rest) = rest
            .split_first_mut()
            .ok_or(ModFileFault::Interval("a version after ["))?;
        let low = raw_version(low)?;
        let (comma, rest) = rest
            .split_first_mut()
            .ok_or(ModFileFault::Interval("a comma"))?;
        if comma.text != b"," {
            return Err(ModFileFault::Interval("a comma"));
        }
        let (high, rest) = rest
            .split_first_mut()
            .ok_or(ModFileFault::Interval("a second version"))?;
        let high = raw_version(high)?;
        if rest.first().is_none_or(|token| token.text != b"]") {
            return Err(ModFileFault::Interval("] after the versions"));
        }
        Ok((low, high, 5))
    }
}

/// The message of the first paragraph that begins with `Deprecated:`.
pub(super) fn deprecation(text: &str) -> Option<String> {
    const MARK: &str = "Deprecated:";
    let begins = |at: usize| text.get(at..).and_then(|rest| rest.strip_prefix(MARK));
    let paragraphs = text.match_indices('\n').filter_map(|(at, _)| {
        let blank = text.get(at..).is_some_and(|rest| rest.starts_with("\n\n"));
        blank.then_some(at + 2)
    });
    let rest = std::iter::once(0).chain(paragraphs).find_map(begins)?;
    let rest = rest.trim_start_matches(' ');
    let message = rest
        .find("\n\n")
        .and_then(|end| rest.get(..end))
        .unwrap_or(rest);
    (!message.is_empty()).then(|| message.to_owned())
}

/// What a comment says, without slashes and surrounding space; `None` for a kept blank line.
fn comment_body(comment: &Comment) -> Option<&[u8]> {
    comment.text.strip_prefix(b"//").map(trim_space)
}

/// The value of a word; the word itself is requoted as needed.
fn value(token: &mut Token) -> Result<Vec<u8>, QuoteError> {
    let value = value_of(&token.text)?;
    token.text = auto_quote(&value);
    Ok(value)
}

/// The canonical version that a word holds; the word becomes it.
fn version_of(module: &str, token: &mut Token) -> Result<String, ModFileFault> {
    let written = lossy(&value(token)?);
    let Some(version) = canonical(&written) else {
        return Err(ModFileFault::Version {
            module: module.to_owned(),
            version: written,
        });
    };
    token.text = version.clone().into_bytes();
    Ok(version)
}

/// Checks that a canonical version is one that a module of this path can have.
fn check_major(path: &str, version: &str) -> Result<(), ModFileFault> {
    let module = path.to_owned();
    let Some((_, path_major)) = split_path_version(path) else {
        return Err(ModFileFault::ModulePath(module));
    };
    check_path_major(version, path_major)
        .map_err(|mismatch| ModFileFault::PathMajor { module, mismatch })
}

/// The version that a word of a retraction holds, unchecked; quotes are lost, as in Go.
fn raw_version(token: &mut Token) -> Result<String, ModFileFault> {
    let value = value(token)?;
    let version = lossy(&value);
    token.text = value;
    Ok(version)
}

/// The right side of a replacement: one or two words.
fn replacement(words: &mut [Token]) -> Result<ModuleVersion, ModFileFault> {
    let Some((path, version)) = words.split_first_mut() else {
        return Err(ModFileFault::Usage(DirectiveVerb::Replace));
    };
    let path = lossy(&value(path)?);
    if let Some(token) = version.first_mut() {
        let version = version_of(&path, token)?;
        if is_directory_path(&path) {
            return Err(ModFileFault::ReplacementVersion(path));
        }
        return Ok(ModuleVersion { path, version });
    }
    if !is_directory_path(&path) {
        let at = path.contains('@');
        return Err(if at {
            ModFileFault::ReplacementAt
        } else {
            ModFileFault::ReplacementNotDirectory
        });
    }
    // Go refuses these where the separator is a slash; what runs this is such a system.
    if path.contains('\\') {
        return Err(ModFileFault::ReplacementWindows);
    }
    Ok(ModuleVersion {
        path,
        version: String::new(),
    })
}

/// Reports whether a replacement is a directory: rooted, or beginning with `.` or `..`, in the
/// notation of any system.
pub fn is_directory_path(path: &str) -> bool {
    let drive = |first: &u8, second: &u8| first.is_ascii_alphabetic() && *second == b':';
    match path.as_bytes() {
        b"."
        | b".."
        | [b'/' | b'\\', ..]
        | [b'.', b'/' | b'\\', ..]
        | [b'.', b'.', b'/' | b'\\', ..] => true,
        [first, second, ..] => drive(first, second),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{deprecation, is_directory_path};

    #[test]
    fn the_deprecation_is_the_first_such_paragraph() {
        let text = "about\n\nDeprecated: use v2\nsoon\n\nDeprecated: never";
        assert_eq!(deprecation(text).as_deref(), Some("use v2\nsoon"));
        assert_eq!(deprecation("about\nDeprecated: no"), None);
        assert_eq!(deprecation("\n\n\nDeprecated:x").as_deref(), Some("x"));
        assert_eq!(deprecation("Deprecated:"), None);
    }

    #[test]
    fn directories_in_any_notation() {
        for directory in [".", "..", "./a", "..\\a", "/a", "\\a", "C:\\a", "c:"] {
            assert!(is_directory_path(directory), "{directory}");
        }
        for other in ["", "a", "a/b", ".a", "...", "1:"] {
            assert!(!is_directory_path(other), "{other}");
        }
    }
}
