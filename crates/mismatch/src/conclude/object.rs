//! Bytes that were changed as a whole, or are those of something else.

use super::damage::is_short_transfer;
use crate::conclusion::{Conclusion, MismatchCause};
use crate::copy::{ByteShape, CopyDescription, GzipContent, TextRewrite};
use crate::evidence::MismatchEvidence;
use gomod::{ArtifactKind, sumhash::H1};

/// Fewest CRLF that are no chance: in random bytes one line feed of 256 follows a carriage return.
const CRLF_BY_CHANCE: u64 = 3;

/// Fewest replacement characters that are no chance in bytes that are otherwise UTF-8.
const REPLACEMENTS_BY_CHANCE: u64 = 3;

/// The hashes that undoing a change may lead to: the reference, and without one what go.sum says.
pub(super) fn provable(evidence: &MismatchEvidence) -> Option<H1> {
    evidence.reference().or(evidence.claimed)
}

/// Row 3.
pub(super) fn compressed(evidence: &MismatchEvidence) -> Option<Conclusion> {
    let wrapped = evidence.bad.wrapped.as_ref()?;
    let times = match wrapped.layers {
        1 => "once",
        _ => "twice",
    };
    if is_right_inside(evidence, wrapped) {
        return Some(Conclusion::certain(
            MismatchCause::DoubleCompression,
            format!("Unpacked {times} by gzip, the bytes are the right ones."),
        ));
    }
    let unknown = provable(evidence).is_none();
    (unknown && is_what_was_asked_for(evidence, &wrapped.shape)).then(|| {
        Conclusion::likely(
            MismatchCause::DoubleCompression,
            format!(
                "Unpacked {times} by gzip, the bytes are {}.",
                wrapped.shape.describe()
            ),
        )
    })
}

fn is_right_inside(evidence: &MismatchEvidence, wrapped: &GzipContent) -> bool {
    let by_hash = wrapped.h1.is_some() && wrapped.h1 == provable(evidence);
    let by_kept = evidence.kept.as_ref().map(|kept| kept.sha256) == Some(wrapped.sha256);
    let mut right = evidence.right();
    by_hash || by_kept || right.any(|retry| retry.specimen.sha256 == wrapped.sha256)
}

fn is_what_was_asked_for(evidence: &MismatchEvidence, shape: &ByteShape) -> bool {
    match (evidence.artifact.kind, shape) {
        (ArtifactKind::Zip, ByteShape::Zip { of, damaged: 0 }) => {
            of.as_deref() == Some(&*asked_for(evidence))
        }
        (ArtifactKind::Mod, ByteShape::GoMod { .. }) | (ArtifactKind::Info, ByteShape::Json) => {
            true
        }
        _ => false,
    }
}

/// `MODULE@VERSION` of the artifact.
pub(super) fn asked_for(evidence: &MismatchEvidence) -> String {
    format!("{}@{}", evidence.artifact.module, evidence.artifact.version)
}

/// Row 4.
pub(super) fn rewritten_by_proof(evidence: &MismatchEvidence) -> Option<Conclusion> {
    let right = provable(evidence)?;
    let mut rewrites = evidence.bad.rewrites.iter();
    let (rewrite, _) = rewrites.find(|(_, h1)| *h1 == right)?;
    if *rewrite == TextRewrite::FinalNewlineLost && is_short_transfer(evidence) {
        // The newline is what was missing of the transfer.
        return None;
    }
    Some(Conclusion::certain(
        MismatchCause::TextRewrite,
        format!(
            "Undone, the bytes have the right hash: {}.",
            rewrite.describe()
        ),
    ))
}

/// Row 7.
pub(super) fn rewritten_by_comparison(evidence: &MismatchEvidence) -> Option<Conclusion> {
    if let Some(difference) = evidence.difference().filter(|found| found.is_rewriting()) {
        return Some(Conclusion::certain(
            MismatchCause::TextRewrite,
            format!(
                "Of a right copy {} files differ, in line endings or encoding only.",
                difference.changed.count
            ),
        ));
    }
    handled_as_text(&evidence.bad)
}

