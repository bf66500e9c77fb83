//! Version marks: what an operator ordered about a version, without touching its bytes.
//!
//! | Mark | Meaning |
//! |---|---|
//! | withdrawn | whatever is kept or can be had of the version is refused |
//! | retired | it is served as before, but neither listed nor the latest |
//!
//! Unlike [`crate::Store::withdraw`], which takes bytes out of the catalog so that they are captured anew, a
//! mark is about the version. The bytes stay where they are (law L2), so taking it back costs nothing and an
//! investigation finds them. The order and its row are one transaction with the entry of the journal, and a
//! rebuild reads them from there.

use crate::key::Key;
use gomod::{Artifact, ModulePath, Version};
use jiff::Timestamp;

/// What can be ordered about a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VersionMark {
    /// It is not served any more.
    Withdrawn,
    /// It is served, but nobody is pointed to it.
    Retired,
}

/// A version with a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedVersion {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// When it was marked.
    pub at: Timestamp,
    /// Number of the journal entry that says so.
    pub sequence: u64,
    /// Why.
    pub reason: String,
}

// === impl VersionMark ===

impl VersionMark {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Withdrawn, Self::Retired];

    /// The word of the entry that sets or takes back the mark.
    pub(crate) const fn event(self, is_set: bool) -> &'static str {
        match (self, is_set) {
            (Self::Withdrawn, true) => "version-withdrawn",
            (Self::Withdrawn, false) => "version-reinstated",
            (Self::Retired, true) => "version-retired",
            (Self::Retired, false) => "version-unretired",
        }
    }

    /// The mark that an entry with this word sets or takes back.
    pub(crate) fn of_event(event: &str) -> Option<(Self, bool)> {
        let mut all = Self::ALL
            .into_iter()
            .flat_map(|mark| [(mark, true), (mark, false)]);
        all.find(|(mark, is_set)| mark.event(*is_set) == event)
    }

    /// The table that has it, which is also the word for it.
    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Retired => "retired",
        }
    }
}

// === impl MarkedVersion ===

impl MarkedVersion {
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
