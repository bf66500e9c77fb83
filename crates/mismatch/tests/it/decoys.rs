//! What looks like one cause and may be another: no name is better than a wrong one.

use crate::kit::{CLIENT, KEPT, MIRROR, ORIGIN, Right, SECOND, Trial, decidable, flip, in_data};
use crate::states::{commits, replaced};
use gomod::sumhash::h1_of_go_mod;
use mismatch::{MismatchCause, MismatchStage};
use testkit::oracle::Seed;

/// Nothing but "unexplained" is right here.
pub(crate) fn trials(seed: u64) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (kind, right) in [("zip", Right::zip(seed)), ("go.mod", Right::go_mod(seed))] {
        sound_but_wrong(kind, &right, &mut trials);
        nothing_is_known(kind, &right, &mut trials);
    }
    one_bit_apart(&mut trials);
    damaged_twice(seed, &mut trials);
    edited(seed, &mut trials);
    trials
}

fn open(name: impl Into<String>, evidence: mismatch::MismatchEvidence) -> Trial {
    decidable(name, MismatchCause::Unexplained, evidence)
}

fn sound_but_wrong(kind: &str, right: &Right, trials: &mut Vec<Trial>) {
    let other = right.other_state().bytes;
    let once = right.came(&other, MIRROR, MismatchStage::FromUpstream);
    let origin_right = right.and_right(once.clone(), &other, ORIGIN);
    let mirror_right = right.and_right(once.clone(), &other, SECOND);
    let third = right
        .with(|_, content| [content, b"// third\n"].concat())
        .bytes;
    let all_differ = right.and(once.clone(), &other, SECOND, &third);
    let mut repacked = right.came(&other, ORIGIN, MismatchStage::FromUpstream);
    repacked.commits = Some(commits("1111111", "1111111"));
    let repacked = right.and(repacked, &other, SECOND, &other);
    trials.extend([
        open(format!("{kind}: one source, once"), once),
        open(format!("{kind}: tampered on the way"), origin_right),
        open(format!("{kind}: stale or moved"), mirror_right),
        open(format!("{kind}: three contents"), all_differ),
        open(format!("{kind}: same commit, other bytes"), repacked),
    ]);
}

fn nothing_is_known(kind: &str, right: &Right, trials: &mut Vec<Trial>) {
    let other = right.other_state();
    let mut unknown = right.came(&other.bytes, MIRROR, MismatchStage::FromUpstream);
    unknown.logged = None;
    let no_mismatch = right.came(&right.bytes, MIRROR, MismatchStage::FromUpstream);
    let mut no_log = right.came(&right.bytes, CLIENT, MismatchStage::OnClient);
    no_log.logged = None;
    no_log.kept = Some(right.record());
    no_log.claimed = Some(h1_of_go_mod(b"something"));
    let mut claim_only = right.came(&other.bytes, MIRROR, MismatchStage::FromUpstream);
    claim_only.logged = None;
    claim_only.claimed = Some(right.h1);
    trials.extend([
        open(format!("{kind}: no reference"), unknown),
        open(format!("{kind}: no mismatch"), no_mismatch),
        open(format!("{kind}: go.sum against first capture"), no_log),
        open(format!("{kind}: go.sum against a source"), claim_only),
    ]);
}

/// One bit is between two readable files: an edit or a flip.
fn one_bit_apart(trials: &mut Vec<Trial>) {
    let text = "module example.com/tools/queue\n\nrequire example.com/Sirup v1.2.0\n";
    let right = Right::go_mod_of(text.into());
    for (from, to) in [("v1.2.0", "v1.3.0"), ("Sirup", "sirup")] {
        let bad = replaced(&right.bytes, from, to);
        let came = right.came(&bad, MIRROR, MismatchStage::FromUpstream);
        let compared = right.and_right(came.clone(), &bad, SECOND);
        trials.extend([
            open(format!("{from} to {to}, alone"), came),
            open(format!("{from} to {to}, compared"), compared),
        ]);
    }
    // A fork that keeps its old path, and whose tag was moved.
    let fork = Right::go_mod_of(b"module example.com/original\n".to_vec());
    let bad = b"module example.com/original\n\ngo 1.22\n";
    let came = fork.came(bad, MIRROR, MismatchStage::FromUpstream);
    trials.push(open("fork with an old path", came));
}

fn damaged_twice(seed: u64, trials: &mut Vec<Trial>) {
    let right = Right::zip(seed);
    let mut random = Seed::fixed(seed);
    let entries = right.look(&right.bytes, KEPT).entries;
    let mut bad = right.bytes.clone();
    while right
        .look(&bad, KEPT)
        .entries
        .iter()
        .filter(|entry| entry.problem.is_some())
        .count()
        < 2
    {
        bad = flip(&bad, in_data(&right, &mut random), 2);
    }
    assert!(entries.len() > 2);
    let came = right.came(&bad, MIRROR, MismatchStage::FromUpstream);
    trials.push(open("zip: two entries damaged", came));
    // A bit is wrong, and whether on the way or at the source nobody has asked.
    let at = in_data(&right, &mut random);
    let bad = flip(&right.bytes, at, 1);
    let came = right.came(&bad, MIRROR, MismatchStage::FromUpstream);
    let elsewhere = right.and_right(came, &bad, SECOND);
    trials.push(open("zip: a bit, somewhere", elsewhere));
}

/// Somebody edited a kept go.mod by hand.
fn edited(seed: u64, trials: &mut Vec<Trial>) {
    let right = Right::go_mod(seed);
    let shorter = replaced(&right.bytes, "\ngo 1.22\n", "");
    trials.push(open("go.mod: edited on disk", right.rotted(&shorter)));
    // As long as before, and readable.
    let bumped = replaced(&right.bytes, "go 1.22", "go 1.99");
    let came = right.came(&bumped, MIRROR, MismatchStage::FromUpstream);
    trials.extend([
        open("go.mod: another number on disk", right.rotted(&bumped)),
        open(
            "go.mod: another number on disk, compared",
            right.and_right(right.rotted(&bumped), &bumped, MIRROR),
        ),
        open(
            "go.mod: another number once",
            right.and_right(came, &bumped, MIRROR),
        ),
    ]);
    let stored = Right::stored_zip(seed);
    let tampered = stored.with(|name, content| match name {
        "doc.go" => replaced(content, "queue", "quack"),
        _ => content.to_vec(),
    });
    let tampered = tampered.bytes;
    trials.push(open(
        "zip: repacked on disk with another word",
        stored.and_right(stored.rotted(&tampered), &tampered, MIRROR),
    ));
    let zip = Right::zip(seed);
    let longer = [zip.bytes.as_slice(), b"appended"].concat();
    trials.push(open(
        "zip: bytes appended",
        zip.came(&longer, MIRROR, MismatchStage::FromUpstream),
    ));
}
