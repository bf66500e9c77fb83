//! Fork: the evidence that a log signed two histories.
//!
//! It stands by itself: both notes carry the log's signature, and the consistency proof shows
//! which root the newer tree has at the older size, without asking the log again.

use super::SignedHead;
use crate::{
    checkpoint::TreeHead,
    hash::Hash,
    plan::VerifiedTiles,
    proof::{self, check_consistency},
    tree::Subtree,
};
use bytes::Bytes;
use std::fmt;

/// Two signed heads that do not belong to one log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LogFork {
    /// The head of the smaller tree.
    pub older: TreeHead,
    /// The note that signs it.
    pub older_note: Bytes,
    /// The head of the larger tree.
    pub newer: TreeHead,
    /// The note that signs it.
    pub newer_note: Bytes,
    /// The root that the larger tree has at the size of the smaller.
    pub computed: Hash,
    /// Proof of that: a consistency proof from `computed` to `newer` (RFC 6962, section 2.1.2).
    pub proof: Vec<Hash>,
}

// === impl LogFork ===

impl LogFork {
    /// Of two heads of one size, which tell by themselves that they are not of one log.
    pub(super) fn of_one_size(older: &SignedHead, newer: &SignedHead) -> Self {
        Self {
            older: older.head,
            older_note: older.note.clone(),
            newer: newer.head,
            newer_note: newer.note.clone(),
            computed: newer.head.root,
            proof: Vec::new(),
        }
    }

    /// Of two heads of different sizes, and tiles of the newer that hold the root of the older.
    pub(super) fn between(older: &SignedHead, newer: &SignedHead, tiles: &VerifiedTiles) -> Self {
        let size = older.head.size;
        let between = proof::consistency(newer.head.size, size).unwrap_or_default();
        let hash = |subtree: Subtree| tiles.subtree(subtree).ok();
        Self {
            computed: hash(Subtree::whole(size)).unwrap_or_else(Hash::of_empty_tree),
            proof: between.into_iter().map_while(hash).collect(),
            ..Self::of_one_size(older, newer)
        }
    }

    /// Whether the evidence proves the fork, given that both notes are signed.
    pub fn is_proven(&self) -> bool {
        let Self {
            older,
            newer,
            computed,
            proof,
            ..
        } = self;
        if older.size == 0 {
            // The empty tree has one root, in whichever log; there is no proof of it.
            return older.root != Hash::of_empty_tree();
        }
        let leads = check_consistency(proof, newer.size, newer.root, older.size, *computed);
        leads.is_ok() && *computed != older.root
    }
}

impl fmt::Display for LogFork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { older, newer, .. } = self;
        write!(
            f,
            "the log signed two histories: its tree of {} records is not the beginning of its tree of {}",
            older.size, newer.size
        )
    }
}
