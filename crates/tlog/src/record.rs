//! Records: what a lookup answers, and what the leaves of a checksum database hold.
//!
//! A lookup's answer is the record's number, its text (lines of go.sum), an empty line, and a signed
//! tree head. The leaf is the text alone. Data tiles hold texts, each with an empty line behind it.
//! (golang.org/x/mod/sumdb/tlog, `FormatRecord`.)

use crate::{checkpoint::decimal, hash::Hash};

/// The longest text of a record that a client believes, in bytes. Go sets no limit; real ones have
/// 200 bytes, and a proof file that holds one must stay readable.
pub const MAX_TEXT: usize = 4 << 10;

/// A record with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// Its number, which is the index of its leaf.
    pub id: u64,
    /// Its text: lines, each with its end.
    pub text: String,
}

/// Why bytes are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedRecord {
    /// The first line is no number of a record.
    #[error("malformed record, line 1: it is no record number")]
    Number,
    /// No empty line ends the record.
    #[error("malformed record: no empty line ends it")]
    End,
    /// The text is longer than any that is believed.
    #[error("malformed record: its text is longer than {MAX_TEXT} bytes")]
    TooLong,
    /// The text holds control characters or stray bytes, or does not end in a line's end.
    #[error("malformed record, byte {0} of its text: no such text can be a record")]
    Text(usize),
}

// === impl LogRecord ===

impl LogRecord {
    /// Reads a record at the beginning of `bytes`; gives what is behind its empty line, too.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), MalformedRecord> {
        let end = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or(MalformedRecord::Number)?;
        let (number, rest) = bytes.split_at(end);
        let rest = rest.get(1..).unwrap_or_default();
        let number = std::str::from_utf8(number).map_err(|_| MalformedRecord::Number)?;
        let id = decimal(number).ok_or(MalformedRecord::Number)?;
        let end = rest
            .windows(2)
            .position(|two| two == b"\n\n")
            .ok_or(MalformedRecord::End)?;
        let (text, rest) = rest.split_at(end + 1);
        let text = check_text(text)?.to_owned();
        Ok((Self { id, text }, rest.get(1..).unwrap_or_default()))
    }

    /// Writes a record, its empty line included.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n", self.id, self.text)
    }

    /// The hash of its leaf.
    pub fn hash(&self) -> Hash {
        Hash::of_leaf(self.text.as_bytes())
    }

    /// The hashes it holds of a module's version: those of lines `MODULE VERSION HASH`. For the hash
    /// of a go.mod, `version` ends in `/go.mod`.
    pub fn hashes<'a>(&'a self, module: &str, version: &str) -> impl Iterator<Item = &'a str> {
        let lines = self.text.lines();
        lines.filter_map(move |line| {
            let rest = line.strip_prefix(module)?.strip_prefix(' ')?;
            rest.strip_prefix(version)?.strip_prefix(' ')
        })
    }
}

/// The text, if it can be that of a record: UTF-8, no control character but line ends, no empty
/// line, and a line end as its last character.
pub fn check_text(bytes: &[u8]) -> Result<&str, MalformedRecord> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| MalformedRecord::Text(error.valid_up_to()))?;
    let wrong = |at: usize| Err(MalformedRecord::Text(at));
    if let Some(at) = text.find(|c: char| c < ' ' && c != '\n') {
        return wrong(at);
    }
    if let Some(at) = text.find("\n\n") {
        return wrong(at + 1);
    }
    if text.ends_with('\n') {
        Ok(text)
    } else {
        wrong(text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{LogRecord, MalformedRecord};

    #[test]
    fn a_record_is_read_up_to_its_empty_line() {
        let bytes = b"7\nexample.com/m v1.0.0 h1:a=\nexample.com/m v1.0.0/go.mod h1:b=\n\nrest\n\n";
        let (record, rest) = LogRecord::parse(bytes).unwrap();
        assert_eq!((record.id, rest), (7, &b"rest\n\n"[..]));
        assert_eq!(record.to_text().as_bytes(), &bytes[..bytes.len() - 6]);
        let hashes = |module, version| record.hashes(module, version).collect::<Vec<_>>();
        assert_eq!(hashes("example.com/m", "v1.0.0"), ["h1:a="]);
        assert_eq!(hashes("example.com/m", "v1.0.0/go.mod"), ["h1:b="]);
        assert!(hashes("example.com/m", "v1.0").is_empty());
        assert!(hashes("example.com", "v1.0.0").is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_record_is_said() {
        for (bytes, error) in [
            (&b""[..], MalformedRecord::Number),
            (b"x\na\n\n", MalformedRecord::Number),
            (b"-1\na\n\n", MalformedRecord::Number),
            (b"+1\na\n\n", MalformedRecord::Number),
            (b"1\na\n", MalformedRecord::End),
            (b"1\na\tb\n\n", MalformedRecord::Text(1)),
            (b"1\nab\xff\n\n", MalformedRecord::Text(2)),
        ] {
            assert_eq!(LogRecord::parse(bytes), Err(error), "{bytes:?}");
        }
    }
}
