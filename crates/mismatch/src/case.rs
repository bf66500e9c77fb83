//! A case: all of it in a form that is stored, listed and shown.
//!
//! Plain numbers and ASCII strings, so that a case written today is read in years by whatever reads
//! JSON. Field names are promises: new ones may be added, and a change of meaning is a new
//! [`VERSION`]. Whoever stores a case adds when that was and its number; this crate knows no clock.
//!
//! Lists are bounded: of the entries of a zip only those that differ are in a case, and of those the
//! first.

mod render;

use crate::conclude::conclude;
use crate::conclusion::{CauseConfidence, Conclusion, MismatchCause};
use crate::copy::{CopyDescription, SourceRole};
use crate::difference::CopyDifference;
use crate::evidence::{KeptRecord, MismatchEvidence, MismatchStage, RetryResult, TagCommits};
use gomod::sumhash::H1;
use serde::{Deserialize, Serialize};

/// The version of this form.
pub const VERSION: u32 = 1;

/// Most retries that are kept.
const KEPT_RETRIES: usize = 16;

/// Most earlier hashes that are kept.
const KEPT_EARLIER: usize = 16;

/// Most characters of a name from outside.
const KEPT_TEXT: usize = 300;

/// A checksum mismatch: what it is about, what was seen, what it comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MismatchCase {
    /// The version of this form: [`VERSION`].
    pub version: u32,
    /// The module path.
    pub module: String,
    /// The module's version.
    pub module_version: String,
    /// `info`, `mod` or `zip`.
    pub kind: String,
    /// Where it was noticed.
    pub stage: MismatchStage,
    /// What the bytes should be, by whom.
    pub expected: ExpectedHashes,
    /// The wrong copy.
    pub copy: CopySeen,
    /// What others said, in the order in which they were asked.
    pub retries: Vec<CopySeen>,
    /// How the wrong copy differs from a right one.
    pub difference: Option<CopyDifference>,
    /// What it comes to.
    pub conclusion: CaseConclusion,
}

/// What the bytes should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedHashes {
    /// By the checksum database.
    pub logged: Option<String>,
    /// By the client's go.sum.
    pub go_sum: Option<String>,
    /// By our catalog.
    pub kept: Option<String>,
    /// The SHA-256 by our catalog.
    pub kept_sha256: Option<String>,
    /// When our catalog saw it first.
    pub first_seen: Option<String>,
    /// Hashes that were seen before.
    pub earlier: Vec<String>,
    /// The tag's commit when it was recorded.
    pub recorded_commit: Option<String>,
    /// The tag's commit today.
    pub current_commit: Option<String>,
}

/// One copy of the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopySeen {
    /// Where it came from.
    pub source: String,
    /// What that is.
    pub role: SourceRole,
    /// Its bytes.
    pub size: u64,
    /// How many were announced.
    pub announced_size: Option<u64>,
    /// SHA-256 of it.
    pub sha256: String,
    /// The SHA-256 that was announced.
    pub announced_sha256: Option<String>,
    /// Its hash, if it has one.
    pub h1: Option<String>,
    /// What it looks like.
    pub shape: String,
    /// What is wrong with the first damaged entry.
    pub problem: Option<String>,
    /// Whether it has the hash that it should have; `None` if nobody knows that one.
    pub is_right: Option<bool>,
}

/// What it comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseConclusion {
    /// The cause.
    pub cause: MismatchCause,
    /// How sure that is.
    pub confidence: CauseConfidence,
    /// The cause in a line.
    pub title: String,
    /// What of the evidence says so.
    pub why: String,
    /// The causes that remain possible, if it is unexplained.
    pub suspects: Vec<MismatchCause>,
    /// What the person in front of `go` does next.
    pub for_client: String,
    /// What whoever runs the site does next.
    pub for_operator: String,
}

// === impl MismatchCase ===

impl MismatchCase {
    /// Concludes from the evidence and writes both down.
    #[must_use]
    pub fn new(evidence: &MismatchEvidence) -> Self {
        let reference = evidence.reference();
        let retries = evidence.others.iter().take(KEPT_RETRIES);
        Self {
            version: VERSION,
            module: ascii(evidence.artifact.module.as_str()),
            module_version: ascii(evidence.artifact.version.as_str()),
            kind: evidence.artifact.kind.extension().to_owned(),
            stage: evidence.stage,
            expected: ExpectedHashes::new(evidence),
            copy: CopySeen::new(&evidence.bad, reference),
            retries: retries
                .map(|RetryResult { specimen, .. }| CopySeen::new(specimen, reference))
                .collect(),
            difference: evidence.difference().cloned(),
            conclusion: CaseConclusion::new(conclude(evidence)),
        }
    }

    /// As one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Nothing in a case can fail to be written: strings, numbers, lists.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From JSON. Fields that this version does not know are passed over.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }
}

// === impl ExpectedHashes ===

impl ExpectedHashes {
    fn new(evidence: &MismatchEvidence) -> Self {
        let text = |h1: Option<H1>| h1.map(|h1| h1.to_string());
        let kept = evidence.kept.as_ref();
        let TagCommits { recorded, current } = evidence.commits.clone().unwrap_or_default();
        let earlier = evidence.earlier.iter().take(KEPT_EARLIER);
        Self {
            logged: text(evidence.logged),
            go_sum: text(evidence.claimed),
            kept: text(kept.and_then(|kept: &KeptRecord| kept.h1)),
            kept_sha256: kept.map(|kept| kept.sha256.to_string()),
            first_seen: kept.and_then(|kept| kept.first_seen.as_deref().map(ascii)),
            earlier: earlier.map(ToString::to_string).collect(),
            recorded_commit: recorded.as_deref().map(ascii),
            current_commit: current.as_deref().map(ascii),
        }
    }
}

// === impl CopySeen ===

impl CopySeen {
    fn new(specimen: &CopyDescription, reference: Option<H1>) -> Self {
        let mut problems = specimen
            .entries
            .iter()
            .filter_map(|entry| entry.problem.as_deref());
        Self {
            source: ascii(&specimen.source.name),
            role: specimen.source.role,
            size: specimen.size,
            announced_size: specimen.announced.size,
            sha256: specimen.sha256.to_string(),
            announced_sha256: specimen.announced.sha256.map(|sum| sum.to_string()),
            h1: specimen.h1.map(|h1| h1.to_string()),
            shape: ascii(&specimen.shape.describe()),
            problem: problems.next().map(ascii),
            is_right: reference.map(|reference| specimen.h1 == Some(reference)),
        }
    }
}

// === impl CaseConclusion ===

impl CaseConclusion {
    fn new(conclusion: Conclusion) -> Self {
        Self {
            cause: conclusion.cause,
            confidence: conclusion.confidence,
            title: conclusion.cause.title().to_owned(),
            why: ascii(&conclusion.why),
            suspects: conclusion.suspects,
            for_client: conclusion.for_client.to_owned(),
            for_operator: conclusion.for_operator,
        }
    }
}

/// One line of graphic ASCII of bounded length.
fn ascii(text: &str) -> String {
    let graphic = |each: char| {
        if each.is_ascii_graphic() || each == ' ' {
            each
        } else {
            '?'
        }
    };
    let mut line: String = text.chars().take(KEPT_TEXT + 1).map(graphic).collect();
    if line.len() > KEPT_TEXT {
        line.truncate(KEPT_TEXT - 3);
        line.push_str("...");
    }
    line
}
