//! Presence: whether a source could give what is not kept, asked before anybody is sent there.
//!
//! A remembered list sends `go` to its newest version. If that is not kept and the source is gone, the
//! command fails although an older version would do. Whoever answers from memory asks here first. What
//! was heard of the source in the last [`RECENT`] answers it; else it is asked for something that it
//! must be able to give, once for all who wonder. Where it was not there a moment ago nobody waits for
//! a better answer: it is looked for behind the old one.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    time::{Instant, timeout},
};

use super::Core;
use crate::{RequestClass, breaker::Signal};

/// How long a word of the source counts.
const RECENT: Duration = Duration::from_secs(2);

/// How long somebody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The classes whose answers say that artifacts can be had.
const CLASSES: [RequestClass; 3] = [
    RequestClass::Metadata,
    RequestClass::Zip,
    RequestClass::Versions,
];

/// What the last question found, and when it was asked.
pub(super) type Presence = Option<(Instant, bool)>;

// === impl Core ===

impl Core {
    /// Whether the source can be asked for artifacts, as far as a second can tell.
    pub(super) async fn is_there(self: &Arc<Self>) -> bool {
        if self.health.state(RequestClass::Metadata).0.is_open() {
            return false;
        }
        if self.was_well_lately() {
            return true;
        }
        if let Ok(last) = self.presence.try_lock() {
            match *last {
                Some((asked, is_there)) if asked.elapsed() < RECENT => return is_there,
                Some((_, false)) => {
                    drop(last);
                    if let Ok(runtime) = Handle::try_current() {
                        let core = Arc::clone(self);
                        runtime.spawn(async move { core.look().await });
                    }
                    return false;
                }
                _ => {}
            }
        }
        self.look().await
    }

    async fn look(&self) -> bool {
        let mut last = self.presence.lock().await;
        if let Some((asked, is_there)) = *last
            && asked.elapsed() < RECENT
        {
            return is_there;
        }
        let asked = Instant::now();
        let signal = timeout(PATIENCE, self.ask_known(&CLASSES)).await;
        let is_there = matches!(signal, Ok(Signal::Good | Signal::Limited));
        *last = Some((asked, is_there));
        is_there
    }

    fn was_well_lately(&self) -> bool {
        let lately = Instant::now().checked_sub(RECENT);
        lately.is_some_and(|then| {
            CLASSES
                .iter()
                .any(|class| self.health.well_since(*class, then))
        })
    }
}
