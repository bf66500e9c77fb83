//! The decision table: which evidence speaks for which cause.
//!
//! Rows are tried from the top, and the first that holds decides. The order is that of proof: what a
//! hash proves comes before what bytes look like, and that before what sources say of each other.
//! **Certain** is what a hash or the bytes prove; **likely** is what nothing known speaks against.
//!
//! | # | What holds | Cause |
//! |---|---|---|
//! | 1 | these bytes have the logged hash, and the go.sum says another | client's go.sum, certain |
//! | 2 | they have the right hash, but the file is not the kept one any more (same size) | bit flip on disk, likely |
//! | 3 | inside gzip are bytes with the right hash | double compression, certain |
//! | 4 | undoing one rewriting of text gives the right hash | text rewrite, certain |
//! | 5 | they are a right copy's beginning (or that and zeros), or fewer than announced, or a zip without its end | truncated |
//! | 6 | turning one bit back gives the right hash, or few bits of a right copy differ, *and* the bytes contradict themselves | bit flip, certain for one bit; where: below |
//! | 7 | entry by entry they are a right copy's text; or a zip that was handled as text | text rewrite |
//! | 8 | another kind of file, a zip of another module or version, or exactly what another artifact has | wrong object |
//! | 9 | one entry of a zip contradicts its checksum, all others are sound | bit flip, likely; where: below |
//! | 10 | sound, and the origin has them too, or all sources have, a single one asked twice | upstream re-tag |
//! | 11 | sound, of a mirror or peer that keeps exactly them, while somebody else has the right ones | stale mirror |
//! | 12 | nothing of that | unexplained |
//!
//! # Where a bit was flipped
//!
//! The bytes cannot tell; who else saw them can. Of kept bytes: they changed on disk if their SHA-256
//! is not the blob's name any more; if it is, they were wrong when they were captured. Of received
//! bytes: a source that announces the SHA-256 of the wrong bytes, or sends the same wrong bytes again,
//! keeps them so, on its disk; one that sends the right bytes when asked again had them flipped on
//! the way. At [`MismatchStage::InTransit`] the caller knows that they left whole. Otherwise both remain, and
//! the case says to ask again.
//!
//! # Where names could be wrong, and are not given
//!
//! * A go.mod has no checksum of its own: `v1.0.0` and `v1.0.1` are one bit apart, and so are
//!   `Sirupsen` and `sirupsen`. A difference between two readable go.mod files is a flip only if it is
//!   a single bit, and the source had the right one when asked again, or announced it, or the file is a
//!   kept one that has changed; and then it is likely, not certain.
//! * A sound zip that differs is no damage, however little differs: its author, or an attacker, has
//!   packed it.
//! * Sound bytes that only one source has, and only once, can be an old state, a moved tag or an
//!   attack. They are a moved tag or a stale mirror only if the source keeps them; and as an attack
//!   looks the same, neither is ever certain without version control, and the bytes stay refused.
//! * A go.mod may name another module (a fork that is used through `replace`). It is a wrong object
//!   only if a right copy names another one than it.
//! * Bytes of the origin that differ while its tag has not moved are no re-tag: somebody packs the
//!   same commit differently.

mod damage;
mod object;
mod state;

use crate::conclusion::{Conclusion, MismatchCause};
use crate::evidence::{MismatchEvidence, MismatchStage};

/// What the evidence comes to.
#[must_use]
pub fn conclude(evidence: &MismatchEvidence) -> Conclusion {
    let rules = [
        right_bytes,
        object::compressed,
        object::rewritten_by_proof,
        damage::truncated,
        damage::flipped,
        object::rewritten_by_comparison,
        object::of_something_else,
        damage::one_damaged_entry,
        state::retagged,
        state::stale,
    ];
    let found = rules.iter().find_map(|rule| rule(evidence));
    found.unwrap_or_else(|| unexplained(evidence))
}

/// The bytes have the hash that they should have.
fn right_bytes(evidence: &MismatchEvidence) -> Option<Conclusion> {
    let reference = evidence.reference()?;
    if evidence.bad.h1 != Some(reference) {
        return None;
    }
    Some(wrong_go_sum(evidence).unwrap_or_else(|| same_content_in_another_file(evidence)))
}

fn wrong_go_sum(evidence: &MismatchEvidence) -> Option<Conclusion> {
    let claimed = evidence.claimed?;
    if evidence.reference() == Some(claimed) {
        return None;
    }
    let was_so_once = evidence.earlier.contains(&claimed);
    let rewrite = evidence.bad.rewrites.iter();
    let rewritten = rewrite.clone().find(|(_, h1)| *h1 == claimed);
    let why = if was_so_once {
        "The bytes are right, and go.sum has a hash that this version had before: it is stale."
            .to_owned()
    } else if let Some((rewrite, _)) = rewritten {
        format!(
            "The bytes are right; go.sum has the hash of other line endings ({}, seen from it).",
            rewrite.describe()
        )
    } else if evidence.logged.is_some() {
        "The bytes have the hash in the checksum database; go.sum has another.".to_owned()
    } else {
        // Without a log, a first capture can itself be the later state.
        return Some(Conclusion::open(
            "The bytes are those captured first, go.sum has another hash, and no log knows either.",
            &[MismatchCause::ClientGoSum, MismatchCause::UpstreamRetag],
            "Ask version control for the tag's commit, and the go.sum's history for who added the line.",
        ));
    };
    Some(Conclusion::certain(MismatchCause::ClientGoSum, why))
}

fn same_content_in_another_file(evidence: &MismatchEvidence) -> Conclusion {
    let kept = evidence.kept.as_ref();
    let changed = kept.filter(|kept| kept.sha256 != evidence.bad.sha256);
    let same_size = changed.is_some_and(|kept| kept.size == Some(evidence.bad.size));
    if evidence.stage == MismatchStage::OnDisk && same_size {
        return Conclusion::likely(
            MismatchCause::BitFlipOnDisk,
            "The file is not the kept one any more, in a place that the content does not depend on.",
        );
    }
    if evidence.stage == MismatchStage::OnDisk && changed.is_some() {
        return Conclusion::open(
            "The file was replaced by another one with the same content.",
            &[],
            "Find out who writes to the store besides this site.",
        );
    }
    Conclusion::open(
        "The bytes have the hash that they should have: there is no mismatch.",
        &[],
        "Nothing is wrong with these bytes; look at who reported them.",
    )
}

/// What remains when no row holds.
fn unexplained(evidence: &MismatchEvidence) -> Conclusion {
    let bad = &evidence.bad;
    if evidence.reference().is_none() && evidence.claimed.is_none() {
        return Conclusion::open(
            "Nobody says what the bytes should be.",
            &[],
            "Ask the checksum database, or a second source.",
        );
    }
    if !state::is_sound(bad) {
        let why = format!(
            "The bytes are {}, and nothing proves how they became so.",
            bad.shape.describe()
        );
        return Conclusion::open(why, &[], "Fetch a right copy and compare the two.");
    }
    state::undecided(evidence)
}
