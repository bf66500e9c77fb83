//! A gate that requests wait at until a test opens it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

/// How long a test waits for requests to reach a gate before it is called failed: far longer
/// than a request takes on a busy machine, far shorter than a test run's own limit.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where held requests wait.
#[derive(Debug)]
pub(crate) struct Gate {
    open: watch::Sender<bool>,
    arrived: Mutex<usize>,
    changed: Condvar,
}

/// Holds requests back until it is released or dropped.
#[derive(Debug)]
#[must_use = "dropping it releases the requests"]
pub struct Hold {
    gate: Arc<Gate>,
}

// === impl Gate ===

impl Default for Gate {
    fn default() -> Self {
        Self {
            open: watch::Sender::new(false),
            arrived: Mutex::new(0),
            changed: Condvar::new(),
        }
    }
}

impl Gate {
    /// Counts the caller as arrived and waits until the gate opens.
    pub(crate) async fn pass(&self) {
        let mut open = self.open.subscribe();
        *self.arrived.lock() += 1;
        self.changed.notify_all();
        let _gate_dropped = open.wait_for(|open| *open).await;
    }
}

// === impl Hold ===

impl Hold {
    pub(super) fn new(gate: Arc<Gate>) -> Self {
        Self { gate }
    }

    /// How many requests have reached the gate so far.
    pub fn held(&self) -> usize {
        *self.gate.arrived.lock()
    }

    /// Blocks until `count` requests have reached the gate.
    #[track_caller]
    pub fn wait_for(&self, count: usize) {
        let mut arrived = self.gate.arrived.lock();
        let changed = &self.gate.changed;
        let waited = changed.wait_while_for(&mut arrived, |arrived| *arrived < count, PATIENCE);
        assert!(
            !waited.timed_out(),
            "{arrived} of {count} requests reached the gate"
        );
    }

    /// Lets everything through, now and later.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.gate.open.send_replace(true);
    }
}
