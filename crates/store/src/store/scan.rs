//! Which blobs there are to scan, and whose they are.

use super::Store;
use crate::{blob::BlobId, error::StoreError, key::Key, record::Record, scan::BlobScan};
use std::sync::Arc;

// === impl Store ===

impl Store {
    /// Blobs that captures need, with their sizes, behind `after`, in the order of their names.
    pub async fn blobs(
        &self,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<(BlobId, u64)>, StoreError> {
        self.catalog().blobs(after, limit).await
    }

    /// Captures that have these bytes, at most `limit`. Reads the whole catalog: for damage only.
    pub async fn captures_of(&self, blob: BlobId, limit: usize) -> Result<Vec<Record>, StoreError> {
        let rows = self.catalog().captures_of(blob, limit).await?;
        let mut records = Vec::new();
        for row in rows {
            let Some(key) = Key::parse(&row.path) else {
                continue;
            };
            match row.into_record(key) {
                Ok(record) => records.push(record),
                // Its bytes are repaired for nobody: it is not served.
                Err(error) => {
                    self.metrics().misread(&error);
                    tracing::warn!(%error, %blob, "a capture of a damaged blob is left out");
                }
            }
        }
        Ok(records)
    }

    /// A scan of a blob, at its beginning.
    pub fn scan(&self, blob: BlobId, size: u64) -> BlobScan {
        BlobScan::new(Arc::clone(self.core()), blob, size)
    }
}
