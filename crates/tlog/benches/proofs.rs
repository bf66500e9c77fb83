//! What a lookup costs beside the network: `cargo bench -p tlog`.
//!
//! The log has 63 million records, as the public one has. All of them say the same, so the hash of
//! every node is known from its level and a tile is made when it is asked for; hashing does not care.

#![expect(clippy::unwrap_used, reason = "the input is made here")]

#[path = "../tests/support/memory.rs"]
#[expect(dead_code, reason = "tests look at what is kept")]
mod memory;

use bytes::Bytes;
use divan::{Bencher, black_box, counter::BytesCount};
use memory::{Memory, run};
use std::iter;
use tlog::{
    Hash,
    checkpoint::TreeHead,
    client::SumdbClient,
    note::{Note, SignerKey, sign},
    plan::TilePlan,
    proof::{check_inclusion, inclusion},
    tile::{HEIGHT, Tile},
    tree::{CompleteSubtree, Subtree},
};

const MODULE: &str = "example.com/team/module";
const TEXT: &str = "example.com/team/module v1.2.3 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\
    example.com/team/module v1.2.3/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

/// Records of the log, those of an older head, and one of them.
const SIZE: u64 = 63_000_001;
const OLDER: u64 = 62_345_678;
const NUMBER: u64 = 31_415_926;

fn main() {
    divan::main();
}

/// The hashes of nodes by their level.
fn hashes() -> Vec<Hash> {
    let leaf = Hash::of_leaf(TEXT.as_bytes());
    let up = |hash: &Hash| Some(Hash::of_node(*hash, *hash));
    iter::successors(Some(leaf), up).take(64).collect()
}

fn head(hashes: &[Hash], size: u64) -> TreeHead {
    let hash = |node: CompleteSubtree| Some(hashes[usize::from(node.level)]);
    let root = Subtree::whole(size).hash(hash).unwrap();
    TreeHead { size, root }
}

fn tile(hashes: &[Hash], tile: Tile) -> Bytes {
    let level = tile.level().unwrap() * tile.height();
    let hash = hashes[usize::from(level)];
    hash.as_bytes().repeat(tile.width() as usize).into()
}

/// What a lookup that moves from the older head to the newer one asks for.
fn plan(head: TreeHead) -> TilePlan {
    let siblings = inclusion(SIZE, NUMBER).unwrap();
    let subtrees = iter::once(Subtree::whole(OLDER)).chain(siblings);
    let nodes = iter::once(CompleteSubtree::leaf(NUMBER)).chain(subtrees.flat_map(Subtree::nodes));
    TilePlan::try_new(head, HEIGHT, nodes).unwrap()
}

fn signer() -> SignerKey {
    SignerKey::from_seed("sum.example.com", [7; 32]).unwrap()
}

#[divan::bench]
fn leaf_is_hashed(bencher: Bencher<'_, '_>) {
    bencher
        .counter(BytesCount::of_str(TEXT))
        .bench(|| Hash::of_leaf(black_box(TEXT).as_bytes()));
}

#[divan::bench]
fn note_is_opened(bencher: Bencher<'_, '_>) {
    let note = sign(&head(&hashes(), SIZE).to_text(), &[], &[&signer()]).unwrap();
    let keys = [signer().verifier().clone()];
    bencher.bench(|| Note::open(black_box(note.as_bytes()), &keys).unwrap());
}

#[divan::bench]
fn tiles_of_a_lookup_are_planned(bencher: Bencher<'_, '_>) {
    let head = head(&hashes(), SIZE);
    bencher.bench(|| plan(black_box(head)));
}

#[divan::bench]
fn tiles_of_a_lookup_are_authenticated(bencher: Bencher<'_, '_>) {
    let hashes = hashes();
    let plan = plan(head(&hashes, SIZE));
    let tiles: Vec<Bytes> = plan.tiles().iter().map(|at| tile(&hashes, *at)).collect();
    bencher
        .counter(BytesCount::new(tiles.iter().map(Bytes::len).sum::<usize>()))
        .with_inputs(|| (plan.clone(), tiles.clone()))
        .bench_values(|(plan, tiles)| plan.authenticate(tiles).unwrap());
}

#[divan::bench]
fn inclusion_is_checked(bencher: Bencher<'_, '_>) {
    let hashes = hashes();
    let root = head(&hashes, SIZE).root;
    let hash = |node: CompleteSubtree| Some(hashes[usize::from(node.level)]);
    let subtrees = inclusion(SIZE, NUMBER).unwrap().into_iter();
    let proof: Vec<Hash> = subtrees.map(|part| part.hash(hash).unwrap()).collect();
    bencher.bench(|| check_inclusion(black_box(&proof), SIZE, root, NUMBER, hashes[0]).unwrap());
}

/// All of a lookup, with every tile at hand and the newest head known: two notes are opened, the
/// tiles are authenticated, the proof is put together.
#[divan::bench]
fn lookup_is_proven(bencher: Bencher<'_, '_>) {
    let (hashes, memory) = (hashes(), Memory::default());
    for at in plan(head(&hashes, SIZE)).tiles() {
        memory.keep(*at, tile(&hashes, *at));
    }
    let note = |size| sign(&head(&hashes, size).to_text(), &[], &[&signer()]).unwrap();
    memory.store(Some(note(SIZE).into()));
    let answer = format!("{NUMBER}\n{TEXT}\n{}", note(OLDER));
    let key = signer().verifier().clone();
    bencher.bench(|| {
        let client = SumdbClient::new(key.clone(), memory.clone());
        run(client.prove(black_box(answer.as_bytes()), MODULE, "v1.2.3")).unwrap()
    });
}
