//! Log: the journal as a transparency log.
//!
//! Its entries are the journal's lines ([`super::leaf`]), its tiles lie in the catalog or are
//! computed from it ([`crate::catalog`]). Nothing of it is on the warm path, and a commit
//! makes no sync for it: a head is signed when somebody asks for one and the last is too old.
//!
//! A log that signs two histories is worth less than none, so:
//!
//! * signed is what a reading connection sees, which is what commits have made durable;
//! * the root of the last signed head is computed again from what is there now, and nothing is
//!   signed if it has changed;
//! * a checkpoint is durable beside the mirror before anybody gets it, and at the next start the
//!   catalog must contain the tree it speaks of;
//! * where that cannot be, because the catalog came from a backup or was rebuilt with gaps, or
//!   where the checkpoint or the key is gone, the log has ended. Another begins, under another
//!   name, and its journal says so. A damaged catalog ends no log: it has to be rebuilt first.

use super::{
    JournalEvent,
    signed::{NewestCheckpoint, OpenLog, SignedCheckpoint},
    signing,
};
use crate::{catalog::LogName, core::StoreCore, crash, error::StoreError, store::Store};
use bytes::Bytes;
use std::sync::Arc;
use tlog::{
    checkpoint::Checkpoint,
    entries::EntryBundle,
    follow,
    note::{self, Note, SignerKey},
    tile::Tile,
};
use tokio::time::Instant;

/// Characters that are repeated of a name nobody vouches for.
const MAX_CLAIM: usize = 200;

/// The journal's log; cheap to make and to clone.
#[derive(Clone)]
pub struct JournalLog {
    store: Store,
}

/// What the files say, compared with the catalog.
enum LogFiles {
    /// There was never a log.
    Nothing,
    /// It goes on.
    Log(OpenLog),
    /// It ended.
    Ended {
        key: Option<SignerKey>,
        origin: String,
        why: String,
    },
}

// === impl Store ===

impl Store {
    /// The journal as a transparency log.
    pub fn journal_log(&self) -> JournalLog {
        JournalLog {
            store: self.clone(),
        }
    }
}

// === impl JournalLog ===

impl JournalLog {
    /// The newest checkpoint, which is at most [`crate::StoreOptions::checkpoint_age`] behind. On a
    /// disk that cannot be written it is the last that was signed.
    pub async fn checkpoint(&self) -> Result<SignedCheckpoint, StoreError> {
        self.newest().await.map(|(checkpoint, _)| checkpoint)
    }

    /// The key that checkpoints are checked with, as text: `NAME+ID+BASE64`.
    pub async fn key(&self) -> Result<String, StoreError> {
        self.newest().await.map(|(_, key)| key)
    }

    /// The bytes of a hash tile; `None` if the log does not fill it as wide.
    pub async fn tile(&self, tile: Tile) -> Result<Option<Bytes>, StoreError> {
        self.store.catalog().log_tile(LogName::Journal, tile).await
    }

    /// The bytes of a bundle of entries; `None` if the log has not as many.
    pub async fn entries(&self, bundle: EntryBundle) -> Result<Option<Bytes>, StoreError> {
        let log = LogName::Journal;
        self.store.catalog().log_entries(log, bundle).await
    }

    /// Compares the last signed head with the catalog, and begins another log if it has to. Said
    /// in the log of the process if it cannot be done; the next reader tries again.
    pub(crate) async fn settle(&self) {
        let mut held = self.store.log_state().0.lock().await;
        let settled = match self.find().await {
            Ok(LogFiles::Nothing) => Ok(()),
            Ok(LogFiles::Log(log)) => {
                *held = Some(log);
                Ok(())
            }
            Ok(ended) => self.sign_new(&mut held, ended).await,
            Err(error) => Err(error),
        };
        if let Err(error) = settled {
            tracing::error!(%error, "the journal's log cannot be signed");
        }
    }

