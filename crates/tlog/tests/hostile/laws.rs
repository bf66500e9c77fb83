//! What holds for any bytes whatever.

use bytes::Bytes;
use tlog::{
    Hash,
    checkpoint::{Checkpoint, GO_ORIGIN, TreeHead},
    frontier::Frontier,
    note::{Cosignature, Note, SignerKey, VerifierKey, sign},
    plan::TilePlan,
    proof::{check_consistency, check_inclusion, consistency, inclusion},
    proof_file::LogProof,
    record::{LogRecord, check_text},
    tile::{Tile, new_tiles},
    tree::CompleteSubtree,
};

/// The key that the corpus is signed with.
pub(crate) fn signer() -> SignerKey {
    SignerKey::from_seed("sum.example.com", [1; 32]).expect("a name and a seed")
}

/// A note that opens has a signature, and opens again when it is written anew.
pub(crate) fn note(bytes: &[u8]) -> bool {
    let keys = [
        signer().verifier().clone(),
        signer().verifier().for_cosignatures(),
    ];
    let text = Note::unverified_text(bytes);
    let Ok(note) = Note::open(bytes, &keys) else {
        return false;
    };
    assert_eq!(text, Ok(note.text.as_str()));
    assert!(note.text.ends_with('\n') && !note.verified.is_empty());
    assert!(note.verified.len() + note.unverified.len() <= 100);
    let all = [&note.verified[..], &note.unverified].concat();
    let written = sign(&note.text, &all, &[]).expect("what was read can be written");
    assert_eq!(Note::open(written.as_bytes(), &keys), Ok(note.clone()));
    for signature in all {
        let _of_a_witness = Cosignature::of(&signature);
    }
    true
}

/// A key comes back, and a secret one does not show itself.
pub(crate) fn keys(text: &str) -> bool {
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        return true;
    }
    let Ok(key) = text.parse::<SignerKey>() else {
        return false;
    };
    let secret = key.reveal();
    let again: SignerKey = secret.parse().expect("what was revealed is a key");
    assert_eq!(again.verifier(), key.verifier());
    let encoded = secret.rsplit('+').next().unwrap_or_default();
    assert!(!format!("{key:?}").contains(encoded));
    true
}

/// A record and what is behind it make up what was read.
pub(crate) fn record(bytes: &[u8]) -> bool {
    let Ok((record, rest)) = LogRecord::parse(bytes) else {
        return false;
    };
    assert_eq!([record.to_text().as_bytes(), rest].concat(), bytes);
    assert_eq!(check_text(record.text.as_bytes()), Ok(record.text.as_str()));
    for line in record.text.lines() {
        if let [module, version, hash] = line.splitn(3, ' ').collect::<Vec<_>>()[..] {
            assert!(record.hashes(module, version).any(|found| found == hash));
        }
    }
    true
}

/// Heads and checkpoints come back; a head of Go's is a checkpoint wherever that is stricter.
pub(crate) fn heads(text: &str) -> bool {
    let head = TreeHead::parse(text);
    if let Ok(head) = head {
        assert_eq!(TreeHead::parse(&head.to_text()), Ok(head));
    }
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        let written = checkpoint.to_string();
        assert_eq!(Checkpoint::parse(&written), Ok(checkpoint.clone()));
        assert_eq!(
            head.ok(),
            (checkpoint.origin == GO_ORIGIN).then_some(checkpoint.head)
        );
        return true;
    }
    head.is_ok()
}

/// A path of a tile is its one spelling, and a tile is within its bounds.
pub(crate) fn tile(path: &str) -> bool {
    let Ok(tile) = path.parse::<Tile>() else {
        return false;
    };
    assert_eq!(tile.to_string(), path);
    assert!((1..=30).contains(&tile.height()) && tile.level().is_none_or(|level| level < 64));
    assert!((1..=1 << tile.height()).contains(&tile.width()));
    assert_eq!(tile.is_full(), tile == tile.full());
    for size in [0, 1, tile.index(), i64::MAX.unsigned_abs(), u64::MAX] {
        let level = tile.level().unwrap_or_default();
        let _nothing_above = tile.parent(size);
        if let Some(found) = Tile::in_tree(tile.height(), level, tile.index(), size) {
            assert!(found.width() <= 1 << tile.height());
        }
        for level in [0, level, level.wrapping_mul(tile.height()), u8::MAX] {
            let node = CompleteSubtree { level, index: size };
            let _not_there = tile.hash(&[0; 64], node);
        }
    }
    true
}

