//! Ledger: what was fetched ahead, until somebody asks for it or too much time has passed. Pure.

use gomod::{Artifact, ArtifactKind};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// What is not asked for within this time was fetched in vain: a build is over by then.
pub(crate) const WASTED_AFTER: Duration = Duration::from_mins(10);

/// Entries at most; beyond it the oldest count as wasted early.
const MOST: usize = 200_000;

/// What was fetched ahead and not asked for yet.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    waiting: HashMap<Artifact, (Instant, u64)>,
    order: VecDeque<(Instant, Artifact)>,
}

/// Something that was fetched in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WastedFetches {
    pub(crate) kind: ArtifactKind,
    pub(crate) bytes: u64,
}

// === impl Ledger ===

impl Ledger {
    /// Whether nothing waits to be asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// An artifact was fetched ahead.
    pub(crate) fn fetched(&mut self, artifact: Artifact, bytes: u64, now: Instant) {
        self.order.push_back((now, artifact.clone()));
        self.waiting.insert(artifact, (now, bytes));
    }

    /// Somebody asked for it; gives its size if it was fetched ahead and not asked for before.
    pub(crate) fn asked(&mut self, artifact: &Artifact) -> Option<u64> {
        self.waiting.remove(artifact).map(|(_, bytes)| bytes)
    }

    /// The next entry that nobody asked for in time, if any; each once.
    pub(crate) fn wasted(&mut self, now: Instant) -> Option<WastedFetches> {
        loop {
            let (since, _) = self.order.front()?;
            let late = now.saturating_duration_since(*since) >= WASTED_AFTER;
            if !late && self.order.len() <= MOST {
                return None;
            }
            let (since, artifact) = self.order.pop_front()?;
            let entry = self.waiting.get(&artifact).copied();
            if let Some((_, bytes)) = entry.filter(|(fetched, _)| *fetched == since) {
                self.waiting.remove(&artifact);
                return Some(WastedFetches {
                    kind: artifact.kind,
                    bytes,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ledger, WASTED_AFTER, WastedFetches};
    use gomod::{Artifact, ArtifactKind};
    use std::time::Duration;
    use tokio::time::Instant;

    fn zip(name: &str) -> Artifact {
        Artifact::from_escaped_path(&format!("example.com/{name}/@v/v1.0.0.zip")).unwrap()
    }

    #[test]
    fn what_nobody_asks_for_within_ten_minutes_is_wasted_once() {
        let (mut ledger, start) = (Ledger::default(), Instant::now());
        ledger.fetched(zip("asked"), 10, start);
        ledger.fetched(zip("left"), 20, start);
        assert_eq!(ledger.asked(&zip("asked")), Some(10));
        assert_eq!(ledger.asked(&zip("asked")), None);
        let end = start + WASTED_AFTER;
        assert_eq!(ledger.wasted(end - Duration::from_millis(1)), None);
        let wasted = WastedFetches {
            kind: ArtifactKind::Zip,
            bytes: 20,
        };
        assert_eq!(ledger.wasted(end), Some(wasted));
        assert_eq!(ledger.wasted(end), None);
    }
}
