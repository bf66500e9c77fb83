//! File reader: large files are read on a thread of their own, one at a time.
//!
//! A go.mod may have 16 MiB, a posted list 8 MiB. Reading one takes up to a second and a hundred
//! megabytes, and threads of the runtime that do so answer nobody meanwhile (law L4). What is
//! small, as nearly everything is, is read on the spot: that takes less than the way to another
//! thread.

use crate::check::{self, SmallCheck, Wrong};
use bytes::Bytes;
use codes::Code;
use gomod::{Artifact, modfile};
use protocol::Refusal;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use upstream::Slots;

/// Files up to this size are read on the spot: a go.mod of 64 KiB takes a millisecond.
const SMALL: usize = 64 * 1024;

/// Room for one large file at a time, in turns by caller.
#[derive(Debug)]
pub struct FileReader(Arc<Slots>);

// === impl FileReader ===

impl Default for FileReader {
    fn default() -> Self {
        Self(Slots::new(1))
    }
}

impl FileReader {
    /// Reads `bytes`: on the spot if they are few, else as soon as no other large file is read.
    /// `None` means that reading them panicked.
    pub async fn read<T: Send + 'static>(
        &self,
        bytes: Bytes,
        read: impl FnOnce(&Bytes) -> T + Send + 'static,
    ) -> Option<T> {
        if bytes.len() <= SMALL {
            return Some(read(&bytes));
        }
        let _turn = self.0.turn().await?;
        spawn_blocking(move || read(&bytes)).await.ok()
    }

    /// [`check::small`], off the runtime's threads where the file is large.
    pub async fn check_small(
        &self,
        artifact: &Artifact,
        bytes: &Bytes,
    ) -> Result<SmallCheck, Wrong> {
        let subject = artifact.clone();
        let read = move |bytes: &Bytes| check::small(&subject, bytes);
        let checked = self.read(bytes.clone(), read).await;
        checked.unwrap_or_else(|| Err(Wrong::new(Code::InternalError, NO_RESULT)))
    }

    /// What a kept go.mod retracts; nothing if it cannot be read.
    pub async fn retracted_by(&self, go_mod: Bytes) -> Vec<modfile::RetractedRange> {
        let read = |bytes: &Bytes| {
            let skimmed = modfile::skim(bytes).ok();
            skimmed.map(|skimmed| skimmed.retracted)
        };
        let retract = self.read(go_mod, read).await;
        retract.flatten().unwrap_or_default()
    }
}

/// Reading a file panicked, which must not happen.
pub fn panicked() -> Refusal {
    Refusal::internal(NO_RESULT)
}

const NO_RESULT: &str = "reading a file ended without a result";

#[cfg(test)]
mod tests {
    use super::{FileReader, SMALL};
    use bytes::Bytes;
    use std::{sync::Arc, thread};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn small_files_are_read_on_the_spot_and_large_ones_elsewhere() {
        let reader = FileReader::default();
        let here = thread::current().id();
        for (length, is_here) in [(SMALL, true), (SMALL + 1, false)] {
            let read = reader.read(Bytes::from(vec![0; length]), |_| thread::current().id());
            assert_eq!(read.await.unwrap() == here, is_here, "{length}");
        }
    }

    #[tokio::test]
    async fn one_large_file_is_read_at_a_time_and_the_runtime_goes_on() {
        let reader = Arc::new(FileReader::default());
        let large = Bytes::from(vec![0; SMALL + 1]);
        let (began, beginning) = oneshot::channel();
        let (end, ended) = oneshot::channel::<()>();
        let first = tokio::spawn({
            let (reader, large) = (Arc::clone(&reader), large.clone());
            async move {
                let read = move |_: &Bytes| {
                    began.send(()).unwrap();
                    let _ = ended.blocking_recv();
                };
                reader.read(large, read).await
            }
        });
        // The only thread of this runtime gets here while the first file is being read.
        beginning.await.unwrap();
        let mut second = Box::pin(reader.read(large, |_| ()));
        assert!(futures_util::poll!(&mut second).is_pending());
        end.send(()).unwrap();
        assert!(second.await.is_some());
        assert!(first.await.unwrap().is_some());
    }
}
