//! Publication: a version that is given to this site by its author, and not taken from a source.
//!
//! Its three artifacts are one capture: they become visible in one transaction, with the entry that says who
//! published them and with the record in a database of our own (law L5). The transaction itself compares with
//! what is kept, so of two publishers at once exactly one wins. What is kept is never overwritten (L2):
//! the same hashes again change nothing, others are refused with an entry in the journal.
//!
//! Compared are Go's hashes, not bytes: the same files in another zip are the same version.

use crate::spool::SealedSpool;
use bytes::Bytes;
use gomod::{ModulePath, Version};

/// Where published bytes come from, in the catalog and the journal.
pub(crate) const PUBLICATION_SOURCE: &str = "publication";

/// A version to publish.
pub struct VersionPublication {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// The bytes of its `.info`.
    pub info: Bytes,
    /// The bytes of its go.mod.
    pub go_mod: Bytes,
    /// Go's hash of them.
    pub go_mod_h1: String,
    /// Its zip, complete and durable.
    pub zip: SealedSpool,
    /// Go's hash of it.
    pub zip_h1: String,
    /// Who publishes it.
    pub publisher: String,
    /// The checksum database of our own that has its record from then on.
    pub log: Option<String>,
}

/// What a publication came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicationOutcome {
    /// It is published now, durably.
    Published,
    /// All of it was kept already, with the same hashes.
    Unchanged,
    /// Something else is kept of this version, and stays.
    Different(KeptHashes),
}

/// Go's hashes of what is kept of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptHashes {
    /// That of its zip, if that is kept.
    pub zip: Option<String>,
    /// That of its go.mod.
    pub go_mod: Option<String>,
}
