//! Cut bytes and flipped bits.

use crate::kit::{
    CLIENT, KEPT, MIRROR, PEER, Right, SECOND, Trial, decidable, flip, in_data, undecidable,
};
use mismatch::{AnnouncedFacts, MismatchCause, MismatchStage};
use testkit::noise;
use testkit::oracle::Seed;

pub(crate) fn trials(seed: u64) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (kind, right) in [
        ("zip", Right::zip(seed)),
        ("stored zip", Right::stored_zip(seed)),
    ] {
        cut_zip(kind, &right, seed, &mut trials);
        flipped_zip(kind, &right, seed, &mut trials);
        rotten_zip(kind, &right, seed, &mut trials);
    }
    let right = Right::go_mod(seed);
    cut_go_mod(&right, seed, &mut trials);
    flipped_go_mod(&right, seed, &mut trials);
    trials
}

fn cut_zip(kind: &str, right: &Right, seed: u64, trials: &mut Vec<Trial>) {
    let mut random = Seed::fixed(seed);
    let size = right.bytes.len();
    let places = [
        40 + random.below(size / 2),
        size / 2 + random.below(size / 3),
        // Inside the directory, inside the end record, before the last byte.
        size - 22 - random.below(40),
        size - 1 - random.below(20),
        size - 1,
    ];
    for at in places {
        let bytes = &right.bytes[..at];
        let name = format!("{kind} cut at {at} of {size}");
        let short = right.came_short(bytes, MismatchStage::FromUpstream);
        let alone = right.came(bytes, MIRROR, MismatchStage::FromUpstream);
        let compared = right.and_right(alone.clone(), bytes, SECOND);
        trials.extend([
            decidable(
                format!("{name}, announced"),
                MismatchCause::Truncated,
                short,
            ),
            decidable(format!("{name}, alone"), MismatchCause::Truncated, alone),
            decidable(
                format!("{name}, compared"),
                MismatchCause::Truncated,
                compared,
            ),
            decidable(
                format!("{name}, on disk"),
                MismatchCause::Truncated,
                right.rotted(bytes),
            ),
        ]);
    }
    let empty = right.came_short(b"", MismatchStage::InTransit);
    trials.push(decidable(
        format!("{kind}, nothing"),
        MismatchCause::Truncated,
        empty,
    ));
    let mut zeros = right.bytes[..size / 3].to_vec();
    zeros.resize(size, 0);
    let compared = right.and_right(right.rotted(&zeros), &zeros, MIRROR);
    trials.extend([
        decidable(
            format!("{kind}, never written"),
            MismatchCause::Truncated,
            compared,
        ),
        decidable(
            format!("{kind}, never written, alone"),
            MismatchCause::Truncated,
            right.rotted(&zeros),
        ),
    ]);
}

fn cut_go_mod(right: &Right, seed: u64, trials: &mut Vec<Trial>) {
    let mut random = Seed::fixed(seed);
    let size = right.bytes.len();
    for at in [0, 10 + random.below(size / 2), size - 3, size - 1] {
        let bytes = &right.bytes[..at];
        let name = format!("go.mod cut at {at} of {size}");
        let short = right.came_short(bytes, MismatchStage::FromUpstream);
        trials.push(decidable(
            format!("{name}, announced"),
            MismatchCause::Truncated,
            short,
        ));
        if at == size - 1 {
            // Without a length, a lost last newline is what an editor does.
            continue;
        }
        let alone = right.came(bytes, MIRROR, MismatchStage::FromPeer);
        let compared = right.and_right(alone.clone(), bytes, KEPT);
        trials.extend([
            undecidable(format!("{name}, alone"), MismatchCause::Truncated, alone),
            decidable(
                format!("{name}, compared"),
                MismatchCause::Truncated,
                compared,
            ),
        ]);
    }
}

