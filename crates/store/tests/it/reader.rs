//! A reader of a journal's log who believes nothing: everything goes through `tlog`.

use bytes::Bytes;
use std::path::Path;
use store::{JournalLog, Store, StoreError, StoreOptions};
use tlog::{
    checkpoint::TreeHead,
    follow::{self, ConsistencyCheck, FollowError, LogFollower},
    note::VerifierKey,
    tile::Tile,
};

/// What a reader remembers of a log.
pub(crate) struct Reader {
    pub(crate) key: VerifierKey,
    pub(crate) last: TreeHead,
    follower: LogFollower,
    /// Every entry, as it was read.
    pub(crate) entries: Vec<String>,
}

/// A store each of whose heads is signed when it is asked for.
pub(crate) async fn open_eager(data: &Path) -> Result<Store, StoreError> {
    let mut options = StoreOptions::local(data);
    options.checkpoint_age = std::time::Duration::ZERO;
    Store::open(options).await
}

pub(crate) async fn key(store: &Store) -> VerifierKey {
    let text = store.journal_log().key().await.expect("a key");
    text.parse().expect("the text of a key")
}

impl Reader {
    /// A reader who was given the key and knows nothing else.
    pub(crate) async fn new(store: &Store) -> Self {
        Self {
            key: key(store).await,
            last: TreeHead::empty(),
            follower: LogFollower::default(),
            entries: Vec::new(),
        }
    }

    /// Reads on to the newest checkpoint, and checks it against the last one in both ways there
    /// are: from tiles alone, and from the entries.
    pub(crate) async fn follow(&mut self, store: &Store) -> Result<TreeHead, FollowError> {
        let log = store.journal_log();
        let note = log.checkpoint().await.expect("a checkpoint").note;
        let head = follow::open(&note, &self.key)?.head;
        self.check(&log, head).await?;
        for bundle in self.follower.bundles(head.size) {
            let bytes = log.entries(bundle).await.expect("read").expect("there");
            let hashes = tile(&log, bundle.tile().expect("a tile")).await;
            bundle.check(&bytes, &hashes)?;
            let new = self.follower.take(bundle, &bytes)?;
            let texts = new.into_iter().map(|(_, entry)| entry.to_vec());
            self.entries
                .extend(texts.map(|text| String::from_utf8(text).expect("text")));
        }
        self.follower.agrees(head)?;
        self.last = head;
        Ok(head)
    }

    /// Whether `head` belongs to the same history as the last one.
    pub(crate) async fn check(&self, log: &JournalLog, head: TreeHead) -> Result<(), FollowError> {
        let question = ConsistencyCheck::try_new(self.last, head)?;
        let mut bytes = Vec::new();
        for one in question.tiles() {
            bytes.push(tile(log, *one).await);
        }
        question.check(bytes)
    }
}

async fn tile(log: &JournalLog, tile: Tile) -> Bytes {
    log.tile(tile).await.expect("read").expect("there")
}
