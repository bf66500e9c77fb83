//! Hashes of leaves, nodes and trees, at many sizes.

use super::{arguments, log::Log, number};
use testkit::{
    noise,
    oracle::{Oracle, Seed},
};
use tlog::Hash;

const INPUTS: usize = 20_000;
/// The sizes up to which trees are compared, each of them.
const SIZES: u64 = 5_000;

/// The log that both sides build.
pub(crate) fn numbered(name: &str, size: u64) -> Log {
    Log::of(size, |number| format!("{name}/{number}"))
}

#[test]
fn leaves_are_hashed_and_hashes_shown_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1501);
    let inputs: Vec<_> = (0..INPUTS)
        .map(|at| vec![noise::bytes(seed.next_u64(), at % 200)])
        .collect();
    oracle.compare("hash.leaf", &inputs, |input| {
        let hash = Hash::of_leaf(&input[0]);
        Ok(vec![
            [hash.as_bytes(), hash.to_string().as_bytes()].concat(),
        ])
    });
}

#[test]
fn nodes_are_hashed_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1502);
    let inputs: Vec<_> = (0..INPUTS / 2)
        .map(|_| {
            vec![
                noise::bytes(seed.next_u64(), 32),
                noise::bytes(seed.next_u64(), 32),
            ]
        })
        .collect();
    oracle.compare("hash.node", &inputs, |input| {
        let [left, right] = [&input[0], &input[1]].map(|bytes| Hash::from_slice(bytes).unwrap());
        Ok(vec![Hash::of_node(left, right).as_bytes().to_vec()])
    });
}

#[test]
fn trees_of_all_sizes_have_the_roots_that_go_gives_them() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let log = numbered("trees", SIZES);
    let inputs: Vec<_> = (0..=SIZES)
        .map(|size| arguments(["trees", &size.to_string()]))
        .collect();
    oracle.compare("hash.tree", &inputs, |input| {
        let root = log.root(number(input, 1)?);
        Ok(vec![root.as_bytes().to_vec()])
    });
}
