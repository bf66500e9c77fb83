//! Proofs of records and of trees: the same hashes, the same judgement.

use super::{arguments, log::Log, number, refused, trees::numbered, verdict};
use testkit::{
    noise,
    oracle::{Oracle, Seed},
};
use tlog::{
    Hash,
    proof::{check_consistency, check_inclusion, consistency, inclusion},
    tree::Subtree,
};

const INPUTS: usize = 20_000;
const NAME: &str = "proofs";
const SIZE: usize = 3_000;

/// A size, and a number that is mostly within it.
fn place(seed: &mut Seed) -> (u64, u64) {
    let size = if seed.chance(0.5) { 40 } else { SIZE };
    let size = seed.below(size);
    // Two beyond: the first that is not in the tree, and one more.
    (size as u64, seed.below(size + 2) as u64)
}

fn made(seed: &mut Seed) -> Vec<Vec<u8>> {
    let (size, part) = place(seed);
    arguments([NAME, &size.to_string(), &part.to_string()])
}

/// The hashes of subtrees: a proof.
fn hashes(log: &Log, subtrees: Vec<Subtree>) -> Vec<Hash> {
    let hash = |subtree: Subtree| subtree.hash(|node| log.node(node)).unwrap();
    subtrees.into_iter().map(hash).collect()
}

fn shown(log: &Log, subtrees: Vec<Subtree>) -> Vec<Vec<u8>> {
    let hashes = hashes(log, subtrees).into_iter();
    hashes.map(|hash| hash.as_bytes().to_vec()).collect()
}

#[test]
fn proofs_of_records_are_made_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let (mut seed, log) = (Seed::new(1601), numbered(NAME, SIZE as u64));
    let inputs: Vec<_> = (0..INPUTS / 2).map(|_| made(&mut seed)).collect();
    oracle.compare("proof.record", &inputs, |input| {
        let proof = inclusion(number(input, 1)?, number(input, 2)?);
        Ok(shown(&log, proof.map_err(refused)?))
    });
}

#[test]
fn proofs_of_trees_are_made_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let (mut seed, log) = (Seed::new(1602), numbered(NAME, SIZE as u64));
    let inputs: Vec<_> = (0..INPUTS / 2).map(|_| made(&mut seed)).collect();
    oracle.compare("proof.tree", &inputs, |input| {
        let proof = consistency(number(input, 1)?, number(input, 2)?);
        Ok(shown(&log, proof.map_err(refused)?))
    });
}

#[test]
fn proofs_of_records_are_judged_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let (mut seed, log) = (Seed::new(1603), numbered(NAME, SIZE as u64));
    let inputs: Vec<_> = (0..INPUTS)
        .map(|_| {
            let (size, index) = place(&mut seed);
            let proof = inclusion(size, index).unwrap_or_default();
            let leaf = log.node(tlog::tree::CompleteSubtree::leaf(index)).unwrap();
            let hashes = [vec![log.root(size), leaf], hashes(&log, proof)].concat();
            corrupt(&mut seed, [size, index], &hashes)
        })
        .collect();
    oracle.compare("proof.record.check", &inputs, |input| {
        let ([size, index], root, leaf, proof) = parts(input)?;
        verdict(check_inclusion(&proof, size, root, index, leaf))
    });
}

#[test]
fn proofs_of_trees_are_judged_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let (mut seed, log) = (Seed::new(1604), numbered(NAME, SIZE as u64));
    let inputs: Vec<_> = (0..INPUTS)
        .map(|_| {
            let (newer, older) = place(&mut seed);
            let proof = consistency(newer, older).unwrap_or_default();
            let roots = vec![log.root(newer), log.root(older)];
            corrupt(
                &mut seed,
                [newer, older],
                &[roots, hashes(&log, proof)].concat(),
            )
        })
        .collect();
    oracle.compare("proof.tree.check", &inputs, |input| {
        let ([newer, older], newer_root, older_root, proof) = parts(input)?;
        verdict(check_consistency(
            &proof, newer, newer_root, older, older_root,
        ))
    });
}

/// The two numbers, the two hashes and the proof of a question.
fn parts(input: &[Vec<u8>]) -> Result<([u64; 2], Hash, Hash, Vec<Hash>), String> {
    let numbers = [number(input, 0)?, number(input, 1)?];
    let mut hashes = input[2..]
        .iter()
        .map(|bytes| Hash::from_slice(bytes).unwrap());
    let first = hashes.next().unwrap();
    Ok((numbers, first, hashes.next().unwrap(), hashes.collect()))
}

/// A proof, half of the time with something wrong in it.
fn corrupt(seed: &mut Seed, mut numbers: [u64; 2], hashes: &[Hash]) -> Vec<Vec<u8>> {
    let mut hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.as_bytes().to_vec()).collect();
    for _ in 0..seed.below(3) {
        let (one, other) = (seed.below(hashes.len()), seed.below(hashes.len()));
        match seed.below(8) {
            0 => hashes.swap(one, other),
            1 if hashes.len() > 2 => drop(hashes.remove(2 + seed.below(hashes.len() - 2))),
            2 => hashes.insert(
                2 + seed.below(hashes.len() - 1),
                noise::bytes(one as u64, 32),
            ),
            3 => hashes.push(hashes[other].clone()),
            4 => hashes[one][seed.below(32)] ^= 1 << seed.below(8),
            5 => numbers[0] = numbers[0].wrapping_add(1),
            6 => numbers[1] ^= 1,
            // The way it was.
            _ => {}
        }
    }
    if seed.chance(0.05) {
        numbers = huge(seed);
    }
    let numbers = numbers.map(|number| number.to_string().into_bytes());
    numbers.into_iter().chain(hashes).collect()
}

/// Sizes at the edge of what there can be.
fn huge(seed: &mut Seed) -> [u64; 2] {
    let edges = [
        1 << 61,
        (1 << 61) - 1,
        1 << 32,
        (1 << 62) + 1,
        1 << 63,
        u64::MAX,
        0,
    ];
    [*seed.pick(&edges), *seed.pick(&edges)]
}
