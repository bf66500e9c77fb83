//! Leaf: what the journal's log has under one sequence number.
//!
//! It is the journal's line, byte for byte, without its line feed. Two things keep a journal from
//! having a line that fits, and both leave a stand-in in its place, so that the entry of sequence
//! number N is always leaf N - 1:
//!
//! ```text
//! {"sequence":7,"kind":"entry-missing"}
//! {"sequence":7,"kind":"entry-too-long","size":70000,"sha256":"ab12..."}
//! ```
//!
//! The first stands where a rebuild found no line; the second for a line of an older release that
//! two bytes cannot give the length of, and the mirror has it whole. Neither ends in a check, which
//! tells them from any line.

use crate::blob::BlobId;
use tlog::entries::MAX_ENTRY;

/// The leaf of a line.
pub(crate) fn of_line(sequence: u64, line: String) -> Vec<u8> {
    if line.len() <= MAX_ENTRY {
        return line.into_bytes();
    }
    let (size, hash) = (line.len(), BlobId::of(line.as_bytes()));
    format!(r#"{{"sequence":{sequence},"kind":"entry-too-long","size":{size},"sha256":"{hash}"}}"#)
        .into_bytes()
}

/// The leaf where there is no line.
pub(crate) fn missing(sequence: u64) -> Vec<u8> {
    format!(r#"{{"sequence":{sequence},"kind":"entry-missing"}}"#).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{MAX_ENTRY, missing, of_line};
    use crate::{blob::BlobId, journal::JournalEntry};

    #[test]
    fn a_line_that_fits_is_its_own_leaf_and_a_longer_one_is_named() {
        let fits = "x".repeat(MAX_ENTRY);
        assert_eq!(of_line(1, fits.clone()), fits.as_bytes());
        let long = "x".repeat(MAX_ENTRY + 1);
        let leaf = String::from_utf8(of_line(7, long.clone())).expect("text");
        let expected = format!(
            r#"{{"sequence":7,"kind":"entry-too-long","size":65536,"sha256":"{}"}}"#,
            BlobId::of(long.as_bytes())
        );
        assert_eq!(leaf, expected);
        for stand_in in [leaf, String::from_utf8(missing(7)).expect("text")] {
            assert_eq!(JournalEntry::from_line(&stand_in), None);
            assert!(serde_json::from_str::<serde_json::Value>(&stand_in).is_ok());
        }
    }
}
