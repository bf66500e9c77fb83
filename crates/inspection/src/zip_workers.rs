//! Zip workers: work that reads a whole zip or all of its names, on blocking threads.
//!
//! As many at once as there are processors: more would only take turns, and each may need a quarter of a
//! gigabyte for its names. Whoever waits for one waits in turns by caller.

use std::sync::Arc;
use upstream::Slots;

/// Room for heavy work; cheap to clone.
#[derive(Debug, Clone)]
pub struct ZipWorkers(Arc<Slots>);

// === impl ZipWorkers ===

impl Default for ZipWorkers {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self(Slots::new(processors))
    }
}

impl ZipWorkers {
    /// Does heavy work on a blocking thread. `None` means that it panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let _turn = self.0.turn().await?;
        tokio::task::spawn_blocking(work).await.ok()
    }
}
