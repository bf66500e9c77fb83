//! Against walking every chain, on graphs small enough for that.

use super::{PathCount, count, shortest};
use crate::graph::{MAIN, ModuleGraph, NodeId};
use proptest::prelude::*;
use std::collections::BTreeSet;

const TO: NodeId = 1;

/// Every chain without repetition, by walking all of them.
fn every(graph: &ModuleGraph) -> Vec<Vec<NodeId>> {
    let (mut open, mut found) = (vec![vec![MAIN]], Vec::new());
    while let Some(path) = open.pop() {
        let last = path[path.len() - 1];
        if last == TO {
            found.push(path);
            continue;
        }
        for &next in graph.requires(last) {
            if !path.contains(&next) {
                open.push([&path[..], &[next]].concat());
            }
        }
    }
    found
}

fn edges(max: usize) -> impl Strategy<Value = BTreeSet<(NodeId, NodeId)>> {
    proptest::collection::btree_set((0..max, 0..max), 0..20)
}

proptest! {
    #[test]
    fn the_shortest_are_those_of_all(edges in edges(7), limit in 0_usize..6) {
        let edges: Vec<_> = edges.into_iter().collect();
        let graph = ModuleGraph::of_edges(7, &edges);
        let mut lengths: Vec<usize> = every(&graph).iter().map(Vec::len).collect();
        lengths.sort_unstable();
        lengths.truncate(limit);
        let found = shortest(&graph, TO, limit);
        let unique: BTreeSet<_> = found.iter().collect();
        prop_assert_eq!(unique.len(), found.len());
        let found: Vec<usize> = found.iter().map(Vec::len).collect();
        prop_assert_eq!(found, lengths);
    }

    #[test]
    fn the_count_is_exact_without_circles_and_a_lower_bound_with(edges in edges(7)) {
        let all: Vec<_> = edges.iter().copied().collect();
        let graph = ModuleGraph::of_edges(7, &all);
        let counted = count(&graph, TO);
        let paths = every(&graph).len() as u128;
        prop_assert!(counted.paths <= paths);
        prop_assert!(!counted.is_exact || counted.paths == paths);
        prop_assert_eq!(counted.paths == 0, paths == 0);
        // Without circles: every requirement goes up in an order that the target is last in.
        let rank = |id: NodeId| if id == TO { 7 } else { id };
        let upward = edges.into_iter().filter(|(one, other)| one != other);
        let upward = upward.map(|(one, other)| if rank(one) < rank(other) { (one, other) } else { (other, one) });
        let upward: Vec<_> = upward.collect::<BTreeSet<_>>().into_iter().collect();
        let graph = ModuleGraph::of_edges(7, &upward);
        prop_assert_eq!(count(&graph, TO), PathCount { paths: every(&graph).len() as u128, is_exact: true });
    }
}

/// Layers of which each module requires every module of the next: more chains than atoms.
fn layers(depth: usize, width: usize) -> ModuleGraph {
    let id = |layer: usize, index: usize| 2 + layer * width + index;
    let mut edges = Vec::new();
    for index in 0..width {
        edges.push((MAIN, id(0, index)));
        edges.push((id(depth - 1, index), TO));
        for layer in 1..depth {
            edges.extend((0..width).map(|next| (id(layer - 1, index), id(layer, next))));
        }
    }
    ModuleGraph::of_edges(2 + depth * width, &edges)
}

#[test]
fn exponentially_many_chains_are_counted_and_the_first_are_found() {
    let graph = layers(30, 10);
    let counted = count(&graph, TO);
    assert_eq!(counted.paths, 10_u128.pow(30));
    assert!(counted.is_exact);
    assert_eq!(shortest(&graph, TO, 25).len(), 25);
    let beyond = count(&layers(200, 10), TO);
    assert_eq!((beyond.paths, beyond.is_exact), (u128::MAX, false));
}

#[test]
fn long_chains_need_no_stack() {
    let edges: Vec<_> = (1..100_000)
        .map(|id| (id + 1, id))
        .chain([(MAIN, 100_000)])
        .collect();
    let graph = ModuleGraph::of_edges(100_001, &edges);
    assert_eq!(count(&graph, TO).paths, 1);
}
