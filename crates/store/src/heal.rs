//! Healing: what happens in the store when a disk has lost the bytes of a capture.
//!
//! Bytes that are the lost ones, by their SHA-256, simply take their place again. If the source has
//! packed a zip anew, the same files have other bytes: Go's hash over the files is the same, the
//! SHA-256 is not. Such a zip may stand in for a lost one, because the alternative is to serve
//! nothing; whoever asks for it has proven its hash before. The capture then has another blob, in one
//! transaction with an entry of the journal that names both ([`Decision::Healed`]). It keeps its place
//! in time: when it was first seen is as true as before. A withdrawal and a new capture would say
//! that the first had been wrong, and that the version is new; neither is so.
//!
//! What cannot be healed is put aside, and the capture stays: it heals as soon as somebody has the
//! bytes.

use crate::{
    blob::BlobId,
    catalog::change::{AppendEntry, Heal},
    disk,
    error::StoreError,
    journal::Decision,
    key::Key,
    options::BlobPlace,
    place,
    record::Record,
    spool::SealedSpool,
    store::Store,
};
use std::{fs::File, io, sync::Arc};

/// Bytes that take the place of lost ones.
pub struct Healing {
    /// The capture.
    pub key: Key,
    /// The blob that was lost: if the capture has another one by now, nothing happens.
    pub lost: BlobId,
    /// What takes its place.
    pub sealed: SealedSpool,
    /// Go's hash of it, proven by the caller; needed where these are other bytes than the lost ones,
    /// and then it must be the hash of the capture.
    pub h1: Option<String>,
    /// Who had it.
    pub source: String,
}

/// What became of a damaged blob that was to be put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aside {
    /// It is in quarantine now.
    Moved,
    /// There is no room for it; it stays where it is.
    NoRoom,
    /// There is nothing to move.
    Missing,
    /// It is not damaged any more.
    Sound,
}

// === impl Store ===

impl Store {
    /// Puts bytes in the place of lost ones; durable, with an entry in the journal, when this
    /// returns. Gives the capture as it is now, or `None` if it is not about this blob any more.
    /// It goes on to its end even if the caller goes away.
    ///
    /// Other bytes than the lost ones without the capture's own `h1` are [`StoreError::Conflict`].
    pub async fn heal(&self, healing: Healing) -> Result<Option<Record>, StoreError> {
        let store = self.clone();
        let task = tokio::spawn(async move {
            let healed = store.heal_to_the_end(healing).await;
            store.metrics().wrote(&healed);
            healed
        });
        task.await.unwrap_or(Err(StoreError::Closed))
    }

    async fn heal_to_the_end(&self, healing: Healing) -> Result<Option<Record>, StoreError> {
        let Healing {
            key,
            lost,
            sealed,
            h1,
            source,
        } = healing;
        let heal = Heal {
            path: key.checked_path()?,
            lost,
            blob: sealed.blob(),
            size: sealed.size(),
            h1,
            source,
        };
        place::publish(self.core(), sealed).await?;
        let row = self.catalog().change(heal).await?;
        row.map(|row| row.into_record(key)).transpose()
    }

    /// Puts a damaged blob into quarantine under the hash that it has now, with an entry in the
    /// journal about the capture under `key`. It is hashed once more before: what was healed
    /// meanwhile stays.
    pub async fn set_aside(
        &self,
        key: &Key,
        blob: BlobId,
        reason: &str,
    ) -> Result<Aside, StoreError> {
        let core = Arc::clone(self.core());
        let put = core
            .clone()
            .writes
            .run(move |()| place::set_damaged_aside(&core, blob))
            .await??;
        if let (Aside::Moved, Some((found, size))) = put {
            let decision = Decision::Quarantined {
                path: key.path(),
                blob: found,
                size,
                source: "store".to_owned(),
                reason: reason.to_owned(),
                held: true,
            };
            self.catalog().change(AppendEntry(decision)).await?;
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
