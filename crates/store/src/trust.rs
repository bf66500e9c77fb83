//! What vouches for captures, and what only moves forward.
//!
//! A proof that a version is in a checksum database is kept once a version, in the journal and in
//! the catalog, in the transaction of the capture it was first needed for: evidence that is not
//! there when the bytes are is no evidence. Tiles are kept in the widest form that was proven, and
//! are durable no later than whatever is written behind them. A state, such as the newest tree head
//! of a database, is changed by compare-and-swap, so that it cannot go back, whoever else writes.
//!
//! A withdrawal is one of two ways in which captured bytes stop being served (law L2): by the order
//! or finding that they are not what they were taken for; [`crate::replace`] is the other. The bytes
//! are put aside, not deleted.

use crate::{blob::BlobId, error::StoreError, journal, key::Key};
use bytes::Bytes;
use gomod::{ModulePath, Version};
use jiff::Timestamp;
use protocol::Evidence;

/// The state that names the last rebuild of the catalog. Whoever relies on what is in no journal
/// compares it with the one it saw before.
pub const REBUILT: &str = "rebuilt";

/// A proof that a version is in a checksum database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionProof {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// Name of the database.
    pub database: String,
    /// Number of its record there.
    pub record: u64,
    /// The proof, as a tlog-proof file (C2SP) that holds the record.
    pub file: String,
    /// What captures say of themselves that it vouches for.
    pub evidence: Evidence,
}

/// A hash tile of a checksum database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTile {
    /// Name of the database.
    pub database: String,
    /// The tile's level.
    pub level: u8,
    /// The tile's number on its level.
    pub number: u64,
    /// Its hashes, 32 bytes each, as many as are known.
    pub hashes: Bytes,
}

/// The word that opens a case in the journal.
pub(crate) const CASE: &str = "case";

/// A case of wrong bytes, as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// Its number: the journal entry that opened it.
    pub number: u64,
    /// When that was.
    pub at: Timestamp,
    /// Path of the artifact.
    pub path: String,
    /// What is known, as JSON.
    pub body: String,
}

/// How much waits for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Captures that wait for their proof.
    pub unproven: u64,
    /// When the oldest of them was captured.
    pub oldest_unproven: Option<Timestamp>,
    /// Cases of wrong bytes.
    pub cases: u64,
}

/// An order to stop serving something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// What.
    pub key: Key,
    /// The blob that is meant: if the key has another one by now, nothing happens.
    pub blob: BlobId,
    /// By whose order or finding.
    pub by: String,
    /// Why.
    pub reason: String,
}

// === impl VersionProof ===

impl VersionProof {
    /// Refuses what would not fit into an entry of the journal.
    pub(crate) fn check_words(&self) -> Result<(), StoreError> {
        let size = self.database.len() + self.file.len() + 2 * self.evidence.to_string().len();
        journal::bounded("a proof", size)
    }

    pub(crate) fn path(&self) -> String {
        version_path(&self.module, &self.version)
    }
}

/// `MODULE/@v/VERSION`, escaped.
pub(crate) fn version_path(module: &ModulePath, version: &Version) -> String {
    format!("{}/@v/{}", module.escaped(), version.escaped())
}
