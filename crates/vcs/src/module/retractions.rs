//! Versions that their author took back.

use gomod::{
    modfile::{self, ParseMode},
    semver,
};
use std::cmp::Ordering;

/// Closed intervals of retracted versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RetractedVersions(Vec<(String, String)>);

// === impl RetractedVersions ===

impl RetractedVersions {
    /// What a go.mod retracts; nothing where it cannot be read.
    pub(super) fn of(go_mod: &[u8]) -> Self {
        let Ok(file) = modfile::parse(go_mod, ParseMode::Lax) else {
            return Self::default();
        };
        let intervals = file.retract.into_iter().map(|line| (line.low, line.high));
        Self(intervals.collect())
    }

    pub(super) fn has(&self, version: &str) -> bool {
        self.0.iter().any(|(low, high)| {
            semver::compare(low, version) != Ordering::Greater
                && semver::compare(version, high) != Ordering::Greater
        })
    }
}
