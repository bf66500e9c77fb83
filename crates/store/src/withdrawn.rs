//! Withdrawn versions: what an operator ordered not to be served any more.
//!
//! Unlike [`crate::Store::withdraw`], which takes bytes out of the catalog so that they are captured anew, this
//! order is about the version: whatever is kept or can be had of it is refused until the order is taken
//! back. The bytes stay where they are (law L2), so taking it back costs nothing and an investigation
//! finds them. The order and its row are one transaction with the entry of the journal, and a rebuild
//! reads them from there.

use crate::key::Key;
use gomod::{Artifact, ModulePath, Version};
use jiff::Timestamp;

/// The word of the entry that withdraws a version.
pub(crate) const WITHDRAWN: &str = "version-withdrawn";

/// The word of the entry that takes it back.
pub(crate) const REINSTATED: &str = "version-reinstated";

/// A version that is not served any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawnVersion {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// When it was withdrawn.
    pub at: Timestamp,
    /// Number of the journal entry that says so.
    pub sequence: u64,
    /// Why.
    pub reason: String,
}

// === impl WithdrawnVersion ===

impl WithdrawnVersion {
    /// The module and version of `MODULE/@v/VERSION`, escaped.
    pub(crate) fn name(path: &str) -> Option<(ModulePath, Version)> {
        match Key::parse(&format!("{path}.mod"))? {
            Key::Artifact(Artifact {
                module, version, ..
            }) => Some((module, version)),
            Key::Sumdb { .. } => None,
        }
    }
}
