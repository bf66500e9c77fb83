//! All that is known when bytes are not the ones they should be.

use crate::copy::CopyDescription;
use crate::difference::CopyDifference;
use crate::sum::Sha256Sum;
use gomod::{Artifact, sumhash::H1};
use serde::{Deserialize, Serialize};

/// Where it was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MismatchStage {
    /// While bytes were on their way, by somebody who knows that they left whole.
    InTransit,
    /// When kept bytes were read again.
    OnDisk,
    /// When bytes came from an upstream.
    FromUpstream,
    /// When bytes came from another site of ours.
    FromPeer,
    /// In a client's module cache, or by its go.sum.
    OnClient,
}

/// What our catalog says of the artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecord {
    /// SHA-256 of the bytes when they were captured: the blob's name.
    pub sha256: Sha256Sum,
    /// Their size then.
    pub size: Option<u64>,
    /// Their hash then.
    pub h1: Option<H1>,
    /// When that was, as the catalog writes times.
    pub first_seen: Option<String>,
}

/// What version control says of the version's tag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagCommits {
    /// The commit when the hash that should be was recorded.
    pub recorded: Option<String>,
    /// The commit today.
    pub current: Option<String>,
}

/// What another asking gave: of another source, or of the same one once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryResult {
    /// The copy.
    pub specimen: CopyDescription,
    /// How the wrong copy differs from it; worth having if this one is right.
    pub difference: Option<CopyDifference>,
}

/// All that is known about wrong bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MismatchEvidence {
    /// What they should be.
    pub artifact: Artifact,
    /// Where it was noticed.
    pub stage: MismatchStage,
    /// The hash in the checksum database, proven.
    pub logged: Option<H1>,
    /// The hash in the client's go.sum.
    pub claimed: Option<H1>,
    /// What our catalog says.
    pub kept: Option<KeptRecord>,
    /// Other hashes under which this artifact was seen before.
    pub earlier: Vec<H1>,
    /// What version control says.
    pub commits: Option<TagCommits>,
    /// Another artifact that has exactly these bytes.
    pub twin: Option<Artifact>,
    /// The wrong copy.
    pub bad: CopyDescription,
    /// What others said.
    pub others: Vec<RetryResult>,
}

// === impl MismatchEvidence ===

impl MismatchEvidence {
    /// Only that these bytes are wrong; the rest is added by whoever knows it.
    #[must_use]
    pub const fn new(artifact: Artifact, stage: MismatchStage, bad: CopyDescription) -> Self {
        Self {
            artifact,
            stage,
            logged: None,
            claimed: None,
            kept: None,
            earlier: Vec::new(),
            commits: None,
            twin: None,
            bad,
            others: Vec::new(),
        }
    }

    /// The hash that should be: what is logged, else what was captured first. A go.sum alone is a
    /// claim, not a reference.
    #[must_use]
    pub fn reference(&self) -> Option<H1> {
        let kept = || self.kept.as_ref().and_then(|kept| kept.h1);
        self.logged.or_else(kept)
    }

    /// The right copies among the others.
    pub fn right(&self) -> impl Iterator<Item = &RetryResult> {
        let reference = self.reference();
        let is_right =
            move |retry: &&RetryResult| reference.is_some() && retry.specimen.h1 == reference;
        self.others.iter().filter(is_right)
    }

    /// How the wrong copy differs from a right one, if that was looked at.
    #[must_use]
    pub fn difference(&self) -> Option<&CopyDifference> {
        self.right().find_map(|retry| retry.difference.as_ref())
    }

    /// What the source of the wrong copy said when it was asked again.
    pub fn again(&self) -> impl Iterator<Item = &CopyDescription> {
        let others = self.others.iter().map(|retry| &retry.specimen);
        others.filter(|specimen| specimen.has_the_source_of(&self.bad))
    }

    /// Whether the wrong copy's source keeps these very bytes, so that they did not become wrong on
    /// the way.
    #[must_use]
    pub fn is_kept_by_its_source(&self) -> bool {
        let same = |specimen: &CopyDescription| specimen.sha256 == self.bad.sha256;
        self.bad.is_what_its_source_announced() || self.again().any(same)
    }

    /// Whether the wrong copy's source sent the right bytes when it was asked again.
    #[must_use]
    pub fn was_right_again(&self) -> bool {
        let reference = self.reference();
        reference.is_some() && self.again().any(|specimen| specimen.h1 == reference)
    }
}
