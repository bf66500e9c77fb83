//! Newest checkpoint: what is known of the key and the checkpoints of the journal's log.

use bytes::Bytes;
use std::sync::Arc;
use tlog::{checkpoint::TreeHead, note::SignerKey};
use tokio::{sync::Mutex, time::Instant};

/// A head of the journal's log, and the note that signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// How many entries, with which root.
    pub head: TreeHead,
    /// The checkpoint as it is served.
    pub note: Bytes,
}

/// What is known of key and checkpoint; nothing before the first who needs it. Whoever signs holds
/// it to the end.
#[derive(Default)]
pub(crate) struct LogState(pub(super) Mutex<Option<OpenLog>>);

/// An open log.
pub(super) struct OpenLog {
    pub(super) key: Arc<SignerKey>,
    pub(super) signed: Option<NewestCheckpoint>,
}

#[derive(Clone)]
pub(super) struct NewestCheckpoint {
    pub(super) checkpoint: SignedCheckpoint,
    /// When it was signed or found to be the newest; `None` for one that was read at the start.
    pub(super) at: Option<Instant>,
}
