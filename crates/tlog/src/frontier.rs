//! Frontier: what a log has to remember of its tree to append to it.
//!
//! The roots of the complete subtrees that a tree of the present size consists of, at most 63 of
//! them. Appending a leaf joins those it completes; each join is a new node's hash, which a log
//! stores because tiles and proofs are made of them.

use crate::{
    checkpoint::TreeHead,
    hash::Hash,
    tree::{CompleteSubtree, MAX_SIZE, Subtree, join},
};

/// The right edge of a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees, from left to right.
    roots: Vec<Hash>,
}

/// A tree is full: it cannot hold another leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tree is full")]
pub struct TreeFull;

// === impl Frontier ===

impl Frontier {
    /// The edge of a tree of `size` leaves, from its stored hashes; `None` if `hash` lacks one.
    pub fn restore(size: u64, hash: impl FnMut(CompleteSubtree) -> Option<Hash>) -> Option<Self> {
        let roots = Subtree::whole(size)
            .nodes()
            .map(hash)
            .collect::<Option<_>>()?;
        (size <= MAX_SIZE).then_some(Self { size, roots })
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The head of the tree.
    pub fn head(&self) -> TreeHead {
        TreeHead {
            size: self.size,
            root: join(&self.roots),
        }
    }

    /// Appends a leaf; gives every node that it completes, itself first.
    pub fn append(&mut self, leaf: Hash) -> Result<Vec<(CompleteSubtree, Hash)>, TreeFull> {
        if self.size >= MAX_SIZE {
            return Err(TreeFull);
        }
        let mut node = CompleteSubtree::leaf(self.size);
        let mut hash = leaf;
        let mut completed = vec![(node, hash)];
        // A node with an odd index completes its parent.
        while node.index % 2 == 1 {
            let Some(left) = self.roots.pop() else { break };
            hash = Hash::of_node(left, hash);
            node = CompleteSubtree {
                level: node.level + 1,
                index: node.index / 2,
            };
            completed.push((node, hash));
        }
        self.roots.push(hash);
        self.size += 1;
        Ok(completed)
    }
}

#[cfg(test)]
mod tests {
    use super::Frontier;
    use crate::{hash::Hash, tree::Subtree};
    use std::collections::BTreeMap;

    #[test]
    fn a_grown_tree_has_the_root_of_its_leaves_and_can_be_restored_at_any_size() {
        let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::new());
        assert_eq!(frontier.head().root, Hash::of_empty_tree());
        for leaf in 0..300_u64 {
            let completed = frontier.append(Hash::of_leaf(&leaf.to_be_bytes())).unwrap();
            nodes.extend(completed);
            let size = leaf + 1;
            let root = Subtree::whole(size)
                .hash(|node| nodes.get(&node).copied())
                .unwrap();
            assert_eq!(frontier.head().root, root);
            let restored = Frontier::restore(size, |node| nodes.get(&node).copied());
            assert_eq!(restored.as_ref(), Some(&frontier));
        }
        // A leaf and, over time, one node less for each: 300 leaves and 300 minus their ones.
        assert_eq!(
            nodes.len(),
            300 + 300 - usize::try_from(300_u64.count_ones()).unwrap()
        );
    }
}
