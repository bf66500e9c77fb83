//! Replacing unconfirmed bytes, confirming them, and reading what lies in quarantine.

use super::Store;
use crate::{
    blob::BlobId,
    catalog::{BlobReplacement, EvidenceUpdate},
    error::StoreError,
    journal,
    key::Key,
    placement,
    record::{Provenance, Record},
    replace::Replacement,
    spool::SealedSpool,
};
use bytes::Bytes;
use protocol::Evidence;
use std::{
    fs::File,
    io::{self, Read},
    sync::Arc,
};

/// How much of a file in quarantine is in memory at once.
const PIECE: usize = 1 << 20;

// === impl Store ===

impl Store {
    /// Gives a capture other bytes; durable, with an entry in the journal, when this returns. Gives
    /// the capture as it is now, or `None` if it is not about the old blob any more. It goes on to
    /// its end even if the caller goes away.
    pub async fn replace(&self, replacement: Replacement) -> Result<Option<Record>, StoreError> {
        let store = self.clone();
        let task = tokio::spawn(async move {
            let replaced = store.replace_to_the_end(replacement).await;
            store.metrics().wrote(&replaced);
            replaced
        });
        task.await.unwrap_or(Err(StoreError::Closed))
    }

    /// [`Store::replace`] by bytes that are in memory.
    pub async fn replace_small(
        &self,
        record: &Record,
        bytes: Bytes,
        provenance: Provenance,
        (by, reason): (&str, &str),
    ) -> Result<Option<Record>, StoreError> {
        let core = Arc::clone(self.core());
        let sealed = core
            .clone()
            .writes
            .run(move |()| SealedSpool::write(&core, &bytes))
            .await??;
        self.replace(Replacement {
            key: record.key.clone(),
            old: record.blob,
            sealed,
            provenance,
            by: by.to_owned(),
            reason: reason.to_owned(),
        })
        .await
    }

    async fn replace_to_the_end(
        &self,
        replacement: Replacement,
    ) -> Result<Option<Record>, StoreError> {
        let Replacement {
            key,
            old,
            sealed,
            provenance,
            by,
            reason,
        } = replacement;
        let evidence = provenance.evidence.to_string();
        let words = [&provenance.source, &evidence, &by, &reason];
        let words = words.iter().map(|text| text.len()).sum();
        journal::bounded("a replacement", words)?;
        let replacement = BlobReplacement {
            path: key.checked_path()?,
            old,
            blob: sealed.blob(),
            size: sealed.size(),
            provenance,
            by,
            reason,
        };
        placement::publish(self.core(), sealed).await?;
        let row = self.catalog().replace(replacement).await?;
        if row.is_some() {
            self.quarantine_unused(old).await?;
        }
        row.map(|row| row.into_record(key)).transpose()
    }

    /// Says why a capture is trusted, with an entry in the journal. False if it is not there, or has
    /// other bytes by now.
    pub async fn confirm(
        &self,
        key: &Key,
        blob: BlobId,
        evidence: &Evidence,
    ) -> Result<bool, StoreError> {
        journal::bounded("a confirmation", evidence.to_string().len())?;
        let update = EvidenceUpdate {
            path: key.checked_path()?,
            blob,
            evidence: evidence.clone(),
        };
        self.catalog().confirm(update).await
    }

    /// Whether bytes lie in quarantine under their own hash.
    pub async fn is_quarantined(&self, blob: BlobId) -> Result<bool, StoreError> {
        let path = self.core().layout.quarantine().join(blob.to_string());
        self.core().writes.run(move |()| path.exists()).await
    }

    /// A copy of bytes that lie in quarantine under their own hash; `None` if they do not.
    pub async fn quarantined(&self, blob: BlobId) -> Result<Option<SealedSpool>, StoreError> {
        let path = self.core().layout.quarantine().join(blob.to_string());
        let failed = |error| StoreError::reading("a blob in quarantine", error);
        let opened = self.core().writes.run(move |()| File::open(path));
        let mut file = match opened.await? {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        let mut spool = self.spool().await?;
        loop {
            let read = self.core().writes.run(move |()| {
                let mut piece = Vec::with_capacity(PIECE);
                let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece);
                (file, read.map(|_| piece))
            });
            let (rest, piece) = read.await?;
            let piece = piece.map_err(failed)?;
            if piece.is_empty() {
                break;
            }
            spool.append(Bytes::from(piece)).await?;
            file = rest;
        }
        let sealed = spool.seal().await?;
        Ok(Some(sealed).filter(|sealed| sealed.blob() == blob))
    }
}
