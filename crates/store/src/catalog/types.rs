//! What the catalog is asked with and answers, beside the types of the store's own interface.

use crate::{
    blob::BlobId,
    error::StoreError,
    key::Key,
    maintenance::ProblemList,
    record::{Provenance, Record},
    version_mark::VersionMark,
};
use jiff::Timestamp;
use protocol::{Evidence, RecordedEvidence};
use std::fmt;

/// For whom something is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priority {
    /// A client's request waits for it: it has threads that do nothing else.
    Request,
    /// A capture, or work that nobody waits for.
    Background,
}

/// A capture as it is kept, with its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaptureRow {
    pub(crate) path: String,
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) h1: Option<String>,
    pub(crate) source: String,
    pub(crate) evidence: RecordedEvidence,
    pub(crate) first_seen: Timestamp,
    pub(crate) sequence: u64,
}

/// A capture whose blob is durable already.
pub(crate) struct NewCapture {
    pub(crate) key: Key,
    pub(crate) path: String,
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) provenance: Provenance,
}

/// Bytes that take the place of lost ones; their blob is durable already.
pub(crate) struct BlobRepair {
    pub(crate) path: String,
    pub(crate) lost: BlobId,
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) h1: Option<String>,
    pub(crate) source: String,
}

/// Bytes that take the place of unconfirmed ones; their blob is durable already.
pub(crate) struct BlobReplacement {
    pub(crate) path: String,
    pub(crate) old: BlobId,
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) provenance: Provenance,
    pub(crate) by: String,
    pub(crate) reason: String,
}

/// Why a capture is trusted from now on, if it has this blob.
pub(crate) struct EvidenceUpdate {
    pub(crate) path: String,
    pub(crate) blob: BlobId,
    pub(crate) evidence: Evidence,
}

/// An order about a version: it has a mark from now on, or not any more.
pub(crate) struct VersionOrder {
    pub(crate) mark: VersionMark,
    pub(crate) is_set: bool,
    /// `MODULE/@v/VERSION`, escaped.
    pub(crate) version: String,
    pub(crate) reason: String,
}

/// A log whose entries the catalog has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LogName {
    /// The journal.
    Journal,
    /// The checksum database of our own of this name.
    Database(String),
}

/// What a catalog found out about itself.
#[derive(Debug, Default)]
pub(crate) struct CatalogCheck {
    /// What is wrong with it, in words.
    pub(crate) problems: ProblemList<String>,
    /// The number of its last journal entry when it was looked at.
    pub(crate) sequence: u64,
}

// === impl CaptureRow ===

impl CaptureRow {
    /// The record, unless nobody knows why it is trusted: then it is not to be served.
    pub(crate) fn into_record(self, key: Key) -> Result<Record, StoreError> {
        let Self {
            path,
            blob,
            size,
            h1,
            source,
            evidence,
            first_seen,
            sequence,
        } = self;
        let evidence = evidence
            .read()
            .map_err(|source| StoreError::UnknownEvidence { path, source })?;
        Ok(Record {
            key,
            blob,
            size,
            h1,
            source,
            evidence,
            first_seen,
            sequence,
        })
    }
}

impl fmt::Display for LogName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Journal => "the journal",
            Self::Database(name) => name,
        })
    }
}
