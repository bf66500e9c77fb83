//! Partial tiles: the beginnings of tiles that are not full yet.
//!
//! A log only grows, so a tile's first hashes never change: a narrower tile is the beginning of a
//! wider one. The widest that was seen is remembered, and everything narrower is cut from it, or from
//! the full tile once that is remembered, until it is a day old. Only a wider one has to be asked for.

use super::{MirroredAnswers, resource, subject};
use crate::{
    answer::Answer,
    revalidation::{Fallback, RecalledAnswer},
};
use checksumdb::database_tile::HASH;
use ingest::{AnswerSubject, RememberedAnswer};
use jiff::Timestamp;
use protocol::{Fetching, Media, Origin, Refusal};
use std::sync::Arc;
use store::{CachedAnswerClass, CachedAnswerStatus, Key};

// === impl MirroredAnswers ===

impl MirroredAnswers {
    /// Answers a partial hash tile: the first `width` hashes of the tile at path `full`.
    pub(super) async fn partial_tile(
        &self,
        name: &str,
        full: &str,
        width: usize,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let path = format!("{full}.p/{width}");
        let subject = subject(name, &path);
        let mark = self.documents.responses.mark(&subject.path);
        let known = self.known_hashes(name, full, width).await?;
        let recalled = match known {
            Some(known) if fetching == Fetching::Never || self.is_young(&known) => {
                RecalledAnswer::fresh(known, Origin::Store, self.ages.record_max_age)
            }
            known => {
                let asked = self
                    .revalidation
                    .recall(&subject, fetching, Fallback::None)
                    .await;
                match (asked, known) {
                    (Ok(recalled), _) => {
                        self.remember_widest(name, full, &recalled.answer).await?;
                        recalled
                    }
                    // What is old outlives an outage.
                    (Err(refusal), Some(known)) if refusal.status >= 500 => {
                        RecalledAnswer::in_need(known, self.clock.now())
                    }
                    (Err(refusal), _) => return Err(refusal),
                }
            }
        };
        let resource = resource(name, &path);
        Ok(self
            .documents
            .recalled(&subject.path, mark, resource, Media::Octets, recalled))
    }

    fn is_young(&self, known: &RememberedAnswer) -> bool {
        self.clock.age(known.fetched_at) <= self.ages.record_max_age
    }

    /// Remembers the hashes of a tile, unless they are the beginning of what is remembered.
    async fn remember_widest(
        &self,
        name: &str,
        full: &str,
        hashes: &RememberedAnswer,
    ) -> Result<(), Refusal> {
        let widest = widest(name, full);
        let known = self.answers.find(&widest).await?;
        let says_more = known.is_none_or(|known| {
            !known.body.starts_with(&hashes.body) || known.body.len() == hashes.body.len()
        });
        if says_more {
            self.revalidation.remember(&widest, hashes).await;
        }
        Ok(())
    }

    /// The first `width` hashes of a tile, if as many are known: of the youngest of what is remembered
    /// of it, else of what an earlier release kept.
    async fn known_hashes(
        &self,
        name: &str,
        full: &str,
        width: usize,
    ) -> Result<Option<Arc<RememberedAnswer>>, Refusal> {
        let length = width * HASH;
        let remembered = [
            self.answers.find(&subject(name, full)).await?,
            self.answers.find(&widest(name, full)).await?,
        ];
        let wide = remembered
            .into_iter()
            .flatten()
            .filter(|known| known.is_known() && known.body.len() >= length);
        if let Some(known) = wide.max_by_key(|known| known.fetched_at) {
            return Ok(Some(Arc::new(RememberedAnswer {
                body: known.body.slice(..length),
                ..(*known).clone()
            })));
        }
        let tile = Key::Sumdb {
            name: name.to_owned(),
            path: full.to_owned(),
        };
        let kept = self.artifacts.kept_small(&tile).await?;
        let kept = kept.filter(|kept| kept.len() >= length);
        Ok(kept.map(|kept| {
            Arc::new(RememberedAnswer {
                status: CachedAnswerStatus::Known,
                body: kept.slice(..length),
                // Nobody knows how old it is.
                fetched_at: Timestamp::UNIX_EPOCH,
                source: String::new(),
            })
        }))
    }

    /// How many hashes of a tile that is not full are known.
    pub(super) async fn known_width(&self, name: &str, full: &str) -> Result<usize, Refusal> {
        let remembered = self.answers.find(&widest(name, full)).await?;
        Ok(remembered.map_or(0, |remembered| remembered.body.len() / HASH))
    }
}

fn widest(name: &str, full: &str) -> AnswerSubject {
    AnswerSubject {
        class: CachedAnswerClass::Sumdb,
        path: format!("sumdb/{name}/{full}.p"),
        module: None,
    }
}
