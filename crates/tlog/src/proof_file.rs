//! Proof files: a proof that stands by itself, as C2SP tlog-proof writes it.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra BASE64            (optional)
//! index 73894
//! BASE64                  (the inclusion proof, one hash a line)
//!
//! the signed checkpoint
//! ```
//!
//! The leaf is not in it by rule. Ours carry the record in `extra`, so that nothing but the log's key
//! is needed to check them years later; it is not authenticated there, and is believed because it
//! hashes to the leaf that is proven.

use crate::{
    base64,
    checkpoint::{Checkpoint, GO_ORIGIN, MalformedHead, TreeHead, decimal},
    hash::Hash,
    note::{MAX_NOTE, Note, NoteError, VerifierKey},
    proof::{ProofError, check_inclusion},
    record::{LogRecord, check_text},
};
use std::fmt;

/// The first line.
const VERSION: &str = "c2sp.org/tlog-proof@v1";

/// The largest file that is read: a note, and 63 hashes and a record in base64.
pub const MAX_FILE: usize = 2 * MAX_NOTE;

/// More hashes than any tree demands are refused before they are read.
const MAX_HASHES: usize = 63;

/// A proof that data is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// Application's data, not authenticated: here the record.
    pub extra: Option<Vec<u8>>,
    /// The leaf's number.
    pub index: u64,
    /// From the leaf's sibling up to the root's child.
    pub hashes: Vec<Hash>,
    /// The signed head, as it came.
    pub checkpoint: String,
}

/// What is wrong with a proof file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofFileError {
    /// It does not have the form of one.
    #[error("malformed proof, line {line}: {problem}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The head is not signed by the log.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// What is signed is no head.
    #[error(transparent)]
    Head(#[from] MalformedHead),
    /// The head is of another log.
    #[error("the signed head is of {0:?}, not of this log")]
    Origin(String),
    /// The record that `extra` should hold is not there, or is none.
    #[error("it holds no record")]
    NoRecord,
    /// The proof does not lead to the signed root.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

// === impl LogProof ===

impl LogProof {
    /// Reads a proof file.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofFileError> {
        let wrong = |line, problem| Err(ProofFileError::Malformed { line, problem });
        if bytes.len() > MAX_FILE {
            return wrong(1, "the file is larger than two mebibytes");
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return wrong(1, "the file is not UTF-8");
        };
        let Some((head, checkpoint)) = text.split_once("\n\n") else {
            return wrong(1, "no empty line precedes the checkpoint");
        };
        let mut lines = head
            .split('\n')
            .enumerate()
            .map(|(at, line)| (at + 1, line))
            .peekable();
        if lines.next().is_none_or(|(_, line)| line != VERSION) {
            return wrong(1, "it is not c2sp.org/tlog-proof@v1");
        }
        let extra = match lines.next_if(|(_, line)| line.starts_with("extra ")) {
            Some((at, line)) => match line.strip_prefix("extra ").and_then(base64::decode) {
                Some(extra) => Some(extra),
                None => return wrong(at, "extra is not base64"),
            },
            None => None,
        };
        let (at, index) = lines.next().unwrap_or((2, ""));
        let Some(index) = index.strip_prefix("index ").and_then(decimal) else {
            return wrong(at, "it is no index");
        };
        let mut hashes = Vec::new();
        for (at, line) in lines {
            match line.parse() {
                Ok(hash) if hashes.len() < MAX_HASHES => hashes.push(hash),
                Ok(_) => return wrong(at, "more hashes than any tree demands"),
                Err(_) => return wrong(at, "it is no hash in base64"),
            }
        }
        Ok(Self {
            extra,
            index,
            hashes,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// The record of a checksum database that this file proves by itself, given the database's keys.
    pub fn record(&self, keys: &[VerifierKey]) -> Result<LogRecord, ProofFileError> {
        let extra = self.extra.as_deref().ok_or(ProofFileError::NoRecord)?;
        let text = check_text(extra)
            .map_err(|_| ProofFileError::NoRecord)?
            .to_owned();
        let record = LogRecord {
            id: self.index,
            text,
        };
        self.check(record.hash(), GO_ORIGIN, keys)?;
        Ok(record)
    }

    /// Checks that `leaf` is in the log `origin` whose keys these are; gives the head it is in.
    pub fn check(
        &self,
        leaf: Hash,
        origin: &str,
        keys: &[VerifierKey],
    ) -> Result<TreeHead, ProofFileError> {
        let note = Note::open(self.checkpoint.as_bytes(), keys)?;
        let head = read_head(&note.text, origin)?;
        check_inclusion(&self.hashes, head.size, head.root, self.index, leaf)?;
        Ok(head)
    }
}

/// The head in a signed text. What a checksum database signs may go on in any way: its heads were
/// believed when the proof was made, so they are when it is checked.
fn read_head(text: &str, origin: &str) -> Result<TreeHead, ProofFileError> {
    if origin == GO_ORIGIN {
        return Ok(TreeHead::parse(text)?);
    }
    let checkpoint = Checkpoint::parse(text)?;
    if checkpoint.origin == origin {
        Ok(checkpoint.head)
    } else {
        Err(ProofFileError::Origin(checkpoint.origin))
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{VERSION}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", base64::encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
