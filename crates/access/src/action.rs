//! Action: what somebody may do about a module.

use std::{fmt, str::FromStr};

/// What somebody may do about a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessAction {
    /// See it: versions, files, records, proofs.
    Read,
    /// Publish versions of it.
    Publish,
    /// Decide about it: refresh, withdraw, read what concerns others.
    Administer,
}

/// A word is no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the actions are read, publish and administer")]
pub struct UnknownAction;

// === impl AccessAction ===

impl AccessAction {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Publish, Self::Administer];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Administer => "administer",
        }
    }
}

impl FromStr for AccessAction {
    type Err = UnknownAction;

    fn from_str(name: &str) -> Result<Self, UnknownAction> {
        let mut all = Self::ALL.into_iter();
        all.find(|action| action.name() == name)
            .ok_or(UnknownAction)
    }
}

impl fmt::Display for AccessAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
