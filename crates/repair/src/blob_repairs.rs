//! Blob repairs: a kept blob is damaged or missing; its bytes are fetched again, or put aside.
//!
//! Whoever meets the damage comes here, the scrubber or a request, and all who meet the same damage
//! share one repair (law L6). In this order:
//!
//! 1. What is remembered of the blob in memory is forgotten, and it is hashed once more: who comes
//!    late finds it repaired.
//! 2. Its captures are fetched again ([`fetch`]). The lost bytes, by their SHA-256, may take their
//!    place again whoever sent them: that is the strongest proof there is. A zip that was packed anew
//!    may stand in for the lost one if the checksum database proves both to hold the same files. For
//!    anything else only the very same bytes will do: of a private module or a `.info` nobody can say
//!    whether other bytes mean the same.
//! 3. What could not be healed is put aside, so that the damaged bytes are not served whatever else
//!    fails. The capture stays: it heals at the next request, or with the next pass, once a source has
//!    it.
//! 4. It is told ([`case`]): what the damage looks like, what it comes from, what became of it.
//!
//! Not here: a capture that was wrong from the beginning. Its bytes have the hash they had.

mod case;
mod fetch;

use crate::metrics::RepairMetrics;
use alarm::AlarmLog;
use fetch::Attempt;
use ingest::{
    BodyReceiver, CaptureChecks, Investigator, ModuleSources, SourceWalks,
    capture_writer::CaptureWriter,
};
use inspection::ZipWorkers;
use memory::{MemoryCache, VerifiedBlobs};
use moka::sync::Cache;
use protocol::Refusal;
use single_flight::SingleFlights;
use std::{fs::File, sync::Arc};
use store::{BlobDamage, BlobId, DamagedBlobOutcome, Record, SCAN_STEP, Store, StoreError};

/// Blobs that are remembered as lost, so that each is counted and told once.
const REMEMBERED: u64 = 10_000;

/// Repairs damaged blobs; cheap to clone.
#[derive(Clone)]
pub struct BlobRepairs {
    running: Arc<SingleFlights<BlobId, RepairOutcome>>,
    parts: Arc<RepairParts>,
}

/// What a blob is repaired with.
pub struct RepairParts {
    /// Where the blobs are.
    pub store: Store,
    /// Who is asked about a database.
    pub sources: ModuleSources,
    /// Who is asked for an artifact.
    pub walks: Arc<SourceWalks>,
    /// Where bodies are received.
    pub bodies: Arc<BodyReceiver>,
    /// What comes is checked and proven.
    pub checks: Arc<CaptureChecks>,
    /// Wrong bytes are looked into.
    pub investigator: Arc<Investigator>,
    /// What stands in for lost bytes is kept.
    pub writer: Arc<CaptureWriter>,
    /// What forgets a damaged capture.
    pub memory: Arc<MemoryCache>,
    /// What forgets that a blob was sound.
    pub verified: Arc<VerifiedBlobs>,
    /// Where zips are compared.
    pub workers: ZipWorkers,
    /// What is counted.
    pub metrics: RepairMetrics,
    /// Where damage is told.
    pub alarms: AlarmLog,
    /// Blobs that could not be repaired, so that each is counted and told once.
    pub lost: LostBlobs,
}

/// Blobs of which nobody has the bytes.
#[derive(Debug)]
pub struct LostBlobs(Cache<BlobId, ()>);

/// What became of a damaged blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepairOutcome {
    /// It is not damaged, or nobody needs it any more.
    Sound,
    /// Every capture that needs it has its bytes again.
    Healed,
    /// Nobody has the right bytes now.
    Lost {
        /// Why, in words.
        why: String,
        /// Whether the damaged bytes were put aside.
        quarantined: bool,
    },
}

/// A damaged blob, as it was found.
struct DamagedBlob {
    damage: BlobDamage,
    /// Its bytes as they are, where there are any. An open file keeps them beyond the healing.
    file: Option<(Arc<File>, u64)>,
    /// A capture that has it; of several the first.
    record: Record,
}

// === impl LostBlobs ===

impl Default for LostBlobs {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

// === impl RepairOutcome ===

impl RepairOutcome {
    fn lost(why: impl Into<String>) -> Self {
        Self::Lost {
            why: why.into(),
            quarantined: false,
        }
    }

