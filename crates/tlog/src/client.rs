//! Client: a checksum database's word, proven.
//!
//! A lookup's answer is believed when four things hold, in this order:
//!
//! 1. the tree head in it is signed with the database's key;
//! 2. that head and the newest head ever seen belong to one log: the smaller tree is the beginning
//!    of the larger;
//! 3. the record is in that log, at the place it names;
//! 4. the record speaks of the module's version that was asked for.
//!
//! The newest head is stored before anything is believed on its word, by compare-and-swap, so it
//! only ever grows, whoever else shares the store. Heads that do not belong to one log are a
//! [`LogFork`]: the one thing a database must never do, and the notes and the proof of it are handed
//! over for keeping. Tiles come from anybody ([`crate::plan`]); a stored one that turns out wrong is
//! asked for once more from the database.
//!
//! All of steps 2 and 3 take one reading of tiles, so a cold lookup costs two round trips. The
//! client itself does no I/O and knows no runtime: it is given [`ClientOperations`].

mod fork;
mod operations;

pub use fork::LogFork;
pub use operations::{ClientOperations, SwapOutcome, TileAccess};

use crate::{
    checkpoint::{MalformedHead, TreeHead},
    note::{self, Note, NoteError, VerifierKey},
    plan::{TileError, TilePlan, VerifiedTiles},
    proof,
    proof_file::LogProof,
    record::{LogRecord, MAX_TEXT, MalformedRecord},
    tile::HEIGHT,
    tree::{CompleteSubtree, Subtree},
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::sync::Arc;

/// A client of one checksum database.
#[derive(Debug)]
pub struct SumdbClient<O> {
    operations: O,
    keys: [VerifierKey; 1],
    /// The newest head that is known to be stored.
    latest: Mutex<Option<Arc<SignedHead>>>,
}

/// A head and the note that signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// The head.
    pub head: TreeHead,
    /// The note, as it came; empty for the empty tree, which nobody signs.
    pub note: Bytes,
}

/// A record that is proven to be in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenRecord {
    /// The record.
    pub record: LogRecord,
    /// The newest head when it was proven, in which it is.
    pub head: TreeHead,
    /// The proof, with the record in it: nothing else but the key is needed to check it.
    pub proof: LogProof,
}

