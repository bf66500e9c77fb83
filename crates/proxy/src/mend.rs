//! Mend: a kept blob is damaged or missing; its bytes are fetched again, or put aside.
//!
//! Whoever meets the damage comes here, the scrubber or a request, and all who meet the same damage
//! share one mending (law L6). In this order:
//!
//! 1. What is remembered of the blob in memory is forgotten, and it is hashed once more: who comes
//!    late finds it healed.
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

use crate::{
    answer::Answer, context::Context, refusal::Refusal, resource::Fetching,
    single_flight::SingleFlights,
};
use codes::Code;
use fetch::Attempt;
use moka::sync::Cache;
use std::{fs::File, sync::Arc};
use store::{Aside, BlobId, Damage, Key, Record, SCAN_STEP, Store, StoreError};

/// Blobs that are remembered as lost, so that each is counted and told once.
const REMEMBERED: u64 = 10_000;

/// Damage that is being mended, and what could not be.
#[derive(Debug)]
pub(crate) struct Mends {
    running: SingleFlights<BlobId, Mended>,
    lost: Cache<BlobId, ()>,
}

/// What became of a damaged blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mended {
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
struct Damaged {
    damage: Damage,
    /// Its bytes as they are, where there are any. An open file keeps them beyond the healing.
    file: Option<(Arc<File>, u64)>,
    /// A capture that has it; of several the first.
    record: Record,
}

// === impl Mends ===

impl Default for Mends {
    fn default() -> Self {
        Self {
            running: SingleFlights::default(),
            lost: Cache::new(REMEMBERED),
        }
    }
}

// === impl Mended ===

impl Mended {
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

// === impl Context ===

impl Context {
    /// What is kept under a key; damage is mended first, where fetching is allowed.
    pub(crate) async fn kept_or_mended(
        self: &Arc<Self>,
        key: &Key,
        fetching: Fetching,
    ) -> Result<Option<Answer>, Refusal> {
        let damage = match self.kept(key).await {
            Err(damage) if damage.code == Code::CorruptBlob && fetching != Fetching::Never => {
                damage
            }
            kept => return kept,
        };
        let Some(record) = self.store.find(key).await? else {
            return Ok(None);
        };
        let blob = record.blob;
        match self.mend(blob, vec![record]).await {
            Mended::Healed | Mended::Sound => self.kept(key).await,
            Mended::Lost { why, .. } => Err(Refusal {
                retry_after: damage.retry_after,
                ..Refusal::new(Code::CorruptBlob, format!("blob {blob}: {why}"))
            }),
        }
    }

    /// Mends a blob for captures that have it, or joins whoever does.
    pub(crate) async fn mend(self: &Arc<Self>, blob: BlobId, captures: Vec<Record>) -> Mended {
        let mending = self.mends.running.run(blob, || {
            let (context, captures) = (Arc::clone(self), captures.clone());
            async move {
                let mended = context.mend_blob(blob, &captures).await;
                mended.unwrap_or_else(|error| Mended::lost(error.to_string()))
            }
        });
        let broken = |refusal: Refusal| Mended::lost(refusal.facts());
        mending.await.unwrap_or_else(broken)
    }

    async fn mend_blob(&self, blob: BlobId, captures: &[Record]) -> Result<Mended, StoreError> {
        let Some(record) = captures.first().cloned() else {
            return Ok(Mended::Sound);
        };
        self.forget(blob, captures);
        let Err(damage) = scan(&self.store, blob, record.size).await? else {
            self.mends.lost.invalidate(&blob);
            return Ok(Mended::Sound);
        };
        let is_news = self.mends.lost.entry(blob).or_insert(()).is_fresh();
        if is_news {
            self.metrics.scrub_damaged.inc();
        }
        tracing::error!(%blob, %damage, "a kept blob is damaged");
        let file = self.store.damaged_file(blob).await?;
        let damaged = Damaged {
            damage,
            file,
            record,
        };
        let mended = self.heal_or_put_aside(&damaged, captures).await;
        self.forget(blob, captures);
        // Of what is lost still, everything was told when it was found.
        if is_news || mended == Mended::Healed {
            self.tell(&damaged, &mended).await;
        }
        Ok(mended)
    }

    /// A damaged blob must not be served from what is remembered of it.
    fn forget(&self, blob: BlobId, captures: &[Record]) {
        self.sound.forget(blob);
        for record in captures {
            self.hot.forget(&record.key.path());
        }
    }

    async fn heal_or_put_aside(&self, damaged: &Damaged, captures: &[Record]) -> Mended {
        let blob = damaged.record.blob;
        let lost = self.refill(captures).await;
        // Also behind a healing: where a zip that was packed anew took its place, it still lies there.
        let key = &damaged.record.key;
        let reason = format!("blob {blob} is damaged: {}", damaged.damage);
        let aside = self.store.set_aside(key, blob, &reason).await;
        let aside = aside.unwrap_or_else(|error| {
            tracing::error!(%error, %blob, "damaged bytes could not be put aside");
            Aside::NoRoom
        });
        let quarantined = aside == Aside::Moved;
        if quarantined {
            self.metrics.scrub_quarantined.inc();
        }
        match lost {
            Some(why) if aside != Aside::Sound => Mended::Lost { why, quarantined },
            _ => {
                self.metrics.scrub_healed.inc();
                self.mends.lost.invalidate(&blob);
                Mended::Healed
            }
        }
    }

    /// Heals all captures of a blob; gives the reason if there is one that could not be.
    async fn refill(&self, captures: &[Record]) -> Option<String> {
        let mut reason = None;
        for record in captures {
            match fetch::heal(self, record).await {
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
async fn scan(store: &Store, blob: BlobId, size: u64) -> Result<Result<(), Damage>, StoreError> {
    let mut scan = store.scan(blob, size);
    loop {
        let (next, step) = scan.step(SCAN_STEP).await?;
        match step.verdict {
            Some(verdict) => return Ok(verdict),
            None => scan = next,
        }
    }
}
