//! Finding out that a source is back, so that no client need be spent on it.
//!
//! While any breaker of a source is open because of failures, one task asks it about once a second
//! something cheap for each such class, side by side: files of the class that it gave fast before
//! (of a zip its first byte only), else of another class, else its base URL. A good answer makes
//! the breaker half-open at once, so a source that returns is used again within two seconds; silence
//! keeps clients away from it for longer. The task ends when nothing is open, and with its source.
//!
//! The same is asked once when a breaker doubts: so much failed that the source may be ill, or may
//! only have been asked for what it has not got.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::{
    runtime::Handle,
    time::{sleep, timeout},
};

use super::{Core, Transport};
use crate::{
    RequestClass,
    breaker::{Question, Signal},
    health::jitter,
    known_paths::KnownPath,
};

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
        let signal = self.hear(class).await;
        self.observer
            .probed(&self.name, class, signal == Signal::Good);
        let change = self.health.probed(class, signal);
        self.changed(class, change);
    }

    /// Asks what a doubtful breaker wants to know.
    pub(super) async fn answer(self: Arc<Self>, class: RequestClass, question: Question) {
        let signal = self.hear(class).await;
        let lives = signal != Signal::Silent;
        self.observer.questioned(&self.name, class, lives);
        let change = self.health.answered(class, question, signal);
        self.changed(class, change);
    }

    /// What the source says when it is asked for something of this class that it must be able to give.
    async fn hear(&self, class: RequestClass) -> Signal {
        let classes = [
            class,
            RequestClass::Metadata,
            RequestClass::Sumdb,
            RequestClass::Versions,
        ];
        timeout(DEADLINE.max(self.silence / 2), self.ask_known(&classes))
            .await
            .unwrap_or(Signal::Silent)
    }

    /// Asks for what the source gave before, of the first of these classes that it gave anything of;
    /// or its base URL, if it gave nothing yet. The best of its answers counts: one of those modules
    /// may be the one that it fails at.
    pub(super) async fn ask_known(&self, classes: &[RequestClass]) -> Signal {
        let known = self.health.known(classes);
        if known.is_empty() {
            return self.ping(None).await;
        }
        let mut answers: FuturesUnordered<_> =
            known.iter().map(|known| self.ping(Some(known))).collect();
        let mut best = Signal::Silent;
        while let Some(signal) = answers.next().await {
            best = best.min(signal);
            if best == Signal::Good {
                break;
            }
        }
        best
    }

    async fn ping(&self, known: Option<&KnownPath>) -> Signal {
        match &self.transport {
            Transport::Http(http) => http.ping(known).await,
            Transport::File(file) => file.ping().await,
            // No host speaks for all others, so nothing is ever wrong with all of it.
            Transport::Direct(_) => Signal::Good,
        }
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
