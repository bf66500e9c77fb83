//! go.sum: the hashes that a module trusts.
//!
//! Each line is `path version hash`, or `path version/go.mod hash`. Go reads it loosely: any white
//! space separates, blank lines are skipped, neither path nor version nor hash is checked, and a
//! hash of an unknown algorithm is kept (it counts for nothing, but is not lost when go.sum is
//! rewritten). The one fatal fault is a line without exactly three fields. The hash of an empty
//! go.mod is dropped: an early Go wrote it by mistake.
//!
//! Text that is not UTF-8 is read with U+FFFD in place of the stray bytes.

use crate::modfile::{TextPosition, TextSpan, fields, lossy};

/// The largest go.sum that is read, in bytes. Go sets no limit; real files stay below 1 MiB, and
/// 64 MiB keeps a hostile one from filling memory.
pub const MAX_BYTES: usize = 64 << 20;

/// The most lines that are kept of one go.sum. Real files have some ten thousand; a million keeps
/// what is made of a hostile file of short lines in the order of 200 MB.
pub const MAX_LINES: usize = 1 << 20;

/// The hash of a tree that holds nothing but an empty go.mod; never meant.
pub const EMPTY_GO_MOD_HASH: &str = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";

/// What the version field of a go.mod's line ends in.
const GO_MOD_SUFFIX: &str = "/go.mod";

/// The hash algorithm that Go knows: `h1`, SHA-256 of a list of SHA-256.
const KNOWN_ALGORITHM: &str = "h1:";

/// A parsed go.sum: its lines in the order of the file, without blank and dropped ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoSum {
    /// The lines.
    pub entries: Vec<GoSumLine>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoSumLine {
    /// The module path, as written.
    pub path: String,
    /// The version, as written, without the `/go.mod`.
    pub version: String,
    /// What is hashed.
    pub subject: HashSubject,
    /// Algorithm and value: `h1:…`.
    pub hash: String,
    /// From the first to the last field.
    pub span: TextSpan,
}

/// What a hash is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HashSubject {
    /// The module's files, as in its zip.
    Zip,
    /// The module's go.mod alone.
    GoMod,
}

/// Why a go.sum is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GoSumError {
    /// The file is larger than [`MAX_BYTES`].
    #[error("go.sum larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// The file has more lines than [`MAX_LINES`], blank and dropped ones not counted.
    #[error("go.sum with more than {MAX_LINES} lines")]
    TooManyLines,
    /// A line that is not `path version hash`.
    #[error("malformed go.sum: line {line}: wrong number of fields {fields}")]
    WrongNumberOfFields {
        /// The line, from 1.
        line: usize,
        /// How many fields it has.
        fields: usize,
    },
}

/// Parses a go.sum as the go command reads it.
pub fn parse(source: &[u8]) -> Result<GoSum, GoSumError> {
    if source.len() > MAX_BYTES {
        return Err(GoSumError::TooLarge);
    }
    let mut entries = Vec::new();
    let mut offset = 0;
    for (index, text) in source.split(|&byte| byte == b'\n').enumerate() {
        entries.extend(entry(text, offset, index + 1)?);
        if entries.len() > MAX_LINES {
            return Err(GoSumError::TooManyLines);
        }
        offset += text.len() + 1;
    }
    Ok(GoSum { entries })
}

fn entry(text: &[u8], offset: usize, line: usize) -> Result<Option<GoSumLine>, GoSumError> {
    // Counted, not collected: a hostile line can have millions.
    let mut words = fields(text);
    let first = (words.next(), words.next(), words.next(), words.next());
    let (Some((start, path)), Some((_, version)), Some((last, hash)), None) = first else {
        return match fields(text).count() {
            0 => Ok(None),
            fields => Err(GoSumError::WrongNumberOfFields { line, fields }),
        };
    };
    if hash == EMPTY_GO_MOD_HASH.as_bytes() {
        return Ok(None);
    }
    let place = |at: usize| TextPosition {
        byte: offset + at,
        line,
        column: column(text, at),
    };
    let span = TextSpan {
        start: place(start),
        end: place(last + hash.len()),
    };
    let (version, subject) = match version.strip_suffix(GO_MOD_SUFFIX.as_bytes()) {
        Some(version) => (version, HashSubject::GoMod),
        None => (version, HashSubject::Zip),
    };
    let (path, version, hash) = (lossy(path), lossy(version), lossy(hash));
    Ok(Some(GoSumLine {
        path,
        version,
        subject,
        hash,
        span,
    }))
}

/// The column of a byte of the line, in characters from 1.
fn column(text: &[u8], at: usize) -> usize {
    lossy(text.get(..at).unwrap_or_default()).chars().count() + 1
}

// === impl GoSum ===

impl GoSum {
    /// The hashes that the file gives for a module version; several if lines disagree or repeat.
    pub fn hashes<'a>(
        &'a self,
        path: &'a str,
        version: &'a str,
        subject: HashSubject,
    ) -> impl Iterator<Item = &'a str> {
        let wanted = move |entry: &&GoSumLine| {
            entry.subject == subject && entry.path == path && entry.version == version
        };
        self.entries
            .iter()
            .filter(wanted)
            .map(|entry| entry.hash.as_str())
    }

    /// Writes the entries, one a line, in their order.
    pub fn print(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            text.push_str(&entry.to_string());
            text.push('\n');
        }
        text
    }
}

// === impl GoSumLine ===

impl GoSumLine {
    /// Whether the hash is of the algorithm that Go checks; others are kept and ignored.
    pub fn has_known_algorithm(&self) -> bool {
        self.hash.starts_with(KNOWN_ALGORITHM)
    }
}

impl std::fmt::Display for GoSumLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let suffix = match self.subject {
            HashSubject::Zip => "",
            HashSubject::GoMod => GO_MOD_SUFFIX,
        };
        write!(f, "{} {}{suffix} {}", self.path, self.version, self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::{EMPTY_GO_MOD_HASH, GoSumError, HashSubject, parse};

    #[test]
    fn lines_of_zip_and_go_mod() {
        let source = b"\nexample.com/a v1.0.0 h1:A=\r\n\texample.com/a  v1.0.0/go.mod h2:B=\n";
        let sum = parse(source).unwrap();
        assert_eq!(sum.entries.len(), 2);
        let second = sum.entries.last().unwrap();
        assert_eq!(
            (
                second.subject,
                second.span.start.line,
                second.span.start.column
            ),
            (HashSubject::GoMod, 3, 2)
        );
        assert!(!second.has_known_algorithm());
        let found: Vec<_> = sum
            .hashes("example.com/a", "v1.0.0", HashSubject::Zip)
            .collect();
        assert_eq!(found, ["h1:A="]);
        assert_eq!(
            sum.print(),
            "example.com/a v1.0.0 h1:A=\nexample.com/a v1.0.0/go.mod h2:B=\n"
        );
    }

    #[test]
    fn a_line_has_three_fields() {
        let wrong = GoSumError::WrongNumberOfFields { line: 2, fields: 2 };
        assert_eq!(parse(b"a v1 h1:x\na v1\n"), Err(wrong));
    }

    #[test]
    fn the_hash_of_an_empty_go_mod_is_dropped() {
        let line = format!("a v1.0.0/go.mod {EMPTY_GO_MOD_HASH}");
        assert!(parse(line.as_bytes()).unwrap().entries.is_empty());
    }
}
