//! Clients: real `go` commands that download without a pause, each with an empty module cache.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};
use testkit::go::Go;
use tokio::time::Instant;

/// As many as keep two cores busy and still leave some to the server.
const CLIENTS: usize = 3;

/// Clients at work.
pub(super) struct Clients {
    done: Arc<AtomicBool>,
    commands: Arc<AtomicUsize>,
    working: Vec<JoinHandle<Vec<String>>>,
}

/// What became of their commands.
pub(super) struct Tally {
    pub(super) commands: usize,
    /// What each failed one said.
    pub(super) failures: Vec<String>,
}

// === impl Clients ===

impl Clients {
    /// Lets clients with these settings download these modules over and over.
    pub(super) fn begin(settings: &[(String, String)], modules: &[String]) -> Self {
        let (done, commands) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let one = |offset: usize| {
            let (settings, modules) = (settings.to_vec(), modules.to_vec());
            let (done, commands) = (Arc::clone(&done), Arc::clone(&commands));
            thread::spawn(move || {
                let mut failures = Vec::new();
                for module in modules.iter().cycle().skip(offset) {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    let go = settings
                        .iter()
                        .fold(Go::new("off"), |go, (name, value)| go.env(name, value));
                    let output = go.env("GOFLAGS", "-modcacherw").download(module);
                    commands.fetch_add(1, Ordering::Relaxed);
                    if !output.ok() {
                        failures.push(output.to_string());
                    }
                }
                failures
            })
        };
        let working = (0..CLIENTS).map(one).collect();
        Self {
            done,
            commands,
            working,
        }
    }

    /// Waits until so many more commands have ended.
    pub(super) fn wait_for_more(&self, count: usize) {
        let wanted = self.commands.load(Ordering::Relaxed) + count;
        let until = Instant::now() + super::commands::PATIENCE;
        while self.commands.load(Ordering::Relaxed) < wanted && Instant::now() < until {
            thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Lets them finish what they are at.
    pub(super) fn end(self) -> Tally {
        self.done.store(true, Ordering::Relaxed);
        let ended = self.working.into_iter().map(JoinHandle::join);
        let failures = ended
            .flat_map(|failures| failures.unwrap_or_else(|_| vec!["a client panicked".to_owned()]));
        Tally {
            failures: failures.collect(),
            commands: self.commands.load(Ordering::Relaxed),
        }
    }
}
