//! The shape of a Merkle tree: which complete subtrees a range of leaves consists of.
//!
//! A tree of any size is the chain of complete subtrees that the binary digits of its size name,
//! the largest first (RFC 6962, section 2.1). Every root and every proof is put together from the
//! hashes of complete subtrees ([`CompleteSubtree`]), and those never change once they exist, which is what
//! makes tiles possible. Nothing here hashes or reads: who has the hashes hands them in.

use crate::hash::Hash;

/// The largest size of a tree: what Go's signed 64 bits hold.
pub const MAX_SIZE: u64 = i64::MAX as u64;

/// A complete subtree: the `2^level` leaves from `index * 2^level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CompleteSubtree {
    /// Height above the leaves; a leaf has 0.
    pub level: u8,
    /// How many nodes stand left of it on its level.
    pub index: u64,
}

/// A run of leaves that some proof or root speaks of: from `start` up to, but not with, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subtree {
    start: u64,
    end: u64,
}

/// The largest power of two below `count`, which must be at least 2: where RFC 6962 splits.
pub(crate) const fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

// === impl CompleteSubtree ===

impl CompleteSubtree {
    /// The leaf of this number.
    pub const fn leaf(index: u64) -> Self {
        Self { level: 0, index }
    }

    /// The number of the first leaf behind it; `None` beyond what a tree can hold.
    pub(crate) fn end(self) -> Option<u64> {
        let end = u128::from(self.index) + 1;
        let end = (self.level < 64).then(|| end << self.level)?;
        u64::try_from(end).ok().filter(|end| *end <= MAX_SIZE)
    }
}

// === impl Subtree ===

impl Subtree {
    /// The whole tree of a size.
    pub const fn whole(size: u64) -> Self {
        Self {
            start: 0,
            end: size,
        }
    }

    pub(crate) const fn new(start: u64, end: u64) -> Self {
        Self { start, end }
    }

    /// The complete subtrees it consists of, from left to right.
    pub fn nodes(self) -> impl Iterator<Item = CompleteSubtree> {
        let mut start = self.start;
        std::iter::from_fn(move || {
            let rest = self.end.checked_sub(start).filter(|rest| *rest > 0)?;
            let level = rest.ilog2();
            let index = start >> level;
            start += 1 << level;
            Some(CompleteSubtree {
                level: u8::try_from(level).unwrap_or(u8::MAX),
                index,
            })
        })
    }

    /// Its hash, from those of its nodes; `None` where `hash` has none.
    pub fn hash(self, hash: impl FnMut(CompleteSubtree) -> Option<Hash>) -> Option<Hash> {
        let hashes: Vec<Hash> = self.nodes().map(hash).collect::<Option<_>>()?;
        Some(join(&hashes))
    }
}

/// The hash of a chain of complete subtrees, from left to right.
pub(crate) fn join(hashes: &[Hash]) -> Hash {
    let joined = hashes
        .iter()
        .copied()
        .rev()
        .reduce(|right, left| Hash::of_node(left, right));
    joined.unwrap_or_else(Hash::of_empty_tree)
}

#[cfg(test)]
mod tests {
    use super::{CompleteSubtree, MAX_SIZE, Subtree, split};

    fn nodes(size: u64) -> Vec<(u8, u64)> {
        Subtree::whole(size)
            .nodes()
            .map(|node| (node.level, node.index))
            .collect()
    }

    #[test]
    fn a_tree_is_the_chain_of_subtrees_that_its_binary_digits_name() {
        assert_eq!(nodes(0), []);
        assert_eq!(nodes(1), [(0, 0)]);
        assert_eq!(nodes(13), [(3, 0), (2, 2), (0, 12)]);
        assert_eq!(nodes(MAX_SIZE).len(), 63);
    }

    #[test]
    fn the_split_is_the_largest_power_of_two_below() {
        for (count, at) in [
            (2, 1),
            (3, 2),
            (4, 2),
            (5, 4),
            (8, 4),
            (9, 8),
            (MAX_SIZE, 1 << 62),
        ] {
            assert_eq!(split(count), at, "{count}");
        }
    }

    #[test]
    fn a_node_beyond_all_trees_has_no_end() {
        assert_eq!(CompleteSubtree { level: 3, index: 1 }.end(), Some(16));
        assert_eq!(
            CompleteSubtree {
                level: 63,
                index: 0
            }
            .end(),
            None
        );
        assert_eq!(
            CompleteSubtree {
                level: 0,
                index: u64::MAX
            }
            .end(),
            None
        );
        assert_eq!(
            CompleteSubtree {
                level: 200,
                index: 0
            }
            .end(),
            None
        );
    }
}
