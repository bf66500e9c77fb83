//! Bytes that were damaged: cut, or changed in a few places.

use super::object::{asked_for, provable};
use crate::conclusion::{Conclusion, MismatchCause};
use crate::copy::{ByteShape, SourceRole};
use crate::difference::CopyDifference;
use crate::evidence::{MismatchEvidence, MismatchStage};
use gomod::ArtifactKind;

/// Most flipped bits that are one event.
const FEW_BITS: u64 = 64;

/// Most bytes over which they are spread: a disk's block.
const BLOCK: u64 = 4096;

/// Fewest zero bytes that a file's end is taken for never written by: a sector.
const SECTOR: u64 = 512;

/// Row 6.
pub(super) fn flipped(evidence: &MismatchEvidence) -> Option<Conclusion> {
    let (what, proven) = flipped_by_hash(evidence).or_else(|| flipped_by_comparison(evidence))?;
    is_damage(evidence).then(|| locate(evidence, &what, proven))
}

/// A single bit that makes the difference, whoever changed it.
pub(super) fn is_one_bit(evidence: &MismatchEvidence) -> bool {
    let found = flipped_by_hash(evidence).or_else(|| flipped_by_comparison(evidence));
    found.is_some_and(|(_, proven)| proven)
}

fn flipped_by_hash(evidence: &MismatchEvidence) -> Option<(String, bool)> {
    let right = provable(evidence)?;
    let flip = evidence.bad.flip.filter(|flip| flip.h1 == right)?;
    let entry = entry_at(evidence, flip.offset).unwrap_or_default();
    let what = format!(
        "Turning back bit {} of byte {}{entry} gives the right hash",
        flip.bit, flip.offset
    );
    Some((what, true))
}

fn flipped_by_comparison(evidence: &MismatchEvidence) -> Option<(String, bool)> {
    let difference = evidence.difference()?;
    let most = if has_changed_on_disk(evidence) {
        // A rotten block is one event, however many of its bits are wrong.
        BLOCK * 8
    } else {
        FEW_BITS
    };
    let few = difference.is_same_size()
        && (1..=most).contains(&difference.bits)
        && difference.span() <= BLOCK;
    few.then(|| (compared(difference), difference.bits == 1))
}

fn compared(difference: &CopyDifference) -> String {
    let place = difference.place.as_ref();
    let place = place.map(|place| format!(" in {}", place.entry));
    format!(
        "{} of {} bits differ from a right copy, from byte {}{}",
        difference.bits,
        difference.good_size * 8,
        difference.first.unwrap_or_default(),
        place.unwrap_or_default()
    )
}

fn entry_at(evidence: &MismatchEvidence, offset: u64) -> Option<String> {
    let mut entries = evidence.bad.entries.iter();
    let entry = entries.find(|entry| entry.begin <= offset && offset < entry.end)?;
    Some(format!(" in {}", entry.name.escape_ascii()))
}

/// Whether the bytes contradict themselves or what is known of them, so that nobody made them so.
fn is_damage(evidence: &MismatchEvidence) -> bool {
    match &evidence.bad.shape {
        ByteShape::Zip { damaged, .. } => *damaged > 0,
        ByteShape::GoMod { .. } => is_one_bit(evidence) && is_seen_otherwise(evidence),
        _ => true,
    }
}

/// Whether somebody knows that the same file was another one before.
fn is_seen_otherwise(evidence: &MismatchEvidence) -> bool {
    evidence.stage == MismatchStage::InTransit
        || has_changed_on_disk(evidence)
        || was_damaged_by_announcement(evidence)
        || evidence.was_right_again()
}

fn has_changed_on_disk(evidence: &MismatchEvidence) -> bool {
    let kept = evidence.kept.as_ref();
    evidence.stage == MismatchStage::OnDisk
        && kept.is_some_and(|kept| kept.sha256 != evidence.bad.sha256)
}

fn was_damaged_by_announcement(evidence: &MismatchEvidence) -> bool {
    let announced = evidence.bad.announced.sha256;
    announced.is_some() && !evidence.bad.is_what_its_source_announced()
}

/// Says where the bits were flipped, if the evidence does.
fn locate(evidence: &MismatchEvidence, what: &str, proven: bool) -> Conclusion {
    // A readable go.mod one bit away can still be what a person wrote.
    let is_readable = matches!(evidence.bad.shape, ByteShape::GoMod { .. });
    let say = |cause, certain: bool, place: &str| {
        let why = format!("{what}; {place}.");
        if proven && certain && !is_readable {
            Conclusion::certain(cause, why)
        } else {
            Conclusion::likely(cause, why)
        }
    };
    let kept = evidence.kept.as_ref();
    if evidence.stage == MismatchStage::OnDisk {
        return match kept {
            Some(kept) if kept.sha256 == evidence.bad.sha256 => say(
                MismatchCause::BitFlipInTransit,
                true,
                "the file is as it was captured, so it came so",
            ),
            Some(_) => say(
                MismatchCause::BitFlipOnDisk,
                true,
                "the file has changed since it was captured",
            ),
            None => say(
                MismatchCause::BitFlipOnDisk,
                false,
                "it was read from a disk",
            ),
        };
    }
    if evidence.was_right_again() {
        return say(
            MismatchCause::BitFlipInTransit,
            true,
            "the same source sent the right bytes again",
        );
    }
    if evidence.is_kept_by_its_source() {
        return say(
            MismatchCause::BitFlipOnDisk,
            true,
            "the source keeps them so",
        );
    }
    if was_damaged_by_announcement(evidence) || evidence.stage == MismatchStage::InTransit {
        return say(
            MismatchCause::BitFlipInTransit,
            true,
            "other bytes were sent than these",
        );
    }
    if evidence.stage == MismatchStage::OnClient && evidence.bad.source.role == SourceRole::Client {
        return say(
            MismatchCause::BitFlipOnDisk,
            false,
            "they are in a module cache, where go puts only what it has verified",
        );
    }
    Conclusion::open(
        format!("{what}; on the way or at the source."),
        &[
            MismatchCause::BitFlipInTransit,
            MismatchCause::BitFlipOnDisk,
        ],
        "Ask the same source again: right bytes mean the way, the same wrong ones its disk.",
    )
}

