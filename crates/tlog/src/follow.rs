//! Follow: what a reader of somebody's log does with the next checkpoint.
//!
//! A reader keeps the last checkpoint it believed. From the next one it demands that the same log
//! signed it, and that the tree it knows is the beginning of the new one:
//!
//! * [`open`] checks signature and name;
//! * [`ConsistencyCheck`] needs a handful of tiles and none of the entries;
//! * [`LogFollower`] takes the entries themselves, each once and in order, and computes the root they
//!   lead to. It needs no tiles at all, and ends up with proof that it has every entry.
//!
//! Bytes in, values out: each says what to fetch and takes it.

use crate::{
    checkpoint::{Checkpoint, MalformedHead, TreeHead},
    entries::{BundleError, EntryBundle},
    frontier::{Frontier, TreeFull},
    hash::Hash,
    note::{Note, NoteError, VerifierKey},
    plan::{TileError, TilePlan},
    tile::{HEIGHT, Tile},
    tree::Subtree,
};
use bytes::Bytes;

/// Why a checkpoint, or what came with it, is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// The log's key has not signed it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// What is signed is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] MalformedHead),
    /// The checkpoint is of another log than the one whose key signed it.
    #[error("the checkpoint is of {found}, the key of {wanted}")]
    OtherLog {
        /// The log the checkpoint names.
        found: String,
        /// The name of the key.
        wanted: String,
    },
    /// The new tree is smaller than the one that is known.
    #[error("the log had {known} entries and has {found}")]
    Shrunk {
        /// Entries in the tree that is known.
        known: u64,
        /// Entries in the new one.
        found: u64,
    },
    /// The tiles do not support the new head.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// A bundle is none, or not the one that is next.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A bundle does not join the entries that were taken before.
    #[error("bundle {index} leaves out entries behind {taken}")]
    Gap {
        /// The bundle that was handed in.
        index: u64,
        /// Entries taken before.
        taken: u64,
    },
    /// The log has more entries than a tree can.
    #[error(transparent)]
    Full(#[from] TreeFull),
    /// Both heads are signed, and the smaller tree is not the beginning of the larger: the log has
    /// two histories.
    #[error(
        "the log's tree of {size} entries has another root than the one that was signed before"
    )]
    Forked {
        /// Size of the smaller tree.
        size: u64,
    },
}

/// The question whether one tree is the beginning of another.
#[derive(Debug, Clone)]
pub struct ConsistencyCheck {
    older: TreeHead,
    plan: TilePlan,
}

/// A reader of every entry.
#[derive(Debug, Clone, Default)]
pub struct LogFollower {
    frontier: Frontier,
}

/// Opens a checkpoint of the log that has the name of its key, as logs of this form have.
pub fn open(note: &[u8], key: &VerifierKey) -> Result<Checkpoint, FollowError> {
    let note = Note::open(note, std::slice::from_ref(key))?;
    let checkpoint = Checkpoint::parse(&note.text)?;
    if checkpoint.origin == key.name() {
        Ok(checkpoint)
    } else {
        Err(FollowError::OtherLog {
            found: checkpoint.origin,
            wanted: key.name().to_owned(),
        })
    }
}

// === impl ConsistencyCheck ===

impl ConsistencyCheck {
    /// Asks it of two heads that were signed.
    pub fn try_new(older: TreeHead, newer: TreeHead) -> Result<Self, FollowError> {
        if newer.size < older.size {
            return Err(FollowError::Shrunk {
                known: older.size,
                found: newer.size,
            });
        }
        let plan = TilePlan::try_new(newer, HEIGHT, Subtree::whole(older.size).nodes())?;
        Ok(Self { older, plan })
    }

    /// What to fetch.
    pub fn tiles(&self) -> &[Tile] {
        self.plan.tiles()
    }

    /// Answers it with the bytes of [`ConsistencyCheck::tiles`].
    pub fn check(self, bytes: Vec<Bytes>) -> Result<(), FollowError> {
        let older = self.older;
        let tiles = self.plan.authenticate(bytes)?;
        agree(tiles.subtree(Subtree::whole(older.size))?, older)
    }
}

// === impl LogFollower ===

impl LogFollower {
    /// A reader that goes on behind `head`, which it believed before. The tiles are those of
    /// [`ConsistencyCheck`] from `head` to itself.
    pub fn resume(head: TreeHead, tiles: Vec<Bytes>) -> Result<Self, FollowError> {
        let ConsistencyCheck { plan, .. } = ConsistencyCheck::try_new(head, head)?;
        let tiles = plan.authenticate(tiles)?;
        let frontier = Frontier::restore(head.size, |node| tiles.hash(node).ok());
        let frontier = frontier.ok_or(FollowError::Forked { size: head.size })?;
        Ok(Self { frontier })
    }

    /// The tree of the entries that were taken.
    pub fn head(&self) -> TreeHead {
        self.frontier.head()
    }

    /// The bundles with what is missing to a tree of `size` entries, in order.
    pub fn bundles(&self, size: u64) -> impl Iterator<Item = EntryBundle> + use<> {
        EntryBundle::covering(self.frontier.size(), size)
    }

    /// Takes the next bundle; gives the entries in it that are new, with their numbers. They are
    /// the log's word only after [`LogFollower::agrees`].
    pub fn take<'b>(
        &mut self,
        bundle: EntryBundle,
        bytes: &'b [u8],
    ) -> Result<Vec<(u64, &'b [u8])>, FollowError> {
        let taken = self.frontier.size();
        if bundle.first() > taken {
            let index = bundle.index();
            return Err(FollowError::Gap { index, taken });
        }
        let numbered = (bundle.first()..).zip(bundle.read(bytes)?);
        let new: Vec<_> = numbered.filter(|(number, _)| *number >= taken).collect();
        for (_, entry) in &new {
            self.frontier.append(Hash::of_leaf(entry))?;
        }
        Ok(new)
    }

    /// Whether the entries that were taken are those that `head` was signed over.
    pub fn agrees(&self, head: TreeHead) -> Result<(), FollowError> {
        match self.head() {
            own if own.size == head.size => agree(own.root, head),
            own => Err(FollowError::Shrunk {
                known: own.size,
                found: head.size,
            }),
        }
    }
}

fn agree(root: Hash, head: TreeHead) -> Result<(), FollowError> {
    if root == head.root {
        Ok(())
    } else {
        Err(FollowError::Forked { size: head.size })
    }
}

#[cfg(test)]
mod tests;
