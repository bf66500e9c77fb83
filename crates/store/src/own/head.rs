//! Heads of a checksum database of our own, in the two forms that the world reads.
//!
//! `go` reads the form that every checksum database signs. Witnesses key what they remember by a
//! note's first line, which is the same in all of those, so for them and for auditors the same root
//! is signed a second time as a checkpoint with the database's name in it (C2SP tlog-checkpoint).
//! What witnesses say of the checkpoint is attached to both: `go` ignores keys it does not know.

use crate::error::StoreError;
use bytes::Bytes;
use tlog::{
    checkpoint::{Checkpoint, TreeHead},
    note::{self, Note, NoteError, SignError, Signature, SignerKey, VerifierKey},
};

/// A signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseHead {
    /// How many records, with which root.
    pub head: TreeHead,
    /// As `go` reads it.
    pub note: Bytes,
    /// As witnesses and auditors read it.
    pub checkpoint: Bytes,
}

/// Why nothing is signed under a name any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseHalt {
    /// A newer head is known to be signed than the catalog has records for: something was lost.
    #[error("{0}")]
    Lost(String),
    /// Two signed heads contradict each other.
    #[error("{0}")]
    Forked(String),
}

/// Why a note is no head of this database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForeignNote {
    /// Its key has not signed it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// What is signed is no head of it.
    #[error("it is no tree head of this database")]
    Head,
}

/// Why there is no head to give.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DatabaseHeadError {
    /// Nothing is signed under this name any more.
    #[error(transparent)]
    Halted(#[from] DatabaseHalt),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a head that somebody has seen compares with what is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadComparison {
    /// It is the newest.
    Newest,
    /// It is the beginning of the newest.
    Older,
    /// It is signed with our key and newer than anything that is known here: we lost something.
    Lost,
    /// It is signed with our key and contradicts what is here.
    Forked,
}

// === impl DatabaseHead ===

impl DatabaseHead {
    /// Signs a head in both forms, with what witnesses said of its checkpoint.
    pub(super) fn sign(
        key: &SignerKey,
        head: TreeHead,
        cosignatures: &[Signature],
    ) -> Result<Self, SignError> {
        let checkpoint = Checkpoint {
            origin: key.verifier().name().to_owned(),
            head,
            extensions: Vec::new(),
        };
        let signed = |text: &str| note::sign(text, cosignatures, &[key]).map(Bytes::from);
        Ok(Self {
            head,
            note: signed(&head.to_text())?,
            checkpoint: signed(&checkpoint.to_string())?,
        })
    }
}

/// Reads a head that was signed with this key, in either form, and what else stands below it.
pub(super) fn read(
    bytes: &[u8],
    key: &VerifierKey,
) -> Result<(TreeHead, Vec<Signature>), ForeignNote> {
    let note = Note::open(bytes, std::slice::from_ref(key))?;
    let head = TreeHead::parse(&note.text).ok();
    let head = head.or_else(|| {
        let checkpoint = Checkpoint::parse(&note.text).ok()?;
        (checkpoint.origin == key.name()).then_some(checkpoint.head)
    });
    Ok((head.ok_or(ForeignNote::Head)?, note.unverified))
}
