//! Chains of requirements from the main module to one node: the shortest ones, and how many.
//!
//! A module graph has exponentially many chains, so neither question may walk them all.
//!
//! *Shortest first*: the distance of every node to the target is known from one walk backwards, so
//! a beginning of a chain can be ordered by the length of its best completion. The best is taken
//! first and continued; every beginning that is taken leads to the target, and work is bounded by
//! what is shown. Only beginnings that run into themselves are wasted, and [`MAX_STEPS`] bounds them.
//!
//! *How many*: modules that require each other in a circle are taken together (Tarjan's strongly
//! connected components); what is left has no circles, and there the number of chains from a node is
//! the sum over what it requires. Without circles on the way that is exact. With circles, chains
//! that differ only inside of one are counted once, so the number is a lower bound, and says so.

mod components;

use crate::graph::{MAIN, ModuleGraph, NodeId};
use components::GraphComponents;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The most beginnings of chains that are continued for one answer.
pub const MAX_STEPS: usize = 200_000;

/// How many chains there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct PathCount {
    /// The number; where it is beyond every integer here, the largest.
    pub paths: u128,
    /// Whether it is that number, or at least that number.
    pub is_exact: bool,
}

/// The shortest chains from the main module to a node, at most `limit`; among equally long ones
/// those first whose requirements come first in their go.mod files. No module version is in a chain
/// twice.
pub fn shortest(graph: &ModuleGraph, to: NodeId, limit: usize) -> Vec<Vec<NodeId>> {
    let distances = graph.distances_to(&[to]);
    let distance = |id: NodeId| distances.get(id).copied().flatten();
    let mut steps: Vec<(NodeId, Option<usize>)> = vec![(MAIN, None)];
    // Length of the best completion, what is left of it, number of the step.
    let mut open = BinaryHeap::new();
    open.extend(distance(MAIN).map(|left| Reverse((left, left, 0))));
    let mut found = Vec::new();
    let mut taken = 0;
    while let Some(Reverse((length, left, step))) = open.pop() {
        taken += 1;
        if found.len() >= limit || taken > MAX_STEPS {
            break;
        }
        let path = unwind(&steps, step);
        let Some(&last) = path.last() else { continue };
        if last == to {
            found.push(path);
            continue;
        }
        let so_far = length - left;
        for &next in graph.requires(last) {
            let Some(left) = distance(next).filter(|_| !path.contains(&next)) else {
                continue;
            };
            open.push(Reverse((so_far + 1 + left, left, steps.len())));
            steps.push((next, Some(step)));
        }
    }
    found
}

fn unwind(steps: &[(NodeId, Option<usize>)], last: usize) -> Vec<NodeId> {
    let mut path = Vec::new();
    let mut at = Some(last);
    while let Some(&(id, before)) = at.and_then(|step| steps.get(step)) {
        path.push(id);
        at = before;
    }
    path.reverse();
    path
}

/// How many chains lead from the main module to a node.
pub fn count(graph: &ModuleGraph, to: NodeId) -> PathCount {
    let distances = graph.distances_to(&[to]);
    let leads = |id: NodeId| distances.get(id).is_some_and(Option::is_some);
    let next = |id: NodeId| {
        let list = if id == to { &[] } else { graph.requires(id) };
        list.iter().copied().filter(move |&next| leads(next))
    };
    let components = GraphComponents::from(MAIN, graph.len(), next);
    let mut ways = vec![0_u128; components.count()];
    // A component comes after all that can be reached from it.
    for (number, members) in components.iter().enumerate() {
        let mut sum = u128::from(members.contains(&to));
        for &member in members {
            for other in next(member).filter_map(|id| components.of(id)) {
                if other != number {
                    sum = sum.saturating_add(ways.get(other).copied().unwrap_or_default());
                }
            }
        }
        if let Some(slot) = ways.get_mut(number) {
            *slot = sum;
        }
    }
    let paths = components.of(MAIN).and_then(|main| ways.get(main).copied());
    let paths = paths.filter(|_| leads(MAIN)).unwrap_or_default();
    let has_circle = components.iter().any(|members| members.len() > 1);
    PathCount {
        paths,
        is_exact: !has_circle && paths < u128::MAX,
    }
}

impl std::fmt::Display for PathCount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_exact {
            write!(f, "{}", self.paths)
        } else {
            write!(f, "at least {}", self.paths)
        }
    }
}

#[cfg(test)]
mod tests;
