//! Repair: bytes in the place of lost ones, and damaged blobs moved into quarantine.

use super::Store;
use crate::{
    blob::BlobId,
    catalog::BlobRepair,
    disk,
    error::StoreError,
    journal::Decision,
    key::Key,
    options::BlobPlace,
    placement,
    record::Record,
    repair::{CaptureRepair, DamagedBlobOutcome},
};
use std::{fs::File, io, sync::Arc};

// === impl Store ===

impl Store {
    /// Puts bytes in the place of lost ones; durable, with an entry in the journal, when this
    /// returns. Gives the capture as it is now, or `None` if it is not about this blob any more.
    /// It goes on to its end even if the caller goes away.
    ///
    /// Other bytes than the lost ones without the capture's own `h1` are [`StoreError::Conflict`].
    pub async fn repair(&self, healing: CaptureRepair) -> Result<Option<Record>, StoreError> {
        let store = self.clone();
        let task = tokio::spawn(async move {
            let healed = store.repair_to_the_end(healing).await;
            store.metrics().wrote(&healed);
            healed
        });
        task.await.unwrap_or(Err(StoreError::Closed))
    }

    async fn repair_to_the_end(
        &self,
        healing: CaptureRepair,
    ) -> Result<Option<Record>, StoreError> {
        let CaptureRepair {
            key,
            lost,
            sealed,
            h1,
            source,
        } = healing;
        let repair = BlobRepair {
            path: key.checked_path()?,
            lost,
            blob: sealed.blob(),
            size: sealed.size(),
            h1,
            source,
        };
        placement::publish(self.core(), sealed).await?;
        let row = self.catalog().repair(repair).await?;
        row.map(|row| row.into_record(key)).transpose()
    }

    /// Puts a damaged blob into quarantine under the hash that it has now, with an entry in the
    /// journal about the capture under `key`. It is hashed once more before: what was healed
    /// meanwhile stays.
    pub async fn quarantine_damaged(
        &self,
        key: &Key,
        blob: BlobId,
        reason: &str,
    ) -> Result<DamagedBlobOutcome, StoreError> {
        let core = Arc::clone(self.core());
        let put = core
            .clone()
            .writes
            .run(move |()| placement::quarantine_damaged(&core, blob))
            .await??;
        if let (DamagedBlobOutcome::Moved, Some((found, size))) = put {
            let decision = Decision::Quarantined {
                path: key.path(),
                blob: found,
                size,
                source: "store".to_owned(),
                reason: reason.to_owned(),
                held: true,
            };
            self.catalog().append(decision).await?;
        }
        Ok(put.0)
    }

    /// The file of a blob as it is, however damaged, with its size; for an examination. `None` if it
    /// is missing, or lies in an object store.
    pub async fn damaged_file(&self, blob: BlobId) -> Result<Option<(Arc<File>, u64)>, StoreError> {
        if !matches!(self.core().options.blobs, BlobPlace::Local) {
            return Ok(None);
        }
        let path = self.core().layout.blob(blob);
        let opened = self.core().writes.run(move |()| disk::open_sized(&path));
        match opened.await? {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => {
                let (file, size) =
                    opened.map_err(|error| StoreError::reading("a damaged blob", error))?;
                Ok(Some((Arc::new(file), size)))
            }
        }
    }
}