    /// The end of a line about it.
    fn describe(&self) -> String {
        match self {
            Self::Sound => "it is sound again".to_owned(),
            Self::Healed => "it was healed".to_owned(),
            Self::Lost { why, quarantined } => {
                let aside = if *quarantined { ", put aside" } else { "" };
                format!("it is lost{aside}: {why}")
            }
        }
    }
}

// === impl BlobRepairs ===

impl BlobRepairs {
    /// Repairs with these parts.
    pub fn new(parts: RepairParts) -> Self {
        Self {
            running: Arc::default(),
            parts: Arc::new(parts),
        }
    }

    /// Repairs a blob for captures that have it, or joins whoever does.
    pub async fn repair(&self, blob: BlobId, captures: Vec<Record>) -> RepairOutcome {
        let repairing = self.running.run(blob, || {
            let (parts, captures) = (Arc::clone(&self.parts), captures.clone());
            async move {
                let repaired = parts.repair(blob, &captures).await;
                repaired.unwrap_or_else(|error| RepairOutcome::lost(error.to_string()))
            }
        });
        let broken = |refusal: Refusal| RepairOutcome::lost(refusal.facts());
        repairing.await.unwrap_or_else(broken)
    }
}

// === impl RepairParts ===

impl RepairParts {
    async fn repair(&self, blob: BlobId, captures: &[Record]) -> Result<RepairOutcome, StoreError> {
        let Some(record) = captures.first().cloned() else {
            return Ok(RepairOutcome::Sound);
        };
        self.forget(blob, captures);
        let Err(damage) = scan(&self.store, blob, record.size).await? else {
            self.lost.0.invalidate(&blob);
            return Ok(RepairOutcome::Sound);
        };
        let is_news = self.lost.0.entry(blob).or_insert(()).is_fresh();
        if is_news {
            self.metrics.damaged.inc();
        }
        tracing::error!(%blob, %damage, "a kept blob is damaged");
        let file = self.store.damaged_file(blob).await?;
        let damaged = DamagedBlob {
            damage,
            file,
            record,
        };
        let repaired = self.repair_or_quarantine(&damaged, captures).await;
        self.forget(blob, captures);
        // Of what is lost still, everything was told when it was found.
        if is_news || repaired == RepairOutcome::Healed {
            self.tell(&damaged, &repaired).await;
        }
        Ok(repaired)
    }

    /// A damaged blob must not be served from what is remembered of it.
    fn forget(&self, blob: BlobId, captures: &[Record]) {
        self.verified.forget(blob);
        for record in captures {
            self.memory.forget(&record.key.path());
        }
    }

    async fn repair_or_quarantine(
        &self,
        damaged: &DamagedBlob,
        captures: &[Record],
    ) -> RepairOutcome {
        let blob = damaged.record.blob;
        let lost = self.refill(captures).await;
        // Also behind a healing: where a zip that was packed anew took its place, it still lies there.
        let key = &damaged.record.key;
        let reason = format!("blob {blob} is damaged: {}", damaged.damage);
        let aside = self.store.quarantine_damaged(key, blob, &reason).await;
        let aside = aside.unwrap_or_else(|error| {
            tracing::error!(%error, %blob, "damaged bytes could not be put aside");
            DamagedBlobOutcome::NoRoom
        });
        let quarantined = aside == DamagedBlobOutcome::Moved;
        if quarantined {
            self.metrics.quarantined.inc();
        }
        match lost {
            Some(why) if aside != DamagedBlobOutcome::Intact => {
                RepairOutcome::Lost { why, quarantined }
            }
            _ => {
                self.metrics.healed.inc();
                self.lost.0.invalidate(&blob);
                RepairOutcome::Healed
            }
        }
    }

    /// Heals all captures of a blob; gives the reason if there is one that could not be.
    async fn refill(&self, captures: &[Record]) -> Option<String> {
        let mut reason = None;
        for record in captures {
            match fetch::refetch(self, record).await {
                // The same bytes heal whoever has them.
                Attempt::Same => return None,
                Attempt::Replaced => {}
                Attempt::Nothing(why) => reason = Some(why),
            }
        }
        reason
    }
}

/// Hashes a blob at once, for those who wait for it.
async fn scan(
    store: &Store,
    blob: BlobId,
    size: u64,
) -> Result<Result<(), BlobDamage>, StoreError> {
    let mut scan = store.scan(blob, size);
    loop {
        let (next, step) = scan.step(SCAN_STEP).await?;
        match step.verdict {
            Some(verdict) => return Ok(verdict),
            None => scan = next,
        }
    }
}
