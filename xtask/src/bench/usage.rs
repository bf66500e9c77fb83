//! What a server and its children cost: CPU time and peak memory, from `/proc`.
//!
//! Every server of a bench leads a process group of its own, and its children stay in it, so the
//! group is the tree. CPU time counts children that ended, because the kernel adds a child's time
//! to the parent that waited for it. Peak memory is the largest sum of resident sets seen by a
//! look every few hundred milliseconds, or the kernel's own high-water mark of the leader where
//! that is more: the mark misses nothing but knows one process only.

use parking_lot::Mutex;
use std::{
    fs,
    sync::Arc,
    sync::mpsc::{self, RecvTimeoutError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// How often memory is looked at: one look costs about a millisecond, which is then well below
/// one per cent of a core.
const LOOK: Duration = Duration::from_millis(250);

/// Units of CPU time in a second. It is 100 on every Linux that user programs see.
const TICKS: f64 = 100.0;

/// What was spent between two moments.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// CPU time of the group in seconds, user and system.
    pub(crate) cpu: f64,
    /// Peak of its resident memory in bytes.
    pub(crate) memory: f64,
}

/// Watches a process group until it is finished.
#[derive(Debug)]
pub(crate) struct Watch {
    group: u32,
    before: f64,
    peak: Arc<Mutex<f64>>,
    stop: mpsc::Sender<()>,
    looking: JoinHandle<()>,
}

/// One line of `/proc/PID/stat`, as far as it matters.
#[derive(Debug, PartialEq)]
struct Stat {
    group: u32,
    ticks: f64,
}

// === impl Watch ===

impl Watch {
    /// Starts to watch a group, which is named by its leader.
    pub(crate) fn start(group: u32) -> Self {
        forget_peak(group);
        let peak = Arc::new(Mutex::new(0.0_f64));
        let (stop, stopped) = mpsc::channel();
        let seen = Arc::clone(&peak);
        let looking = thread::spawn(move || {
            while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let now = resident(group);
                let mut peak = seen.lock();
                *peak = peak.max(now);
            }
        });
        Self {
            group,
            before: cpu(group),
            peak,
            stop,
            looking,
        }
    }

    /// What was spent since the start.
    pub(crate) fn finish(self) -> Usage {
        let cpu = cpu(self.group) - self.before;
        drop(self.stop);
        let _no_value = self.looking.join();
        let seen = *self.peak.lock();
        let leader = status_bytes(self.group, "VmHWM:").unwrap_or(0.0);
        let memory = seen.max(leader).max(resident(self.group));
        Usage { cpu, memory }
    }
}

/// Starts the high-water mark anew (proc(5), `clear_refs`).
fn forget_peak(group: u32) {
    for process in members(group) {
        let _gone_already = fs::write(format!("/proc/{process}/clear_refs"), "5");
    }
}

fn cpu(group: u32) -> f64 {
    let stats = processes().filter_map(stat);
    stats
        .filter(|stat| stat.group == group)
        .map(|stat| stat.ticks / TICKS)
        .sum()
}

/// The resident memory of a process group in bytes, now.
pub(crate) fn resident(group: u32) -> f64 {
    let sizes = members(group).filter_map(|process| status_bytes(process, "VmRSS:"));
    sizes.sum()
}

fn members(group: u32) -> impl Iterator<Item = u32> {
    processes().filter(move |process| stat(*process).is_some_and(|stat| stat.group == group))
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn stat(process: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// The name of the program, in parentheses, may hold spaces and parentheses: what counts begins
/// after the last one (proc(5)).
fn parse_stat(line: &str) -> Option<Stat> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let times = fields.get(11..15)?;
    Some(Stat {
        group: fields.get(2)?.parse().ok()?,
        ticks: times
            .iter()
            .filter_map(|time| time.parse::<f64>().ok())
            .sum(),
    })
}

fn status_bytes(process: u32, name: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    parse_status(&status, name)
}

fn parse_status(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_a_process_and_its_waited_for_children_are_added() {
        let line = "77 (a) b) S 1 42 42 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 9 0 55 1 1";
        let expected = Stat {
            group: 42,
            ticks: 124.0,
        };
        assert_eq!(parse_stat(line), Some(expected));
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn memory_is_told_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(parse_status(status, "VmHWM:"), Some(2_097_152.0));
        assert_eq!(parse_status(status, "VmSwap:"), None);
    }

    #[test]
    fn this_process_holds_something_in_its_group() {
        let this = stat(std::process::id()).unwrap();
        assert!(resident(this.group) > 1e6);
    }
}
