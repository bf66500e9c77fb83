//! Input: the text of a file, what every reader refuses in it, and how offsets become places.
//!
//! Whatever the format, some bytes can only be damage: a file that is empty or too large, bytes that
//! are no UTF-8, a NUL, the markers of a merge that nobody finished. They are refused here, before
//! any parser sees them, so that the message names the real cause and not what a grammar stumbled
//! over a line later.
//!
//! Parsers speak in byte offsets; people in lines and columns. Both are indexed once, because counting
//! them from the start for each of some hundred thousand places would be quadratic, and a lock can be
//! one line of many megabytes.

use finding::{FileSpan, FindingPlace, UnreadableInput};

/// The largest file that is read, in bytes. Lock files of the largest known repositories stay
/// below 10 MB; five times that is no longer written by a package manager.
pub const MAX_BYTES: usize = 50 << 20;

/// Length of a marker.
const MARKER: usize = 7;

/// How lines begin that git leaves in a file whose merge failed.
const CONFLICT_MARKERS: [&[u8; MARKER]; 4] = [b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"];

/// A stretch of the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteRange {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A text that may be parsed.
#[derive(Debug)]
pub(crate) struct SourceText<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
    places: LineIndex<'t>,
}

/// What makes lines and columns of offsets.
#[derive(Debug)]
struct LineIndex<'t> {
    bytes: &'t [u8],
    /// The offset at which each line begins.
    lines: Vec<u32>,
    /// How many characters begin before each block; nothing in a text of one byte a character.
    characters: Vec<u32>,
}

/// Bytes of a block.
const BLOCK: usize = 256;

// === impl ByteRange ===

impl ByteRange {
    /// Between two offsets; none of them is beyond `u32` in a text of at most [`MAX_BYTES`].
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self {
            start: small(start),
            end: small(end.max(start)),
        }
    }

    /// Both, and what is between them.
    pub(crate) fn to(self, other: Self) -> Self {
        Self {
            start: self.start,
            end: other.end.max(self.end),
        }
    }
}

fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

// === impl SourceText ===

impl<'t> SourceText<'t> {
    /// Takes the bytes of a file, or says why they cannot be a text of anybody.
    pub(crate) fn new(file: &'t str, bytes: &'t [u8]) -> Result<Self, UnreadableInput> {
        if bytes.len() > MAX_BYTES {
            let size = bytes.len();
            let problem = format!("has {size} bytes, more than the {MAX_BYTES} that are read");
            return Err(UnreadableInput::new(FindingPlace::file(file), problem));
        }
        // A mark of the byte order, which editors of Windows put first and every tool skips.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let places = LineIndex::of(bytes);
        let refuse = |start: usize, length: usize, problem: String| {
            let at = ByteRange::new(start, start + length);
            Err(UnreadableInput::new(
                FindingPlace::at(file, places.span(at)),
                problem,
            ))
        };
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return refuse(0, 0, "is empty".to_owned());
        }
        if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
            return refuse(at, 1, "has a NUL byte here, so it is damaged".to_owned());
        }
        if let Some((at, marker)) = conflict(bytes, &places.lines) {
            let marker = String::from_utf8_lossy(marker);
            let problem = format!("has an unfinished merge here: a line begins with {marker}");
            return refuse(at, MARKER, problem);
        }
        match str::from_utf8(bytes) {
            Ok(text) => Ok(Self { file, text, places }),
            Err(error) => {
                let length = error.error_len().unwrap_or(1);
                refuse(error.valid_up_to(), length, "is no UTF-8 here".to_owned())
            }
        }
    }

    /// Lines and columns of a stretch.
    pub(crate) fn span(&self, at: ByteRange) -> FileSpan {
        self.places.span(at)
    }

    /// The file is refused for what is at a stretch of it.
    pub(crate) fn refuse(&self, at: ByteRange, problem: impl Into<String>) -> UnreadableInput {
        UnreadableInput::new(FindingPlace::at(self.file, self.span(at)), problem)
    }

    /// The file is refused as a whole.
    pub(crate) fn refuse_whole(&self, problem: impl Into<String>) -> UnreadableInput {
        self.refuse(ByteRange::new(0, self.text.len()), problem)
    }
}