/// A zip that went through a tool for text. Its directory is not where its end says, because bytes
/// were put in; every line feed has a carriage return, or every byte that was no text is gone.
fn handled_as_text(bad: &CopyDescription) -> Option<Conclusion> {
    if !matches!(
        bad.shape,
        ByteShape::CutZip { .. } | ByteShape::BrokenZip { .. }
    ) {
        return None;
    }
    let counts = bad.counts;
    if counts.is_utf8 && counts.replacements >= REPLACEMENTS_BY_CHANCE {
        return Some(Conclusion::certain(
            MismatchCause::TextRewrite,
            format!(
                "A zip is not UTF-8; this one is, with {} replacement characters for lost bytes.",
                counts.replacements
            ),
        ));
    }
    let ByteShape::BrokenZip { moved, .. } = bad.shape else {
        return None;
    };
    let by_them = (1..=counts.crlf).contains(&moved);
    (by_them && counts.lf == 0 && counts.crlf > CRLF_BY_CHANCE).then(|| {
        Conclusion::certain(
            MismatchCause::TextRewrite,
            format!(
                "All {} line feeds of the zip have a carriage return, and its directory has moved by them.",
                counts.crlf
            ),
        )
    })
}

/// Row 8.
pub(super) fn of_something_else(evidence: &MismatchEvidence) -> Option<Conclusion> {
    let shape = match (&evidence.bad.shape, &evidence.bad.wrapped) {
        (ByteShape::Gzip, Some(wrapped)) => &wrapped.shape,
        (shape, _) => shape,
    };
    if let Some(twin) = &evidence.twin {
        return (*twin != evidence.artifact).then(|| {
            Conclusion::certain(
                MismatchCause::WrongObject,
                format!("These are exactly the bytes of {twin}."),
            )
        });
    }
    let wanted = asked_for(evidence);
    match (evidence.artifact.kind, shape) {
        (_, ByteShape::Html) => Some(other_kind("a web page, as portals and error pages are")),
        (ArtifactKind::Mod | ArtifactKind::Zip, ByteShape::Json) => Some(other_kind("JSON")),
        (ArtifactKind::Zip, ByteShape::GoMod { .. }) => Some(other_kind("a go.mod")),
        (ArtifactKind::Mod | ArtifactKind::Info, shape) if shape.is_any_zip() => {
            Some(other_kind("a zip"))
        }
        (ArtifactKind::Zip, shape) => other_names(&wanted, shape),
        (ArtifactKind::Mod, ByteShape::GoMod { module }) => other_module(evidence, module),
        _ => None,
    }
}

fn other_kind(what: &str) -> Conclusion {
    Conclusion::certain(MismatchCause::WrongObject, format!("The bytes are {what}."))
}

fn other_names(wanted: &str, shape: &ByteShape) -> Option<Conclusion> {
    let names = shape.names().filter(|names| *names != wanted)?;
    let why = format!("The names in the zip begin with {}.", printable_name(names));
    match shape {
        ByteShape::Zip { damaged: 0, .. } => {
            Some(Conclusion::certain(MismatchCause::WrongObject, why))
        }
        // One header of a damaged zip is too little: a flipped bit can be in the name.
        ByteShape::CutZip { .. } if !is_near(names, wanted) => {
            Some(Conclusion::likely(MismatchCause::WrongObject, why))
        }
        _ => None,
    }
}

/// Whether few characters differ, as after a flipped bit.
fn is_near(left: &str, right: &str) -> bool {
    let pairs = left.bytes().zip(right.bytes());
    left.len() == right.len() && pairs.filter(|(left, right)| left != right).count() <= 1
}

fn other_module(evidence: &MismatchEvidence, module: &str) -> Option<Conclusion> {
    let expected = evidence
        .right()
        .find_map(|retry| match &retry.specimen.shape {
            ByteShape::GoMod { module } => Some(module),
            _ => None,
        })?;
    (expected != module && !is_near(expected, module)).then(|| {
        Conclusion::likely(
            MismatchCause::WrongObject,
            format!(
                "The go.mod is of {}, a right copy is of {}.",
                printable_name(module),
                printable_name(expected)
            ),
        )
    })
}

/// A name from the bytes, in ASCII and cut.
fn printable_name(name: &str) -> String {
    const LONGEST: usize = 80;
    let escaped = name.escape_default().to_string();
    match escaped.get(..LONGEST) {
        Some(front) if front.len() < escaped.len() => format!("{front}..."),
        _ => escaped,
    }
}