/// Why a database's answer is not believed.
#[derive(Debug, thiserror::Error)]
pub enum LookupError<E> {
    /// The database, or the store behind the operations, failed.
    #[error(transparent)]
    Operation(E),
    /// The answer is no record.
    #[error(transparent)]
    Record(#[from] MalformedRecord),
    /// The head in it is not signed by the database.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// What is signed is no head.
    #[error(transparent)]
    Head(#[from] MalformedHead),
    /// The stored head cannot be believed: the database's key was changed, or the store was.
    #[error("the newest head that is kept cannot be checked: {0}")]
    Stored(NoteError),
    /// The tiles do not support the signed head.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// The record's number is beyond the signed log.
    #[error("record {id} is not in the signed log of {size} records")]
    NotInLog {
        /// The number it claims.
        id: u64,
        /// How many records the log has.
        size: u64,
    },
    /// The log holds another record at that place.
    #[error("the log holds another record at the place of record {id}")]
    Forged {
        /// The number it claims.
        id: u64,
    },
    /// The record, though in the log, is about something else.
    #[error("record {id} does not speak of {subject}")]
    Other {
        /// Its number.
        id: u64,
        /// What was asked for.
        subject: String,
    },
    /// Two signed heads do not belong to one log.
    #[error(transparent)]
    Fork(Arc<LogFork>),
}

/// The nodes of the tree of `size` leaves that give the root at size `older`, and what proves
/// `record`.
fn evidence(size: u64, older: u64, record: Option<u64>) -> Vec<CompleteSubtree> {
    let mut nodes: Vec<CompleteSubtree> = Subtree::whole(older).nodes().collect();
    // Should the older root turn out not to be the beginning of this tree, this proves it.
    let between = proof::consistency(size, older).unwrap_or_default();
    nodes.extend(between.into_iter().flat_map(Subtree::nodes));
    nodes.extend(record.into_iter().flat_map(|id| proof::nodes(size, id)));
    nodes
}

/// Notes up to this size stand in proofs as they came, cosignatures and all: the public database's
/// have 200 bytes, and a signature by a witness adds 100.
const MAX_CHECKPOINT: usize = 3000;

// === impl SignedHead ===

impl SignedHead {
    /// The note as it stands in a proof; of a larger one the database's own signature alone.
    fn checkpoint(&self, keys: &[VerifierKey]) -> String {
        let whole = || String::from_utf8_lossy(&self.note).into_owned();
        if self.note.len() <= MAX_CHECKPOINT {
            return whole();
        }
        let opened = Note::open(&self.note, keys).ok();
        let short = opened.and_then(|note| note::sign(&note.text, &note.verified, &[]).ok());
        short.unwrap_or_else(whole)
    }
}

// === impl SumdbClient ===

impl<O: ClientOperations> SumdbClient<O> {
    /// A client of the database with this key.
    pub fn new(key: VerifierKey, operations: O) -> Self {
        Self {
            operations,
            keys: [key],
            latest: Mutex::new(None),
        }
    }

    /// The operations it was given.
    pub fn operations(&self) -> &O {
        &self.operations
    }

    /// The database's key.
    pub fn key(&self) -> &VerifierKey {
        &self.keys[0]
    }

    /// Asks for the record of a module's version and proves it. `escaped` is `MODULE@VERSION` as it
    /// stands in a path of the protocol; `module` and `version` as they stand in go.sum.
    pub async fn lookup(
        &self,
        escaped: &str,
        module: &str,
        version: &str,
    ) -> Result<ProvenRecord, LookupError<O::Error>> {
        let path = format!("lookup/{escaped}");
        let answer = self
            .operations
            .read_remote(&path)
            .await
            .map_err(LookupError::Operation)?;
        self.prove(&answer, module, version).await
    }

    /// Proves an answer to a lookup, wherever it came from.
    pub async fn prove(
        &self,
        answer: &[u8],
        module: &str,
        version: &str,
    ) -> Result<ProvenRecord, LookupError<O::Error>> {
        let (record, note) = LogRecord::parse(answer)?;
        if record.text.len() > MAX_TEXT {
            return Err(MalformedRecord::TooLong.into());
        }
        let offered = Arc::new(self.open(note)?);
        let id = record.id;
        let (head, tiles) = self.merge(&offered, Some(id)).await?;
        let size = head.head.size;
        if id >= size {
            return Err(LookupError::NotInLog { id, size });
        }
        if tiles.hash(CompleteSubtree::leaf(id))? != record.hash() {
            return Err(LookupError::Forged { id });
        }
        let speaks = |version: &str| record.hashes(module, version).next().is_some();
        if !speaks(version) || !speaks(&format!("{version}/go.mod")) {
            return Err(LookupError::Other {
                id,
                subject: format!("{module}@{version}"),
            });
        }
        let siblings = proof::inclusion(size, id).unwrap_or_default();
        let hashes = siblings.into_iter().map(|subtree| tiles.subtree(subtree));
        let proof = LogProof {
            extra: Some(record.text.clone().into_bytes()),
            index: id,
            hashes: hashes.collect::<Result<_, _>>()?,
            checkpoint: head.checkpoint(&self.keys),
        };
        Ok(ProvenRecord {
            record,
            head: head.head,
            proof,
        })
    }

    /// Asks for the database's head and makes it the newest, if it is.
    pub async fn refresh(&self) -> Result<TreeHead, LookupError<O::Error>> {
        let note = self
            .operations
            .read_remote("latest")
            .await
            .map_err(LookupError::Operation)?;
        self.see(&note).await
    }

    /// Checks a head from anywhere against the newest one, and makes it the newest if it is.
    pub async fn see(&self, note: &[u8]) -> Result<TreeHead, LookupError<O::Error>> {
        let offered = Arc::new(self.open(note)?);
        let (head, _) = self.merge(&offered, None).await?;
        Ok(head.head)
    }

    /// The newest head that was ever seen.
    pub async fn latest(&self) -> Result<Arc<SignedHead>, LookupError<O::Error>> {
        if let Some(latest) = self.latest.lock().clone() {
            return Ok(latest);
        }
        let stored = self
            .operations
            .read_latest()
            .await
            .map_err(LookupError::Operation)?;
        let stored = Arc::new(match stored {
            None => SignedHead {
                head: TreeHead::empty(),
                note: Bytes::new(),
            },
            Some(note) => self.open(&note).map_err(|error| match error {
                LookupError::Note(error) => LookupError::Stored(error),
                error => error,
            })?,
        });
        *self.latest.lock() = Some(Arc::clone(&stored));
        Ok(stored)
    }

    fn open(&self, note: &[u8]) -> Result<SignedHead, LookupError<O::Error>> {
        let opened = Note::open(note, &self.keys)?;
        let head = TreeHead::parse(&opened.text)?;
        Ok(SignedHead {
            head,
            note: Bytes::copy_from_slice(note),
        })
    }

    /// Brings an offered head and the newest one together. Gives the newest, and tiles of it that
    /// hold all that proves `record`, if it is in the log: one that is not must not hide a fork.
    async fn merge(
        &self,
        offered: &Arc<SignedHead>,
        record: Option<u64>,
    ) -> Result<(Arc<SignedHead>, VerifiedTiles), LookupError<O::Error>> {
        loop {
            let latest = self.latest().await?;
            let is_newer = offered.head.size > latest.head.size;
            let (older, newer) = if is_newer {
                (&latest, offered)
            } else {
                (offered, &latest)
            };
            if older.head.size == newer.head.size && older.head.root != newer.head.root {
                // Two roots of one size need no tiles, and those of one of them may be gone.
                return Err(self.forked(LogFork::of_one_size(older, newer)).await);
            }
            let within = record.filter(|id| *id < newer.head.size);
            let nodes = evidence(newer.head.size, older.head.size, within);
            let tiles = self.read_hashes(newer.head, nodes).await?;
            if tiles.subtree(Subtree::whole(older.head.size))? != older.head.root {
                // Nothing of the other history is kept but the evidence: it would take the place of
                // what proves the records that were believed before.
                return Err(self.forked(LogFork::between(older, newer, &tiles)).await);
            }
            self.save(&tiles).await?;
            if !is_newer || self.advance(&latest, offered).await? {
                return Ok((Arc::clone(newer), tiles));
            }
        }
    }

    /// Makes a head the newest; false if somebody else was faster.
    async fn advance(
        &self,
        from: &SignedHead,
        to: &Arc<SignedHead>,
    ) -> Result<bool, LookupError<O::Error>> {
        let old = (!from.note.is_empty()).then_some(&from.note);
        let swap = self.operations.swap_latest(old, &to.note).await;
        match swap.map_err(LookupError::Operation)? {
            SwapOutcome::Done => {
                *self.latest.lock() = Some(Arc::clone(to));
                Ok(true)
            }
            SwapOutcome::Conflict => {
                *self.latest.lock() = None;
                Ok(false)
            }
        }
    }

    /// Any nodes of the newest tree, proven to belong to it; the tiles that hold them are kept.
    pub async fn nodes(
        &self,
        nodes: Vec<CompleteSubtree>,
    ) -> Result<VerifiedTiles, LookupError<O::Error>> {
        let latest = self.latest().await?;
        self.hashes(latest.head, nodes).await
    }

    /// The hashes of some nodes in the tree of a head that is believed, and the right edge of that
    /// tree. The tiles that hold them are kept when this returns; what was kept of them before and
    /// turns out wrong is read anew.
    pub async fn hashes(
        &self,
        head: TreeHead,
        nodes: impl IntoIterator<Item = CompleteSubtree>,
    ) -> Result<VerifiedTiles, LookupError<O::Error>> {
        let tiles = self.read_hashes(head, nodes).await?;
        self.save(&tiles).await?;
        Ok(tiles)
    }

    async fn save(&self, tiles: &VerifiedTiles) -> Result<(), LookupError<O::Error>> {
        let tiles = tiles.clone().into_tiles().collect();
        let saved = self.operations.save_tiles(tiles).await;
        saved.map_err(LookupError::Operation)
    }

    async fn read_hashes(
        &self,
        head: TreeHead,
        nodes: impl IntoIterator<Item = CompleteSubtree>,
    ) -> Result<VerifiedTiles, LookupError<O::Error>> {
        let plan = TilePlan::try_new(head, HEIGHT, nodes)?;
        let kept = self.read(&plan, TileAccess::KeptFirst).await?;
        match plan.clone().authenticate(kept) {
            Ok(tiles) => Ok(tiles),
            // Damage in what is kept must not stand in the way for ever.
            Err(_) => Ok(plan
                .clone()
                .authenticate(self.read(&plan, TileAccess::Anew).await?)?),
        }
    }

    async fn read(
        &self,
        plan: &TilePlan,
        reading: TileAccess,
    ) -> Result<Vec<Bytes>, LookupError<O::Error>> {
        let read = self.operations.read_tiles(plan.tiles(), reading).await;
        let bytes = read.map_err(LookupError::Operation)?.into_iter();
        // What is wider begins with what was asked for.
        let cut = bytes.zip(plan.tiles()).map(|(bytes, tile)| {
            if bytes.len() > tile.size() {
                bytes.slice(..tile.size())
            } else {
                bytes
            }
        });
        Ok(cut.collect())
    }

    async fn forked(&self, fork: LogFork) -> LookupError<O::Error> {
        let fork = Arc::new(fork);
        self.operations.misbehaved(&fork).await;
        LookupError::Fork(fork)
    }
}
