//! Trust: when bytes are not what they should be.
//!
//! A module that was renamed and a module that was tampered with look alike: the name in its go.mod
//! is not the one that was asked for. So while anything in the text says that hashes disagree, no
//! fix gives the bytes another name; that would only hide it.

use crate::diagnosis::ReasonKind;
use codes::Code;

/// Causes that say so.
const CAUSES: [&str; 5] = [
    "sum/go-sum-mismatch",
    "sum/database-mismatch",
    "sum/database-lacks-line",
    "sum/fork",
    "sum/bad-tiles",
];

/// Codes of modkeep that say so.
const CODES: [Code; 4] = [
    Code::ChecksumMismatch,
    Code::SumdbUntrusted,
    Code::SumdbForked,
    Code::CaptureConflict,
];

/// Whether this is the matter, bytes cannot be believed.
pub(super) fn is_lost(what: ReasonKind) -> bool {
    match what {
        ReasonKind::Code(code) => CODES.contains(&code),
        ReasonKind::Cause(cause) => CAUSES.contains(&cause.id),
    }
}

/// Whether a remedy of this would give bytes another name.
pub(super) fn would_rewrite(what: ReasonKind) -> bool {
    match what {
        ReasonKind::Code(_) => false,
        ReasonKind::Cause(cause) => cause
            .remedies
            .iter()
            .any(|remedy| remedy.kind.rewrites_path()),
    }
}

#[cfg(test)]
mod tests {
    use super::CAUSES;

    #[test]
    fn the_causes_are_in_the_table() {
        for id in CAUSES {
            assert!(crate::cause::find(id).is_some(), "{id}");
        }
    }
}
