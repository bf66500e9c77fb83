//! Partial tiles: the beginnings of tiles that are not full yet.
//!
//! A log only grows, so a tile's first hashes never change: a narrower tile is the beginning of a
//! wider one. The widest that was ever seen is remembered, and everything narrower is cut from it,
//! or from the full tile once that is kept. Only a wider one has to be asked for.

use super::tile::HASH;
use crate::{
    answer::{Answer, Media, Origin},
    context::Context,
    refusal::Refusal,
    remembered::{Fallback, Recalled, Remembered, Subject},
    resource::{Fetching, Resource},
};
use bytes::Bytes;
use std::sync::Arc;
use store::{Key, MemoClass, MemoStatus};

// === impl Context ===

impl Context {
    /// Answers a partial hash tile: the first `width` hashes of the tile at path `full`.
    pub(super) async fn partial_tile(
        self: &Arc<Self>,
        name: &str,
        full: &str,
        width: usize,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let path = format!("{full}.p/{width}");
        let subject = Subject {
            class: MemoClass::Sumdb,
            path: format!("sumdb/{name}/{path}"),
            module: None,
        };
        let mark = self.fresh.mark(&subject.path);
        let recalled = if let Some(hashes) = self.known_hashes(name, full, width).await? {
            self.known(hashes)
        } else {
            let recalled = self.recall(&subject, fetching, Fallback::None).await?;
            self.remember(&widest(name, full), &recalled.answer).await;
            recalled
        };
        let name = name.to_owned();
        let resource = Resource::Sumdb { name, path };
        Ok(self.recalled(&subject, mark, resource, Media::Octets, recalled))
    }

    /// Hashes that are known never change; for how long they are held in memory is a matter of
    /// room alone.
    fn known(&self, hashes: Bytes) -> Recalled {
        let answer = Remembered {
            status: MemoStatus::Known,
            body: hashes,
            fetched_at: self.options.clock.now(),
            source: String::new(),
        };
        Recalled::fresh(Arc::new(answer), Origin::Store, self.options.list_max_age)
    }

    /// The first `width` hashes of a tile, if as many are known.
    async fn known_hashes(
        &self,
        name: &str,
        full: &str,
        width: usize,
    ) -> Result<Option<Bytes>, Refusal> {
        let cut = |bytes: Bytes| (bytes.len() >= width * HASH).then(|| bytes.slice(..width * HASH));
        let tile = Key::Sumdb {
            name: name.to_owned(),
            path: full.to_owned(),
        };
        if let Some(bytes) = self.kept_small(&tile).await?.and_then(cut) {
            return Ok(Some(bytes));
        }
        let remembered = self.memo(&widest(name, full)).await?;
        Ok(remembered.and_then(|remembered| cut(remembered.body.clone())))
    }

    /// How many hashes of a tile that is not full are known.
    pub(super) async fn known_width(&self, name: &str, full: &str) -> Result<usize, Refusal> {
        let remembered = self.memo(&widest(name, full)).await?;
        Ok(remembered.map_or(0, |remembered| remembered.body.len() / HASH))
    }
}

fn widest(name: &str, full: &str) -> Subject {
    Subject {
        class: MemoClass::Sumdb,
        path: format!("sumdb/{name}/{full}.p"),
        module: None,
    }
}
