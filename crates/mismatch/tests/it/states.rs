//! Sound bytes of another state, and go.sum lines that are wrong.

use crate::kit::{
    CLIENT, KEPT, MIRROR, ORIGIN, PEER, Right, SECOND, Trial, decidable, undecidable,
};
use crate::objects::crlf;
use gomod::sumhash::h1_of_go_mod;
use mismatch::{MismatchCause, MismatchEvidence, MismatchStage, TagCommits};

pub(crate) fn trials(seed: u64) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (kind, right) in [
        ("zip", Right::zip(seed)),
        ("stored zip", Right::stored_zip(seed)),
        ("go.mod", Right::go_mod(seed)),
        ("go.mod, one digit", one_digit(seed)),
    ] {
        let other = if kind == "go.mod, one digit" {
            right.with(|_, content| replaced(content, "v1.2.0", "v1.3.0"))
        } else {
            right.other_state()
        };
        moved(kind, &right, &other.bytes, &mut trials);
        stale(kind, &right, &other, &mut trials);
        go_sum(kind, &right, &other, &mut trials);
    }
    trials
}

/// A go.mod whose next state is one bit away.
fn one_digit(seed: u64) -> Right {
    let text = Right::go_mod(seed).bytes;
    Right::go_mod_of([text, b"\nrequire example.com/odd v1.2.0\n".to_vec()].concat())
}

pub(crate) fn replaced(content: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(content)
        .replace(from, to)
        .into_bytes()
}

pub(crate) fn commits(recorded: &str, current: &str) -> TagCommits {
    TagCommits {
        recorded: Some(recorded.to_owned()),
        current: Some(current.to_owned()),
    }
}

fn moved(kind: &str, right: &Right, now: &[u8], trials: &mut Vec<Trial>) {
    let from_mirror = right.came(now, MIRROR, MismatchStage::FromUpstream);
    let from_origin = right.came(now, ORIGIN, MismatchStage::FromUpstream);
    let alone = right.and(from_mirror.clone(), now, MIRROR, now);
    let all_agree = right.and(from_mirror.clone(), now, SECOND, now);
    let origin_too = right.and(from_mirror, now, ORIGIN, now);
    let mut by_commit = from_origin.clone();
    by_commit.commits = Some(commits("1111111", "2222222"));
    let again = right.and(from_origin, now, ORIGIN, now);
    let we_have_it = right.and_right(again, now, KEPT);
    let mut unlogged = origin_too.clone();
    unlogged.logged = None;
    unlogged.kept = Some(right.record());
    let one_still_has_it = right.and_right(origin_too.clone(), now, SECOND);
    let cause = MismatchCause::UpstreamRetag;
    trials.extend([
        decidable(format!("{kind} moved, one source, twice"), cause, alone),
        decidable(format!("{kind} moved, mirrors agree"), cause, all_agree),
        decidable(format!("{kind} moved, origin agrees"), cause, origin_too),
        decidable(format!("{kind} moved, by commit"), cause, by_commit),
        decidable(format!("{kind} moved, we have the old"), cause, we_have_it),
        decidable(format!("{kind} moved, no log"), cause, unlogged),
        decidable(
            format!("{kind} moved, a mirror is behind"),
            cause,
            one_still_has_it,
        ),
    ]);
}

fn stale(kind: &str, right: &Right, old: &Right, trials: &mut Vec<Trial>) {
    let bytes = old.bytes.as_slice();
    let came = right.came(bytes, MIRROR, MismatchStage::FromUpstream);
    let origin = right.and_right(came.clone(), bytes, ORIGIN);
    let settled = right.and(origin.clone(), bytes, MIRROR, bytes);
    let elsewhere = right.and_right(came.clone(), bytes, SECOND);
    let elsewhere = right.and(elsewhere, bytes, MIRROR, bytes);
    let mut seen_before = came;
    seen_before.earlier.push(old.h1);
    let mut peer = right.came(bytes, PEER, MismatchStage::FromPeer);
    peer.bad.announced.sha256 = Some(peer.bad.sha256);
    let peer = right.and_right(peer, bytes, KEPT);
    let cause = MismatchCause::StaleMirror;
    trials.extend([
        decidable(format!("{kind} stale, twice"), cause, settled),
        decidable(
            format!("{kind} stale, twice, right at a mirror"),
            cause,
            elsewhere,
        ),
        decidable(format!("{kind} stale, seen before"), cause, seen_before),
        decidable(format!("{kind} stale at a peer"), cause, peer),
        undecidable(format!("{kind} stale, once"), cause, origin),
    ]);
}

/// The bytes are right; the client's go.sum says otherwise.
fn go_sum(kind: &str, right: &Right, old: &Right, trials: &mut Vec<Trial>) {
    let claims = |h1, earlier: bool| -> MismatchEvidence {
        let mut evidence = right.came(&right.bytes, CLIENT, MismatchStage::OnClient);
        evidence.claimed = Some(h1);
        evidence.earlier.extend(earlier.then_some(h1));
        evidence
    };
    let forged = h1_of_go_mod(b"nobody has ever seen this");
    let windows = right.with(|name, content| match name {
        "testdata/noise.bin" => content.to_vec(),
        _ => crlf(content),
    });
    let mut unlogged = claims(old.h1, true);
    unlogged.logged = None;
    unlogged.kept = Some(right.record());
    let compared = right.and_right(claims(forged, false), &right.bytes, KEPT);
    let cause = MismatchCause::ClientGoSum;
    trials.extend([
        decidable(format!("{kind}, forged line"), cause, claims(forged, false)),
        decidable(format!("{kind}, forged line, compared"), cause, compared),
        decidable(format!("{kind}, stale line"), cause, claims(old.h1, true)),
        decidable(format!("{kind}, stale line, no log"), cause, unlogged),
        decidable(
            format!("{kind}, line of CRLF"),
            cause,
            claims(windows.h1, false),
        ),
    ]);
}
