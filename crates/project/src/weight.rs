//! What one direct requirement alone brings in: what is reached through it and through no other.
//!
//! The textbook tool is a dominator tree. It does not fit: a requirement is a module, which enters
//! the graph of packages at as many nodes as it has packages, and "every way passes *one of these*"
//! cannot be read off a tree over single nodes. What is asked is plainer: can a node be reached
//! without the requirement? So 64 requirements are taken at a time, one bit each; a bit on a node
//! says "reached without that one", requirements do not let their own bit pass, and bits spread
//! along edges until none is new. That is one walk over the graph for each requirement, 64 of them
//! side by side, exact for modules and for packages alike, and it needs no more than a `u64` a node.

/// The most requirements that one round looks at: the bits of a word.
const AT_A_TIME: usize = 64;

/// A graph in which some nodes belong to a requirement.
#[derive(Debug, Clone, Default)]
pub struct WeightedGraph {
    /// What each node leads to.
    pub next: Vec<Vec<usize>>,
    /// Which requirement a node belongs to, if to any.
    pub owner: Vec<Option<usize>>,
    /// Where the walk begins.
    pub starts: Vec<usize>,
}

// === impl WeightedGraph ===

impl WeightedGraph {
    /// For each of `owners` requirements, the nodes that cannot be reached without it, its own
    /// among them.
    pub fn alone(&self, owners: usize) -> Vec<Vec<usize>> {
        let reached = self.spread(|_| 0);
        let mut all = Vec::with_capacity(owners);
        for first in (0..owners).step_by(AT_A_TIME) {
            let bit = |owner: Option<usize>| {
                let at = owner.and_then(|owner| owner.checked_sub(first));
                at.filter(|&at| at < AT_A_TIME).map_or(0, |at| 1_u64 << at)
            };
            let without = self.spread(|node| bit(self.owner.get(node).copied().flatten()));
            for at in 0..AT_A_TIME.min(owners - first) {
                let nodes = reached.iter().zip(&without).enumerate();
                let alone = nodes
                    .filter(|(_, (reached, without))| **reached != 0 && **without >> at & 1 == 0);
                all.push(alone.map(|(node, _)| node).collect());
            }
        }
        all
    }

    /// Spreads all bits from the starts; a node stops those that `stops` names.
    fn spread(&self, stops: impl Fn(usize) -> u64) -> Vec<u64> {
        let mut bits = vec![0_u64; self.next.len()];
        let mut queue = Vec::new();
        let mut enter = |node: usize, more: u64, queue: &mut Vec<usize>| {
            let Some(slot) = bits.get_mut(node) else {
                return 0;
            };
            let new = more & !stops(node) & !*slot;
            *slot |= new;
            if new != 0 {
                queue.push(node);
            }
            *slot
        };
        for &start in &self.starts {
            enter(start, u64::MAX, &mut queue);
        }
        while let Some(node) = queue.pop() {
            let carried = enter(node, 0, &mut queue);
            for &to in self.next.get(node).into_iter().flatten() {
                enter(to, carried, &mut queue);
            }
        }
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::WeightedGraph;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// What is reached when the nodes of one requirement are taken out.
    fn reached(graph: &WeightedGraph, without: Option<usize>) -> BTreeSet<usize> {
        let mut met = BTreeSet::new();
        let mut open = graph.starts.clone();
        while let Some(node) = open.pop() {
            let gone = without.is_some() && graph.owner[node] == without;
            if !gone && met.insert(node) {
                open.extend(&graph.next[node]);
            }
        }
        met
    }

    proptest! {
        #[test]
        fn alone_is_what_vanishes_without_a_requirement(
            next in proptest::collection::vec(proptest::collection::vec(0_usize..30, 0..4), 30),
            owner in proptest::collection::vec(proptest::option::of(0_usize..70), 30),
            starts in proptest::collection::vec(0_usize..30, 0..3),
        ) {
            let graph = WeightedGraph { next, owner, starts };
            let all = reached(&graph, None);
            for (requirement, alone) in graph.alone(70).into_iter().enumerate() {
                let left = reached(&graph, Some(requirement));
                let vanished: Vec<usize> = all.difference(&left).copied().collect();
                prop_assert_eq!(alone, vanished);
            }
        }
    }
}
