//! Orders about versions: a mark is set, or taken back.

use super::Store;
use crate::{
    catalog::VersionOrder,
    error::StoreError,
    journal,
    trust::version_path,
    version_mark::{MarkedVersion, VersionMark},
};
use gomod::{ModulePath, Version};

// === impl Store ===

impl Store {
    /// Marks a version; durable when this returns. False, and nothing is written, if it has the mark
    /// already.
    pub async fn mark_version(
        &self,
        mark: VersionMark,
        module: &ModulePath,
        version: &Version,
        reason: &str,
    ) -> Result<bool, StoreError> {
        self.order(mark, true, (module, version), reason).await
    }

    /// Takes a mark back; false if the version has it not.
    pub async fn unmark_version(
        &self,
        mark: VersionMark,
        module: &ModulePath,
        version: &Version,
        reason: &str,
    ) -> Result<bool, StoreError> {
        self.order(mark, false, (module, version), reason).await
    }

    /// All versions with a mark, in the order of their paths. They are an operator's orders, so few.
    pub async fn marked_versions(
        &self,
        mark: VersionMark,
    ) -> Result<Vec<MarkedVersion>, StoreError> {
        self.catalog().marked_versions(mark).await
    }

    async fn order(
        &self,
        mark: VersionMark,
        is_set: bool,
        (module, version): (&ModulePath, &Version),
        reason: &str,
    ) -> Result<bool, StoreError> {
        journal::bounded("an order about a version", reason.len())?;
        let order = VersionOrder {
            mark,
            is_set,
            version: version_path(module, version),
            reason: reason.to_owned(),
        };
        self.catalog().order_version(order).await
    }
}
