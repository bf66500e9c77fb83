//! Verified blobs: a kept blob is hashed before its first byte is served, once.
//!
//! Disks lie. A zip goes out from the page cache without being looked at, because hashing every
//! answer would cost more than sending it. So each blob is hashed when it is captured or first served
//! after a start, and again when its file changes; that finds what happened while nobody looked and
//! what somebody did by hand. A bit that flips in between, under an unchanged file, is the scrubber's.
//!
//! Small artifacts are hashed whenever they are read from disk and need nothing of this.

use moka::sync::Cache;
use single_flight::SingleFlights;
use std::{fs::File, time::SystemTime};
use store::{BlobId, BlobReader, SealedSpool, StoreError};

/// How many blobs are remembered as sound: at 100 bytes an entry, 10 MB at most.
const REMEMBERED: u64 = 100_000;

/// The blobs that were found sound.
#[derive(Debug)]
pub struct VerifiedBlobs {
    blobs: Cache<BlobId, Option<SystemTime>>,
    /// Blobs being hashed: many clients of one zip after a start cost one hash.
    checks: SingleFlights<BlobId, Result<(), StoreError>>,
}

// === impl VerifiedBlobs ===

impl Default for VerifiedBlobs {
    fn default() -> Self {
        Self {
            blobs: Cache::new(REMEMBERED),
            checks: SingleFlights::default(),
        }
    }
}

impl VerifiedBlobs {
    /// Whether the blob was found sound since it last changed. Waits for nothing; of an
    /// object store, and of a file that is not open, nothing is known.
    pub fn knows(&self, blob: &BlobReader) -> bool {
        let changed = blob.changed();
        changed.is_some() && self.blobs.get(&blob.blob()) == Some(changed)
    }

    /// Remembers what was just received, hashed and read again by its check: hashing it once more
    /// for the first client would find nothing.
    pub fn received(&self, sealed: &SealedSpool) {
        if let Some(changed) = changed(sealed.file()) {
            self.blobs.insert(sealed.blob(), Some(changed));
        }
    }

    /// Forgets that a blob was found sound: damage was found under an unchanged file.
    pub fn forget(&self, blob: BlobId) {
        self.blobs.invalidate(&blob);
    }

    /// Hashes the blob unless it was found sound since it last changed.
    pub async fn ensure(&self, blob: &BlobReader) -> Result<(), StoreError> {
        let changed = last_change(blob).await?;
        if self.blobs.get(&blob.blob()) == Some(changed) {
            return Ok(());
        }
        let check = self.checks.run(blob.blob(), || {
            let subject = blob.clone();
            async move { subject.verify().await }
        });
        check.await.unwrap_or(Err(StoreError::Closed))?;
        self.blobs.insert(blob.blob(), changed);
        Ok(())
    }
}

/// When the file was last written; none where the platform or an object store cannot say.
async fn last_change(blob: &BlobReader) -> Result<Option<SystemTime>, StoreError> {
    let file = blob.file().await?;
    Ok(changed(&file))
}

fn changed(file: &File) -> Option<SystemTime> {
    file.metadata()
        .and_then(|metadata| metadata.modified())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::VerifiedBlobs;
    use store::{Capture, Key, Provenance, Store, StoreOptions};
    use tempfile::tempdir;

    #[tokio::test]
    async fn what_was_just_received_is_not_hashed_again_until_its_file_changes() {
        let directory = tempdir().unwrap();
        let store = Store::open(StoreOptions::local(directory.path()))
            .await
            .unwrap();
        let mut spool = store.spool().await.unwrap();
        spool.append("the bytes of a zip".into()).await.unwrap();
        let sealed = spool.seal().await.unwrap();
        let sound = VerifiedBlobs::default();
        sound.received(&sealed);
        let key = Key::parse("example.com/m/@v/v1.0.0.zip").unwrap();
        let capture = Capture {
            key,
            sealed,
            provenance: Provenance::default(),
        };
        let record = store.commit(capture).await.unwrap().record;
        let blob = store.open_blob(&record).await.unwrap();
        assert!(sound.knows(&blob));
        let file = blob.file().await.unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        assert!(!sound.knows(&blob));
        sound.ensure(&blob).await.unwrap();
        assert!(sound.knows(&blob));
    }
}
