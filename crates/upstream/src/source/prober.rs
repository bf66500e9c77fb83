//! Finding out that a source is back, so that no client need be spent on it.
//!
//! While any breaker of a source is open because of failures, one task asks it about once a second
//! something cheap for each such class, side by side: a file of the class that it gave fast before
//! (of a zip its first byte only), else one of another class, else its base URL. A good answer makes
//! the breaker half-open at once, so a source that returns is used again within two seconds; silence
//! keeps clients away from it for longer. The task ends when nothing is open, and with its source.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    time::{sleep, timeout},
};

use super::Core;
use crate::{RequestClass, breaker::Signal, health::jitter};

/// Pause between two rounds; jitter takes up to a fifth of it away. With a round of one healthy
/// round trip this is well within the two seconds in which a return must be noticed.
const PERIOD: Duration = Duration::from_secs(1);

/// Shortest deadline of a question. A source that needs longer for something cheap is not back;
/// where the operator gives it more time before it counts as silent, half of that.
const DEADLINE: Duration = Duration::from_secs(1);

/// Starts the prober of a source unless it runs. Without a runtime there is none, and the breaker's
/// own time does its work.
pub(super) fn start(core: &Arc<Core>) {
    let mut prober = core.prober.lock();
    if prober.is_some() {
        return;
    }
    if let Ok(runtime) = Handle::try_current() {
        *prober = Some(runtime.spawn(run(Arc::downgrade(core))).abort_handle());
    }
}

async fn run(core: Weak<Core>) {
    loop {
        sleep(PERIOD.mul_f64(1.0 - jitter() / 5.0)).await;
        let Some(core) = core.upgrade() else { return };
        core.probe_all().await;
        if core.ends_probing() {
            return;
        }
    }
}

// === impl Core ===

impl Core {
    async fn probe_all(self: &Arc<Self>) {
        use RequestClass::{Metadata, Sumdb, Versions, Zip};
        tokio::join!(
            self.probe(Metadata),
            self.probe(Versions),
            self.probe(Zip),
            self.probe(Sumdb)
        );
    }

    async fn probe(self: &Arc<Self>, class: RequestClass) {
        if !self.health.wants_probe(class) {
            return;
        }
        let candidates = [
            class,
            RequestClass::Metadata,
            RequestClass::Sumdb,
            RequestClass::Versions,
        ];
        let path = self.health.cheap(&candidates);
        let signal = timeout(DEADLINE.max(self.silence / 2), self.ping(path.as_ref()))
            .await
            .unwrap_or(Signal::Silent);
        self.observer
            .probed(&self.name, class, signal == Signal::Good);
        let change = self.health.probed(class, signal);
        self.changed(class, change);
    }

    /// Whether nothing is left to find out. Whoever opens a breaker after this starts a new task.
    fn ends_probing(&self) -> bool {
        let mut prober = self.prober.lock();
        let wanted = RequestClass::ALL.iter();
        if wanted.copied().any(|class| self.health.wants_probe(class)) {
            return false;
        }
        *prober = None;
        true
    }
}
