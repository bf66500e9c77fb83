//! Head state: which head was signed last, which is shown, and whether another may be signed.

use super::{
    DatabaseLog,
    files::{self, Files},
    head::{self, DatabaseHalt, DatabaseHead, DatabaseHeadError, ForeignNote, HeadComparison},
};
use crate::{crash, error::StoreError};
use bytes::Bytes;
use parking_lot::RwLock;
use std::sync::Arc;
use tlog::{checkpoint::TreeHead, note::Signature, tree::Subtree};
use tokio::sync::{Mutex, MutexGuard};

/// What is known of a database's heads. Whoever signs or compares holds the first to the end.
#[derive(Default)]
pub(super) struct DatabaseHeads {
    opened: Mutex<HeadState>,
    published: RwLock<Option<Arc<DatabaseHead>>>,
}

#[derive(Default)]
enum HeadState {
    /// Nobody has compared files and catalog yet.
    #[default]
    Unknown,
    /// The catalog contains the newest head that is known, if there is one.
    Open(Option<TreeHead>),
    /// It does not.
    Halted(DatabaseHalt),
}

// === impl DatabaseLog ===

impl DatabaseLog {
    /// Compares the newest head that is known with the catalog, unless that was done; gives why
    /// nothing may be signed.
    pub async fn settle(&self) -> Result<Option<DatabaseHalt>, StoreError> {
        match self.open().await {
            Ok(_) => Ok(None),
            Err(DatabaseHeadError::Halted(halt)) => Ok(Some(halt)),
            Err(DatabaseHeadError::Store(error)) => Err(error),
        }
    }

    /// The newest head that was shown to anybody, or may be.
    pub fn published(&self) -> Option<Arc<DatabaseHead>> {
        self.inner.state.published.read().clone()
    }

    /// The newest head that is known to be signed, whether it was shown or not.
    pub async fn signed(&self) -> Result<Option<DatabaseHead>, DatabaseHeadError> {
        let opened = self.open().await?;
        let HeadState::Open(Some(newest)) = *opened else {
            return Ok(None);
        };
        let signed = DatabaseHead::sign(&self.inner.key, newest, &[]);
        let signed = signed.map_err(|error| StoreError::io("signing", io_error(error)))?;
        Ok(Some(signed))
    }

    /// Signs a head of all records, unless the newest has them; it is durable when this returns and
    /// not shown before [`DatabaseLog::publish`]. Goes on to its end even if the asker goes away.
    pub async fn sign(&self) -> Result<DatabaseHead, DatabaseHeadError> {
        let database = self.clone();
        let task = tokio::spawn(async move { database.sign_to_the_end().await });
        task.await.unwrap_or(Err(StoreError::Closed.into()))
    }

    /// Shows a signed head from now on, unless a newer one is shown. Where heads wait for witnesses
    /// it is durable as shown before anybody sees it; a head that waits for nobody is shown as soon
    /// as it is signed, at the next start too.
    pub async fn publish(
        &self,
        head: &DatabaseHead,
        cosignatures: &[Signature],
        waits: bool,
    ) -> Result<Arc<DatabaseHead>, DatabaseHeadError> {
        let opened = self.open().await?;
        let shown = self.published();
        if let Some(shown) = shown.filter(|shown| shown.head.size > head.head.size) {
            return Ok(shown);
        }
        let signed = DatabaseHead::sign(&self.inner.key, head.head, cosignatures);
        let signed = signed.map_err(|error| StoreError::io("signing", io_error(error)))?;
        let (files, checkpoint) = (self.inner.files.clone(), signed.checkpoint.clone());
        let kept = self.on_disk(move |_| {
            if waits {
                files.keep_published(&checkpoint)
            } else {
                files.drop_published()
            }
        });
        kept.await?;
        let signed = Arc::new(signed);
        *self.inner.state.published.write() = Some(Arc::clone(&signed));
        drop(opened);
        Ok(signed)
    }

    /// Has a later start show no more than what is shown now, though a newer head is signed; until the
    /// next [`DatabaseLog::publish`].
    pub async fn withhold(&self) -> Result<(), DatabaseHeadError> {
        let opened = self.open().await?;
        let checkpoint = if let Some(shown) = self.published() {
            shown.checkpoint.clone()
        } else {
            let nothing = DatabaseHead::sign(&self.inner.key, TreeHead::empty(), &[]);
            let nothing = nothing.map_err(|error| StoreError::io("signing", io_error(error)))?;
            nothing.checkpoint
        };
        let files = self.inner.files.clone();
        self.on_disk(move |_| files.keep_published(&checkpoint))
            .await?;
        drop(opened);
        Ok(())
    }

    /// Compares a head that somebody has seen with what is here. One that was signed with our key
    /// and cannot be ours ends the name.
    pub async fn compare(
        &self,
        note: &[u8],
    ) -> Result<Result<HeadComparison, ForeignNote>, DatabaseHeadError> {
        let seen = match head::read(note, self.key()) {
            Ok((seen, _)) => seen,
            Err(not_ours) => return Ok(Err(not_ours)),
        };
        let mut opened = self.open().await?;
        let HeadState::Open(newest) = *opened else {
            return Err(StoreError::Closed.into());
        };
        let newest_size = newest.map_or(0, |newest| newest.size);
        if seen.size > newest_size {
            // From now on this is what the catalog is compared with, at every start.
            let (files, kept) = (self.inner.files.clone(), Bytes::copy_from_slice(note));
            self.on_disk(move |_| files.keep_head(&kept)).await?;
            let why = format!(
                "a head of {} records is signed, and the newest known here has {newest_size}",
                seen.size
            );
            *opened = HeadState::Halted(DatabaseHalt::Lost(why));
            return Ok(Ok(HeadComparison::Lost));
        }
        if self.root(seen.size).await? == seen.root {
            let is_newest = seen.size == newest_size;
            return Ok(Ok(if is_newest {
                HeadComparison::Newest
            } else {
                HeadComparison::Older
            }));
        }
        let why = format!("two heads of {} records have different roots", seen.size);
        let ours = self
            .published()
            .map_or(Bytes::new(), |shown| shown.note.clone());
        let (ours, theirs) = (
            String::from_utf8_lossy(&ours),
            String::from_utf8_lossy(note),
        );
        let evidence = format!("{why}\n\nshown here:\n{ours}\nseen elsewhere:\n{theirs}\n");
        self.end(&mut opened, DatabaseHalt::Forked(why), evidence)
            .await?;
        Ok(Ok(HeadComparison::Forked))
    }

