//! Proofs: that a leaf is in a tree, that one tree is the beginning of another.
//!
//! RFC 6962, sections 2.1.1 and 2.1.2. A proof is planned first ([`inclusion`], [`consistency`]
//! name the subtrees whose hashes it consists of) and its hashes are put in by whoever has them.
//! Checking takes the hashes as they come from outside: too few, too many and wrong ones are refused,
//! and the work is bounded by the 63 levels that a tree can have.

use crate::{
    hash::Hash,
    tree::{CompleteSubtree, MAX_SIZE, Subtree, split},
};

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is no such leaf in a tree of that size, or no such beginning of it.
    #[error("{part} is not within a tree of size {size}")]
    OutOfRange {
        /// The leaf's number, or the size of the older tree.
        part: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The proof has not as many hashes as the shape of the tree demands.
    #[error("a proof of {found} hashes where the tree demands {wanted}")]
    WrongLength {
        /// How many it has.
        found: usize,
        /// How many it should have.
        wanted: usize,
    },
    /// The hashes lead to another root.
    #[error("the proof leads to another root hash")]
    WrongRoot,
}

/// Which child of a node the way goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChildSide {
    Left,
    Right,
}

/// One step from the root: where the way turns, and the subtree on the other side.
type ProofStep = (ChildSide, Subtree);

/// The subtrees whose hashes prove that leaf `index` is in a tree of `size`, from the leaf's
/// sibling up to the root's child.
pub fn inclusion(size: u64, index: u64) -> Result<Vec<Subtree>, ProofError> {
    let steps = way_to_leaf(size, index)?;
    Ok(steps.into_iter().rev().map(|(_, other)| other).collect())
}

/// The nodes of a tree of `size` leaves whose hashes prove that leaf `index` is in it, the leaf
/// among them; none if it is not.
pub fn nodes(size: u64, index: u64) -> impl Iterator<Item = CompleteSubtree> {
    let siblings = inclusion(size, index).ok();
    let leaf = siblings.is_some().then_some(CompleteSubtree::leaf(index));
    let siblings = siblings.into_iter().flatten().flat_map(Subtree::nodes);
    leaf.into_iter().chain(siblings)
}

/// Checks that `leaf` has the number `index` in the tree of `size` with this root.
pub fn check_inclusion(
    proof: &[Hash],
    size: u64,
    root: Hash,
    index: u64,
    leaf: Hash,
) -> Result<(), ProofError> {
    let steps = way_to_leaf(size, index)?;
    demand(proof.len(), steps.len())?;
    let upwards = steps.iter().rev().zip(proof);
    let computed = upwards.fold(leaf, |hash, ((turn, _), sibling)| match turn {
        ChildSide::Left => Hash::of_node(hash, *sibling),
        ChildSide::Right => Hash::of_node(*sibling, hash),
    });
    if computed == root {
        Ok(())
    } else {
        Err(ProofError::WrongRoot)
    }
}

/// The subtrees whose hashes prove that the tree of `older` leaves is the beginning of the one of
/// `newer`. Everything begins with the empty tree; that needs no proof and has none.
pub fn consistency(newer: u64, older: u64) -> Result<Vec<Subtree>, ProofError> {
    let (steps, rest) = way_to_edge(newer, older)?;
    Ok(rest
        .into_iter()
        .chain(steps.into_iter().rev().map(|(_, other)| other))
        .collect())
}

/// The nodes of the tree of `newer` leaves with which a head of the tree of `older` is compared:
/// those that its root is made of, and, should it turn out to be another root, those that prove it.
pub fn comparison(newer: u64, older: u64) -> Vec<CompleteSubtree> {
    let between = consistency(newer, older).unwrap_or_default();
    let root = Subtree::whole(older).nodes();
    root.chain(between.into_iter().flat_map(Subtree::nodes))
        .collect()
}

/// Checks that the tree of `older` leaves with `older_root` is the beginning of the one of `newer`
/// leaves with `newer_root`.
pub fn check_consistency(
    proof: &[Hash],
    newer: u64,
    newer_root: Hash,
    older: u64,
    older_root: Hash,
) -> Result<(), ProofError> {
    let (steps, rest) = way_to_edge(newer, older)?;
    demand(proof.len(), steps.len() + usize::from(rest.is_some()))?;
    // Where the older tree is a whole subtree of the newer one, its root is known already.
    let (start, siblings) = match (rest, proof) {
        (Some(_), [first, siblings @ ..]) => (*first, siblings),
        _ => (older_root, proof),
    };
    let upwards = steps.iter().rev().zip(siblings);
    let (old, new) = upwards.fold(
        (start, start),
        |(old, new), ((turn, _), sibling)| match turn {
            ChildSide::Left => (old, Hash::of_node(new, *sibling)),
            ChildSide::Right => (Hash::of_node(*sibling, old), Hash::of_node(*sibling, new)),
        },
    );
    if old == older_root && new == newer_root {
        Ok(())
    } else {
        Err(ProofError::WrongRoot)
    }
}