/// Any numbers, of trees and of tiles, end in an answer.
pub(crate) fn numbers(numbers: [u64; 3]) {
    let [first, second, third] = numbers;
    let (height, level) = (first.to_le_bytes()[7], second.to_le_bytes()[7]);
    let hash = Hash::of_empty_tree();
    for (size, part) in [(first, second), (second, third), (third, first)] {
        let outside = part > size || size >> 63 == 1;
        let included =
            inclusion(size, part).map_or(outside || part == size, |proof| proof.len() <= 63);
        let consistent =
            consistency(size, part).map_or(outside || part == 0, |proof| proof.len() <= 64);
        assert!(included && consistent, "{part} of {size}");
        assert!(check_inclusion(&[hash; 5], size, hash, part, hash).is_err());
        let _rarely = check_consistency(&[hash; 5], size, hash, part, hash);
        let node = CompleteSubtree { level, index: part };
        let _nowhere = Tile::of_node(height, node, size);
        let _nowhere = Tile::in_tree(height, level, part, size);
        let _empty = new_tiles(height, size, part).take(9).count();
        let head = TreeHead { size, root: hash };
        if let Ok(plan) = TilePlan::try_new(head, height, [node]) {
            assert!(plan.tiles().len() <= 200);
        }
    }
}

/// Tiles are authentic exactly if no bit of them was changed. The first bytes choose a tree and a
/// hash, the others are what is changed, and where.
pub(crate) fn authenticate(bytes: &[u8]) -> bool {
    let ([size, height, index], changes) = match bytes.split_first_chunk() {
        Some((chosen, changes)) => (*chosen, changes),
        None => return false,
    };
    let (size, height) = (u64::from(size) + 1, height % 4 + 1);
    let (mut frontier, mut nodes) = (Frontier::default(), std::collections::BTreeMap::new());
    for leaf in 0..size {
        nodes.extend(
            frontier
                .append(Hash::of_leaf(&leaf.to_be_bytes()))
                .expect("room"),
        );
    }
    let node = CompleteSubtree::leaf(u64::from(index) % size);
    let plan = TilePlan::try_new(frontier.head(), height, [node]).expect("in the tree");
    let honest: Vec<Vec<u8>> = plan
        .tiles()
        .iter()
        .map(|tile| content(*tile, &nodes))
        .collect();
    let mut tiles = honest.clone();
    for change in changes.chunks_exact(3) {
        let [place, at, bits] = [change[0], change[1], change[2]].map(usize::from);
        let count = tiles.len();
        let tile = &mut tiles[place % count];
        let length = tile.len();
        if let Some(byte) = tile.get_mut(at % length.max(1)) {
            *byte ^= bits.to_le_bytes()[0];
        }
        if place > 250 {
            tile.truncate(at);
        }
    }
    let is_honest = tiles == honest;
    let authentic = plan.authenticate(tiles.into_iter().map(Bytes::from).collect());
    assert_eq!(authentic.is_ok(), is_honest);
    if let Ok(authentic) = authentic {
        assert_eq!(authentic.hash(node).ok(), nodes.get(&node).copied());
    }
    is_honest
}

fn content(tile: Tile, nodes: &std::collections::BTreeMap<CompleteSubtree, Hash>) -> Vec<u8> {
    let level = tile.level().unwrap_or_default() * tile.height();
    let first = tile.index() << tile.height();
    let indexes = first..first + u64::from(tile.width());
    let hashes = indexes.map(|index| nodes[&CompleteSubtree { level, index }]);
    hashes.flat_map(|hash| *hash.as_bytes()).collect()
}

/// A proof file comes back, and is checked without panic.
pub(crate) fn proof(bytes: &[u8]) -> bool {
    let Ok(proof) = LogProof::parse(bytes) else {
        return false;
    };
    assert_eq!(
        LogProof::parse(proof.to_string().as_bytes()),
        Ok(proof.clone())
    );
    let leaf = Hash::of_leaf(proof.extra.as_deref().unwrap_or_default());
    let keys = [signer().verifier().clone()];
    if let Ok(head) = proof.check(leaf, GO_ORIGIN, &keys) {
        assert!(proof.index < head.size);
    }
    true
}
