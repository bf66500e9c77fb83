//! Replacing: captures that nothing has confirmed give way to other bytes (law L11).
//!
//! What is only the first that was seen may be wrong. It is served meanwhile, and replaced once its
//! source, or an operator, says something else. Old and new bytes, by whom and why are one entry of
//! the journal, in the transaction of the row, and the old bytes are put aside: an operator can give
//! them back to the capture ([`crate::Store::quarantined`]). Whether a capture may be replaced is its
//! owner's knowledge, not the store's.

use crate::{blob::BlobId, key::Key, record::Provenance, spool::SealedSpool};

/// Bytes that take the place of unconfirmed ones.
pub struct Replacement {
    /// The capture.
    pub key: Key,
    /// The blob that is replaced: if the capture has another one by now, nothing happens.
    pub old: BlobId,
    /// What takes its place.
    pub sealed: SealedSpool,
    /// Where it came from, and why it is trusted.
    pub provenance: Provenance,
    /// By whose order or finding.
    pub by: String,
    /// Why.
    pub reason: String,
}
