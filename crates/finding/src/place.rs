//! Place: a file of the checkout, and where in it.

use serde::Serialize;
use std::fmt;

/// A file, and a stretch of it where one is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FindingPlace {
    /// Path from the root of the checkout, with `/` between its elements.
    pub file: String,
    /// Where in it; nothing if the whole file is meant.
    pub span: Option<FileSpan>,
}

/// A stretch of a file. Lines and columns count from 1; a column counts characters (Unicode code
/// points), and the end is the first column behind the stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FileSpan {
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column of the end.
    pub end_column: u32,
}

// === impl FindingPlace ===

impl FindingPlace {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            span: None,
        }
    }

    /// A stretch of a file.
    pub fn at(file: impl Into<String>, span: FileSpan) -> Self {
        Self {
            file: file.into(),
            span: Some(span),
        }
    }
}

/// `FILE`, or `FILE:LINE:COLUMN` as compilers write it.
impl fmt::Display for FindingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match self.span {
            Some(span) => write!(f, ":{}:{}", span.line, span.column),
            None => Ok(()),
        }
    }
}

// === impl FileSpan ===

impl FileSpan {
    /// A stretch within a line; `length` in characters.
    pub fn in_line(line: u32, column: u32, length: u32) -> Self {
        Self {
            line,
            column,
            end_line: line,
            end_column: column.saturating_add(length),
        }
    }

    /// The stretch of `text` between two byte offsets; offsets beyond its end mean its end.
    pub fn of(text: &[u8], start: usize, end: usize) -> Self {
        let (line, column) = position(text, start);
        let (end_line, end_column) = position(text, end.max(start));
        Self {
            line,
            column,
            end_line,
            end_column,
        }
    }
}

/// Line and column of a byte offset.
fn position(text: &[u8], offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let lines = before.split(|&byte| byte == b'\n').count();
    let last = before.iter().rposition(|&byte| byte == b'\n');
    let line = before.get(last.map_or(0, |at| at + 1)..);
    let column = characters(line.unwrap_or_default());
    (number(lines), number(column + 1))
}

/// Characters of a text: its bytes but those that continue one (RFC 3629).
fn characters(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{FileSpan, FindingPlace};

    #[test]
    fn offsets_become_lines_and_columns() {
        let text = b"one\ntwo\n";
        assert_eq!(FileSpan::of(text, 0, 3), FileSpan::in_line(1, 1, 3));
        assert_eq!(FileSpan::of(text, 4, 7), FileSpan::in_line(2, 1, 3));
        let text = "a: é漢, b".as_bytes();
        let comma = "a: é漢".len();
        assert_eq!(
            FileSpan::of(text, comma, comma + 1),
            FileSpan::in_line(1, 6, 1)
        );
        let beyond = FileSpan::of(b"one\ntwo\n", 100, 2);
        assert_eq!((beyond.line, beyond.column), (3, 1));
    }

    #[test]
    fn a_place_reads_as_compilers_write_it() {
        let place = FindingPlace::at("go.mod", FileSpan::in_line(7, 2, 5));
        assert_eq!(place.to_string(), "go.mod:7:2");
        assert_eq!(FindingPlace::file("go.sum").to_string(), "go.sum");
    }
}
