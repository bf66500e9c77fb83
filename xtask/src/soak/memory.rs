//! Memory and descriptors of the server, looked at often.

use parking_lot::Mutex;
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How often it is looked: a burst that lasts shorter is seen by the kernel's own peak only.
const LOOK: Duration = Duration::from_millis(200);

/// What was seen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PeakUsage {
    /// Most bytes that were resident.
    pub(super) peak: u64,
    /// Most open descriptors.
    pub(super) descriptors: u64,
}

/// Looks at a process until it is ended.
pub(super) struct Watch {
    process: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
    seen: Arc<Mutex<PeakUsage>>,
    thread: JoinHandle<()>,
}

// === impl Watch ===

impl Watch {
    pub(super) fn start(process: u32) -> Self {
        let process = Arc::new(AtomicU32::new(process));
        let (over, seen) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let thread = thread::spawn({
            let (process, over, seen) =
                (Arc::clone(&process), Arc::clone(&over), Arc::clone(&seen));
            move || {
                while !over.load(Relaxed) {
                    look(process.load(Relaxed), &seen);
                    thread::sleep(LOOK);
                }
            }
        });
        Self {
            process,
            over,
            seen,
            thread,
        }
    }

    /// Another process took over.
    pub(super) fn follow(&self, process: u32) {
        self.process.store(process, Relaxed);
    }

    pub(super) fn end(self) -> PeakUsage {
        self.over.store(true, Relaxed);
        drop(self.thread.join());
        *self.seen.lock()
    }
}

/// A process that is just being replaced is looked at the next time.
fn look(process: u32, seen: &Mutex<PeakUsage>) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    let descriptors = fs::read_dir(format!("/proc/{process}/fd"));
    let descriptors = descriptors.map_or(0, |entries| entries.count() as u64);
    let mut seen = seen.lock();
    seen.peak = seen.peak.max(peak.unwrap_or_default() * 1024);
    seen.descriptors = seen.descriptors.max(descriptors);
}
