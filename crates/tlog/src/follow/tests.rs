//! A log in memory, and readers of it.

use super::{ConsistencyCheck, FollowError, LogFollower, open};
use crate::{
    checkpoint::{Checkpoint, TreeHead},
    entries::{self, EntryBundle},
    frontier::Frontier,
    hash::Hash,
    note::{self, SignerKey},
    tile::Tile,
    tree::CompleteSubtree,
};
use bytes::Bytes;
use std::collections::BTreeMap;

/// More than two full tiles of leaves, so that there is a level above them.
const SIZE: u64 = 700;

#[derive(Default)]
struct Log {
    frontier: Frontier,
    nodes: BTreeMap<CompleteSubtree, Hash>,
    entries: Vec<String>,
    heads: Vec<TreeHead>,
}

impl Log {
    /// A log whose entries differ from another's from number `differs` on.
    fn new(differs: u64) -> Self {
        let mut log = Self::default();
        log.heads.push(log.frontier.head());
        for number in 0..SIZE {
            let entry = format!("entry {number} {}", number >= differs);
            let completed = log.frontier.append(Hash::of_leaf(entry.as_bytes()));
            log.nodes.extend(completed.unwrap());
            log.entries.push(entry);
            log.heads.push(log.frontier.head());
        }
        log
    }

    fn head(&self, size: u64) -> TreeHead {
        self.heads[usize::try_from(size).unwrap()]
    }

    fn tile(&self, tile: Tile) -> Bytes {
        let level = tile.level().unwrap() * 8;
        let first = tile.index() << 8;
        let hash = |index| *self.nodes[&CompleteSubtree { level, index }].as_bytes();
        (first..first + u64::from(tile.width()))
            .flat_map(hash)
            .collect()
    }

    fn tiles(&self, tiles: &[Tile]) -> Vec<Bytes> {
        tiles.iter().map(|tile| self.tile(*tile)).collect()
    }

    fn bundle(&self, bundle: EntryBundle) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in bundle.first()..bundle.first() + u64::from(bundle.width()) {
            let entry = &self.entries[usize::try_from(number).unwrap()];
            entries::append(&mut bytes, entry.as_bytes()).unwrap();
        }
        bytes
    }
}

#[test]
fn every_beginning_of_a_log_is_consistent_and_no_other_tree_is() {
    let (log, other) = (Log::new(SIZE), Log::new(256));
    for (older, newer) in [
        (0, 0),
        (0, 1),
        (1, 1),
        (255, 256),
        (256, 257),
        (256, 700),
        (300, 512),
        (513, 700),
        (700, 700),
    ] {
        let check = |old: TreeHead| {
            let question = ConsistencyCheck::try_new(old, log.head(newer)).unwrap();
            let tiles = log.tiles(question.tiles());
            question.check(tiles)
        };
        assert_eq!(check(log.head(older)), Ok(()), "{older} to {newer}");
        let forked = if older > 256 {
            Err(FollowError::Forked { size: older })
        } else {
            Ok(())
        };
        assert_eq!(check(other.head(older)), forked, "{older} to {newer}");
    }
    let shrunk = ConsistencyCheck::try_new(log.head(8), log.head(7)).map(drop);
    assert_eq!(shrunk, Err(FollowError::Shrunk { known: 8, found: 7 }));
}

#[test]
fn a_follower_reaches_every_head_and_can_be_resumed_at_it() {
    let log = Log::new(SIZE);
    let mut follower = LogFollower::default();
    for size in [0, 1, 200, 256, 257, 600, 700] {
        let mut new = Vec::new();
        for bundle in follower.bundles(size) {
            let bytes = log.bundle(bundle);
            let taken = follower.take(bundle, &bytes).unwrap();
            new.extend(
                taken
                    .into_iter()
                    .map(|(number, entry)| (number, entry.to_vec())),
            );
        }
        for (number, entry) in new {
            assert_eq!(
                log.entries[usize::try_from(number).unwrap()].as_bytes(),
                entry
            );
        }
        assert_eq!(follower.agrees(log.head(size)), Ok(()), "{size}");
        let question = ConsistencyCheck::try_new(log.head(size), log.head(size)).unwrap();
        let tiles = log.tiles(question.tiles());
        follower = LogFollower::resume(log.head(size), tiles).unwrap();
        assert_eq!(follower.head(), log.head(size));
    }
}

#[test]
fn a_follower_does_not_agree_with_a_fork_a_gap_or_a_changed_entry() {
    let (log, other) = (Log::new(SIZE), Log::new(256));
    let mut follower = LogFollower::default();
    let bundles: Vec<EntryBundle> = follower.bundles(300).collect();
    let gap = follower.take(bundles[1], &log.bundle(bundles[1])).map(drop);
    assert_eq!(gap, Err(FollowError::Gap { index: 1, taken: 0 }));
    for bundle in bundles {
        follower.take(bundle, &log.bundle(bundle)).unwrap();
    }
    assert_eq!(follower.agrees(log.head(300)), Ok(()));
    let forked = FollowError::Forked { size: 300 };
    assert_eq!(follower.agrees(other.head(300)), Err(forked));
    let shrunk = FollowError::Shrunk {
        known: 300,
        found: 299,
    };
    assert_eq!(follower.agrees(log.head(299)), Err(shrunk));
    assert!(
        LogFollower::resume(
            other.head(300),
            log.tiles(
                ConsistencyCheck::try_new(log.head(300), log.head(300))
                    .unwrap()
                    .tiles(),
            )
        )
        .is_err()
    );
}

#[test]
fn a_checkpoint_is_opened_with_the_key_of_its_log_only() {
    let signer = SignerKey::from_seed("log.example.com/journal", [7; 32]).unwrap();
    let sign = |origin: &str| {
        let checkpoint = Checkpoint {
            origin: origin.to_owned(),
            head: Log::new(SIZE).head(3),
            extensions: Vec::new(),
        };
        note::sign(&checkpoint.to_string(), &[], &[&signer]).unwrap()
    };
    let own = sign("log.example.com/journal");
    assert_eq!(
        open(own.as_bytes(), signer.verifier()).unwrap().head.size,
        3
    );
    let other = sign("log.example.com/other");
    assert!(matches!(
        open(other.as_bytes(), signer.verifier()),
        Err(FollowError::OtherLog { .. })
    ));
    let stranger = SignerKey::from_seed("log.example.com/journal", [8; 32]).unwrap();
    assert!(matches!(
        open(own.as_bytes(), stranger.verifier()),
        Err(FollowError::Note(_))
    ));
}
