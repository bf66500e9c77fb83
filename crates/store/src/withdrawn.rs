//! Withdrawn versions: what an operator ordered not to be served any more.
//!
//! Unlike [`Store::withdraw`], which takes bytes out of the catalog so that they are captured anew, this
//! order is about the version: whatever is kept or can be had of it is refused until the order is taken
//! back. The bytes stay where they are (law L2), so taking it back costs nothing and an investigation
//! finds them. The order and its row are one transaction with the entry of the journal, and a rebuild
//! reads them from there.

use crate::{
    catalog::{change::OrderVersion, read},
    error::StoreError,
    journal,
    key::Key,
    store::Store,
    trust::version_path,
};
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

// === impl Store ===

impl Store {
    /// Withdraws a version; durable when this returns. False, and nothing is written, if it is
    /// withdrawn already.
    pub async fn withdraw_version(
        &self,
        module: &ModulePath,
        version: &Version,
        reason: &str,
    ) -> Result<bool, StoreError> {
        self.order(module, version, reason, true).await
    }

    /// Takes the withdrawal of a version back; false if it is not withdrawn.
    pub async fn reinstate_version(
        &self,
        module: &ModulePath,
        version: &Version,
        reason: &str,
    ) -> Result<bool, StoreError> {
        self.order(module, version, reason, false).await
    }

    /// All withdrawn versions, in the order of their paths. They are an operator's orders, so few.
    pub async fn withdrawn_versions(&self) -> Result<Vec<WithdrawnVersion>, StoreError> {
        self.catalog().ask_cold(read::withdrawn::all).await
    }

    async fn order(
        &self,
        module: &ModulePath,
        version: &Version,
        reason: &str,
        withdrawn: bool,
    ) -> Result<bool, StoreError> {
        journal::bounded("a withdrawal", reason.len())?;
        let order = OrderVersion {
            version: version_path(module, version),
            reason: reason.to_owned(),
            withdrawn,
        };
        self.catalog().change(order).await
    }
}
