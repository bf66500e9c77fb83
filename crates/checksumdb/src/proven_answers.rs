//! Proven answers: the database that this site verifies, served from what was proven.
//!
//! Every lookup is answered with the newest head seen, not with the one it was once proven under: a
//! client that starts afresh while nobody can be asked then sees one head, and the tiles that lead
//! from any record here to that head are kept. That holds because each new head is only believed
//! after the right edge of the one before was read in its wider form, and kept.
//!
//! A tile that the catalog lacks is proven in the newest head, and kept. One that is beyond it (of a
//! head that a client learned elsewhere) is passed on as it comes and not kept: the client proves it
//! for itself. That head is asked for too, so that it is soon the newest here.

use crate::{
    database_answer::{DatabaseAnswer, parse},
    records::{DatabaseRecords, ProvenRecord},
    verification::Verification,
};
use bytes::Bytes;
use protocol::{Clock, Fetching, Freshness, Media, Origin, Refusal};
use std::{sync::Arc, time::Duration};
use tlog::{
    tile::{HEIGHT, Tile},
    tree::CompleteSubtree,
};
use tokio_util::task::TaskTracker;
use upstream::Waiters;

/// Answers of the verified database, from what was proven of it.
pub struct ProvenAnswers {
    /// What proves.
    pub verification: Arc<Verification>,
    heads: HeadRenewals,
    /// How old a head may be before the database is asked for another.
    max_age: Duration,
    clock: Clock,
    /// Where what is behind an answer runs.
    background: TaskTracker,
}

/// How often the head is asked for because clients know a newer one: one build asks for a dozen tiles.
const CAUGHT_UP: Duration = Duration::from_secs(5);

// === impl ProvenAnswers ===

impl ProvenAnswers {
    /// Answers from what this verification proves.
    pub fn new(
        verification: &Arc<Verification>,
        max_age: Duration,
        clock: &Clock,
        background: &TaskTracker,
    ) -> Self {
        Self {
            verification: Arc::clone(verification),
            heads: HeadRenewals::default(),
            max_age,
            clock: clock.clone(),
            background: background.clone(),
        }
    }

    fn text(&self, bytes: Bytes, origin: Origin) -> DatabaseAnswer {
        DatabaseAnswer::text(bytes, origin, self.max_age)
    }

    /// Answers a request to the verified database, if what was proven has the answer.
    pub async fn answer(
        &self,
        records: &DatabaseRecords,
        path: &str,
        fetching: Fetching,
    ) -> Result<Option<DatabaseAnswer>, Refusal> {
        if path == "supported" {
            return Ok(Some(self.text(Bytes::new(), Origin::Memory)));
        }
        if path == "latest" {
            return self.proven_head(records, fetching).await.map(Some);
        }
        if let Some(subject) = path.strip_prefix("lookup/") {
            return self
                .proven_lookup(records, subject, fetching)
                .await
                .map(Some);
        }
        let Ok(tile) = path.parse::<Tile>() else {
            return Ok(None);
        };
        let kept = records.client().operations().kept_tile(tile).await;
        let mut kept = kept.map_err(|error| self.verification.alarms.store_failure(error))?;
        if kept.is_none() && fetching == Fetching::Allowed {
            kept = self.prove_tile(records, tile).await;
            if kept.is_none() {
                self.catch_up(records, tile).await;
            }
        }
        Ok(kept.map(|hashes| DatabaseAnswer {
            media: Media::Octets,
            freshness: Freshness::Immutable,
            ..self.text(hashes, Origin::Store)
        }))
    }