/// Row 5.
pub(super) fn truncated(evidence: &MismatchEvidence) -> Option<Conclusion> {
    let bad = &evidence.bad;
    let difference = evidence.difference();
    if let Some(cut) = difference.filter(|difference| difference.is_cut()) {
        return Some(Conclusion::certain(
            MismatchCause::Truncated,
            format!(
                "The bytes are the first {} of the {} of a right copy.",
                cut.bad_size, cut.good_size
            ),
        ));
    }
    if let Some(zeros) = difference.and_then(|difference| unwritten(evidence, difference)) {
        return Some(zeros);
    }
    if difference.is_some_and(|difference| difference.bytes > 0) && bad.size > 0 {
        // A right copy is at hand, and these are not its beginning.
        let by_transfer = is_short_transfer(evidence) && bad.shape.is_any_zip();
        return by_transfer.then(|| by_announcement(evidence)).flatten();
    }
    by_announcement(evidence).or_else(|| without_its_end(evidence))
}

/// The same size, but from some place on nothing but zeros: what a power cut leaves of a file.
fn unwritten(evidence: &MismatchEvidence, difference: &CopyDifference) -> Option<Conclusion> {
    let zeros = evidence.bad.counts.zero_tail;
    let begin = evidence.bad.size.checked_sub(zeros)?;
    let only_there = difference.first.is_some_and(|first| first >= begin);
    (zeros >= SECTOR && only_there && difference.is_same_size()).then(|| {
        Conclusion::certain(
            MismatchCause::Truncated,
            format!("The bytes are a right copy's up to byte {begin}, and zeros behind."),
        )
    })
}

pub(super) fn is_short_transfer(evidence: &MismatchEvidence) -> bool {
    let announced = evidence.bad.announced.size;
    announced.is_some_and(|announced| evidence.bad.size < announced)
}

/// Fewer bytes than announced, and they look like the beginning of what was asked for.
fn by_announcement(evidence: &MismatchEvidence) -> Option<Conclusion> {
    let bad = &evidence.bad;
    let recorded = evidence.kept.as_ref().and_then(|kept| kept.size);
    let is_stored = matches!(
        evidence.stage,
        MismatchStage::OnDisk | MismatchStage::OnClient
    );
    let full = if is_stored {
        recorded.or(bad.announced.size)
    } else {
        bad.announced.size
    };
    let full = full.filter(|full| bad.size < *full)?;
    let why = format!("{} of {full} bytes are there.", bad.size);
    match (evidence.artifact.kind, &bad.shape) {
        (_, ByteShape::Empty) => Some(Conclusion::certain(MismatchCause::Truncated, why)),
        (ArtifactKind::Zip, ByteShape::CutZip { of }) if is_ours(evidence, of.as_deref()) => {
            Some(Conclusion::certain(MismatchCause::Truncated, why))
        }
        (ArtifactKind::Mod | ArtifactKind::Info, ByteShape::GoMod { .. } | ByteShape::Text)
            if !is_stored =>
        {
            Some(Conclusion::certain(MismatchCause::Truncated, why))
        }
        // A stored text that is shorter may have been edited; one that ends within a line was not.
        (ArtifactKind::Mod, ByteShape::GoMod { .. } | ByteShape::Text)
            if !bad.counts.ends_in_newline =>
        {
            Some(Conclusion::likely(MismatchCause::Truncated, why))
        }
        _ => None,
    }
}

/// A zip that was asked for and has no end.
fn without_its_end(evidence: &MismatchEvidence) -> Option<Conclusion> {
    let bad = &evidence.bad;
    match &bad.shape {
        ByteShape::CutZip { of }
            if evidence.artifact.kind == ArtifactKind::Zip
                && is_ours(evidence, of.as_deref())
                && !is_handled_as_text(evidence) =>
        {
            Some(Conclusion::likely(
                MismatchCause::Truncated,
                format!("The zip has no end: {} bytes are there.", bad.size),
            ))
        }
        _ => None,
    }
}

/// Bytes that lost what is no text have lost the end of the zip with it.
fn is_handled_as_text(evidence: &MismatchEvidence) -> bool {
    let counts = evidence.bad.counts;
    counts.is_utf8 && counts.replacements > 0
}

/// Whether the first name in a cut zip is of the artifact, or too little is left of it to say.
fn is_ours(evidence: &MismatchEvidence, of: Option<&str>) -> bool {
    of.is_none_or(|of| of == asked_for(evidence))
}

/// Row 9.
pub(super) fn one_damaged_entry(evidence: &MismatchEvidence) -> Option<Conclusion> {
    let bad = &evidence.bad;
    let ByteShape::Zip { damaged: 1, of } = &bad.shape else {
        return None;
    };
    // Compared already: more than a few bits differ.
    if evidence.difference().is_some() || evidence.artifact.kind != ArtifactKind::Zip {
        return None;
    }
    let ours = of.as_deref() == Some(&*asked_for(evidence));
    let entry = bad.entries.iter().find(|entry| entry.problem.is_some())?;
    let what = format!(
        "1 of {} entries is damaged: {}",
        bad.entries.len(),
        entry.name.escape_ascii()
    );
    (ours && bad.entries.len() > 1).then(|| locate(evidence, &what, false))
}