fn flipped_zip(kind: &str, right: &Right, seed: u64, trials: &mut Vec<Trial>) {
    let mut random = Seed::fixed(seed + 7);
    for round in 0..3 {
        let at = in_data(right, &mut random);
        let bad = flip(&right.bytes, at, random.below(8).try_into().unwrap());
        let name = format!("{kind} flipped at {at} ({round})");
        let came = right.came(&bad, MIRROR, MismatchStage::FromUpstream);
        let again = right.and_right(came.clone(), &bad, MIRROR);
        let elsewhere = right.and_right(came.clone(), &bad, SECOND);
        let stored = right.and(elsewhere.clone(), &bad, MIRROR, &bad);
        let in_transit = right.came(&bad, MIRROR, MismatchStage::InTransit);
        let mut from_peer = right.came(&bad, PEER, MismatchStage::FromPeer);
        from_peer.bad.announced.sha256 = Some(right.record().sha256);
        let from_peer = right.and_right(from_peer, &bad, KEPT);
        let (transit, disk) = (
            MismatchCause::BitFlipInTransit,
            MismatchCause::BitFlipOnDisk,
        );
        trials.extend([
            decidable(format!("{name}, right again"), transit, again),
            decidable(format!("{name}, in transit, alone"), transit, in_transit),
            decidable(format!("{name}, from a peer"), transit, from_peer),
            decidable(format!("{name}, wrong again"), disk, stored),
            undecidable(format!("{name}, asked elsewhere"), transit, elsewhere),
            undecidable(format!("{name}, alone"), disk, came),
        ]);
    }
    // Anywhere, headers and directory included.
    for _ in 0..8 {
        let at = random.below(right.bytes.len());
        let bad = flip(&right.bytes, at, random.below(8).try_into().unwrap());
        let came = right.came(&bad, MIRROR, MismatchStage::FromUpstream);
        if came.bad.h1 == Some(right.h1) {
            continue; // The content does not depend on it: there is no mismatch.
        }
        let again = right.and_right(came, &bad, MIRROR);
        let alone = right.came(&bad, MIRROR, MismatchStage::InTransit);
        let transit = MismatchCause::BitFlipInTransit;
        trials.extend([
            decidable(format!("{kind} flipped anywhere ({at})"), transit, again),
            undecidable(
                format!("{kind} flipped anywhere ({at}), alone"),
                transit,
                alone,
            ),
        ]);
    }
}

fn rotten_zip(kind: &str, right: &Right, seed: u64, trials: &mut Vec<Trial>) {
    let mut random = Seed::fixed(seed + 11);
    let disk = MismatchCause::BitFlipOnDisk;
    let at = in_data(right, &mut random);
    let one = flip(&right.bytes, at, 3);
    let three = flip(&flip(&one, at, 5), at + 1, 0);
    let mut block = right.bytes.clone();
    let begin = 60 + random.below(200);
    block[begin..begin + 300].copy_from_slice(&noise::bytes(seed, 300));
    for (what, bad) in [("a bit", &one), ("three bits", &three), ("a block", &block)] {
        let compared = right.and_right(right.rotted(bad), bad, MIRROR);
        trials.push(decidable(format!("{kind}, {what} rotten"), disk, compared));
    }
    // Dates are in no hash.
    let dated = flip(&right.bytes, 12, 0);
    let mut came_so = right.rotted(&one);
    if let Some(kept) = &mut came_so.kept {
        kept.sha256 = came_so.bad.sha256;
    }
    let captured = right.and_right(came_so, &one, MIRROR);
    let cached = right.came(&one, CLIENT, MismatchStage::OnClient);
    trials.extend([
        decidable(
            format!("{kind}, a bit rotten, alone"),
            disk,
            right.rotted(&one),
        ),
        decidable(format!("{kind}, a date rotten"), disk, right.rotted(&dated)),
        decidable(
            format!("{kind}, captured so"),
            MismatchCause::BitFlipInTransit,
            captured,
        ),
        decidable(
            format!("{kind}, in a module cache"),
            disk,
            right.and_right(cached, &one, KEPT),
        ),
    ]);
}

fn flipped_go_mod(right: &Right, seed: u64, trials: &mut Vec<Trial>) {
    let mut random = Seed::fixed(seed + 13);
    let (transit, disk) = (
        MismatchCause::BitFlipInTransit,
        MismatchCause::BitFlipOnDisk,
    );
    for round in 0..4 {
        let at = random.below(right.bytes.len());
        let bad = flip(&right.bytes, at, random.below(8).try_into().unwrap());
        let name = format!("go.mod flipped at {at} ({round})");
        let came = right.came(&bad, MIRROR, MismatchStage::FromUpstream);
        let again = right.and_right(came.clone(), &bad, MIRROR);
        let in_transit = right.came(&bad, MIRROR, MismatchStage::InTransit);
        let announced = AnnouncedFacts {
            sha256: Some(right.record().sha256),
            size: None,
        };
        let mut from_peer = right.came(&bad, PEER, MismatchStage::FromPeer);
        from_peer.bad = right.look_announced(&bad, PEER, announced);
        trials.extend([
            decidable(format!("{name}, right again"), transit, again),
            decidable(format!("{name}, in transit, alone"), transit, in_transit),
            decidable(format!("{name}, from a peer"), transit, from_peer),
            decidable(format!("{name}, rotten"), disk, right.rotted(&bad)),
            decidable(
                format!("{name}, rotten, compared"),
                disk,
                right.and_right(right.rotted(&bad), &bad, MIRROR),
            ),
            undecidable(format!("{name}, alone"), disk, came),
        ]);
    }
}