    /// Reads a tile of the newest head as it is proven, which keeps it.
    async fn prove_tile(&self, records: &DatabaseRecords, tile: Tile) -> Option<Bytes> {
        let level = tile.level().filter(|_| tile.height() == HEIGHT)?;
        let first = CompleteSubtree {
            level: level.checked_mul(HEIGHT)?,
            index: tile.index().checked_mul(1 << HEIGHT)?,
        };
        let size = records.latest().await.ok()?.head.size;
        let known = Tile::in_tree(tile.height(), level, tile.index(), size)?;
        if known.width() < tile.width() {
            return None;
        }
        if let Err(error) = records.client().nodes(vec![first]).await {
            tracing::debug!(%error, "a tile could not be proven");
            return None;
        }
        let kept = records.client().operations().kept_tile(tile).await;
        kept.ok().flatten()
    }

    /// A client that asks for more of a tile than the newest head has knows a newer one: that is
    /// asked for behind the answer, so that the next such client is served when nobody can be asked.
    async fn catch_up(&self, records: &DatabaseRecords, tile: Tile) {
        let Some(level) = tile.level() else { return };
        let size = match records.latest().await {
            Ok(latest) => latest.head.size,
            Err(_) => return,
        };
        let known = Tile::in_tree(tile.height(), level, tile.index(), size);
        let is_ahead = known.is_none_or(|known| known.width() < tile.width());
        if is_ahead && self.heads.is_due(self.clock.now(), CAUGHT_UP) {
            let records = records.clone();
            let renewal = async move {
                if let Err(refusal) = records.refresh().await {
                    tracing::debug!(
                        ?refusal,
                        "the head that a client knows could not be asked for"
                    );
                }
            };
            self.background.spawn(Waiters::of_unasked().scope(renewal));
        }
    }

    async fn proven_head(
        &self,
        records: &DatabaseRecords,
        fetching: Fetching,
    ) -> Result<DatabaseAnswer, Refusal> {
        records.ready().await?;
        let mut origin = Origin::Store;
        if fetching == Fetching::Allowed && self.heads.is_due(self.clock.now(), self.max_age) {
            match records.refresh().await {
                Ok(_) => origin = Origin::Upstream(String::new()),
                Err(refusal) => {
                    tracing::debug!(?refusal, "the database's head could not be renewed");
                    origin = Origin::Stale;
                }
            }
        }
        let note = records.latest().await?.note.clone();
        Ok(self.text(note, origin))
    }

    async fn proven_lookup(
        &self,
        records: &DatabaseRecords,
        subject: &str,
        fetching: Fetching,
    ) -> Result<DatabaseAnswer, Refusal> {
        let (module, version) = parse(subject)?;
        let (vouched, origin) = match records.kept(&module, &version).await? {
            Some(vouched) => (vouched, Origin::Store),
            None if fetching == Fetching::Never => {
                return Err(Refusal::not_kept(&format!(
                    "the record of {module}@{version}"
                )));
            }
            None => {
                let asked = records.record(&module, &version).await;
                let vouched = asked.map_err(|unproven| unproven.refusal)?;
                (
                    vouched,
                    Origin::Upstream(records.client().key().name().to_owned()),
                )
            }
        };
        let kept = records.keep(&vouched).await;
        kept.map_err(|error| self.verification.alarms.store_failure(error))?;
        let note = records.latest().await?.note.clone();
        Ok(self.text(lookup(&vouched, &note), origin))
    }
}

/// A lookup's answer: the record, and a head under which it can be proven.
fn lookup(vouched: &ProvenRecord, note: &[u8]) -> Bytes {
    [vouched.record().to_text().as_bytes(), note]
        .concat()
        .into()
}

/// When the head of the verified database was last renewed.
#[derive(Debug, Default)]
struct HeadRenewals(parking_lot::Mutex<Option<jiff::Timestamp>>);

// === impl HeadRenewals ===

impl HeadRenewals {
    /// Whether it is time to renew the head; whoever is told so does it.
    fn is_due(&self, now: jiff::Timestamp, max_age: Duration) -> bool {
        let mut last = self.0.lock();
        let age = last.and_then(|last| Duration::try_from(now.duration_since(last)).ok());
        let is_due = age.is_none_or(|age| age > max_age);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}
