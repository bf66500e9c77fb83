//! Orders about versions: withdrawn, and taken back.

use super::Store;
use crate::{
    catalog::VersionOrder, error::StoreError, journal, trust::version_path,
    withdrawn::WithdrawnVersion,
};
use gomod::{ModulePath, Version};

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
        self.catalog().withdrawn_versions().await
    }

    async fn order(
        &self,
        module: &ModulePath,
        version: &Version,
        reason: &str,
        withdrawn: bool,
    ) -> Result<bool, StoreError> {
        journal::bounded("a withdrawal", reason.len())?;
        let order = VersionOrder {
            version: version_path(module, version),
            reason: reason.to_owned(),
            withdrawn,
        };
        self.catalog().order_version(order).await
    }
}