    /// The newest checkpoint and the text of its key. What was begun is brought to its end even if
    /// the asker goes away: what is kept must be what was signed last.
    async fn newest(&self) -> Result<(SignedCheckpoint, String), StoreError> {
        let log = self.clone();
        let task = tokio::spawn(async move {
            let mut held = log.store.log_state().0.lock().await;
            if held.is_none() {
                match log.find().await? {
                    LogFiles::Log(found) => *held = Some(found),
                    begins => log.sign_new(&mut held, begins).await?,
                }
            }
            let held = held.as_mut().ok_or(StoreError::Closed)?;
            let checkpoint = log.renew(held).await?;
            Ok((checkpoint, held.key.verifier().to_string()))
        });
        task.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Begins a log and signs its first head: what has begun and signed nothing has ended at the
    /// next start.
    async fn sign_new(
        &self,
        held: &mut Option<OpenLog>,
        found: LogFiles,
    ) -> Result<(), StoreError> {
        let begun = held.insert(self.begin(found).await?);
        self.renew(begun).await.map(drop)
    }

    /// Signs a new head if the last one is too old and the log has grown.
    async fn renew(&self, held: &mut OpenLog) -> Result<SignedCheckpoint, StoreError> {
        let age = self.core().options.checkpoint_age;
        let fresh = |signed: &&NewestCheckpoint| signed.at.is_some_and(|at| at.elapsed() < age);
        if let Some(signed) = held.signed.as_ref().filter(fresh) {
            return Ok(signed.checkpoint.clone());
        }
        let signed = match (self.sign(held).await, &held.signed) {
            (Ok(checkpoint), _) => checkpoint,
            // Of a catalog that is damaged nothing is vouched for. Anything else is about the disk,
            // and what was signed before is still true.
            (Err(error), Some(older)) if !matches!(error, StoreError::CorruptCatalog { .. }) => {
                tracing::warn!(%error, "no newer head of the journal's log could be signed");
                older.checkpoint.clone()
            }
            (Err(error), _) => return Err(error),
        };
        held.signed = Some(NewestCheckpoint {
            checkpoint: signed.clone(),
            at: Some(Instant::now()),
        });
        Ok(signed)
    }

    async fn sign(&self, log: &OpenLog) -> Result<SignedCheckpoint, StoreError> {
        let last = log.signed.as_ref().map(|signed| &signed.checkpoint);
        let known = last.map(|last| last.head);
        let next = self.store.catalog().next_head(LogName::Journal, known);
        let head = next.await?;
        if let Some(last) = last.filter(|last| last.head == head) {
            return Ok(last.clone());
        }
        let checkpoint = Checkpoint {
            origin: log.key.verifier().name().to_owned(),
            head,
            extensions: Vec::new(),
        };
        let note = note::sign(&checkpoint.to_string(), &[], &[&log.key]);
        let note = Bytes::from(note.map_err(|error| StoreError::io("signing", io_error(error)))?);
        let kept = note.clone();
        self.on_disk(move |core| {
            core.crash.reached(crash::CHECKPOINT_SIGNED);
            signing::keep_checkpoint(&core.layout, &kept)?;
            core.crash.reached(crash::CHECKPOINT_KEPT);
            Ok(())
        })
        .await?;
        Ok(SignedCheckpoint { head, note })
    }

    /// Begins the first log, or another after one that ended.
    async fn begin(&self, found: LogFiles) -> Result<OpenLog, StoreError> {
        let (old, ended) = match found {
            LogFiles::Log(held) => return Ok(held),
            LogFiles::Nothing => (None, None),
            LogFiles::Ended { key, origin, why } => (key, Some((origin, why))),
        };
        let key = Arc::new(signing::new_key(old.as_ref())?);
        let kept = Arc::clone(&key);
        self.on_disk(move |core| {
            signing::put_checkpoint_aside(&core.layout, kept.verifier().name())?;
            signing::keep_key(&core.layout, &kept)?;
            core.crash.reached(crash::KEY_KEPT);
            Ok(())
        })
        .await?;
        if let Some((origin, why)) = ended {
            let name = key.verifier().name().to_owned();
            tracing::error!(
                ended = origin,
                begun = name,
                why,
                "the journal's log cannot go on, another begins: give its followers the new key"
            );
            let detail = format!("{origin} has ended: {why}");
            self.store
                .event(JournalEvent::new("log-begun", name, detail))
                .await?;
        }
        self.core().crash.reached(crash::LOG_BEGUN);
        Ok(OpenLog { key, signed: None })
    }

    async fn find(&self) -> Result<LogFiles, StoreError> {
        let read = |core: &StoreCore| {
            let layout = &core.layout;
            Ok((
                signing::read_key(layout)?,
                signing::read_checkpoint(layout)?,
            ))
        };
        let (key, note) = match self.on_disk(read).await? {
            (None, None) => return Ok(LogFiles::Nothing),
            found => found,
        };
        let origin = match (&key, &note) {
            (Some(key), _) => key.verifier().name().to_owned(),
            (None, note) => note.as_deref().map(claimed_origin).unwrap_or_default(),
        };
        let opened = match (&key, note) {
            (Some(key), Some(note)) => open(key, note),
            (None, Some(_)) => Err("its key is gone".to_owned()),
            _ => {
                let restored = self.core().options.restored.clone();
                Err(restored.unwrap_or_else(|| "its last checkpoint is gone".to_owned()))
            }
        };
        let checked = match opened {
            Ok(last) => self.check(last).await?,
            Err(why) => Err(why),
        };
        Ok(match (checked, key) {
            (Ok(checkpoint), Some(key)) => LogFiles::Log(OpenLog {
                key: Arc::new(key),
                signed: Some(NewestCheckpoint {
                    checkpoint,
                    at: None,
                }),
            }),
            (checked, key) => {
                let why = checked.err().unwrap_or_default();
                LogFiles::Ended { key, origin, why }
            }
        })
    }

    /// Whether the catalog contains the tree of a checkpoint, and why not.
    async fn check(
        &self,
        last: SignedCheckpoint,
    ) -> Result<Result<SignedCheckpoint, String>, StoreError> {
        let head = last.head;
        let compared = self.store.catalog();
        let difference = compared.head_difference(LogName::Journal, head).await?;
        Ok(difference.map_or(Ok(last), Err))
    }

    fn core(&self) -> &Arc<StoreCore> {
        self.store.core()
    }

    /// Where syncs are waited for.
    async fn on_disk<R: Send + 'static>(
        &self,
        work: impl FnOnce(&StoreCore) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let core = Arc::clone(self.core());
        self.core().writes.run(move |()| work(&core)).await?
    }
}

fn open(key: &SignerKey, note: Bytes) -> Result<SignedCheckpoint, String> {
    match follow::open(&note, key.verifier()) {
        Ok(Checkpoint { head, .. }) => Ok(SignedCheckpoint { head, note }),
        Err(error) => Err(format!("its last checkpoint cannot be believed: {error}")),
    }
}

/// The name of the log that a checkpoint claims to be of, to speak of it and for nothing else.
fn claimed_origin(note: &[u8]) -> String {
    let text = Note::unverified_text(note).unwrap_or_default();
    let origin = text.lines().next().unwrap_or_default();
    origin.chars().take(MAX_CLAIM).collect()
}

fn io_error(error: impl std::error::Error + Send + Sync + 'static) -> std::io::Error {
    std::io::Error::other(error)
}