fn line_starts(bytes: &[u8]) -> Vec<u32> {
    let breaks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let starts = breaks.map(|(at, _)| small(at + 1));
    std::iter::once(0).chain(starts).collect()
}

/// The first line that a failed merge left, and its marker.
fn conflict<'b>(bytes: &'b [u8], lines: &[u32]) -> Option<(usize, &'b [u8])> {
    lines.iter().find_map(|&start| {
        let start = usize::try_from(start).ok()?;
        let line = bytes.get(start..)?;
        let marker = line.get(..MARKER)?;
        let ends = matches!(line.get(marker.len()), None | Some(b' ' | b'\n' | b'\r'));
        (ends && CONFLICT_MARKERS.iter().any(|known| *known == marker)).then_some((start, marker))
    })
}

// === impl LineIndex ===

impl<'t> LineIndex<'t> {
    fn of(bytes: &'t [u8]) -> Self {
        let mut characters = Vec::new();
        if !bytes.is_ascii() {
            let mut before = 0;
            for block in bytes.chunks(BLOCK) {
                characters.push(before);
                before += small(begun(block));
            }
            characters.push(before);
        }
        Self {
            bytes,
            lines: line_starts(bytes),
            characters,
        }
    }

    fn span(&self, at: ByteRange) -> FileSpan {
        let (line, column) = self.position(at.start);
        let (end_line, end_column) = self.position(at.end);
        FileSpan {
            line,
            column,
            end_line,
            end_column,
        }
    }

    /// Line and column of an offset, both from 1.
    fn position(&self, offset: u32) -> (u32, u32) {
        let line = self.lines.partition_point(|&start| start <= offset);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.before(offset).saturating_sub(self.before(start));
        (small(line), before.saturating_add(1))
    }

    /// How many characters begin before an offset.
    fn before(&self, offset: u32) -> u32 {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let Some(known) = self.characters.get(offset / BLOCK) else {
            return small(offset);
        };
        let block = offset - offset % BLOCK;
        known + small(begun(self.bytes.get(block..offset).unwrap_or_default()))
    }
}

/// How many characters begin in some bytes: all but those that continue one (RFC 3629).
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::{ByteRange, MAX_BYTES, SourceText};
    use finding::FileSpan;

    fn problem(bytes: &[u8]) -> String {
        SourceText::new("x.lock", bytes).unwrap_err().to_string()
    }

    #[test]
    fn places_are_those_that_finding_counts() {
        let long = format!("\"{}\": 1,\n漢é\n", "é".repeat(300));
        for text in ["one\n\ntwo three\n", &long] {
            let input = SourceText::new("x.lock", text.as_bytes()).unwrap();
            let begins = |at: &usize| text.is_char_boundary(*at);
            for start in (0..=text.len()).filter(begins) {
                for end in (start..=text.len()).filter(begins).take(40) {
                    let expected = FileSpan::of(text.as_bytes(), start, end);
                    assert_eq!(input.span(ByteRange::new(start, end)), expected);
                }
            }
        }
    }

    #[test]
    fn damage_is_named_where_it_is() {
        assert_eq!(problem(b" \n"), "x.lock:1:1: is empty");
        assert!(problem(b"a\nb\0").starts_with("x.lock:2:2: has a NUL"));
        assert!(problem(b"a\nbc\xff").starts_with("x.lock:2:3: is no UTF-8"));
        assert!(problem(&vec![b' '; MAX_BYTES + 1]).contains("more than"));
    }

    #[test]
    fn a_mark_of_the_byte_order_is_skipped() {
        let input = SourceText::new("x.lock", b"\xef\xbb\xbf{}").unwrap();
        assert_eq!(input.text, "{}");
        assert!(problem(b"\xef\xbb\xbf \n").contains("is empty"));
    }

    #[test]
    fn an_unfinished_merge_is_told_with_its_line() {
        for marker in ["<<<<<<< HEAD", "=======", ">>>>>>> branch", "||||||| base"] {
            let text = format!("a\nb\n{marker}\nc\n");
            let said = problem(text.as_bytes());
            assert!(
                said.starts_with("x.lock:3:1: has an unfinished merge"),
                "{said}"
            );
        }
        assert!(SourceText::new("x.lock", b"========\n").is_ok());
    }
}
