//! Reader: one client's way through a body that is still arriving.
//!
//! It follows the flight's spool at its own pace and keeps nothing but a position, so a slow client
//! costs a file descriptor and no memory. The announced length was sent to the client in a header
//! and cannot be taken back: if the flight ends up with another one, the body is cut.

use crate::flight::{Passage, SpooledBytes, board::View};
use bytes::Bytes;
use std::{fmt, future::poll_fn};
use store::StoreError;

/// Why a body ends before its end.
#[derive(Debug, thiserror::Error)]
pub enum FlightFailure {
    /// No attempt could complete the body as this reader began to read it.
    #[error("the transfer was given up after {position} bytes")]
    Cut {
        /// How much this reader had read.
        position: u64,
    },
    /// The spool could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A reader of a flight; see the module's text.
pub struct Reader {
    passage: Passage,
    announced: Option<u64>,
    position: u64,
    epoch: u32,
}

// === impl Reader ===

impl Reader {
    /// A way through the body of a flight, from its first byte.
    pub fn new(passage: Passage, announced: Option<u64>) -> Self {
        Self {
            passage,
            announced,
            position: 0,
            epoch: 0,
        }
    }

    /// The length announced by the source, if it announced one.
    pub fn length(&self) -> Option<u64> {
        self.announced
    }

    /// Waits until [`Self::next`] need not wait for the source. Holds no memory meanwhile.
    pub async fn ready(&mut self) {
        let _ = self.view().await;
    }

    async fn view(&mut self) -> View<SpooledBytes> {
        poll_fn(|cx| {
            self.passage
                .seat
                .poll_view(cx, self.position, self.epoch, self.announced)
        })
        .await
    }

    /// The next bytes, at most `at_most`; `None` at the proven end.
    pub async fn next(&mut self, at_most: usize) -> Result<Option<Bytes>, FlightFailure> {
        match self.view().await {
            View::Bytes {
                content,
                until,
                epoch,
            } => {
                let wanted = (until - self.position).min(at_most as u64);
                let length = usize::try_from(wanted).unwrap_or(usize::MAX);
                let bytes = content.reader.read_at(self.position, length).await?;
                if bytes.is_empty() {
                    return Err(FlightFailure::Cut {
                        position: self.position,
                    });
                }
                self.position += bytes.len() as u64;
                self.epoch = epoch;
                Ok(Some(bytes))
            }
            View::End
                if self
                    .announced
                    .is_none_or(|announced| announced == self.position) =>
            {
                Ok(None)
            }
            View::End | View::Cut => Err(FlightFailure::Cut {
                position: self.position,
            }),
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("announced", &self.announced)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
