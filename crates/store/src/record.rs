//! What is known about a capture, and what has to be said to make one.

use crate::{
    blob::BlobId,
    error::StoreError,
    journal::{self, Facts},
    key::Key,
    spool::SealedSpool,
    trust::VersionProof,
};
use gomod::{ArtifactKind, ModulePath, Version};
use jiff::Timestamp;
use protocol::Evidence;

/// What is known about one kept key. It never changes (law L2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub key: Key,
    /// Name of the blob that holds its bytes.
    pub blob: BlobId,
    /// Size of the blob in bytes.
    pub size: u64,
    /// Go's `h1:` hash of a zip or go.mod, where it was computed.
    pub h1: Option<String>,
    /// Where the bytes came from: an upstream's URL, an import.
    pub source: String,
    /// Why they are trusted.
    pub evidence: Evidence,
    /// When they were captured; strictly increasing from capture to capture.
    pub first_seen: Timestamp,
    /// Sequence number of the journal entry that tells of the capture.
    pub sequence: u64,
}

/// Captures in the order of their paths.
#[derive(Debug, Clone, Default)]
pub struct CapturePage {
    /// Those that can be read.
    pub records: Vec<Record>,
    /// Paths of those that cannot, and why: they are kept, and not served.
    pub unreadable: Vec<(String, StoreError)>,
    /// The last path, behind which the next page begins; `None` if there are no more.
    pub last: Option<String>,
}

/// Bytes to capture under a key.
pub struct Capture {
    /// What they are.
    pub key: Key,
    /// The bytes, complete and durable.
    pub sealed: SealedSpool,
    /// Where they came from, and why they are trusted.
    pub provenance: Provenance,
}

/// Where captured bytes came from, and why they are trusted.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    /// Go's `h1:` hash, where it was computed.
    pub h1: Option<String>,
    /// Where they came from.
    pub source: String,
    /// Why they are trusted.
    pub evidence: Evidence,
    /// What else the checks found. It, evidence, source and hash are bounded together by
    /// [`crate::ENTRY_WORDS_LIMIT`].
    pub facts: Facts,
    /// The proof to keep with them, unless the version has one already.
    pub proof: Option<VersionProof>,
    /// The checksum database of our own whose record of the version is appended in the same
    /// transaction, once its go.mod and its zip are both kept.
    pub log: Option<String>,
}

/// A capture that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitOutcome {
    /// What is kept now.
    pub record: Record,
    /// Whether this commit captured it; `false` if the same bytes were kept already.
    pub fresh: bool,
}

/// A version of which at least one artifact is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVersion {
    /// The version.
    pub version: Version,
    /// Which of its artifacts are kept.
    pub kinds: ArtifactKinds,
    /// Whether it was published here, so that no source has to list it.
    pub published: bool,
}

/// A set of artifact kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArtifactKinds {
    /// `.info` is kept.
    pub info: bool,
    /// `.mod` is kept.
    pub go_mod: bool,
    /// `.zip` is kept.
    pub zip: bool,
}

/// One line of the index: a version this site has, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// When the first of its artifacts was captured.
    pub timestamp: Timestamp,
}

// === impl Capture ===

impl Capture {
    /// Refuses what would not fit into an entry of the journal.
    pub(crate) fn check_words(&self) -> Result<(), StoreError> {
        let Provenance {
            h1,
            source,
            evidence,
            facts,
            proof,
            log: _,
        } = &self.provenance;
        let facts = facts.iter();
        let facts: usize = facts.map(|(name, fact)| name.len() + fact.len() + 1).sum();
        let hash = h1.as_ref().map_or(0, String::len);
        let size = source.len() + evidence.to_string().len() + hash + facts;
        journal::bounded("what is said about a capture", size)?;
        proof.as_ref().map_or(Ok(()), VersionProof::check_words)
    }
}

// === impl ArtifactKinds ===

impl ArtifactKinds {
    /// Whether `kind` is in the set.
    pub fn contains(self, kind: ArtifactKind) -> bool {
        match kind {
            ArtifactKind::Info => self.info,
            ArtifactKind::Mod => self.go_mod,
            ArtifactKind::Zip => self.zip,
        }
    }

    /// Puts `kind` into the set.
    pub fn insert(&mut self, kind: ArtifactKind) {
        match kind {
            ArtifactKind::Info => self.info = true,
            ArtifactKind::Mod => self.go_mod = true,
            ArtifactKind::Zip => self.zip = true,
        }
    }
}
