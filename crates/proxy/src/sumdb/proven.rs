//! Proven: the database that this site verifies, served from what was proven.
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
    answer::{Answer, Body},
    metrics::Metrics,
};
use bytes::Bytes;
use checksumdb::{DatabaseRecords, ProvenRecord, Verification};
use codes::Code;
use gomod::{ModulePath, Version};
use ingest::AnswerAges;
use protocol::{Clock, Evidence, Fetching, Freshness, Media, Origin, Refusal};
use std::{sync::Arc, time::Duration};
use tlog::{
    tile::{HEIGHT, Tile},
    tree::CompleteSubtree,
};
use tokio_util::task::TaskTracker;
use upstream::Waiters;

/// Answers of the verified database, from what was proven of it.
pub(crate) struct ProvenAnswers {
    pub(crate) verification: Arc<Verification>,
    pub(crate) heads: HeadRenewals,
    pub(crate) ages: AnswerAges,
    pub(crate) clock: Clock,
    pub(crate) metrics: Arc<Metrics>,
    /// Where what is behind an answer runs.
    pub(crate) background: TaskTracker,
}

/// How often the head is asked for because clients know a newer one: one build asks for a dozen tiles.
const CAUGHT_UP: Duration = Duration::from_secs(5);

// === impl ProvenAnswers ===

impl ProvenAnswers {
    /// Answers a request to the verified database, if what was proven has the answer.
    pub(super) async fn answer(
        &self,
        records: &DatabaseRecords,
        path: &str,
        fetching: Fetching,
    ) -> Result<Option<Answer>, Refusal> {
        if path == "supported" {
            return Ok(Some(text(&self.ages, Bytes::new(), Origin::Memory)));
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
        let mut kept = kept.map_err(|error| self.metrics.store_failure(error))?;
        if kept.is_none() && fetching == Fetching::Allowed {
            kept = self.prove_tile(records, tile).await;
            if kept.is_none() {
                self.catch_up(records, tile).await;
            }
        }
        Ok(kept.map(|hashes| Answer {
            media: Media::Octets,
            freshness: Freshness::Immutable,
            ..text(&self.ages, hashes, Origin::Store)
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
    ) -> Result<Answer, Refusal> {
        records.ready().await?;
        let mut origin = Origin::Store;
        if fetching == Fetching::Allowed
            && self.heads.is_due(self.clock.now(), self.ages.list_max_age)
        {
            match records.refresh().await {
                Ok(_) => origin = Origin::Upstream(String::new()),
                Err(refusal) => {
                    tracing::debug!(?refusal, "the database's head could not be renewed");
                    origin = Origin::Stale;
                }
            }
        }
        let note = records.latest().await?.note.clone();
        Ok(text(&self.ages, note, origin))
    }

    async fn proven_lookup(
        &self,
        records: &DatabaseRecords,
        subject: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
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
        kept.map_err(|error| self.metrics.store_failure(error))?;
        let note = records.latest().await?.note.clone();
        Ok(text(&self.ages, lookup(&vouched, &note), origin))
    }
}

/// An answer of a database that others may keep as long as a list.
pub(super) fn text(ages: &AnswerAges, bytes: Bytes, origin: Origin) -> Answer {
    Answer {
        media: Media::Text,
        freshness: Freshness::For(ages.list_max_age),
        hash: None,
        origin,
        evidence: Evidence::Unclaimed,
        body: Body::Bytes(bytes),
    }
}

/// A lookup's answer: the record, and a head under which it can be proven.
fn lookup(vouched: &ProvenRecord, note: &[u8]) -> Bytes {
    [vouched.record().to_text().as_bytes(), note]
        .concat()
        .into()
}

/// `MODULE@VERSION` as it stands in a path.
pub(super) fn parse(subject: &str) -> Result<(ModulePath, Version), Refusal> {
    let (module, version) = subject.rsplit_once('@').unwrap_or((subject, ""));
    let module = ModulePath::unescape(module)
        .map_err(|error| Refusal::new(Code::InvalidModulePath, error.to_string()))?;
    let version = Version::unescape(version)
        .map_err(|error| Refusal::new(Code::InvalidVersion, error.to_string()))?;
    Ok((module, version))
}

/// When the head of the verified database was last renewed.
#[derive(Debug, Default)]
pub(crate) struct HeadRenewals(parking_lot::Mutex<Option<jiff::Timestamp>>);

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