    /// Ends the name, on the word of somebody who is trusted.
    pub async fn halt(&self, why: &str) -> Result<(), DatabaseHeadError> {
        let mut opened = self.open().await?;
        let (halt, evidence) = (DatabaseHalt::Lost(why.to_owned()), format!("{why}\n"));
        Ok(self.end(&mut opened, halt, evidence).await?)
    }

    async fn end(
        &self,
        opened: &mut HeadState,
        halt: DatabaseHalt,
        evidence: String,
    ) -> Result<(), StoreError> {
        *opened = HeadState::Halted(halt);
        let files = self.inner.files.clone();
        self.on_disk(move |_| files.keep_halt(&evidence)).await
    }

    async fn sign_to_the_end(&self) -> Result<DatabaseHead, DatabaseHeadError> {
        let mut opened = self.open().await?;
        let HeadState::Open(newest) = *opened else {
            return Err(StoreError::Closed.into());
        };
        let next = self.catalog().next_head(self.log(), newest);
        let head = next.await?;
        let signed = DatabaseHead::sign(&self.inner.key, head, &[]);
        let signed = signed.map_err(|error| StoreError::io("signing", io_error(error)))?;
        if newest == Some(head) {
            return Ok(signed);
        }
        let (files, note) = (self.inner.files.clone(), signed.note.clone());
        let kept = self.on_disk(move |reached| {
            reached(crash::HEAD_SIGNED);
            files.keep_head(&note)?;
            reached(crash::HEAD_KEPT);
            Ok(())
        });
        kept.await?;
        *opened = HeadState::Open(Some(head));
        Ok(signed)
    }

    /// The state, compared with the catalog.
    async fn open(&self) -> Result<MutexGuard<'_, HeadState>, DatabaseHeadError> {
        let mut opened = self.inner.state.opened.lock().await;
        if matches!(*opened, HeadState::Unknown) {
            *opened = self.compared().await?;
        }
        match &*opened {
            HeadState::Halted(halt) => Err(halt.clone().into()),
            _ => Ok(opened),
        }
    }

    async fn compared(&self) -> Result<HeadState, StoreError> {
        let files = self.inner.files.clone();
        let (halt, head, published) = self.on_disk(move |_| read_all(&files)).await?;
        if let Some(evidence) = halt {
            let why = evidence.lines().next().unwrap_or_default().to_owned();
            return Ok(HeadState::Halted(
                if evidence.starts_with(files::RESTORED) {
                    DatabaseHalt::Lost(why)
                } else {
                    DatabaseHalt::Forked(why)
                },
            ));
        }
        let head = head.map(|note| self.read(&note)).transpose()?;
        let published = published.map(|note| self.read(&note)).transpose()?;
        let known = [&head, &published]
            .into_iter()
            .flatten()
            .map(|(head, _)| *head);
        let Some(newest) = known.max_by_key(|head| head.size) else {
            return Ok(HeadState::Open(None));
        };
        let difference = self.catalog().head_difference(self.log(), newest);
        if let Some(why) = difference.await? {
            return Ok(HeadState::Halted(DatabaseHalt::Lost(why)));
        }
        let (shown, cosignatures) = published.or(head).unwrap_or((newest, Vec::new()));
        let shown = DatabaseHead::sign(&self.inner.key, shown, &cosignatures);
        let shown = shown.map_err(|error| StoreError::io("signing", io_error(error)))?;
        *self.inner.state.published.write() = Some(Arc::new(shown));
        Ok(HeadState::Open(Some(newest)))
    }

    fn read(&self, note: &[u8]) -> Result<(TreeHead, Vec<Signature>), StoreError> {
        head::read(note, self.key())
            .map_err(|error| StoreError::io("reading a signed head", io_error(error)))
    }

    async fn root(&self, size: u64) -> Result<tlog::Hash, StoreError> {
        let whole = vec![Subtree::whole(size)];
        let roots = self.catalog().log_subtrees(self.log(), size, whole).await?;
        roots.first().copied().ok_or(StoreError::Closed)
    }

    /// Where syncs are waited for.
    async fn on_disk<R: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Fn(&str)) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let core = Arc::clone(self.inner.store.core());
        let pool = &self.inner.store.core().writes;
        pool.run(move |()| work(&|point| core.crash.reached(point)))
            .await?
    }
}

type HeadFiles = (Option<String>, Option<Bytes>, Option<Bytes>);

fn read_all(files: &Files) -> Result<HeadFiles, StoreError> {
    Ok((
        files.read_halt()?,
        files.read_head()?,
        files.read_published()?,
    ))
}

fn io_error(error: impl std::error::Error + Send + Sync + 'static) -> std::io::Error {
    std::io::Error::other(error)
}
