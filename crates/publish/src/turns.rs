//! Turns: those who publish one version at a time go one after the other.
//!
//! The transaction decides who wins; this only spares the others' work. Whoever comes second finds what the
//! first has published before any of its bytes are put among the blobs, so what is refused leaves nothing.

use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Who is publishing, by version.
#[derive(Debug, Default)]
pub(crate) struct PublicationTurns {
    lines: Mutex<HashMap<String, Weak<AsyncMutex<()>>>>,
}

// === impl PublicationTurns ===

impl PublicationTurns {
    /// Waits until nobody else publishes this version.
    pub(crate) async fn take(&self, version: &str) -> OwnedMutexGuard<()> {
        let line = {
            let mut lines = self.lines.lock();
            lines.retain(|_, line| line.strong_count() > 0);
            let known = lines.get(version).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let line = Arc::new(AsyncMutex::new(()));
                lines.insert(version.to_owned(), Arc::downgrade(&line));
                line
            })
        };
        line.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::PublicationTurns;
    use futures_util::FutureExt as _;

    #[tokio::test]
    async fn one_version_has_one_publisher_at_a_time() {
        let turns = PublicationTurns::default();
        let first = turns.take("a").await;
        assert!(turns.take("a").now_or_never().is_none());
        assert!(turns.take("b").now_or_never().is_some(), "another version");
        drop(first);
        assert!(turns.take("a").now_or_never().is_some());
    }
}
