//! Repair: what happens in the store when a disk has lost the bytes of a capture.
//!
//! Bytes that are the lost ones, by their SHA-256, simply take their place again. If the source has
//! packed a zip anew, the same files have other bytes: Go's hash over the files is the same, the
//! SHA-256 is not. Such a zip may stand in for a lost one, because the alternative is to serve
//! nothing; whoever asks for it has proven its hash before. The capture then has another blob, in one
//! transaction with an entry of the journal that names both ([`crate::Decision::Repaired`]). It keeps its place
//! in time: when it was first seen is as true as before. A withdrawal and a new capture would say
//! that the first had been wrong, and that the version is new; neither is so.
//!
//! What cannot be repaired goes into quarantine, and the capture stays: it is repaired as soon as
//! somebody has the bytes.

use crate::{blob::BlobId, key::Key, spool::SealedSpool};

/// Bytes that take the place of lost ones.
pub struct CaptureRepair {
    /// The capture.
    pub key: Key,
    /// The blob that was lost: if the capture has another one by now, nothing happens.
    pub lost: BlobId,
    /// What takes its place.
    pub sealed: SealedSpool,
    /// Go's hash of it, proven by the caller; needed where these are other bytes than the lost ones,
    /// and then it must be the hash of the capture.
    pub h1: Option<String>,
    /// Who had it.
    pub source: String,
}

/// What became of a damaged blob that was to go into quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamagedBlobOutcome {
    /// It is in quarantine now.
    Moved,
    /// There is no room for it; it stays where it is.
    NoRoom,
    /// There is nothing to move.
    Missing,
    /// It is not damaged any more.
    Intact,
}