fn way_to_leaf(size: u64, index: u64) -> Result<Vec<ProofStep>, ProofError> {
    if index >= size || size > MAX_SIZE {
        return Err(ProofError::OutOfRange { part: index, size });
    }
    let (mut start, mut end, mut steps) = (0, size, Vec::new());
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            steps.push((ChildSide::Left, Subtree::new(middle, end)));
            end = middle;
        } else {
            steps.push((ChildSide::Right, Subtree::new(start, middle)));
            start = middle;
        }
    }
    Ok(steps)
}

/// The way to the right edge of the older tree inside the newer one, and what is left of the older
/// tree there, unless that is all of it.
fn way_to_edge(newer: u64, older: u64) -> Result<(Vec<ProofStep>, Option<Subtree>), ProofError> {
    if older < 1 || older > newer || newer > MAX_SIZE {
        return Err(ProofError::OutOfRange {
            part: older,
            size: newer,
        });
    }
    let (mut start, mut end, mut steps) = (0, newer, Vec::new());
    while older != end {
        let middle = start + split(end - start);
        if older <= middle {
            steps.push((ChildSide::Left, Subtree::new(middle, end)));
            end = middle;
        } else {
            steps.push((ChildSide::Right, Subtree::new(start, middle)));
            start = middle;
        }
    }
    Ok((steps, (start > 0).then(|| Subtree::new(start, end))))
}

fn demand(found: usize, wanted: usize) -> Result<(), ProofError> {
    if found == wanted {
        Ok(())
    } else {
        Err(ProofError::WrongLength { found, wanted })
    }
}

#[cfg(test)]
mod tests {
    use super::{ProofError, check_consistency, check_inclusion, consistency, inclusion};
    use crate::{
        hash::Hash,
        tree::{CompleteSubtree, MAX_SIZE, Subtree},
    };

    /// The hash of a subtree straight from the definition in RFC 6962, over numbered leaves.
    fn naive(start: u64, end: u64) -> Hash {
        match end - start {
            0 => Hash::of_empty_tree(),
            1 => Hash::of_leaf(&start.to_be_bytes()),
            count => {
                let middle = start + (1..count).rfind(|k| k.is_power_of_two()).unwrap();
                Hash::of_node(naive(start, middle), naive(middle, end))
            }
        }
    }

    fn node(node: CompleteSubtree) -> Hash {
        naive(node.index << node.level, (node.index + 1) << node.level)
    }

    fn hashes(subtrees: Vec<Subtree>) -> Vec<Hash> {
        subtrees
            .into_iter()
            .map(|subtree| subtree.hash(|at| Some(node(at))).unwrap())
            .collect()
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proven_and_no_other_place_for_it() {
        for size in 1..40 {
            let root = Subtree::whole(size).hash(|at| Some(node(at))).unwrap();
            assert_eq!(root, naive(0, size));
            for index in 0..size {
                let proof = hashes(inclusion(size, index).unwrap());
                for other in 0..size {
                    let leaf = Hash::of_leaf(&other.to_be_bytes());
                    let checked = check_inclusion(&proof, size, root, index, leaf);
                    assert_eq!(
                        checked.is_ok(),
                        other == index,
                        "{other} at {index} of {size}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_beginning_of_every_small_tree_is_proven_and_no_other_root_for_it() {
        for newer in 1..40 {
            for older in 1..=newer {
                let proof = hashes(consistency(newer, older).unwrap());
                let check = |old, new| check_consistency(&proof, newer, new, older, old);
                assert_eq!(check(naive(0, older), naive(0, newer)), Ok(()));
                assert!(check(naive(1, older + 1), naive(0, newer)).is_err());
                assert!(check(naive(0, older), naive(1, newer + 1)).is_err());
            }
        }
    }

    #[test]
    fn what_lies_outside_the_tree_is_refused() {
        let out = |part, size| Err(ProofError::OutOfRange { part, size });
        assert_eq!(inclusion(0, 0), out(0, 0));
        assert_eq!(inclusion(5, 5), out(5, 5));
        assert_eq!(inclusion(u64::MAX, 1), out(1, u64::MAX));
        assert_eq!(consistency(5, 0), out(0, 5));
        assert_eq!(consistency(5, 6), out(6, 5));
        assert!(inclusion(MAX_SIZE, MAX_SIZE - 1).is_ok());
        assert!(consistency(MAX_SIZE, MAX_SIZE - 1).is_ok());
    }

    #[test]
    fn a_proof_of_another_length_is_refused_before_anything_is_hashed() {
        let hash = Hash::of_empty_tree();
        let wrong = |found, wanted| Err(ProofError::WrongLength { found, wanted });
        assert_eq!(check_inclusion(&[hash; 2], 8, hash, 0, hash), wrong(2, 3));
        assert_eq!(check_consistency(&[hash; 1], 8, hash, 8, hash), wrong(1, 0));
        assert_eq!(check_consistency(&[], 8, hash, 7, hash), wrong(0, 4));
    }
}
