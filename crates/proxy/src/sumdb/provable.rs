//! Provable: a kept record stays provable though the database is gone.
//!
//! A client that gets a record checks it against the tree head that came with it, and that head
//! against every other head it has seen. Which tiles that takes depends on what the client saw
//! before, so keeping just the tiles that *somebody* asked for is not enough for a client that
//! starts afresh while nobody can be asked. Whenever a record is captured, the tiles that prove it
//! in the largest log seen are kept as well, and the right edge of the log that was the largest
//! until then is completed: any two heads that came from here can then be compared from here.
//!
//! It is done behind the answer, a few small requests for each record, most of which the client is
//! about to make itself. What fails is tried again with the next record.

use super::MirroredAnswers;
use bytes::Bytes;
use checksumdb::database_tile::{FULL, Tile};
use ingest::{AnswerSubject, RememberedAnswer};
use protocol::{Fetching, Refusal};
use std::{collections::BTreeSet, sync::Arc};
use store::{CachedAnswerClass, CachedAnswerStatus};
use upstream::Waiters;

/// A record's number and the size of the log whose head came with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    record: u64,
    size: u64,
}

// === impl MirroredAnswers ===

impl MirroredAnswers {
    /// Keeps, behind the answer, what proves a record that was just captured.
    pub(super) fn start_proving(self: &Arc<Self>, name: &str, lookup: &Bytes) {
        let Some(place) = place(lookup) else { return };
        let (answers, name) = (Arc::clone(self), name.to_owned());
        let proving = async move {
            if let Err(refusal) = answers.keep_proof(&name, place).await {
                tracing::debug!(name, ?refusal, "a record's proof is not complete yet");
            }
        };
        self.background.spawn(Waiters::of_unasked().scope(proving));
    }

    async fn keep_proof(self: &Arc<Self>, name: &str, place: Place) -> Result<(), Refusal> {
        let Ok(_permit) = self.proofs.acquire().await else {
            return Ok(());
        };
        let before = self.largest(name).await?;
        let largest = place.size.max(before);
        let mut tiles: BTreeSet<Tile> = Tile::above(place.record, place.size).collect();
        tiles.extend(Tile::edge(place.size));
        if largest > before {
            tiles.extend(Tile::edge(before));
        }
        for tile in tiles {
            self.keep_tile(name, tile, largest).await?;
        }
        if largest > before {
            self.remember_largest(name, largest).await;
        }
        Ok(())
    }

    async fn keep_tile(self: &Arc<Self>, name: &str, tile: Tile, size: u64) -> Result<(), Refusal> {
        let (path, width) = (tile.path(), tile.width(size));
        if width == FULL {
            return self.record(name, &path, Fetching::Allowed).await.map(drop);
        }
        let width = usize::try_from(width).unwrap_or_default();
        if self.known_width(name, &path).await? < width {
            self.partial_tile(name, &path, width, Fetching::Allowed)
                .await?;
        }
        Ok(())
    }

    /// The size of the largest log of this name that a kept record came with.
    async fn largest(&self, name: &str) -> Result<u64, Refusal> {
        let remembered = self.answers.find(&head(name)).await?;
        Ok(remembered
            .and_then(|remembered| remembered.text().parse().ok())
            .unwrap_or(0))
    }

    async fn remember_largest(&self, name: &str, size: u64) {
        let answer = RememberedAnswer {
            status: CachedAnswerStatus::Known,
            body: size.to_string().into(),
            fetched_at: self.clock.now(),
            source: String::new(),
        };
        self.revalidation.remember(&head(name), &answer).await;
    }
}

fn head(name: &str) -> AnswerSubject {
    AnswerSubject {
        class: CachedAnswerClass::Sumdb,
        path: format!("sumdb/{name}/largest"),
        module: None,
    }
}

/// Reads a lookup's record number and the size in the signed head behind it.
fn place(lookup: &[u8]) -> Option<Place> {
    let text = std::str::from_utf8(lookup).ok()?;
    let record = text.lines().next()?.parse().ok()?;
    let (_, head) = text.split_once("\n\n")?;
    let size = head.lines().nth(1)?.parse().ok()?;
    (record < size).then_some(Place { record, size })
}

#[cfg(test)]
mod tests {
    use super::{Place, place};

    #[test]
    fn a_lookup_says_its_place() {
        let lookup =
            "5\nexample.com/m v1.0.0 h1:x\n\ngo.sum database tree\n6\nhash\n\n\u{2014} db sig\n";
        assert_eq!(place(lookup.as_bytes()), Some(Place { record: 5, size: 6 }));
        assert_eq!(
            place(lookup.replace("5\nexample", "6\nexample").as_bytes()),
            None
        );
        assert_eq!(place(b"\xff\n\n"), None);
    }
}
