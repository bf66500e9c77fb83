//! Where build constraints stand: in the comments before the package clause.
//!
//! A `//go:build` line counts wherever it stands before the first line that is neither blank nor a
//! comment. Without one, `// +build` lines count if a blank line stands between them and that line;
//! a malformed one is passed over, as Go does.

use super::constraint::{self, BuildConstraint};
use super::header::{HeaderError, HeaderFault};

/// The build constraint of a file.
pub(super) fn constraint(source: &[u8]) -> Result<Option<BuildConstraint>, HeaderError> {
    let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    let leading = LeadingComments::of(source)?;
    if let Some((line, text)) = leading.build {
        let text = String::from_utf8_lossy(text);
        return match constraint::parse(&text) {
            Ok(expression) => Ok(Some(expression)),
            Err(error) => Err(HeaderError {
                line,
                fault: error.into(),
            }),
        };
    }
    let text = source.get(..leading.end).unwrap_or_default();
    let lines = text.split(|&byte| byte == b'\n').filter_map(plus_build);
    let terms: Vec<BuildConstraint> = lines
        .filter_map(|text| constraint::parse_plus_build(&text).ok())
        .collect();
    Ok(BuildConstraint::all(terms))
}

/// The leading comments of a file.
struct LeadingComments<'a> {
    /// The expression behind `//go:build`, and its line.
    build: Option<(u32, &'a [u8])>,
    /// Where the last blank line before the first that is no line comment ends.
    end: usize,
}

// === impl LeadingComments ===

impl<'a> LeadingComments<'a> {
    fn of(source: &'a [u8]) -> Result<Self, HeaderError> {
        let mut found = Self {
            build: None,
            end: 0,
        };
        let (mut at, mut in_block, mut ended) = (0, false, false);
        for (number, whole) in (1..).zip(source.split_inclusive(|&byte| byte == b'\n')) {
            at += whole.len();
            let line = whole.trim_ascii();
            if line.is_empty() && !ended {
                found.end = at;
                continue;
            }
            ended |= !line.starts_with(b"//");
            if let Some(text) = go_build(line).filter(|_| !in_block)
                && found.build.replace((number, text)).is_some()
            {
                return Err(HeaderError {
                    line: number,
                    fault: HeaderFault::SecondConstraint,
                });
            }
            if !is_comment(line, &mut in_block) {
                break;
            }
        }
        Ok(found)
    }
}

/// Whether a line holds nothing but comments; keeps track of those that span lines.
fn is_comment(mut line: &[u8], in_block: &mut bool) -> bool {
    loop {
        if *in_block {
            let Some(end) = line.windows(2).position(|pair| pair == b"*/") else {
                return true;
            };
            *in_block = false;
            line = line.get(end + 2..).unwrap_or_default().trim_ascii();
        } else if line.is_empty() || line.starts_with(b"//") {
            return true;
        } else if let Some(rest) = line.strip_prefix(b"/*") {
            *in_block = true;
            line = rest.trim_ascii();
        } else {
            return false;
        }
    }
}

/// The expression of a `//go:build` line.
fn go_build(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"//go:build")?;
    let separate = rest.is_empty() || rest.starts_with(b" ") || rest.starts_with(b"\t");
    separate.then_some(rest)
}

/// The terms of a `// +build` line.
fn plus_build(line: &[u8]) -> Option<String> {
    let rest = line.trim_ascii().strip_prefix(b"//")?.trim_ascii();
    let rest = rest.strip_prefix(b"+build")?;
    let separate = rest.is_empty() || rest.starts_with(b" ") || rest.starts_with(b"\t");
    separate.then(|| String::from_utf8_lossy(rest).into_owned())
}
