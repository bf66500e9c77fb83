//! Undamaged bytes that are not the right ones: somebody published another state of the version.

use super::{damage, object::asked_for};
use crate::conclusion::{Conclusion, MismatchCause};
use crate::copy::{ByteShape, CopyDescription, SourceRole};
use crate::evidence::{MismatchEvidence, TagCommits};
use std::collections::BTreeSet;

/// Whether the bytes are a whole and readable artifact.
pub(super) fn is_sound(specimen: &CopyDescription) -> bool {
    let readable = matches!(
        specimen.shape,
        ByteShape::Zip { damaged: 0, .. } | ByteShape::GoMod { .. }
    );
    readable && specimen.h1.is_some()
}

/// Whether the bytes are sound and those of the artifact's name.
fn is_another_state(evidence: &MismatchEvidence) -> bool {
    let ours = match &evidence.bad.shape {
        ByteShape::Zip { of, .. } => of.as_deref() == Some(&*asked_for(evidence)),
        _ => true,
    };
    ours && is_sound(&evidence.bad) && evidence.reference().is_some()
}

/// Whether a specimen says what is outside: not our own copy, not a client's.
fn is_upstream(specimen: &CopyDescription) -> bool {
    matches!(
        specimen.source.role,
        SourceRole::Origin | SourceRole::Mirror
    )
}

/// What sources outside say.
struct OutsideReports<'e> {
    /// Who has the wrong bytes.
    wrong: BTreeSet<&'e str>,
    /// Who has the right ones.
    right: BTreeSet<&'e str>,
    /// Whether there is anybody with a third content.
    is_mixed: bool,
    is_origin_wrong: bool,
    is_origin_right: bool,
}

// === impl OutsideReports ===

impl<'e> OutsideReports<'e> {
    fn hear(evidence: &'e MismatchEvidence) -> Self {
        let mut voices = Self {
            wrong: BTreeSet::new(),
            right: BTreeSet::new(),
            is_mixed: false,
            is_origin_wrong: false,
            is_origin_right: false,
        };
        let others = evidence.others.iter().map(|retry| &retry.specimen);
        let all = std::iter::once(&evidence.bad).chain(others);
        for specimen in all.filter(|specimen| is_upstream(specimen)) {
            let name = specimen.source.name.as_str();
            let is_origin = specimen.source.role == SourceRole::Origin;
            if specimen.h1 == evidence.bad.h1 {
                voices.wrong.insert(name);
                voices.is_origin_wrong |= is_origin;
            } else if specimen.h1 == evidence.reference() {
                voices.right.insert(name);
                voices.is_origin_right |= is_origin;
            } else {
                voices.is_mixed = true;
            }
        }
        voices
    }
}

/// Whether the tag's commit is another than it was; `None` if nobody knows.
fn has_moved(commits: Option<&TagCommits>) -> Option<bool> {
    let commits = commits?;
    let both = commits.recorded.as_ref().zip(commits.current.as_ref());
    both.map(|(recorded, current)| recorded != current)
}

/// Row 10.
pub(super) fn retagged(evidence: &MismatchEvidence) -> Option<Conclusion> {
    if !is_another_state(evidence) {
        return None;
    }
    let voices = OutsideReports::hear(evidence);
    let moved = has_moved(evidence.commits.as_ref());
    if moved == Some(false) || voices.is_origin_right {
        return None;
    }
    if moved == Some(true) && voices.is_origin_wrong {
        return Some(Conclusion::certain(
            MismatchCause::UpstreamRetag,
            "The tag is at another commit than the recorded one, and the origin sends these bytes.",
        ));
    }
    if moved == Some(true) && voices.right.is_empty() && !voices.wrong.is_empty() {
        return Some(Conclusion::likely(
            MismatchCause::UpstreamRetag,
            "The tag is at another commit than the recorded one, and no source has the recorded bytes.",
        ));
    }
    let agree = voices.wrong.len() > 1 && voices.right.is_empty() && !voices.is_mixed;
    let is_settled = voices.wrong.len() > 1 || evidence.is_kept_by_its_source();
    let changed = voices.is_origin_wrong && is_settled && has_recorded_bytes(evidence);
    // Nobody else could be asked, and who was keeps to it.
    let alone = voices.wrong.len() == 1
        && voices.right.is_empty()
        && !voices.is_mixed
        && evidence.bad.source.role == SourceRole::Mirror
        && evidence.is_kept_by_its_source();
    (agree || changed || alone).then(|| {
        let why = if agree {
            format!(
                "{} sources agree with each other, and not with the recorded hash.",
                voices.wrong.len()
            )
        } else if alone {
            "The only source that could be asked keeps sound bytes that are not the recorded ones."
                .to_owned()
        } else {
            "The origin sends other bytes than those that were taken from it and recorded."
                .to_owned()
        };
        Conclusion::likely(MismatchCause::UpstreamRetag, why)
    })
}

/// Whether somebody still has the recorded bytes, so that they existed.
fn has_recorded_bytes(evidence: &MismatchEvidence) -> bool {
    evidence.right().next().is_some()
}

/// Row 11.
pub(super) fn stale(evidence: &MismatchEvidence) -> Option<Conclusion> {
    let role = evidence.bad.source.role;
    if !is_another_state(evidence) || !matches!(role, SourceRole::Mirror | SourceRole::Peer) {
        return None;
    }
    let voices = OutsideReports::hear(evidence);
    if voices.is_origin_wrong {
        return None;
    }
    let known = evidence
        .bad
        .h1
        .is_some_and(|h1| evidence.earlier.contains(&h1));
    if known {
        return Some(Conclusion::certain(
            MismatchCause::StaleMirror,
            "The source sends a state of this version that was seen before, not the recorded one.",
        ));
    }
    // Whoever has the recorded bytes is right; that the other keeps to its own makes it the odd one.
    let is_known_better = voices.is_origin_right || evidence.right().next().is_some();
    (is_known_better && evidence.is_kept_by_its_source()).then(|| {
        Conclusion::likely(
            MismatchCause::StaleMirror,
            "The source keeps sound bytes of another state; the right ones come from elsewhere.",
        )
    })
}

/// Sound bytes about which the sources do not say enough.
pub(super) fn undecided(evidence: &MismatchEvidence) -> Conclusion {
    let voices = OutsideReports::hear(evidence);
    if has_moved(evidence.commits.as_ref()) == Some(false) && voices.is_origin_wrong {
        return Conclusion::open(
            "The origin sends other bytes of the same commit: they are packed differently.",
            &[MismatchCause::TextRewrite],
            "Compare the two copies entry by entry; look for attributes that change an export.",
        );
    }
    let mut suspects = vec![MismatchCause::UpstreamRetag, MismatchCause::StaleMirror];
    if damage::is_one_bit(evidence) {
        suspects.extend([
            MismatchCause::BitFlipInTransit,
            MismatchCause::BitFlipOnDisk,
        ]);
    }
    let ask = if voices.is_origin_right {
        "Ask the same source again: the same bytes mean that it keeps them; other ones mean the way."
    } else if voices.is_origin_wrong {
        "Ask version control for the tag's commit, and a second source for its bytes."
    } else {
        "Ask the origin: these bytes there mean a moved tag, the right ones a stale or hostile source."
    };
    Conclusion::open(
        "The bytes are sound, but not the recorded ones, and it is not known whose they are.",
        &suspects,
        ask,
    )
}
