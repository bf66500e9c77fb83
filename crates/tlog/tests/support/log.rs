//! A log in memory, honest to the last hash, so that a test can lie about it.

use bytes::Bytes;
use std::collections::HashMap;
use tlog::{
    Hash,
    checkpoint::TreeHead,
    frontier::Frontier,
    note::{SignerKey, sign},
    tile::Tile,
    tree::CompleteSubtree,
};

/// A log that can be asked at any size it ever had.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    leaves: Vec<String>,
    frontier: Frontier,
    nodes: HashMap<CompleteSubtree, Hash>,
    heads: Vec<TreeHead>,
}

// === impl Log ===

impl Log {
    /// The log of `size` leaves with these contents.
    pub(crate) fn of(size: u64, content: impl Fn(u64) -> String) -> Self {
        let mut log = Self::default();
        log.grow(size, content);
        log
    }

    /// Appends until there are `size` leaves.
    pub(crate) fn grow(&mut self, size: u64, content: impl Fn(u64) -> String) {
        for number in self.size()..size {
            let content = content(number);
            let completed = self.frontier.append(Hash::of_leaf(content.as_bytes()));
            self.nodes.extend(completed.unwrap());
            self.heads.push(self.frontier.head());
            self.leaves.push(content);
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) fn leaf(&self, number: u64) -> &str {
        &self.leaves[usize::try_from(number).unwrap()]
    }

    /// The head it had at a size.
    pub(crate) fn head(&self, size: u64) -> TreeHead {
        match usize::try_from(size).unwrap().checked_sub(1) {
            Some(at) => self.heads[at],
            None => TreeHead::empty(),
        }
    }

    pub(crate) fn root(&self, size: u64) -> Hash {
        self.head(size).root
    }

    pub(crate) fn node(&self, node: CompleteSubtree) -> Option<Hash> {
        self.nodes.get(&node).copied()
    }

    /// The bytes of a hash tile; `None` if the log has not as many leaves.
    pub(crate) fn tile(&self, tile: Tile) -> Option<Bytes> {
        let level = tile.level()?.checked_mul(tile.height())?;
        let first = tile.index().checked_mul(1 << tile.height())?;
        let mut bytes = Vec::with_capacity(tile.size());
        for index in first..first + u64::from(tile.width()) {
            bytes.extend_from_slice(self.node(CompleteSubtree { level, index })?.as_bytes());
        }
        Some(bytes.into())
    }

    /// The signed head of a size.
    pub(crate) fn signed(&self, size: u64, signer: &SignerKey) -> String {
        sign(&self.head(size).to_text(), &[], &[signer]).unwrap()
    }
}
